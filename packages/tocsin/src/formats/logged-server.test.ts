// The machine behind a log that does not name it: found where flows of the same clients at the same times lead to one
// machine of ours, and left open where they do not.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import { instantOfMicros } from '../vocabulary/instant.ts';
import type { EvidenceItem } from '../vocabulary/investigation.ts';
import { locateLoggedServers } from './logged-server.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
  await store.setConstituency(['10.0.0.0/8']);
});
afterAll(() => store.close());
beforeEach(() => store.clear());

interface Visit {
  readonly client: string;
  /** Seconds after the beginning. */
  readonly at: number;
}

const time = (at: number) => instantOfMicros(1_709_600_000_000_000n + BigInt(Math.round(at * 1e6)));
/** Visits of several clients, a minute and more apart. */
const visits = (clients: number, count: number, from = 0): readonly Visit[] =>
  Array.from({ length: count }, (_, at) => ({ client: `198.51.100.${at % clients}`, at: from + at * 97 }));

const requests = (seen: readonly Visit[], log = 'e-web') =>
  store.insert(
    'http',
    seen.map(({ client, at }, record) => ({
      evidence_id: log,
      record,
      time: time(at),
      src_ip: client,
      dst_ip: '::',
      uri: '/',
    })),
  );
const logins = (seen: readonly Visit[], host: string) =>
  store.insert(
    'authentication',
    seen.map(({ client, at }, record) => ({
      evidence_id: 'e-auth',
      record,
      time: time(at),
      src_ip: client,
      dst_ip: '::',
      host,
    })),
  );
const flows = (
  seen: readonly Visit[],
  server: string,
  port = 443,
  changed: Readonly<Record<string, unknown>> = {},
) =>
  store.insert(
    'network',
    seen.map(({ client, at }, record) => ({
      evidence_id: `e-${server}`,
      record,
      time: time(at - 1.5),
      src_ip: client,
      src_port: 40_000 + record,
      dst_ip: server,
      dst_port: port,
      protocol: 'tcp',
      ...changed,
    })),
  );

const item = (id: string): EvidenceItem => ({
  id,
  path: id,
  sha256: '',
  bytes: 0,
  format: 'x',
  records: 0,
  events: 0,
  rejects: 0,
  headers: 0,
  first: null,
  last: null,
  tables: {},
  rejected: [],
  assumptions: [],
  duplicate_of: null,
  container: null,
  compression: 'none',
  note: null,
});

/** The machines found, by log, as the account says and as the events hold it. */
async function located(...logs: readonly string[]) {
  const evidence = await locateLoggedServers(store.engine, logs.map(item));
  return evidence.map(({ assumptions }) => assumptions.map(({ about, value }) => `${about} ${value}`));
}
const serversIn = async (table: string) =>
  (await store.engine.query(`SELECT DISTINCT toString(dst_ip) AS ip FROM ${table} ORDER BY ip`)).map(
    (row) => row['ip'],
  );

describe('the server of an access log', () => {
  it('is the machine its clients were seen to connect to', async () => {
    await requests(visits(5, 40));
    await flows(visits(5, 40), '10.0.0.5');
    await flows(visits(5, 40, 50), '10.0.0.6', 443);
    expect(await located('e-web', 'e-other')).toEqual([['server 10.0.0.5'], []]);
    expect(await serversIn('http')).toEqual(['::ffff:10.0.0.5']);
  });

  it('is found when the sensor saw only a part', async () => {
    await requests(visits(5, 40));
    await flows(visits(5, 40).slice(0, 20), '10.0.0.5', 80);
    expect(await located('e-web')).toEqual([['server 10.0.0.5']]);
  });

  it.each<[string, () => Promise<void>]>([
    [
      'two machines fit as well',
      async () => {
        await flows(visits(5, 40), '10.0.0.5');
        await flows(visits(5, 40), '10.0.0.6');
      },
    ],
    ['hardly any request has its flow', () => flows(visits(5, 40).slice(0, 8), '10.0.0.5')],
    ['the times do not fit', () => flows(visits(5, 40, 45), '10.0.0.5')],
    ['the machine is not ours', () => flows(visits(5, 40), '203.0.113.5')],
    ['the port is of another service', () => flows(visits(5, 40), '10.0.0.5', 25)],
    [
      'the flows are sightings that do not count',
      () => flows(visits(5, 40), '10.0.0.5', 443, { is_repeat: 1 }),
    ],
    ['there are no flows', () => Promise.resolve()],
  ])('stays open when %s', async (_, seen) => {
    await requests(visits(5, 40));
    await seen();
    expect(await located('e-web')).toEqual([[]]);
    expect(await serversIn('http')).toEqual(['::']);
  });

  it('stays open when only one client came', async () => {
    await requests(visits(1, 40));
    await flows(visits(1, 40), '10.0.0.5');
    expect(await located('e-web')).toEqual([[]]);
  });

  it('is found for each log by itself', async () => {
    await requests(visits(5, 40), 'e-one');
    await requests(visits(5, 40, 30), 'e-two');
    await flows(visits(5, 40), '10.0.0.5');
    await flows(visits(5, 40, 30), '10.0.0.6', 8443);
    expect(await located('e-one', 'e-two')).toEqual([['server 10.0.0.5'], ['server 10.0.0.6']]);
  });

  it('is not guessed over what the log says itself', async () => {
    await store.insert('http', [
      { evidence_id: 'e-web', record: 1, time: time(0), src_ip: '198.51.100.1', dst_ip: '10.0.0.9' },
    ]);
    await flows(visits(5, 40), '10.0.0.5');
    expect(await located('e-web')).toEqual([[]]);
    expect(await serversIn('http')).toEqual(['::ffff:10.0.0.9']);
  });
});

describe('the machines of a login log', () => {
  it('are found by their names', async () => {
    await logins(visits(4, 30), 'gate one');
    await logins(visits(4, 30, 40), 'files');
    await flows(visits(4, 30), '10.0.0.7', 22);
    await flows(visits(4, 30, 40), '10.0.0.8', 22);
    expect((await located('e-auth'))[0]?.toSorted()).toEqual(['server 10.0.0.7', 'server 10.0.0.8']);
    const rows = await store.engine.query(
      'SELECT DISTINCT host, toString(dst_ip) AS ip FROM authentication ORDER BY host',
    );
    expect(rows).toEqual([
      { host: 'files', ip: '::ffff:10.0.0.8' },
      { host: 'gate one', ip: '::ffff:10.0.0.7' },
    ]);
  });
});
