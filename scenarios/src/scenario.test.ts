// Whole scenarios: the same request gives the same bytes, the true answer equals what the logs say, nothing else leaks.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { exampleRequest } from './example.ts';
import { generateScenario, type ScenarioRequest, storyNames } from './generate.ts';
import { isAllowedAddress } from './writers/tables.ts';

const home = mkdtempSync(join(tmpdir(), 'scenario-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let made = 0;

async function generate(request: ScenarioRequest) {
  made += 1;
  const folder = join(home, String(made));
  return { truth: await generateScenario(request, folder), folder };
}

const textOf = (path: string) => {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};

/** Path below the folder to the SHA-256 of the unpacked content. */
function digests(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile() && name !== 'README.md');
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(textOf(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

/** Rows of a Zeek log in either style, as texts by column. */
function rows(path: string): Record<string, string>[] {
  const lines = textOf(path)
    .split('\n')
    .filter((line) => line !== '');
  if (lines[0]?.startsWith('{')) {
    return lines.map((line) => {
      const parsed: Record<string, unknown> = JSON.parse(line);
      return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
    });
  }
  const columns =
    lines
      .find((line) => line.startsWith('#fields'))
      ?.split('\t')
      .slice(1) ?? [];
  const data = lines.filter((line) => !line.startsWith('#'));
  return data.map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? '']));
  });
}

const small = { days: 3, hosts: 40, attack: true, intensity: 0.15 } as const;

describe.each(storyNames)('the story of the %s', (story) => {
  it('is written with the same bytes for the same request, and with others for another seed', async () => {
    const first = digests((await generate({ ...small, story, seed: 3 })).folder);
    const again = digests((await generate({ ...small, story, seed: 3 })).folder);
    const other = digests((await generate({ ...small, story, seed: 4 })).folder);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it.each([5, 6, 7, 8])('tells the same as its logs (seed %i)', async (seed) => {
    const { truth, folder } = await generate({ ...small, story, seed });
    for (const { path, records } of truth.files) {
      const lines = textOf(join(folder, 'evidence', path))
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
      expect({ path, records: lines.length }).toEqual({ path, records });
    }
    const outer = truth.sensors.filter(({ place }) => place === 'perimeter');
    const flows = outer.flatMap((sensor) => rows(join(folder, 'evidence', sensor.folder, 'conn.log')));
    expect(truth.incidents.length).toBeGreaterThan(0);
    for (const { theft, relays, beacons } of truth.incidents) {
      for (const [drop, bytes] of Object.entries(theft?.by_destination ?? {})) {
        const sent = flows
          .filter((flow) => flow['id.resp_h'] === drop)
          .map((flow) => Number(flow['orig_bytes']));
        const read = flows
          .filter((flow) => flow['id.orig_h'] === drop)
          .map((flow) => Number(flow['resp_bytes']));
        expect([...sent, ...read].reduce((sum, each) => sum + each, 0)).toBe(bytes);
      }
      for (const { host, controllers, targets } of relays) {
        const steered = flows.filter((flow) => flow['id.resp_h'] === host).map((flow) => flow['id.orig_h']);
        const reached = flows.filter((flow) => flow['id.orig_h'] === host).map((flow) => flow['id.resp_h']);
        expect(controllers.filter((ip) => !steered.includes(ip))).toEqual([]);
        expect(targets.filter((ip) => !reached.includes(ip))).toEqual([]);
      }
      for (const { host, controllers, port } of beacons) {
        const reported = flows.filter(
          (flow) => flow['id.orig_h'] === host && Number(flow['id.resp_p']) === port,
        );
        expect(reported.some((flow) => controllers.includes(flow['id.resp_h'] ?? ''))).toBe(true);
      }
    }
  });

  it.each([1, 2, 3])('unfolds whole in five days (seed %i)', async (seed) => {
    const { truth } = await generate({ ...small, story, seed, days: 5 });
    const roles = new Set(
      truth.incidents.flatMap(({ hosts, outside }) => [...hosts, ...outside].map(({ role }) => role)),
    );
    const wanted = {
      'materials-institute': ['entry', 'pivot', 'implant', 'hop', 'controller', 'drop'],
      'energy-company': ['entry', 'foothold', 'hop', 'controller', 'drop'],
      'hosting-provider': ['relay', 'controller', 'target'],
    }[story];
    expect(wanted.filter((role) => !new Set<string>(roles).has(role))).toEqual([]);
    const stolen = truth.incidents.reduce((sum, { theft }) => sum + (theft?.bytes ?? 0), 0);
    expect(stolen > 10_000_000).toBe(story !== 'hosting-provider');
  });

  it('without the attack is the same innocent traffic and nothing of the attack', async () => {
    const attacked = await generate({ ...small, story, seed: 9 });
    const clean = await generate({ ...small, story, seed: 9, attack: false });
    expect(clean.truth.incidents).toEqual([]);
    expect(clean.truth.flows.attack).toBe(0);
    expect(clean.truth.flows.total).toBe(attacked.truth.flows.total - attacked.truth.flows.attack);
    const abroad = attacked.truth.incidents
      .flatMap(({ outside }) => outside.map(({ ip }) => ip))
      .filter((ip) => !ip.startsWith('198.18.'));
    const text = clean.truth.files.map(({ path }) => textOf(join(clean.folder, 'evidence', path))).join('\n');
    const seen = new Set(text.split(/[^0-9.]+/));
    expect(abroad.filter((ip) => seen.has(ip))).toEqual([]);
    for (const { path } of clean.truth.files) {
      const all = new Set(textOf(join(attacked.folder, 'evidence', path)).split('\n'));
      const missing = textOf(join(clean.folder, 'evidence', path))
        .split('\n')
        .filter((line) => !all.has(line));
      expect({ path, missing: missing.slice(0, 2) }).toEqual({ path, missing: [] });
    }
  });

  it('uses only private, documentation and benchmark addresses', async () => {
    const { truth, folder } = await generate({ ...small, story, seed: 10 });
    const wrong = new Set<string>();
    for (const sensor of truth.sensors) {
      for (const flow of rows(join(folder, 'evidence', sensor.folder, 'conn.log'))) {
        for (const ip of [flow['id.orig_h'] ?? '', flow['id.resp_h'] ?? ''])
          if (!isAllowedAddress(ip)) wrong.add(ip);
      }
    }
    expect([...wrong]).toEqual([]);
  });

  it('writes its sensors in order of the end of each conversation, as a sensor does', async () => {
    const { truth, folder } = await generate({ ...small, story, seed: 11, variant: { style: 'tsv' } });
    for (const sensor of truth.sensors) {
      const flows = rows(join(folder, 'evidence', sensor.folder, 'conn.log'));
      const ends = flows.map((flow) => Number(flow['ts']) + (Number(flow['duration']) || 0));
      const back = ends.filter((end, at) => end < (ends[at - 1] ?? 0) - 0.002);
      expect(back).toEqual([]);
    }
  });
});

describe('the shipped example', () => {
  it('is what the generator makes today', async () => {
    const { folder } = await generate(exampleRequest);
    expect(digests(folder)).toEqual(digests(join(import.meta.dirname, '../example')));
  });

  it('stays under 3 MB', () => {
    const folder = join(import.meta.dirname, '../example');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const sizes = names
      .map((name) => statSync(join(folder, name)))
      .map((found) => (found.isFile() ? found.size : 0));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3_000_000);
  });
});
