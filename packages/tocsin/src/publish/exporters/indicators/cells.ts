// Cells of CSV that no spreadsheet takes for a formula (RFC 4180, and what spreadsheets make of it).

/**
 * What makes a spreadsheet read a cell as a formula when it comes first: the signs, their full-width and small forms, tab
 * and line ends; also behind a quote mark or blanks, which some programs drop.
 */
const formula =
  /^[\s"'\p{Cf}\p{Cc}]*[=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/u;

/** A text as one cell: an apostrophe before what could be a formula, quotes where RFC 4180 wants them. */
export function cell(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A record with its line end. */
export function record(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}
