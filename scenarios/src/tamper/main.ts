// `npm run fuzz -- [--count N] [--seed S] [--out DIR]`: random mutants of a small publication, made for this run. Prints what
// became of them, and writes each that should not be as it is to DIR. Ends with 1 when there is one, with 3 when one hangs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../../packages/tocsin/src/ground/clock.ts';
import { type Fault, fuzz, outcomeLines } from './fuzz.ts';
import { publishSmall } from './published.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});

/** Ends the run when one mutant takes this long: nothing in this thread could notice it. */
const stuckSeconds = 60;
/** The mutant in work, for the thread that watches. */
const progress = new Int32Array(new SharedArrayBuffer(4));
const watcher = new Worker(
  `const { workerData } = require('node:worker_threads');
   let last = -1, since = 0;
   setInterval(() => {
     const now = Atomics.load(workerData.progress, 0);
     since = now === last ? since + 1 : 0;
     last = now;
     if (since < workerData.stuckSeconds) return;
     require('node:fs').writeSync(2, 'mutant ' + now + ' of seed ' + workerData.seed + ' hangs\\n');
     process.kill(process.pid, 'SIGKILL');
   }, 1000);`,
  { eval: true, workerData: { progress, stuckSeconds, seed: values.seed } },
);
watcher.unref();

const folder = mkdtempSync(join(tmpdir(), 'tocsin-fuzz-'));
function report({ index, kind, mutant: { bytes, what }, detail }: Fault): void {
  console.log(`mutant ${index}: ${kind}: ${what}: ${detail}`);
  if (values.out === undefined) return;
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, `mutant-${values.seed}-${index}.zip`), bytes);
}

const count = Number(values.count);
const base = await publishSmall(join(folder, 'base'));
const other = await publishSmall(join(folder, 'other'));
const startedMs = systemClock.nowMs();
const outcome = await fuzz({
  ...{ base, other, count, seed: values.seed, clock: systemClock, onFault: report },
  onMutant: (index) => {
    Atomics.store(progress, 0, index);
    if (index > 0 && index % 10_000 === 0) console.log(`${index} …`);
  },
});
console.log(outcomeLines(outcome).join('\n'));
console.log(`seconds: ${Math.round((systemClock.nowMs() - startedMs) / 1000)}`);
rmSync(folder, { recursive: true, force: true });
await watcher.terminate();
process.exitCode = outcome.crashes + outcome.slow + outcome.falseVerified === 0 ? 0 : 1;
