// Any CSV with a line of column names, read as the mapping file of --mapping says. Lines of a title or of `sep=;` may
// stand before the names; these, the names and repeated names (files put together) are headers.
import { parse } from 'csv-parse/sync';
import type { Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { columnsNeeded, type Mapping, openMapping, parseMapping } from '../mapping.ts';

const delimiters = [',', ';', '\t', '|'] as const;

/** Cells of one row; null when its quotes do not close. */
function cellsOf(row: string, delimiter: string): readonly string[] | null {
  if (!row.includes('"')) return row.split(delimiter);
  try {
    const rows: unknown = parse(row, { delimiter, relax_quotes: true, relax_column_count: true });
    const [first]: unknown[] = Array.isArray(rows) ? rows : [];
    return Array.isArray(first) ? first.map(String) : [];
  } catch {
    return null;
  }
}

interface Layout {
  readonly delimiter: string;
  readonly names: readonly string[];
  /** The line that names them. */
  readonly line: string;
  /** Lines up to the names, these included; blank ones not counted. */
  readonly headerLines: number;
}

const mostTitleLines = 20;

/** Where and how the columns are named; null when no line names all that the mapping needs: it was not written for this file. */
function layoutOf(sample: Sample, mapping: Mapping): Layout | null {
  const needed = columnsNeeded(mapping);
  const lines = sample.lines.filter((line) => line.trim() !== '').slice(0, mostTitleLines);
  for (const [at, line] of lines.entries()) {
    for (const delimiter of mapping.delimiter === undefined ? delimiters : [mapping.delimiter]) {
      const names = namesOf(line, delimiter);
      if (needed.every((name) => names.includes(name)))
        return { delimiter, names, line, headerLines: at + 1 };
    }
  }
  return null;
}

function namesOf(line: string, delimiter: string): readonly string[] {
  return (cellsOf(line.replace(/^\ufeff/, ''), delimiter) ?? []).map((name) => name.trim());
}

function recognise(sample: Sample, mappingText: string | null = null): number {
  if (mappingText === null) return 0;
  const mapping = parseMapping(mappingText, 'the mapping file');
  return mapping.format !== 'json' && layoutOf(sample, mapping) !== null ? 0.5 : 0;
}

function open(sample: Sample, settings: ParseSettings): RecordParser {
  const mapping = settings.mapping === null ? null : parseMapping(settings.mapping, 'the mapping file');
  const layout = mapping === null ? null : layoutOf(sample, mapping);
  if (mapping === null || layout === null) {
    const reject = { code: 'no-header', reason: 'no mapping explains this file' } as const;
    return { record: () => ({ reject }), assumptions: () => [] };
  }
  const mapped = openMapping(mapping, settings);
  const { delimiter, names } = layout;
  // Of two columns of one name the first counts.
  const at = new Map(names.map((name, index): [string, number] => [name, index]).reverse());
  let headersLeft = layout.headerLines;
  const record = (row: string): Outcome => {
    if (headersLeft > 0 || row === layout.line) {
      headersLeft = row === layout.line ? 0 : headersLeft - 1;
      return { header: true };
    }
    const cells = cellsOf(row, delimiter);
    if (cells === null) return { reject: { code: 'pattern-mismatch', reason: 'its quotes do not close' } };
    const isSurplusEmpty = cells.slice(names.length).every((cell) => cell.trim() === '');
    if (cells.length < names.length || !isSurplusEmpty) {
      const reason = `${names.length} columns are named above`;
      return { reject: { code: 'not-delimited', reason } };
    }
    return mapped.read((name) => cells[at.get(name) ?? -1]);
  };
  return { record, assumptions: mapped.assumptions };
}

export const format: RecordFormat = {
  id: 'mapped-csv',
  title: 'Any CSV, with a mapping file',
  definedBy: 'RFC 4180',
  kind: 'records',
  framing: 'csv-rows',
  recognise,
  open,
};
