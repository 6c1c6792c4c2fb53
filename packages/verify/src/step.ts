// The steps of the check of a publication, in order, with what each of them says.

/** The exit code that `--exit-step` gives for the first step that failed. */
export const stepExitCodes = {
  archive: 2,
  manifest: 3,
  schema: 4,
  commitments: 5,
  figures: 6,
  signature: 7,
  log: 8,
  witnesses: 9,
  openings: 10,
} as const;

export type StepName = keyof typeof stepExitCodes;

export interface Step {
  readonly name: StepName;
  /** `unjudged`: what it needs is not there or was not given. */
  readonly outcome: 'held' | 'failed' | 'unjudged';
  readonly text: string;
}

/** The first step's exit code that failed; 0 when none did. */
export function exitCodeOf(steps: readonly Step[]): number {
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  return failed === undefined ? 0 : stepExitCodes[failed.name];
}
