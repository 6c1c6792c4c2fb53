// Any CSV with a line of column names, read as the mapping file of --mapping says.
import { parse } from 'csv-parse/sync';
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { columnsNeeded, type Mapping, openMapping, parseMapping, timeColumns } from '../mapping.ts';

const delimiters = [',', ';', '\t', '|'] as const;

/** Cells of one row; null when its quotes do not close. */
function cellsOf(row: string, delimiter: string): readonly string[] | null {
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
}

/** How the first row names its columns; null when the columns of the mapping's time are not among them. */
function layoutOf(sample: Sample, mapping: Mapping): Layout | null {
  const head = (sample.lines[0] ?? '').replace(/^\ufeff/, '');
  for (const delimiter of mapping.delimiter === undefined ? delimiters : [mapping.delimiter]) {
    const names = (cellsOf(head, delimiter) ?? []).map((name) => name.trim());
    if (timeColumns(mapping).every((name) => names.includes(name))) return { delimiter, names };
  }
  return null;
}

function recognise(sample: Sample, mappingText: string | null = null): number {
  if (mappingText === null) return 0;
  const mapping = parseMapping(mappingText, 'the mapping file');
  if (mapping.format === 'json') return 0;
  const layout = layoutOf(sample, mapping);
  // Every column the mapping names must be there: a file it was not written for is better left unread.
  return layout !== null && columnsNeeded(mapping).every((name) => layout.names.includes(name)) ? 0.5 : 0;
}

function open(sample: Sample, settings: ParseSettings): RecordParser {
  const mapping = settings.mapping === null ? null : parseMapping(settings.mapping, 'the mapping file');
  const layout = mapping === null ? null : layoutOf(sample, mapping);
  if (mapping === null || layout === null) {
    const reject = { code: 'no-header', reason: 'no mapping explains this file' } as const;
    return { record: () => ({ reject }), assumptions: () => [] };
  }
  const mapped = openMapping(mapping, settings.assumedZoneMinutes);
  const at = new Map(layout.names.map((name, index) => [name, index]));
  let isFirst = true;
  const record = (row: string): Outcome => {
    if (isFirst) {
      isFirst = false;
      return { header: true };
    }
    const cells = cellsOf(row, layout.delimiter);
    if (cells === null) return { reject: { code: 'pattern-mismatch', reason: 'its quotes do not close' } };
    if (cells.length !== layout.names.length) {
      const reason = `${layout.names.length} columns are named in the first line`;
      return { reject: { code: 'not-delimited', reason } };
    }
    return mapped.read((name) => cells[at.get(name) ?? -1]);
  };
  return {
    record,
    assumptions: () => (mapped.isZoneAssumed() && !settings.isZoneSet ? [zoneAssumed] : []),
  };
}

const zoneAssumed: Assumption = {
  about: 'zone',
  value: '+00:00',
  text: 'Neither the file nor its mapping names a zone; times are taken as UTC. Set one in the mapping or with --assume-zone.',
};

export const format: RecordFormat = {
  id: 'mapped-csv',
  title: 'Any CSV, with a mapping file',
  definedBy: 'RFC 4180',
  kind: 'records',
  framing: 'csv-rows',
  recognise,
  open,
};
