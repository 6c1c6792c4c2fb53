// Records out of text that is not one record a line: the same records whatever blocks the text came in, and nothing
// of it lost.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvRows, JsonValues, type RecordCutter } from './framing.ts';

const roomy = 1_000_000;

function cut(cutter: RecordCutter, blocks: readonly string[]): readonly string[] {
  const records: string[] = [];
  for (const block of blocks) records.push(...cutter.push(block));
  records.push(...cutter.end());
  return records;
}

/** The text in pieces at the places given, each place a share of its length. */
function pieces(text: string, shares: readonly number[]): readonly string[] {
  const places = [...shares]
    .map((share) => Math.floor(share * text.length))
    .sort((left, right) => left - right);
  return [0, ...places].map((place, at) => text.slice(place, places[at] ?? text.length));
}

/** The text in pieces of whole lines, as blocks of evidence are. */
function wholeLinePieces(text: string, shares: readonly number[]): readonly string[] {
  const lines = text.split(/(?<=\n)/);
  const places = [...shares]
    .map((share) => Math.floor(share * lines.length))
    .sort((left, right) => left - right);
  return [0, ...places].map((place, at) => lines.slice(place, places[at] ?? lines.length).join(''));
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
const object = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
const objects = fc.array(object, { maxLength: 8 });

describe('JSON objects', () => {
  const spellings: readonly (readonly [string, (values: readonly unknown[]) => string])[] = [
    ['one a line', (values) => values.map((value) => `${JSON.stringify(value)}\n`).join('')],
    [
      'one a line, the last without its end',
      (values) => values.map((value) => JSON.stringify(value)).join('\r\n'),
    ],
    [
      'pretty-printed one after the other',
      (values) => values.map((value) => `${JSON.stringify(value, null, 2)}\n`).join(''),
    ],
    ['in one array', (values) => JSON.stringify(values)],
    ['in one pretty-printed array', (values) => JSON.stringify(values, null, '\t')],
    [
      'in an array, one a line',
      (values) => `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`,
    ],
    ['with nothing between them', (values) => values.map((value) => JSON.stringify(value)).join('')],
    [
      'after a byte order mark',
      (values) => `\ufeff${values.map((value) => JSON.stringify(value)).join('\n')}`,
    ],
  ];

  it.each(spellings)('%s are found, however the text is cut', (_, spell) => {
    fc.assert(
      fc.property(objects, shares, (values, places) => {
        const records = cut(new JsonValues(roomy), pieces(spell(values), places));
        expect(records.map((record): unknown => JSON.parse(record))).toEqual(
          values.map((value): unknown => JSON.parse(JSON.stringify(value))),
        );
      }),
    );
  });

  it('are found beside text that is none, which comes out as records of its own', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(object, fc.constantFrom('nonsense', '"text"', '17', '<a> {', '// note')), {
          maxLength: 10,
        }),
        shares,
        (lines, places) => {
          const text = lines
            .map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
            .join('');
          const expected = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
          expect(cut(new JsonValues(roomy), wholeLinePieces(text, places))).toEqual(expected);
        },
      ),
    );
  });

  it('one a line are all found when lines between them break off', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(object, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.boolean()), {
          maxLength: 12,
        }),
        shares,
        (lines, places) => {
          const texts = lines.map(([value, share, isBroken]) => {
            const whole = JSON.stringify({ ...value, last: 'x\\y' });
            return isBroken ? whole.slice(0, Math.max(1, Math.floor(share * whole.length))) : whole;
          });
          const all = ['{"first":1}', ...texts];
          const text = all.map((line) => `${line}\n`).join('');
          expect(cut(new JsonValues(roomy), wholeLinePieces(text, places))).toEqual(
            all.map((line) => line.trimEnd()),
          );
        },
      ),
    );
  });

  it('that never end are given up at the limit, line by line, and lose nothing after them', () => {
    const text = `{"open": [\n${'"filling",\n'.repeat(50)}{"a":1}\n{"b":2}\n`;
    const records = cut(new JsonValues(200), wholeLinePieces(text, [0.1, 0.3, 0.5, 0.7, 0.9]));
    expect(records[0]).toBe('{"open": [');
    expect(records.slice(-2)).toEqual(['{"a":1}', '{"b":2}']);
    expect(records.join('').replaceAll('\n', '').length).toBeGreaterThan(400);
  });

  it('that break off at the end are a record', () => {
    expect(cut(new JsonValues(roomy), ['{"a":1}\n{"b":'])).toEqual(['{"a":1}', '{"b":']);
  });

  it('hold braces and line ends in their texts', () => {
    const values = [{ a: '}{"\\' }, { b: 'x\ny' }, { 'c{': ['[', ']'] }];
    const text = values.map((value) => JSON.stringify(value, null, 1)).join('\n');
    expect(cut(new JsonValues(roomy), text.split('')).map((record): unknown => JSON.parse(record))).toEqual(
      values,
    );
  });

  it('are none in blank text', () => {
    expect(cut(new JsonValues(roomy), ['', '\n \n', '[]\n', '\ufeff'])).toEqual([]);
  });
});

describe('CSV rows', () => {
  const cell = fc.string({ maxLength: 8, unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é') });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

  it('are the same however their lines are cut, with line ends inside quotes kept', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 10 }),
        shares,
        (rows, places) => {
          const expected = rows.map((cells) => cells.map(quoted).join(','));
          const text = expected.map((row) => `${row}\n`).join('');
          expect(cut(new CsvRows(roomy), wholeLinePieces(text, places))).toEqual(expected);
        },
      ),
    );
  });

  it('are without their carriage returns', () => {
    expect(cut(new CsvRows(roomy), ['a,b\r\n"c\r\nd",e\r\n'])).toEqual(['a,b', '"c\nd",e']);
  });

  it('whose quote never closes are given up at the limit', () => {
    const text = `a,b\n"open,c\n${'filling,x\n'.repeat(30)}last,row\n`;
    const records = cut(new CsvRows(100), wholeLinePieces(text, [0.2, 0.6]));
    expect(records[0]).toBe('a,b');
    expect(records.at(-1)).toContain('last,row');
    expect(records.join('\n')).toBe(text.trimEnd());
  });

  it('that break off at the end are a record', () => {
    expect(cut(new CsvRows(roomy), ['a,b\n', '"c,d\n'])).toEqual(['a,b', '"c,d']);
  });
});
