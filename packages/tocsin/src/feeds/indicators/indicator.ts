// One indicator in the normal form it is compared in. Takes a type as lists name it and a value as they write it
// (defanged ones too), gives indicators, or null when the value is not of that type.
import { isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import { addressText, parsePrefix } from '../../vocabulary/address.ts';

export const indicatorKinds = ['address', 'domain', 'url', 'hash', 'email', 'ja3'] as const;
export type IndicatorKind = (typeof indicatorKinds)[number];

export interface Indicator {
  readonly kind: IndicatorKind;
  /** Normal form: address or prefix as text, domain in ASCII, URL without scheme, hash in lower case. */
  readonly value: string;
  /** First address and length in bits of the IPv6 form; `::` and 0 for what is no address. */
  readonly low: string;
  readonly bits: number;
}

const noAddress = { low: '::', bits: 0 } as const;

/** `hxxp://evil[.]example` as it was before it was made harmless. */
function refanged(given: string): string {
  const text = given.trim();
  if (!/^h(?:xx|tt)ps?[:[]|[[(]/i.test(text)) return text;
  return text
    .replace(/^h(?:xx|tt)p(s?)(?=:|\[:)/i, 'http$1')
    .replace(/\[(\.|:|@|:\/\/)\]|\((\.)\)/g, '$1$2')
    .replace(/\[dot\]/gi, '.')
    .replace(/\[at\]/gi, '@');
}

export function addressIndicator(text: string): Indicator | null {
  if (isIPv4(text)) return { kind: 'address', value: text, low: text, bits: 128 };
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  // A length of nothing but digits; parsePrefix takes any number there.
  if (/\/(?!\d{1,3}$)/.test(bare)) return null;
  const prefix = parsePrefix(bare);
  // A prefix of no length is everybody.
  if (prefix === null || /\/0{1,3}$/.test(bare)) return null;
  const low = addressText(prefix.first);
  return { kind: 'address', value: prefix.bits === 128 ? low : prefix.text, low, bits: prefix.bits };
}

const plainName =
  /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){1,126}(?=[a-z0-9-]{0,62}[a-z-])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A name of two labels at least in lower-case ASCII; null when it is none. */
export function domainName(text: string): string | null {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  if (bare.length <= 253 && plainName.test(bare)) return bare;
  const ascii = /^[\0-\x7f]*$/.test(bare) ? '' : domainToASCII(bare);
  return ascii.length <= 253 && plainName.test(ascii) ? ascii : null;
}

function domainIndicator(text: string): Indicator | null {
  const value = domainName(text);
  return value === null ? null : { kind: 'domain', value, ...noAddress };
}

/** Host, port unless it is the scheme's, path and query; null when the text is no URL. */
export function urlKey(text: string): string | null {
  const [, scheme = 'http', authority = '', rest = ''] =
    /^(?:([a-z][a-z0-9+.-]{0,20}):\/\/)?(?:[^/?#@]{0,200}@)?([^/?#]{1,300})([^#]{0,4000})/i.exec(text) ?? [];
  const [, host = '', port = ''] =
    /^(\[[0-9a-f:.]{2,45}\]|[^:]{1,253})(?::(\d{1,5}))?$/i.exec(authority) ?? [];
  const name = addressIndicator(host)?.value ?? domainName(host);
  if (name === null) return null;
  const usual = scheme.toLowerCase() === 'https' ? '443' : '80';
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return `${name}${port === '' || port === usual ? '' : `:${port}`}${path}`;
}

function urlIndicator(text: string): Indicator | null {
  const value = urlKey(text);
  return value === null ? null : { kind: 'url', value, ...noAddress };
}

/** Hashes of nothing, which lists hold by mistake: MD5, SHA-1 and SHA-256 of no bytes. */
const hashesOfNothing = new Set([
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
]);

function hashIndicator(text: string, length?: number): Indicator | null {
  const value = text.trim().toLowerCase();
  const lengths = length === undefined ? [32, 40, 64, 128] : [length];
  if (!lengths.includes(value.length) || !/^[0-9a-f]+$/.test(value) || hashesOfNothing.has(value))
    return null;
  return { kind: 'hash', value, ...noAddress };
}

function emailIndicator(text: string): Indicator | null {
  const [, local = '', domain = ''] = /^([^\s@]{1,200})@([^\s@]{1,253})$/.exec(text.toLowerCase()) ?? [];
  const name = domainName(domain);
  return name === null ? null : { kind: 'email', value: `${local}@${name}`, ...noAddress };
}

const md5Length = 32;

type Reader = (text: string) => Indicator | null;

const ja3: Reader = (text) => {
  const hash = hashIndicator(text, md5Length);
  return hash === null ? null : { ...hash, kind: 'ja3' };
};

const hashLengths: Readonly<Record<string, number>> = {
  md5: md5Length,
  filehashmd5: md5Length,
  sha1: 40,
  filehashsha1: 40,
  sha256: 64,
  filehashsha256: 64,
  sha512: 128,
};

/** Types as CSV lists, MISP and STIX name them, in lower case without separators. */
const readers: Readonly<Record<string, Reader>> = {
  ip: addressIndicator,
  ipaddr: addressIndicator,
  ipaddress: addressIndicator,
  ipv4: addressIndicator,
  ipv6: addressIndicator,
  ipv4addr: addressIndicator,
  ipv6addr: addressIndicator,
  ipsrc: addressIndicator,
  ipdst: addressIndicator,
  address: addressIndicator,
  cidr: addressIndicator,
  prefix: addressIndicator,
  network: addressIndicator,
  netblock: addressIndicator,
  domain: domainIndicator,
  domainname: domainIndicator,
  hostname: domainIndicator,
  host: domainIndicator,
  fqdn: domainIndicator,
  url: urlIndicator,
  uri: urlIndicator,
  link: urlIndicator,
  ...Object.fromEntries(
    ['hash', 'filehash', ...Object.keys(hashLengths)].map((type) => [
      type,
      (text: string) => hashIndicator(text, hashLengths[type]),
    ]),
  ),
  imphash: (text) => hashIndicator(text, md5Length),
  email: emailIndicator,
  emailaddr: emailIndicator,
  emailaddress: emailIndicator,
  emailsrc: emailIndicator,
  emaildst: emailIndicator,
  ja3: ja3,
  ja3s: ja3,
  ja3fingerprintmd5: ja3,
};

/** Hex digits of a type of hash; 0 for one that may have any usual length, and for what is no hash. */
export function hashLengthOf(type: string): number {
  return Object.hasOwn(hashLengths, type) ? (hashLengths[type] ?? 0) : 0;
}

/** Types of a kind, as they are compared: lower case without separators. */
export function typesOf(kind: 'address' | 'domain' | 'url' | 'hash'): readonly string[] {
  if (kind === 'hash') return ['hash', 'filehash', ...Object.keys(hashLengths)];
  const reader = { address: addressIndicator, domain: domainIndicator, url: urlIndicator }[kind];
  return Object.keys(readers).filter((type) => readers[type] === reader);
}

/** `ip-dst` and `IP_DST` are one type. */
function readerOf(type: string): Reader | undefined {
  const key = Object.hasOwn(readers, type) ? type : type.toLowerCase().replace(/[^a-z0-9]/g, '');
  return Object.hasOwn(readers, key) ? readers[key] : undefined;
}

/** True for a type that can be matched. */
export function isKnownType(type: string): boolean {
  return readerOf(type) !== undefined;
}

/** The indicator of a value of a known type. */
export function indicatorOf(type: string, value: string): Indicator | null {
  return readerOf(type)?.(refanged(value)) ?? null;
}

/** The indicator of a value whose type nothing says; null when it has the form of none. */
export function guessedIndicator(value: string): Indicator | null {
  const text = refanged(value);
  if (/^[a-z][a-z0-9+.-]{1,20}:\/\//i.test(text)) return urlIndicator(text);
  const address = addressIndicator(text);
  if (address !== null) return address;
  if (text.includes('@')) return emailIndicator(text);
  // An address with a length that cannot be is no URL either.
  if (/^[^/]+\.[^/]+\/./.test(text) && !/^[\d.]+\/\d+$/.test(text)) return urlIndicator(text);
  return hashIndicator(text) ?? domainIndicator(text);
}
