// `tocsin investigate`: evidence in, report out.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { detectors } from '../detect/registry.generated.ts';
import { detect } from '../detect/run.ts';
import { type ReceivedItem, receive } from '../evidence/intake.ts';
import { establishConstituency } from '../feeds/constituency.ts';
import { ownersOf } from '../feeds/networks.ts';
import { readConstituency, readNetworks } from '../feeds/prefix-file.ts';
import { loadEvidence } from '../formats/load.ts';
import { locateLoggedServers } from '../formats/logged-server.ts';
import { parseMapping } from '../formats/mapping.ts';
import { markRepeatedSightings } from '../formats/sightings.ts';
import { settleZones } from '../formats/zones.ts';
import type { Clock } from '../ground/clock.ts';
import type { Config } from '../ground/config.ts';
import { TocsinError } from '../ground/errors.ts';
import type { Log } from '../ground/log.ts';
import { publish } from '../publish/publish.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { openEventsStore } from '../store/events/open.ts';
import { traceIncidents } from '../trace/incidents.ts';
import { eventTables } from '../vocabulary/dictionary.ts';
import type { EvidenceItem, Investigation } from '../vocabulary/investigation.ts';
import { type DataLock, lockData } from './data-lock.ts';
import { openGiven } from './given.ts';
import type { Progress } from './progress.ts';

export interface InvestigateRequest {
  readonly paths: readonly string[];
  readonly out: string;
  readonly constituency: string | null;
  readonly networks: string | null;
  /** Directory that keeps the events (and the raw evidence) afterwards; null: nothing is kept. */
  readonly data: string | null;
  readonly keepRaw: boolean;
  readonly mapping: string | null;
  /** Folder of Sigma rules to evaluate, and lists of indicators to look for. */
  readonly sigma?: string | null;
  readonly indicators?: string | null;
}

export interface Surroundings {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  /** Called with what must be ended when the user interrupts. */
  readonly onInterrupt: (end: () => void) => void;
}

export interface Outcome {
  readonly investigation: Investigation;
  /** What became of the rules and lists that were given, a line each. */
  readonly notes: readonly string[];
  readonly report: string;
  /** Null where the report could not be set on paper. */
  readonly pdf: string | null;
  readonly bundle: string;
}

/** The parent's own share of the memory bound, bytes: text in flight, rows of findings, the report. */
const ownMemoryBytes = 640 * 1024 * 1024;

/** @throws TocsinError as the registry says */
export async function investigate(request: InvestigateRequest, around: Surroundings): Promise<Outcome> {
  const { config } = around;
  const constituencyFile = request.constituency === null ? null : readConstituency(request.constituency);
  const networks = request.networks === null ? [] : readNetworks(request.networks);
  const mapping = request.mapping === null ? null : readMapping(request.mapping);
  const given = openGiven(request);
  const lock: DataLock | null = request.data === null ? null : lockData(request.data);
  const work = mkdtempSync(join(resolve(config.scratch_dir), 'tocsin-'));
  let engine: EventsEngine | null = null;
  const tidy = () => {
    rmSync(work, { recursive: true, force: true });
    lock?.release();
  };
  around.onInterrupt(() => {
    void engine?.close();
    tidy();
  });
  try {
    const began = around.clock.nowMs();
    const items = await receiveAll(request, { work, around });
    engine = await openEventsStore({
      url: config.events_url ?? null,
      directory: request.data === null ? join(work, 'events') : freshEvents(request.data),
      memoryBytes: Math.max(512 * 1024 * 1024, config.memory_bytes - ownMemoryBytes),
      threads: config.threads,
    });
    if (config.events_url !== undefined) await clearEvents(engine);
    await given.establish(engine, work);
    const received = await load(engine, items, { work, mapping, around });
    if (received.every((item) => item.events === 0)) {
      around.log.write('warn', 'nothing-understood', { items: received.length });
    }
    around.progress.stage('comparing sensors');
    const sightings = await markRepeatedSightings(engine);
    const constituency = await establishConstituency(engine, constituencyFile);
    const evidence = await locateLoggedServers(engine, await settleZones(engine, received));
    const texts = [...detectors, ...given.detections.map(({ text }) => text)];
    const findings = await detect(engine, {
      isInside: constituency.isInside,
      organisationOf: constituency.organisationOf,
      onDetector: (id) => around.progress.stage(`looking for ${titleOf(id, texts).toLowerCase()}`),
      given: given.detections,
    });
    around.progress.stage('joining incidents');
    const open = engine;
    const traced = await traceIncidents(engine, findings, {
      organisationOf: constituency.organisationOf,
      ownersOf: (addresses) => ownersOf(open, addresses, { given: networks, scratch: work }),
      titleOf: (id) => titleOf(id, texts),
    });
    around.progress.stage('computing figures and writing the report');
    const published = await publish(engine, {
      investigation: {
        schema: 'urn:tocsin:investigation:1',
        evidence,
        constituency: constituency.summary,
        sightings,
        findings,
        incidents: traced.incidents,
        limits: [...limitsOf(evidence, constituency.summary.source), ...given.limits()],
      },
      theftFlows: traced.theftFlows,
      detectors: texts,
      out: request.out,
      scratch: work,
    });
    const notes = given.write(request.out);
    writeRun(request, { items, began, ended: around.clock.nowMs() });
    return { ...published, notes };
  } finally {
    await engine?.close();
    tidy();
  }
}

function titleOf(
  detector: string,
  texts: readonly { readonly id: string; readonly title: string }[],
): string {
  return texts.find((candidate) => candidate.id === detector)?.title ?? detector;
}

/** The text of a mapping file that was found in order. */
function readMapping(path: string): string {
  const text = readText(path);
  parseMapping(text, path);
  return text;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
}

/** A server's database holds one investigation, as a data directory does: what another left there would mix with it. */
async function clearEvents(engine: EventsEngine): Promise<void> {
  for (const { name } of eventTables) await engine.execute(`TRUNCATE TABLE ${name}`);
  await engine.execute('TRUNCATE TABLE reject');
}

/** The events of an investigation are a view of its evidence: a new investigation begins with none. */
function freshEvents(data: string): string {
  const directory = join(data, 'events');
  rmSync(directory, { recursive: true, force: true });
  return directory;
}

async function receiveAll(
  request: InvestigateRequest,
  { work, around }: { readonly work: string; readonly around: Surroundings },
): Promise<readonly ReceivedItem[]> {
  const { config, progress } = around;
  const items = await receive(request.paths, {
    scratch: join(work, 'archives'),
    maxDepth: config.max_archive_depth,
    maxMembers: config.max_archive_members,
    maxRatio: config.max_expansion_ratio,
    maxExpandedBytes: config.max_expanded_bytes,
    onItem: (path, bytes) => progress.item(`received ${path}`, bytes, 'bytes'),
  });
  if (request.keepRaw && request.data !== null) keepRaw(items, request.data);
  return items;
}

/** The evidence as received, by its digest, read-only. */
function keepRaw(items: readonly ReceivedItem[], data: string): void {
  const raw = join(data, 'raw');
  mkdirSync(raw, { recursive: true });
  for (const item of items) {
    const target = join(raw, item.sha256);
    if (item.kind === 'unreadable' || item.container !== null || existsSync(target)) continue;
    copyFileSync(item.file, target);
    chmodSync(target, 0o444);
  }
}

async function load(
  engine: EventsEngine,
  items: readonly ReceivedItem[],
  {
    work,
    mapping,
    around,
  }: { readonly work: string; readonly mapping: string | null; readonly around: Surroundings },
): Promise<readonly EvidenceItem[]> {
  const { config, progress } = around;
  return loadEvidence(engine, items, {
    scratch: join(work, 'blocks'),
    blockBytes: config.block_bytes,
    maxRecordBytes: config.max_record_bytes,
    limits: { maxExpandedBytes: config.max_expanded_bytes, maxRatio: config.max_expansion_ratio },
    assumedZoneMinutes:
      config.origins.assumed_zone_minutes === 'default' ? null : config.assumed_zone_minutes,
    assumedYear: config.assumed_year ?? null,
    mapping,
    searchPath: config.program_path,
    onItem: (path, records, isDone) => {
      if (isDone) progress.item(`read ${path}`, records, 'records');
    },
  });
}

/** What a reader must know was not, or could not be, looked at. */
function limitsOf(
  evidence: readonly EvidenceItem[],
  source: Investigation['constituency']['source'],
): readonly string[] {
  const seen = new Set(evidence.flatMap((item) => Object.keys(item.tables)));
  const missing: readonly (readonly [table: string, text: string])[] = [
    ['network', 'No flow records were given: volumes, scans, beacons and theft cannot be seen.'],
    ['http', 'No web requests were given: exploitation of web servers and web shells cannot be seen.'],
    ['dns', 'No name look-ups were given: an address cannot be told from a name that leads to it.'],
    ['tls', 'No TLS handshakes were given: certificates and server names cannot be compared.'],
    [
      'authentication',
      'No logins were given: guessed and stolen passwords show only in the shape of the traffic.',
    ],
    ['process', 'No program starts were given: what ran on the machines is not known.'],
  ];
  return [
    ...(source === 'assumed'
      ? ['No constituency was given: private addresses are taken as ours and all others as outside.']
      : []),
    ...missing.filter(([table]) => !seen.has(table)).map(([, text]) => text),
    ...(evidence.some((item) => item.format === 'unknown' || item.format === 'unreadable')
      ? [
          'Some files were not understood or could not be read; they are listed and nothing in them was taken into account.',
        ]
      : []),
    'What is not in the evidence cannot be seen; outside addresses are the last visible hop and may themselves be hijacked.',
  ];
}

/** What depends on the run and not on the evidence stands apart: run.json, and the custody record of every item. */
function writeRun(
  request: InvestigateRequest,
  {
    items,
    began,
    ended,
  }: { readonly items: readonly ReceivedItem[]; readonly began: number; readonly ended: number },
): void {
  const iso = (ms: number) => new Date(ms).toISOString();
  const custody = items.map((item) => ({
    evidence_id: item.id,
    path: item.path,
    sha256: item.sha256,
    bytes: item.bytes,
    received_at: iso(began),
    act: 'received',
    kept_raw:
      request.keepRaw && request.data !== null && item.container === null && item.kind !== 'unreadable',
    container: item.container,
  }));
  const lines = `${custody.map((entry) => JSON.stringify(entry)).join('\n')}\n`;
  writeFileSync(join(request.out, 'custody.ndjson'), lines);
  if (request.data !== null) writeFileSync(join(request.data, 'custody.ndjson'), lines, { flag: 'a' });
  const run = {
    began_at: iso(began),
    ended_at: iso(ended),
    duration_s: (ended - began) / 1000,
    node: process.version,
  };
  writeFileSync(join(request.out, 'run.json'), `${JSON.stringify(run, null, 1)}\n`);
}
