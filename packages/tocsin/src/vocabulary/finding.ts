// A finding: what one detector says of one host, with the events it stands on. A lead, not a verdict.
import type { TableName } from './dictionary.ts';
import type { Instant } from './instant.ts';

/** One condition on a column of the dictionary; a selector's conditions all hold. */
export type Condition =
  | { readonly column: string; readonly op: 'in'; readonly values: readonly (string | number)[] }
  | {
      readonly column: string;
      readonly op: 'range';
      readonly from?: string | number;
      readonly to?: string | number;
    };

/** Which events a finding stands on, said declaratively so that they can be fetched, counted and published. */
export interface EventSelector {
  readonly table: TableName;
  readonly where: readonly Condition[];
}

/** How far a finding reaches when incidents are built. */
export type Weight =
  /** Enough by itself to open an incident. */
  | 'incident'
  /** Joins an incident that shares hosts, but opens none. */
  | 'supporting'
  /** Shown in the list; never part of an incident (internet noise). */
  | 'background';

/** Which way it ran, seen from the constituency. */
export type Direction = 'inbound' | 'outbound' | 'internal' | 'local';

export interface FindingDraft {
  readonly detector: string;
  /** ATT&CK technique id. */
  readonly technique: string;
  readonly weight: Weight;
  readonly direction: Direction;
  /** The machine of ours it is about: an address, or a name when the logs give no address. */
  readonly host: string;
  /** The other side when there is one. */
  readonly peer: string | null;
  /** All other sides, sorted; at most 1000 (the count is in `detail`). */
  readonly peers: readonly string[];
  /** 0 to 1, see the detector. */
  readonly score: number;
  readonly first_seen: Instant;
  readonly last_seen: Instant;
  readonly event_count: number;
  /** Facts of the detector's own, snake_case, numbers in the unit their name says. */
  readonly detail: Readonly<Record<string, DetailValue>>;
  readonly selectors: readonly EventSelector[];
  readonly caveat: string;
}

export type DetailValue = string | number | boolean | null | readonly (string | number)[];

export interface Finding extends FindingDraft {
  /** Deterministic: from detector, host, peers and first event. */
  readonly id: string;
  readonly organisation: string | null;
  /** Ids of the events it stands on, in time order, at most 100; `event_count` has them all. */
  readonly events: readonly string[];
  readonly sql_sha256: string;
}
