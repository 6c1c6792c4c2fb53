// Whether a made-up machine is a relay, and who steers it: what operators do, and the honest traffic that looks like it.
import { describe, expect, it } from 'vitest';
import { examine } from './judge.ts';
import type { Machine } from './machine.ts';
import type { Act, InboundFlow } from './sessions.ts';

const dayS = 86_400;
const periodS = 7 * dayS;
const operator = '203.0.113.1';
const second = '203.0.113.2';
const target = (at: number) => `192.0.2.${at + 1}`;

const flow = (began: number, more: Partial<InboundFlow> = {}): InboundFlow => ({
  peer: operator,
  port: 2222,
  began,
  ended: began + 2400,
  sent: 60_000,
  returned: 300_000,
  ...more,
});
const act = (began: number, more: Partial<Act> = {}): Act => ({
  peer: target(0),
  port: 443,
  began,
  ended: began + 60,
  sent: 9000,
  returned: 400_000,
  tries: 1,
  answered: 1,
  ...more,
});
const machine = (
  flows: readonly InboundFlow[],
  acts: readonly Act[],
  more: Partial<Machine> = {},
): Machine => ({
  host: '198.51.100.1',
  flows,
  acts,
  periodS,
  peersAbroad: new Set(acts.map(({ peer }) => peer)).size,
  popularAbroad: 0,
  ...more,
});

/** Sittings at no regular hours. */
const sittings = [0.31, 1.62, 2.47, 4.55].map((day) => Math.round(day * dayS));
/** Guests of a public service who stay long, at all hours. */
const guests = Array.from({ length: 150 }, (_, at) =>
  flow(((at * 7919) % 604) * 1000, {
    peer: `198.18.${at >> 6}.${(at & 63) + 1}`,
    port: 27_015,
    ended: ((at * 7919) % 604) * 1000 + 5000,
    returned: 9_000_000,
  }),
);
/** A scan in each sitting. */
const scans = sittings.flatMap((began) =>
  Array.from({ length: 40 }, (_, at) =>
    act(began + 300 + at * 20, { peer: target(at), port: 502, sent: 0, returned: 0, answered: 0 }),
  ),
);
/** Partners that call a public service around the clock, which calls others in turn with as much to say. */
const calls = Array.from({ length: 600 }, (_, at) => at * 1003);
const visitors = Array.from({ length: 30 }, (_, at) =>
  flow(at * 20_000 + 77, { peer: `198.18.9.${at + 1}`, port: 443, ended: at * 20_000 + 160 }),
);

/** What a machine calls of itself at all hours, and guests of its public service who happened to be there then. */
const updates = Array.from({ length: 190 }, (_, at) =>
  act(((at * 7919) % 604) * 1000 + 500, { peer: '192.0.2.200', sent: 2000, returned: 30_000 }),
);
const present = Array.from({ length: 60 }, (_, at) => {
  const began = (updates[at]?.began ?? 0) - 20;
  return flow(began, { peer: `198.18.8.${(at % 20) + 1}`, port: 443, ended: began + 100 });
});

describe('who steers a relay', () => {
  it.each<[string, Machine, readonly string[]]>([
    [
      'is whoever was there whenever it scanned',
      machine(
        sittings.map((began) => flow(began)),
        scans,
      ),
      [operator],
    ],
    [
      'is found among a crowd of guests of a public service, coming by a door of its own',
      machine([...guests, ...sittings.map((began) => flow(began))], scans),
      [operator],
    ],
    [
      'is whoever was there when it poured floods at one that never answered',
      machine(
        sittings.map((began) => flow(began)),
        sittings.map((began) => act(began + 200, { sent: 2e8, returned: 0, answered: 0 })),
      ),
      [operator],
    ],
    [
      'is none of those who were there when it asked for its updates, as it did in a sitting too',
      machine(
        [
          ...present,
          ...sittings.map((began) => flow(began, { port: 443, sent: 50_000, returned: 1_700_000 })),
        ],
        [
          ...updates,
          ...sittings.flatMap((began, at) => [
            act(began + 900, { peer: '192.0.2.200', sent: 9000, returned: 300_000 }),
            ...[300, 700, 1100].map((later) => act(began + later, { peer: target(at) })),
          ]),
        ],
      ),
      [operator],
    ],
    [
      'may be another who came but once, and whose one long flow goes out as it came in',
      machine(
        [
          ...visitors,
          ...sittings.map((began) => flow(began, { port: 443 })),
          flow(520_000, { peer: second, port: 443, ended: 545_000 }),
        ],
        [
          ...sittings.map((began) =>
            act(began + 30, { port: 22, ended: began + 2390, sent: 59_000, returned: 290_000 }),
          ),
          act(520_030, { port: 22, ended: 544_990, sent: 59_000, returned: 290_000 }),
        ],
      ),
      [operator, second],
    ],
    [
      'may change addresses, each seen too seldom alone',
      machine(
        sittings.map((began, at) =>
          flow(began, { peer: at % 2 === 0 ? operator : second, sent: 50_000, returned: 1_700_000 }),
        ),
        sittings.flatMap((began, at) =>
          [300, 700, 1100, 1500].map((later) => act(began + later, { peer: target(at) })),
        ),
      ),
      [operator, second],
    ],
    [
      'is whoever began the floods, though they outlast the visits',
      machine(
        sittings.map((began) => flow(began, { ended: began + 300 })),
        sittings.flatMap((began) =>
          Array.from({ length: 60 }, (_, at) =>
            act(began + 200 + at * 120, { sent: 2e7, returned: 0, answered: 0 }),
          ),
        ),
      ),
      [operator],
    ],
    [
      'is known by what it does to a server that logged the attack, however little that is',
      machine(
        sittings.map((began) => flow(began)),
        sittings.map((began) => act(began + 300, { sent: 900, returned: 2500 })),
        { exploited: [target(0)] },
      ),
      [operator],
    ],
    [
      'is one who steers other machines, when what this one does to others falls into its visits',
      machine(
        sittings.map((began) => flow(began, { port: 3389, sent: 9e6, returned: 90e6 })),
        sittings.map((began) => act(began + 300)),
        { suspects: [operator] },
      ),
      [operator],
    ],
    [
      'is known by what it does to a relay further on, however little that is',
      machine(
        sittings.slice(0, 2).map((began) => flow(began)),
        sittings
          .slice(0, 2)
          .map((began) => act(began + 30, { peer: target(7), sent: 59_000, returned: 290_000 })),
        { steers: [target(7)] },
      ),
      [operator],
    ],
  ])('%s', (_, given, controllers) => {
    expect(examine(given)?.controllers).toEqual(controllers);
  });
});

describe('nobody steers', () => {
  it.each<[string, Machine]>([
    [
      'a public service that calls others for each call of a partner',
      machine(
        [
          ...visitors,
          ...calls.map((began) => flow(began, { port: 443, ended: began + 0.8, sent: 3000, returned: 1500 })),
        ],
        calls.map((began) => act(began + 0.3, { ended: began + 0.8, sent: 3050, returned: 1500 })),
      ),
    ],
    [
      'a go-between of programs that call around the clock',
      machine(
        calls.map((began) => flow(began, { port: 9000, ended: began + 0.8, sent: 3000, returned: 1500 })),
        calls.map((began) => act(began + 0.3, { ended: began + 0.8, sent: 3050, returned: 1500 })),
      ),
    ],
    [
      'a jump host from which someone went on to a machine elsewhere twice',
      machine(
        sittings.slice(0, 2).map((began) => flow(began, { port: 22 })),
        sittings
          .slice(0, 2)
          .map((began) =>
            act(began + 10, { port: 22, ended: began + 2390, sent: 59_000, returned: 290_000 }),
          ),
      ),
    ],
    [
      'a copy passed on at the same time of every day',
      machine(
        sittings.map((_, day) => flow(day * dayS + 10_800, { port: 873, sent: 6e8, returned: 9e6 })),
        sittings.map((_, day) =>
          act(day * dayS + 10_830, { ended: day * dayS + 13_200, sent: 6.05e8, returned: 9e6 }),
        ),
      ),
    ],
    [
      'a machine whose owner works on it and calls others meanwhile',
      machine(
        sittings.map((began) => flow(began, { port: 3389, sent: 9e6, returned: 90e6 })),
        sittings.map((began) => act(began + 300)),
      ),
    ],
    [
      'a machine that scans at hours of its own',
      machine(
        sittings.map((began) => flow(began + 20_000)),
        scans,
      ),
    ],
  ])('%s', (_, given) => {
    expect(examine(given)?.controllers ?? []).toEqual([]);
  });
});

describe('a machine there to log in elsewhere from', () => {
  const users = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
  const visits = users.flatMap((peer, at) =>
    sittings.map((began) => flow(began + at * 9000, { peer, port: 22 })),
  );
  const logins = visits.map(({ began }, at) =>
    act(began + 20, { peer: target(at % 5), port: 22, ended: began + 2390, sent: 59_000, returned: 290_000 }),
  );

  it('is recognised by all who come going on from it', () => {
    expect(examine(machine(visits, logins))?.isDedicated).toBe(true);
  });

  it.each<[string, readonly InboundFlow[], readonly Act[]]>([
    ['others come to it for its web site', [...visits, ...visitors], logins],
    ['it scans', visits, [...logins, ...scans]],
    ['they go on to web servers', visits, logins.map((login) => ({ ...login, port: 443 }))],
  ])('is none when %s', (_, flows, acts) => {
    expect(examine(machine(flows, acts))?.isDedicated).toBe(false);
  });
});
