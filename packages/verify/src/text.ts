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

/** Lists and objects within each other that a bundle's JSON may have; its deepest file has about ten. */
const mostDepth = 100;

/** True for a value nested so deep that functions over it would run out of stack. */
export function isTooDeep(value: unknown, left = mostDepth): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((item) => isTooDeep(item, left - 1));
}

/** The number where a number holds it exactly, else decimal text: how integers appear in values and cells. */
export function integerOut(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** The value of a JSON text that is not nested too deep. @throws SyntaxError */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isTooDeep(value)) throw new SyntaxError('nested too deep');
  return value;
}
