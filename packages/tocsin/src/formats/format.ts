// What a format is. One folder formats/<name>/ exports `format: Format`; everything else finds it through the
// generated registry. A format is recognised by content alone, and turns each record into an event, a reject,
// or a header line: nothing else, so that the count of records always adds up.
import type { LineCells } from '../store/events/engine.ts';
import type { Instant } from '../vocabulary/instant.ts';
import type { Assumption, Outcome, Sample } from './outcome.ts';
import type { ToolFormat } from './tool.ts';

export type { Assumption, Outcome, Sample };

/** How a file is cut into records. */
export type Framing =
  /** One record a line. */
  | 'lines'
  /** One record per JSON object: NDJSON, a pretty-printed sequence, or the elements of one top-level array. */
  | 'json-values'
  /** One record per CSV row; quoted fields may hold line ends. */
  | 'csv-rows';

/** What a parser may be told from outside. */
export interface ParseSettings {
  /** Minutes east of UTC for times without a zone; 0 unless set. */
  readonly assumedZoneMinutes: number;
  readonly isZoneSet: boolean;
  /** Year of the first record for times without one; null: derived, see the format. */
  readonly assumedYear: number | null;
  /** Time of the latest event of the other evidence, to derive a missing year from; null when there is none. */
  readonly evidenceLast: Instant | null;
  /** Text of the mapping file given by --mapping, for the generic formats. */
  readonly mapping: string | null;
  /** Path of the evidence as listed, for messages. */
  readonly path: string;
}

export interface RecordParser {
  /** One record, without its line end, to its outcome. Must not throw, whatever the text. */
  readonly record: (text: string) => Outcome;
  /** Assumptions made so far. */
  readonly assumptions: () => readonly Assumption[];
}

interface FormatBase {
  /** Folder name, kebab case. */
  readonly id: string;
  readonly title: string;
  /** Where the format is defined (a URL or RFC). */
  readonly definedBy: string;
  /**
   * How sure the content is of this format: 0 not at all, 1 certainly; `mapping` is the text of the mapping file. At least 0.5 wins; the highest wins,
   * a tie goes to the smaller id.
   */
  readonly recognise: (sample: Sample, mapping?: string | null) => number;
  /** True when its times may lack the year: such files are read last, when the others have shown theirs. */
  readonly lacksYear?: boolean;
}

/** A format parsed record by record in this process. */
export interface RecordFormat extends FormatBase {
  readonly kind: 'records';
  readonly framing: Framing;
  readonly open: (sample: Sample, settings: ParseSettings) => RecordParser;
}

/** A selection of an events table's rows out of raw lines, written in SQL for the engine to run in bulk. */
export interface Projection {
  readonly table: string;
  /** Column to SQL expression over `line` (String) and the CTE columns of `with`; strict: a bad value throws. */
  readonly columns: Readonly<Record<string, string>>;
  /** CTE expressions, `name` to SQL over `line`. */
  readonly with: Readonly<Record<string, string>>;
  /** SQL condition that tells which lines are records of this projection; null: all. */
  readonly where: string | null;
  /** A cheap condition over `line` and `with` that every whole record meets where the strict columns would not notice. */
  readonly shape: string | null;
  /** Cases of reject in order: the first condition that holds gives the code. Over `line` and `with`, never throwing. */
  readonly rejects: readonly { readonly when: string; readonly code: string; readonly reason: string }[];
  /** The same records by the engine's own reader; null where it cannot read them. */
  readonly quick: CellReading | null;
}

/**
 * The quickest reading, for blocks of plain lines (see bulk-load.ts): each cell is read as its type at once, without a
 * line being kept. Anything it does not take, or takes for something else than the expressions over the line would,
 * must make it throw.
 */
export interface CellReading {
  readonly cells: LineCells;
  /** Column to SQL expression over the cells. */
  readonly columns: Readonly<Record<string, string>>;
  /** SQL condition over the cells that tells which lines are records of this projection; null: all. */
  readonly where: string | null;
  /** SQL conditions over the cells that every sound record meets. */
  readonly sound: readonly string[];
}

/** A run of lines that share one header. */
export interface Segment {
  /** SQL over `line` that names the kind of record where one file holds several; null when there is one kind. */
  readonly tell: string | null;
  /** The projections for the kinds found in a block; together they take every line of it. */
  readonly projections: (kinds: readonly string[]) => readonly Projection[];
}

/**
 * A line format the engine parses in bulk. The reader cuts the file into newline-aligned blocks; a header (a run of
 * lines for which `isHeader` holds) starts a new segment.
 */
export interface BulkFormat extends FormatBase {
  readonly kind: 'bulk';
  /** What the cells of its quickest reading are; null when it has none. */
  readonly cellFormat: LineCells['format'] | null;
  /** First bytes of a header line; null when the format has no headers. */
  readonly headerMark: string | null;
  /** Explains the lines that follow; null when the header changes nothing (a footer). `header` is the run of header lines (empty without any), `sample` the first data lines. */
  readonly segment: (header: readonly string[], sample: readonly string[]) => Segment | null;
}

export type Format = RecordFormat | BulkFormat | ToolFormat;
