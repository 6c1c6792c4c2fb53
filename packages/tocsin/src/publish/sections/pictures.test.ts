// The pictures hold together at every size of incident: scales, clusters, groups, layout, and the lists behind them.
import { describe, expect, it } from 'vitest';
import { campaign } from '../exporters/html/samples/campaign.ts';
import { hostile } from '../exporters/html/samples/hostile.ts';
import { bare } from '../exporters/html/samples/parts.ts';
import { eventRuns } from './findings/events.ts';
import { mapOf } from './map/groups.ts';
import { layoutOf } from './map/layout.ts';
import { marksOf } from './timeline/picture.ts';
import { timeScale } from './timeline/scale.ts';

describe('timeScale', () => {
  const start = Date.parse('2024-02-28T22:59:58Z');
  it.each([
    ['one moment', 0, ['22:59:56', '23:00:00']],
    ['a minute', 60_000, ['23:00:00', '23:00:30', '23:01:00']],
    ['a working day', 8 * 3_600_000, ['00:00', '02:00', '06:00']],
    ['three days', 3 * 86_400_000, ['29 Feb', '1 Mar', '2 Mar']],
    ['two years', 730 * 86_400_000, ['1 Jul', '1 Jan', '1 Jul', '1 Jan']],
  ])('ticks %s roundly', (_, spanMs, labels) => {
    const shown = timeScale([start, start + spanMs], 5).ticks.map(({ label }) => label);
    for (const label of labels) expect(shown).toContain(label);
    expect(shown.length).toBeLessThanOrEqual(6);
  });

  it('names the day only where it is new', () => {
    const { ticks } = timeScale([Date.parse('2024-03-05T20:00:00Z'), Date.parse('2024-03-06T04:00:00Z')], 9);
    expect(ticks.map(({ day }) => day).filter((day) => day !== null)).toEqual(['5 Mar 2024', '6 Mar 2024']);
  });

  it('has a place for nothing at all', () => {
    expect(timeScale([], 5).ticks.length).toBeLessThanOrEqual(6);
  });
});

describe('marksOf', () => {
  const entry = (clock: string, until = clock) => ({
    time: `2024-03-05T${clock}.000000Z`,
    until: `2024-03-05T${until}.000000Z`,
    stage: 'execution',
    technique: 'T1059',
    text: 'x',
    host: '10.0.0.1',
    peer: null,
    finding: clock,
  });
  const x = (atMs: number) => (atMs - Date.parse('2024-03-05T00:00:00Z')) / 60_000;

  it('joins marks that would lie on each other and keeps others apart, whatever their order', () => {
    const marks = marksOf([entry('10:00:00'), entry('00:00:00'), entry('00:03:00'), entry('00:09:00')], x);
    expect(marks.map((mark) => mark.entries.length)).toEqual([3, 1]);
  });

  it('keeps a long entry that holds others as long as it is', () => {
    const [mark] = marksOf([entry('00:00:00', '05:00:00'), entry('01:00:00')], x);
    expect(mark?.right).toBe(300);
  });
});

describe('mapOf', () => {
  const [incident] = campaign().incidents;
  if (!incident) throw new Error('the sample has no incident');
  const map = mapOf(incident);

  it('collapses machines that report to the same controller, and loses none', () => {
    const implants = map.nodes.filter((node) => node.role === 'implant').map((node) => node.ips.length);
    expect(implants).toEqual([225, 15]);
    expect(
      map.nodes.filter((node) => node.side === 'ours').reduce((sum, node) => sum + node.ips.length, 0),
    ).toBe(incident.hosts.length);
    expect(
      map.nodes.filter((node) => node.side === 'outside').reduce((sum, node) => sum + node.ips.length, 0),
    ).toBe(incident.outside.length);
  });

  it('sums the bytes of conversations between collapsed nodes', () => {
    const bytes = map.edges
      .filter((edge) => edge.kind === 'control')
      .reduce((sum, edge) => sum + edge.bytes, 0);
    expect(bytes).toBe(
      incident.edges
        .filter((edge) => edge.kind === 'control')
        .reduce((sum, edge) => sum + edge.bytes_out + edge.bytes_in, 0),
    );
  });

  it('draws an address that plays two parts once, and says so', () => {
    const [party] = incident.outside;
    if (!party) throw new Error('the sample has no outside party');
    const { nodes } = mapOf({ ...incident, outside: [...incident.outside, { ...party, role: 'drop' }] });
    const drawn = nodes.filter((node) => node.ips.includes(party.ip));
    expect(drawn.map(({ role, also }) => ({ role, also }))).toEqual([{ role: 'controller', also: ['drop'] }]);
  });

  it('does not depend on the order of hosts and edges', () => {
    const turned = { ...incident, edges: [...incident.edges].reverse() };
    expect(mapOf(turned).edges).toEqual(map.edges);
  });

  it('draws at most a handful of nodes per role, whatever the incident', () => {
    const crowd = {
      ...bare('i-1', 'x'),
      hosts: Array.from({ length: 300 }, (_, at) => ({
        ip: `10.0.${at >> 8}.${at & 255}`,
        role: 'implant' as const,
        first_seen: '',
        findings: [],
      })),
      outside: Array.from({ length: 300 }, (_, at) => ({
        ip: `192.0.${at >> 8}.${at & 255}`,
        role: 'controller' as const,
        country: null,
        asn: null,
        as_name: null,
        first_seen: '',
        findings: [],
      })),
      // Everyone has a controller of its own: no two play the same part.
      edges: Array.from({ length: 300 }, (_, at) => ({
        from: `10.0.${at >> 8}.${at & 255}`,
        to: `192.0.${at >> 8}.${at & 255}`,
        kind: 'control' as const,
        flows: 1,
        bytes_out: 1,
        bytes_in: 1,
        first_seen: '',
        last_seen: '',
        ports: [],
      })),
    };
    const { nodes } = mapOf(crowd);
    expect(nodes.length).toBeLessThanOrEqual(12);
    expect(nodes.flatMap((node) => node.ips)).toHaveLength(600);
  });

  it.each([
    ['the campaign', incident],
    ['hostile names', hostile().incidents[0]],
    ['an incident of nothing', bare('i-1', 'x')],
  ])('is laid out without overlap: %s', (_, given) => {
    if (!given) throw new Error('the sample has no incident');
    const layout = layoutOf(mapOf(given), { width: 900, nodeWidth: 250, left: 56, right: 56 });
    for (const side of ['ours', 'outside'] as const) {
      const placed = layout.nodes.filter(({ node }) => node.side === side).sort((a, b) => a.y - b.y);
      for (const [at, node] of placed.entries()) {
        const next = placed[at + 1];
        if (next) expect(next.y).toBeGreaterThanOrEqual(node.y + node.height);
        expect(node.y + node.height).toBeLessThanOrEqual(layout.height);
      }
    }
    for (const { start, end, stroke } of layout.edges) {
      for (const place of [start.x, start.y, end.x, end.y, stroke]) expect(Number.isFinite(place)).toBe(true);
    }
  });
});

describe('eventRuns', () => {
  it.each([
    ['joins neighbours', ['e-1:1', 'e-1:2', 'e-1:3', 'e-1:7'], [{ evidence: 'e-1', records: ['1–3', '7'] }]],
    ['writes a pair as a pair', ['e-1:4', 'e-1:5'], [{ evidence: 'e-1', records: ['4, 5'] }]],
    ['sorts and drops repeats', ['e-1:9', 'e-1:2', 'e-1:9'], [{ evidence: 'e-1', records: ['2', '9'] }]],
    [
      'keeps items apart',
      ['e-1:1', 'e-2:1'],
      [
        { evidence: 'e-1', records: ['1'] },
        { evidence: 'e-2', records: ['1'] },
      ],
    ],
    ['keeps an id of another form whole', ['odd'], [{ evidence: 'odd', records: [] }]],
  ])('%s', (_, ids, expected) => {
    expect(eventRuns(ids)).toEqual(expected);
  });
});
