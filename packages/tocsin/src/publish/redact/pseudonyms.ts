// The names a publication withholds, and what stands for each: one pseudonym per name everywhere, from an HMAC that
// nobody can compute without the publication's secret. Takes text, gives it with every withheld name replaced.
import { createHmac } from 'node:crypto';
import { canonicalAddress, parsePrefix } from '../../vocabulary/address.ts';
import type { Incident, Investigation } from '../../vocabulary/investigation.ts';
import type { Disclosure, Policy } from './policy.ts';

/** Hex digits of a pseudonym: 64 bits, so that a million names still have one each. */
const digits = 16;

/** Text that may be an address or a prefix: hex digits, dots and colons, with a length after a slash. */
const addressLike = /(?<![\p{L}\p{Nd}.:])[0-9A-Fa-f:.]{2,45}(?:\/\d{1,3})?/gu;
/** Ids that are made of what a finding or incident says, and could be found again by guessing it. */
const guessableId = /\b[fi]-[0-9a-f]{16}\b/g;

export interface Constituency {
  /** Organisation an address belongs to; null for outside. */
  readonly organisationOf: (ip: string) => string | null;
}

/** Replaces the names a policy withholds. */
export class Pseudonyms {
  readonly #policy: Policy;
  readonly #secret: Uint8Array;
  readonly #organisationOf: (ip: string) => string | null;
  readonly #names = new Map<string, string>();
  readonly #pattern: RegExp | null;
  /** The same by their names in lower case: logs write one name in several ways. */
  readonly #folded: ReadonlyMap<string, string>;
  readonly #replaced = new Set<string>();

  constructor(policy: Policy, investigation: Investigation, secret: Uint8Array, constituency: Constituency) {
    this.#policy = policy;
    this.#secret = secret;
    this.#organisationOf = constituency.organisationOf;
    this.#collect(investigation);
    // The longest first, so that a name inside another one does not hide it.
    const names = [...this.#names.keys()].sort(
      (left, right) => right.length - left.length || (left < right ? -1 : 1),
    );
    this.#folded = new Map(
      [...names].reverse().map((name) => [name.toLowerCase(), this.#names.get(name) ?? name]),
    );
    this.#pattern =
      names.length === 0
        ? null
        : new RegExp(`(?<![\\p{L}\\p{Nd}])(?:${names.map(literal).join('|')})(?![\\p{L}\\p{Nd}])`, 'giu');
  }

  /** The text with every withheld name replaced, and ids that could be guessed rekeyed. */
  text(text: string): string {
    const named =
      this.#pattern === null
        ? text
        : text.replace(this.#pattern, (name) => {
            this.#replaced.add(name);
            return this.#names.get(name) ?? this.#folded.get(name.toLowerCase()) ?? name;
          });
    return named
      .replace(addressLike, (word) => this.#addressIn(word))
      .replace(guessableId, (id) => `${id.slice(0, 2)}${this.#keyed('id', id)}`);
  }

  /** How the machines and the name of an organisation are shown. */
  disclosureOf(organisation: string): Disclosure {
    const { by_name: named, default: other } = this.#policy.organisations;
    return Object.hasOwn(named, organisation) ? (named[organisation] ?? other) : other;
  }

  /** Names that were replaced so far: what a publication must not hold anywhere. */
  replaced(): ReadonlySet<string> {
    return this.#replaced;
  }

  #collect(investigation: Investigation): void {
    for (const { organisation } of investigation.constituency.organisations)
      if (organisation !== '' && this.disclosureOf(organisation) !== 'full')
        this.#names.set(organisation, `organisation-${this.#keyed('organisation', organisation)}`);
    if (this.#policy.evidence_names === 'pseudonym') {
      // By path, not by content: one content under two paths is two items.
      for (const { path } of investigation.evidence)
        this.#names.set(path, `evidence-${this.#keyed('evidence', path)}`);
      for (const sensor of investigation.sightings.flatMap(({ sensors }) => sensors))
        if (sensor !== '' && !this.#names.has(sensor))
          this.#names.set(sensor, `sensor-${this.#keyed('sensor', sensor)}`);
    }
    for (const [name, organisation] of hostNames(investigation)) {
      const isShown =
        organisation === null
          ? this.#policy.organisations.default === 'full'
          : this.disclosureOf(organisation) === 'full';
      if (!isShown) this.#names.set(name, `host-${this.#keyed('host', name)}`);
    }
  }

  /** An address-like word: the address in it replaced when its owner is not shown; other words stay. */
  #addressIn(word: string): string {
    // A full stop or colon after an address ends the sentence.
    const end = /[.:]+$/.exec(word)?.[0] ?? '';
    const core = end === '' ? word : word.slice(0, -end.length);
    const [address = '', port] = core.split(/:(?=\d{1,5}$)/);
    for (const [candidate, rest] of [
      [core, ''],
      [address, port === undefined ? '' : `:${port}`],
    ] as const) {
      const canonical = canonicalAddress(candidate);
      if (canonical !== null) return `${this.#address(candidate, canonical)}${rest}${end}`;
    }
    if (core.includes('/') && parsePrefix(core) !== null) return `${this.#prefix(core)}${end}`;
    return word;
  }

  #address(written: string, canonical: string): string {
    const organisation = this.#organisationOf(canonical);
    const isShown =
      organisation === null ? this.#policy.outside === 'full' : this.disclosureOf(organisation) === 'full';
    if (isShown) return written;
    this.#replaced.add(canonical);
    return `ip-${this.#keyed('address', canonical)}`;
  }

  #prefix(prefix: string): string {
    const [address = ''] = prefix.split('/');
    const canonical = canonicalAddress(address) ?? address;
    if (this.#address(address, canonical) === address) return prefix;
    this.#replaced.add(prefix);
    return `net-${this.#keyed('prefix', prefix)}`;
  }

  #keyed(kind: string, name: string): string {
    return createHmac('sha256', this.#secret)
      .update(['tocsin-pseudonym-2', kind, name].join('\u0000'))
      .digest('hex')
      .slice(0, digits);
  }
}

/** Names of machines that are no addresses, with the organisation of the finding that names them. */
function hostNames({ findings, incidents }: Investigation): ReadonlyMap<string, string | null> {
  const names = new Map<string, string | null>();
  const take = (name: string | null, organisation: string | null) => {
    if (name !== null && name.length > 1 && canonicalAddress(name) === null && !names.has(name))
      names.set(name, organisation);
  };
  for (const { host, peer, peers, organisation } of findings)
    for (const name of [host, peer, ...peers]) take(name, organisation);
  const namesOf = ({ hosts, outside, edges }: Incident) => [
    ...hosts.map(({ ip }) => ip),
    ...outside.map(({ ip }) => ip),
    ...edges.flatMap(({ from, to }) => [from, to]),
  ];
  for (const incident of incidents) for (const name of namesOf(incident)) take(name, incident.organisation);
  return names;
}

/** A text as a regular expression that matches nothing else. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
