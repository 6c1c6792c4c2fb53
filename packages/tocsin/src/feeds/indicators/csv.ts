// Indicators from CSV: a header with `value` (and `type`), two columns type,value, or one column. Takes the lines of a
// file, gives its indicators; throws indicators-file for a line that is none. Lines beginning with # are comments.
import { parse } from 'csv-parse/sync';
import { guessedIndicator, type Indicator, indicatorOf, isKnownType } from './indicator.ts';
import { badRecord, type ListedIndicator, noteOf, type OnSkipped } from './record.ts';

const valueNames = [
  'value',
  'indicator',
  'indicator_value',
  'ioc',
  'ioc_value',
  'observable',
  'ip',
  'domain',
  'url',
  'hash',
  'address',
  'cidr',
  'sha256',
  'md5',
  'sha1',
  'hostname',
];
const typeNames = ['type', 'indicator_type', 'ioc_type', 'kind'];
const noteNames = ['note', 'notes', 'comment', 'description', 'threat', 'malware', 'tags', 'source'];

export interface CsvLayout {
  readonly value: number;
  /** Column of the type, or the type of all values, or null: told from the value. */
  readonly type: number | string | null;
  readonly notes: readonly number[];
}

interface Context {
  readonly path: string;
  readonly onSkipped: OnSkipped;
}

/** Reads a CSV file line by line. */
export class CsvReader {
  readonly #context: Context;
  #layout: CsvLayout | null = null;
  #record = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** What the lines read so far say of the columns; null while there was none but comments. */
  get layout(): CsvLayout | null {
    return this.#layout;
  }

  /** Lines read so far. */
  get record(): number {
    return this.#record;
  }

  /** The indicator of the next line; null for a header, a comment or a type that is not matched. @throws TocsinError indicators-file */
  line(text: string): ListedIndicator | null {
    return this.lineAt(text, this.#record + 1);
  }

  /** The same of a line further on. @param record its number in the file, from 1 */
  lineAt(text: string, record: number): ListedIndicator | null {
    this.#record = record;
    const bare = record === 1 ? text.replace(/^\ufeff/, '') : text;
    if (bare.startsWith('#') || bare.trim() === '') return null;
    const cells = cellsOf(bare, record, this.#context.path);
    if (this.#layout === null) {
      const header = headerLayout(cells);
      this.#layout = header ?? bareLayout(cells);
      if (header !== null) return null;
    }
    return indicatorIn(cells, this.#layout, this.#context, record);
  }
}

function cellsOf(line: string, record: number, path: string): readonly string[] {
  if (!line.includes('"')) return line.split(line.includes(',') || !line.includes(';') ? ',' : ';');
  try {
    const rows: string[][] = parse(line, { relax_column_count: true });
    return rows[0] ?? [];
  } catch (error) {
    throw badRecord(path, `line ${record}`, 'the line is no CSV', error);
  }
}

function headerLayout(cells: readonly string[]): CsvLayout | null {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const value = valueNames.map((name) => names.indexOf(name)).find((at) => at >= 0);
  if (value === undefined || names.some((name) => guessedIndicator(name) !== null)) return null;
  const type = typeNames.map((name) => names.indexOf(name)).find((at) => at >= 0);
  const named = names[value] ?? '';
  const notes = noteNames.flatMap((name) => (names.includes(name) ? [names.indexOf(name)] : []));
  return { value, type: type ?? (isKnownType(named) ? named : null), notes };
}

/** Without a header: `type,value` when the first cell is a type, else the value stands first. */
function bareLayout(cells: readonly string[]): CsvLayout {
  const isTyped =
    cells.length > 1 && isKnownType(cells[0] ?? '') && guessedIndicator(cells[0] ?? '') === null;
  return isTyped ? { value: 1, type: 0, notes: [2] } : { value: 0, type: null, notes: [1] };
}

function indicatorIn(
  cells: readonly string[],
  layout: CsvLayout,
  { path, onSkipped }: Context,
  record: number,
): ListedIndicator | null {
  const value = (cells[layout.value] ?? '').trim();
  const type = typeof layout.type === 'number' ? (cells[layout.type] ?? '').trim() : (layout.type ?? '');
  if (value === '') throw badRecord(path, `line ${record}`, 'the line has no value');
  let found: Indicator | null;
  if (type === '') found = guessedIndicator(value);
  else if (isKnownType(type)) found = indicatorOf(type, value) ?? otherForm(type, value);
  else {
    onSkipped(type.slice(0, 60));
    return null;
  }
  if (found === null) {
    const what = type === '' ? 'address, domain, URL, hash or mail address' : type.slice(0, 60);
    throw badRecord(path, `line ${record}`, `the value is no ${what}`);
  }
  const { kind, value: normal, low, bits } = found;
  const note = noteOf(...layout.notes.map((at) => cells[at]));
  return { kind, value: normal, low, bits, type: type === '' ? kind : type, record, note };
}

/** Lists put addresses among hosts and domains; a type `host` or `domain` is no reason to refuse them. */
function otherForm(type: string, value: string): Indicator | null {
  if (!/^(?:domain|domainname|hostname|host|fqdn|url|uri|ip|address)$/i.test(type)) return null;
  const guessed = guessedIndicator(value);
  return guessed === null || guessed.kind === 'hash' || guessed.kind === 'email' ? null : guessed;
}
