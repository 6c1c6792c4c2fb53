// A CSV nobody knows: its rows become events as the mapping file says, and what stands around them is no event.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome, ParseSettings } from '../format.ts';
import { CsvRows } from '../framing.ts';
import { sampleOf } from '../sample.ts';
import { format } from './format.ts';

const caseText = (name: string) => readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8');
const mapping = caseText('mapping.json');
const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping,
  path: 'export.csv',
};

/** Outcomes of all rows but blank ones, which the loader counts itself. */
function read(text: string, given = settings): readonly Outcome[] {
  const parser = format.open(sampleOf(Buffer.from(text), true), given);
  const cutter = new CsvRows(1_048_576);
  const rows = [...cutter.push(text), ...cutter.end()].filter((row) => row.trim() !== '');
  return rows.map((row) => parser.record(row));
}

const kindsOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => ('reject' in outcome ? outcome.reject.code : Object.keys(outcome)[0]));
const confidence = (text: string, given: string | null = mapping) =>
  format.recognise(sampleOf(Buffer.from(text), true), given);
const firewall = caseText('firewall.csv');

describe('what rows become', () => {
  it('takes quoted cells with the separator inside', () => {
    expect(read(firewall)[2]).toMatchObject({
      event: {
        table: 'network',
        time: '2024-08-05T08:00:01.000000Z',
        fields: { bytes_out: 2048n, state: 'REJ' },
      },
    });
  });

  it('passes over a title before the names and names that come again', () => {
    expect(kindsOf(read(caseText('titled.csv')))).toEqual([
      'header',
      'header',
      'header',
      'event',
      'header',
      'event',
    ]);
  });

  it.each([
    [',', ','],
    [';', ';'],
    ['a tab', '\t'],
    ['|', '|'],
  ])('finds by itself that %s separates', (_, delimiter) => {
    const text = ['when', 'from', 'to']
      .join(delimiter)
      .concat('\n2024-08-05T10:00:00Z', delimiter, '192.0.2.7', delimiter, '198.51.100.9\n');
    const given = JSON.stringify({
      table: 'network',
      time: { column: 'when' },
      fields: { src_ip: 'from', dst_ip: 'to' },
    });
    expect(confidence(text, given)).toBe(0.5);
    expect(read(text, { ...settings, mapping: given })[1]).toMatchObject({
      event: { time: '2024-08-05T10:00:00.000000Z', fields: { src_ip: '192.0.2.7', dst_ip: '198.51.100.9' } },
    });
  });

  it('takes the first of two columns of one name', () => {
    const text = 'when,from,from\n2024-08-05T10:00:00Z,192.0.2.7,192.0.2.8\n';
    const given = JSON.stringify({ table: 'http', time: { column: 'when' }, fields: { src_ip: 'from' } });
    expect(read(text, { ...settings, mapping: given })[1]).toMatchObject({
      event: { fields: { src_ip: '192.0.2.7' } },
    });
  });

  it('rejects a row whose cells are too many or too few', () => {
    const [names = ''] = firewall.split('\n');
    const row = '05/08/2024;10:00:00;192.0.2.7;40001;198.51.100.9;443;TCP;1.5;20';
    expect(kindsOf(read([names, row, `${row};allow;more`].join('\n')))).toEqual([
      'header',
      'not-delimited',
      'not-delimited',
    ]);
  });

  it('rejects a flow without an address', () => {
    const [names = ''] = firewall.split('\n');
    expect(kindsOf(read(`${names}\n05/08/2024;10:00:00;;40001;198.51.100.9;443;TCP;1;2;allow\n`))).toEqual([
      'header',
      'bad-address',
    ]);
  });
});

it.each([
  ['the file it was written for', firewall, mapping, 0.5],
  ['the same with a title', caseText('titled.csv'), mapping, 0.5],
  ['the same without a mapping', firewall, null, 0],
  ['a file that lacks a column', 'Date;Time;Client IP\n05/08/2024;10:00:00;192.0.2.7\n', mapping, 0],
  ['a mapping for JSON', firewall, mapping.replace('"csv"', '"json"'), 0],
  [
    'another separator than the mapping says',
    firewall,
    mapping.replace('"csv"', '"csv", "delimiter": ","'),
    0,
  ],
  ['nothing', '', mapping, 0],
])('is as sure of %s as it should be', (_, text, given, sure) => {
  expect(confidence(text, given)).toBe(sure);
});

it('gives one outcome a row and never throws, whatever the cells', () => {
  const [names = ''] = firewall.split('\n');
  const cell = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('192.0.2.7', '05/08/2024', '10:00:00', '"', '443'),
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 9, maxLength: 11 }), { maxLength: 5 }), (rows) => {
      const parser = format.open(sampleOf(Buffer.from(firewall), true), settings);
      expect(parser.record(names)).toEqual({ header: true });
      for (const row of rows) {
        const outcome = parser.record(row.join(';'));
        if ('event' in outcome) expect(outcome.event.time).toMatch(/^\d{4}-.*Z$/);
      }
    }),
  );
});
