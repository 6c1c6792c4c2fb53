// The small parts a bundle's check stands on: digests, order, canonical text, lines, cells, and the report's figures.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCell, isTime } from './column.ts';
import { LineReader, LongLineError } from './lines.ts';
import { RowForm } from './schema.ts';
import { hashOnce, Sha256, sha256 } from './sha256.ts';
import { canStandFor, shownFigures } from './shown.ts';
import { canonicalJson, compareBytes } from './text.ts';

describe('SHA-256', () => {
  it('in plain TypeScript is that of the platform, in one piece or in several', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (chunks) => {
        const plain = new Sha256();
        for (const chunk of chunks) plain.update(chunk);
        expect(plain.hex()).toBe(createHash('sha256').update(Buffer.concat(chunks)).digest('hex'));
      }),
    );
  });

  it('of a whole message at once is that of the platform, of every length around the ends of blocks', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
        expect(Buffer.from(hashOnce(message)).equals(createHash('sha256').update(message).digest())).toBe(
          true,
        );
      }),
    );
    for (let length = 0; length <= 200; length += 1) {
      const message = new Uint8Array(length).fill(length);
      expect(Buffer.from(hashOnce(message)).equals(createHash('sha256').update(message).digest())).toBe(true);
    }
  });

  it('of nothing is the known one', () => {
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('compareBytes', () => {
  it('orders as UTF-8 bytes do', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    );
    fc.assert(
      fc.property(text, text, (one, two) => {
        expect(Math.sign(compareBytes(one, two))).toBe(
          Math.sign(Buffer.compare(Buffer.from(one), Buffer.from(two))),
        );
      }),
    );
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order of keys, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });

  it.each([[undefined], [Number.NaN], [1n], [[undefined]]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

describe('lines', () => {
  const read = async (chunks: readonly string[], limit = 1000) => {
    const stream = (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
    })();
    const reader = new LineReader(stream, limit);
    const lines: string[] = [];
    for (let line = await reader.next(); line !== null; line = await reader.next()) {
      lines.push(Buffer.from(line).toString('latin1'));
    }
    return { lines, isEnded: reader.isEnded };
  };

  it('are the same however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('', '\n', 'a', 'bc\n', '\n\n', 'd\ne')), async (chunks) => {
        const whole = chunks.join('');
        const { lines, isEnded } = await read(chunks);
        expect(lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : '')).toBe(whole);
        expect(isEnded).toBe(whole === '' || whole.endsWith('\n'));
      }),
    );
  });

  it('that are too long are refused before they are held', async () => {
    await expect(read(Array.from({ length: 50 }, () => 'x'.repeat(100)))).rejects.toThrow(LongLineError);
  });
});

describe('a cell', () => {
  it.each([
    ['integer', 5, true],
    ['integer', 2 ** 53, false],
    ['integer', '9007199254740993', true],
    ['integer', '5', false],
    ['integer', '18446744073709551616', false],
    ['integer', 1.5, false],
    ['integer', -0, false],
    ['address', '10.0.0.1', true],
    ['address', '10.0.0.01', false],
    ['address', 'fe80::1', true],
    ['time', '2024-02-29T00:00:00.000000Z', true],
    ['time', '2023-02-29T00:00:00.000000Z', false],
    ['time', '2024-02-29T00:00:00Z', false],
    ['text', '\ud800', false],
    ['texts', ['a', 1], false],
    ['text', undefined, false],
  ] as const)('of type %s may be %j: %s', (type, cell, expected) => {
    expect(isCell(cell, type)).toBe(expected);
  });

  it('of a time is a moment that exists', () => {
    expect(isTime('1900-02-29T00:00:00.000000Z')).toBe(false);
    expect(isTime('2000-02-29T23:59:59.999999Z')).toBe(true);
  });
});

describe('a row', () => {
  const form = new RowForm([
    { name: 'a', type: 'text', meaning: '' },
    { name: 'n', type: 'integer', meaning: '' },
  ]);

  it('reads back from its line', () => {
    fc.assert(
      fc.property(fc.option(fc.string({ unit: 'binary' })), fc.option(fc.maxSafeInteger()), (a, n) => {
        expect(form.read(form.line({ a, n }))).toEqual({ row: { a, n } });
      }),
    );
  });

  it.each([
    '{"a":"x","n":1.0}',
    '{"a":"x","n":1} ',
    '{"n":1,"a":"x"}',
    '{"a":"x","n":1,"b":2}',
    '{"a":"y","a":"x","n":1}',
    '{"a":"\\u0078","n":1}',
    '{"a":"x","n":1e0}',
    '[]',
    '',
  ])('has one way to be written, and %s is not it', (line) =>
    expect(form.read(line)).toEqual({ column: null }),
  );
});

describe('the figures a report shows', () => {
  const read = (html: string) =>
    shownFigures(html).map(({ figure, value, text }) => [figure, value, text].join('|'));

  it.each([
    ['plain', '<data class="figure" data-figure="f" value="1">1</data>', ['f|1|1']],
    [
      'with attributes in another order and other quotes',
      "<DATA value='1' data-figure=f class='big figure'>1</DATA>",
      ['f|1|1'],
    ],
    [
      'with entities',
      '<data class="figure" data-figure="f" value="&quot;a&amp;&#39;&#x3e;&quot;">a&amp;b&nbsp;c</data>',
      ['f|"a&\'>"|a&b c'],
    ],
    [
      'with elements inside',
      '<data class="figure" data-figure="f" value="1"><b>1</b>\n <i>MB</i></data>',
      ['f|1|1 MB'],
    ],
    ['with > inside a value', '<data class="figure" data-figure="f" value="a>b">x</data>', ['f|a>b|x']],
    ['without a value', '<data class="figure" data-figure="f">x</data>', ['f||x']],
    [
      'not in comments, scripts or styles',
      '<!--<data class="figure" data-figure="f">x</data>--><SCRIPT>"<data class=figure data-figure=f>x</data>"</script><style><data class="figure" data-figure="f">x</data></style>',
      [],
    ],
    [
      'not of other elements',
      '<data value="1">x</data><database class="figure" data-figure="f">x</database>',
      [],
    ],
    ['never ended', '<data class="figure" data-figure="f" value="1">x', []],
  ])('are found %s', (_, html, expected) => expect(read(html)).toEqual(expected));

  it('are sought in linear time in text made to be slow', () => {
    const hostile = `${'<data '.repeat(50_000)}${'<!--'.repeat(50_000)}${'<script>'.repeat(20_000)}`;
    expect(shownFigures(hostile)).toEqual([]);
  });

  it.each([
    ['2,187,099', 2187099, true],
    ['2 187 099', 2187099, true],
    ['2,187,098', 2187099, false],
    ['2.2 MB', 2187099, true],
    ['2.1 MB', 2187099, true],
    ['2.09 MiB', 2187099, true],
    ['9.2 MB', 2187099, false],
    ['2,187,099 bytes', 2187099, true],
    ['2 kB', 2187099, false],
    ['three', 3, true],
    ['4 h 20 min', 15600, true],
    ['719', 719, true],
    ['718', 719, false],
  ])('%j can stand for %d: %s', (text, value, expected) => expect(canStandFor(text, value)).toBe(expected));
});
