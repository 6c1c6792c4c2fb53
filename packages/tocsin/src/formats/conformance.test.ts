// Every registered format keeps the contract of format.ts: known by content alone, never thrown off by what it reads,
// and giving only what the dictionary knows. A new format is held to it by being there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byText } from '../ground/ids.ts';
import { columnsOf, eventTables } from '../vocabulary/dictionary.ts';
import { faultsOfAssumption, faultsOfOutcome, faultsOfReject } from './conformance.support.ts';
import type { BulkFormat, Format, Framing, ParseSettings, RecordFormat, Sample, Segment } from './format.ts';
import { CsvRows, JsonValues } from './framing.ts';
import { recogniseFormat } from './recognise.ts';
import { formats } from './registry.generated.ts';
import { sampleOf } from './sample.ts';

const registered: readonly Format[] = formats;
const folderOf = (id: string): URL => new URL(`./${id}/`, import.meta.url);
const sureEnough = 0.5;

interface CaseFile {
  readonly name: string;
  readonly bytes: Buffer;
}

function casesOf(id: string): readonly CaseFile[] {
  const folder = new URL('cases/', folderOf(id));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort(byText)
    .map((path) => ({ name: path.slice(fileURLToPath(folder).length), bytes: readFileSync(path) }));
}

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: '2024-12-31T00:00:00.000000Z',
  mapping: null,
  path: 'evidence',
};

/** What is of no format Tocsin reads. */
const foreign: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one line end', Buffer.from('\n')],
  ['blank lines', Buffer.from('\n\n \n\t\n')],
  ['zeros', Buffer.alloc(4096)],
  ['every byte', Buffer.from(Array.from({ length: 1024 }, (_, at) => (at * 167 + 13) % 256))],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452000000100000001008060000001ff3ff61', 'hex')],
  ['a program', Buffer.from('7f454c4602010100000000000000000003003e0001000000', 'hex')],
  ['a PDF', Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n', 'latin1')],
  [
    'prose',
    Buffer.from('It was the best of times,\nit was the worst of times,\nit was the age of wisdom.\n'),
  ],
  [
    'a web page',
    Buffer.from('<!doctype html>\n<html><head><title>x</title></head><body><p>y</p></body></html>\n'),
  ],
  ['source code', Buffer.from("import { x } from './y';\n\nexport function z() {\n  return x + 1;\n}\n")],
  ['settings', Buffer.from('[section]\nkey = value\nother = 1\n; comment\n')],
  ['a JSON document without events', Buffer.from('{"name": "tocsin", "version": "0.1.0", "keywords": []}\n')],
  ['an empty JSON array', Buffer.from('[]\n')],
  ['a JSON number', Buffer.from('42\n')],
  ['cut JSON', Buffer.from('{"a": {"b": [1, 2')],
  ['Latin-1 text', Buffer.from('caf\xe9 cr\xe8me\nna\xefve\n', 'latin1')],
  ['a line of 60,000 characters', Buffer.from(`${'x'.repeat(60_000)}\n`)],
];

it('is registered under the name of its folder', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL('format.ts', folderOf(entry.name))))
    .map((entry) => entry.name)
    .sort(byText);
  expect(registered.map((format) => format.id)).toEqual(folders);
});

describe.each(registered.map((format) => [format.id, format] as const))('%s', (id, format) => {
  const cases = existsSync(new URL('cases', folderOf(id))) ? casesOf(id) : [];

  it('says what it is, where that is defined, and has cases with their origin', () => {
    expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(format.title.trim()).not.toBe('');
    expect(format.definedBy).toMatch(/^(https?:\/\/\S+|RFC \d+)/);
    expect(cases.map((file) => file.name)).not.toEqual([]);
    expect(readFileSync(new URL('cases/README.md', folderOf(id)), 'utf8')).toMatch(/\S/);
  });

  it.each(foreign)('does not take %s for its own', (_, bytes) => {
    const confidence = format.recognise(sampleOf(bytes, true));
    expect(confidence).toBeGreaterThanOrEqual(0);
    expect(confidence).toBeLessThan(sureEnough);
  });

  it('recognises without throwing whatever the bytes, and is between 0 and 1', () => {
    const starts = cases.map((file) => file.bytes.subarray(0, 4096));
    fc.assert(
      fc.property(damaged(starts), fc.boolean(), (bytes, isWhole) => {
        const confidence = format.recognise(sampleOf(bytes, isWhole));
        return confidence >= 0 && confidence <= 1;
      }),
    );
  });

  it.each(cases.map((file) => [file.name, file] as const))(
    'no other format claims its case %s',
    (_, file) => {
      const winner = recogniseFormat(
        sampleOf(file.bytes.subarray(0, 65_536), file.bytes.length <= 65_536),
        null,
      );
      expect([id, undefined]).toContain(winner?.id);
    },
  );

  if (format.kind === 'records') checkRecords(format, cases);
  if (format.kind === 'bulk') checkBulk(format, cases);
  if (format.kind === 'tool') {
    it('says in one sentence what to install when its program is missing, and starts nothing', async () => {
      const conversion = await format.convert({
        path: '/evidence',
        scratch: '/scratch',
        find: () => null,
        run: () => Promise.reject(new Error('started a program')),
      });
      expect(conversion.kind).toBe('no-tool');
      if (conversion.kind === 'no-tool') {
        expect(conversion.note).toMatch(/^[^\n]{20,300}\.$/);
        expect(format.tools.some((tool) => conversion.note.toLowerCase().includes(tool))).toBe(true);
      }
    });
  }
});

/** Bytes that are nearly a case file: a piece of one with bytes changed, or anything at all. */
function damaged(starts: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const anything = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  if (starts.length === 0) return anything;
  const nearly = fc
    .record({
      start: fc.constantFrom(...starts),
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
      changes: fc.array(fc.record({ at: fc.nat(4096), byte: fc.nat(255) }), { maxLength: 8 }),
    })
    .map(({ start, keep, changes }) => {
      const bytes = Buffer.from(start.subarray(0, Math.ceil(start.length * keep)));
      for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
      return bytes;
    });
  return fc.oneof({ weight: 3, arbitrary: nearly }, { weight: 1, arbitrary: anything });
}

function recordsOf(framing: Framing, sample: Sample): readonly string[] {
  if (framing === 'lines') return sample.lines;
  const cutter = framing === 'json-values' ? new JsonValues(1_048_576) : new CsvRows(1_048_576);
  return [...cutter.push(sample.text), ...cutter.end()];
}

/** Text no log holds; a reason that repeats it quotes the evidence. */
const canary = 'Zq7canary7qZ';

function checkRecords(format: RecordFormat, cases: readonly CaseFile[]): void {
  const samples = cases.map((file) => sampleOf(file.bytes, true));
  const records = samples.flatMap((sample) => recordsOf(format.framing, sample)).slice(0, 400);

  it.each(cases.map((file) => [file.name, file] as const))(
    'gives only what the dictionary knows for %s',
    (_, file) => {
      const sample = sampleOf(file.bytes, true);
      const parser = format.open(sample, settings);
      const outcomes = recordsOf(format.framing, sample).map((record) => parser.record(record));
      expect(outcomes.length).toBeGreaterThan(0);
      expect(outcomes.flatMap(faultsOfOutcome)).toEqual([]);
      expect(parser.assumptions().flatMap(faultsOfAssumption)).toEqual([]);
    },
  );

  it('turns any text into exactly one event, reject or header, and never quotes it in a reject', () => {
    const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 60 }));
    const record = fc.oneof(
      { weight: 1, arbitrary: text },
      { weight: 1, arbitrary: fc.json() },
      { weight: 4, arbitrary: damagedText(records) },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(record, { minLength: 1, maxLength: 12 }),
        (sample, texts) => {
          const parser = format.open(sample, settings);
          const outcomes = texts.map((one) => parser.record(one));
          const quoted = outcomes.filter(
            (outcome) => 'reject' in outcome && outcome.reject.reason.includes(canary),
          );
          expect(quoted).toEqual([]);
          expect(outcomes.flatMap(faultsOfOutcome)).toEqual([]);
          expect(parser.assumptions().flatMap(faultsOfAssumption)).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('opens on a sample that is not its own', () => {
    for (const [, bytes] of foreign) {
      const sample = sampleOf(bytes, true);
      const parser = format.open(sample, settings);
      expect(sample.lines.flatMap((line) => faultsOfOutcome(parser.record(line)))).toEqual([]);
    }
  });
}

/** Records of the cases with a piece cut out, swapped or replaced by the canary. */
function damagedText(records: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    '',
    canary,
    '"',
    '\\',
    ',',
    '\t',
    ' ',
    '-',
    '\0',
    '{',
    '[',
    '99999999999999999999',
    '-1',
    'null',
  );
  return fc
    .record({
      record: fc.constantFrom(...records, ''),
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(40),
      piece,
    })
    .map(({ record, from, length, piece: put }) => {
      const at = Math.floor(record.length * from);
      return record.slice(0, at) + put + record.slice(at + length);
    });
}

const tableColumns = new Map<string, ReadonlySet<string>>(
  eventTables.map((table) => [table.name, new Set(columnsOf(table).map((column) => column.name))]),
);

function faultsOfSegment(segment: Segment, kinds: readonly string[]): readonly string[] {
  return segment.projections(kinds).flatMap((projection) => {
    const known = tableColumns.get(projection.table);
    if (known === undefined) return [`no table ${projection.table}`];
    const unknown = Object.keys(projection.columns).filter((column) => !known.has(column));
    const reserved = ['evidence_id', 'record'].filter((column) => column in projection.columns);
    return [
      ...unknown.map((column) => `no column ${projection.table}.${column}`),
      ...reserved.map((column) => `${column} is filled by the reader`),
      ...('time' in projection.columns ? [] : [`no time for ${projection.table}`]),
      ...projection.rejects.flatMap(faultsOfReject),
    ];
  });
}

function checkBulk(format: BulkFormat, cases: readonly CaseFile[]): void {
  const isHeader = (line: string) => format.headerMark !== null && line.startsWith(format.headerMark);
  const samples = cases.map((file) => sampleOf(file.bytes, true));

  it.each(cases.map((file) => [file.name, file] as const))(
    'projects %s onto columns of the dictionary',
    (_, file) => {
      const { lines } = sampleOf(file.bytes, true);
      const header = lines.filter(isHeader);
      const segment = format.segment(
        header,
        lines.filter((line) => !isHeader(line)),
      );
      expect(segment === null ? [] : faultsOfSegment(segment, ['conn', 'http', 'dns', canary, ''])).toEqual(
        [],
      );
    },
  );

  it('explains damaged headers without throwing', () => {
    const header = damagedText(samples.flatMap((sample) => sample.lines).slice(0, 400));
    fc.assert(
      fc.property(fc.array(header, { maxLength: 10 }), fc.array(header, { maxLength: 4 }), (lines, data) => {
        const segment = format.segment(lines, data);
        expect(segment === null ? [] : faultsOfSegment(segment, data)).toEqual([]);
      }),
    );
  });
}
