// The roll-up of flows: one row per pair of endpoints, service port and protocol; what does not count is left out; two
// organisations of ours each see the other outside.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import { instantOfMicros } from '../vocabulary/instant.ts';
import { rebuildConversations } from './conversations.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
  await store.setConstituency(['10.0.0.0/8', '2001:db8::/32']);
});
afterAll(() => store.close());
beforeEach(() => store.clear());

const time = (at: number) => instantOfMicros(1_709_600_000_000_000n + BigInt(at) * 1_000_000n);
type Flow = Readonly<Record<string, unknown>>;
const flow = (more: Flow): Flow => ({
  evidence_id: 'e-1',
  time: time(0),
  src_ip: '10.0.0.1',
  dst_ip: '192.0.2.1',
  dst_port: 443,
  protocol: 'tcp',
  ...more,
});

async function rollUp(flows: readonly Flow[], columns: string): Promise<unknown> {
  await store.insert(
    'network',
    flows.map((entry, at) => ({ record: at + 1, ...entry })),
  );
  await rebuildConversations(store.engine);
  return store.engine.query(
    `SELECT ${columns} FROM conversation ORDER BY src_ip, dst_ip, dst_port, protocol, src_inside DESC`,
  );
}

describe('conversations', () => {
  it('add up the flows of a pair, port and protocol', async () => {
    const rows = await rollUp(
      [
        flow({ bytes_out: 100, bytes_in: 10, duration_s: 1.5, service: 'ssl' }),
        flow({ time: time(60), bytes_out: 5, bytes_in: 50, duration_s: 3 }),
        flow({ time: time(30), bytes_out: null, bytes_in: null }),
        flow({ dst_port: 80 }),
        flow({ protocol: 'udp' }),
      ],
      'dst_port, protocol, flows, bytes_out, bytes_in, uploaded, duration_s, longest_s, first_seen, last_seen, service',
    );
    const none = {
      bytes_out: 0,
      bytes_in: 0,
      uploaded: 0,
      duration_s: 0,
      longest_s: 0,
      first_seen: time(0),
      last_seen: time(0),
      service: '',
      flows: 1,
    };
    expect(rows).toEqual([
      { ...none, dst_port: 80, protocol: 'tcp' },
      {
        dst_port: 443,
        protocol: 'tcp',
        flows: 3,
        bytes_out: 105,
        bytes_in: 60,
        uploaded: 100,
        duration_s: 4.5,
        longest_s: 3,
        first_seen: time(0),
        last_seen: time(60),
        service: 'ssl',
      },
      { ...none, dst_port: 443, protocol: 'udp' },
    ]);
  });

  it.each<[string, Flow]>([
    ['the second sighting of a flow', { is_repeat: 1 }],
    ['multicast', { dst_ip: '224.0.0.251' }],
    ['broadcast', { dst_ip: '255.255.255.255' }],
    ['IPv6 multicast', { dst_ip: 'ff02::fb' }],
  ])('leave out %s', async (_, more) => {
    expect(await rollUp([flow(more), flow({ dst_ip: '223.255.255.255' })], 'flows')).toEqual([{ flows: 1 }]);
  });

  it.each<[string, Flow, number]>([
    ['nobody answered', { state: 'S0' }, 1],
    ['it was refused', { state: 'REJ' }, 1],
    ['it was answered', { state: 'SF' }, 0],
    ['the sensor gives no state and nothing came back', { packets_out: 3, packets_in: 0, bytes_in: 0 }, 1],
    ['the sensor gives no state and packets came back', { packets_in: 1 }, 0],
  ])('count a flow as unanswered or not: %s', async (_, more, unanswered) => {
    expect(await rollUp([flow(more)], 'unanswered')).toEqual([{ unanswered }]);
  });

  it.each<[string, string, string, readonly (readonly [number, number])[]]>([
    ['outwards', '10.0.0.1', '192.0.2.1', [[1, 0]]],
    ['inwards', '192.0.2.1', '2001:db8::1', [[0, 1]]],
    ['inside', '10.0.0.1', '10.0.0.2', [[1, 1]]],
    ['past us', '192.0.2.1', '192.0.2.2', [[0, 0]]],
  ])('know which side is ours: %s', async (_, src, dst, sides) => {
    expect(await rollUp([flow({ src_ip: src, dst_ip: dst })], 'src_inside, dst_inside')).toEqual(
      sides.map(([src_inside, dst_inside]) => ({ src_inside, dst_inside })),
    );
  });

  it('between two organisations of ours have a row for each, as both see the other outside', async () => {
    await store.engine.execute("INSERT INTO constituency_prefix SELECT '10.9.0.0/16', 'Others', '', ''");
    await store.engine.execute('SYSTEM RELOAD DICTIONARY constituency');
    const rows = await rollUp(
      [flow({ dst_ip: '10.9.0.1', bytes_out: 7 })],
      'src_inside, dst_inside, flows, bytes_out',
    );
    expect(rows).toEqual([
      { src_inside: 1, dst_inside: 0, flows: 1, bytes_out: 7 },
      { src_inside: 0, dst_inside: 1, flows: 1, bytes_out: 7 },
    ]);
    await store.setConstituency(['10.0.0.0/8', '2001:db8::/32']);
  });

  it('are rebuilt, not added to', async () => {
    await rollUp([flow({})], 'flows');
    await rebuildConversations(store.engine);
    expect(await store.engine.query('SELECT sum(flows) AS flows FROM conversation')).toEqual([{ flows: 1 }]);
  });

  it('hold every byte that counts, whatever the flows', async () => {
    const size = fc.option(fc.integer({ min: 0, max: 2 ** 40 }));
    const any = fc.record({
      src_ip: fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.1'),
      dst_ip: fc.constantFrom('10.0.0.1', '192.0.2.2', '2001:db8::5'),
      dst_port: fc.constantFrom(53, 443),
      bytes_out: size,
      bytes_in: size,
      is_repeat: fc.constantFrom(0, 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(any, { minLength: 1, maxLength: 30 }), async (flows) => {
        await store.engine.execute('TRUNCATE TABLE network');
        await rollUp(
          flows.map((entry) => flow(entry)),
          '1',
        );
        const counted = flows.filter((entry) => entry.is_repeat === 0);
        const [row] = await store.engine.query(
          'SELECT sum(flows) AS flows, sum(bytes_out) AS sent, sum(bytes_in) AS returned FROM conversation',
        );
        expect(row).toEqual({
          flows: counted.length,
          sent: counted.reduce((sum, entry) => sum + (entry.bytes_out ?? 0), 0),
          returned: counted.reduce((sum, entry) => sum + (entry.bytes_in ?? 0), 0),
        });
      }),
      { numRuns: 15 },
    );
  });
});
