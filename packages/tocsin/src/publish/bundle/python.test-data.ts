// For tests: a full bundle of the sample campaign, a redacted and signed publication of it, ways to change them, and what
// the Python script and the verifier say of the result.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canonicalJson,
  commitmentsOf,
  compareBytes,
  openBundle,
  parseTrust,
  type TableSchema,
  verifyPublication,
  wholeFile,
  writeList,
} from '@tocsin/verify';
import { expect } from 'vitest';
import { sha256 } from '../../ground/ids.ts';
import { publishedTables } from '../catalogue/tables.ts';
import { renderReport } from '../exporters/html/report.ts';
import { campaign } from '../exporters/html/samples/campaign.ts';
import { detectorTexts } from '../exporters/html/samples/detectors.ts';
import { rowsOfSample, withFigures } from '../exporters/html/samples/figures.ts';
import { pythonScript } from '../figures/python.test-data.ts';
import { keyFiles } from '../keys/folder.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { newKeys, root } from '../keys/new-keys.test-data.ts';
import { initLog } from '../log/append.ts';
import { openPolicy } from '../redact/policy.ts';
import { prepare, writePublication } from '../redact/publication.ts';
import { readBundle } from './read.ts';
import { writeBundle } from './write.ts';
import { ZipWriter } from './zip.ts';

export type Files = ReadonlyMap<string, Buffer>;

export interface PythonVerdict {
  readonly status: number | null;
  readonly stdout: string;
  /** Names of the steps that failed. */
  readonly failed: readonly string[];
}

export interface SampleBundles {
  readonly folder: string;
  /** Path of the full bundle. */
  readonly full: string;
  /** Path of the redacted, signed and logged one, and its files. */
  readonly publication: string;
  readonly files: Files;
  readonly keys: KeyRing;
  remove(): void;
}

/** Makes both bundles in a new temporary folder. */
export async function sampleBundles(): Promise<SampleBundles> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-python-'));
  const investigation = withFigures(campaign());
  const rows = rowsOfSample(campaign());
  const full = join(folder, 'full.zip');
  await writeBundle({
    out: full,
    investigationJson: `${JSON.stringify(investigation, null, 1)}\n`,
    reportHtml: renderReport({ investigation, detectors: detectorTexts }),
    figures: investigation.figures,
    tables: Object.entries(publishedTables).map(([name, columns]) => ({
      name,
      columns,
      rows: rows[name as keyof typeof rows],
    })),
    lineage: {},
  });
  const original = await readBundle(full);
  const policy = openPolicy('GREEN');
  const redacting = { ...policy, organisations: { default: 'pseudonym' as const, by_name: {} } };
  const secret = new Uint8Array(32).fill(7);
  const keys = await newKeys();
  const log = join(folder, 'log');
  await initLog(log, keys);
  const publication = await writePublication({
    original,
    prepared: await prepare({ original, policy: redacting, detectors: detectorTexts, secret }),
    policy: redacting,
    secret,
    attesting: { keys, log, corrects: null },
    out: folder,
    exchange: new Map(),
  });
  const files = await unpacked(publication);
  const remove = () => {
    for (const path of [folder, root]) rmSync(path, { recursive: true, force: true });
  };
  return { folder, full, publication, files, keys, remove };
}

async function unpacked(path: string): Promise<Files> {
  const opened = await openBundle(readFileSync(path));
  const map = new Map<string, Buffer>();
  for (const name of opened.names) map.set(name, Buffer.from(await wholeFile(opened, name, 2 ** 30)));
  return map;
}

/** Writes the files as an archive at that path. */
export async function packed(map: Files, path: string): Promise<string> {
  const zip = await ZipWriter.create(path);
  for (const name of [...map.keys()].sort(compareBytes)) await zip.add(name, [map.get(name) ?? Buffer.of()]);
  await zip.close();
  return path;
}

/** Runs the script that readers run. */
export function python(path: string, ...more: readonly string[]): PythonVerdict {
  const { status, stdout, stderr } = spawnSync('python3', [pythonScript, path, ...more], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  // A refusal is an answer; a traceback is not.
  expect(stderr).not.toContain('Traceback');
  const failed = [...stdout.matchAll(/^FAILED +(\w+) /gm)].map(([, step = '']) => step);
  return { status, stdout, failed };
}

/** What the verifier in TypeScript says when it trusts those keys. */
export async function isVerified(path: string, keys: KeyRing): Promise<boolean> {
  const trust = parseTrust(readFileSync(keyFiles.list(keys.dir)));
  const check = await verifyPublication(() => openBundle(readFileSync(path)), trust.ok ? trust.value : null);
  return check.isVerified;
}

/** The arguments by which the script trusts those keys. */
export const trusting = (ring: KeyRing): readonly string[] => ['--keys', keyFiles.list(ring.dir)];

/** The same files with every list of digests made anew: what somebody does who changes a bundle with care. */
export function relisted(changed: Files): Files {
  const map = new Map(changed);
  const digestsOf = (names: readonly string[]) =>
    new Map(names.filter((name) => map.has(name)).map((name) => [name, sha256(map.get(name) ?? '')]));
  const payload = () => [...map.keys()].filter((name) => name.startsWith('data/'));
  const own = () =>
    payload().filter((name) => !name.startsWith('data/attestations/') && name !== 'data/commitments.json');
  const figures = JSON.parse(String(map.get('data/figures.json')));
  const commits = Object.fromEntries(
    digestsOf(own().filter((name) => !['data/figures.json', 'data/figures.sha256'].includes(name))),
  );
  map.set('data/figures.json', Buffer.from(`${canonicalJson({ ...figures, commits })}\n`));
  const schemas = payload()
    .filter((name) => name.endsWith('.schema.json'))
    .map((name): TableSchema => JSON.parse(String(map.get(name))));
  map.set(
    'data/commitments.json',
    Buffer.from(`${canonicalJson(commitmentsOf(digestsOf(own()), schemas))}\n`),
  );
  map.set('manifest-sha256.txt', Buffer.from(writeList(digestsOf(payload()))));
  map.set('tagmanifest-sha256.txt', Buffer.from(writeList(digestsOf(['bagit.txt', 'manifest-sha256.txt']))));
  return map;
}
