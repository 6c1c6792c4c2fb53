// What a text of an investigation can be compared with elsewhere: an address or a domain name. Anything else, a
// pseudonym above all, has no kind and is never an indicator.
import { addressNumber, canonicalAddress, parsePrefix } from '../../vocabulary/address.ts';

export type ValueKind = 'ipv4-addr' | 'ipv6-addr' | 'domain-name';

export interface Observable {
  readonly kind: ValueKind;
  /** The one way it is written: RFC 5952 for addresses, lower case for names. */
  readonly value: string;
}

const longestDomain = 253;
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Last labels that are nobody's in public. */
const localLabels = new Set([
  'arpa',
  'corp',
  'home',
  'internal',
  'intranet',
  'lan',
  'local',
  'localdomain',
  'localhost',
]);

/** The address or domain name a text is; null when it is neither. */
export function observableOf(text: string): Observable | null {
  const address = canonicalAddress(text);
  if (address !== null) return { kind: address.includes(':') ? 'ipv6-addr' : 'ipv4-addr', value: address };
  const name = text.toLowerCase().replace(/\.$/, '');
  return isDomain(name) ? { kind: 'domain-name', value: name } : null;
}

function isDomain(name: string): boolean {
  if (name.length > longestDomain) return false;
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  return (
    labels.length > 1 &&
    labels.every((part) => label.test(part)) &&
    /^(?:[a-z]{2,}|xn--[a-z0-9-]+)$/.test(last) &&
    !localLabels.has(last)
  );
}

/** Ranges that name another machine in every network: private, shared, loopback, link-local, multicast, unspecified. */
const local = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
  '::/127',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].flatMap((text) => parsePrefix(text) ?? []);

/** True when the value means the same everywhere, so that others can look for it. */
export function isGlobal({ kind, value }: Observable): boolean {
  if (kind === 'domain-name') return true;
  const number = addressNumber(value);
  return number !== null && !local.some(({ first, last }) => number >= first && number <= last);
}
