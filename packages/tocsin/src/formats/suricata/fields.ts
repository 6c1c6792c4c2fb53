// Reading single values of an EVE record. Takes an object and a name; gives text, counts, times and parts of it.
// A value that is there but cannot be what it should be raises BadValue, which the parser turns into a reject.
import { canonicalAddress } from '../../vocabulary/address.ts';
import type { RejectCode } from '../../vocabulary/event.ts';

export type EveObject = Readonly<Record<string, unknown>>;

/** Why a record is no event; never leaves the parser. */
export class BadValue extends Error {
  readonly code: RejectCode;

  constructor(code: RejectCode, name: string) {
    super(name);
    this.code = code;
  }
}

export function isObject(value: unknown): value is EveObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const none: EveObject = {};

/** The object of that name; an empty one when there is none. */
export function part(of: EveObject, name: string): EveObject {
  const value = of[name];
  return isObject(value) ? value : none;
}

/** Text of the first of the names that holds text, a number or a truth value; '' for none. */
export function text(of: EveObject, ...names: readonly string[]): string {
  for (const name of names) {
    const found = textOf(of[name]);
    if (found !== '') return found;
  }
  return '';
}

/** A single value as text; objects and lists as JSON, nothing as ''. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

/** The elements of a list as text, a single value as a list of one; empty ones left out. */
export function texts(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map(textOf).filter((one) => one !== '');
}

/** The objects in a list, or the object itself; [] for none. */
export function objects(value: unknown): readonly EveObject[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter(isObject);
}

/** A whole number from 0 to `most`, null when absent. @throws BadValue for anything else */
export function count(of: EveObject, name: string, most = Number.MAX_SAFE_INTEGER): number | null {
  const value = of[name];
  if (value === undefined || value === null || value === '') return null;
  const isWhole = typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}$/.test(value));
  const number = isWhole ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < 0 || number > most) throw new BadValue('bad-number', name);
  return number;
}

/** Canonical address; '::' when absent. @throws BadValue when it is none */
export function address(of: EveObject, name: string): string {
  const value = of[name];
  if (value === undefined || value === null || value === '') return '::';
  const found = typeof value === 'string' ? canonicalAddress(value) : null;
  if (found === null) throw new BadValue('bad-address', name);
  return found;
}

const protocols = new Map([
  ['1', 'icmp'],
  ['2', 'igmp'],
  ['6', 'tcp'],
  ['17', 'udp'],
  ['41', 'ipv6'],
  ['47', 'gre'],
  ['50', 'esp'],
  ['51', 'ah'],
  ['58', 'icmp6'],
  ['132', 'sctp'],
  ['ipv6-icmp', 'icmp6'],
  ['icmpv6', 'icmp6'],
]);

/** Transport protocol in lower case; Suricata writes `TCP`, and `006` where the system has no names for numbers. */
export function protocolOf(of: EveObject): string {
  const name = text(of, 'proto').toLowerCase();
  if (name === 'tcp' || name === 'udp') return name;
  return protocols.get(/^\d{1,3}$/.test(name) ? String(Number(name)) : name) ?? name;
}

/** Holds at most `limit` entries; the oldest go first. */
export class Recent<Value> {
  readonly #limit: number;
  readonly #held = new Map<string, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    return this.#held.get(key);
  }

  set(key: string, value: Value): void {
    this.#held.delete(key);
    this.#held.set(key, value);
    if (this.#held.size <= this.#limit) return;
    for (const oldest of this.#held.keys()) {
      this.#held.delete(oldest);
      return;
    }
  }
}
