// What a run of the benchmark says: tables of ratios, shares and seconds, and how the time grows. Pure.
import { exponentOf, markdownTable, median } from './figures.ts';
import type { Style } from './flows.ts';
import type { Measured } from './measure.ts';
import { allDetectors } from './tocsin.ts';

export const loads = [
  'tocsin',
  'duckdb-typed',
  'duckdb-same',
  'duckdb-unnumbered',
  'duckdb-quickest',
  'engine',
  'node-split',
] as const;
export type Load = (typeof loads)[number];
const titles: Readonly<Record<Load, string>> = {
  tocsin: 'Tocsin: hashed, recognised, in order, every record accounted for',
  'duckdb-typed': 'DuckDB: the same columns, in order of time, rejects kept',
  'duckdb-same': 'DuckDB: that with addresses as mere text',
  'duckdb-unnumbered': 'DuckDB: the flows in order of time, no record numbers, no rejects',
  'duckdb-quickest': 'DuckDB: the flows in any order',
  engine: "the engine's own reader, nothing hashed, checked or numbered by line",
  'node-split': 'Node: lines and fields, nothing stored',
};

export interface Result {
  readonly style: Style;
  readonly size: number;
  readonly bytes: number;
  readonly runs: Readonly<Partial<Record<Load, readonly Measured[]>>>;
}

type Figure = (run: Measured) => number;
const clock: Figure = (run) => run.seconds;
const processor: Figure = (run) => run.cpuSeconds;
const detecting: Figure = (run) => run.steps[allDetectors]?.seconds ?? Number.NaN;

/** Median of a figure over the rounds; NaN of a contender that did not run. */
function middle(result: Result, load: Load, figure: Figure): number {
  return median((result.runs[load] ?? []).map(figure));
}

/** How many times as quick Tocsin loads: median over the rounds of the ratio within each. */
function timesAsQuick(result: Result, rival: Load, figure: Figure): number {
  const rivals = result.runs[rival] ?? [];
  return median(
    (result.runs.tocsin ?? []).map((run, at) => {
      const other = rivals[at];
      return other === undefined ? Number.NaN : figure(other) / figure(run);
    }),
  );
}

/** The report of all results; `boundBytes` is the memory the process may take. */
export function report(results: readonly Result[], boundBytes: number): string {
  const head = ['', ...results.map(({ style, size }) => `${style} ${size / 1e6} M`)];
  const shown = (value: number, unit = '') => (Number.isNaN(value) ? '-' : `${value.toFixed(2)}${unit}`);
  const row = (title: string, cell: (result: Result) => string) => [title, ...results.map(cell)];
  const highest = (result: Result, figure: Figure) => Math.max(...(result.runs.tocsin ?? []).map(figure));
  const rivals = loads.filter((load) => load !== 'tocsin');
  const ratios = markdownTable(
    ['load: how many times as quick', ...head.slice(1)],
    [
      ...rivals.map((rival) => row(titles[rival], (result) => shown(timesAsQuick(result, rival, clock)))),
      row('processor time against the same in DuckDB', (result) =>
        shown(timesAsQuick(result, 'duckdb-typed', processor)),
      ),
    ],
  );
  const shares = markdownTable(
    ['shares', ...head.slice(1)],
    [
      row('all detectors, of the time of the load', (result) =>
        shown(median((result.runs.tocsin ?? []).map((run) => detecting(run) / clock(run)))),
      ),
      row('peak memory, of its bound', (result) =>
        shown(highest(result, (run) => run.peakBytes) / boundBytes),
      ),
      row('most ever held by each process, of the bound', (result) =>
        shown(highest(result, (run) => run.highWaterBytes) / boundBytes),
      ),
    ],
  );
  const seconds = markdownTable(
    ['seconds (processor seconds)', ...head.slice(1)],
    [
      ...loads.map((load) =>
        row(
          titles[load],
          (result) => `${shown(middle(result, load, clock))} (${shown(middle(result, load, processor))})`,
        ),
      ),
      ...stepsOf(results).map((step) =>
        row(step, (result) => {
          const lap = (of: 'seconds' | 'cpuSeconds') =>
            shown(middle(result, 'tocsin', (run) => run.steps[step]?.[of] ?? Number.NaN));
          return `${lap('seconds')} (${lap('cpuSeconds')})`;
        }),
      ),
      row('size of the file', (result) => `${(result.bytes / 1e6).toFixed(0)} MB`),
    ],
  );
  const growth = [...new Set(results.map(({ style }) => style))].map((style) => {
    const points = (figure: Figure) =>
      results
        .filter((result) => result.style === style)
        .map((result) => ({ rows: result.size, seconds: middle(result, 'tocsin', figure) }));
    return `Growth exponent, ${style}: load ${exponentOf(points(clock)).toFixed(2)}, detectors ${exponentOf(points(detecting)).toFixed(2)}.`;
  });
  return [
    ...[ratios, shares, seconds].flatMap((table) => [table, '']),
    ...(new Set(results.map(({ size }) => size)).size > 1 ? growth : ['One size: no growth exponent.']),
  ].join('\n');
}

function stepsOf(results: readonly Result[]): readonly string[] {
  const runs = results.flatMap((result) => result.runs.tocsin ?? []);
  return [...new Set(runs.flatMap((run) => Object.keys(run.steps)))];
}
