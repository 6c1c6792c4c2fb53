// The figure: a small declarative query from a closed set over one table of a bundle. This file is the format;
// evaluate.ts computes it here, and Tocsin compiles the same definition to SQL. The two must agree.

/** A cell as a bundle's NDJSON holds it. Integers beyond 2^53 are decimal text; there are no floats. */
export type Cell = string | number | null | readonly string[];

export type Row = Readonly<Record<string, Cell>>;

export type Filter =
  | { readonly op: '='; readonly column: string; readonly value: string | number }
  | { readonly op: 'in'; readonly column: string; readonly values: readonly (string | number)[] }
  /** from <= cell < to, numbers as numbers and text in byte order; either end may be absent. */
  | {
      readonly op: 'range';
      readonly column: string;
      readonly from?: string | number;
      readonly to?: string | number;
    }
  /** The cell is an address inside the prefix. */
  | { readonly op: 'cidr'; readonly column: string; readonly prefix: string }
  | { readonly op: 'prefix'; readonly column: string; readonly text: string };

export type Measure =
  | ScalarMeasure
  /** Every group by key in byte order, at most 1000 of them. */
  | { readonly op: 'group'; readonly by: string; readonly measure: ScalarMeasure }
  /** The k groups with the largest measure; ties by key in byte order. */
  | { readonly op: 'top'; readonly by: string; readonly k: number; readonly measure: GroupMeasure }
  /**
   * Rows per hour (0-23), weekday (1 Monday - 7), hour of the week (`1 09`: Monday, 9:00 to 10:00) or day (YYYY-MM-DD)
   * of a time column, in a zone of the tz database.
   */
  | {
      readonly op: 'histogram';
      readonly column: string;
      readonly per: HistogramPeriod;
      readonly zone: string;
    };

export type HistogramPeriod = 'hour' | 'weekday' | 'hour-of-week' | 'day';

/** One value over the rows, or over those of a group. */
export type ScalarMeasure =
  | GroupMeasure
  | { readonly op: 'min'; readonly column: string }
  | { readonly op: 'max'; readonly column: string }
  /** Rows that also meet `of`, over all rows: both parts are the value. */
  | { readonly op: 'share'; readonly of: readonly Filter[] }
  /** Nearest-rank quantile of an integer column; 500 is the median. */
  | { readonly op: 'quantile'; readonly column: string; readonly perMille: number };

/** What groups can be ranked by. */
export type GroupMeasure =
  | { readonly op: 'count' }
  /** Integer sum; null cells count as nothing. */
  | { readonly op: 'sum'; readonly column: string }
  /** Exact count of distinct non-null cells. */
  | { readonly op: 'distinct'; readonly column: string };

export interface FigureDefinition {
  readonly table: string;
  readonly where: readonly Filter[];
  readonly measure: Measure;
}

/**
 * count, distinct, sum, quantile: an integer (decimal text beyond 2^53); min and max: the cell, null over no rows;
 * share: both parts; group, top and histogram: pairs in order.
 */
export type FigureValue = ScalarValue | readonly { readonly key: string; readonly value: ScalarValue }[];

export type ScalarValue = number | string | null | { readonly part: number; readonly whole: number };
