// IP addresses and prefixes as text, for `cidr` filters. Takes what ClickHouse takes (that is the other
// implementation): dotted IPv4 without leading zeros, IPv6 with one `::` and an optional dotted tail, no zone index.
// The families stay apart: `1.2.3.4` is in no IPv6 prefix, and `::ffff:1.2.3.4` in no IPv4 prefix.

export interface Address {
  readonly bits: 32 | 128;
  readonly number: bigint;
}

const dot = 0x2e;

/** Reads an address; null when the text is none. */
export function parseAddress(text: string): Address | null {
  if (text.length > 45) return null;
  if (text.includes(':')) {
    const number = parseV6(text);
    return number === null ? null : { bits: 128, number };
  }
  const number = parseDotted(text, false);
  return number === null ? null : { bits: 32, number: BigInt(number) };
}

/** True when the text is an address. */
export function isAddress(text: string): boolean {
  return text.includes(':') ? parseAddress(text) !== null : parseDotted(text, false) !== null;
}

/** By character code: one address a row is read, and a regular expression would take most of the time. */
function parseDotted(text: string, leadingZeros: boolean): number | null {
  let number = 0;
  let part = 0;
  let digits = 0;
  let parts = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? dot : text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      if (digits === 3 || (digits === 1 && part === 0 && !leadingZeros)) return null;
      part = part * 10 + code - 0x30;
      digits += 1;
    } else if (code === dot && digits > 0 && part <= 255) {
      number = number * 256 + part;
      parts += 1;
      part = 0;
      digits = 0;
    } else {
      return null;
    }
  }
  return parts === 4 ? number : null;
}

function parseV6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = '', tail] = halves;
  const left = words(head, tail === undefined);
  const right = tail === undefined ? [] : words(tail, true);
  if (left === null || right === null) return null;
  const given = left.length + right.length;
  if (tail === undefined ? given !== 8 : given > 8) return null;
  const all = [...left, ...Array<number>(8 - given).fill(0), ...right];
  return all.reduce((sum, word) => (sum << 16n) + BigInt(word), 0n);
}

/** The 16-bit words of one side of `::`; a dotted tail counts as two, and may only end the address. */
function words(text: string, isEnd: boolean): readonly number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const out: number[] = [];
  for (const [at, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      out.push(Number.parseInt(part, 16));
    } else {
      const dotted = isEnd && at === parts.length - 1 ? parseDotted(part, true) : null;
      if (dotted === null) return null;
      out.push(dotted >>> 16, dotted & 0xffff);
    }
  }
  return out;
}

/** A prefix ready for asking: is this address text inside it? Null when the text is no prefix (`10.0.0.0/8`). */
export function prefixTest(text: string): ((address: string) => boolean) | null {
  const match = /^([^/]{2,45})\/(\d{1,3})$/.exec(text);
  const base = match ? parseAddress(match[1] ?? '') : null;
  const length = Number(match?.[2]);
  if (!base || length > base.bits || (match?.[2] ?? '').length !== String(length).length) return null;
  const shift = BigInt(base.bits - length);
  const network = base.number >> shift;
  // Addresses repeat in logs far more often than they differ; the answers seen last are kept, a bounded number.
  const known = new Map<string, boolean>();
  return (address) => {
    let inside = known.get(address);
    if (inside === undefined) {
      const parsed = parseAddress(address);
      inside = parsed !== null && parsed.bits === base.bits && parsed.number >> shift === network;
      if (known.size >= 65_536) known.clear();
      known.set(address, inside);
    }
    return inside;
  };
}
