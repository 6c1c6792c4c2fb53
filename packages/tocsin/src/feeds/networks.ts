// Country and AS of outside addresses: the given networks.csv first, then the built-in open data, both looked up by
// the engine's ip_trie. The built-in data is loaded only when an address needs it.
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { EventsEngine } from '../store/events/engine.ts';
import { addressNumber, addressText } from '../vocabulary/address.ts';
import type { NetworkPrefix } from './prefix-file.ts';

export interface NetworkOwner {
  readonly country: string | null;
  readonly asn: number | null;
  readonly as_name: string | null;
}

const nobody: NetworkOwner = { country: null, asn: null, as_name: null };

/** Owners of the addresses asked, by address. Addresses nobody announces have none. */
export async function ownersOf(
  engine: EventsEngine,
  addresses: readonly string[],
  settings: { readonly given: readonly NetworkPrefix[]; readonly scratch: string },
): Promise<ReadonlyMap<string, NetworkOwner>> {
  await engine.execute('TRUNCATE TABLE network_prefix');
  const given = settings.given.map(
    (entry) => `given\t${entry.prefix.text}\t${clean(entry.country)}\t${entry.asn}\t${clean(entry.asName)}\n`,
  );
  await insert(engine, settings.scratch, given.join(''));
  const owners = new Map<string, NetworkOwner>();
  await look(engine, 'given', addresses, owners);
  const open = addresses.filter((address) => !owners.has(address));
  if (open.some(isPublic)) {
    await loadBuiltIn(engine, settings.scratch);
    const countries = new Map<string, NetworkOwner>();
    const systems = new Map<string, NetworkOwner>();
    await look(engine, 'country', open, countries);
    await look(engine, 'as', open, systems);
    for (const address of open) {
      const system = systems.get(address) ?? nobody;
      owners.set(address, { ...system, country: countries.get(address)?.country ?? null });
    }
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

/** Special-purpose addresses (RFC 6890) have no country and no AS; they are not worth loading the data for. */
function isPublic(address: string): boolean {
  return !/^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|198\.1[89]\.|0\.|2[2-5]\d\.|f[cde]|fe80|2001:db8:|::)/i.test(
    address,
  );
}

const require = createRequire(import.meta.url);
const packages = [
  {
    origin: 'country',
    folder: () => dirname(require.resolve('@ip-location-db/asn-country/package.json')),
    files: ['asn-country-ipv4.csv', 'asn-country-ipv6.csv'],
  },
  {
    origin: 'as',
    folder: () => dirname(require.resolve('@ip-location-db/asn/package.json')),
    files: ['asn-ipv4.csv', 'asn-ipv6.csv'],
  },
] as const;

async function loadBuiltIn(engine: EventsEngine, scratch: string): Promise<void> {
  for (const { origin, folder, files } of packages) {
    for (const file of files) {
      let rows = '';
      for await (const line of createInterface({ input: createReadStream(join(folder(), file)) })) {
        const [, first = '', last = '', rest = ''] = /^([^,]+),([^,]+),(.*)$/.exec(line) ?? [];
        const [, asn = '0', quoted, plain] = /^(\d+),(?:"(.*)"|(.*))$/.exec(rest) ?? [];
        const owner =
          origin === 'country'
            ? `${clean(rest)}\t0\t`
            : `\t${asn}\t${clean(quoted?.replaceAll('""', '"') ?? plain ?? '')}`;
        for (const prefix of prefixesOf(first, last)) rows += `${origin}\t${prefix}\t${owner}\n`;
        if (rows.length > 16_000_000) {
          await insert(engine, scratch, rows);
          rows = '';
        }
      }
      await insert(engine, scratch, rows);
    }
  }
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

/** The fewest prefixes that cover a range of addresses exactly. */
export function* prefixesOf(first: string, last: string): Generator<string> {
  const from = addressNumber(first);
  const to = addressNumber(last);
  if (from === null || to === null || from > to) return;
  const width = first.includes(':') ? 128 : 32;
  let at = from;
  while (at <= to) {
    let bits = 0n;
    while (
      bits < BigInt(width) &&
      (at & ((1n << (bits + 1n)) - 1n)) === 0n &&
      at + (1n << (bits + 1n)) - 1n <= to
    ) {
      bits += 1n;
    }
    yield `${addressText(at)}/${width - Number(bits)}`;
    at += 1n << bits;
  }
}
