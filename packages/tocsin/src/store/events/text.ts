// Bytes of a result to JavaScript and back without loss: evidence need not be UTF-8, JSON must be.
import { isUtf8 } from 'node:buffer';

const backslash = 0x5c;

/** Length of the UTF-8 sequence that begins at `at`, 0 when none does. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 0;
  if (length === 0 || lead > 0xf4 || at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/**
 * A line of JSON with bytes that are no UTF-8 to valid JSON text: each such byte becomes the four characters `\xNN`
 * (escaped for JSON), so that two different byte strings never become the same text silently.
 */
export function jsonTextOf(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      const hex = (bytes[at] ?? 0).toString(16).padStart(2, '0');
      out.push(backslash, backslash, 0x78, hex.charCodeAt(0), hex.charCodeAt(1));
      at += 1;
    } else {
      for (let step = 0; step < length; step += 1) out.push(bytes[at + step] ?? 0);
      at += length;
    }
  }
  return Buffer.from(out).toString('utf8');
}

/** Complete JSON lines of a result to rows. */
export function rowsOf(bytes: Uint8Array): Readonly<Record<string, unknown>>[] {
  const text = jsonTextOf(bytes);
  const rows: Readonly<Record<string, unknown>>[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null) rows.push({ ...row });
  }
  return rows;
}

/** Cuts a byte stream into batches of whole lines. */
export async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = joined.lastIndexOf(0x0a);
    if (end < 0) {
      rest = joined;
    } else {
      yield joined.subarray(0, end + 1);
      rest = joined.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield rest;
}
