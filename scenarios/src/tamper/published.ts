// Publications to be tampered with: the sample investigation, redacted, signed and logged as `tocsin publish` does it, and
// a small one of two tables for runs of many thousands. Takes a folder; gives the archive, its files and whom to trust.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Column,
  canonicalJson,
  carriedKeysPath,
  encodeText,
  formatStatement,
  openBundle,
  type PublishedFigure,
  parseTrust,
  proofPath,
  publicationPredicateType,
  statementPath,
  statementPayloadType,
  type Trust,
  wholeFile,
} from '@tocsin/verify';
import { sha256 } from '../../../packages/tocsin/src/ground/ids.ts';
import { readBundle } from '../../../packages/tocsin/src/publish/bundle/read.ts';
import { writeBundle } from '../../../packages/tocsin/src/publish/bundle/write.ts';
import { publishedTables } from '../../../packages/tocsin/src/publish/catalogue/tables.ts';
import { renderReport } from '../../../packages/tocsin/src/publish/exporters/html/report.ts';
import { campaign } from '../../../packages/tocsin/src/publish/exporters/html/samples/campaign.ts';
import { detectorTexts } from '../../../packages/tocsin/src/publish/exporters/html/samples/detectors.ts';
import {
  rowsOfSample,
  withFigures,
} from '../../../packages/tocsin/src/publish/exporters/html/samples/figures.ts';
import { initKeys } from '../../../packages/tocsin/src/publish/keys/acts.ts';
import { keyFiles } from '../../../packages/tocsin/src/publish/keys/folder.ts';
import type { KeyRing } from '../../../packages/tocsin/src/publish/keys/key-ring.ts';
import { loadPublicationSecret } from '../../../packages/tocsin/src/publish/keys/publication-secret.ts';
import { signPayload } from '../../../packages/tocsin/src/publish/keys/sign.ts';
import { appendToLog, initLog } from '../../../packages/tocsin/src/publish/log/append.ts';
import { openPolicy, type Policy } from '../../../packages/tocsin/src/publish/redact/policy.ts';
import {
  prepare,
  secretOf,
  writePublication,
} from '../../../packages/tocsin/src/publish/redact/publication.ts';
import type { Files } from './archive.ts';

export interface Published {
  readonly bytes: Buffer;
  readonly files: Files;
  readonly keys: KeyRing;
  /** Folder of the log. */
  readonly log: string;
  /** Full bundle it was made of; null for the small one. */
  readonly full: string | null;
  readonly trust: Trust;
}

export const clock = { nowMs: () => Date.parse('2026-03-01T00:00:00Z') };
/** The policy of the sample: our side under pseudonyms. */
export const policy: Policy = {
  ...openPolicy('CLEAR'),
  organisations: { default: 'pseudonym', by_name: {} },
  evidence_names: 'pseudonym',
};

/** A keys folder, made at a fixed time. */
export function newKeys(
  folder: string,
  publisher = 'CERT of Example',
  origin = 'cert.example/log',
): Promise<KeyRing> {
  mkdirSync(folder, { recursive: true });
  const dir = join(folder, 'keys');
  return initKeys({ dir, publisher, origin, mail: null, passphrase: null, clock });
}

/** A log with a few entries in it, so that proofs have hashes. */
async function newLog(folder: string, keys: KeyRing): Promise<string> {
  const log = join(folder, 'log');
  await initLog(log, keys);
  for (const word of ['one', 'two', 'three']) await appendToLog(log, { payload: encodeText(word) }, keys);
  return log;
}

/** The files of an archive. */
export async function filesIn(bytes: Uint8Array): Promise<Files> {
  const opened = await openBundle(bytes);
  const files = new Map<string, Buffer>();
  for (const name of opened.names) files.set(name, Buffer.from(await wholeFile(opened, name, 2 ** 28)));
  return files;
}

/** Whom a reader trusts who has the publisher's list of keys. */
export function trustIn(keys: KeyRing): Trust {
  const trust = parseTrust(readFileSync(keyFiles.list(keys.dir)));
  if (!trust.ok) throw new Error(trust.reason.code);
  return trust.value;
}

/** The sample investigation, published: `corrects` names an entry of the log. */
export async function publishSample(folder: string, corrects: number | null = null): Promise<Published> {
  const keys = await newKeys(folder);
  const log = await newLog(folder, keys);
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
  const secret = secretOf(loadPublicationSecret(keys.dir, null), original, policy);
  const prepared = await prepare({ original, policy, detectors: detectorTexts, secret });
  const path = await writePublication({
    ...{ original, prepared, policy, secret, exchange: new Map(), out: join(folder, 'out') },
    attesting: { keys, log, corrects },
  });
  const bytes = readFileSync(path);
  return { bytes, files: await filesIn(bytes), keys, log, full, trust: trustIn(keys) };
}

const flowColumns: readonly Column[] = [
  { name: 'host', type: 'text', meaning: 'Pseudonym of the host.' },
  { name: 'bytes', type: 'integer', unit: 'bytes', meaning: 'Payload.' },
  { name: 'at', type: 'time', meaning: 'When it began.' },
  { name: 'host_withheld', type: 'address', meaning: 'The host.' },
];
const dayColumns: readonly Column[] = [{ name: 'day', type: 'text', meaning: 'A day.' }];

/** Rows of the small publication, with what is withheld of them. */
export const smallRows = [
  { host: 'ip-1', bytes: 10, at: '2026-01-01T00:00:00.000000Z', host_withheld: '192.0.2.77' },
  { host: 'ip-2', bytes: 20, at: '2026-01-01T01:00:00.000000Z', host_withheld: '192.0.2.78' },
  { host: 'ip-1', bytes: 30, at: '2026-01-02T00:00:00.000000Z', host_withheld: '192.0.2.77' },
];
/** The secret it is committed under. */
export const smallSecret: Uint8Array = new Uint8Array(32).fill(7);

/** Three rows, a column withheld, three figures, all of them shown in the report: as small as a publication can be. */
export async function publishSmall(folder: string, rows = smallRows): Promise<Published> {
  const keys = await newKeys(folder);
  const log = await newLog(folder, keys);
  const figure = (
    id: string,
    value: PublishedFigure['value'],
    definition: PublishedFigure['definition'],
  ) => ({
    ...{ id, label: `The ${id}`, unit: 'units', table: 'flow', value, definition },
    sql_sha256: 'f'.repeat(64),
  });
  const figures: readonly PublishedFigure[] = [
    figure('flows', 3, { table: 'flow', where: [], measure: { op: 'count' } }),
    figure('hosts', 2, { table: 'flow', where: [], measure: { op: 'distinct', column: 'host' } }),
    figure('bytes', 60, { table: 'flow', where: [], measure: { op: 'sum', column: 'bytes' } }),
  ];
  const shown = figures.map(
    ({ id, value }) =>
      `<p>The ${id}: <data class="figure" data-figure="${id}" value="${canonicalJson(value)}">${canonicalJson(value)}</data></p>`,
  );
  const out = join(folder, 'small.zip');
  await writeBundle({
    out,
    investigationJson: `${JSON.stringify({ figures }, null, 1)}\n`,
    reportHtml: `<!doctype html><title>Report</title>${shown.join('')}`,
    figures,
    tables: [
      { name: 'day', columns: dayColumns, rows: [{ day: '2026-01-01' }, { day: '2026-01-02' }] },
      {
        name: 'flow',
        columns: flowColumns,
        rows,
        standsFor: { host: 'host_withheld' },
      },
    ],
    lineage: {},
    secret: smallSecret,
    attest: (commitments) => attested(commitments, keys, log),
  });
  const bytes = readFileSync(out);
  return { bytes, files: await filesIn(bytes), keys, log, full: null, trust: trustIn(keys) };
}

/** What a publisher says of commitments; `said` is added to the predicate. */
export async function attested(
  commitments: Uint8Array,
  keys: KeyRing,
  log: string,
  said: Readonly<Record<string, unknown>> = {},
  entry: { readonly corrects: number | null } = { corrects: null },
): Promise<ReadonlyMap<string, Uint8Array>> {
  const list = readFileSync(keyFiles.list(keys.dir));
  const payload = formatStatement({
    subjects: [{ name: 'data/commitments.json', sha256: sha256(commitments) }],
    predicateType: publicationPredicateType,
    predicate: { tlp: 'CLEAR', keys_sha256: sha256(list), log: 'cert.example/log', ...said },
  });
  return new Map<string, Uint8Array>([
    [statementPath, Buffer.from(signPayload(payload, statementPayloadType, keys))],
    [carriedKeysPath, list],
    [proofPath, Buffer.from(await appendToLog(log, { payload, ...entry }, keys))],
  ]);
}

/** Writes bytes to a file of the folder, and gives its path. */
export function written(folder: string, name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Canonical JSON as a file has it. */
export function jsonFile(value: unknown): Buffer {
  return Buffer.from(`${canonicalJson(value)}\n`);
}
