// From findings to incidents over a store: the same incidents in whatever order the findings come, told in sentences
// whose counts are figures.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import type { Finding } from '../vocabulary/finding.ts';
import { attack, beacon, breakIn, findingOf, hour, innerScan, move, upload } from './findings.support.ts';
import { type TraceSettings, traceIncidents } from './incidents.ts';

const web = '10.0.0.1';
const desk = '10.0.0.2';
const files = '10.0.0.3';
const intruder = '192.0.2.1';
const controller = '192.0.2.2';
const drop = '192.0.2.3';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
  await store.setConstituency(['10.0.0.0/8']);
  const flows = [
    [web, intruder],
    [desk, controller],
    [files, drop],
    [web, desk],
    [desk, files],
    [drop, files],
  ].map(([src_ip, dst_ip], at) => ({
    evidence_id: 'e-1',
    record: at + 1,
    time: hour(at),
    src_ip,
    dst_ip,
    dst_port: 443,
    protocol: 'tcp',
    bytes_out: 1000 * (at + 1),
    bytes_in: 10,
  }));
  await store.insert('network', flows);
  await store.insert(
    'conversation',
    flows.map(({ src_ip, dst_ip, dst_port, protocol, bytes_out, bytes_in, time }) => ({
      src_ip,
      dst_ip,
      dst_port,
      protocol,
      src_inside: src_ip?.startsWith('10.') === true ? 1 : 0,
      dst_inside: dst_ip?.startsWith('10.') === true ? 1 : 0,
      flows: 1,
      bytes_out,
      bytes_in,
      first_seen: time.slice(0, 19).replace('T', ' '),
      last_seen: time.slice(0, 19).replace('T', ' '),
    })),
  );
});
afterAll(() => store.close());

const settings: TraceSettings = {
  organisationOf: (ip) => (ip.startsWith('10.') ? { organisation: 'Ours', sector: 'test' } : null),
  ownersOf: async (addresses) =>
    new Map(addresses.map((ip) => [ip, { country: 'NL', asn: 64_500, as_name: ip }])),
  titleOf: (detector) => `Title of ${detector}`,
};
const trace = (findings: readonly Finding[]) => traceIncidents(store.engine, findings, settings);

const story = [
  breakIn(web, intruder, { id: 'f1' }),
  move(web, desk, { id: 'f2', at: 1 }),
  beacon(desk, controller, { id: 'f3', at: 2 }),
  innerScan(desk, { id: 'f4', at: 3, weight: 'supporting' }),
  move(desk, files, { id: 'f5', at: 4 }),
  upload(files, drop, { id: 'f6', at: 5 }),
];

describe('entering by hand', () => {
  it('is dated by the first session that carried something, not by the scan that touched the port before', async () => {
    const from = '172.16.0.9';
    const target = '10.9.0.1';
    await store.insert(
      'network',
      [
        { time: hour(1), bytes_out: 100, bytes_in: 100 },
        { time: hour(3), bytes_out: 600_000, bytes_in: 20_000 },
      ].map((flow, at) => ({
        ...flow,
        evidence_id: 'e-2',
        record: at + 1,
        src_ip: from,
        dst_ip: target,
        dst_port: 445,
        protocol: 'tcp',
      })),
    );
    const [incident] = (
      await trace([
        findingOf({
          host: target,
          peer: from,
          technique: 'T1021.002',
          direction: 'inbound',
          at: 1,
          hours: 3,
        }),
        beacon(target, controller, { at: 4 }),
      ])
    ).incidents;
    expect(incident?.entry).toMatchObject({ host: target, from, time: hour(3) });
  });

  it('names the caller who came first when a finding names several', async () => {
    const host = '10.9.0.2';
    await store.insert(
      'network',
      [
        ['192.0.2.200', 1],
        ['192.0.2.100', 5],
      ].map(([src_ip, at], index) => ({
        evidence_id: 'e-3',
        record: index + 1,
        time: hour(Number(at)),
        src_ip,
        dst_ip: host,
        dst_port: 443,
        protocol: 'tcp',
        bytes_out: 900,
        bytes_in: 900,
      })),
    );
    const peers = ['192.0.2.100', '192.0.2.200'];
    const [incident] = (
      await trace([
        findingOf({ host, peer: null, peers, technique: 'T1505.003', direction: 'inbound', at: 1, hours: 5 }),
      ])
    ).incidents;
    expect(incident?.entry?.from).toBe('192.0.2.200');
  });
});

it('is named after the commands of an intruder where nothing else is seen of him', async () => {
  const { incidents } = await trace([
    findingOf({ host: 'APP-1', technique: 'T1059.004', direction: 'local', at: 1 }),
  ]);
  expect(incidents.map(({ title }) => title)).toEqual(['Commands of an intruder at APP-1']);
});

describe('an intrusion', () => {
  it('is one incident with its way in, parts, stages, edges, theft and chains', async () => {
    const { incidents, theftFlows } = await trace(story);
    expect(incidents.length).toBe(1);
    const [incident] = incidents;
    expect(incident).toMatchObject({
      organisation: 'Ours',
      sector: 'test',
      first_seen: hour(0),
      last_seen: hour(6),
      findings: ['f1', 'f2', 'f3', 'f4', 'f5', 'f6'],
      entry: { host: web, from: intruder, technique: 'T1190' },
    });
    expect(incident?.title).toBe(`Intrusion, remote control and theft of data at ${web}`);
    expect(incident?.hosts.map(({ ip, role }) => [ip, role])).toEqual([
      [web, 'entry'],
      [desk, 'pivot'],
      [files, 'foothold'],
    ]);
    expect(incident?.outside.map(({ ip, role, asn }) => [ip, role, asn])).toEqual([
      [intruder, 'hop', 64_500],
      [controller, 'controller', 64_500],
      [drop, 'drop', 64_500],
    ]);
    expect(incident?.stages.map(({ tactic }) => tactic)).toEqual([
      'initial-access',
      'discovery',
      'lateral-movement',
      'command-and-control',
      'exfiltration',
    ]);
    expect(incident?.timeline.map(({ finding }) => finding)).toEqual(incident?.findings);
    expect(incident?.edges.map(({ from, to, kind }) => `${from} ${to} ${kind}`)).toEqual([
      `${desk} ${controller} control`,
      `${files} ${drop} theft`,
      `${web} ${desk} movement`,
      `${desk} ${files} movement`,
    ]);
    // 3,000 sent and 10 answered to a connection from outside.
    expect(incident?.theft).toMatchObject({ minimum_bytes: 3000, best_bytes: 3010 });
    expect(theftFlows.every((flow) => flow.incident === incident?.id)).toBe(true);
  });

  it('is told in sentences whose counts are figures of its own', async () => {
    const [incident] = (await trace(story)).incidents;
    expect(incident?.summary.length).toBe(3);
    const counts = (incident?.summary ?? []).join(' ').match(/\{figure:([^}]+)\}/g) ?? [];
    expect(counts.length).toBe(4);
    for (const count of counts) expect(count).toContain(`incident.${incident?.id}.`);
  });

  it('has another id when it holds another finding', async () => {
    const [whole] = (await trace(story)).incidents;
    const [part] = (await trace(story.slice(0, 5))).incidents;
    expect(part?.id).not.toBe(whole?.id);
  });
});

it('nothing found is no incident', async () => {
  expect(await trace([])).toEqual({ incidents: [], theftFlows: [] });
});

it('incidents are the same in whatever order the findings come', async () => {
  const kinds = [
    ...story,
    beacon(desk, '192.0.2.9', { id: 'g1', at: 2 }),
    attack(web, '198.51.100.1', { id: 'g2', at: 2 }),
    findingOf({
      id: 'g3',
      host: web,
      peer: controller,
      technique: 'T1090',
      direction: 'inbound',
      detail: { targets: ['198.51.100.1', '198.51.100.2'], p: 0.01, signals: ['abuse'] },
    }),
    findingOf({
      id: 'g4',
      host: desk,
      peer: intruder,
      technique: 'T1090',
      direction: 'inbound',
      detail: { targets: ['198.51.100.1'], p: 0.02, signals: ['abuse'] },
    }),
    upload(desk, drop, { id: 'g5', at: 2, weight: 'supporting' }),
    breakIn(files, intruder, { id: 'g6', at: 0 }),
    move(files, web, { id: 'g7', at: 0, weight: 'background' }),
    beacon('10.0.0.9', '192.0.2.77', { id: 'g8', at: 1 }),
    findingOf({ id: 'g9', host: 'WORKSTATION', technique: 'T1003', direction: 'local', at: 1 }),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc
        .subarray(kinds)
        .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      async ([list, shuffled]) => {
        expect(await trace(shuffled)).toEqual(await trace(list));
      },
    ),
    { numRuns: 25 },
  );
});
