// The theft ledger: what left, once, in the right direction, between a least and a greatest reading; added up again
// here from the flows by other means.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import type { Finding } from '../vocabulary/finding.ts';
import { beacon, breakIn, findingOf, hour, move, upload } from './findings.support.ts';
import { theftOf } from './theft.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

const robbed = '10.0.0.1';
const other = '10.0.0.2';
const drop = '192.0.2.1';
const controller = '192.0.2.2';
const stranger = '192.0.2.3';

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly sent: number | null;
  readonly returned: number | null;
  readonly wireSent?: number | null;
  readonly wireReturned?: number | null;
  readonly at?: number;
  readonly isRepeat?: boolean;
  readonly port?: number;
  readonly evidence?: string;
}

const put = (flows: readonly Flow[]) =>
  store.insert(
    'network',
    flows.map((flow, at) => ({
      evidence_id: flow.evidence ?? 'e-1',
      src_port: flow.port ?? 0,
      dst_port: 443,
      record: at + 1,
      time: hour(flow.at ?? 0),
      src_ip: flow.from,
      dst_ip: flow.to,
      bytes_out: flow.sent,
      bytes_in: flow.returned,
      wire_bytes_out: flow.wireSent ?? null,
      wire_bytes_in: flow.wireReturned ?? null,
      is_repeat: flow.isRepeat === true ? 1 : 0,
    })),
  );

const ask = (findings: readonly Finding[], hosts = [robbed, other], outside = [drop, controller]) =>
  theftOf(store.engine, { incident: 'i-1', findings, hosts, outside });

const bounds = async (...args: Parameters<typeof ask>) => {
  const theft = (await ask(...args))?.theft;
  return theft === undefined ? null : [theft.minimum_bytes, theft.best_bytes, theft.maximum_bytes];
};

describe('what left', () => {
  it.each<[string, readonly Flow[], readonly [number, number, number]]>([
    [
      'is what was sent out to the drop',
      [{ from: robbed, to: drop, sent: 1000, returned: 10 }],
      [1000, 1000, 1000],
    ],
    [
      'is what was read out from outside',
      [{ from: drop, to: robbed, sent: 10, returned: 1000 }],
      [1000, 1000, 1000],
    ],
    ['is not what came in', [{ from: robbed, to: drop, sent: 10, returned: 90_000 }], [0, 10, 10]],
    [
      'is not what came in from outside',
      [{ from: drop, to: robbed, sent: 90_000, returned: 10 }],
      [0, 10, 10],
    ],
    [
      'counts at least only where four times as much went out as in',
      [
        { from: robbed, to: drop, sent: 400, returned: 100 },
        { from: robbed, to: drop, sent: 399, returned: 100 },
      ],
      [400, 799, 799],
    ],
    [
      'counts at most the headers too, where the sensor counted them',
      [
        { from: robbed, to: drop, sent: 1000, returned: 0, wireSent: 1200, wireReturned: 500 },
        { from: drop, to: robbed, sent: 0, returned: 1000, wireSent: 500, wireReturned: 1100 },
      ],
      [2000, 2000, 2300],
    ],
    [
      'counts at most what any machine sent to any outside address',
      [
        { from: robbed, to: drop, sent: 1000, returned: 0 },
        { from: robbed, to: controller, sent: 70, returned: 0 },
        { from: other, to: drop, sent: 5, returned: 0 },
      ],
      [1000, 1000, 1075],
    ],
    [
      'does not count what went to others or came from others',
      [
        { from: robbed, to: drop, sent: 1, returned: 0 },
        { from: robbed, to: stranger, sent: 1000, returned: 0 },
        { from: '10.0.0.9', to: drop, sent: 1000, returned: 0 },
      ],
      [1, 1, 1],
    ],
    [
      'does not count a hop inside',
      [
        { from: robbed, to: drop, sent: 1, returned: 0 },
        { from: other, to: robbed, sent: 5000, returned: 5000 },
      ],
      [1, 1, 1],
    ],
    [
      'counts what two sensors saw once',
      [
        { from: robbed, to: drop, sent: 1000, returned: 0 },
        { from: robbed, to: drop, sent: 1000, returned: 0, isRepeat: true },
      ],
      [1000, 1000, 1000],
    ],
    [
      'counts once what files of two organisations tell of one flow, whose clocks nothing else compares',
      [
        { from: robbed, to: drop, sent: 9_000_000, returned: 0, port: 40_001 },
        { from: robbed, to: drop, sent: 9_000_040, returned: 0, port: 40_001, at: 0.01, evidence: 'e-2' },
      ],
      [9_000_000, 9_000_000, 9_000_000],
    ],
    [
      'counts two flows of one file, and those of other sizes or hours, each',
      [
        { from: robbed, to: drop, sent: 100_000, returned: 0, port: 40_001 },
        { from: robbed, to: drop, sent: 100_000, returned: 0, port: 40_001, at: 0.01 },
        { from: robbed, to: drop, sent: 300_000, returned: 0, port: 40_001, at: 0.02, evidence: 'e-2' },
        { from: robbed, to: drop, sent: 100_000, returned: 0, port: 40_001, at: 5, evidence: 'e-2' },
      ],
      [600_000, 600_000, 600_000],
    ],
    [
      'knows nothing of a flow without counts',
      [
        { from: robbed, to: drop, sent: null, returned: null },
        { from: robbed, to: drop, sent: 7, returned: null },
      ],
      [7, 7, 7],
    ],
    [
      'has nothing below headers alone',
      [{ from: robbed, to: drop, sent: 0, returned: 0, wireSent: 60 }],
      [0, 0, 60],
    ],
  ])('%s', async (_, flows, expected) => {
    await put(flows);
    expect(await bounds([upload(robbed, drop)])).toEqual(expected);
  });

  it('is null when no finding speaks of theft', async () => {
    await put([{ from: robbed, to: drop, sent: 1000, returned: 0 }]);
    expect(await ask([beacon(robbed, drop), breakIn(robbed, drop), move(robbed, other)])).toBe(null);
  });

  it('is known for IPv6 as well', async () => {
    await put([{ from: '2001:db8:0:0::1', to: '2001:db8:ffff::2', sent: 1000, returned: 0 }]);
    expect(
      await bounds([upload('2001:db8::1', '2001:db8:ffff::2')], ['2001:db8::1'], ['2001:db8:ffff::2']),
    ).toEqual([1000, 1000, 1000]);
  });

  it('is not looked for at machines known by name only', async () => {
    expect(await bounds([upload('MAIL:1', drop)], ['MAIL:1', 'files'], [drop, 'c2.example:443'])).toEqual([
      0, 0, 0,
    ]);
  });

  it('is added up as anyone can from the flows', async () => {
    const size = fc.option(fc.integer({ min: 0, max: 5000 }));
    const flow = fc.record({
      ends: fc.constantFrom(
        [robbed, drop],
        [drop, robbed],
        [robbed, controller],
        [controller, other],
        [other, drop],
        [robbed, other],
        [stranger, robbed],
      ),
      sent: size,
      returned: size,
      wireSent: size,
      wireReturned: size,
      at: fc.integer({ min: 0, max: 60 }),
      isRepeat: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(flow, { minLength: 1, maxLength: 25 }), async (drafts) => {
        await store.clear();
        const flows = drafts.map(({ ends: [from = '', to = ''], ...rest }): Flow => ({ from, to, ...rest }));
        await put(flows);
        const taken = await ask([upload(robbed, drop), upload(other, drop)]);
        let [minimum, best, maximum] = [0, 0, 0];
        for (const { from, to, sent, returned, wireSent, wireReturned, isRepeat } of flows) {
          const isOut = from === robbed || from === other;
          const [ours, theirs] = isOut ? [from, to] : [to, from];
          if (isRepeat === true || ![drop, controller].includes(theirs) || ![robbed, other].includes(ours))
            continue;
          const out = (isOut ? sent : returned) ?? 0;
          const back = (isOut ? returned : sent) ?? 0;
          const wire = (isOut ? wireSent : wireReturned) ?? 0;
          maximum += Math.max(out, wire);
          if (theirs !== drop) continue;
          best += out;
          if (out >= 4 * back) minimum += out;
        }
        const theft = taken?.theft;
        expect([theft?.minimum_bytes, theft?.best_bytes, theft?.maximum_bytes]).toEqual([
          minimum,
          best,
          maximum,
        ]);
        for (const row of taken?.flows ?? []) {
          expect(row.minimum_bytes).toBeLessThanOrEqual(row.best_bytes);
          expect(row.best_bytes).toBeLessThanOrEqual(row.maximum_bytes);
        }
        const ledger = theft?.ledger ?? [];
        expect(ledger.reduce((sum, row) => sum + row.best_bytes, 0)).toBe(best);
        expect(ledger.reduce((sum, row) => sum + row.minimum_bytes, 0)).toBe(minimum);
        expect((theft?.to ?? []).reduce((sum, row) => sum + row.bytes, 0)).toBe(best);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the ledger', () => {
  it('has a row for each victim, destination and day in UTC', async () => {
    // The story begins at midnight.
    await put([
      { from: robbed, to: drop, sent: 100, returned: 0, at: 23.99 },
      { from: robbed, to: drop, sent: 10, returned: 0, at: 24.01 },
      { from: controller, to: other, sent: 0, returned: 7, at: 1 },
      { from: robbed, to: drop, sent: 1, returned: 9, at: 25 },
    ]);
    const inbound = findingOf({ host: other, peer: controller, technique: 'T1114', direction: 'inbound' });
    const theft = (await ask([upload(robbed, drop), inbound]))?.theft;
    expect(theft?.ledger).toEqual(
      [
        {
          victim: other,
          destination: controller,
          day: '2024-03-05',
          minimum_bytes: 7,
          best_bytes: 7,
          maximum_bytes: 7,
          flows: 1,
        },
        {
          victim: robbed,
          destination: drop,
          day: '2024-03-05',
          minimum_bytes: 100,
          best_bytes: 100,
          maximum_bytes: 100,
          flows: 1,
        },
        {
          victim: robbed,
          destination: drop,
          day: '2024-03-06',
          minimum_bytes: 10,
          best_bytes: 11,
          maximum_bytes: 11,
          flows: 2,
        },
      ].toSorted((left, right) => (left.day + left.victim < right.day + right.victim ? -1 : 1)),
    );
    expect(theft?.to).toEqual([
      { ip: drop, bytes: 111 },
      { ip: controller, bytes: 7 },
    ]);
  });

  it('names the flows it stands on, in order', async () => {
    await put([
      { from: robbed, to: drop, sent: 1, returned: 0, at: 2 },
      { from: drop, to: robbed, sent: 0, returned: 5, at: 1 },
    ]);
    const flows = (await ask([upload(robbed, drop)]))?.flows;
    expect(
      flows?.map(({ event_id, src_ip, victim, destination, best_bytes }) => [
        event_id,
        src_ip,
        victim,
        destination,
        best_bytes,
      ]),
    ).toEqual([
      ['e-1:2', drop, robbed, drop, 5],
      ['e-1:1', robbed, robbed, drop, 1],
    ]);
  });

  it('names the files the logs name on the way out', async () => {
    const common = { evidence_id: 'e-2', time: hour(0), src_ip: robbed, dst_ip: drop };
    await store.insert('http', [
      { ...common, record: 1, method: 'PUT', uri: '/up/plans.zip?key=1', file_names: [] },
      { ...common, record: 2, method: 'POST', uri: '/x', file_names: ['b.docx', 'a.docx'] },
      { ...common, record: 3, method: 'GET', uri: '/tool.exe', file_names: [] },
      { ...common, record: 4, method: 'PUT', uri: '/elsewhere.zip', file_names: [], dst_ip: stranger },
    ]);
    await store.insert('file', [
      { ...common, record: 5, name: 'mail.pst', sent_by_src: 1 },
      { ...common, record: 6, name: 'came-in.exe', sent_by_src: 0 },
    ]);
    expect((await ask([upload(robbed, drop)]))?.theft.files).toEqual([
      'a.docx',
      'b.docx',
      'mail.pst',
      'plans.zip',
    ]);
  });
});
