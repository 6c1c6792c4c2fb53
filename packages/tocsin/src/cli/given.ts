// What `investigate` was given to look for beside its own detectors: Sigma rules and lists of indicators. Opens both
// before the work begins, gives the detections, and afterwards what the report must say and the files that list the rest.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GivenDetection } from '../detect/given.ts';
import { indicatorDetection } from '../detect/indicator-match/match.ts';
import { sigmaDetection } from '../detect/sigma/detection.ts';
import type { SigmaAccount } from '../detect/sigma/evaluate.ts';
import { establishIndicators, type IndicatorSummary } from '../feeds/indicators.ts';
import type { EventsEngine } from '../store/events/engine.ts';

export interface Given {
  readonly detections: readonly GivenDetection[];
  /** Puts the lists into the store. @throws TocsinError path-missing, indicators-file */
  readonly establish: (engine: EventsEngine, scratch: string) => Promise<void>;
  /** What a reader must know was not looked for; for after the detections have run. */
  readonly limits: () => readonly string[];
  /** Writes sigma.json and indicators.json into the report's folder, as far as something was given; a line on each. */
  readonly write: (out: string) => readonly string[];
}

/** @throws TocsinError path-missing, sigma-rules */
export function openGiven(request: {
  readonly sigma?: string | null | undefined;
  readonly indicators?: string | null | undefined;
}): Given {
  const sigma = request.sigma == null ? null : sigmaDetection(request.sigma);
  const { indicators = null } = request;
  let summary: IndicatorSummary | null = null;
  return {
    detections: [...(indicators === null ? [] : [indicatorDetection]), ...(sigma === null ? [] : [sigma])],
    establish: async (engine, scratch) => {
      if (indicators !== null) summary = await establishIndicators(engine, indicators, scratch);
    },
    limits: () => {
      const account = sigma?.account() ?? null;
      const isPartial = account !== null && account.not_usable.length + account.partly_usable.length > 0;
      return [
        ...(isPartial
          ? [
              'Some of the Sigma rules given could not be evaluated, or not over all the events they ask for; sigma.json names each with the reason.',
            ]
          : []),
        ...(account !== null && account.without_events > 0
          ? ['For some of the Sigma rules given the evidence holds no events of their kind.']
          : []),
        ...(summary !== null && summary.skipped.length > 0
          ? [
              'Some records of the indicator lists hold nothing that can be matched with events; indicators.json counts them by type.',
            ]
          : []),
      ];
    },
    write: (out) => {
      const words: string[] = [];
      const account = sigma?.account() ?? null;
      if (account !== null) {
        const path = join(out, 'sigma.json');
        writeFileSync(path, `${JSON.stringify(account, null, 1)}\n`);
        words.push(sigmaLine(account, path));
      }
      if (summary !== null) {
        const path = join(out, 'indicators.json');
        writeFileSync(path, `${JSON.stringify(summary, null, 1)}\n`);
        words.push(indicatorLine(summary, path));
      }
      return words;
    },
  };
}

function sigmaLine(account: SigmaAccount, path: string): string {
  const { documents, usable, without_events, matched, not_usable } = account;
  const why = not_usable.length === 0 ? '' : `; ${not_usable.length} not usable, each with the reason`;
  return `Sigma: ${documents} rules, ${usable} usable, of these ${without_events} on events that are not in the evidence, ${matched.length} matched${why} (${path})`;
}

function indicatorLine({ indicators, skipped }: IndicatorSummary, path: string): string {
  const passed = skipped.reduce((sum, { records }) => sum + records, 0);
  return `Indicators: ${indicators} read, ${passed} records passed over that hold nothing to match (${path})`;
}
