// All detectors over a store: findings in order of time with ids that depend on nothing else, the events behind them,
// and only the detectors that have something to look at.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import type { Finding } from '../vocabulary/finding.ts';
import { instantOfMicros } from '../vocabulary/instant.ts';
import { tablesOf } from './questions.ts';
import { detectors } from './registry.generated.ts';
import { detect } from './run.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
  await store.setConstituency(['10.0.0.0/8']);
});
afterAll(() => store.close());

const time = (at: number) => instantOfMicros(1_709_600_000_000_000n + BigInt(at) * 1_000_000n);
/** One machine of ours tries every machine of a network, a second apart. */
const scan = (src: string, from: number) =>
  Array.from({ length: 200 }, (_, at) => ({
    evidence_id: `e-${src}`,
    record: at + 1,
    time: time(from + at),
    src_ip: src,
    src_port: 40_000 + at,
    dst_ip: `10.1.0.${at + 1}`,
    dst_port: 445,
    protocol: 'tcp',
    state: 'S0',
  }));

async function findingsOf(): Promise<{
  readonly findings: readonly Finding[];
  readonly ran: readonly string[];
}> {
  const ran: string[] = [];
  const findings = await detect(store.engine, {
    isInside: (ip) => ip.startsWith('10.'),
    organisationOf: (ip) => (ip.startsWith('10.') ? { organisation: 'Ours' } : null),
    onDetector: (id) => ran.push(id),
  });
  return { findings, ran };
}

describe('the detectors', () => {
  it('find nothing in an empty store, and none is run', async () => {
    await store.clear();
    expect(await findingsOf()).toEqual({ findings: [], ran: [] });
  });

  describe('over the scans of two machines', () => {
    let alone: Awaited<ReturnType<typeof findingsOf>>;
    let beside: Awaited<ReturnType<typeof findingsOf>>;
    beforeAll(async () => {
      await store.clear();
      await store.insert('network', scan('10.0.0.1', 5000));
      alone = await findingsOf();
      await store.clear();
      await store.insert('network', scan('10.0.0.2', 0));
      await store.insert('network', scan('10.0.0.1', 5000).toReversed());
      beside = await findingsOf();
    });
    const scansIn = ({ findings }: { readonly findings: readonly Finding[] }) =>
      findings.filter(({ detector }) => detector === 'scan');

    it('are run when a table they read has events', () => {
      expect(alone.ran).toEqual(
        detectors.filter((detector) => tablesOf(detector).includes('network')).map(({ id }) => id),
      );
    });

    it('give findings with organisation, events and the digest of their SQL, in order of time', () => {
      expect(scansIn(beside).map(({ host, organisation }) => [host, organisation])).toEqual([
        ['10.0.0.2', 'Ours'],
        ['10.0.0.1', 'Ours'],
      ]);
      for (const { events, sql_sha256, id, host } of scansIn(beside)) {
        expect(events.length).toBe(100);
        expect(events[0]).toBe(`e-${host}:1`);
        expect(sql_sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(id).toMatch(/^f-[0-9a-f]{16}$/);
      }
      const times = beside.findings.map(({ first_seen }) => first_seen);
      expect(times).toEqual(times.toSorted());
    });

    it('give the same finding whatever else there is, and however the events were stored', () => {
      expect(scansIn(beside)[1]).toEqual(scansIn(alone)[0]);
    });
  });
});
