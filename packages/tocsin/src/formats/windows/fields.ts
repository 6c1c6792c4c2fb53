// Reading single values of a Windows event's data. Takes the data by name; gives text, addresses, ports and counts in
// the forms the event tables hold, with Windows' ways of saying "none" taken away.
import { canonicalAddress } from '../../vocabulary/address.ts';
import type { EventData } from './shapes.ts';

/** The first of the names that holds something; '' for none and for `-`. */
export function text(data: EventData, ...names: readonly string[]): string {
  for (const name of names) {
    const held = data.get(name);
    if (held !== undefined && held !== '' && held !== '-') return held;
  }
  return '';
}

/** Canonical address of the first name that holds one; '::' for none. */
export function address(data: EventData, ...names: readonly string[]): string {
  return canonicalAddress(text(data, ...names).trim()) ?? '::';
}

/** Where a logon came from; '::' for none and for the machine itself. */
export function remoteAddress(data: EventData, ...names: readonly string[]): string {
  const found = address(data, ...names);
  return found === '::1' || found.startsWith('127.') ? '::' : found;
}

/** A whole number, decimal or `0x` hexadecimal; null for none. */
export function count(data: EventData, ...names: readonly string[]): number | null {
  const held = text(data, ...names);
  return /^(?:0x[0-9a-f]{1,13}|\d{1,15})$/i.test(held) ? Number(held) : null;
}

/** A port; 0 for none. */
export function port(data: EventData, ...names: readonly string[]): number {
  const number = count(data, ...names);
  return number !== null && number <= 65_535 ? number : 0;
}

/** `SHA1=...,MD5=...` to its parts. */
export function hashes(data: EventData): readonly string[] {
  return text(data, 'Hashes', 'Hash')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^[A-Za-z0-9]{2,10}=[0-9A-Fa-f]{1,128}$/.test(part));
}

/** `DOMAIN\user` from two fields, or the user alone; '' when there is no user. */
export function account(data: EventData, user: string, domain: string): string {
  const name = text(data, user);
  const realm = text(data, domain);
  return name === '' || realm === '' ? name : `${realm}\\${name}`;
}

/** All values whose names are not in `used`, as a JSON object; '' when nothing is left. */
export function rest(data: EventData, used: readonly string[]): string {
  const left: [string, string][] = [];
  for (const [name, held] of data) {
    if (held !== '' && held !== '-' && !used.includes(name)) left.push([name, held]);
  }
  return left.length === 0 ? '' : JSON.stringify(Object.fromEntries(left));
}

/** At most `length` UTF-16 units, on one line, no character cut in two. */
export function shortened(long: string, length: number): string {
  return long
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/, '')
    .replace(/\s+/g, ' ')
    .trim();
}
