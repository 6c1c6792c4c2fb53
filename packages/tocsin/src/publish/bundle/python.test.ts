// The Python script for readers who trust neither the engine nor our TypeScript: it verifies what Tocsin writes, publishes
// and signs, and refuses what was changed, naming the step, even where every list of digests was made anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  canonicalJson,
  encodeHex,
  openBundle,
  RowCommitter,
  RunningRoot,
  type TableSchema,
  verifyBundle,
  verifyPublication,
} from '@tocsin/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../ground/ids.ts';
import { hasPython } from '../figures/python.test-data.ts';
import { keyFiles } from '../keys/folder.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { newKeys } from '../keys/new-keys.test-data.ts';
import {
  type Files,
  isVerified,
  packed,
  python,
  relisted,
  type SampleBundles,
  sampleBundles,
  trusting,
} from './python.test-data.ts';

type Figure = Readonly<Record<string, unknown>>;

let samples: SampleBundles;
let folder: string;
let full: string;
let publication: string;
let keys: KeyRing;
let files: Files;

beforeAll(async () => {
  samples = await sampleBundles();
  ({ folder, full, publication, keys, files } = samples);
});
afterAll(() => samples.remove());

const changed = (map: Files): Promise<string> => packed(map, join(folder, 'changed.zip'));

const edited = (name: string, change: (text: string) => string): Files => {
  const before = String(files.get(name));
  const after = change(before);
  expect(after).not.toBe(before);
  return new Map(files).set(name, Buffer.from(after));
};
const without = (text: string, line: number) =>
  text
    .split('\n')
    .filter((_, at) => at !== line)
    .join('\n');
/** More levels than any program's stack holds. */
const nested = Buffer.from(`{"figures":[{"id":${'['.repeat(50_000)}${']'.repeat(50_000)}}]}`);
const findings = 'data/tables/finding.ndjson';
const figuresJson = 'data/figures.json';

/** The first whole number among the figures, and the figure's id. */
function numberFigure(): { readonly id: string; readonly value: number } {
  const { figures } = JSON.parse(String(files.get(figuresJson)));
  return figures.find(({ value }: { value: unknown }) => typeof value === 'number' && value > 2);
}

/** The figures with one of them changed, everywhere they stand. */
function withFigure(change: (figure: Figure) => Figure): Files {
  const { id } = numberFigure();
  const map = new Map(files);
  for (const name of [figuresJson, 'data/investigation.json']) {
    const value = JSON.parse(String(map.get(name)));
    value.figures = value.figures.map((figure: Figure) => (figure['id'] === id ? change(figure) : figure));
    map.set(name, Buffer.from(`${canonicalJson(value)}\n`));
  }
  return map;
}

/** A row changed with leaves, root and digests of its table made anew, as by somebody who has the secrets of its columns. */
function forgedRow(): Files {
  const map = new Map(files);
  const schemaPath = 'data/tables/finding.schema.json';
  const schema: TableSchema = JSON.parse(String(map.get(schemaPath)));
  const lines = String(map.get(findings)).split('\n').slice(0, -1);
  const withheld = String(map.get('data/tables/finding.withheld') ?? '')
    .split('\n')
    .map((line) => line.match(/.{64}/g) ?? []);
  const rows = lines.map((line) => JSON.parse(line));
  rows[0] = { ...rows[0], score_permille: 1 };
  const committer = new RowCommitter(schema);
  const tree = new RunningRoot();
  const leaves = rows.map((row, at) => {
    const leaf = committer.leaf(
      at,
      row,
      (withheld[at] ?? []).map((hex) => Buffer.from(hex, 'hex')),
    );
    tree.add(leaf);
    return encodeHex(leaf);
  });
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const leavesText = leaves.map((leaf) => `${leaf}\n`).join('');
  map.set(findings, Buffer.from(text));
  map.set('data/tables/finding.leaves', Buffer.from(leavesText));
  const redone = {
    ...schema,
    sha256: sha256(text),
    leaves_sha256: sha256(leavesText),
    root: encodeHex(tree.root()),
  };
  map.set(schemaPath, Buffer.from(`${canonicalJson(redone)}\n`));
  return map;
}

describe.skipIf(!hasPython)('the Python script', () => {
  it('verifies the full bundle, and says what it did not judge', () => {
    const { status, stdout } = python(full);
    expect(stdout).toMatch(/^VERIFIED: Every figure follows from the published rows\. Who published them/);
    expect(stdout).toMatch(/^not judged {2}signature/m);
    expect(status).toBe(0);
  });

  it('verifies a redacted publication, and names who signed it', () => {
    expect([...files.keys()].some((name) => name.endsWith('.withheld'))).toBe(true);
    const { status, stdout } = python(publication, ...trusting(keys));
    expect(stdout).toMatch(/^VERIFIED: .*signed by somebody you trust/);
    expect(stdout).toMatch(/^ok +signature +signed by CERT of Example$/m);
    expect(status).toBe(0);
  });

  it('computes every figure as the verifier does', async () => {
    const { figures } = JSON.parse(python(publication, '--json').stdout);
    const expected = (await verifyBundle(readFileSync(publication))).figures;
    expect(expected.length).toBeGreaterThan(100);
    expect(figures).toEqual(
      expected.map(({ id, value }) => ({ id, status: 'verified', stated: value, computed: value })),
    );
  });

  it('verifies what another program has packed anew', async () => {
    expect(python(await changed(files), ...trusting(keys)).status).toBe(0);
  });

  it('trusts only a list that goes back to the root it was given', () => {
    const [{ key: rootId }] = JSON.parse(readFileSync(keyFiles.list(keys.dir), 'utf8')).acts;
    expect(python(publication, ...trusting(keys), '--root', rootId).status).toBe(0);
    const other = python(publication, ...trusting(keys), '--root', '0'.repeat(64));
    expect(other).toMatchObject({ status: 1, stdout: '' });
  });

  it('refuses the signature of somebody else', async () => {
    const { status, failed, stdout } = python(publication, ...trusting(await newKeys()));
    expect(stdout).toMatch(/^FAILED: .*nobody you trust has signed/);
    expect([status, failed]).toEqual([1, ['signature']]);
  });

  it.each<[string, (list: { publisher: string; keys: object[]; acts: object[] }) => void]>([
    ['a key that no act introduced', (list) => list.acts.pop()],
    ['another name for the publisher', (list) => void Object.assign(list, { publisher: 'Somebody' })],
    ['acts in another order', (list) => list.acts.reverse()],
    [
      'a signature changed',
      (list) => void Object.assign(list.acts[1] ?? {}, { signature: `${'A'.repeat(86)}==` }),
    ],
    ['a key renamed', (list) => void Object.assign(list.keys[1] ?? {}, { name: 'CERT of Elsewhere' })],
    ['no acts', (list) => void list.acts.splice(0)],
  ])('does not trust a list of keys with %s', (_, change) => {
    const list = JSON.parse(readFileSync(keyFiles.list(keys.dir), 'utf8'));
    change(list);
    const path = join(folder, 'keys.json');
    writeFileSync(path, JSON.stringify(list));
    expect(python(publication, '--keys', path)).toMatchObject({ status: 1, stdout: '' });
  });

  it('wants a signature when it is told whom to trust', () => {
    const { status, failed } = python(full, ...trusting(keys));
    expect([status, failed]).toEqual([1, ['signature']]);
  });

  it.each<[string, string, () => Files]>([
    [
      'a changed cell',
      'commitments',
      () => edited(findings, (text) => text.replace(/"score_permille":\d+/, '"score_permille":1')),
    ],
    ['a dropped row', 'commitments', () => edited(findings, (text) => without(text, 2))],
    [
      'a dropped last row',
      'commitments',
      () => edited(findings, (text) => without(text, text.split('\n').length - 2)),
    ],
    ['a row twice', 'commitments|schema', () => edited(findings, (text) => text.replace(/^.*\n/, '$&$&'))],
    [
      'two rows exchanged',
      'commitments',
      () => edited(findings, (text) => text.replace(/^(.*\n)(.*\n)/, '$2$1')),
    ],
    [
      'a leaf changed',
      'commitments',
      () =>
        edited('data/tables/finding.leaves', (text) =>
          text.replace(/^./, (one) => (one === '0' ? '1' : '0')),
        ),
    ],
    [
      'the commitment of a withheld cell changed',
      'commitments',
      () =>
        edited('data/tables/finding.withheld', (text) =>
          text.replace(/^./, (one) => (one === '0' ? '1' : '0')),
        ),
    ],
    [
      'the secret of a column changed',
      'commitments',
      () =>
        edited('data/tables/finding.schema.json', (text) =>
          text.replace(/("id":")[0-9a-f]{64}/, `$1${'0'.repeat(64)}`),
        ),
    ],
    [
      'a row that is written another way',
      'schema',
      () => edited(findings, (text) => text.replace(',', ', ')),
    ],
    [
      'a column of the schema left out',
      'schema',
      () =>
        edited('data/tables/finding.schema.json', (text) =>
          text.replace('"name":"score_permille"', '"name":"score"'),
        ),
    ],
    [
      'a value changed everywhere it stands',
      'figures',
      () => withFigure((figure) => ({ ...figure, value: 999_999 })),
    ],
    [
      'a value as text',
      'figures',
      () => withFigure((figure) => ({ ...figure, value: String(figure['value']) })),
    ],
    [
      'a definition changed',
      'figures',
      () =>
        withFigure((figure) => ({
          ...figure,
          definition: { table: 'finding', where: [], measure: { op: 'count' } },
        })),
    ],
    ['a label changed', 'figures', () => withFigure((figure) => ({ ...figure, label: 'Something else' }))],
    [
      'a figure left out of the investigation',
      'report',
      () =>
        edited('data/investigation.json', (text) => {
          const value = JSON.parse(text);
          return JSON.stringify({ ...value, figures: value.figures.slice(1) });
        }),
    ],
    [
      'another number in the report',
      'report',
      () => edited('data/report.html', (text) => text.replace(/(<data [^>]*>)[^<]*(<\/data>)/, '$1999$2')),
    ],
    [
      'another value behind a number of the report',
      'report',
      () => edited('data/report.html', (text) => text.replace(/(<data [^>]*value=")[^"]*/, '$1999')),
    ],
    ['a row forged with everything made anew', 'figures|signature', forgedRow],
    ['JSON that is nested too deep', 'report', () => new Map(files).set('data/investigation.json', nested)],
    ['a file that nothing lists', 'manifest', () => new Map(files).set('more.txt', Buffer.from('x'))],
    [
      'a policy taken away',
      'signature',
      () => new Map([...files].filter(([name]) => name !== 'data/policy.json')),
    ],
  ])('refuses %s', async (_, step, change) => {
    const path = await changed(relisted(change()));
    const { status, failed } = python(path, ...trusting(keys));
    expect(status).toBe(1);
    expect(failed.join()).toMatch(new RegExp(step));
    expect(await isVerified(path, keys)).toBe(false);
  });

  it.each([
    ...['bagit.txt', 'manifest-sha256.txt', 'tagmanifest-sha256.txt', 'data/figures.sha256'],
    findings,
  ])('refuses a bundle without %s', async (name) => {
    const path = await changed(new Map([...files].filter(([other]) => other !== name)));
    expect(python(path).status).toBe(1);
  });
});

describe('a bundle of another version', () => {
  const versionThree = () =>
    edited('data/commitments.json', (text) => text.replace('tocsin-commitments-2', 'tocsin-commitments-3'));

  const versionOne = fileURLToPath(
    new URL('../../../../verify/vectors/bundle/version-1.tocsin.zip', import.meta.url),
  );

  it.each<[string, string, () => Promise<string>, RegExp]>([
    ['1', 'old-version', async () => versionOne, /a bundle of format version 1, which is not read any more/],
    ['3', 'other-version', () => changed(versionThree()), /a bundle of another format version than 2/],
  ])('%s is refused by name, and not called damaged', async (_, code, make, said) => {
    const path = await make();
    const { steps, verdict, verification } = await verifyPublication(
      () => openBundle(readFileSync(path)),
      null,
    );
    expect(verification.problems.map((problem) => problem.code)).toEqual([code]);
    expect(steps[0]?.text).toMatch(said);
    expect(verdict).toMatch(/another version of the format/);
    if (!hasPython) return;
    const { status, stdout } = python(path);
    expect(stdout).toContain(verdict);
    expect(stdout).toMatch(said);
    expect(status).toBe(1);
  });

  it('is not what a bundle becomes that lost its commitments', async () => {
    const path = await changed(new Map([...files].filter(([name]) => name !== 'data/commitments.json')));
    const { problems } = await verifyBundle(readFileSync(path));
    expect(problems).toContainEqual({ code: 'file-missing', file: 'data/commitments.json' });
  });
});
