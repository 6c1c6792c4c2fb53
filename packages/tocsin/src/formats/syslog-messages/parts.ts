// What a message is, what can be made of it, and how messages write addresses and ports.
import { isIP } from 'node:net';
import type { TableName } from '../../vocabulary/dictionary.ts';
import type { FieldValue } from '../../vocabulary/event.ts';

/** A message with what the log says around it. */
export interface LogMessage {
  /** Machine that wrote it, by name; empty when the log does not say. */
  readonly host: string;
  /** Program without path and process id. */
  readonly program: string;
  /** Process id; empty when the log does not say. */
  readonly pid: string;
  readonly text: string;
}

export interface Meaning {
  readonly table: TableName;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** Text of an address without brackets or zone; `::` when it is none. */
export function addressOr(text: string): string {
  const bare = (text.startsWith('[') ? text.slice(1).replace(/\]$/, '') : text).split('%', 1)[0] ?? '';
  return isIP(bare) > 0 ? bare : '::';
}

/** A port from its text; 0 when it is none. */
export function portOr(text: string | undefined): number {
  const port = Number(text ?? '');
  return /^\d{1,5}$/.test(text ?? '') && port <= 65_535 ? port : 0;
}
