// `--sigma DIR` as a detection of the run. Takes the folder, whose rules are read at once so that a wrong path is said
// before the work begins; gives the detection, and after it the account of every rule.
import type { GivenDetection } from '../given.ts';
import { evaluateRules, type SigmaAccount } from './evaluate.ts';
import { sigmaText } from './findings.ts';
import { readRules } from './read.ts';

export interface SigmaDetection extends GivenDetection {
  /** Null before it has run. */
  readonly account: () => SigmaAccount | null;
}

/** @throws TocsinError path-missing, sigma-rules */
export function sigmaDetection(folder: string): SigmaDetection {
  const rules = readRules(folder);
  let account: SigmaAccount | null = null;
  return {
    text: sigmaText,
    find: async (engine) => {
      const outcome = await evaluateRules(engine, rules);
      account = outcome.account;
      return outcome.findings;
    },
    account: () => account,
  };
}
