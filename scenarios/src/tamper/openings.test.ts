// The auditor's challenge: the checkpoint picks rows, the publisher opens them and no others, and the check tells cells that
// are not those committed to, and pseudonyms that do not stand for one value each.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BundleFiles,
  challengeOf,
  checkOpenings,
  columnSecret,
  commitmentsPath,
  encodeHex,
  exitCodeOf,
  formatOpenings,
  type Openings,
  openBundle,
  openingsFormat,
  publicationLines,
  Salts,
  verifyPublication,
} from '@tocsin/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../packages/tocsin/src/ground/ids.ts';
import { readBundle } from '../../../packages/tocsin/src/publish/bundle/read.ts';
import { detectorTexts } from '../../../packages/tocsin/src/publish/exporters/html/samples/detectors.ts';
import { loadPublicationSecret } from '../../../packages/tocsin/src/publish/keys/publication-secret.ts';
import { openRows } from '../../../packages/tocsin/src/publish/redact/open.ts';
import { openPolicy, type Policy } from '../../../packages/tocsin/src/publish/redact/policy.ts';
import { secretOf } from '../../../packages/tocsin/src/publish/redact/publication.ts';
import { packed } from './archive.ts';
import { type Published, policy, publishSample, publishSmall, smallRows, smallSecret } from './published.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-openings-'));
let base: Published;
let other: Published;
let files: BundleFiles;
beforeAll(async () => {
  base = await publishSample(join(folder, 'base'));
  other = await publishSample(join(folder, 'other'));
  files = await openBundle(base.bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openings(rows: number, by: Policy = policy, keys = base.keys): Promise<string> {
  const original = await readBundle(base.full ?? '');
  const secret = secretOf(loadPublicationSecret(keys.dir, null), original, by);
  return openRows({ publication: base.bytes, rows, original, policy: by, detectors: detectorTexts, secret });
}

const picked = async (published: Published, rows: number) => {
  const challenge = await challengeOf(await openBundle(published.bytes), rows);
  if (typeof challenge === 'string') throw new Error(challenge);
  return challenge;
};

describe('a challenge', () => {
  it('picks the same rows for everybody, other ones for another checkpoint, each once and in order', async () => {
    const { rows, of } = await picked(base, 12);
    expect(rows.length).toBe(12);
    expect(new Set(rows.map(({ table, row }) => `${table} ${row}`)).size).toBe(12);
    expect(await picked(base, 12)).toEqual(await picked(base, 12));
    expect((await picked(other, 12)).rows).not.toEqual(rows);
    expect((await picked(base, 100_000)).rows.length).toBe(of);
  });

  it('picks from every table with withheld cells, over many checkpoints about as often as it has rows', async () => {
    const { tables } = await picked(base, 1);
    const all = (await picked(base, 100_000)).rows;
    for (const { table, rows } of tables)
      expect(all.filter((one) => one.table === table).map(({ row }) => row)).toEqual(
        Array.from({ length: rows }, (_, at) => at + 1),
      );
  });

  it.each([0, -1, 1.5, 100_001, Number.NaN])('of %s rows is none', async (count) => {
    expect(await challengeOf(files, count)).toMatch(/a challenge is of 1 to 100000 rows/);
  });

  it('is none where there is no log', async () => {
    const unlogged = new Map([...base.files].filter(([name]) => !name.endsWith('.tlog-proof')));
    expect(await challengeOf(await openBundle(packed(unlogged)), 5)).toMatch(/it was not logged/);
  });
});

describe('openings', () => {
  it('are accepted, and say how many rows were opened', async () => {
    const check = await verifyPublication(
      () => openBundle(base.bytes),
      base.trust,
      Buffer.from(await openings(8)),
    );
    const step = check.steps.find(({ name }) => name === 'openings');
    expect(step?.text).toMatch(
      /^8 of \d+ rows opened, the ones that the checkpoint picks: \d+ cells are those committed to/,
    );
    expect(check.isVerified).toBe(true);
    const opened = check.verification.figures.filter(({ checkedRows }) => (checkedRows ?? 0) > 0);
    expect(opened.length).toBeGreaterThan(0);
    expect(publicationLines(check, { isLong: true }).join('\n')).toMatch(
      /^partly {10}.*\(partly verified: pseudonyms of [1-8] of \d+ rows checked\)$/m,
    );
  });

  it('of every row verify every figure, which is partly verified before', async () => {
    const before = await verifyPublication(() => openBundle(base.bytes), base.trust);
    const statuses = new Set(before.verification.figures.map(({ status }) => status));
    expect([...statuses].sort()).toEqual(['partly-verified', 'verified']);
    const after = await verifyPublication(
      () => openBundle(base.bytes),
      base.trust,
      Buffer.from(await openings(100_000)),
    );
    expect(new Set(after.verification.figures.map(({ status }) => status))).toEqual(new Set(['verified']));
  });

  it('hold nothing of the rows that were not picked', async () => {
    const { openings: few } = JSON.parse(await openings(3)) as Openings;
    expect(few.map(({ table, row }) => ({ table, row }))).toEqual((await picked(base, 3)).rows);
  });

  it('are not given out for another policy or other keys', async () => {
    await expect(openings(3, { ...openPolicy('RED'), outside: 'pseudonym' })).rejects.toThrow(
      /published with/,
    );
    await expect(openings(3, policy, other.keys)).rejects.toThrow(/published with/);
  });

  type Change = (openings: Openings) => unknown;
  const first =
    (change: (row: Openings['openings'][number]) => unknown): Change =>
    (all) => ({
      ...all,
      openings: all.openings.map((row, at) => (at === 0 ? change(row) : row)),
    });
  const cells = (change: (cell: { cell: unknown; salt: string }) => unknown): Change =>
    first((row) => ({
      ...row,
      cells: Object.fromEntries(
        Object.entries(row.cells).map(([name, cell], at) => [name, at === 0 ? change({ ...cell }) : cell]),
      ),
    }));
  it.each<[string, Change, RegExp]>([
    [
      'another value',
      cells((cell) => ({ ...cell, cell: '192.0.2.200' })),
      /is not the one committed to|none of its type/,
    ],
    ['another salt', cells((cell) => ({ ...cell, salt: '0'.repeat(32) })), /is not the one committed to/],
    ['a short salt', cells((cell) => ({ ...cell, salt: '00' })), /is not opened/],
    ['a value of no type', cells((cell) => ({ ...cell, cell: { a: 1 } })), /opening 1 is none/],
    ['a cell left out', first((row) => ({ ...row, cells: {} })), /not every withheld cell of it is opened/],
    [
      'a row left out',
      (all) => ({ ...all, openings: all.openings.slice(1) }),
      /row \d+ of table \w+ was picked and is not opened/,
    ],
    [
      'a row more',
      (all) => ({ ...all, openings: [...all.openings, all.openings[0]] }),
      /other rows are opened than those picked/,
    ],
    ['fewer rows than are said', (all) => ({ ...all, rows: 400 }), /was picked and is not opened/],
    [
      'another publication',
      (all) => ({ ...all, commitments_sha256: '0'.repeat(64) }),
      /of another publication/,
    ],
    ['another format', (all) => ({ ...all, format: 'tocsin-openings/9' }), /not of the format/],
    ['no list', (all) => ({ ...all, openings: null }), /lack a part/],
    ['nothing', () => null, /not of the format/],
  ])('are refused with %s', async (_, change, says) => {
    const changed = JSON.stringify(change(JSON.parse(await openings(6)) as Openings));
    const check = await verifyPublication(() => openBundle(base.bytes), base.trust, Buffer.from(changed));
    const step = check.steps.find(({ name }) => name === 'openings');
    expect(`${step?.outcome}: ${step?.text}`).toMatch(says);
    expect(check.isVerified).toBe(false);
    expect(exitCodeOf(check.steps)).toBe(10);
    expect(
      check.verification.figures.every(({ checkedRows }) => checkedRows === null || checkedRows === 0),
    ).toBe(true);
  });

  it.each(['', '{', `${'['.repeat(100_000)}`])('that are no JSON are refused: %#', async (text) => {
    expect((await checkOpenings(files, Buffer.from(text))).problem).toMatch(/no JSON/);
  });
});

describe('a publisher that gives', () => {
  const secret = smallSecret;
  /** Openings of every row, by a publisher who knows the secret and opens what is committed. */
  async function opened(published: Published, rows: typeof smallRows): Promise<string> {
    const salts = new Salts(columnSecret(secret, 'flow', 'host_withheld'));
    const all: Openings = {
      format: openingsFormat,
      commitments_sha256: sha256(published.files.get(commitmentsPath) ?? ''),
      rows: rows.length,
      openings: rows.map(({ host_withheld: cell }, at) => ({
        table: 'flow',
        row: at + 1,
        cells: { host_withheld: { cell, salt: encodeHex(salts.of(at)) } },
      })),
    };
    return formatOpenings(all);
  }

  it.each<[string, readonly string[], RegExp | null]>([
    ['each host one pseudonym', ['192.0.2.77', '192.0.2.78', '192.0.2.77'], null],
    [
      'two hosts one pseudonym',
      ['192.0.2.77', '192.0.2.78', '192.0.2.79'],
      /row 3: in column host one pseudonym stands for two values/,
    ],
    [
      'one host two pseudonyms',
      ['192.0.2.77', '192.0.2.77', '192.0.2.77'],
      /row 2: in column host one value has two pseudonyms/,
    ],
  ])('%s', async (name, hosts, says) => {
    const rows = smallRows.map((row, at) => ({ ...row, host_withheld: hosts[at] ?? '' }));
    const published = await publishSmall(join(folder, name.replaceAll(' ', '-')), rows);
    // Every figure follows from the rows as they are shown: only the openings tell.
    expect((await verifyPublication(() => openBundle(published.bytes), published.trust)).isVerified).toBe(
      true,
    );
    const { problem } = await checkOpenings(
      await openBundle(readFileSync(join(folder, name.replaceAll(' ', '-'), 'small.zip'))),
      Buffer.from(await opened(published, rows)),
    );
    if (says === null) expect(problem).toBeNull();
    else expect(problem).toMatch(says);
  });
});
