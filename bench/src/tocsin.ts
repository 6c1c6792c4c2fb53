// Tocsin's own path: evidence received and hashed, recognised, loaded and accounted for; then all detectors. And the
// same engine reading the same file by its own reader, as the ceiling of what the path can reach.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { detect } from '../../packages/tocsin/src/detect/run.ts';
import { receive } from '../../packages/tocsin/src/evidence/intake.ts';
import { establishConstituency } from '../../packages/tocsin/src/feeds/constituency.ts';
import { loadEvidence } from '../../packages/tocsin/src/formats/load.ts';
import { loadConfig } from '../../packages/tocsin/src/ground/config.ts';
import { type EventsEngine, loadSettings } from '../../packages/tocsin/src/store/events/engine.ts';
import { openEventsStore } from '../../packages/tocsin/src/store/events/open.ts';
import { tsvColumns, tsvHeaderLines } from './flows.ts';
import { type Lap, startWatch } from './stopwatch.ts';
import type { Timing } from './timing.ts';

/** The share of the memory bound that `investigate` leaves to the engine. */
const ownMemoryBytes = 640 * 1024 * 1024;

/** Loads a conn log as `tocsin investigate` does, then runs every detector over it, each timed. */
export function tocsinRun(path: string, scratch: string): Promise<Timing> {
  return withLoaded(path, scratch, detectTimed);
}

/** Loads a conn log as `tocsin investigate` does, then does what is timed as steps. */
export function withLoaded(
  path: string,
  scratch: string,
  steps: (engine: EventsEngine) => Promise<Timing['steps']>,
): Promise<Timing> {
  return withEngine(scratch, async (engine) => {
    const config = loadConfig();
    const limits = { maxExpandedBytes: config.max_expanded_bytes, maxRatio: config.max_expansion_ratio };
    mkdirSync(join(scratch, 'blocks'), { recursive: true });
    const watch = startWatch();
    const items = await receive([path], {
      ...limits,
      scratch: join(scratch, 'archives'),
      maxDepth: config.max_archive_depth,
      maxMembers: config.max_archive_members,
    });
    const evidence = await loadEvidence(engine, items, {
      scratch: join(scratch, 'blocks'),
      blockBytes: config.block_bytes,
      maxRecordBytes: config.max_record_bytes,
      limits,
      assumedZoneMinutes: null,
      assumedYear: null,
      mapping: null,
      searchPath: '',
    });
    const load = watch();
    const rows = evidence.reduce((sum, item) => sum + item.events, 0);
    return { rows, ...load, steps: await steps(engine) };
  });
}

/** What the steps of detection took; the roll-up they stand on is the first, all together the last. */
async function detectTimed(engine: EventsEngine): Promise<Readonly<Record<string, Lap>>> {
  const constituency = await establishConstituency(engine, null);
  const steps: Record<string, Lap> = {};
  const whole = startWatch();
  let name = 'conversations';
  let part = startWatch();
  const next = (following: string) => {
    steps[name] = part();
    part = startWatch();
    name = following;
  };
  await detect(engine, { ...constituency, onDetector: next, onJudged: () => next('events behind') });
  next('');
  return { ...steps, [allDetectors]: whole() };
}

/** Name of the step that is all of detection. */
export const allDetectors = 'all detectors';

/** The engine alone: its own TSV reader into the same table, nothing hashed, escaped, checked or numbered by line. */
export async function engineLoad(path: string, scratch: string): Promise<Timing> {
  return withEngine(scratch, async (engine) => {
    const watch = startWatch();
    await engine.execute(engineInsert, { path });
    const lap = watch();
    const [row] = await engine.query('SELECT count() AS events FROM network');
    return { rows: Number(row?.['events'] ?? 0), ...lap, steps: {} };
  });
}

const structure = tsvColumns
  .map((name) => `\`${name}\` ${name === 'ts' ? 'Float64' : /_p$/.test(name) ? 'UInt16' : 'String'}`)
  .join(', ');
const number = (name: string) => `toUInt64OrNull(${name})`;
const settings = Object.entries(loadSettings)
  .filter(([name]) => !name.endsWith('_threads') && name !== 'input_format_parallel_parsing')
  .map(([name, value]) => `${name} = ${value}`)
  .join(', ');
const engineInsert = `
INSERT INTO network (evidence_id, record, sensor, time, uid, src_ip, src_port, dst_ip, dst_port, protocol, service,
  duration_s, bytes_out, bytes_in, state, history, packets_out, packets_in, wire_bytes_out, wire_bytes_in)
SELECT 'e-0123456789abcdef', rowNumberInAllBlocks(), 'conn', toDateTime64(ts, 6, 'UTC'), uid, toIPv6(\`id.orig_h\`),
  \`id.orig_p\`, toIPv6(\`id.resp_h\`), \`id.resp_p\`, proto, service, toFloat64OrNull(duration),
  ${['orig_bytes', 'resp_bytes'].map(number).join(', ')}, conn_state, history,
  ${['orig_pkts', 'resp_pkts', 'orig_ip_bytes', 'resp_ip_bytes'].map(number).join(', ')}
FROM file({path:String}, 'TSV', '${structure}')
SETTINGS ${settings}, max_insert_threads = 2, input_format_tsv_skip_first_lines = ${tsvHeaderLines}`;

/** Does work with an engine of its own, under the bounds of `investigate`. */
export async function withEngine(
  scratch: string,
  work: (engine: EventsEngine) => Promise<Timing>,
): Promise<Timing> {
  const config = loadConfig();
  const engine = await openEventsStore({
    url: null,
    directory: join(scratch, 'events'),
    memoryBytes: config.memory_bytes - ownMemoryBytes,
    threads: config.threads,
  });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
