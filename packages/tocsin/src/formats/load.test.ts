// From files to the account: every record is an event, a reject or a header line, under its own number; the same
// content counts once; and both engines give the same.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { receive } from '../evidence/intake.ts';
import { zipOf, zstdOf } from '../evidence/packed.support.ts';
import { startServer, type TestServer } from '../store/events/clickhouse-server.support.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { openEventsStore } from '../store/events/open.ts';
import {
  openTemporaryStore,
  type TemporaryStore,
  testSettings,
} from '../store/events/temporary-store.support.ts';
import type { EvidenceItem } from '../vocabulary/investigation.ts';
import { loadEvidence } from './load.ts';
import { fileOf, type Line, maxRecordBytes, zeekLog } from './zeek-lines.support.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

interface Options {
  readonly engine?: EventsEngine;
  readonly blockBytes?: number;
  readonly maxExpandedBytes?: number;
}

/** Loads files by name into the store and gives their account. */
async function load(
  files: Readonly<Record<string, string | Buffer>>,
  { engine = store.engine, blockBytes = 1_000_000, maxExpandedBytes = 1e9 }: Options = {},
): Promise<readonly EvidenceItem[]> {
  const folder = mkdtempSync(join(store.scratch, 'evidence-'));
  for (const [name, content] of Object.entries(files))
    store.file(join(folder.slice(store.scratch.length), name), content);
  const scratch = join(store.scratch, 'load');
  mkdirSync(scratch, { recursive: true });
  const limits = { maxExpandedBytes, maxRatio: 200 };
  const items = await receive([folder], { scratch, maxDepth: 3, maxMembers: 100, ...limits });
  return loadEvidence(engine, items, {
    scratch,
    blockBytes,
    maxRecordBytes,
    limits,
    assumedZoneMinutes: null,
    assumedYear: null,
    mapping: null,
    searchPath: '',
  });
}

const numbersOf = (lines: readonly Line[], kind: string) =>
  lines.flatMap((line, at) => (line.verdict.kind === kind ? [at + 1] : []));

/** What must be in the store after a log was read. */
const expectedRows = (lines: readonly Line[]) => ({
  events: lines.flatMap(({ verdict }, at) =>
    verdict.kind === 'event' ? [{ record: at + 1, src_port: verdict.srcPort, time: verdict.time }] : [],
  ),
  rejects: lines.flatMap(({ verdict }, at) =>
    verdict.kind === 'reject' ? [{ record: at + 1, code: verdict.code }] : [],
  ),
});

async function storedRows(engine: EventsEngine, evidence = ''): Promise<unknown> {
  const where = "WHERE {evidence:String} = '' OR evidence_id = {evidence:String}";
  return {
    events: await engine.query(`SELECT record, src_port, time FROM network ${where} ORDER BY record`, {
      evidence,
    }),
    rejects: await engine.query(`SELECT record, code FROM reject ${where} ORDER BY record`, { evidence }),
  };
}

const line = (at: number) => `${1_600_000_000 + at}.000000\tC${at}\t10.0.0.1\t${at}\t192.0.2.1\t443\ttcp`;
const log = (count: number) =>
  `#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n${Array.from({ length: count }, (_, at) => `${line(at)}\n`).join('')}`;

describe('a log of good and bad lines', () => {
  it('is accounted for line by line, whatever the blocks it is read in', async () => {
    await fc.assert(
      fc.asyncProperty(
        zeekLog,
        fc.boolean(),
        fc.integer({ min: 700, max: 6000 }),
        async (lines, isEnded, blockBytes) => {
          await store.clear();
          // A last line that is blank and not ended is no line.
          const content = fileOf(lines, isEnded || lines.at(-1)?.bytes.length === 0);
          const [item] = await load({ 'conn.log': content }, { blockBytes });
          const counts = ['event', 'reject', 'header'].map((kind) => numbersOf(lines, kind).length);
          expect([item?.events, item?.rejects, item?.headers, item?.records]).toEqual([
            ...counts,
            lines.length,
          ]);
          expect(await storedRows(store.engine)).toEqual(expectedRows(lines));
          const rejected = item?.rejected.reduce((sum, entry) => sum + entry.count, 0);
          expect(rejected).toBe(counts[1]);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('gives the first and last time of its events', async () => {
    const [item] = await load({ 'conn.log': log(3) });
    expect([item?.first, item?.last]).toEqual(['2020-09-13T12:26:40.000000Z', '2020-09-13T12:26:42.000000Z']);
    expect(item?.tables).toEqual({ network: 3 });
  });
});

describe('the same content', () => {
  const counted = (items: readonly EvidenceItem[]) =>
    items.map(({ path, format, events, duplicate_of }) => [path, format, events, duplicate_of === null]);
  const events = async () => (await store.engine.query('SELECT count() AS n FROM network'))[0]?.['n'];

  it('under two names counts once', async () => {
    const items = await load({ 'a/conn.log': log(5), 'b/conn.log': log(5), 'c/conn.log': log(4) });
    expect(counted(items)).toEqual([
      ['a/conn.log', 'zeek-tsv', 5, true],
      ['b/conn.log', 'duplicate', 0, false],
      ['c/conn.log', 'zeek-tsv', 4, true],
    ]);
    expect(items[1]?.duplicate_of).toBe(items[0]?.id);
    expect(await events()).toBe(9);
  });

  it.each<[string, Record<string, string | Buffer>]>([
    ['plain first', { 'a.log': log(5), 'b.log.gz': gzipSync(log(5)) }],
    ['compressed first', { 'a.log.gz': gzipSync(log(5)), 'b.log': log(5) }],
    ['compressed in two ways', { 'a.log.gz': gzipSync(log(5)), 'b.log.zst': zstdOf(log(5)) }],
    ['compressed twice alike', { 'a.log.gz': gzipSync(log(5)), 'b.log.gz': gzipSync(log(5), { level: 1 }) }],
    ['in an archive', { 'a.log': log(5), 'b.zip': zipOf([{ name: 'x', content: log(5) }]) }],
    [
      'in an archive, compressed again',
      { 'a.zip': zipOf([{ name: 'x', content: gzipSync(log(5)) }]), 'b.log': log(5) },
    ],
  ])('compressed and not counts once: %s', async (_, files) => {
    const items = (await load(files)).filter((item) => item.format !== 'archive');
    expect(items.map((item) => item.events)).toEqual([5, 0]);
    expect(items[1]).toMatchObject({ format: 'duplicate', duplicate_of: items[0]?.id, records: 0 });
    expect(await events()).toBe(5);
  });

  it('of which one copy breaks off is told apart', async () => {
    const whole = gzipSync(log(2000));
    const items = await load({ 'a.log': log(2000), 'b.log.gz': whole.subarray(0, whole.length - 3000) });
    expect(items.map((item) => item.duplicate_of)).toEqual([null, null]);
    expect(items[1]?.rejected).toContainEqual(expect.objectContaining({ code: 'damaged-archive', count: 1 }));
    expect(items[1]?.records).toBe(
      (items[1]?.events ?? 0) + (items[1]?.rejects ?? 0) + (items[1]?.headers ?? 0),
    );
  });
});

describe('what cannot be read', () => {
  it.each<[string, string | Buffer, string, RegExp]>([
    ['an empty file', '', 'empty', /^the file is empty$/],
    ['text of no format', 'just some words\n', 'unknown', /no format recognises/],
    ['any bytes', Buffer.from([0, 255, 1, 254, 7]), 'unknown', /no format recognises/],
    ['gzip that is hardly begun', gzipSync(log(9)).subarray(0, 12), 'empty', /damaged/],
    ['gzip of an empty file', gzipSync(''), 'empty', /unpacks to is empty/],
    ['a broken archive', zipOf([{ name: 'a', content: 'x' }]).subarray(0, 40), 'unreadable', /damaged/],
  ])('is named: %s', async (_, content, format, note) => {
    const [item, other] = await load({ 'a.log': content, 'z.log': log(1) });
    expect(item).toMatchObject({ format, records: 0, events: 0 });
    expect(item?.note).toMatch(note);
    expect(other?.events).toBe(1);
  });

  it('stops at the limit and says so, with what came before kept', async () => {
    const [item] = await load(
      { 'conn.log.gz': gzipSync(log(50_000)) },
      { maxExpandedBytes: 1_500_000, blockBytes: 100_000 },
    );
    expect(item?.rejected).toContainEqual(expect.objectContaining({ code: 'expansion-limit', count: 1 }));
    expect(item?.events).toBeGreaterThan(10_000);
    expect(item?.events).toBeLessThan(50_000);
    expect(item?.records).toBe((item?.events ?? 0) + (item?.rejects ?? 0) + (item?.headers ?? 0));
  });
});

describe('a ClickHouse server', () => {
  let server: TestServer;
  let engine: EventsEngine;
  beforeAll(async () => {
    server = await startServer(mkdtempSync(join(store.scratch, 'server-')));
    engine = await openEventsStore({ ...testSettings, url: server.url, directory: '' });
  });
  afterAll(async () => {
    await engine.close();
    await server.end();
  });

  it('gives the same account and holds the same rows', async () => {
    const [lines = []] = fc.sample(zeekLog, { seed: 7, numRuns: 1 });
    const files = {
      'conn.log': fileOf(lines, true),
      'conn.json':
        '{"_path":"http","ts":1600000000.5,"id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"192.0.2.1","id.resp_p":80,"method":"GET","uri":"/é"}\n{"_path":"dns","ts":"x"}\nnonsense\n',
      'z-again.log.gz': gzipSync(fileOf(lines, true)),
    };
    const here = await load(files, { blockBytes: 20_000 });
    const there = await load(files, { blockBytes: 20_000, engine });
    expect(there).toEqual(here);
    const evidence = here.find((item) => item.path === 'conn.log')?.id ?? '';
    expect(await storedRows(engine, evidence)).toEqual(expectedRows(lines));
    const requests = 'SELECT event_id, time, toString(dst_ip) AS ip, uri FROM http ORDER BY event_id';
    expect(await engine.query(requests)).toEqual(await store.engine.query(requests));
  });

  it('takes any number of rejects', async () => {
    const content = `{"ts":1600000000,"id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","proto":"tcp","conn_state":"SF"}\n${'nonsense\n'.repeat(6000)}`;
    const [item] = await load({ 'conn.json': content }, { engine });
    expect(item).toMatchObject({ rejects: 6000 });
  });
});
