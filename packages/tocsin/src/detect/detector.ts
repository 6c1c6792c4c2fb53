// What a detector is. One folder detect/<name>/ holds detect.sql (set work, bound parameters only), detector.ts
// (exporting `detector`) and cases/ (a planted case and its benign twin). Where it looks at single flows of a few pairs
// of addresses, pairs.sql names these: rows of `role`, `src_ip` and `dst_ip`, which it finds again in `watched_pair`, and
// their flows in `watched_flow`.
import type { z } from 'zod';
import type { TableName } from '../vocabulary/dictionary.ts';
import type { EventSelector, FindingDraft } from '../vocabulary/finding.ts';

/** A tunable of a detector; also bound as `{name:type}` in its SQL. */
export interface Parameter {
  /** ClickHouse type of the bound parameter. */
  readonly type: string;
  readonly value: number | string | readonly string[] | readonly number[];
  readonly unit: string;
  readonly meaning: string;
}

/** What a detector may know beside its rows. */
export interface DetectContext {
  /** True when the address belongs to the constituency. */
  readonly isInside: (ip: string) => boolean;
  /** Organisation of an address of the constituency; null outside, and where none is named. */
  readonly organisationOf: (ip: string) => string | null;
  /** Values of the parameters, by name. */
  readonly parameters: Readonly<Record<string, Parameter['value']>>;
}

/** A further SELECT of a detector. */
export interface Question {
  /** Name of the file in the detector's folder. */
  readonly file: string;
  /** Events tables it reads; it is not asked when all of them are empty. */
  readonly tables: readonly TableName[];
}

export interface Detector<Row = unknown> {
  /** Folder name, kebab case. */
  readonly id: string;
  readonly title: string;
  /** ATT&CK technique id, e.g. `T1046`. */
  readonly technique: string;
  /** Events tables detect.sql reads; it is not asked when all of them are empty. */
  readonly tables: readonly TableName[];
  /** What it asks besides: planning one great query costs more than asking only for what the evidence has. */
  readonly also?: readonly Question[];
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Shape of one row, of whichever question. Addresses are text, times Instants, counts numbers. */
  readonly row: z.ZodType<Row>;
  /** What the score means; it always runs from 0 to 1. */
  readonly scoreMeaning: string;
  /** What a reader must not conclude from a finding. */
  readonly caveat: string;
  /** Rows to findings: pure and total. */
  readonly judge: (rows: readonly Row[], context: DetectContext) => readonly FindingDraft[];
}

/** Lets each detector keep its own row type while the registry holds them together. */
export function defineDetector<Row>(detector: Detector<Row>): Detector<Row> {
  return detector;
}

export type { EventSelector, FindingDraft };
