// How the fields of a Zeek record are reached, whatever it is written in: text between separators, or JSON.
import type { LineCells } from '../../store/events/engine.ts';

export interface Spelling {
  /** CTE expressions the accessors stand on. */
  readonly with: Readonly<Record<string, string>>;
  /** SQL for the text of a field, '' when unset; null when the record cannot have it. */
  readonly text: (field: string) => string | null;
  /** SQL for a vector or set of text; null when the record cannot have it. */
  readonly list: (field: string) => string | null;
  /** Cheap condition of a whole record where a bad one could pass the strict columns; null when it cannot. */
  readonly shape: string | null;
  /** Condition that a line is a whole record of this spelling; never throws. */
  readonly isWhole: string;
  readonly notWhole: { readonly code: string; readonly reason: string };
  /** SQL for the sensor's name, '' when the record has none. */
  readonly sensor: string;
  /** How the same fields are reached where the engine takes the lines apart; null where it cannot. */
  readonly cells: Cells | null;
}

/** How the fields of a record are reached where the engine takes the lines apart. */
export interface Cells {
  readonly format: LineCells['format'];
  /** Names of all cells, in order. */
  readonly names: readonly string[];
  /** Names of the cells that may hold a field, the first that has one counts. */
  readonly of: (field: string) => readonly string[];
  /** SQL for the text of a field, '' when unset; null when the record cannot have it. */
  readonly text: (field: string) => string | null;
  readonly list: (field: string) => string | null;
  /** SQL for the sensor's name, '' when the record has none. */
  readonly sensor: string;
  /** Cells that hold lists. */
  readonly lists: readonly string[];
  /** Condition over the cells that tells the records of the stream from others in the file; null: all. */
  readonly where: string | null;
}

/** The field every stream has. */
export const timeField = 'ts';
