// Everything a check of a bundle can find wrong: a closed union, each naming the file, table, row or figure.
import type { FigureValue } from './definition.ts';
import type { DefinitionProblemCode } from './validate.ts';

export type Problem =
  | ContainerProblem
  /** A file that its list names is not there. */
  | { readonly code: 'file-missing'; readonly file: string }
  /** A file that no list names. */
  | { readonly code: 'file-extra'; readonly file: string }
  /** A file that this list should name and does not. */
  | { readonly code: 'file-unlisted'; readonly file: string; readonly listedIn: string }
  /** SHA-256 of the file's bytes is not the one its list gives. */
  | { readonly code: 'file-digest'; readonly file: string; readonly listedIn: string }
  /** A file is not written as its format says. */
  | { readonly code: 'file-form'; readonly file: string; readonly line: number; readonly detail: string }
  | { readonly code: 'file-unreadable'; readonly file: string; readonly detail: string }
  /** A row is not a row of its table's schema. Rows count from 1. */
  | {
      readonly code: 'row-form';
      readonly table: string;
      readonly row: number;
      readonly column: string | null;
    }
  /** A row is not the one committed to. */
  | { readonly code: 'row-digest'; readonly table: string; readonly row: number }
  /** A row stands where the commitment has none. */
  | { readonly code: 'row-extra'; readonly table: string; readonly row: number }
  /** A committed row is not there; `row` counts in the commitment. */
  | { readonly code: 'row-missing'; readonly table: string; readonly row: number }
  /** A row is as its schema commits to it, but the list of row digests has another digest for it. */
  | { readonly code: 'leaf-digest'; readonly table: string; readonly row: number }
  /** So many more rows or digests are wrong. */
  | { readonly code: 'row-more'; readonly table: string; readonly count: number }
  | {
      readonly code: 'row-count';
      readonly table: string;
      readonly expected: number;
      readonly found: number;
    }
  /** The rows as a whole are not those of the schema. */
  | { readonly code: 'table-digest'; readonly table: string }
  /** The rows and the withheld cells do not lead to the root that the schema commits to. */
  | { readonly code: 'table-root'; readonly table: string }
  /** The list of withheld cells' commitments is not the one of the schema. */
  | { readonly code: 'withheld-digest'; readonly table: string }
  /** The list of row digests is not the one of the schema. */
  | { readonly code: 'leaves-digest'; readonly table: string }
  | {
      readonly code: 'definition-invalid';
      readonly figure: string;
      readonly reason: DefinitionProblemCode;
      readonly at: string;
    }
  /** The value stated is not the one the rows give. */
  | {
      readonly code: 'figure-mismatch';
      readonly figure: string;
      /** As the bundle has it; may be no figure's value at all. */
      readonly stated: unknown;
      readonly computed: FigureValue;
    }
  /** Id, label, unit, definition or table is not what was committed to. */
  | { readonly code: 'figure-digest'; readonly figure: string }
  /** figures.json and investigation.json do not say the same of it. */
  | { readonly code: 'figure-differs'; readonly figure: string; readonly key: string }
  /** It needs more memory than there is, or its table cannot be read. */
  | { readonly code: 'figure-unchecked'; readonly figure: string; readonly detail: string }
  /** The report shows a figure that the bundle does not have. */
  | { readonly code: 'report-unknown-figure'; readonly figure: string; readonly occurrence: number }
  /** The value the report carries is not the figure's. */
  | {
      readonly code: 'report-value';
      readonly figure: string;
      readonly occurrence: number;
      readonly expected: string;
      readonly found: string | null;
    }
  /** The text the report shows for a figure is not the one committed to, or no rounding of the value. */
  | {
      readonly code: 'report-text';
      readonly figure: string;
      readonly occurrence: number;
      readonly expected: string | null;
      readonly found: string | null;
    };

export type ProblemCode = Problem['code'];

/** What can be wrong with the archive or folder itself. */
export const containerProblems = {
  'not-a-bundle': 'this is not a bundle',
  'old-version': 'this is a bundle of format version 1, which is not read any more',
  'other-version': 'this is a bundle of another format version than 2, which is the one that is read',
  'not-a-zip': 'this is not a zip archive, or its end is missing',
  'zip-damaged': 'the archive is damaged',
  'zip-checksum': "the content does not have the archive's checksum",
  'zip-compression': 'the content does not decompress',
  'zip64-refused': 'archives of 4 GiB or more are not read',
  'encrypted-refused': 'encrypted archives are not read',
  'method-refused': 'only stored and deflated content is read',
  'unsafe-name': 'the archive holds an unsafe file name',
  'duplicate-name': 'the archive holds one name twice',
  'overlap-refused': 'files of the archive overlap',
  'too-many-files': 'the archive holds too many files',
  'too-large': 'the content is larger than the limit or than the archive says',
  'bomb-refused': 'the content is packed more tightly than that of any bundle, and would fill memory or disk',
  'not-a-file': 'it is no plain file',
} as const;

export type ContainerCode = keyof typeof containerProblems;

export interface ContainerProblem {
  readonly code: ContainerCode;
  /** The file of the archive it is about, or null. */
  readonly file: string | null;
}

/** The archive or one file in it cannot be read. */
export class ContainerError extends Error {
  readonly problem: ContainerProblem;

  constructor(code: ContainerCode, file: string | null = null) {
    super(file === null ? containerProblems[code] : `${file}: ${containerProblems[code]}`);
    this.name = 'ContainerError';
    this.problem = { code, file };
  }
}
