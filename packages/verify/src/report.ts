// The result of a check as lines of text for a terminal. Text out of a bundle is somebody else's: shortened, and its
// control characters shown, not obeyed.
import type { Verification } from './bundle.ts';
import { containerProblems, type Problem } from './problem.ts';
import { canonicalJson } from './text.ts';

const listedProblems = 200;

/** Lines: one a figure, one a table, one a problem, and the verdict last. */
export function reportLines({
  isVerified,
  figures,
  tables,
  files,
  problems,
}: Verification): readonly string[] {
  const words = {
    verified: 'verified      ',
    'partly-verified': 'partly        ',
    mismatch: 'MISMATCH      ',
    'not-verifiable': 'not verifiable',
  } as const;
  const counted = (status: keyof typeof words) => figures.filter((figure) => figure.status === status).length;
  return [
    ...figures.map(({ id, label, unit, value, computed, status, checkedRows, table }) => {
      const measured = unit === '' ? '' : ` ${printable(unit)}`;
      const rows = tables.find(({ name }) => name === table)?.rows ?? 0;
      const more =
        status === 'mismatch' && computed !== null
          ? ` stated, ${shown(computed)}${measured} by the rows`
          : status === 'partly-verified'
            ? ` (partly verified: pseudonyms of ${checkedRows} of ${rows} rows checked)`
            : '';
      return `${words[status]}  ${printable(id)}: ${printable(label)} = ${shown(value)}${measured}${more}`;
    }),
    ...tables.map(
      ({ name, rows, isIntact }) =>
        `${isIntact ? 'intact        ' : 'DAMAGED       '}  table ${name}: ${rows} rows`,
    ),
    ...problems
      .slice(0, listedProblems)
      .map((problem) => `PROBLEM         ${problemText(problem)} [${problem.code}]`),
    ...(problems.length > listedProblems
      ? [`PROBLEM         and ${problems.length - listedProblems} more`]
      : []),
    isVerified
      ? `VERIFIED: ${figures.length} figures recomputed from the rows, ${files} files as listed.`
      : `FAILED: ${counted('verified')} of ${figures.length} figures verified, ${counted('mismatch')} mismatched, ` +
        `${counted('not-verifiable')} not verifiable; problems: ${problems.length}.`,
  ];
}

/** One sentence that names what is wrong. */
export function problemText(problem: Problem): string {
  switch (problem.code) {
    case 'file-missing':
      return `${printable(problem.file)} is missing`;
    case 'file-extra':
      return `${printable(problem.file)} is there, and nothing speaks for it`;
    case 'file-unlisted':
      return `${printable(problem.file)} is not listed in ${problem.listedIn}`;
    case 'file-digest':
      return `${printable(problem.file)} was changed: its SHA-256 is not the one in ${problem.listedIn}`;
    case 'file-form':
      return `${printable(problem.file)}${problem.line > 0 ? `, line ${problem.line}` : ''}: ${problem.detail}`;
    case 'file-unreadable':
      return `${printable(problem.file)} cannot be read: ${problem.detail}`;
    case 'row-form':
      return `table ${problem.table}, row ${problem.row}: ${problem.column === null ? 'the line is no row' : `column ${problem.column} does not conform`}`;
    case 'row-digest':
      return `table ${problem.table}, row ${problem.row} was changed`;
    case 'row-extra':
      return `table ${problem.table}, row ${problem.row} was added`;
    case 'row-missing':
      return `table ${problem.table}: the committed row ${problem.row} was left out`;
    case 'leaf-digest':
      return `table ${problem.table}: the digest listed for row ${problem.row} was changed, the row was not`;
    case 'row-more':
      return `table ${problem.table}: ${problem.count} more like these`;
    case 'row-count':
      return `table ${problem.table} has ${problem.found} rows, its schema says ${problem.expected}`;
    case 'table-digest':
      return `the rows of table ${problem.table} are not those its schema commits to`;
    case 'table-root':
      return `the rows of table ${problem.table} do not lead to the root that is committed to`;
    case 'withheld-digest':
      return `the withheld cells of table ${problem.table} are not those its schema commits to`;
    case 'leaves-digest':
      return `the row digests of table ${problem.table} are not those its schema commits to`;
    case 'definition-invalid':
      return `figure ${printable(problem.figure)}: its definition cannot be computed (${problem.reason} at ${printable(problem.at)})`;
    case 'figure-mismatch':
      return `figure ${printable(problem.figure)} is stated as ${shown(problem.stated)}, the rows give ${shown(problem.computed)}`;
    case 'figure-digest':
      return `figure ${printable(problem.figure)}: its label, unit, definition or table was changed, or its digest was`;
    case 'figure-differs':
      return `figure ${printable(problem.figure)}: ${printable(problem.key)} is not the same in investigation.json`;
    case 'figure-unchecked':
      return `figure ${printable(problem.figure)} cannot be checked: ${problem.detail}`;
    case 'report-unknown-figure':
      return `the report shows figure ${printable(problem.figure)}, which the bundle does not have`;
    case 'report-value':
      return `the report carries ${shown(problem.found)} for figure ${printable(problem.figure)} (shown as number ${problem.occurrence}), the bundle has ${shown(problem.expected)}`;
    case 'report-text':
      return `the report shows ${shown(problem.found)} for figure ${printable(problem.figure)} (shown as number ${problem.occurrence}), expected ${shown(problem.expected)}`;
    default:
      return `${problem.file === null ? '' : `${printable(problem.file)}: `}${containerProblems[problem.code]}`;
  }
}

function shown(value: unknown): string {
  return value === undefined
    ? 'nothing'
    : printable(typeof value === 'string' ? value : canonicalJson(value));
}

/** At most so many characters, with control and direction characters written as `\u…`. */
export function printable(text: string, most = 200): string {
  const short = text.length > most ? `${text.slice(0, most)}…` : text;
  return short.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
