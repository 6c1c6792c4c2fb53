// One measured piece of work in a process of its own: reads its task from the arguments, prints one line of JSON.
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duckLoad } from './duckdb.ts';
import { indicatorsRun, rulesRun } from './given.ts';
import { splitLines } from './split.ts';
import type { Timing } from './timing.ts';
import { engineLoad, tocsinRun } from './tocsin.ts';

const [work = '', path = '', ...counts] = process.argv.slice(2);
const [first = 0, second = 0] = counts.map(Number);
const scratch = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));

async function timing(): Promise<Timing> {
  switch (work) {
    case 'tocsin':
      return tocsinRun(path, scratch);
    case 'duckdb-typed':
      return duckLoad(path, scratch, 'typed');
    case 'duckdb-same':
      return duckLoad(path, scratch, 'same');
    case 'duckdb-unnumbered':
      return duckLoad(path, scratch, 'unnumbered');
    case 'duckdb-quickest':
      return duckLoad(path, scratch, 'quickest');
    case 'engine':
      return engineLoad(path, scratch);
    case 'sigma':
      return rulesRun(scratch, { rules: first, events: second });
    case 'indicators':
      return indicatorsRun(path, scratch, first);
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
