// Flows that two sensors recorded count once, with the clocks compared; flows that only look alike count as often as
// they were.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import { instantOfMicros } from '../vocabulary/instant.ts';
import { markRepeatedSightings } from './sightings.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

interface Flow {
  readonly sensor: string;
  /** Seconds after the beginning of the tests' day, by the sensor's clock. */
  readonly at: number;
  readonly port: number;
  readonly from?: string;
  readonly to?: string;
  readonly toPort?: number;
  readonly sent?: number;
  readonly returned?: number;
  readonly packets?: number;
  /** File it is in; one per sensor unless given. */
  readonly file?: string;
}

const beginning = 1_709_600_000_000_000n;

/** Loads the flows, record numbers in their order, and marks what is seen again. */
async function mark(flows: readonly Flow[]) {
  await store.insert(
    'network',
    flows.map((flow, at) => ({
      evidence_id: flow.file ?? `e-${flow.sensor}`,
      record: at + 1,
      sensor: flow.sensor,
      time: instantOfMicros(beginning + BigInt(Math.round(flow.at * 1e6))),
      src_ip: flow.from ?? '10.0.0.1',
      src_port: flow.port,
      dst_ip: flow.to ?? '192.0.2.1',
      dst_port: flow.toPort ?? 443,
      protocol: 'tcp',
      bytes_out: flow.sent ?? 1000,
      bytes_in: flow.returned ?? 5000,
      packets_out: flow.packets ?? 10,
      packets_in: flow.packets ?? 10,
    })),
  );
  const sightings = await markRepeatedSightings(store.engine);
  const rows = await store.engine.query('SELECT record FROM network WHERE is_repeat = 1 ORDER BY record');
  return { sightings, repeats: rows.map((row) => Number(row['record'])) };
}

/** Numbers that look random and are the same in every run, from -1 to 1. */
const noise = (at: number) => ((at * 2_654_435_761) % 2_000_003) / 1_000_001.5 - 1;

/** Many different flows as one sensor sees them. */
const manyFlows = (sensor: string, clockS: number, jitterS: number, count = 120): readonly Flow[] =>
  Array.from({ length: count }, (_, at) => ({
    sensor,
    at: at * 31 + clockS + jitterS * noise(at + sensor.length * 7919 + sensor.charCodeAt(0)),
    port: 40_000 + at,
    sent: 500 + at * 13,
    returned: 4000 + at * 101,
  }));

describe('flows that two sensors saw', () => {
  it.each([
    ['with the same clock', 0, 0.1],
    ['with clocks that differ', 37.5, 0.3],
    ['with clocks that differ the other way by most of an hour', -3000, 0.5],
  ])('count once: %s', async (_, offset, jitter) => {
    const { sightings, repeats } = await mark([
      ...manyFlows('a', 0, jitter),
      ...manyFlows('b', offset, jitter),
    ]);
    expect(sightings.length).toBe(1);
    expect(sightings[0]).toMatchObject({ sensors: ['a', 'b'], flows: 120 });
    expect(Math.abs((sightings[0]?.clock_offset_s ?? 99) - offset)).toBeLessThan(jitter + 0.01);
    // One of each pair, whichever.
    expect(repeats.map((record) => (record - 1) % 120).sort((left, right) => left - right)).toEqual(
      Array.from({ length: 120 }, (_, at) => at),
    );
  });

  it('are kept as the sensor saw them that saw more', async () => {
    const less = manyFlows('a', 0, 0.1).map((flow, at) =>
      at % 2 === 0 ? { ...flow, returned: (flow.returned ?? 0) * 0.98 } : flow,
    );
    const { repeats } = await mark([
      ...less.map((flow) => ({ ...flow, returned: Math.floor(flow.returned ?? 0) })),
      ...manyFlows('b', 5, 0.1).map((flow, at) =>
        at % 2 === 0 ? flow : { ...flow, sent: (flow.sent ?? 0) - 20 },
      ),
    ]);
    expect(repeats.length).toBe(120);
    for (const record of repeats) expect(record <= 120).toBe((record - 1) % 2 === 0);
  });

  it('leave alone what one of them saw by itself', async () => {
    const own = (sensor: string, port: number): readonly Flow[] =>
      Array.from({ length: 50 }, (_, at) => ({ sensor, at: at * 10, port: port + at, to: '198.51.100.7' }));
    const { sightings, repeats } = await mark([
      ...manyFlows('a', 0, 0.2),
      ...manyFlows('b', 12, 0.2),
      ...own('a', 50_000),
      ...own('b', 51_000),
    ]);
    expect(sightings[0]?.flows).toBe(120);
    expect(repeats.every((record) => record <= 240)).toBe(true);
    expect(repeats.length).toBe(120);
  });

  it('of a service with a fixed port are told apart one by one', async () => {
    // 123 to 123 every 64 seconds, always the same size.
    const polls = (sensor: string, clockS: number): readonly Flow[] =>
      Array.from({ length: 60 }, (_, at) => ({
        sensor,
        at: at * 64 + clockS + 0.2 * noise(at + clockS),
        port: 123,
        toPort: 123,
        sent: 48,
        returned: 48,
        packets: 1,
      }));
    const { repeats } = await mark([
      ...manyFlows('a', 0, 0.2, 400),
      ...manyFlows('b', 5, 0.2, 400),
      ...polls('a', 0),
      ...polls('b', 5),
    ]);
    const ofPolls = repeats.filter((record) => record > 800).map((record) => (record - 801) % 60);
    expect([...ofPolls].sort((left, right) => left - right)).toEqual(
      Array.from({ length: 60 }, (_, at) => at),
    );
  });

  it('and a third count once', async () => {
    const { sightings, repeats } = await mark([
      ...manyFlows('a', 0, 0.2),
      ...manyFlows('b', 40, 0.2),
      ...manyFlows('c', -15, 0.2),
    ]);
    expect(sightings.map(({ sensors, flows }) => [...sensors, flows])).toEqual([
      ['a', 'b', 120],
      ['a', 'c', 120],
      ['b', 'c', 120],
    ]);
    expect(repeats.length).toBe(240);
    const perFlow = new Map<number, number>();
    for (const record of repeats) perFlow.set((record - 1) % 120, (perFlow.get((record - 1) % 120) ?? 0) + 1);
    expect([...perFlow.values()].every((count) => count === 2)).toBe(true);
  });
});

describe('flows that only look alike', () => {
  it('of one sensor all count', async () => {
    const same = Array.from(
      { length: 30 },
      (_, at): Flow => ({ sensor: 'a', at: at * 5, port: 123, toPort: 123 }),
    );
    const other = Array.from(
      { length: 30 },
      (_, at): Flow => ({ sensor: 'b', at: at * 5, port: 50_000 + at }),
    );
    expect(await mark([...same, ...other])).toEqual({ sightings: [], repeats: [] });
  });

  it('at times that fit no one clock offset all count', async () => {
    const polls = (sensor: string): readonly Flow[] =>
      Array.from({ length: 40 }, (_, at) => ({
        sensor,
        at: 1700 + 1700 * noise(at * 31 + sensor.charCodeAt(0) * 977),
        port: 123,
        toPort: 123,
        sent: 48,
        returned: 48,
        packets: 1,
      }));
    expect(await mark([...polls('a'), ...polls('b')])).toEqual({ sightings: [], repeats: [] });
  });

  it('with other amounts all count', async () => {
    const more = manyFlows('b', 0, 0.1).map((flow) => ({
      ...flow,
      returned: (flow.returned ?? 0) * 3,
      packets: 10,
    }));
    expect(await mark([...manyFlows('a', 0, 0.1), ...more])).toEqual({ sightings: [], repeats: [] });
  });

  it('more than an hour apart all count', async () => {
    expect(await mark([...manyFlows('a', 0, 0.1, 20), ...manyFlows('b', 7300, 0.1, 20)])).toEqual({
      sightings: [],
      repeats: [],
    });
  });

  it('of which there is one, half an hour later in the next file of the same sensor, both count', async () => {
    const poll = { sensor: 'a', port: 123, toPort: 123, sent: 48, returned: 48, packets: 1 };
    const { repeats } = await mark([
      { ...poll, at: 1000, file: 'e-first' },
      { ...poll, at: 2800, file: 'e-second' },
    ]);
    expect(repeats).toEqual([]);
  });
});

it('one sensor alone has nothing to compare', async () => {
  expect(await mark(manyFlows('a', 0, 0))).toEqual({ sightings: [], repeats: [] });
});
