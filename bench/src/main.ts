// The benchmark: `npm run bench -- [--rows 1,3,10] [--runs 3] [--only tsv|json|sigma|indicators]`. Every ratio is of runs that took turns on
// the same machine; absolute seconds depend on it and are shown for orientation only.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../packages/tocsin/src/ground/config.ts';
import { type Style, writeFlows } from './flows.ts';
import { indicatorsReport, rulesReport } from './given-report.ts';
import { type Measured, measure } from './measure.ts';
import { type Load, loads, type Result, report } from './report.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1,3' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const sizes = values.rows.split(',').map((text) => Math.round(Number(text) * 1e6));
const runs = Number(values.runs);
const isWanted = (part: string) => values.only === undefined || values.only === part;
const styles = (['tsv', 'json'] as const).filter(isWanted);
/** What the goals for rules and indicators are stated for. */
const [rules, programStarts, indicators, flowsOfIndicators] = [1000, 1_000_000, 1_000_000, 3_000_000];
if (sizes.some((size) => !(size > 0)) || !(runs >= 1)) {
  process.stderr.write('--rows takes millions of rows such as 1,3,10; --runs a number of runs\n');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-data-'));
try {
  const results: Result[] = [];
  for (const style of styles) for (const size of sizes) results.push(await compete(style, size));
  say(
    `${cpus().length} cores, Node ${process.version}; medians of ${runs} rounds in which all took turns (1 round from 5 M rows)`,
  );
  if (results.length > 0) process.stdout.write(`\n${report(results, loadConfig().memory_bytes)}\n`);
  if (isWanted('sigma')) process.stdout.write(`\n${rulesReport(await askRules(), rules)}\n`);
  if (isWanted('indicators')) process.stdout.write(`\n${indicatorsReport(await matchList())}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compete(style: Style, size: number): Promise<Result> {
  const path = join(folder, `conn.${style}`);
  say(`writing ${size.toLocaleString('en-US')} flows as ${style}`);
  writeFlows(path, size, style);
  const measured: Partial<Record<Load, Measured[]>> = {};
  // Large files take long: fewer rounds tell as much.
  const rounds = size >= 5e6 ? 1 : runs;
  for (let round = 1; round <= rounds; round += 1) {
    for (const load of loads) {
      if (load === 'engine' && style === 'json') continue;
      say(`${style}, ${size.toLocaleString('en-US')} rows, round ${round}: ${load}`);
      const result = await measure(load, path);
      if (result.rows !== size) throw new Error(`${load} loaded ${result.rows} of ${size} rows`);
      measured[load] = [...(measured[load] ?? []), result];
    }
  }
  const bytes = statSync(path).size;
  rmSync(path);
  return { style, size, bytes, runs: measured };
}

async function askRules(): Promise<readonly Measured[]> {
  return inRounds(`${rules} Sigma rules over ${programStarts.toLocaleString('en-US')} program starts`, () =>
    measure('sigma', '', [rules, programStarts]),
  );
}

async function matchList(): Promise<readonly Measured[]> {
  const path = join(folder, 'conn.tsv');
  writeFlows(path, flowsOfIndicators, 'tsv');
  return inRounds(
    `${indicators.toLocaleString('en-US')} indicators over ${flowsOfIndicators.toLocaleString('en-US')} flows`,
    () => measure('indicators', path, [indicators]),
  );
}

async function inRounds(what: string, run: () => Promise<Measured>): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (let round = 1; round <= runs; round += 1) {
    say(`${what}, round ${round}`);
    measured.push(await run());
  }
  return measured;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
