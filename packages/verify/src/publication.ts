// The whole check of a publication, step by step: what the archive, its lists, tables and figures say of themselves, and
// what its attestations say to a reader who knows whom to trust. Gives a verdict in plain words and every step's outcome.
import { refusal, type Verification, verifyFiles } from './bundle.ts';
import { type BundleFiles, wholeFile } from './files.ts';
import { verifyLoggedPayload } from './log/proof.ts';
import { commitmentsPath, proofPath, publicationPredicateType, statementPath } from './manifest.ts';
import { ContainerError, containerProblems, type Problem } from './problem.ts';
import { problemText } from './report.ts';
import { sha256 } from './sha256.ts';
import { parseEnvelope, verifyEnvelope } from './sign/dsse.ts';
import { type Reason, reasonText } from './sign/reason.ts';
import { parseStatement, statementPayloadType } from './sign/statement.ts';
import type { Trust } from './sign/trust.ts';

/** The steps, in order, with the exit code that `--exit-step` gives for the first that failed. */
export const stepExitCodes = {
  archive: 2,
  manifest: 3,
  schema: 4,
  commitments: 5,
  figures: 6,
  signature: 7,
  log: 8,
  witnesses: 9,
} as const;

export type StepName = keyof typeof stepExitCodes;

export interface Step {
  readonly name: StepName;
  /** `unjudged`: what it needs is not there or was not given. */
  readonly outcome: 'held' | 'failed' | 'unjudged';
  readonly text: string;
}

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
 * Checks a publication. `open` gives its files or throws ContainerError; `trust` is null when the reader named nobody.
 */
export async function verifyPublication(
  open: () => Promise<BundleFiles>,
  trust: Trust | null,
): Promise<PublicationCheck> {
  let verification: Verification;
  let attested: Attested = { steps: unjudged('there is nothing to read'), tlp: null };
  try {
    const files = await open();
    verification = await verifyFiles(files);
    attested = await attestations(files, trust);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    verification = refusal(error);
  }
  const steps = [...ownSteps(verification), ...attested.steps];
  const isVerified = steps.every(({ outcome }) => outcome !== 'failed');
  return { isVerified, verdict: verdictOf(steps, verification), steps, verification, tlp: attested.tlp };
}

/** The first step's exit code that failed; 0 when none did. */
export function exitCodeOf(steps: readonly Step[]): number {
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  return failed === undefined ? 0 : stepExitCodes[failed.name];
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

function stepOfProblem({ code }: Problem): StepName {
  if (code in containerProblems) return 'archive';
  return stepOf[code] ?? 'commitments';
}

/** What the bundle says of itself, by step. */
function ownSteps({ problems, tables, figures, files }: Verification): readonly Step[] {
  const rows = tables.reduce((sum, { rows: count }) => sum + count, 0);
  const good: Readonly<Record<'archive' | 'manifest' | 'schema' | 'commitments' | 'figures', string>> = {
    archive: 'the archive is whole and safe to open',
    manifest: `${files} files, each as listed`,
    schema: `${tables.length} tables, every row of the form its schema says`,
    commitments: `${rows} rows lead to the roots that are committed to`,
    figures: `${figures.length} figures computed anew, every one as stated`,
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

interface Attested {
  readonly steps: readonly Step[];
  readonly tlp: string | null;
}

function unjudged(text: string): readonly Step[] {
  return (['signature', 'log', 'witnesses'] as const).map((name) => ({ name, outcome: 'unjudged', text }));
}

async function attestations(files: BundleFiles, trust: Trust | null): Promise<Attested> {
  const failed = (name: StepName, reason: Reason | string): Step => ({
    name,
    outcome: 'failed',
    text: typeof reason === 'string' ? reason : reasonText(reason),
  });
  if (!files.names.includes(statementPath)) {
    // A reader who names whom to trust asks for a signature.
    const steps = unjudged('it is not signed');
    return {
      steps: trust === null ? steps : [failed('signature', 'it is not signed'), ...steps.slice(1)],
      tlp: null,
    };
  }
  const bytes = await wholeFile(files, statementPath, 8 * 2 ** 20);
  const envelope = parseEnvelope(bytes);
  const statement = envelope.ok ? parseStatement(envelope.value.payload) : envelope;
  if (!envelope.ok || !statement.ok) {
    const reason = !envelope.ok ? envelope.reason : !statement.ok ? statement.reason : '';
    return {
      steps: [failed('signature', reason), ...unjudged('the statement cannot be read').slice(1)],
      tlp: null,
    };
  }
  const { subjects, predicateType, predicate } = statement.value;
  const tlp = typeof predicate['tlp'] === 'string' ? predicate['tlp'] : null;
  const commitments = files.names.includes(commitmentsPath)
    ? sha256(await wholeFile(files, commitmentsPath, 64 * 2 ** 20))
    : null;
  if (
    predicateType !== publicationPredicateType ||
    subjects.length !== 1 ||
    subjects[0]?.name !== commitmentsPath ||
    subjects[0].sha256 !== commitments
  )
    return {
      steps: [
        failed('signature', 'the signed statement is about another publication'),
        ...unjudged('it is of another publication').slice(1),
      ],
      tlp,
    };
  if (trust === null)
    return {
      steps: unjudged('it is signed and says where it was logged; whom to trust was not given (--policy)'),
      tlp,
    };
  const signed = verifyEnvelope(bytes, {
    keys: trust.keys,
    threshold: trust.threshold,
    payloadType: statementPayloadType,
  });
  const steps: Step[] = [
    signed.ok
      ? {
          name: 'signature',
          outcome: 'held',
          text: `signed by ${signed.value.signers.map(({ name }) => name).join(', ')}`,
        }
      : failed('signature', signed.reason),
  ];
  steps.push(...(await logSteps(files, envelope.value.payload, trust, failed)));
  return { steps, tlp };
}

async function logSteps(
  files: BundleFiles,
  payload: Uint8Array,
  { log }: Trust,
  failed: (name: StepName, reason: Reason | string) => Step,
): Promise<readonly Step[]> {
  const [, , witnesses] = unjudged('no witness is asked for');
  if (!files.names.includes(proofPath)) {
    const text = 'it was not logged, or its proof was left out';
    return [{ name: 'log', outcome: 'unjudged', text }, ...(witnesses === undefined ? [] : [witnesses])];
  }
  const proof = await wholeFile(files, proofPath, 2 ** 20);
  const logged = verifyLoggedPayload(proof, payload, log);
  if (!logged.ok) {
    const isWitness = logged.reason.code === 'witness-quorum' || logged.reason.code === 'witness-unknown';
    return isWitness
      ? [{ name: 'log', outcome: 'held', text: 'logged' }, failed('witnesses', logged.reason)]
      : [
          failed('log', logged.reason),
          { name: 'witnesses', outcome: 'unjudged', text: 'the log does not hold' },
        ];
  }
  const { origin, index, size, witnesses: cosigners } = logged.value;
  return [
    { name: 'log', outcome: 'held', text: `entry ${index} of ${size} in the log ${origin}` },
    cosigners.length === 0
      ? { name: 'witnesses', outcome: 'unjudged', text: 'no witness is asked for' }
      : {
          name: 'witnesses',
          outcome: 'held',
          text: `seen by ${cosigners.map(({ key }) => key.name).join(', ')}`,
        },
  ];
}

function verdictOf(steps: readonly Step[], { figures }: Verification): string {
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  const bad = figures.filter(({ status }) => status === 'mismatch').length;
  if (failed === undefined) {
    const isSigned = steps.some(({ name, outcome }) => name === 'signature' && outcome === 'held');
    return isSigned
      ? 'Every figure follows from the published rows, and the publication is the one that was signed by somebody you trust.'
      : 'Every figure follows from the published rows. Who published them was not checked.';
  }
  if (failed.name === 'archive') return 'This file cannot be read as a bundle, or is not safe to open.';
  if (failed.name === 'signature')
    return 'The figures may follow from the rows, but nobody you trust has signed this.';
  if (failed.name === 'log' || failed.name === 'witnesses')
    return 'It is signed, but it is not shown to stand in a public log that you trust.';
  return bad > 0
    ? 'Figures of this publication do not follow from its rows. Do not rely on it.'
    : 'This publication was changed after it was made, or is not whole. Do not rely on it.';
}
