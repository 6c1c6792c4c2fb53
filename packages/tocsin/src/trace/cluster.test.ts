// Which findings make one incident: small stories and the groups they must fall into.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../vocabulary/finding.ts';
import { clusterFindings, usualClusterSettings } from './cluster.ts';
import { attack, beacon, breakIn, findingOf, hour, innerScan, move, upload } from './findings.support.ts';

const a = '10.0.0.1';
const b = '10.0.0.2';
const c = '10.0.0.3';
const x = '192.0.2.1';
const y = '192.0.2.2';

/** The groups of findings by their ids. */
const groupsOf = (findings: readonly Finding[]) =>
  clusterFindings(findings).map((group) => group.map(({ id }) => id));

interface Story {
  readonly tells: string;
  readonly findings: readonly Finding[];
  readonly groups: readonly (readonly string[])[];
}

const lead = { weight: 'supporting' } as const;
const noise = { weight: 'background' } as const;

const stories: readonly Story[] = [
  { tells: 'nothing', findings: [], groups: [] },
  { tells: 'one certain finding is an incident', findings: [beacon(a, x, { id: '1' })], groups: [['1']] },
  {
    tells: 'a lead alone is none',
    findings: [beacon(a, x, lead), innerScan(b, lead), move(a, b, lead)],
    groups: [],
  },
  {
    tells: 'two leads that say different things of one outside address are',
    findings: [beacon(a, x, { ...lead, id: '1' }), upload(a, x, { ...lead, id: '2', at: 1 })],
    groups: [['1', '2']],
  },
  {
    tells: 'two of different machines are, where the address was not there from the beginning',
    findings: [
      innerScan(c, noise),
      beacon(a, x, { ...lead, id: '1', at: 20 }),
      upload(b, x, { ...lead, id: '2', at: 30 }),
    ],
    groups: [['1', '2']],
  },
  {
    tells: 'two of different machines are not, where one of them called it from the beginning',
    findings: [beacon(a, x, lead), upload(b, x, { ...lead, at: 30 })],
    groups: [],
  },
  {
    tells: 'a large upload hours before the machine was taken is its user’s own',
    findings: [
      breakIn(b, y, { id: '1' }),
      beacon(a, x, { id: '2', at: 20 }),
      move(b, a, { ...lead, id: '3', at: 19 }),
      upload(a, '192.0.2.9', { ...lead, at: 10, hours: 30 }),
    ],
    groups: [['1', '3', '2']],
  },
  {
    tells: 'a place that another machine sent to before it was taken is no drop',
    findings: [
      breakIn(b, y, { id: '1' }),
      beacon(a, x, { id: '2', at: 20 }),
      move(b, a, { ...lead, id: '3', at: 19 }),
      upload(a, '192.0.2.9', { ...lead, at: 10, hours: 30 }),
      upload(b, '192.0.2.9', { ...lead, at: 8, hours: 30 }),
    ],
    groups: [['1', '3', '2']],
  },
  {
    tells: 'that a machine watches over many addresses says nothing of one of them',
    findings: [
      ...Array.from({ length: 9 }, (_, at) => beacon(a, `192.0.2.${at + 1}`, lead)),
      upload(b, x, { ...lead, at: 1 }),
    ],
    groups: [],
  },
  {
    tells: 'what a relay’s controller fetches by way of it is no theft from it',
    findings: [
      findingOf({
        id: '1',
        host: a,
        peers: [x],
        technique: 'T1090',
        direction: 'inbound',
        detail: { targets: [y], p: 0.001, signals: ['coupling'] },
      }),
      findingOf({ id: '2', host: a, peers: [x], technique: 'T1114.002', direction: 'inbound' }),
    ],
    groups: [['1']],
  },
  { tells: 'two that say the same are not', findings: [beacon(a, x, lead), beacon(b, x, lead)], groups: [] },
  {
    tells: 'two hosts steered from one address are one incident',
    findings: [beacon(a, x, { id: '1' }), beacon(b, x, { id: '2', at: 5 })],
    groups: [['1', '2']],
  },
  {
    tells: 'two hosts steered from two addresses are two, in order of time',
    findings: [beacon(a, x, { id: '2', at: 5 }), beacon(b, y, { id: '1' })],
    groups: [['1'], ['2']],
  },
  {
    tells: 'one address at two organisations is two, since one must not read of the other',
    findings: [beacon(a, x, { id: '1' }), beacon(b, x, { id: '2', organisation: 'Theirs' })],
    groups: [['1'], ['2']],
  },
  {
    tells: 'movement between two steered hosts makes them one, however weak',
    findings: [
      beacon(a, x, { id: '1' }),
      beacon(b, y, { id: '2', at: 3 }),
      move(a, b, { ...noise, score: 0.1, id: '3', at: 2 }),
    ],
    groups: [['1', '3', '2']],
  },
  {
    tells: 'strong movement carries an incident to another host, and on',
    findings: [
      beacon(a, x, { id: '1' }),
      move(a, b, { ...lead, id: '2', at: 1 }),
      move(b, c, { ...lead, id: '3', at: 2 }),
      innerScan(c, { ...lead, id: '4', at: 3 }),
    ],
    groups: [['1', '2', '3', '4']],
  },
  {
    tells: 'weak movement does not',
    findings: [
      beacon(a, x, { id: '1' }),
      move(a, b, { ...lead, score: 0.3, id: '2', at: 1 }),
      innerScan(b, { ...lead, id: '3', at: 2 }),
    ],
    groups: [['1']],
  },
  {
    tells: 'movement that was over before anything began does not',
    findings: [beacon(a, x, { id: '1', at: 100 }), move(a, b, { ...lead, id: '2' })],
    groups: [['1']],
  },
  {
    tells: 'administration of a machine whose break-in is known does not explain it',
    findings: [
      breakIn(a, x, { id: '1', at: 5 }),
      move(b, a, { ...lead, score: 0.5, at: 1 }),
      beacon(a, y, { id: '2', at: 6 }),
    ],
    groups: [['1', '2']],
  },
  {
    tells: 'movement the day before into a machine of which nothing else says how it was taken does',
    findings: [beacon(a, x, { id: '2', at: 5 }), move(b, a, { ...lead, score: 0.5, id: '1', at: 1 })],
    groups: [['1', '2']],
  },
  {
    tells: 'machines entered from one taken machine of another organisation are one, whoever steers them',
    findings: [
      beacon(c, '192.0.2.3', { id: '0', organisation: 'Theirs' }),
      findingOf({
        ...lead,
        id: '1',
        host: a,
        peer: c,
        technique: 'T1021',
        direction: 'inbound',
        score: 0.5,
        at: 1,
      }),
      findingOf({
        ...lead,
        id: '2',
        host: b,
        peer: c,
        technique: 'T1021',
        direction: 'inbound',
        score: 0.5,
        at: 2,
      }),
      beacon(a, x, { id: '3', at: 3 }),
      beacon(b, y, { id: '4', at: 4 }),
    ],
    groups: [['0'], ['1', '2', '3', '4']],
  },
  {
    tells: 'an upload to where a machine with no part in it uploaded before is no theft of the incident',
    findings: [
      upload(b, '192.0.2.77', { ...lead, at: -5 }),
      beacon(a, x, { id: '1' }),
      upload(a, '192.0.2.77', { ...lead, at: 3 }),
      upload(a, '192.0.2.78', { ...lead, id: '2', at: 4 }),
    ],
    groups: [['1', '2']],
  },
  {
    tells: 'what a relay sends to those it is used against is no theft',
    findings: [
      findingOf({
        id: '1',
        host: a,
        peer: x,
        technique: 'T1090',
        direction: 'inbound',
        detail: { targets: ['198.51.100.9'], p: 0.01, signals: ['coupling'] },
      }),
      upload(a, '198.51.100.9', { at: 1 }),
    ],
    groups: [['1']],
  },
  {
    tells: 'noise never joins',
    findings: [
      beacon(a, x, { id: '1' }),
      innerScan(a, { ...noise, at: 1 }),
      breakIn(a, y, { ...noise, at: 1 }),
    ],
    groups: [['1']],
  },
  {
    tells: 'a lead on a host that is part of it joins, from a day before on',
    findings: [
      beacon(a, x, { id: '2', at: 100 }),
      innerScan(a, { ...lead, id: '1', at: 80 }),
      innerScan(b, { ...lead, at: 100 }),
    ],
    groups: [['1', '2']],
  },
  {
    tells: 'a lead from longer before does not',
    findings: [beacon(a, x, { id: '1', at: 100 }), innerScan(a, { ...lead, at: 70 })],
    groups: [['1']],
  },
  {
    tells: 'an uncertain lead about another outside address does not join, one about the same does',
    findings: [
      beacon(a, x, { id: '1' }),
      upload(a, y, { ...lead, score: 0.5, at: 1 }),
      beacon(a, x, { ...lead, score: 0.1, id: '2', at: 2 }),
    ],
    groups: [['1', '2']],
  },
  {
    tells: 'a finding with very many other sides ties nobody together',
    findings: [
      breakIn(a, x, {
        id: '1',
        peers: [x, ...Array.from({ length: usualClusterSettings.maxPeers }, (_, at) => `198.51.100.${at}`)],
      }),
      beacon(b, x, { id: '2', at: 1 }),
    ],
    groups: [['1'], ['2']],
  },
  {
    tells: 'two hosts that attack the same third party are not one by that',
    findings: [attack(a, x, { id: '1' }), attack(b, x, { id: '2', at: 1 })],
    groups: [['1'], ['2']],
  },
  {
    tells: 'two relays steered from different addresses against the same third party are',
    findings: [
      findingOf({
        id: '1',
        host: a,
        peer: x,
        technique: 'T1090',
        direction: 'inbound',
        detail: { targets: ['198.51.100.9'], p: 0.01, signals: ['coupling'] },
      }),
      findingOf({
        id: '2',
        host: b,
        peer: y,
        technique: 'T1090',
        direction: 'inbound',
        detail: { targets: ['198.51.100.9'], p: 0.01, signals: ['coupling'] },
        at: 1,
      }),
    ],
    groups: [['1', '2']],
  },
];

describe('findings', () => {
  it.each(stories.map((story) => [story.tells, story] as const))('%s', (_, { findings, groups }) => {
    expect(groupsOf(findings)).toEqual(groups);
    expect(groupsOf([...findings].reverse())).toEqual(groups);
  });
});

const hosts = [a, b, c, '10.0.0.4', '10.0.0.5'] as const;
const finding = fc
  .record({
    host: fc.constantFrom(...hosts),
    peer: fc.constantFrom(x, y, '192.0.2.3'),
    inner: fc.constantFrom(...hosts),
    kind: fc.constantFrom(
      ['T1071', 'outbound'] as const,
      ['T1048', 'outbound'] as const,
      ['T1110', 'outbound'] as const,
      ['T1190', 'inbound'] as const,
      ['T1090', 'inbound'] as const,
      ['T1021', 'internal'] as const,
      ['T1046', 'internal'] as const,
    ),
    weight: fc.constantFrom('incident', 'supporting', 'supporting', 'background'),
    score: fc.constantFrom(0.3, 0.65, 0.9),
    at: fc.integer({ min: 0, max: 60 }),
    hours: fc.constantFrom(0, 1, 30),
  } as const)
  .map(({ kind: [technique, direction], inner, peer, ...rest }) =>
    findingOf({ ...rest, technique, direction, peer: direction === 'internal' ? inner : peer }),
  );
const findings = fc.uniqueArray(finding, { maxLength: 14, selector: ({ id }) => id });

describe('whatever the findings', () => {
  it('their order does not matter', () => {
    fc.assert(
      fc.property(
        findings.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(groupsOf(shuffled)).toEqual(groupsOf(list));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('each certain one is in exactly one group, none is in two, and every group is in order of time', () => {
    fc.assert(
      fc.property(findings, (list) => {
        const groups = clusterFindings(list);
        const all = groups.flat().map(({ id }) => id);
        expect(new Set(all).size).toBe(all.length);
        for (const { id, weight } of list) if (weight === 'incident') expect(all).toContain(id);
        for (const group of groups) {
          const times = group.map(({ first_seen }) => first_seen);
          expect(times).toEqual(times.toSorted());
        }
        const beginnings = groups.map(([first]) => first?.first_seen ?? hour(0));
        expect(beginnings).toEqual(beginnings.toSorted());
      }),
      { numRuns: 300 },
    );
  });
});
