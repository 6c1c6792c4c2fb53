// The cases of relay, and its three signals on made-up machines.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { abusesOf } from './abuse.ts';
import { isSameVolume, pairedConservation } from './conservation.ts';
import { couplingOf } from './coupling.ts';
import { detector } from './detector.ts';
import { type Act, afterS, type InboundFlow, type Session, sessionsOf } from './sessions.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('relay on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

describe('what two sensors with different clocks saw', () => {
  const planted = casesBeside(import.meta.url).find(({ name }) => name === 'planted-paired-tunnels');
  const network = planted?.tables['network'] ?? [];
  const machine = '10.0.0.50';
  const later = (time: string) => new Date(Date.parse(time) + 3_000_000).toISOString();
  // What came in is told by a sensor elsewhere whose clock is fifty minutes ahead.
  const evidence = {
    constituency: ['10.0.0.0/8'],
    tables: {
      network: network.map((row) => ({
        ...row,
        sensor: row['src_ip'] === machine ? 'here' : 'elsewhere',
        time: row['src_ip'] === machine ? row.time : later(row.time),
      })),
    },
  };
  const noteClocks = (ahead: number) =>
    runner.engine.execute(
      `INSERT INTO twin SELECT 'e-1/elsewhere', 'e-2/here', 'e-1', number, 'e-2', number, {ahead:Float64}, 1 FROM numbers(5)`,
      { ahead },
    );
  afterEach(() => runner.engine.execute('TRUNCATE TABLE twin'));

  it('does not hang together by its own times', async () => {
    expect(await runner.run(detector, evidence)).toEqual([]);
  });

  it('hangs together by the clock of the sensor that saw most of the machine', async () => {
    await noteClocks(-3000);
    const [found] = await runner.run(detector, evidence);
    expect(found?.peers).toEqual(['203.0.113.77', '203.0.113.9']);
  });
});

const dayS = 86_400;
const act = (began: number, peer = '192.0.2.1', more: Partial<Act> = {}): Act => ({
  peer,
  port: 443,
  began,
  ended: began + 5,
  sent: 1000,
  returned: 1000,
  tries: 1,
  answered: 1,
  ...more,
});
const session = (began: number, ended: number): Session => ({ began, ended, sent: 1000, returned: 1000 });

describe('coupling', () => {
  const spans = [3.2, 4.7, 11.1, 19.4, 28.3].map((hour) => session(hour * 3600, hour * 3600 + 1800));

  it('is beyond chance when every act falls inside sessions at no regular times', () => {
    const acts = spans.map((span) => act(span.began + 300));
    const coupling = couplingOf(spans, acts, 3 * dayS);
    expect(coupling).toMatchObject({ inside: 5, acts: 5 });
    expect(coupling?.p).toBeLessThan(0.001);
    expect(coupling?.shifts).toBeGreaterThan(1000);
  });

  it('is nothing when the machine acts all the time', () => {
    const acts = Array.from({ length: 288 }, (_, at) => act(at * 900));
    expect(couplingOf(spans, acts, 3 * dayS)?.p).toBeGreaterThan(0.5);
  });

  it('is nothing when acts and sessions only keep the same hours', () => {
    // Sessions at ten and acts at half past ten, give or take, every day: the clock explains it.
    const noise = [310, -420, 95, 760, -130, 520, -640, 210];
    const daily = noise.map((offset, day) =>
      session(day * dayS + 36_000 + offset, day * dayS + 39_600 + offset),
    );
    const acts = noise.map((offset, day) => act(day * dayS + 37_200 - offset * 2));
    expect(couplingOf(daily, acts, 8 * dayS)?.p).toBeGreaterThan(0.05);
  });

  it('has no p below what the number of shifts allows, and never one above 1', () => {
    const spanOf = fc
      .record({ began: fc.integer({ min: 0, max: 2 * dayS }), length: fc.integer({ min: 1, max: 20_000 }) })
      .map(({ began, length }) => session(began, began + length));
    fc.assert(
      fc.property(
        fc.array(spanOf, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 2 * dayS }), { maxLength: 30 }),
        (given, starts) => {
          const result = couplingOf(
            given,
            starts.map((began) => act(began)),
            2 * dayS,
          );
          if (result === null) return true;
          expect(result.p).toBeGreaterThanOrEqual(1 / (1 + result.shifts));
          expect(result.p).toBeLessThanOrEqual(1);
          expect(result.inside).toBeLessThanOrEqual(result.acts);
          return true;
        },
      ),
    );
  });

  it('counts acts inside as counting them one by one does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: dayS }), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: dayS }), { minLength: 1, maxLength: 5 }),
        (starts, begins) => {
          // On whole cells, so that no rounding stands between the two ways of counting.
          const acts = starts.map((began) => act(began - (began % 10)));
          const given = begins.map((began) => session(began - (began % 10), began - (began % 10) + 600));
          const clusters: Act[][] = [];
          for (const one of [...acts].sort((left, right) => left.began - right.began)) {
            const last = clusters.at(-1);
            if (last?.[0] !== undefined && one.began - last[0].began < 900) last.push(one);
            else clusters.push([one]);
          }
          const isInside = (one: Act) =>
            given.some((span) => one.began >= span.began && one.began <= span.ended + afterS);
          const inside = clusters.filter((cluster) => cluster.some(isInside)).length;
          expect(couplingOf(given, acts, dayS)?.inside ?? 0).toBe(inside);
        },
      ),
    );
  });
});

describe('conservation', () => {
  const flow = (began: number, bytes: number): InboundFlow => ({
    peer: '203.0.113.1',
    port: 8443,
    began,
    ended: began + 60,
    sent: 4000,
    returned: bytes,
  });
  const flows = [1000, 9000, 20_000, 47_000].map((began, at) => flow(began, 30_000 + at * 11_000));

  it('finds flows passed on with the bytes and times they came with', () => {
    const acts = flows.map((one) =>
      act(one.began + 0.2, '192.0.2.9', {
        ended: one.ended,
        sent: one.sent - 60,
        returned: one.returned - 500,
      }),
    );
    expect(pairedConservation(flows, acts, dayS)).toMatchObject({ matched: 4, targets: ['192.0.2.9'] });
    expect(pairedConservation(flows, acts, dayS)?.p).toBeLessThan(0.01);
  });

  it.each([
    ['other bytes', { returned: 900_000 }],
    ['another end', { ended: 1e9 }],
    ['the caller itself as target', { peer: '203.0.113.1' }],
  ])('does not take %s for the same', (_, change) => {
    const acts = flows.map((one) =>
      act(one.began + 0.2, '192.0.2.9', {
        ended: one.ended,
        sent: one.sent,
        returned: one.returned,
        ...change,
      }),
    );
    expect(pairedConservation(flows, acts, dayS)).toBeNull();
  });

  it('compares volumes the same way round', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.nat(1e9),
        (left, right) => isSameVolume(left, right) === isSameVolume(right, left),
      ),
    );
  });
});

describe('abuse', () => {
  const many = (count: number, change: (at: number) => Partial<Act>) =>
    Array.from({ length: count }, (_, at) => act(at * 5, '192.0.2.1', change(at)));
  it.each([
    [
      'a scan of silent third parties',
      many(40, (at) => ({ peer: `192.0.2.${at}`, port: 445, answered: 0 })),
      ['scan'],
    ],
    ['calls that are answered', many(40, (at) => ({ peer: `192.0.2.${at}`, port: 445 })), []],
    ['mail servers that are away', many(40, (at) => ({ peer: `192.0.2.${at}`, port: 25, answered: 0 })), []],
    ['many short logins', many(40, () => ({ port: 22, sent: 1500, returned: 2000 })), ['brute-force']],
    ['a few long logins', many(5, () => ({ port: 22, sent: 90_000, returned: 9e6 })), []],
    ['a flood', [act(0, '192.0.2.1', { port: 80, tries: 9000, answered: 0 })], ['flood']],
  ])('%s', (_, acts, kinds) => {
    expect(abusesOf(acts).map(({ kind }) => kind)).toEqual(kinds);
  });
});

it('joins requests of one sitting to a session', () => {
  const flow = (began: number): InboundFlow => ({
    peer: '203.0.113.1',
    port: 443,
    began,
    ended: began + 1,
    sent: 10,
    returned: 20,
  });
  expect(sessionsOf([0, 300, 1100, 9000].map(flow))).toEqual([
    { began: 0, ended: 1101, sent: 30, returned: 60 },
    { began: 9000, ended: 9001, sent: 10, returned: 20 },
  ]);
});
