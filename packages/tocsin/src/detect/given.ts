// Detections that come with what the user gives (rules, lists) instead of being built in: what they are to the run.
import type { EventsEngine } from '../store/events/engine.ts';
import type { FindingDraft } from '../vocabulary/finding.ts';

export interface GivenFinding {
  readonly draft: FindingDraft;
  /** Ids of its first events, in order of time, at most as many as are kept with a finding. */
  readonly events: readonly string[];
  /** SHA-256 of the queries behind it. */
  readonly sqlSha256: string;
}

export interface GivenDetection {
  /** What the report says of it, as of every detector. */
  readonly text: {
    readonly id: string;
    readonly title: string;
    readonly technique: string;
    readonly scoreMeaning: string;
    readonly caveat: string;
  };
  /** Its findings over all events. @throws TocsinError engine-failed */
  readonly find: (engine: EventsEngine) => Promise<readonly GivenFinding[]>;
}
