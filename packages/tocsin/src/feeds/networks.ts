// Country and AS of outside addresses: the given networks.csv first, looked up by the engine's ip_trie, then the
// built-in open data, read through once for the few addresses that are asked, and only when one needs it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { EventsEngine } from '../store/events/engine.ts';
import { addressNumber } from '../vocabulary/address.ts';
import type { NetworkPrefix } from './prefix-file.ts';

export interface NetworkOwner {
  readonly country: string | null;
  readonly asn: number | null;
  readonly as_name: string | null;
}

/** Owners of the addresses asked, by address. Special addresses, and what is no address, have none unless given. */
export async function ownersOf(
  engine: EventsEngine,
  asked: readonly string[],
  settings: { readonly given: readonly NetworkPrefix[]; readonly scratch: string },
): Promise<ReadonlyMap<string, NetworkOwner>> {
  const addresses = asked.filter((address) => addressNumber(address) !== null);
  await engine.execute('TRUNCATE TABLE network_prefix');
  const given = settings.given.map(
    (entry) => `given\t${entry.prefix.text}\t${clean(entry.country)}\t${entry.asn}\t${clean(entry.asName)}\n`,
  );
  await insert(engine, settings.scratch, given.join(''));
  const owners = new Map<string, NetworkOwner>();
  await look(engine, 'given', addresses, owners);
  const open = addresses.filter((address) => !owners.has(address) && isPublic(address));
  const countries = builtIn(dirname(require.resolve('@ip-location-db/asn-country/package.json')), open);
  const systems = builtIn(dirname(require.resolve('@ip-location-db/asn/package.json')), open);
  for (const address of open) {
    const [, asn, quoted, plain] = /^(\d+),(?:"(.*)"|(.*))$/.exec(systems.get(address) ?? '') ?? [];
    owners.set(address, {
      country: text(countries.get(address)),
      asn: asn === undefined ? null : Number(asn),
      as_name: text(quoted?.replaceAll('""', '"') ?? plain),
    });
  }
  return owners;
}

async function look(
  engine: EventsEngine,
  origin: string,
  addresses: readonly string[],
  owners: Map<string, NetworkOwner>,
): Promise<void> {
  if (addresses.length === 0) return;
  const name = `network_${origin}`;
  await engine.execute(`DROP DICTIONARY IF EXISTS ${name}`);
  await engine.execute(`
    CREATE DICTIONARY ${name} (prefix String, country String DEFAULT '', asn UInt32 DEFAULT 0, as_name String DEFAULT '')
    PRIMARY KEY prefix
    SOURCE(CLICKHOUSE(QUERY 'SELECT prefix, country, asn, as_name FROM network_prefix WHERE origin = ''${origin}'''))
    LAYOUT(IP_TRIE) LIFETIME(0)`);
  const rows = await engine.query(
    `SELECT a AS address, dictGet('${name}', ('country', 'asn', 'as_name'), toIPv6(a)) AS owner
     FROM (SELECT arrayJoin({addresses:Array(String)}) AS a) WHERE dictHas('${name}', toIPv6(a))`,
    { addresses },
  );
  for (const row of rows) {
    const owner: unknown = row['owner'];
    const [country, asn, asName] = Array.isArray(owner) ? owner : Object.values(Object(owner));
    owners.set(String(row['address']), {
      country: text(country),
      asn: Number(asn) === 0 ? null : Number(asn),
      as_name: text(asName),
    });
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Special-purpose addresses (RFC 6890) have no country and no AS. */
function isPublic(address: string): boolean {
  return !/^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|198\.1[89]\.|0\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|22[4-9]\.|2[3-5]\d\.|f[c-f]|2001:db8:|::)/i.test(
    address,
  );
}

const require = createRequire(import.meta.url);

/** What a built-in table says of the addresses it knows: the rest of the row whose range holds each. */
function builtIn(folder: string, addresses: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const four: Asked<number>[] = [];
  const six: Asked<bigint>[] = [];
  for (const address of addresses) {
    const number = addressNumber(address);
    if (number === null) continue;
    if (number >> 32n === 0xffffn) four.push({ address, number: Number(number & 0xffff_ffffn) });
    else six.push({ address, number });
  }
  readRanges(join(folder, `${basename(folder)}-ipv4-num.csv`), { asked: four, numberOf: Number, found });
  readRanges(join(folder, `${basename(folder)}-ipv6-num.csv`), { asked: six, numberOf: BigInt, found });
  return found;
}

interface Asked<N extends number | bigint> {
  readonly address: string;
  readonly number: N;
}

/** Reads rows `first,last,rest` and keeps the rest of those whose range holds an address asked. */
function readRanges<N extends number | bigint>(
  path: string,
  {
    asked,
    numberOf,
    found,
  }: {
    readonly asked: readonly Asked<N>[];
    readonly numberOf: (text: string) => N;
    readonly found: Map<string, string>;
  },
): void {
  if (asked.length === 0) return;
  const sorted = [...asked].sort((left, right) =>
    left.number < right.number ? -1 : left.number > right.number ? 1 : 0,
  );
  const rows = readFileSync(path, 'utf8');
  for (let at = 0; at < rows.length; ) {
    const ends = rows.indexOf('\n', at);
    const end = ends < 0 ? rows.length : ends;
    const afterFirst = rows.indexOf(',', at);
    const afterLast = rows.indexOf(',', afterFirst + 1);
    const first = numberOf(rows.slice(at, afterFirst));
    const last = numberOf(rows.slice(afterFirst + 1, afterLast));
    for (let next = countBelow(sorted, first); next < sorted.length; next += 1) {
      const entry = sorted[next];
      if (entry === undefined || entry.number > last) break;
      found.set(entry.address, rows.slice(afterLast + 1, end).trimEnd());
    }
    at = end + 1;
  }
}

/** How many of the sorted addresses lie below a number. */
function countBelow<N extends number | bigint>(sorted: readonly Asked<N>[], number: N): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.number ?? number) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function insert(engine: EventsEngine, scratch: string, rows: string): Promise<void> {
  if (rows === '') return;
  const path = join(scratch, 'prefixes');
  writeFileSync(path, rows);
  await engine.loadRows({
    path,
    table: 'network_prefix',
    columns: ['origin', 'prefix', 'country', 'asn', 'as_name'],
  });
  rmSync(path);
}

function clean(value: string): string {
  return value.replace(/[\t\n\r\\]/g, ' ');
}
