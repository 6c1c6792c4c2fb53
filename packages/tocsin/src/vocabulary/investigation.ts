// What an investigation gives: the names other programs rely on (investigation.json), and nothing that depends on
// when, where or in which order it was run.
import type { FigureDefinition, FigureValue } from '@tocsin/verify';
import type { Finding } from './finding.ts';
import type { Instant } from './instant.ts';

/** One evidence item: a file, or a member of an archive. */
export interface EvidenceItem {
  readonly id: string;
  /** Relative to the folder given; members of an archive as `archive.zip/member`. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Format id; `archive`, `empty`, `unknown` or `unreadable` where there are no records to read. */
  readonly format: string;
  /** Records in, header and blank lines included: always events + rejects + headers. */
  readonly records: number;
  readonly events: number;
  readonly rejects: number;
  readonly headers: number;
  readonly first: Instant | null;
  readonly last: Instant | null;
  /** Events per table, by table name. */
  readonly tables: Readonly<Record<string, number>>;
  readonly rejected: readonly {
    readonly code: string;
    readonly reason: string;
    readonly count: number;
    readonly first_record: number;
  }[];
  readonly assumptions: readonly { readonly about: string; readonly value: string; readonly text: string }[];
  /** Id of the item with the same content that was read in its stead. */
  readonly duplicate_of: string | null;
  /** Archive this is a member of. */
  readonly container: string | null;
  readonly compression: 'none' | 'gzip' | 'zstd' | 'zip';
  /** One sentence when the item could not be read or understood. */
  readonly note: string | null;
}

export type HostRole = 'entry' | 'implant' | 'foothold' | 'relay' | 'pivot';
export type OutsideRole = 'controller' | 'hop' | 'drop' | 'target';

export interface IncidentHost {
  readonly ip: string;
  readonly role: HostRole;
  readonly first_seen: Instant;
  /** Finding ids that give it the role. */
  readonly findings: readonly string[];
}

export interface OutsideParty {
  readonly ip: string;
  readonly role: OutsideRole;
  readonly country: string | null;
  readonly asn: number | null;
  readonly as_name: string | null;
  readonly first_seen: Instant;
  readonly findings: readonly string[];
}

export interface TimelineEntry {
  readonly time: Instant;
  readonly until: Instant;
  /** ATT&CK tactic, e.g. `initial-access`. */
  readonly stage: string;
  readonly technique: string;
  /** One plain sentence without numbers; counts are figures. */
  readonly text: string;
  readonly host: string;
  readonly peer: string | null;
  readonly finding: string;
}

export interface Theft {
  readonly minimum_bytes: number;
  readonly best_bytes: number;
  readonly maximum_bytes: number;
  readonly to: readonly { readonly ip: string; readonly bytes: number }[];
  /** Best bytes by victim, destination and UTC day. */
  readonly ledger: readonly {
    readonly victim: string;
    readonly destination: string;
    readonly day: string;
    readonly minimum_bytes: number;
    readonly best_bytes: number;
    readonly maximum_bytes: number;
    readonly flows: number;
  }[];
  /** File names the logs name in it, sorted. */
  readonly files: readonly string[];
  /** The rule behind each bound, in words. */
  readonly rules: { readonly minimum: string; readonly best: string; readonly maximum: string };
}

export type RhythmVerdict = 'consistent' | 'not discriminating' | 'excluded';

/** What the hours of the acts say of people at work in one zone. */
export interface ZoneRhythm {
  readonly zone: string;
  /** First zone, by name, whose clocks showed the same at every act; the rival has none. */
  readonly clock: string | null;
  /** The working day that holds most of the acts, local hours. */
  readonly window: readonly [number, number];
  readonly verdict: RhythmVerdict;
  /** Chance of so few acts in it, times the hypotheses tried: 0 to 1. */
  readonly p: number;
  /** National holidays on its working days from the first act to the last, and acts on them; null: not considered. */
  readonly holidays: { readonly days: number; readonly acts: number } | null;
}

export interface Rhythm {
  /** Sittings: of the acts within an hour the first counts; the sparsest of them are left out. */
  readonly acts: number;
  /** When they began, in order. */
  readonly times: readonly Instant[];
  /** Why the hours tell no zone from another; null when they may. */
  readonly silent: 'too few' | 'timer' | 'spread' | 'no working day' | null;
  /** Different hypotheses tried, by which every p is multiplied. */
  readonly hypotheses: number;
  /** Zone of a fixed offset in which the victim's busiest hours are a working day; null when all its hours are alike. */
  readonly victim_clock: string | null;
  /** The rival first: what is done in the victim's night. */
  readonly zones: readonly ZoneRhythm[];
}

export interface Relay {
  readonly host: string;
  readonly controllers: readonly string[];
  readonly targets: readonly string[];
  readonly p: number;
  readonly signals: readonly string[];
}

export interface Chain {
  readonly score: number;
  readonly hops: readonly {
    readonly ip: string;
    readonly role: string;
    readonly from: Instant;
    readonly to: Instant;
    /** 0 to 1. */
    readonly score: number;
    /** What ties it to the hop before, in words without numbers. */
    readonly reasons: readonly string[];
  }[];
}

export interface Incident {
  readonly id: string;
  readonly title: string;
  /** At most three plain sentences that say what happened; any count in them is written `{figure:ID}`. */
  readonly summary: readonly string[];
  readonly organisation: string | null;
  readonly sector: string | null;
  readonly first_seen: Instant;
  readonly last_seen: Instant;
  readonly findings: readonly string[];
  readonly entry: {
    readonly host: string;
    readonly from: string | null;
    readonly time: Instant;
    readonly technique: string;
  } | null;
  readonly hosts: readonly IncidentHost[];
  readonly outside: readonly OutsideParty[];
  /** ATT&CK tactics in order of the matrix, with the techniques seen. */
  readonly stages: readonly {
    readonly tactic: string;
    readonly techniques: readonly string[];
    readonly first_seen: Instant;
    readonly last_seen: Instant;
    readonly findings: readonly string[];
  }[];
  readonly timeline: readonly TimelineEntry[];
  /** Who talked to whom: edges between hosts of the incident and outside parties. */
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly kind: 'control' | 'movement' | 'theft' | 'intrusion' | 'attack';
    readonly flows: number;
    readonly bytes_out: number;
    readonly bytes_in: number;
    readonly first_seen: Instant;
    readonly last_seen: Instant;
    readonly ports: readonly number[];
  }[];
  readonly theft: Theft | null;
  readonly rhythm: Rhythm | null;
  readonly relays: readonly Relay[];
  readonly chains: readonly Chain[];
}

export interface Figure {
  readonly id: string;
  readonly label: string;
  readonly value: FigureValue;
  readonly unit: string;
  readonly definition: FigureDefinition;
  /** Table of the bundle the definition reads. */
  readonly table: string;
  readonly sql_sha256: string;
}

export interface Sighting {
  readonly sensors: readonly [string, string];
  /** Flows both saw, counted once. */
  readonly flows: number;
  /** Clock of the second sensor minus that of the first, estimated. */
  readonly clock_offset_s: number;
}

export interface Investigation {
  readonly schema: string;
  readonly evidence: readonly EvidenceItem[];
  /** Whose network: prefixes taken as ours, and whether they were given or assumed. */
  readonly constituency: {
    readonly source: 'file' | 'assumed';
    readonly organisations: readonly {
      readonly organisation: string;
      readonly sector: string;
      readonly prefixes: readonly string[];
    }[];
  };
  readonly sightings: readonly Sighting[];
  readonly findings: readonly Finding[];
  readonly incidents: readonly Incident[];
  readonly figures: readonly Figure[];
  /** What could not be seen, in plain sentences. */
  readonly limits: readonly string[];
}
