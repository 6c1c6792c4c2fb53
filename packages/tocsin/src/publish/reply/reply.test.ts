// An answer is checked as strictly as the publication: what was changed in it, or quoted wrongly, is named.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BundleFiles, canonicalJson, openBundle, verifyReply } from '@tocsin/verify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBundle } from '../bundle/read.ts';
import { writeBundle } from '../bundle/write.ts';
import { writeReply } from './bundle.ts';
import { type ReplyDocument, replyTo } from './reply.ts';
import type { Statement } from './statement.ts';

const definition = { table: 'flow', where: [], measure: { op: 'sum', column: 'bytes' } } as const;
const figures = [
  {
    id: 'taken',
    label: 'Bytes taken',
    value: 30,
    unit: 'bytes',
    definition,
    table: 'flow',
    sql_sha256: '0'.repeat(64),
  },
];
const statement: Statement = {
  by: { name: 'The accused' },
  summary: 'Not all of it.',
  responses: [
    {
      figure: 'taken',
      says: 'disputed',
      reason: 'Only what went to us counts.',
      where: [{ op: '=', column: 'to', value: 'us' }],
    },
  ],
};

let folder: string;
let publication: string;
let document: ReplyDocument;
let original: BundleFiles;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-reply-'));
  publication = join(folder, 'bundle.zip');
  await writeBundle({
    out: publication,
    investigationJson: JSON.stringify({ figures, findings: [], incidents: [] }),
    reportHtml: '<p>nothing</p>',
    figures,
    tables: [
      {
        name: 'flow',
        columns: [
          { name: 'to', type: 'text', meaning: 'Who got it.' },
          { name: 'bytes', type: 'integer', meaning: 'How much.' },
        ],
        rows: [
          { to: 'us', bytes: 10 },
          { to: 'them', bytes: 20 },
        ],
      },
    ],
    lineage: {},
  });
  document = await replyTo(await readBundle(publication), statement, null, 'answer.yaml');
  original = await openBundle(readFileSync(publication));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function failures(change: (document: ReplyDocument) => unknown): Promise<readonly string[]> {
  const out = join(folder, 'reply.zip');
  const changed = change(structuredClone(document)) as ReplyDocument;
  await writeReply({ out, document: changed, page: '<p>both sides</p>', added: null, keys: null });
  const { steps } = await verifyReply(await openBundle(readFileSync(out)), { original, keys: null });
  return steps.flatMap(({ name, outcome, text }) => (outcome === 'failed' ? [`${name}: ${text}`] : []));
}

describe('an answer', () => {
  test('holds, and its own value follows from the rows', async () => {
    expect(document.responses).toMatchObject([{ value: 30, own: { value: 10 } }]);
    expect(await failures((same) => same)).toEqual([]);
  });

  test.each<[string, (document: ReplyDocument) => unknown, RegExp]>([
    ['another value of its own', (d) => own(d, { value: 9 }), /values: figure taken: its own value/],
    [
      'a definition that the table does not allow',
      (d) => own(d, { definition: { ...definition, table: 'nowhere' } }),
      /no table nowhere/,
    ],
    ['the publisher misquoted', (d) => first(d, { value: 31 }), /quoted with another value/],
    ['a figure that is not there', (d) => first(d, { id: 'other' }), /no figure other/],
    ['a finding that is not there', (d) => first(d, { kind: 'finding', id: 'f-1' }), /no finding f-1/],
    [
      'another publication named',
      (d) => ({ ...d, original: { ...d.original, content_sha256: 'ab' } }),
      /another publication/,
    ],
    [
      'evidence named that is not there',
      (d) => ({ ...d, added: { bundle_sha256: 'ab', evidence: [], titles: [] } }),
      /evidence: /,
    ],
    ['another schema', (d) => ({ ...d, schema: 'urn:other' }), /document: the schema/],
  ])('with %s is refused', async (_, change, message) => {
    expect((await failures(change)).join('\n')).toMatch(message);
  });

  test('of which a file was changed names the file', async () => {
    const out = join(folder, 'reply.zip');
    await writeReply({ out, document, page: '<p>both sides</p>', added: null, keys: null });
    const files = await openBundle(readFileSync(out));
    const changed: BundleFiles = {
      ...files,
      open: (name) => (name === 'data/reply.html' ? bytes('<p>one side</p>') : files.open(name)),
    };
    const { steps } = await verifyReply(changed, { original, keys: null });
    expect(steps[0]).toMatchObject({ name: 'files', outcome: 'failed' });
    expect(steps[0]?.text).toContain('data/reply.html');
  });

  test('is written in one way only', () => {
    expect(canonicalJson(JSON.parse(canonicalJson(document)))).toBe(canonicalJson(document));
  });

  test('to what the bundle does not have is refused with the place in the statement', async () => {
    const responses = [{ figure: 'nothing', says: 'disputed', reason: 'no' } as const];
    await expect(
      replyTo(await readBundle(publication), { ...statement, responses }, null, 'answer.yaml'),
    ).rejects.toThrow(/responses\.0: the bundle has no figure nothing/);
  });
});

function first(document: ReplyDocument, change: object): unknown {
  const [response, ...rest] = document.responses;
  return { ...document, responses: [{ ...response, ...change }, ...rest] };
}

function own(document: ReplyDocument, change: object): unknown {
  const [response] = document.responses;
  return first(document, { own: { ...(response?.kind === 'figure' ? response.own : null), ...change } });
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
