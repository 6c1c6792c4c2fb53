// One measured piece of work in a process of its own: reads its task from the arguments, prints one line of JSON.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duckLoad } from './duckdb.ts';
import { splitLines } from './split.ts';
import type { Timing } from './timing.ts';
import { tocsinRun } from './tocsin.ts';

const [work = '', path = ''] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));

async function timing(): Promise<Timing> {
  switch (work) {
    case 'tocsin-load':
      return tocsinRun(path, scratch, false);
    case 'tocsin-detect':
      return tocsinRun(path, scratch, true);
    case 'duckdb-sorted':
      return duckLoad(path, scratch, true);
    case 'duckdb-unsorted':
      return duckLoad(path, scratch, false);
    case 'node-split':
      return splitLines(createReadStream(path, { highWaterMark: 4 * 1024 * 1024 }), path.endsWith('.json'));
    default:
      throw new Error(`there is no contender ${work}`);
  }
}

try {
  process.stdout.write(`${JSON.stringify(await timing())}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
