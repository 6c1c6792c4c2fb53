// `tocsin reply`: whoever a publication concerns answers it, with reasons, another way of counting, or evidence of their
// own. `tocsin diff`: both sides on one page.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isReply, openBundle, replyPath, wholeFile } from '@tocsin/verify';
import { TocsinError } from '../ground/errors.ts';
import { type ReadBundle, readBundle } from '../publish/bundle/read.ts';
import { openKeys } from '../publish/keys/key-ring.ts';
import { writeReply } from '../publish/reply/bundle.ts';
import { type Comparison, compareInvestigations, isSame } from '../publish/reply/comparison.ts';
import { type Side, type SidesPage, sidesPage } from '../publish/reply/page.ts';
import { type Added, type ReplyDocument, replyTo } from '../publish/reply/reply.ts';
import { groupsOfComparison, groupsOfReply, type SideGroup } from '../publish/reply/sides.ts';
import { readStatement } from '../publish/reply/statement.ts';
import { investigate, type Surroundings } from './investigate.ts';

export interface ReplyRequest {
  readonly bundle: string;
  /** YAML file with what is answered. */
  readonly statement: string;
  /** Evidence of the replier's own; null when there is none. */
  readonly evidence: string | null;
  readonly constituency: string | null;
  readonly networks: string | null;
  /** Keys folder; null leaves the answer unsigned. */
  readonly keys: string | null;
  readonly out: string;
}

/** Writes reply.tocsin.zip and reply.html into a folder; gives their paths. @throws TocsinError */
export async function reply(
  request: ReplyRequest,
  around: Surroundings,
): Promise<{ readonly archive: string; readonly page: string; readonly document: ReplyDocument }> {
  const statement = readStatement(request.statement);
  const keys = request.keys === null ? null : openKeys(request.keys);
  const original = await readBundle(request.bundle);
  const added = request.evidence === null ? null : await addedEvidence(request, request.evidence, around);
  const document = await replyTo(original, statement, added, request.statement);
  const page = sidesPage(pageOfReply(original, document));
  const archive = join(request.out, 'reply.tocsin.zip');
  await writeReply({ out: archive, document, page, added: added?.bundle ?? null, keys });
  const path = join(request.out, 'reply.html');
  write(path, page);
  return { archive, page: path, document };
}

/** The replier's own evidence, investigated as any other. */
async function addedEvidence(request: ReplyRequest, evidence: string, around: Surroundings): Promise<Added> {
  const work = mkdtempSync(join(resolve(around.config.scratch_dir), 'tocsin-reply-'));
  try {
    const { investigation, bundle } = await investigate(
      {
        paths: [evidence],
        out: work,
        constituency: request.constituency,
        networks: request.networks,
        data: null,
        keepRaw: false,
        mapping: null,
      },
      around,
    );
    return { investigation, bundle: readFileSync(bundle) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export interface Difference {
  readonly lines: readonly string[];
  readonly page: string;
  readonly json: string;
  /** Whether both sides say the same. */
  readonly isSame: boolean;
}

/** Compares a publication with its answer or with another publication. @throws TocsinError */
export async function diff(first: string, second: string): Promise<Difference> {
  const original = await readBundle(first);
  const document = await replyIn(second);
  if (document !== null) {
    const groups = groupsOfReply(document);
    const answers = document.original.content_sha256 === original.contentSha256;
    if (!answers)
      throw new TocsinError('reply-other', {
        path: second,
        detail: document.original.content_sha256.slice(0, 16),
      });
    return {
      lines: linesOf(groups),
      page: sidesPage(pageOfReply(original, document)),
      json: `${JSON.stringify({ kind: 'reply', ...document }, null, 1)}\n`,
      isSame: document.responses.every(({ says }) => says === 'accepted'),
    };
  }
  const other = await readBundle(second);
  const comparison = compareInvestigations(original.investigation, other.investigation);
  const groups = groupsOfComparison(comparison);
  return {
    lines: linesOf(groups),
    page: sidesPage(pageOfPublications(original, other, comparison)),
    json: `${JSON.stringify({ kind: 'publication', ...comparison }, null, 1)}\n`,
    isSame: isSame(comparison),
  };
}

/** The document of a counter-report; null when the archive is something else. */
async function replyIn(path: string): Promise<ReplyDocument | null> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
  // What cannot be opened as a bundle is named where it is read as one.
  const files = await openBundle(bytes).catch(() => null);
  if (files === null || !isReply(files)) return null;
  return JSON.parse(
    Buffer.from(await wholeFile(files, replyPath, 64 * 1024 * 1024)).toString(),
  ) as ReplyDocument;
}

/** Writes a text file, with the folder it lies in. @throws TocsinError output-unwritable */
export function write(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('output-unwritable', { path, detail }, error);
  }
}

function pageOfReply(original: ReadBundle, document: ReplyDocument): SidesPage {
  const { by, date, added } = document;
  return {
    title: `An answer to: ${titles(document.original.titles)}`,
    first: sideOf('The publication', original),
    second: {
      name: 'The answer',
      about: [
        by.name,
        ...(by.standing === null ? [] : [by.standing]),
        ...(date === null ? [] : [`dated ${date}`]),
        ...(by.contact === null ? [] : [by.contact]),
      ],
      sha256: null,
    },
    words: document.summary,
    groups: groupsOfReply(document),
    remarks: [
      'Of what the answer does not mention it says nothing: that is no agreement.',
      ...(added === null
        ? ['The answer adds no evidence.']
        : [
            `The answer adds evidence of its own, which was investigated in the same way; it shows: ${titles(added.titles)}. Its bundle is in the archive of the answer and verifies as any other.`,
          ]),
      'A value of the answer is computed over the rows of the publication, by the definition that the answer states; tocsin verify with --original recomputes it.',
    ],
  };
}

function pageOfPublications(first: ReadBundle, second: ReadBundle, comparison: Comparison): SidesPage {
  const same = Object.entries(comparison).map(([what, { same: count }]) => `${String(count)} ${what}`);
  return {
    title: `Two accounts of: ${titles(first.investigation.incidents.map(({ title }) => title))}`,
    first: sideOf('First', first),
    second: sideOf('Second', second),
    words: null,
    groups: groupsOfComparison(comparison),
    remarks: [`The same in both: ${same.join(', ')}.`],
  };
}

function sideOf(name: string, { contentSha256, investigation }: ReadBundle): Side {
  const organisations = [
    ...new Set(investigation.constituency.organisations.map(({ organisation }) => organisation)),
  ];
  return {
    name,
    about: [
      titles(investigation.incidents.map(({ title }) => title)),
      ...(organisations.length === 0 ? [] : [`about ${organisations.slice(0, 6).join(', ')}`]),
    ],
    sha256: contentSha256,
  };
}

function titles(list: readonly string[]): string {
  return list.length === 0 ? 'nothing that rose to an incident' : list.slice(0, 5).join('; ');
}

/** The sides as lines for a terminal; text of either side is shown, not obeyed. */
function linesOf(groups: readonly SideGroup[]): readonly string[] {
  const shown = (text: string) => JSON.stringify(text).slice(1, -1).slice(0, 300);
  const value = (side: SideGroup['rows'][number]['first']) =>
    side === null ? '-' : side.kind === 'text' ? shown(side.text) : shown(JSON.stringify(side.value));
  return groups.flatMap(({ title, rows }) => [
    `${title}:`,
    ...rows.flatMap(({ what, id, first, second, reason }) => [
      `  ${shown(what)} [${shown(id)}]: ${value(first)} | ${value(second)}`,
      ...(reason === null ? [] : [`    ${shown(reason)}`]),
    ]),
  ]);
}
