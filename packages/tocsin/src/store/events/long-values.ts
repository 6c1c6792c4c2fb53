// Parameters too long for a request line. A server reads parameters from the URL and refuses a field of more than
// 128 KiB or a line of more than 1 MiB (http_max_field_value_size, http_max_uri_size); such values go into the query's
// text instead, as one quoted literal of the declared type, which is what the server makes of a parameter too.
import type { Parameters, ParameterValue } from './engine.ts';

/** Together the values left in the request line stay below this, bytes before percent-encoding. */
const maxLineBytes = 16_384;

export interface Asked {
  readonly query: string;
  readonly parameters: Parameters;
  readonly settings: Readonly<Record<string, number>>;
}

/** The query with its long values written into its text; the short ones stay parameters. */
export function withLongValues(query: string, parameters: Parameters): Asked {
  const short: Record<string, ParameterValue> = {};
  const long = new Map<string, ParameterValue>();
  let lineBytes = 0;
  for (const [name, value] of Object.entries(parameters)) {
    const size = sizeOf(value);
    if (lineBytes + size > maxLineBytes) long.set(name, value);
    else {
      short[name] = value;
      lineBytes += size;
    }
  }
  if (long.size === 0) return { query, parameters, settings: {} };
  const text = query.replace(/\{(\w+):([^{}]+)\}/g, (placeholder, name: string, type: string) => {
    const value = long.get(name);
    return value === undefined ? placeholder : `CAST(${quoted(textOf(value))}, ${quoted(type.trim())})`;
  });
  return { query: text, parameters: short, settings: { max_query_size: Buffer.byteLength(text) + 1024 } };
}

function sizeOf(value: ParameterValue): number {
  if (typeof value !== 'object') return Buffer.byteLength(String(value));
  let size = 2;
  for (const item of value) size += sizeOf(item) + 3;
  return size;
}

/** A value as ClickHouse reads it from text. */
function textOf(value: ParameterValue): string {
  return typeof value === 'object' ? listText(value) : String(value);
}

function listText(list: Extract<ParameterValue, readonly unknown[]>): string {
  const items: string[] = [];
  for (const item of list) {
    if (typeof item === 'object') items.push(listText(item));
    else items.push(typeof item === 'string' ? quoted(item) : String(item));
  }
  return `[${items.join(',')}]`;
}

/** A string literal; only the quote, the backslash and NUL mean anything in one. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}
