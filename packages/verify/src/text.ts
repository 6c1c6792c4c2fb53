// Text as the format sees it: order by UTF-8 bytes, and the one way a value is written as JSON.

/**
 * Order of two strings by their UTF-8 bytes: negative, zero or positive. JavaScript's own order is by UTF-16 units,
 * which puts characters beyond U+FFFF (surrogates) before U+E000 to U+FFFF; UTF-8 puts them after.
 */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return byteRank(a) - byteRank(b);
  }
  return left.length - right.length;
}

function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** True when the text has no lone surrogate, which UTF-8 cannot hold. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/**
 * JSON with sorted keys and no spaces (RFC 8785 for the values the format has).
 * @throws TypeError for what JSON cannot hold: undefined, bigint, functions, numbers that are not finite.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no JSON');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no JSON`);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

const deepest = 100;

/**
 * The value of JSON that nests no deeper than the formats here need.
 * @throws SyntaxError when it is no JSON, or so deep that walking it would end the program
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) {
      at = stringEnd(text, at);
    } else if (unit === 0x5b || unit === 0x7b) {
      depth += 1;
      if (depth > deepest) throw new SyntaxError('nested too deeply');
    } else if (unit === 0x5d || unit === 0x7d) {
      depth -= 1;
    }
  }
  return JSON.parse(text);
}

/** The place of the quotation mark that ends a string. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** The number where a number holds it exactly, else decimal text: how integers appear in values and cells. */
export function integerOut(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
