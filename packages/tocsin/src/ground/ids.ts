// Deterministic names: the same content always gets the same id.
import { createHash } from 'node:crypto';

/** SHA-256 of text or bytes, 64 hex digits. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** `prefix-` and the first 16 hex digits of the SHA-256 over the parts, each length-prefixed. */
export function contentId(prefix: string, parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return `${prefix}-${hash.digest('hex').slice(0, 16)}`;
}

/** Byte order of two strings' UTF-16 units; the one order used wherever a result is sorted by text. */
export function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
