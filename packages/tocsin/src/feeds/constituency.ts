// Whose network: the prefixes that are ours, in the store as an ip_trie dictionary and here as pure lookups.
import type { EventsEngine } from '../store/events/engine.ts';
import { addressNumber, type Prefix, parsePrefix } from '../vocabulary/address.ts';
import type { Investigation } from '../vocabulary/investigation.ts';
import type { ConstituencyPrefix } from './prefix-file.ts';

/** RFC 1918, RFC 4193 and link-local addresses: ours unless a constituency is given. */
const assumedPrefixes = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
  '169.254.0.0/16',
];

export interface Constituency {
  readonly summary: Investigation['constituency'];
  readonly isInside: (ip: string) => boolean;
  /** The organisation an address belongs to by its longest prefix; null when outside or not named. */
  readonly organisationOf: (ip: string) => { readonly organisation: string; readonly sector: string } | null;
}

/** Puts the constituency into the store and returns it. `given` null: private addresses are assumed ours. */
export async function establishConstituency(
  engine: EventsEngine,
  given: readonly ConstituencyPrefix[] | null,
): Promise<Constituency> {
  const prefixes = given ?? assumed();
  await engine.execute('TRUNCATE TABLE constituency_prefix');
  await engine.execute(
    `INSERT INTO constituency_prefix
     SELECT tupleElement(p, 1), tupleElement(p, 2), tupleElement(p, 3), tupleElement(p, 4)
     FROM (SELECT arrayJoin(arrayZip({prefixes:Array(String)}, {organisations:Array(String)}, {sectors:Array(String)}, {contacts:Array(String)})) AS p)`,
    {
      prefixes: prefixes.map((entry) => entry.prefix.text),
      organisations: prefixes.map((entry) => entry.organisation),
      sectors: prefixes.map((entry) => entry.sector),
      contacts: prefixes.map((entry) => entry.contact),
    },
  );
  await engine.execute('DROP DICTIONARY IF EXISTS constituency');
  await engine.execute(`
    CREATE DICTIONARY constituency (prefix String, organisation String DEFAULT '', sector String DEFAULT '')
    PRIMARY KEY prefix SOURCE(CLICKHOUSE(TABLE 'constituency_prefix')) LAYOUT(IP_TRIE) LIFETIME(0)`);
  const trie = longestFirst(prefixes);
  const find = (ip: string) => {
    const number = addressNumber(ip);
    return number === null
      ? undefined
      : trie.find(({ prefix }) => number >= prefix.first && number <= prefix.last);
  };
  return {
    summary: { source: given === null ? 'assumed' : 'file', organisations: organisationsOf(prefixes) },
    isInside: (ip) => find(ip) !== undefined,
    organisationOf: (ip) => {
      const found = find(ip);
      return found === undefined || found.organisation === ''
        ? null
        : { organisation: found.organisation, sector: found.sector };
    },
  };
}

function assumed(): readonly ConstituencyPrefix[] {
  return assumedPrefixes
    .map((text) => parsePrefix(text))
    .filter((prefix): prefix is Prefix => prefix !== null)
    .map((prefix) => ({ organisation: '', sector: '', prefix, contact: '' }));
}

function longestFirst(prefixes: readonly ConstituencyPrefix[]): readonly ConstituencyPrefix[] {
  return [...prefixes].sort((left, right) => right.prefix.bits - left.prefix.bits);
}

function organisationsOf(
  prefixes: readonly ConstituencyPrefix[],
): Investigation['constituency']['organisations'] {
  const byName = new Map<string, { organisation: string; sector: string; prefixes: string[] }>();
  for (const { organisation, sector, prefix } of prefixes) {
    const entry = byName.get(organisation) ?? { organisation, sector, prefixes: [] };
    entry.prefixes.push(prefix.text);
    byName.set(organisation, entry);
  }
  return [...byName.values()];
}
