// The events behind findings: what a selector says, no more and no less, first in time first; for many findings at once
// the same as for each by itself.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import type { Condition, EventSelector } from '../vocabulary/finding.ts';
import { instantOfMicros } from '../vocabulary/instant.ts';
import { eventsBehind } from './events-behind.ts';
import { eventsOf, selectionSql } from './selection.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

const second = (at: number) => instantOfMicros(1_709_600_000_000_000n + BigInt(at) * 1_000_000n);

interface Flow {
  readonly at: number;
  readonly src: string;
  readonly dst: string;
  readonly port: number;
  readonly protocol: string;
  readonly isRepeat: boolean;
  readonly bytes: number | null;
}

const put = (flows: readonly Flow[]) =>
  store.insert(
    'network',
    flows.map((flow, at) => ({
      evidence_id: `e-${at % 2}`,
      record: at + 1,
      time: second(flow.at),
      src_ip: flow.src,
      dst_ip: flow.dst,
      dst_port: flow.port,
      protocol: flow.protocol,
      bytes_out: flow.bytes,
      is_repeat: flow.isRepeat ? 1 : 0,
    })),
  );

const base: Flow = {
  at: 0,
  src: '10.0.0.1',
  dst: '192.0.2.1',
  port: 443,
  protocol: 'tcp',
  isRepeat: false,
  bytes: 5,
};
const flows: readonly Flow[] = [
  { ...base, at: 30 },
  { ...base, at: 10, dst: '192.0.2.2', port: 80, bytes: null },
  { ...base, at: 20, src: '2001:db8::1', protocol: 'udp', bytes: 70 },
  { ...base, at: 40, isRepeat: true },
];

const idsOf = async (selectors: readonly EventSelector[], limit = 100) =>
  (await eventsOf(store.engine, selectors, limit)).map(({ id }) => id);
const network = (...where: Condition[]): EventSelector => ({ table: 'network', where });

describe('a selector', () => {
  it.each<[string, readonly Condition[], readonly string[]]>([
    ['of nothing takes all that counts, in order of time', [], ['e-1:2', 'e-0:3', 'e-0:1']],
    [
      'of an address takes it in any spelling',
      [{ column: 'src_ip', op: 'in', values: ['2001:DB8:0::1'] }],
      ['e-0:3'],
    ],
    [
      'of several values takes any of them',
      [{ column: 'dst_port', op: 'in', values: [80, 443] }],
      ['e-1:2', 'e-0:3', 'e-0:1'],
    ],
    ['of text takes it as it is', [{ column: 'protocol', op: 'in', values: ['UDP', "u'dp"] }], []],
    ['of no values takes nothing', [{ column: 'dst_port', op: 'in', values: [] }], []],
    [
      'of a range takes both its ends',
      [{ column: 'time', op: 'range', from: second(10), to: second(20) }],
      ['e-1:2', 'e-0:3'],
    ],
    [
      'of an open range takes all from there',
      [{ column: 'time', op: 'range', from: second(20) }],
      ['e-0:3', 'e-0:1'],
    ],
    ['of a range without ends takes all', [{ column: 'time', op: 'range' }], ['e-1:2', 'e-0:3', 'e-0:1']],
    [
      'of an amount leaves out what has none',
      [{ column: 'bytes_out', op: 'range', from: 0, to: 10 }],
      ['e-0:1'],
    ],
    [
      'of several conditions takes what meets all',
      [
        { column: 'src_ip', op: 'in', values: ['10.0.0.1'] },
        { column: 'dst_port', op: 'in', values: [443] },
      ],
      ['e-0:1'],
    ],
  ])('%s', async (_, where, expected) => {
    await put(flows);
    expect(await idsOf([network(...where)])).toEqual(expected);
    expect(await eventsBehind(store.engine, [{ selectors: [network(...where)] }], 100)).toEqual([expected]);
  });

  it('takes the first events up to the limit', async () => {
    await put(flows);
    expect(await idsOf([network()], 2)).toEqual(['e-1:2', 'e-0:3']);
  });

  it('takes from several tables in one order', async () => {
    await put(flows);
    await store.insert('dns', [{ evidence_id: 'e-d', record: 1, time: second(15), query: "it's" }]);
    const selectors: readonly EventSelector[] = [
      network(),
      { table: 'dns', where: [{ column: 'query', op: 'in', values: ["it's"] }] },
    ];
    expect(await idsOf(selectors)).toEqual(['e-1:2', 'e-d:1', 'e-0:3', 'e-0:1']);
  });

  it('takes nothing when there is none', async () => {
    expect(await idsOf([])).toEqual([]);
  });

  it('of a column the table does not have is a defect', () => {
    expect(() => selectionSql(network({ column: 'colour', op: 'in', values: ['red'] }))).toThrow(
      'no column colour',
    );
    expect(() => selectionSql(network({ column: '1; DROP TABLE network', op: 'range' }))).toThrow(
      'no column',
    );
  });
});

describe('whatever the selectors', () => {
  const source = fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1');
  const target = fc.constantFrom('192.0.2.1', '192.0.2.2', '10.0.0.1');
  const flow = fc.record({
    at: fc.integer({ min: 0, max: 20 }),
    src: source,
    dst: target,
    port: fc.constantFrom(80, 443, 445),
    protocol: fc.constantFrom('tcp', 'udp'),
    isRepeat: fc.boolean(),
    bytes: fc.option(fc.integer({ min: 0, max: 10 })),
  });
  const inOf = <T extends string | number>(column: string, value: fc.Arbitrary<T>) =>
    fc
      .uniqueArray(value, { minLength: 1, maxLength: 3 })
      .map((values): Condition => ({ column, op: 'in', values }));
  const range = fc
    .tuple(fc.option(fc.integer({ min: 0, max: 20 })), fc.option(fc.integer({ min: 0, max: 20 })))
    .map(
      ([from, to]): Condition => ({
        column: 'time',
        op: 'range',
        ...(from === null ? {} : { from: second(from) }),
        ...(to === null ? {} : { to: second(to) }),
      }),
    );
  const where = fc
    .tuple(
      fc.option(inOf('src_ip', source), { freq: 4 }),
      fc.option(inOf('dst_ip', target), { freq: 4 }),
      fc.option(inOf('dst_port', fc.constantFrom(80, 443))),
      fc.option(inOf('protocol', fc.constantFrom('tcp', 'udp'))),
      fc.option(range),
    )
    .map((conditions) => conditions.filter((condition) => condition !== null));

  const meets = (flow: Flow, condition: Condition): boolean => {
    const values: Readonly<Record<string, string | number>> = {
      src_ip: flow.src,
      dst_ip: flow.dst,
      dst_port: flow.port,
      protocol: flow.protocol,
      time: second(flow.at),
    };
    const value = values[condition.column] ?? '';
    if (condition.op === 'in') return condition.values.includes(value);
    return (
      (condition.from === undefined || value >= condition.from) &&
      (condition.to === undefined || value <= condition.to)
    );
  };

  it('each finding gets the events that meet any of its selectors, each once, in order of time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(flow, { minLength: 1, maxLength: 30 }),
        fc.array(fc.array(where, { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
        async (rows, findings) => {
          await store.engine.execute('TRUNCATE TABLE network');
          await put(rows);
          const expected = findings.map((selectors) =>
            rows
              .map((row, at) => ({ row, evidence: `e-${at % 2}`, record: at + 1 }))
              .filter(
                ({ row }) =>
                  !row.isRepeat &&
                  selectors.some((conditions) => conditions.every((condition) => meets(row, condition))),
              )
              .sort(
                (left, right) =>
                  left.row.at - right.row.at ||
                  (left.evidence < right.evidence
                    ? -1
                    : left.evidence > right.evidence
                      ? 1
                      : left.record - right.record),
              )
              .map(({ evidence, record }) => `${evidence}:${record}`),
          );
          const drafts = findings.map((selectors) => ({
            selectors: selectors.map((conditions) => network(...conditions)),
          }));
          expect(await eventsBehind(store.engine, drafts, 100)).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });
});
