// Writes rows as Zeek does: tab-separated with its header and footer, or one JSON object a line.
import { type Micros, second } from '../moment.ts';
import type { LogFile } from './log-file.ts';
import type { Cell, ZeekTable } from './zeek-tables.ts';

export type ZeekStyle = 'tsv' | 'json';

export interface ZeekLog {
  readonly row: (cells: readonly Cell[]) => void;
  /** Writes the footer, where the style has one. */
  readonly finish: () => void;
}

/** Seconds with six decimals, exactly. */
export function secondsText(at: Micros): string {
  const whole = Math.floor(at / second);
  return `${whole}.${String(at - whole * second).padStart(6, '0')}`;
}

/** Zeek's escaping of a value in a tab-separated log. */
export function escapeTsv(text: string): string {
  let escaped = '';
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    const isPlain = code >= 32 && code !== 92;
    escaped += isPlain ? letter : `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

function cellText(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell === 'string') return cell === '' ? '(empty)' : cell === '-' ? '\\x2d' : escapeTsv(cell);
  if (typeof cell === 'number') return String(cell);
  if (typeof cell === 'boolean') return cell ? 'T' : 'F';
  if ('time' in cell) return secondsText(cell.time);
  if ('interval' in cell) return secondsText(cell.interval);
  return cell.length === 0
    ? '(empty)'
    : cell.map((part) => escapeTsv(part).replaceAll(',', '\\x2c')).join(',');
}

function cellJson(cell: Cell, type: string): string {
  if (cell !== null && typeof cell === 'object') {
    if ('time' in cell) return secondsText(cell.time);
    if ('interval' in cell) return secondsText(cell.interval);
    if (type === 'vector[interval]') return `[${cell.join(',')}]`;
  }
  return JSON.stringify(cell);
}

const clock = (at: Micros) =>
  new Date(Math.floor(at / 1000)).toISOString().slice(0, 19).replace(/[T:]/g, '-');

/** Starts a log in the style; `opened` and `closed` are the instants its header and footer state. */
export function startZeekLog(given: {
  readonly file: LogFile;
  readonly table: ZeekTable;
  readonly style: ZeekStyle;
  readonly opened: Micros;
  readonly closed: Micros;
}): ZeekLog {
  const { file, table } = given;
  if (given.style === 'json') {
    return {
      row: (cells) => {
        const pairs: string[] = [];
        table.columns.forEach(([name, type], at) => {
          const cell = cells[at] ?? null;
          if (cell !== null) pairs.push(`${JSON.stringify(name)}:${cellJson(cell, type)}`);
        });
        file.line(`{${pairs.join(',')}}`);
      },
      finish: () => {},
    };
  }
  const header = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${table.name}`,
    `#open\t${clock(given.opened)}`,
    `#fields\t${table.columns.map(([name]) => name).join('\t')}`,
    `#types\t${table.columns.map(([, type]) => type).join('\t')}`,
  ];
  for (const line of header) file.line(line, false);
  return {
    row: (cells) => file.line(cells.map(cellText).join('\t')),
    finish: () => file.line(`#close\t${clock(given.closed)}`, false),
  };
}
