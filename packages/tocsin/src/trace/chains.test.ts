// Chains: which hops hang together, where they begin, and how sure they are.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../vocabulary/finding.ts';
import { microsOf } from '../vocabulary/instant.ts';
import { chainsOf, linksOf } from './chains.ts';
import type { Contacts } from './contacts.ts';
import { beacon, breakIn, findingOf, hour, move } from './findings.support.ts';

const server = '10.0.0.1';
const desk = '10.0.0.2';
const files = '10.0.0.3';
const far = '172.16.0.1';
const shop = '172.20.0.1';
const near = '192.0.2.1';
const other = '192.0.2.2';
const victim = '198.51.100.1';

const relay = (
  host: string,
  peers: readonly string[],
  more: { readonly targets: readonly string[]; readonly at?: number; readonly hours?: number },
): Finding =>
  findingOf({
    host,
    peers,
    technique: 'T1090',
    direction: 'inbound',
    at: more.at ?? 0,
    hours: more.hours ?? 1,
    detail: { targets: more.targets, p: 0.001, signals: ['coupling', 'conservation'] },
  });

/** Contacts given as pairs of hours. */
const contactsOf = (given: Readonly<Record<string, readonly (readonly [number, number])[]>>): Contacts =>
  new Map(
    Object.entries(given).map(([pair, spans]) => [
      pair,
      spans.map(([from, to]) => ({
        began: Number(microsOf(hour(from))) / 1e6,
        ended: Number(microsOf(hour(to))) / 1e6,
      })),
    ]),
  );

const pathsOf = (
  findings: readonly Finding[],
  hosts: readonly string[],
  contacts: Contacts = new Map(),
): readonly string[] =>
  chainsOf(linksOf(findings), new Set(hosts), contacts).map(({ hops }) =>
    hops.map(({ ip }) => ip).join(' > '),
  );

interface Case {
  readonly tells: string;
  readonly findings: readonly Finding[];
  readonly contacts?: Contacts;
  readonly paths: readonly string[];
}

const cases: readonly Case[] = [
  { tells: 'are none when nothing is known', findings: [], paths: [] },
  { tells: 'are none for an implant that is only called', findings: [beacon(server, near)], paths: [] },
  {
    tells: 'end where someone broke in and went no further',
    findings: [breakIn(server, near)],
    paths: [`${near} > ${server}`],
  },
  {
    tells: 'go on from the machine broken into to those reached from it',
    findings: [breakIn(server, near), move(server, desk, { at: 1 }), move(desk, files, { at: 2 })],
    paths: [`${near} > ${server} > ${desk} > ${files}`],
  },
  {
    tells: 'do not go back in time',
    findings: [breakIn(server, near, { at: 10 }), move(server, desk, { at: 1 })],
    paths: [`${near} > ${server}`],
  },
  {
    tells: 'run through relays of two organisations to a third party',
    findings: [relay(server, [near], { targets: [far] }), relay(far, [server], { targets: [victim] })],
    paths: [`${near} > ${server} > ${far} > ${victim}`],
  },
  {
    tells: 'leave out a controller that held no session while the orders passed on',
    findings: [
      relay(server, [near, other], { targets: [far], hours: 20 }),
      relay(far, [server], { targets: [victim], hours: 20 }),
    ],
    contacts: contactsOf({
      [`${near} ${server}`]: [[1, 2]],
      [`${other} ${server}`]: [[10, 11]],
      [`${server} ${far}`]: [[1.1, 1.9]],
      [`${far} ${victim}`]: [[1.2, 1.3]],
    }),
    paths: [`${near} > ${server} > ${far} > ${victim}`],
  },
  {
    tells: 'keep two controllers that both passed orders on, the one that held more of them first',
    findings: [relay(server, [near, other], { targets: [victim], hours: 20 })],
    contacts: contactsOf({
      [`${near} ${server}`]: [[1, 2]],
      [`${other} ${server}`]: [
        [10, 11],
        [14, 15],
      ],
      [`${server} ${victim}`]: [
        [1.1, 1.2],
        [10.1, 10.2],
        [14.1, 14.2],
      ],
    }),
    paths: [`${other} > ${server} > ${victim}`, `${near} > ${server} > ${victim}`],
  },
  {
    tells: 'go through a third party that is itself seen to break in elsewhere',
    findings: [relay(server, [near], { targets: [far] }), breakIn(shop, far, { at: 0.5 })],
    contacts: contactsOf({
      [`${near} ${server}`]: [[0, 1]],
      [`${server} ${far}`]: [[0.1, 0.9]],
      [`${far} ${shop}`]: [[0.5, 0.6]],
    }),
    paths: [`${near} > ${server} > ${far} > ${shop}`],
  },
];

describe('chains', () => {
  it.each(cases.map((entry) => [entry.tells, entry] as const))('%s', (_, { findings, contacts, paths }) => {
    const hosts = [server, desk, files, far, shop];
    expect(pathsOf(findings, hosts, contacts)).toEqual(paths);
    expect(pathsOf([...findings].reverse(), hosts, contacts)).toEqual(paths);
  });

  it('of a fan-out name a few ends for all', () => {
    const desks = Array.from({ length: 60 }, (_, at) => `10.0.1.${at + 1}`);
    const push = findingOf({
      host: server,
      peer: null,
      peers: desks,
      technique: 'T1072',
      direction: 'internal',
      at: 1,
    });
    expect(pathsOf([breakIn(server, near), push], [server]).length).toBe(3);
  });

  it('of a fan-out name those asked for before others', () => {
    const desks = Array.from({ length: 60 }, (_, at) => `10.0.1.${at + 1}`);
    const push = findingOf({
      host: server,
      peer: null,
      peers: [...desks, far],
      technique: 'T1072',
      direction: 'internal',
      at: 1,
    });
    expect(pathsOf([breakIn(server, near), push], [far])).toEqual([`${near} > ${server} > ${far}`]);
  });

  it('that differ only in the third party at the end are shown once, and every passing on is', () => {
    const victims = Array.from({ length: 30 }, (_, at) => `198.51.100.${at + 1}`);
    const found = pathsOf(
      [relay(server, [near, other], { targets: victims }), relay(far, [near], { targets: victims })],
      [server, far],
    );
    expect(found.map((path) => path.split(' > ').slice(0, 2).join(' > ')).sort()).toEqual(
      [`${near} > ${far}`, `${near} > ${server}`, `${other} > ${server}`].sort(),
    );
  });

  it('of other machines are left out', () => {
    expect(pathsOf([breakIn(server, near)], [desk])).toEqual([]);
  });

  it('begin at the last visible hop, and say of each hop what ties it to the one before', () => {
    const [chain] = chainsOf(
      linksOf([relay(server, [near], { targets: [victim] })]),
      new Set([server]),
      contactsOf({
        [`${near} ${server}`]: [[1, 2]],
        [`${server} ${victim}`]: [
          [1.1, 1.2],
          [5, 6],
        ],
      }),
    );
    expect(chain?.hops.map(({ role }) => role)).toEqual(['last visible hop', 'relay', 'target']);
    expect(chain?.hops[1]?.reasons).toContain('the same bytes come in and go out together');
    expect(chain?.hops[2]?.reasons).toContain('mostly while or soon after the hop before was there');
    // Half of the acts were held: half of the doubt remains.
    expect(chain?.score).toBeCloseTo(0.9 * 0.75);
  });
});
