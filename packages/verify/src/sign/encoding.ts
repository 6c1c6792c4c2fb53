// Bytes as text and back, in one way only: base64 with padding and no stray bits, lower-case hex, strict UTF-8. Plain
// TypeScript, because what Node and browsers offer forgives white space, missing padding or stray bits.

const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const digits = new Map<string, number>(Array.from(standard, (digit, value) => [digit, value]));
const encoder = new TextEncoder();

/** RFC 4648, section 4: standard alphabet, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let place = 0; place < 4; place += 1)
      text += place <= left ? (standard[(group >> (18 - 6 * place)) & 63] ?? '') : '=';
  }
  return text;
}

/** The bytes of strict standard base64 (padded, no white space, unused bits zero); null for anything else. */
export function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let place = 0; place < text.length - padding; place += 1) {
    const value = digits.get(text.charAt(place));
    if (value === undefined) return null;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (held >> bits) & 0xff;
      at += 1;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}

/** As `decodeBase64`, but the URL-safe alphabet is read as well; the two must not be mixed. */
export function decodeEitherBase64(text: string): Uint8Array | null {
  const isUrlSafe = text.includes('-') || text.includes('_');
  if (!isUrlSafe) return decodeBase64(text);
  if (text.includes('+') || text.includes('/')) return null;
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}

/** Lower-case hex, two digits a byte. */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The bytes of lower-case hex; null for anything else. */
export function decodeHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
  );
}

/** Text as UTF-8. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of strict UTF-8, a byte order mark kept as it is; null for anything else. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The one error of a fatal decoder: not UTF-8. The caller names it.
    return null;
  }
}

/** The parts one after another. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** True when both hold the same bytes. Not constant in time: for public values only. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** A decimal number without sign or leading zeros, at most 2^53 - 1; null for anything else. */
export function decodeDecimal(text: string): number | null {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** True when the text holds an ASCII control character (below U+0020) other than those allowed. */
export function hasControlCharacter(text: string, allowed: string): boolean {
  for (let at = 0; at < text.length; at += 1)
    if (text.charCodeAt(at) < 0x20 && !allowed.includes(text.charAt(at))) return true;
  return false;
}
