// The tables of an evaluation: recall and precision by story and by what was asked for, by detector, the theft, false
// alarms on clean evidence, and every miss and false alarm by name so that one can look at it. Pure.
import type { Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';
import type { Truth } from '../truth.ts';
import type { CaptureResult } from './captures.ts';
import { type Aspect, aspects, type Comparison } from './compare.ts';

export interface RunResult {
  readonly story: string;
  readonly seed: number;
  readonly attack: boolean;
  readonly truth: Truth;
  readonly investigation: Investigation;
  readonly comparison: Comparison;
}

/** The report as Markdown. */
export function evaluationReport(
  results: readonly RunResult[],
  captures: readonly CaptureResult[] = [],
): string {
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
    '## By detector and story',
    'Recall: machines of the attack that the detector should have named, and did. Alarms are findings that can open an incident; leads are those that only support one.',
    table(
      [
        'story',
        'detector',
        'should name',
        'named',
        'recall',
        'alarms',
        'right',
        'precision',
        'false alarms per million flows',
        'wrong leads per million flows',
      ],
      storiesOf(results).flatMap((story) =>
        detectorRows(
          results.filter((run) => run.story === story),
          story,
        ),
      ),
    ),
    '## Theft',
    table(
      ['story', 'runs', 'truth inside minimum and maximum', 'best within 10 %'],
      storiesOf(attacked).map((story) =>
        theftSummary(
          attacked.filter((run) => run.story === story),
          story,
        ),
      ),
    ),
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
    ...(captures.length === 0
      ? []
      : ['## Captures of others', table(['capture', 'known', 'right'], captures.flatMap(captureRows))]),
    '## Misses and false alarms',
    ...namesOf(results),
  ].join('\n\n');
}

function captureRows({ folder, answers }: CaptureResult): readonly (readonly string[])[] {
  if (answers === null) return [[folder, 'absent', 'skipped']];
  return answers.map(({ says, isRight }) => [folder, says, isRight ? 'yes' : '**no**']);
}

function storiesOf(results: readonly RunResult[]): readonly string[] {
  return [...new Set(results.map((run) => run.story))];
}

function aspectRow(runs: readonly RunResult[], story: string, aspect: Aspect): readonly string[] {
  const total = (of: 'found' | 'missed' | 'invented') =>
    runs.reduce((sum, run) => sum + run.comparison.hits[aspect][of].length, 0);
  const [found, missed, invented] = [total('found'), total('missed'), total('invented')];
  const right = runs.reduce((sum, run) => sum + run.comparison.hits[aspect].right, 0);
  return [
    story,
    aspect,
    String(found + missed),
    String(found),
    share(found, found + missed),
    String(invented),
    share(right, right + invented),
  ];
}

/** Machines each detector should name, by the truth; the others only help. */
const expected: Readonly<Record<string, (truth: Truth) => readonly string[]>> = {
  beacon: (truth) => truth.incidents.flatMap(({ beacons }) => beacons.map(({ host }) => host)),
  relay: (truth) => truth.incidents.flatMap(({ relays }) => relays.map(({ host }) => host)),
  'web-exploit': (truth) => entriesBy(truth, 'T1190'),
  'brute-force': (truth) => [...entriesBy(truth, 'T1110'), ...relaysFor(truth, 'brute-force')],
  scan: (truth) => relaysFor(truth, 'scan'),
  webshell: (truth) =>
    truth.story === 'hosting-provider'
      ? []
      : truth.incidents.slice(0, 1).flatMap(({ entry }) => entry?.host ?? []),
  exfiltration: (truth) => (truth.story === 'energy-company' ? [] : victims(truth)),
  'mailbox-theft': (truth) => (truth.story === 'energy-company' ? victims(truth) : []),
  'update-server-abuse': (truth) => hostsBy(truth, 'pivot'),
  'foothold-fan-out': (truth) => hostsBy(truth, 'foothold'),
};

function entriesBy(truth: Truth, technique: string): readonly string[] {
  return truth.incidents.flatMap(({ entry }) => (entry?.technique === technique ? [entry.host] : []));
}

function relaysFor(truth: Truth, kind: string): readonly string[] {
  return truth.incidents.flatMap(({ relays }) =>
    relays.filter(({ kinds }) => kinds.includes(kind)).map(({ host }) => host),
  );
}

function victims(truth: Truth): readonly string[] {
  return truth.incidents.flatMap(({ theft }) => Object.keys(theft?.by_victim ?? {}));
}

function hostsBy(truth: Truth, role: string): readonly string[] {
  return truth.incidents.flatMap(({ hosts }) =>
    hosts.filter((host) => host.role === role).map(({ ip }) => ip),
  );
}

interface Counts {
  readonly wanted: number;
  readonly named: number;
  readonly right: number;
  readonly wrong: number;
  readonly wrongLeads: number;
}

function countsOf({ truth, investigation }: RunResult, detector: string): Counts {
  const known = new Set(truth.incidents.flatMap(({ hosts }) => hosts.map(({ ip }) => ip)));
  const findings = investigation.findings.filter(
    (finding) => finding.detector === detector && finding.weight !== 'background',
  );
  const isRight = ({ host, peers }: (typeof findings)[number]) =>
    known.has(host) || peers.some((peer) => known.has(peer));
  const wanted = [...new Set(expected[detector]?.(truth) ?? [])];
  const named = new Set(findings.flatMap(({ host, peers }) => [host, ...peers]));
  const alarms = findings.filter(({ weight }) => weight === 'incident');
  return {
    wanted: wanted.length,
    named: wanted.filter((ip) => named.has(ip)).length,
    right: alarms.filter(isRight).length,
    wrong: alarms.filter((finding) => !isRight(finding)).length,
    wrongLeads: findings.filter((finding) => finding.weight !== 'incident' && !isRight(finding)).length,
  };
}

function detectorRows(results: readonly RunResult[], story: string): readonly (readonly string[])[] {
  const flows = results.reduce((sum, run) => sum + run.truth.flows.total, 0);
  const detectors = [
    ...new Set([
      ...Object.keys(expected),
      ...results.flatMap((run) => run.investigation.findings.map(({ detector }) => detector)),
    ]),
  ].sort();
  return detectors.flatMap((detector) => {
    const counts = results.map((run) => countsOf(run, detector));
    const sum = (key: keyof Counts) => counts.reduce((total, count) => total + count[key], 0);
    const [wanted, named, right, wrong] = [sum('wanted'), sum('named'), sum('right'), sum('wrong')];
    if (wanted + right + wrong + sum('wrongLeads') === 0) return [];
    const perMillion = (count: number) => ((count / Math.max(1, flows)) * 1e6).toFixed(2);
    return [
      [
        story,
        detector,
        String(wanted),
        String(named),
        share(named, wanted),
        String(right + wrong),
        String(right),
        share(right, right + wrong),
        perMillion(wrong),
        perMillion(sum('wrongLeads')),
      ],
    ];
  });
}

function theftSummary(runs: readonly RunResult[], story: string): readonly string[] {
  const thefts = runs.map((run) => run.comparison.theft);
  const near = thefts.filter(({ truth, best, error }) =>
    error === null ? best === truth : Math.abs(error) <= 0.1,
  );
  return [
    story,
    String(thefts.length),
    `${thefts.filter(({ isInside }) => isInside).length} of ${thefts.length}`,
    `${near.length} of ${thefts.length}`,
  ];
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
