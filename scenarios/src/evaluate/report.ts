// The tables of an evaluation: recall and precision by story and by what was asked for, by detector, the theft, false
// alarms on clean evidence, and every miss and false alarm by name so that one can look at it. Pure.
import type { Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';
import type { Truth } from '../truth.ts';
import { type Aspect, aspects, type Comparison } from './compare.ts';

export interface RunResult {
  readonly story: string;
  readonly seed: number;
  readonly attack: boolean;
  readonly truth: Truth;
  readonly investigation: Investigation;
  readonly comparison: Comparison;
}

export function evaluationReport(results: readonly RunResult[]): string {
  const attacked = results.filter((run) => run.attack);
  const clean = results.filter((run) => !run.attack);
  return [
    '## By story',
    table(
      ['story', 'asked for', 'true', 'found', 'recall', 'invented', 'precision'],
      storiesOf(results).flatMap((story) =>
        aspects.map((aspect) =>
          aspectRow(
            attacked.filter((run) => run.story === story),
            story,
            aspect,
          ),
        ),
      ),
    ),
    '## By detector (findings that can open an incident)',
    table(
      ['detector', 'findings', 'on machines of the attack', 'precision', 'false alarms per million flows'],
      detectorRows(results),
    ),
    '## Theft',
    table(
      ['story', 'seed', 'truth', 'minimum', 'best', 'maximum', 'best against truth', 'truth inside'],
      attacked.filter((run) => run.comparison.theft.truth > 0).map(theftRow),
    ),
    '## Evidence without an attack',
    table(
      ['story', 'seeds', 'incidents', 'relay findings'],
      storiesOf(clean).map((story) => {
        const own = clean.filter((run) => run.story === story);
        const sum = (of: (run: RunResult) => number) =>
          String(own.reduce((total, run) => total + of(run), 0));
        return [
          story,
          String(own.length),
          sum((run) => run.investigation.incidents.length),
          sum((run) => run.investigation.findings.filter(({ detector }) => detector === 'relay').length),
        ];
      }),
    ),
    '## Misses and false alarms',
    ...namesOf(results),
  ].join('\n\n');
}

function storiesOf(results: readonly RunResult[]): readonly string[] {
  return [...new Set(results.map((run) => run.story))];
}

function aspectRow(runs: readonly RunResult[], story: string, aspect: Aspect): readonly string[] {
  const total = (of: 'found' | 'missed' | 'invented') =>
    runs.reduce((sum, run) => sum + run.comparison.hits[aspect][of].length, 0);
  const [found, missed, invented] = [total('found'), total('missed'), total('invented')];
  return [
    story,
    aspect,
    String(found + missed),
    String(found),
    share(found, found + missed),
    String(invented),
    share(found, found + invented),
  ];
}

function detectorRows(results: readonly RunResult[]): readonly (readonly string[])[] {
  const flows = results.reduce((sum, run) => sum + run.truth.flows.total, 0);
  const byDetector = new Map<string, { right: number; wrong: number }>();
  for (const { truth, investigation } of results) {
    const known = new Set(truth.incidents.flatMap(({ hosts }) => hosts.map(({ ip }) => ip)));
    for (const finding of investigation.findings.filter(({ weight }) => weight === 'incident')) {
      const counts = byDetector.get(finding.detector) ?? { right: 0, wrong: 0 };
      const isRight = known.has(finding.host) || finding.peers.some((peer) => known.has(peer));
      counts[isRight ? 'right' : 'wrong'] += 1;
      byDetector.set(finding.detector, counts);
    }
  }
  return [...byDetector]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([detector, { right, wrong }]) => [
      detector,
      String(right + wrong),
      String(right),
      share(right, right + wrong),
      ((wrong / flows) * 1e6).toFixed(2),
    ]);
}

function theftRow({ story, seed, comparison: { theft } }: RunResult): readonly string[] {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    story,
    String(seed),
    megabytes(theft.truth),
    megabytes(theft.minimum),
    megabytes(theft.best),
    megabytes(theft.maximum),
    theft.error === null ? '-' : `${(theft.error * 100).toFixed(1)} %`,
    theft.isInside ? 'yes' : 'no',
  ];
}

function namesOf(results: readonly RunResult[]): readonly string[] {
  const lines = results.flatMap(({ story, seed, attack, comparison }) => {
    const where = `${story} ${seed}${attack ? '' : ' without attack'}`;
    const wrong = aspects.flatMap((aspect) => {
      const { missed, invented } = comparison.hits[aspect];
      return [
        ...(missed.length === 0 ? [] : [`- ${where}: ${aspect} missed: ${some(missed)}`]),
        ...(invented.length === 0 ? [] : [`- ${where}: ${aspect} invented: ${some(invented)}`]),
      ];
    });
    return [
      ...wrong,
      ...comparison.falseIncidents.map((incident) => `- ${where}: false incident ${incident}`),
    ];
  });
  return lines.length === 0 ? ['None.'] : [lines.join('\n')];
}

function some(names: readonly string[]): string {
  return names.length <= 12
    ? names.join(', ')
    : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((part / whole) * 100).toFixed(1)} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
