// The two files that say whose a network is: constituency.csv (organisation,sector,cidr,contact) and
// networks.csv (cidr,asn,as_name,country). Strict: a line that is not understood is an error, not a guess.
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { TocsinError } from '../ground/errors.ts';
import { byText } from '../ground/ids.ts';
import { type Prefix, parsePrefix } from '../vocabulary/address.ts';

export interface ConstituencyPrefix {
  readonly organisation: string;
  readonly sector: string;
  readonly prefix: Prefix;
  readonly contact: string;
}

export interface NetworkPrefix {
  readonly prefix: Prefix;
  /** 0 when not given. */
  readonly asn: number;
  readonly asName: string;
  readonly country: string;
}

interface Line {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** Reads constituency.csv; several prefixes of one organisation are several lines. @throws TocsinError networks-file, path-missing, path-unreadable */
export function readConstituency(path: string): readonly ConstituencyPrefix[] {
  const lines = readLines(path, ['organisation', 'cidr'], ['organisation', 'sector', 'cidr', 'contact']);
  return lines
    .map(({ line, cells }) => ({
      organisation: cells['organisation'] ?? '',
      sector: cells['sector'] ?? '',
      prefix: prefixAt(path, line, cells['cidr'] ?? ''),
      contact: cells['contact'] ?? '',
    }))
    .sort(
      (left, right) =>
        byText(left.organisation, right.organisation) || byText(left.prefix.text, right.prefix.text),
    );
}

/** Reads networks.csv. @throws TocsinError networks-file, path-missing, path-unreadable */
export function readNetworks(path: string): readonly NetworkPrefix[] {
  return readLines(path, ['cidr'], ['cidr', 'asn', 'as_name', 'country']).map(({ line, cells }) => {
    const asn = (cells['asn'] ?? '').replace(/^AS/i, '');
    if (!/^\d{0,10}$/.test(asn) || Number(asn) > 4_294_967_295) {
      throw new TocsinError('networks-file', { path, line, detail: 'the AS number is none' });
    }
    return {
      prefix: prefixAt(path, line, cells['cidr'] ?? ''),
      asn: Number(asn),
      asName: cells['as_name'] ?? '',
      country: cells['country'] ?? '',
    };
  });
}

function prefixAt(path: string, line: number, text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === null)
    throw new TocsinError('networks-file', { path, line, detail: 'the cidr is no network prefix' });
  return prefix;
}

function readLines(path: string, needed: readonly string[], known: readonly string[]): readonly Line[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT') throw new TocsinError('path-missing', { path }, error);
    throw new TocsinError('path-unreadable', { path, detail: code }, error);
  }
  let rows: string[][];
  const lines: number[] = [];
  try {
    rows = parse(text, {
      bom: true,
      on_record: (row: string[], info) => {
        lines.push(info.lines);
        return row;
      },
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      comment: '#',
      comment_no_infix: true,
    });
  } catch (error) {
    const line = error instanceof Error && 'lines' in error ? Number(error.lines) : 1;
    throw new TocsinError('networks-file', { path, line, detail: 'the line is no CSV' }, error);
  }
  const header = (rows[0] ?? []).map((name) => name.toLowerCase());
  const missing = needed.filter((name) => !header.includes(name));
  const unknown = header.filter((name) => !known.includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    const detail =
      missing.length > 0
        ? `the header lacks ${missing.join(', ')}`
        : `the header has the unknown column ${unknown.join(', ')}`;
    throw new TocsinError('networks-file', { path, line: 1, detail });
  }
  return rows.slice(1).map((row, at) => {
    const line = lines[at + 1] ?? at + 2;
    if (row.slice(header.length).some((cell) => cell !== ''))
      throw new TocsinError('networks-file', {
        path,
        line,
        detail: 'the row has more cells than the header',
      });
    return { line, cells: Object.fromEntries(header.map((name, column) => [name, row[column] ?? ''])) };
  });
}
