// Tocsin's own path: evidence received and hashed, recognised, loaded and accounted for; then all detectors.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { detect } from '../../packages/tocsin/src/detect/run.ts';
import { receive } from '../../packages/tocsin/src/evidence/intake.ts';
import { establishConstituency } from '../../packages/tocsin/src/feeds/constituency.ts';
import { loadEvidence } from '../../packages/tocsin/src/formats/load.ts';
import { loadConfig } from '../../packages/tocsin/src/ground/config.ts';
import { openEventsStore } from '../../packages/tocsin/src/store/events/open.ts';
import type { Timing } from './timing.ts';

/** The share of the memory bound that `investigate` leaves to the engine. */
const ownMemoryBytes = 640 * 1024 * 1024;

export async function tocsinRun(path: string, scratch: string, isDetecting: boolean): Promise<Timing> {
  const config = loadConfig();
  const limits = { maxExpandedBytes: config.max_expanded_bytes, maxRatio: config.max_expansion_ratio };
  const engine = await openEventsStore({
    url: null,
    directory: join(scratch, 'events'),
    memoryBytes: config.memory_bytes - ownMemoryBytes,
    threads: config.threads,
  });
  try {
    mkdirSync(join(scratch, 'blocks'), { recursive: true });
    const began = performance.now();
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
    const seconds = (performance.now() - began) / 1000;
    const rows = evidence.reduce((sum, item) => sum + item.events, 0);
    return { rows, seconds, steps: isDetecting ? await detectTimed() : {} };
  } finally {
    await engine.close();
  }

  async function detectTimed(): Promise<Record<string, number>> {
    const constituency = await establishConstituency(engine, null);
    const steps: Record<string, number> = {};
    const began = performance.now();
    let name = 'conversations';
    let since = began;
    const lap = (next: string) => {
      steps[name] = (performance.now() - since) / 1000;
      since = performance.now();
      name = next;
    };
    await detect(engine, { ...constituency, onDetector: lap });
    lap('');
    steps['all detectors'] = (performance.now() - began) / 1000;
    return steps;
  }
}
