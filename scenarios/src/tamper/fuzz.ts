// Checks many random mutants of one small publication: that none ends the verifier, none holds it up, and none is said to
// be verified that says something else. Takes a count, a seed and the two publications; gives what became of the mutants.
import { openBundle, type PublicationCheck, type StepName, verifyPublication } from '@tocsin/verify';
import type { Clock } from '../../../packages/tocsin/src/ground/clock.ts';
import { createRandom } from '../random.ts';
import { type Mutant, mutant } from './mutate.ts';
import { filesIn, type Published } from './published.ts';

export interface FuzzRequest {
  readonly base: Published;
  readonly other: Published;
  readonly count: number;
  readonly seed: string;
  readonly clock: Clock;
  /** Called before every mutant. */
  readonly onMutant: (index: number) => void;
  /** A mutant that should not be as it is. */
  readonly onFault: (fault: Fault) => void;
}

export interface Fault {
  readonly index: number;
  readonly kind: 'crash' | 'slow' | 'false verified';
  readonly mutant: Mutant;
  readonly detail: string;
}

export interface FuzzOutcome {
  readonly mutants: number;
  readonly refused: Readonly<Partial<Record<StepName, number>>>;
  /** Verified, and rightly: every file is as it was, only packed otherwise. */
  readonly same: number;
  /** Verified with a further signature that the check says is of nobody trusted. */
  readonly named: number;
  readonly crashes: number;
  readonly slow: number;
  readonly falseVerified: number;
  readonly slowestMs: number;
}

/** A check of some kilobytes that takes longer hangs. */
export const slowMs = 5000;

/** Makes and checks the mutants one after another. */
export async function fuzz(request: FuzzRequest): Promise<FuzzOutcome> {
  const { base, other, count, seed, clock } = request;
  const source = { bytes: base.bytes, files: base.files, other: other.files };
  const asItIs = await verifyPublication(() => openBundle(base.bytes), base.trust);
  if (!asItIs.isVerified) throw new Error('the publication does not verify as it is');
  const refused: Partial<Record<StepName, number>> = {};
  const seen = { same: 0, named: 0, crashes: 0, slow: 0, falseVerified: 0, slowestMs: 0 };
  for (let index = 0; index < count; index += 1) {
    request.onMutant(index);
    const made = mutant(source, createRandom(`${seed}/${index}`));
    const fault = (kind: Fault['kind'], detail: string) =>
      request.onFault({ index, kind, mutant: made, detail });
    const startedMs = clock.nowMs();
    try {
      const check = await verifyPublication(() => openBundle(made.bytes), base.trust);
      const failed = check.steps.find(({ outcome }) => outcome === 'failed');
      if (failed !== undefined) refused[failed.name] = (refused[failed.name] ?? 0) + 1;
      else {
        const verdict = await judge(made, check, { base, asItIs });
        seen[verdict] += 1;
        if (verdict === 'falseVerified')
          fault('false verified', check.steps.map(({ text }) => text).join('; '));
      }
    } catch (error) {
      seen.crashes += 1;
      fault('crash', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const tookMs = clock.nowMs() - startedMs;
    seen.slowestMs = Math.max(seen.slowestMs, tookMs);
    if (tookMs > slowMs) {
      seen.slow += 1;
      fault('slow', `${tookMs} ms`);
    }
  }
  return { mutants: count, refused, ...seen };
}

/** What a mutant is that was said to be verified. */
async function judge(
  { bytes }: Mutant,
  check: PublicationCheck,
  { base, asItIs }: { readonly base: Published; readonly asItIs: PublicationCheck },
): Promise<'same' | 'named' | 'falseVerified'> {
  const files = await filesIn(bytes);
  const names = [...new Set([...files.keys(), ...base.files.keys()])];
  const changed = names.filter(
    (name) => files.get(name)?.equals(base.files.get(name) ?? Buffer.alloc(0)) !== true,
  );
  if (changed.length === 0) return 'same';
  const isOutside = (name: string) => name.startsWith('data/attestations/') || !name.startsWith('data/');
  const says = ({ steps }: PublicationCheck) => steps.map(({ text }) => text).join('; ');
  return changed.every(isOutside) && /nobody you trust/.test(says(check)) && says(check) !== says(asItIs)
    ? 'named'
    : 'falseVerified';
}

/** The outcome in lines. */
export function outcomeLines(outcome: FuzzOutcome): readonly string[] {
  const steps = Object.entries(outcome.refused).map(([step, number]) => `  ${step}: ${number}`);
  return [
    `mutants: ${outcome.mutants}`,
    'refused, by the first step that failed:',
    ...steps,
    `verified, with every file as it was: ${outcome.same}`,
    `verified, with a further signature said to be of nobody trusted: ${outcome.named}`,
    `crashes: ${outcome.crashes}`,
    `hangs (over ${slowMs} ms): ${outcome.slow}; the slowest took ${outcome.slowestMs} ms`,
    `false "verified": ${outcome.falseVerified}`,
  ];
}
