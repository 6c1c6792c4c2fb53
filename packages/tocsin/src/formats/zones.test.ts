// The zone of a log that names none: found where flows of its clients stand at the same times under one zone and no
// other, and left as it was read where they do not.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import { instantOfMicros } from '../vocabulary/instant.ts';
import type { EvidenceItem } from '../vocabulary/investigation.ts';
import { zoneAssumed, zonePartlyAssumed } from './assumed-zone.ts';
import { settleZones } from './zones.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
  await store.setConstituency(['10.0.0.0/8']);
});
afterAll(() => store.close());
beforeEach(() => store.clear());

const time = (s: number) => instantOfMicros(1_709_600_000_000_000n + BigInt(Math.round(s * 1e6)));

interface Act {
  readonly client: string;
  /** Seconds after the beginning, UTC. */
  readonly at: number;
}

/** Logins of three clients at times of day that no zone maps onto each other. */
const logins: readonly Act[] = Array.from({ length: 24 }, (_, at) => ({
  client: `198.51.100.${at % 3}`,
  at: at * 4021 + (at % 7) * 613,
}));
/** A monitor that logs in every ten minutes fits every zone. */
const monitor: readonly Act[] = Array.from({ length: 200 }, (_, at) => ({
  client: '10.0.0.99',
  at: at * 600,
}));

const logged = (acts: readonly Act[], aheadMinutes: number, log = 'e-auth') =>
  store.insert(
    'authentication',
    acts.map(({ client, at }, record) => ({
      evidence_id: log,
      record,
      time: time(at + aheadMinutes * 60),
      src_ip: client,
      dst_ip: '::',
      host: 'box',
    })),
  );
const flows = (acts: readonly Act[]) =>
  store.insert(
    'network',
    acts.map(({ client, at }, record) => ({
      evidence_id: 'e-conn',
      record,
      time: time(at - 1.5),
      src_ip: client,
      src_port: 40_000 + record,
      dst_ip: '10.0.0.5',
      dst_port: 22,
      protocol: 'tcp',
      duration_s: 20,
    })),
  );
const item = (id: string, assumptions: EvidenceItem['assumptions']): EvidenceItem => ({
  id,
  path: id,
  sha256: '',
  bytes: 0,
  format: 'syslog',
  records: 0,
  events: 0,
  rejects: 0,
  headers: 0,
  first: time(0),
  last: time(1000),
  tables: {},
  rejected: [],
  assumptions,
  duplicate_of: null,
  container: null,
  compression: 'none',
  note: null,
});

const timesOf = async (log = 'e-auth') => {
  const rows = await store.engine.query(
    'SELECT record, toString(time) AS at FROM authentication WHERE evidence_id = {log:String} ORDER BY record',
    { log },
  );
  return rows.map((row) => `${String(row['at']).replace(' ', 'T')}Z`);
};
const year = { about: 'year', value: '2024', text: 'x' };

describe('the zone of a log', () => {
  it.each([
    ['ahead of UTC', 480, '+08:00'],
    ['behind UTC', -210, '-03:30'],
    ['at a quarter of an hour', 345, '+05:45'],
  ])('%s is found, and its times set right', async (_, ahead, value) => {
    await flows(logins);
    await logged(logins, ahead);
    const [settled] = await settleZones(store.engine, [item('e-auth', [year, zoneAssumed])]);
    expect(settled?.assumptions).toEqual([year, expect.objectContaining({ about: 'zone', value })]);
    expect(settled?.first).toBe(time(-ahead * 60));
    expect(await timesOf()).toEqual(logins.map(({ at }) => time(at)));
  });

  it('is found although a monitor fits every zone', async () => {
    await flows([...logins, ...monitor]);
    await logged([...logins, ...monitor], 480);
    const [settled] = await settleZones(store.engine, [item('e-auth', [zoneAssumed])]);
    expect(settled?.assumptions[0]?.value).toBe('+08:00');
  });

  it('that is UTC is said to be seen so, and nothing moves', async () => {
    await flows(logins);
    await logged(logins, 0);
    const [settled] = await settleZones(store.engine, [item('e-auth', [zoneAssumed])]);
    expect(settled?.assumptions[0]).toMatchObject({ value: '+00:00' });
    expect(settled?.assumptions[0]?.text).not.toBe(zoneAssumed.text);
    expect(await timesOf()).toEqual(logins.map(({ at }) => time(at)));
  });

  it('moves no other log', async () => {
    await flows(logins);
    await logged(logins, 480);
    await logged(logins, 480, 'e-other');
    await settleZones(store.engine, [item('e-auth', [zoneAssumed]), item('e-other', [])]);
    expect(await timesOf('e-other')).toEqual(logins.map(({ at }) => time(at + 480 * 60)));
  });

  it.each([
    ['no flows tell it', [], logins, [zoneAssumed]],
    ['only a monitor comes', monitor, monitor, [zoneAssumed]],
    ['one client is all there is', logins, logins.filter((_, at) => at % 3 === 0), [zoneAssumed]],
    ['some of its times name theirs', logins, logins, [zonePartlyAssumed]],
    ['the user set it', logins, logins, []],
  ])('stays as it was read when %s', async (_, seen, acts, assumptions) => {
    if (seen.length > 0) await flows(seen);
    await logged(acts, 480);
    const given = [item('e-auth', assumptions)];
    expect(await settleZones(store.engine, given)).toEqual(given);
    expect(await timesOf()).toEqual(acts.map(({ at }) => time(at + 480 * 60)));
  });
});
