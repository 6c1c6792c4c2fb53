// Checks a counter-report: its files against their list, its document against its form, its signature, and, with the
// publication it answers at hand, that it quotes that publication rightly and that its own values follow from its rows.

import { verifyBundle } from './bundle.ts';
import type { Row } from './definition.ts';
import { accumulate } from './evaluate.ts';
import { type BundleFiles, wholeFile } from './files.ts';
import {
  bagitText,
  figuresPath,
  investigationPath,
  manifestPath,
  Reading,
  readList,
  tagManifestPath,
} from './manifest.ts';
import { problemText } from './report.ts';
import { readSchema } from './schema.ts';
import { sha256 } from './sha256.ts';
import { isRecord, parseEnvelope, type TrustedKey, verifyEnvelope } from './sign/dsse.ts';
import { reasonText } from './sign/reason.ts';
import { parseStatement, statementPayloadType } from './sign/statement.ts';
import { rowsPath, schemaPath } from './table.ts';
import { canonicalJson, isTooDeep } from './text.ts';
import { checkDefinition, DefinitionError } from './validate.ts';

export const replyPath = 'data/reply.json';
export const replyPagePath = 'data/reply.html';
export const replyAddedPath = 'data/added/bundle.tocsin.zip';
export const replyStatementPath = 'data/attestations/statement.dsse.json';
export const replyPredicateType = 'urn:tocsin:reply:1';

export interface ReplyStep {
  readonly name: 'files' | 'document' | 'signature' | 'evidence' | 'original' | 'values';
  /** `unjudged`: what it needs was not given. */
  readonly outcome: 'held' | 'failed' | 'unjudged';
  readonly text: string;
}

export interface ReplyVerification {
  /** True when no step failed. */
  readonly isVerified: boolean;
  readonly steps: readonly ReplyStep[];
}

export interface ReplyTrust {
  /** The publication it answers; null when it is not at hand. */
  readonly original: BundleFiles | null;
  /** Keys of the replier that the reader trusts; null when none are given. */
  readonly keys: readonly TrustedKey[] | null;
}

/** Whether the files are those of a counter-report. */
export function isReply(files: BundleFiles): boolean {
  return files.names.includes(replyPath);
}

/** Checks a counter-report. Never throws for what the files hold. */
export async function verifyReply(files: BundleFiles, trust: ReplyTrust): Promise<ReplyVerification> {
  const steps: ReplyStep[] = [];
  const say = (name: ReplyStep['name'], outcome: ReplyStep['outcome'], text: string) =>
    void steps.push({ name, outcome, text });
  const reading = new Reading(files);
  const digests = await checkFiles(reading);
  const [problem] = reading.problems;
  if (problem === undefined) say('files', 'held', `${files.names.length} files as listed`);
  else say('files', 'failed', reading.problems.map(problemText).slice(0, 20).join('; '));
  const text = await new Reading(files).text(replyPath);
  const document = readDocument(text);
  if (typeof document === 'string') say('document', 'failed', document);
  else say('document', 'held', 'the document has the form of a counter-report');
  steps.push(await signatureStep(files, digests, trust.keys));
  if (typeof document !== 'string') {
    steps.push(await evidenceStep(files, document, digests));
    if (trust.original === null) {
      say('original', 'unjudged', 'the publication it answers was not given');
      say('values', 'unjudged', 'its values were not computed anew');
    } else steps.push(...(await againstOriginal(document, trust.original)));
  }
  return { isVerified: steps.every(({ outcome }) => outcome !== 'failed'), steps };
}

/** Digests of all files by name; what does not hold is on the record of the reading. */
async function checkFiles(reading: Reading): Promise<ReadonlyMap<string, string>> {
  const { files, problems } = reading;
  const digests = new Map<string, string>();
  for (const name of files.names) digests.set(name, sha256(await wholeFile(files, name, 512 * 2 ** 20)));
  const tag = readList((await reading.text(tagManifestPath)) ?? '', tagManifestPath, problems);
  const manifest = readList((await reading.text(manifestPath)) ?? '', manifestPath, problems);
  if ((await reading.text('bagit.txt')) !== bagitText)
    problems.push({
      code: 'file-form',
      file: 'bagit.txt',
      line: 1,
      detail: 'not the declaration of a BagIt 1.0 bag',
    });
  for (const [list, listedIn] of [
    [tag, tagManifestPath],
    [manifest, manifestPath],
  ] as const)
    for (const [file, digest] of list) {
      const found = digests.get(file);
      if (found === undefined) problems.push({ code: 'file-missing', file });
      else if (found !== digest) problems.push({ code: 'file-digest', file, listedIn });
    }
  for (const file of files.names) {
    const list = file.startsWith('data/') ? manifest : tag;
    if (file !== tagManifestPath && !list.has(file)) problems.push({ code: 'file-extra', file });
  }
  return digests;
}

/** The evidence that the answer adds: a bundle of its own, which must verify as any other. */
async function evidenceStep(
  files: BundleFiles,
  { addedSha256 }: ReplyFacts,
  digests: ReadonlyMap<string, string>,
): Promise<ReplyStep> {
  const name = 'evidence';
  if ((digests.get(replyAddedPath) ?? null) !== addedSha256)
    return {
      name,
      outcome: 'failed',
      text: 'the bundle of the added evidence is not the one the document names',
    };
  if (addedSha256 === null) return { name, outcome: 'unjudged', text: 'no evidence was added' };
  const { isVerified, figures, problems } = await verifyBundle(
    await wholeFile(files, replyAddedPath, 512 * 2 ** 20),
  );
  return isVerified
    ? { name, outcome: 'held', text: `the added evidence verifies: ${figures.length} figures computed anew` }
    : { name, outcome: 'failed', text: problems.slice(0, 5).map(problemText).join('; ') };
}

interface ReplyFacts {
  readonly contentSha256: string;
  /** Of the bundle of added evidence; null when there is none. */
  readonly addedSha256: string | null;
  readonly responses: readonly Readonly<Record<string, unknown>>[];
}

function readDocument(text: string | null): ReplyFacts | string {
  if (text === null) return `${replyPath} cannot be read`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `${replyPath} is not JSON`;
  }
  if (isTooDeep(value)) return `${replyPath} is nested too deep`;
  if (`${canonicalJson(value)}\n` !== text) return `${replyPath} is not in canonical form`;
  if (!isRecord(value) || value['schema'] !== replyPredicateType)
    return `the schema is not ${replyPredicateType}`;
  const { original, responses, by } = value;
  if (!isRecord(original) || typeof original['content_sha256'] !== 'string' || !isRecord(by))
    return 'it does not say what it answers, or who does';
  if (!Array.isArray(responses) || !responses.every(isRecord)) return 'it has no list of responses';
  const { added } = value;
  const addedSha256 = isRecord(added) ? added['bundle_sha256'] : null;
  if (added !== null && typeof addedSha256 !== 'string') return 'it does not name the evidence it adds';
  return {
    contentSha256: original['content_sha256'],
    addedSha256: typeof addedSha256 === 'string' ? addedSha256 : null,
    responses,
  };
}

async function signatureStep(
  files: BundleFiles,
  digests: ReadonlyMap<string, string>,
  keys: readonly TrustedKey[] | null,
): Promise<ReplyStep> {
  const failed = (text: string): ReplyStep => ({ name: 'signature', outcome: 'failed', text });
  if (!files.names.includes(replyStatementPath))
    return { name: 'signature', outcome: keys === null ? 'unjudged' : 'failed', text: 'it is not signed' };
  const bytes = await wholeFile(files, replyStatementPath, 8 * 2 ** 20);
  const envelope =
    keys === null
      ? parseEnvelope(bytes)
      : verifyEnvelope(bytes, { keys, threshold: 1, payloadType: statementPayloadType });
  if (!envelope.ok) return failed(reasonText(envelope.reason));
  const statement = parseStatement(envelope.value.payload);
  if (!statement.ok) return failed(reasonText(statement.reason));
  if (statement.value.predicateType !== replyPredicateType)
    return failed('the signed statement is about something else');
  for (const name of files.names) {
    if (!name.startsWith('data/') || name === replyStatementPath) continue;
    const subject = statement.value.subjects.find((candidate) => candidate.name === name);
    if (subject?.sha256 !== digests.get(name)) return failed(`the signed statement is of another ${name}`);
  }
  if (keys === null)
    return {
      name: 'signature',
      outcome: 'unjudged',
      text: 'it is signed; without keys that you trust it is not judged by whom',
    };
  const signers =
    'signers' in envelope.value ? envelope.value.signers.map(({ name }) => name).join(', ') : '';
  return { name: 'signature', outcome: 'held', text: `signed by ${signers}` };
}

/** What it quotes and computes, against the publication itself. */
async function againstOriginal(reply: ReplyFacts, original: BundleFiles): Promise<readonly ReplyStep[]> {
  const wrong: string[] = [];
  const reading = new Reading(original);
  const tag = await reading.text(tagManifestPath);
  if (tag === null || sha256(tag) !== reply.contentSha256)
    return [
      { name: 'original', outcome: 'failed', text: 'it answers another publication than the one given' },
    ];
  const stated = await reading.json(figuresPath);
  const investigation = await reading.json(investigationPath);
  const figures = new Map(listOf(stated, 'figures').map((figure) => [textIn(figure, 'id'), figure]));
  const findings = new Set(listOf(investigation, 'findings').map((finding) => textIn(finding, 'id')));
  const incidents = new Set(listOf(investigation, 'incidents').map((incident) => textIn(incident, 'id')));
  const values: string[] = [];
  let computed = 0;
  for (const response of reply.responses) {
    const id = textIn(response, 'id');
    if (response['kind'] === 'finding' && !findings.has(id)) wrong.push(`there is no finding ${id}`);
    if (response['kind'] === 'incident' && !incidents.has(id)) wrong.push(`there is no incident ${id}`);
    if (response['kind'] !== 'figure') continue;
    const figure = figures.get(id);
    if (figure === undefined) {
      wrong.push(`there is no figure ${id}`);
      continue;
    }
    for (const part of ['label', 'unit', 'value', 'definition'])
      if (canonicalJson(figure[part] ?? null) !== canonicalJson(response[part] ?? null))
        wrong.push(`figure ${id} is quoted with another ${part}`);
    const own = response['own'];
    if (!isRecord(own)) continue;
    computed += 1;
    const value = await computedAnew(original, own['definition']);
    if (typeof value === 'object' && value !== null && 'problem' in value)
      values.push(`figure ${id}: ${String(value.problem)}`);
    else if (canonicalJson(value ?? null) !== canonicalJson(own['value'] ?? null))
      values.push(`figure ${id}: its own value is not what the rows give`);
  }
  return [
    {
      name: 'original',
      outcome: wrong.length === 0 ? 'held' : 'failed',
      text: wrong.length === 0 ? 'it quotes the publication as it is' : wrong.slice(0, 20).join('; '),
    },
    {
      name: 'values',
      outcome: values.length === 0 ? 'held' : 'failed',
      text:
        values.length === 0
          ? `${computed} of its own values follow from the rows of the publication`
          : values.slice(0, 20).join('; '),
    },
  ];
}

/** A text of an object; empty where there is none. */
function textIn(fields: Readonly<Record<string, unknown>>, key: string): string {
  const value = fields[key];
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown, key: string): readonly Readonly<Record<string, unknown>>[] {
  const list = isRecord(value) ? value[key] : null;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** Value of a definition over the rows of a bundle, or why it cannot be computed. */
async function computedAnew(files: BundleFiles, definition: unknown): Promise<unknown> {
  const table = isRecord(definition) ? textIn(definition, 'table') : '';
  const reading = new Reading(files);
  if (!files.names.includes(schemaPath(table))) return { problem: `there is no table ${table}` };
  const schema = readSchema(await reading.json(schemaPath(table)));
  if (typeof schema === 'string') return { problem: schema };
  try {
    const checked = checkDefinition(definition, new Map([[table, schema.columns]]));
    const accumulator = accumulate(checked, schema.columns);
    const rows = await reading.text(rowsPath(table));
    for (const line of (rows ?? '').split('\n')) if (line !== '') accumulator.add(JSON.parse(line) as Row);
    return accumulator.value();
  } catch (error) {
    if (error instanceof DefinitionError || error instanceof SyntaxError) return { problem: error.message };
    throw error;
  }
}
