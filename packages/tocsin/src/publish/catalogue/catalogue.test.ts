// The figures of a report can all be computed over the published tables, say what the investigation says, and stay few.
import { checkDefinition, figureIdPattern, RowForm } from '@tocsin/verify';
import { describe, expect, it } from 'vitest';
import { campaign } from '../exporters/html/samples/campaign.ts';
import { rowsOfSample, withFigures } from '../exporters/html/samples/figures.ts';
import { hostile } from '../exporters/html/samples/hostile.ts';
import { empty, quiet, several } from '../exporters/html/samples/others.ts';
import { bare, finding, item } from '../exporters/html/samples/parts.ts';
import { catalogueOf } from './catalogue.ts';
import { figureId } from './define.ts';
import { type PublishedTable, publishedTables, type Unfigured } from './tables.ts';

const samples = Object.entries({ campaign, empty, quiet, several, hostile }).map(([name, make]) => ({
  name,
  sample: make(),
}));

describe.each(samples)('the catalogue of the sample $name', ({ sample }) => {
  it('defines each figure once, over columns that exist', () => {
    const entries = catalogueOf(sample);
    const tables = new Map(Object.entries(publishedTables));
    for (const { id, label, definition } of entries) {
      expect(id).toMatch(figureIdPattern);
      expect(label).not.toBe('');
      expect(() => checkDefinition(definition, tables)).not.toThrow();
    }
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  });

  it('makes rows that conform to the declared columns', () => {
    for (const [name, rows] of Object.entries(rowsOfSample(sample))) {
      const form = new RowForm(publishedTables[name as PublishedTable]);
      expect(rows.map((row) => form.misfit(row)).filter((column) => column !== null)).toEqual([]);
    }
  });
});

describe('the figures of a campaign', () => {
  const sample = campaign();
  const [incident] = sample.incidents;
  const theft = incident?.theft;
  if (!incident || !theft) throw new Error('the sample has no theft');
  const values = new Map(withFigures(sample).figures.map(({ id, value }) => [id, value]));
  const of = (...id: readonly string[]) => values.get(figureId('incident', incident.id, ...id));

  it('are those of its theft ledger, in all and row by row', () => {
    expect(of('theft.minimum')).toBe(theft.minimum_bytes);
    expect(of('theft.best')).toBe(theft.best_bytes);
    expect(of('theft.maximum')).toBe(theft.maximum_bytes);
    for (const { ip, bytes } of theft.to) expect(of('theft.best', ip)).toBe(bytes);
    for (const row of theft.ledger) {
      expect(of('theft.best', row.victim, row.destination, row.day)).toBe(row.best_bytes);
      expect(of('theft.flows', row.victim, row.destination, row.day)).toBe(row.flows);
    }
  });

  it('count only flows that the best estimate holds', () => {
    const [first] = theft.ledger;
    if (!first) throw new Error('the sample has no ledger');
    const upperBoundOnly = { ...first, destination: '192.0.2.200', minimum_bytes: 0, best_bytes: 0 };
    const grown = {
      ...sample,
      incidents: [{ ...incident, theft: { ...theft, ledger: [...theft.ledger, upperBoundOnly] } }],
    };
    const { figures } = withFigures(grown);
    const id = figureId('incident', incident.id, 'theft.destinations');
    expect(figures.find((figure) => figure.id === id)?.value).toBe(2);
  });

  it('count machines, outside parties, findings and conversations', () => {
    expect(of('hosts')).toBe(245);
    expect(of('hosts.implant')).toBe(240);
    expect(of('outside')).toBe(48);
    expect(of('outside.controller')).toBe(3);
    expect(of('findings')).toBe(incident.findings.length);
    expect(of('control.flows')).toBe(
      incident.edges.filter(({ kind }) => kind === 'control').reduce((sum, { flows }) => sum + flows, 0),
    );
    expect(of('stage.exfiltration.findings')).toBe(9);
  });

  it('reconcile the evidence', () => {
    const sum = (column: 'records' | 'events' | 'rejects' | 'headers') =>
      sample.evidence.reduce((total, entry) => total + entry[column], 0);
    for (const column of ['records', 'events', 'rejects', 'headers'] as const)
      expect(values.get(`evidence.${column}`)).toBe(sum(column));
    expect(values.get('evidence.unique')).toBe(7);
    expect(values.get('rejects.bad-time')).toBe(17);
    expect(values.get('sighting.border.core.clock_offset')).toBe(2_514_031);
  });

  it('tell a second file of the same content from the first', () => {
    const twin = sample.evidence.find((entry) => entry.duplicate_of !== null);
    if (!twin) throw new Error('the sample has no duplicate');
    expect(values.get(figureId('evidence', twin.id, twin.path, 'records'))).toBe(0);
    expect(values.get(figureId('evidence', twin.id, 'records'))).toBe(884_129);
  });
});

it('stays bounded over thousands of files, findings and ledger rows', () => {
  const incidents = Array.from({ length: 12 }, (_, at) => ({
    ...bare(`i-${String(at).padStart(16, '0')}`, 'An incident'),
    hosts: Array.from({ length: 2500 }, (_unused, host) => ({
      ip: `10.${at}.${host >> 8}.${host & 255}`,
      role: 'implant' as const,
      first_seen: '2024-03-05T01:00:00.000000Z',
      findings: [],
    })),
    edges: Array.from({ length: 500 }, (_unused, host) => ({
      from: `10.${at}.0.${host & 255}`,
      to: `192.0.2.${host >> 8}`,
      kind: 'control' as const,
      flows: 1,
      bytes_out: host,
      bytes_in: 1,
      first_seen: '2024-03-05T01:00:00.000000Z',
      last_seen: '2024-03-05T01:00:00.000000Z',
      ports: [443],
    })),
  }));
  const large: Unfigured = {
    ...empty(),
    evidence: Array.from({ length: 3000 }, (_, at) => item(`logs/${at}.log`, { events: at })),
    findings: Array.from({ length: 5000 }, (_, at) =>
      finding(at, {
        detector: 'scan',
        technique: 'T1046',
        host: `10.0.0.${at % 250}`,
        first_seen: '2024-03-05T01:00:00.000000Z',
      }),
    ),
    incidents,
  };
  const entries = catalogueOf(large);
  expect(entries.length).toBeLessThan(1500);
  for (const { definition } of entries)
    expect(() => checkDefinition(definition, new Map(Object.entries(publishedTables)))).not.toThrow();
});

it.each([
  ['keeps a plain id', ['incident', 'i-12', 'theft.best', '192.0.2.1'], 'incident.i-12.theft.best.192.0.2.1'],
  ['keeps an IPv6 address', ['a', '2001:db8::5'], 'a.2001:db8::5'],
])('%s', (_, parts, expected) => {
  expect(figureId(...parts)).toBe(expected);
});

it.each([
  ['a part that begins with a colon', ['a', '::1']],
  ['text that is no name', ['a', '<b> "x"']],
  ['an endless part', ['a', 'x'.repeat(5000)]],
  ['too many parts', Array.from({ length: 40 }, () => 'abcdefghij')],
])('makes a valid id of %s', (_, parts) => {
  expect(figureId(...parts)).toMatch(figureIdPattern);
});
