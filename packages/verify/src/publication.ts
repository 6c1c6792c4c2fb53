// The whole check of a publication, step by step: what the archive, its lists, tables and figures say of themselves, and
// what its attestations say to a reader who knows whom to trust. Gives a verdict in plain words and every step's outcome.
import { type Attested, attestations, unjudged } from './attestations.ts';
import { refusal, type Verification, verifyFiles } from './bundle.ts';
import type { BundleFiles } from './files.ts';
import * as paths from './manifest.ts';
import { checkOpenings, type OpeningsCheck } from './openings.ts';
import { ContainerError, containerProblems, type Problem } from './problem.ts';
import { problemText } from './report.ts';
import type { Trust } from './sign/trust.ts';
import type { Step, StepName } from './step.ts';

export interface PublicationCheck {
  /** True when no step failed. */
  readonly isVerified: boolean;
  /** One sentence for a reader who knows nothing of hashes. */
  readonly verdict: string;
  readonly steps: readonly Step[];
  readonly verification: Verification;
  /** TLP 2.0 label of the signed statement, when there is one. */
  readonly tlp: string | null;
}

/**
 * Checks a publication. `open` gives its files or throws ContainerError; `trust` is null when the reader named nobody, and
 * `openings` (the bytes of a file) where there are none.
 */
export async function verifyPublication(
  open: () => Promise<BundleFiles>,
  trust: Trust | null,
  openings: Uint8Array | null = null,
): Promise<PublicationCheck> {
  let verification: Verification;
  let opened: OpeningsCheck | null = null;
  let attested: Attested = { steps: unjudged('there is nothing to read'), tlp: null };
  try {
    const files = await open();
    verification = await verifyFiles(files);
    attested = await attestations(files, trust);
    if (openings !== null) opened = await checkOpenings(files, openings);
    verification = withOpenings(verification, opened);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    verification = refusal(error);
  }
  const steps = [
    ...ownSteps(verification),
    ...attested.steps,
    ...(openings === null ? [] : [openingsStep(opened)]),
  ];
  const isVerified = steps.every(({ outcome }) => outcome !== 'failed');
  return { isVerified, verdict: verdictOf(steps, verification), steps, verification, tlp: attested.tlp };
}

const stepOf: Readonly<Record<string, StepName>> = {
  'file-missing': 'manifest',
  'file-extra': 'manifest',
  'file-unlisted': 'manifest',
  'file-digest': 'manifest',
  'file-unreadable': 'archive',
  'file-form': 'schema',
  'row-form': 'schema',
  'definition-invalid': 'figures',
  'figure-mismatch': 'figures',
  'figure-digest': 'figures',
  'figure-differs': 'figures',
  'figure-unchecked': 'figures',
  'report-unknown-figure': 'figures',
  'report-value': 'figures',
  'report-text': 'figures',
};

/** A file that is not written as its format says fails the step that it is for. */
const stepOfFile: Readonly<Record<string, StepName>> = {
  'bagit.txt': 'manifest',
  [paths.manifestPath]: 'manifest',
  [paths.tagManifestPath]: 'manifest',
  [paths.commitmentsPath]: 'commitments',
  [paths.figuresPath]: 'figures',
  [paths.figureDigestsPath]: 'figures',
  [paths.investigationPath]: 'figures',
  [paths.reportPath]: 'figures',
  [paths.reportFiguresPath]: 'figures',
};

function stepOfProblem(problem: Problem): StepName {
  if (problem.code in containerProblems) return 'archive';
  if (problem.code === 'file-form') return stepOfFile[problem.file] ?? 'schema';
  return stepOf[problem.code] ?? 'commitments';
}

/** What the bundle says of itself, by step. */
function ownSteps({ problems, tables, figures, files }: Verification): readonly Step[] {
  const rows = tables.reduce((sum, { rows: count }) => sum + count, 0);
  const partly = figures.filter(({ status }) => status === 'partly-verified').length;
  const good: Readonly<Record<'archive' | 'manifest' | 'schema' | 'commitments' | 'figures', string>> = {
    archive: 'the archive is whole and safe to open',
    manifest: `${files} files, each as listed`,
    schema: `${tables.length} tables, every row of the form its schema says`,
    commitments: `${rows} rows lead to the roots that are committed to`,
    figures: `${figures.length} figures computed anew, every one as stated${partly === 0 ? '' : `; ${partly} of them rest on pseudonyms and are partly verified (--openings)`}`,
  };
  let isBroken = false;
  return (['archive', 'manifest', 'schema', 'commitments', 'figures'] as const).map((name): Step => {
    const own = problems.filter((problem) => stepOfProblem(problem) === name);
    if (own.length > 0) {
      isBroken ||= name === 'archive';
      return { name, outcome: 'failed', text: own.slice(0, 5).map(problemText).join('; ') };
    }
    return isBroken && files === 0
      ? { name, outcome: 'unjudged', text: 'there is nothing to read' }
      : { name, outcome: 'held', text: good[name] };
  });
}

function openingsStep(opened: OpeningsCheck | null): Step {
  const name = 'openings';
  if (opened === null) return { name, outcome: 'unjudged', text: 'there is nothing to read' };
  const { problem, of, cells, pseudonyms } = opened;
  if (problem !== null) return { name, outcome: 'failed', text: problem };
  const rows = [...opened.opened.values()].reduce((sum, count) => sum + count, 0);
  const text = `${rows} of ${of} rows opened, the ones that the checkpoint picks: ${cells} cells are those committed to, ${pseudonyms} pseudonyms stand for one value each`;
  return { name, outcome: 'held', text };
}

/** The figures with the rows that openings have checked; verified where that is every row. */
function withOpenings(verification: Verification, opened: OpeningsCheck | null): Verification {
  if (opened === null || opened.problem !== null) return verification;
  const rows = new Map(verification.tables.map((table) => [table.name, table.rows]));
  const figures = verification.figures.map((figure) => {
    if (figure.checkedRows === null) return figure;
    const checkedRows = opened.opened.get(figure.table) ?? 0;
    const isWhole = figure.status === 'partly-verified' && checkedRows === rows.get(figure.table);
    return { ...figure, checkedRows, status: isWhole ? ('verified' as const) : figure.status };
  });
  return { ...verification, figures };
}

function verdictOf(steps: readonly Step[], { figures, problems }: Verification): string {
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  const isOther = problems.some(({ code }) => code === 'old-version' || code === 'other-version');
  const bad = figures.filter(({ status }) => status === 'mismatch').length;
  if (failed === undefined) {
    const isSigned = steps.some(({ name, outcome }) => name === 'signature' && outcome === 'held');
    return isSigned
      ? 'Every figure follows from the published rows, and the publication is the one that was signed by somebody you trust.'
      : 'Every figure follows from the published rows. Who published them was not checked.';
  }
  if (isOther)
    return 'This bundle is of another version of the format than is read here. What it says was not checked.';
  if (failed.name === 'archive') return 'This file cannot be read as a bundle, or is not safe to open.';
  if (failed.name === 'signature')
    return 'The figures may follow from the rows, but nobody you trust has signed this.';
  if (failed.name === 'openings')
    return 'The rows that were opened are not those committed to, or their pseudonyms do not fit. Do not rely on what is withheld.';
  if (failed.name === 'log' || failed.name === 'witnesses')
    return 'It is signed, but it is not shown to stand in a public log that you trust.';
  return bad > 0
    ? 'Figures of this publication do not follow from its rows. Do not rely on it.'
    : 'This publication was changed after it was made, or is not whole. Do not rely on it.';
}
