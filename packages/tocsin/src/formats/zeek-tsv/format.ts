// Zeek's own tab-separated logs, read by the header of each: any stream, any order of columns, any extra columns,
// several logs in one file. https://docs.zeek.org/en/master/log-formats.html
import type { BulkFormat, Segment } from '../format.ts';
import { projectionOf } from '../zeek/projection.ts';
import type { Cells, Spelling } from '../zeek/spelling.ts';

interface Header {
  readonly separator: string;
  readonly setSeparator: string;
  readonly empty: string;
  readonly unset: string;
  readonly path: string;
  readonly fields: readonly string[];
  /** Zeek types of the fields; empty when the header leaves them out. */
  readonly types: readonly string[];
}

/** Reads the `#` lines before the data; null when they declare no fields (a footer). */
export function readHeader(lines: readonly string[]): Header | null {
  const values = new Map<string, string>();
  let separator = '\t';
  for (const line of lines) {
    const declared = /^#separator (?:\\x([0-9a-fA-F]{2})|(.))$/.exec(line);
    if (declared) {
      separator =
        declared[1] === undefined
          ? (declared[2] ?? '\t')
          : String.fromCharCode(Number.parseInt(declared[1], 16));
    } else {
      const at = line.indexOf(separator);
      if (at > 0) values.set(line.slice(1, at), line.slice(at + 1));
    }
  }
  const fields = values.get('fields');
  if (fields === undefined) return null;
  return {
    separator,
    setSeparator: values.get('set_separator') ?? ',',
    empty: values.get('empty_field') ?? '(empty)',
    unset: values.get('unset_field') ?? '-',
    path: values.get('path') ?? 'unknown',
    fields: fields.split(separator),
    types: values.get('types')?.split(separator) ?? [],
  };
}

/** Text of header values as an SQL literal, every byte outside plain ASCII words escaped. */
function literal(value: string): string {
  const escaped = [...Buffer.from(value, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w(). -]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `'${escaped.join('')}'`;
}

/**
 * Zeek doubles a backslash and writes what is not printable, or would read as a separator or marker, as `\xNN`; this
 * gives back what it saw, unless that is no text. Nearly no line has any, which one look at the line tells.
 * @see https://github.com/zeek/zeek/blob/master/src/Desc.cc
 */
function unescaped(sql: string): string {
  const piece =
    "multiIf(length(p) = 4 AND startsWith(p, '\\\\x'), unhex(substring(p, 3)), p = '\\\\\\\\', '\\\\', p)";
  const pieces = `extractAll(assumeNotNull(${sql}), '\\\\\\\\x[0-9a-fA-F][0-9a-fA-F]|\\\\\\\\\\\\\\\\|[^\\\\\\\\]+|\\\\\\\\')`;
  const seen = `[arrayStringConcat(arrayMap(p -> ${piece}, ${pieces}))]`;
  return `if(has_escape, arrayMap(d -> if(isValidUTF8(d), d, ${sql}), ${seen})[1], ${sql})`;
}

/** Types whose text Zeek never escapes. */
const plainTypes = /^(?:time|interval|addr|port|subnet|count|int|double|bool)$/;

function spellingOf(header: Header): Spelling {
  const position = new Map(header.fields.map((name, at) => [name, at + 1]));
  const unset = literal(header.unset);
  const place = (field: string) => position.get(field) ?? position.get(field.replaceAll('.', '_'));
  const reach = (field: string): string | null => {
    const at = place(field);
    return at === undefined ? null : `c[${at}]`;
  };
  const isPlain = (field: string) => plainTypes.test(header.types[(place(field) ?? 0) - 1] ?? '');
  return {
    with: {
      c: `splitByChar(${literal(header.separator)}, line)`,
      has_escape: "position(line, '\\\\') > 0",
    },
    text: (field) => {
      const sql = reach(field);
      if (sql === null) return null;
      const value = isPlain(field) ? sql : unescaped(sql);
      return `if(${sql} = ${unset} OR ${sql} = ${literal(header.empty)}, '', ${value})`;
    },
    list: (field) => {
      const sql = reach(field);
      return sql === null
        ? null
        : `if(${sql} IN (${unset}, ${literal(header.empty)}, ''), CAST([], 'Array(String)'), arrayMap(e -> ${unescaped('e')}, splitByString(${literal(header.setSeparator)}, ${sql})))`;
    },
    shape: `length(c) = ${header.fields.length}`,
    isWhole: `length(c) = ${header.fields.length}`,
    notWhole: {
      code: 'not-delimited',
      reason: `the record does not have the ${header.fields.length} fields its header declares`,
    },
    sensor: "''",
    cells: header.separator === '\t' && header.unset === '-' ? cellsOf(header, place) : null,
  };
}

/** The same fields where the engine takes the lines apart: no cell is escaped there. */
function cellsOf(header: Header, place: (field: string) => number | undefined): Cells {
  const cell = (field: string) => {
    const at = place(field);
    return at === undefined ? null : `c${at}`;
  };
  const isUnset = (name: string) => `${name} = '-' OR ${name} = ${literal(header.empty)}`;
  return {
    format: 'TSV',
    names: header.fields.map((_, at) => `c${at + 1}`),
    of: (field) => [cell(field)].filter((name) => name !== null),
    text: (field) => {
      const name = cell(field);
      return name === null ? null : `if(${isUnset(name)}, '', ${name})`;
    },
    list: (field) => {
      const name = cell(field);
      return name === null
        ? null
        : `if(${isUnset(name)}, CAST([], 'Array(String)'), splitByString(${literal(header.setSeparator)}, ${name}))`;
    },
    sensor: "''",
    lists: [],
    where: null,
  };
}

function segment(header: readonly string[]): Segment | null {
  const declared = readHeader(header);
  if (declared === null) return null;
  const projection = projectionOf(declared.path, spellingOf(declared), null);
  return { tell: null, projections: () => [projection] };
}

export const format: BulkFormat = {
  kind: 'bulk',
  id: 'zeek-tsv',
  title: 'Zeek log, tab-separated',
  definedBy: 'https://docs.zeek.org/en/master/log-formats.html',
  cellFormat: 'TSV',
  headerMark: '#',
  recognise: (sample) => {
    const head = sample.lines.slice(0, 200).filter((line) => line.startsWith('#'));
    return head.some((line) => line.startsWith('#separator ')) &&
      head.some((line) => line.startsWith('#fields'))
      ? 1
      : 0;
  },
  segment,
};
