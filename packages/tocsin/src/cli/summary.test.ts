// The summary for a terminal: the counts that add up, what was not read, each incident with its figures filled in, and
// nothing from the evidence that could move the cursor.
import { describe, expect, it } from 'vitest';
import type { EvidenceItem, Figure, Incident } from '../vocabulary/investigation.ts';
import { openProgress } from './progress.ts';
import { summaryLines } from './summary.ts';

const item = (more: Partial<EvidenceItem>): EvidenceItem => ({
  id: 'e-1',
  path: 'conn.log',
  sha256: '',
  bytes: 0,
  format: 'zeek-tsv',
  records: 0,
  events: 0,
  rejects: 0,
  headers: 0,
  first: null,
  last: null,
  tables: {},
  rejected: [],
  assumptions: [],
  duplicate_of: null,
  container: null,
  compression: 'none',
  note: null,
  ...more,
});

const incident = (more: Partial<Incident>): Incident => ({
  id: 'i-1',
  title: 'Intrusion at 10.0.0.1',
  summary: [],
  organisation: 'Ours',
  sector: null,
  first_seen: '',
  last_seen: '',
  findings: [],
  entry: null,
  hosts: [],
  outside: [],
  stages: [],
  timeline: [],
  edges: [],
  theft: null,
  rhythm: null,
  relays: [],
  chains: [],
  ...more,
});

const figure = (id: string, value: Figure['value'], unit: string): Figure => ({
  id,
  label: id,
  value,
  unit,
  definition: { table: 'x', where: [], measure: { op: 'count' } },
  table: 'x',
  sql_sha256: '',
});

const lines = (
  evidence: readonly EvidenceItem[],
  incidents: readonly Incident[] = [],
  figures: readonly Figure[] = [],
): readonly string[] =>
  summaryLines({
    report: 'out/report.html',
    pdf: 'out/report.pdf',
    bundle: 'out/bundle.tocsin.zip',
    notes: [],
    investigation: {
      schema: '',
      evidence,
      constituency: { source: 'assumed', organisations: [] },
      sightings: [],
      findings: [],
      incidents,
      figures,
      limits: [],
    },
  });

describe('the summary', () => {
  it('begins with the account of the evidence and ends with where the report is', () => {
    const shown = lines([
      item({ records: 1200, events: 1000, headers: 200 }),
      item({ records: 34, events: 30, rejects: 4 }),
    ]);
    expect(shown[0]).toBe('2 files: 1,234 records = 1,030 events + 4 rejects + 200 header lines');
    expect(shown.slice(-3)).toEqual([
      'Report: out/report.html',
      'On paper: out/report.pdf',
      'Bundle: out/bundle.tocsin.zip (check it with: npx tocsin verify out/bundle.tocsin.zip)',
    ]);
  });

  it('names what was not read and what was rejected', () => {
    const shown = lines([
      item({ path: 'a.bin', note: 'no format recognises its content' }),
      item({
        path: 'b.log',
        records: 10,
        rejects: 3,
        rejected: [{ code: 'bad-time', reason: 'x', count: 3, first_record: 7 }],
      }),
    ]);
    expect(shown).toContain('  a.bin: no format recognises its content');
    expect(shown).toContain('  b.log: 3 of 10 records rejected (bad-time from record 7)');
  });

  it('says that there is no incident', () => {
    expect(lines([]).join('\n')).toContain('No incident.');
  });

  it.each<[Figure['value'], string, string]>([
    [0, 'bytes', '0'],
    [999, 'bytes', '999'],
    [1000, 'bytes', '1.00 kB'],
    [2_187_099, 'bytes', '2.19 MB'],
    [5e15, 'bytes', '5.00 PB'],
    ['5000000000000000001', 'bytes', '5.00 EB'],
    ['9007199254740993', 'flows', '9,007,199,254,740,993'],
    [12_345, 'machines', '12,345'],
  ])('fills in a figure of %j %s as %s', (value, unit, expected) => {
    const shown = lines(
      [],
      [incident({ summary: ['About {figure:f.1} left.'] })],
      [figure('f.1', value, unit)],
    );
    expect(shown).toContain(`  About ${expected} left.`);
  });

  it('shows a figure that is missing as such', () => {
    expect(lines([], [incident({ summary: ['{figure:none} left.'] })])).toContain('  ? left.');
  });

  it('lets no control character of the evidence through', () => {
    const hostile = 'x\u001b[2J\u202ey\n';
    const shown = lines(
      [item({ path: hostile, note: 'unreadable' })],
      [incident({ title: `Intrusion at ${hostile}`, organisation: hostile, summary: [hostile] })],
    );
    for (const line of shown) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });
});

describe('progress', () => {
  const record = (isTTY: boolean) => {
    const written: string[] = [];
    const stream = Object.assign(Object.create(process.stderr), {
      isTTY,
      columns: 30,
      write: (text: string) => written.push(text) > 0,
    });
    return { progress: openProgress(stream), written };
  };

  it('is a plain line each where there is no terminal', () => {
    const { progress, written } = record(false);
    progress.item('read a.log', 1234, 'records');
    progress.stage('looking');
    progress.end();
    expect(written).toEqual(['read a.log: 1,234 records\n', 'looking\n']);
  });

  it('is one line that is rewritten on a terminal, no longer than it is wide', () => {
    const { progress, written } = record(true);
    progress.stage('x'.repeat(100));
    progress.end();
    expect(written).toEqual([`\r\u001b[K${'x'.repeat(29)}`, '\r\u001b[K']);
  });

  it('lets no control character of a file name through', () => {
    const { progress, written } = record(false);
    progress.item('read \u001b[31m\u202e\n', 1, 'bytes');
    expect(written).toEqual(['read ?[31m??: 1 bytes\n']);
  });
});
