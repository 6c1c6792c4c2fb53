// What the benchmarks of rules and indicators say. Pure.
import { markdownTable, median } from './figures.ts';
import { allRules, matchList, readList, singleRule } from './given.ts';
import type { Measured } from './measure.ts';
import type { Lap } from './stopwatch.ts';

type Of = 'seconds' | 'cpuSeconds';

/** All rules against one rule, by the clock and by processor time. */
export function rulesReport(measured: readonly Measured[], rules: number): string {
  const one = (run: Measured, of: Of) =>
    median(
      Object.entries(run.steps)
        .filter(([name]) => name.startsWith(singleRule))
        .map(([, lap]) => lap[of]),
    );
  const all = (run: Measured, of: Of) => run.steps[allRules]?.[of] ?? Number.NaN;
  const row = (title: string, figure: (run: Measured, of: Of) => number) => [
    title,
    ...(['seconds', 'cpuSeconds'] as const).map((of) =>
      median(measured.map((run) => figure(run, of))).toFixed(2),
    ),
  ];
  return markdownTable(
    ['Sigma rules over program starts', 'clock', 'processor'],
    [
      row(`${rules} rules: times one rule`, (run, of) => all(run, of) / one(run, of)),
      row('one rule, s (median of several)', one),
      row(`${rules} rules, s`, all),
    ],
  );
}

/** Reading and matching a list, as shares of the load of the flows in the same run. */
export function indicatorsReport(measured: readonly Measured[]): string {
  const sum = (run: Measured, steps: readonly string[], of: keyof Lap) =>
    steps.reduce((total, step) => total + (run.steps[step]?.[of] ?? Number.NaN), 0);
  const row = (title: string, figure: (run: Measured, of: Of) => number) => [
    title,
    ...(['seconds', 'cpuSeconds'] as const).map((of) =>
      median(measured.map((run) => figure(run, of))).toFixed(2),
    ),
  ];
  return markdownTable(
    ['indicators over flows', 'clock', 'processor'],
    [
      row('matching, of the load', (run, of) => sum(run, [matchList], of) / run[of]),
      row(
        'reading the list and matching, of the load',
        (run, of) => sum(run, [readList, matchList], of) / run[of],
      ),
      row('reading, s', (run, of) => sum(run, [readList], of)),
      row('matching, s', (run, of) => sum(run, [matchList], of)),
      row('load, s', (run, of) => run[of]),
    ],
  );
}
