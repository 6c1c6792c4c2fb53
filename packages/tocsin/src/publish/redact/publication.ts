// Makes a published bundle of a full one: redacted as the policy says, committed under the publication's secret, signed,
// logged. Takes the bundle that `investigate` wrote and needs no database; the same bundle, policy and keys give the same
// rows, figures and commitments.
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  canonicalJson,
  carriedKeysPath,
  evaluate,
  formatStatement,
  openBundle,
  proofPath,
  publicationPredicateType,
  statementPath,
  statementPayloadType,
  verifyBundle,
  wholeFile,
} from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { byText, sha256 } from '../../ground/ids.ts';
import type { Figure, Investigation } from '../../vocabulary/investigation.ts';
import type { ReadBundle } from '../bundle/read.ts';
import { writeBundle } from '../bundle/write.ts';
import { catalogueOf } from '../catalogue/catalogue.ts';
import {
  type PublishedTable,
  publishedRows,
  publishedRowTables,
  publishedTables,
  type Unfigured,
} from '../catalogue/tables.ts';
import { compileFigure } from '../figures/compile.ts';
import { keyFiles } from '../keys/folder.ts';
import { currentKeys, type KeyRing } from '../keys/key-ring.ts';
import { signPayload } from '../keys/sign.ts';
import { appendToLog } from '../log/append.ts';
import { type Reports, reportsOf } from '../reports.ts';
import type { DetectorText } from '../sections/context.ts';
import { leaksIn } from './leaks.ts';
import type { Policy } from './policy.ts';
import { ordered, pseudonymsOf, redacted, type ShownTable, shownRow, shownTable } from './redaction.ts';

export interface PublicationRequest {
  readonly original: ReadBundle;
  readonly policy: Policy;
  readonly detectors: readonly DetectorText[];
  /** What salts and pseudonyms come from, 32 bytes. */
  readonly secret: Uint8Array;
}

/**
 * The secret of one publication, from that of the publisher: two publications have nothing in common by which a name in
 * one could be found in the other.
 */
export function secretOf(publisher: Uint8Array, { contentSha256 }: ReadBundle, policy: Policy): Uint8Array {
  return createHmac('sha256', publisher)
    .update(['tocsin-publication-2', contentSha256, canonicalJson(policy)].join('\u0000'))
    .digest();
}

/** A publication before it is written: what a reader will see. */
export interface Prepared {
  readonly investigation: Investigation;
  readonly reports: Reports;
  readonly tables: ReadonlyMap<PublishedTable, ShownTable>;
  /** Names that must be nowhere in it. */
  readonly withheld: ReadonlySet<string>;
}

/** Redacts a bundle and computes its figures anew. @throws TocsinError publication-refused */
export async function prepare({
  original,
  policy,
  detectors,
  secret,
}: PublicationRequest): Promise<Prepared> {
  const { isVerified } = await verifyBundle(original.bytes);
  if (!isVerified)
    throw new TocsinError('publication-refused', { detail: 'it does not verify; run `tocsin verify` on it' });
  const { figures: _, ...full } = original.investigation;
  const names = pseudonymsOf(policy, original.investigation, secret);
  const aligned = redacted(full, policy, names);
  const tables = new Map<PublishedTable, ShownTable>();
  const before = publishedRows(full);
  const after = publishedRows(aligned);
  for (const name of publishedRowTables)
    tables.set(name, shownTable(publishedTables[name], before[name], after[name]));
  const flows = await original.rows('theft_flow');
  const shownFlows = flows.map((row) => shownRow(row, names));
  tables.set('theft_flow', shownTable(publishedTables.theft_flow, flows, shownFlows));
  const unfigured = ordered(aligned, policy);
  const investigation: Investigation = { ...unfigured, figures: figuresOf(unfigured, tables) };
  const reports = await reportsOf(investigation, detectors);
  return { investigation, reports, tables, withheld: names.replaced() };
}

function figuresOf(
  investigation: Unfigured,
  tables: ReadonlyMap<PublishedTable, ShownTable>,
): readonly Figure[] {
  return catalogueOf(investigation).map(({ id, label, unit, definition }): Figure => {
    const shown = [...tables].find(([name]) => name === definition.table)?.[1];
    const { columns, rows, standsFor } = shown ?? { columns: [], rows: [], standsFor: {} };
    const hidden = new Set(Object.values(standsFor));
    const disclosed = columns.filter((column) => !hidden.has(column.name));
    const value = evaluate(definition, disclosed, rows);
    const { sqlSha256 } = compileFigure(definition, `bundle_${definition.table}`);
    return { id, label, value, unit, definition, table: definition.table, sql_sha256: sqlSha256 };
  });
}

export interface Attesting {
  readonly keys: KeyRing;
  /** Log folder; null publishes without one. */
  readonly log: string | null;
  /** Index of the log's entry that this publication corrects. */
  readonly corrects: number | null;
}

export interface WriteRequest {
  readonly original: ReadBundle;
  readonly prepared: Prepared;
  readonly policy: Policy;
  readonly secret: Uint8Array;
  readonly attesting: Attesting;
  /** Folder the publication goes to. */
  readonly out: string;
  /** The publication in the formats others exchange, by file name. */
  readonly exchange: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes publication.tocsin.zip and gives its path. What was written is read again: a publication that does not verify or
 * holds a withheld name is taken back.
 * @throws TocsinError keys-unusable, log-refused, publication-refused
 */
export async function writePublication(request: WriteRequest): Promise<string> {
  const { prepared, policy, secret, original, attesting } = request;
  const { investigation, reports, tables, withheld } = prepared;
  mkdirSync(request.out, { recursive: true });
  const out = join(request.out, 'publication.tocsin.zip');
  const content = {
    out,
    investigationJson: `${JSON.stringify(investigation, null, 1)}\n`,
    reportHtml: reports.html,
    figures: investigation.figures,
    tables: [...tables]
      .sort(([left], [right]) => byText(left, right))
      .map(([name, { columns, rows, standsFor }]) => ({ name, columns, rows, standsFor })),
    lineage: lineageOf(investigation),
    secret,
    others: new Map([
      ...[...reports.others].map(([name, bytes]): [string, Uint8Array] => [`data/${name}`, bytes]),
      ...[...request.exchange].map(([name, bytes]): [string, Uint8Array] => [`data/exchange/${name}`, bytes]),
      ['data/policy.json', Buffer.from(`${canonicalJson(statedPolicy(policy))}\n`)],
    ]),
  };
  // First without attestations: what is in the log cannot be taken back.
  await writeBundle(content);
  const problem = await problemOf(out, withheld);
  if (problem !== null) {
    rmSync(out, { force: true });
    throw new TocsinError('publication-refused', { detail: problem });
  }
  await writeBundle({
    ...content,
    attest: (commitments) => attestations(commitments, original, policy, attesting),
  });
  return out;
}

async function problemOf(path: string, withheld: ReadonlySet<string>): Promise<string | null> {
  const bytes = readFileSync(path);
  if (!(await verifyBundle(bytes)).isVerified) return 'what was written does not verify';
  const files = await openBundle(bytes);
  for (const name of files.names)
    if (leaksIn(await wholeFile(files, name, 2 ** 30), withheld)) return `${name} would hold a withheld name`;
  return null;
}

/** Where the tables come from, with the ids and names the publication shows. */
function lineageOf({ evidence, findings }: Investigation): unknown {
  const detectors = new Map(findings.map((finding) => [finding.detector, finding.sql_sha256]));
  return {
    evidence: evidence.map(({ id, sha256: digest, format }) => ({ id, sha256: digest, format })),
    detectors: [...detectors]
      .sort(([left], [right]) => byText(left, right))
      .map(([id, digest]) => ({ id, sql_sha256: digest })),
  };
}

/** The policy as readers may know it: names of organisations would tell whom it protects. */
function statedPolicy({ organisations, ...policy }: Policy): unknown {
  return { ...policy, organisations: organisations.default };
}

async function attestations(
  commitments: Uint8Array,
  { contentSha256 }: ReadBundle,
  { tlp }: Policy,
  { keys, log, corrects }: Attesting,
): Promise<ReadonlyMap<string, Uint8Array>> {
  // For readers to compare with the list they have from elsewhere; the verifier does not trust it.
  const keyList = readFileSync(keyFiles.list(keys.dir));
  const [logKey] = log === null ? [] : currentKeys(keys, 'log');
  const payload = formatStatement({
    subjects: [{ name: 'data/commitments.json', sha256: sha256(commitments) }],
    predicateType: publicationPredicateType,
    predicate: {
      tlp,
      full_bundle_sha256: contentSha256,
      keys_sha256: sha256(keyList),
      // A publication whose proof was taken out then shows it.
      log: logKey?.name ?? null,
      ...(corrects === null ? {} : { corrects }),
    },
  });
  const envelope = signPayload(payload, statementPayloadType, keys);
  const files = new Map<string, Uint8Array>([
    [statementPath, Buffer.from(envelope)],
    [carriedKeysPath, keyList],
  ]);
  if (log !== null) files.set(proofPath, Buffer.from(await appendToLog(log, { payload, corrects }, keys)));
  return files;
}
