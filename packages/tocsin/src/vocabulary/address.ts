// IP addresses and prefixes as text and as 128-bit numbers; IPv4 is held as IPv4-mapped IPv6 inside,
// and written dotted outside (RFC 5952 for IPv6).
import { isIP, isIPv4 } from 'node:net';

const mappedBase = 0xffff_0000_0000n;

/** Canonical text of an address, or null when it is none. A zone index (`%eth0`) is dropped. */
export function canonicalAddress(text: string): string | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isIPv4(bare)) return bare;
  const number = addressNumber(bare);
  return number === null ? null : addressText(number);
}

/** The 128-bit number of an address (IPv4 mapped), or null. */
export function addressNumber(text: string): bigint | null {
  const bare = text.split('%', 1)[0] ?? '';
  const family = isIP(bare);
  if (family === 4) {
    return mappedBase + bare.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  }
  if (family !== 6) return null;
  let hex = bare;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (dotted) {
    const low = dotted[2]?.split('.').map(Number) ?? [];
    const word = (high: number | undefined, next: number | undefined) =>
      (((high ?? 0) << 8) | (next ?? 0)).toString(16);
    hex = `${dotted[1]}${word(low[0], low[1])}:${word(low[2], low[3])}`;
  }
  const [head = '', tail] = hex.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const words = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return words.reduce((sum, part) => (sum << 16n) + BigInt(`0x${part}`), 0n);
}

/** Text of a 128-bit address number. */
export function addressText(number: bigint): string {
  if (number >> 32n === 0xffffn) {
    const low = Number(number & 0xffff_ffffn);
    return [low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255].join('.');
  }
  const words: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) words.push(Number((number >> shift) & 0xffffn));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (at + length < 8 && words[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const text = (part: readonly number[]) => part.map((word) => word.toString(16)).join(':');
  if (best.at < 0) return text(words);
  return `${text(words.slice(0, best.at))}::${text(words.slice(best.at + best.length))}`;
}

export interface Prefix {
  /** Canonical text, host bits cleared: `10.0.0.0/16`. */
  readonly text: string;
  readonly first: bigint;
  readonly last: bigint;
  /** Length in bits of the IPv6 form; an IPv4 /16 is 112. */
  readonly bits: number;
}

/** Reads `10.0.0.0/16`, `2001:db8::/32` or a bare address; null when it is none. */
export function parsePrefix(text: string): Prefix | null {
  const [address = '', length, extra] = text.trim().split('/');
  const number = addressNumber(address);
  if (number === null || extra !== undefined) return null;
  const width = isIPv4(address) ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null;
  const given = length === undefined ? width : Number(length);
  if (given > width) return null;
  const size = 1n << BigInt(width - given);
  const first = number - (number % size);
  const bits = 128 - width + given;
  // IPv4 however it was written: its text is dotted, and its length counts from there.
  const isMapped = bits >= 96 && first >> 32n === 0xffffn;
  return {
    text: `${addressText(first)}/${isMapped ? bits - 96 : bits}`,
    first,
    last: first + size - 1n,
    bits,
  };
}

/** True when the address lies in one of the prefixes. */
export function isWithin(address: string, prefixes: readonly Prefix[]): boolean {
  const number = addressNumber(address);
  return number !== null && prefixes.some((prefix) => number >= prefix.first && number <= prefix.last);
}
