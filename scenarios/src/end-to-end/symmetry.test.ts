// Neutrality: the same evidence with countries and networks exchanged gives the same result, exchanged; and outside
// addresses with other numbers give the same result with those numbers. No rule may know a country or an address.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import type { Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';
import { type Investigated, investigate } from './tocsin.ts';

const example = fileURLToPath(new URL('../../example/', import.meta.url));
const given = { constituency: join(example, 'constituency.csv'), networks: join(example, 'networks.csv') };
let original: Investigated;
beforeAll(async () => {
  original = await investigate([join(example, 'evidence')], given);
});

/** Every country code takes the next one's place, every network the next one's number and name. */
function exchanged(networks: string): {
  readonly text: string;
  readonly country: ReadonlyMap<string, string>;
} {
  const [head = '', ...rows] = networks.trimEnd().split('\n');
  const cells = rows.map((row) => row.split(','));
  const countries = [...new Set(cells.map((row) => row[3] ?? ''))].sort();
  const country = new Map(
    countries.map((code, at) => [code, countries[(at + 1) % countries.length] ?? code]),
  );
  const text = cells.map(([cidr = '', asn = '', name = '', code = '']) =>
    [cidr, asn, name, country.get(code) ?? code].join(','),
  );
  return { text: `${[head, ...text].join('\n')}\n`, country };
}

it('gives the same result with countries exchanged', async () => {
  const { text, country } = exchanged(readFileSync(given.networks, 'utf8'));
  const networks = join(mkdtempSync(join(tmpdir(), 'tocsin-scenario-')), 'networks.csv');
  writeFileSync(networks, text);
  const other = await investigate([join(example, 'evidence')], { ...given, networks });
  const expected: { incidents: { outside: { country: string | null }[] }[] } = JSON.parse(
    JSON.stringify(original.investigation),
  );
  for (const { outside } of expected.incidents)
    for (const party of outside) party.country = country.get(party.country ?? '') ?? party.country;
  // Country figures are of the table of outside parties alone; everything else must be the same to the byte.
  const bare = (investigation: unknown) => JSON.stringify({ ...(investigation as object), figures: null });
  expect(bare(other.investigation)).toBe(bare(expected));
  expect(expected.incidents[0]?.outside.length).toBeGreaterThan(0);
});

/** Another number for an outside address of the example: the third byte turned about, the fourth kept. */
function renumbered(text: string): string {
  return text.replace(/\b198\.19\.(\d{1,3})\.(\d{1,3})\b/g, (_, third: string, fourth: string) => {
    return `198.19.${255 - Number(third)}.${fourth}`;
  });
}

it('gives the same result with other numbers for the addresses outside', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'));
  const home = join(example, 'evidence');
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    const target = join(folder, path.slice(home.length + 1).replace(/\.gz$/, ''));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, renumbered(text));
  }
  const networks = join(mkdtempSync(join(tmpdir(), 'tocsin-scenario-')), 'networks.csv');
  // Networks move with their addresses, so each is listed by address.
  writeFileSync(networks, 'cidr,asn,as_name,country\n');
  const other = await investigate([folder], { ...given, networks });
  const shape = ({ incidents, findings }: Investigation, rename: (text: string) => string) => ({
    incidents: incidents.map((incident) => ({
      entry: incident.entry && { host: incident.entry.host, from: rename(incident.entry.from ?? '') },
      hosts: incident.hosts.map(({ ip, role }) => `${ip} ${role}`).sort(),
      outside: incident.outside.map(({ ip, role }) => `${rename(ip)} ${role}`).sort(),
      theft: incident.theft && [
        incident.theft.minimum_bytes,
        incident.theft.best_bytes,
        incident.theft.maximum_bytes,
      ],
    })),
    findings: findings
      .map(({ detector, weight, score, host, peer }) =>
        [detector, weight, score, rename(host), rename(peer ?? '')].join(' '),
      )
      .sort(),
  });
  expect(shape(other.investigation, (text) => text)).toEqual(shape(original.investigation, renumbered));
});
