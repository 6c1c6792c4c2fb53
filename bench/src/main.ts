// The benchmark: `npm run bench -- [--rows 1,3,10] [--runs 3] [--only tsv|json]`. Every ratio is of runs that took turns on
// the same machine; absolute seconds depend on it and are shown for orientation only.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../packages/tocsin/src/ground/config.ts';
import { exponentOf, markdownTable, median } from './figures.ts';
import { type Style, writeFlows } from './flows.ts';
import { type Measured, measure } from './measure.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1,3' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const sizes = values.rows.split(',').map((text) => Math.round(Number(text) * 1e6));
const runs = Number(values.runs);
const styles = (['tsv', 'json'] as const).filter(
  (style) => values.only === undefined || values.only === style,
);
if (sizes.some((size) => !(size > 0)) || !(runs >= 1)) {
  process.stderr.write('--rows takes millions of rows such as 1,3,10; --runs a number of runs\n');
  process.exit(1);
}

const loads = ['tocsin-detect', 'duckdb-sorted', 'duckdb-unsorted', 'node-split'] as const;
type Load = (typeof loads)[number];
const titles: Readonly<Record<Load, string>> = {
  'tocsin-detect': 'Tocsin: hashed, recognised, stored in order, every record accounted for',
  'duckdb-sorted': 'DuckDB: stored in order of time',
  'duckdb-unsorted': 'DuckDB: stored as it comes',
  'node-split': 'Node: lines and fields, nothing stored',
};

interface Result {
  readonly style: Style;
  readonly size: number;
  readonly bytes: number;
  readonly runs: Readonly<Record<Load, readonly Measured[]>>;
}

const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-data-'));
try {
  const results: Result[] = [];
  for (const style of styles) for (const size of sizes) results.push(await compete(style, size));
  process.stdout.write(`${report(results)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compete(style: Style, size: number): Promise<Result> {
  const path = join(folder, `conn.${style}`);
  say(`writing ${size.toLocaleString('en-US')} flows as ${style}`);
  writeFlows(path, size, style);
  const measured: Record<Load, Measured[]> = {
    'tocsin-detect': [],
    'duckdb-sorted': [],
    'duckdb-unsorted': [],
    'node-split': [],
  };
  // Large files take long: fewer rounds tell as much.
  const rounds = size >= 5e6 ? 1 : runs;
  for (let round = 1; round <= rounds; round += 1) {
    for (const load of loads) {
      say(`${style}, ${size.toLocaleString('en-US')} rows, round ${round}: ${load}`);
      const result = await measure(load, path);
      if (result.rows !== size) throw new Error(`${load} loaded ${result.rows} of ${size} rows`);
      measured[load].push(result);
    }
  }
  const bytes = statSync(path).size;
  rmSync(path);
  return { style, size, bytes, runs: measured };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Median over the rounds of the ratio within each round. */
function ratio(
  result: Result,
  of: (run: Measured) => number,
  to: Load,
  measure: (run: Measured) => number,
): number {
  const mine = result.runs['tocsin-detect'];
  return median(mine.map((run, at) => measure(result.runs[to][at] ?? run) / of(run)));
}

function report(results: readonly Result[]): string {
  const loadS = (run: Measured) => run.seconds;
  const detectS = (run: Measured) => run.steps['all detectors'] ?? Number.NaN;
  const bound = loadConfig().memory_bytes;
  const head = ['', ...results.map(({ style, size }) => `${style} ${size / 1e6} M`)];
  const row = (title: string, cell: (result: Result) => string) => [title, ...results.map(cell)];
  const own = (of: (run: Measured) => number) => (result: Result) =>
    median(result.runs['tocsin-detect'].map(of));
  const seconds = (load: Load) => (result: Result) => `${median(result.runs[load].map(loadS)).toFixed(2)} s`;
  const table = markdownTable(head, [
    row('load against DuckDB in order (times as fast)', (result) =>
      ratio(result, loadS, 'duckdb-sorted', loadS).toFixed(2),
    ),
    row('load against DuckDB as it comes', (result) =>
      ratio(result, loadS, 'duckdb-unsorted', loadS).toFixed(2),
    ),
    row('load against Node line splitting', (result) => ratio(result, loadS, 'node-split', loadS).toFixed(2)),
    row('all detectors against load (share of its time)', (result) =>
      own((run) => detectS(run) / loadS(run))(result).toFixed(2),
    ),
    row('peak memory against its bound', (result) =>
      (Math.max(...result.runs['tocsin-detect'].map((run) => run.peakBytes)) / bound).toFixed(2),
    ),
    ...loads.map((load) => row(titles[load], seconds(load))),
    row('all detectors', (result) => `${own(detectS)(result).toFixed(2)} s`),
    row(
      'peak memory, Tocsin with its engine',
      (result) =>
        `${(Math.max(...result.runs['tocsin-detect'].map((run) => run.peakBytes)) / 1e6).toFixed(0)} MB`,
    ),
    row('size of the file', (result) => `${(result.bytes / 1e6).toFixed(0)} MB`),
  ]);
  const steps = [
    ...new Set(results.flatMap((result) => Object.keys(result.runs['tocsin-detect'][0]?.steps ?? {}))),
  ];
  const detectors = markdownTable(
    ['seconds of each detector', ...head.slice(1)],
    steps.map((step) =>
      row(step, (result) => own((run) => run.steps[step] ?? Number.NaN)(result).toFixed(2)),
    ),
  );
  const growth = styles.map((style) => {
    const own = results.filter((result) => result.style === style);
    const points = (of: (run: Measured) => number) =>
      own.map((result) => ({ rows: result.size, seconds: median(result.runs['tocsin-detect'].map(of)) }));
    return `Growth exponent, ${style}: load ${exponentOf(points(loadS)).toFixed(2)}, detectors ${exponentOf(points(detectS)).toFixed(2)}.`;
  });
  return [
    '',
    `${cpus().length} cores, Node ${process.version}; ratios are medians of ${runs} rounds in which all took turns (1 round from 5 M rows).`,
    '',
    table,
    '',
    detectors,
    '',
    ...(sizes.length > 1 ? growth : ['One size: no growth exponent.']),
  ].join('\n');
}
