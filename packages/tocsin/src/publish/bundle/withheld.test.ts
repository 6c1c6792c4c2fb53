// A bundle with withheld columns: what stands for them still recomputes, what is withheld is nowhere, and a change of a
// commitment, a secret or a stand-in is named. Random damage never verifies and never ends the verifier.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Column,
  canonicalJson,
  compareBytes,
  openBundle,
  type PublishedFigure,
  verifyBundle,
  verifyFiles,
  writeList,
} from '@tocsin/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../ground/ids.ts';
import { writeBundle } from './write.ts';

const columns: readonly Column[] = [
  { name: 'host', type: 'text', meaning: 'Pseudonym of the host.' },
  { name: 'bytes', type: 'integer', unit: 'bytes', meaning: 'Payload.' },
  { name: 'host_withheld', type: 'address', meaning: 'The host.' },
];
const rows = [
  { host: 'ip-1', bytes: 10, host_withheld: '192.0.2.77' },
  { host: 'ip-2', bytes: 20, host_withheld: '192.0.2.78' },
  { host: 'ip-1', bytes: 30, host_withheld: '192.0.2.77' },
];
const figures: readonly PublishedFigure[] = [
  {
    id: 'hosts',
    label: 'Hosts',
    unit: 'hosts',
    table: 'flow',
    value: 2,
    definition: { table: 'flow', where: [], measure: { op: 'distinct', column: 'host' } },
    sql_sha256: 'f'.repeat(64),
  },
];
const withheld = 'data/tables/flow.withheld';
const schema = 'data/tables/flow.schema.json';
const flow = 'data/tables/flow.ndjson';

let folder: string;
let bundle: Buffer;
let files: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-withheld-'));
  const out = join(folder, 'bundle.tocsin.zip');
  await writeBundle({
    out,
    investigationJson: canonicalJson({ figures }),
    reportHtml: '<!doctype html><title>Report</title>',
    figures,
    tables: [{ name: 'flow', columns, rows, standsFor: { host: 'host_withheld' } }],
    lineage: {},
    secret: new Uint8Array(32).fill(7),
  });
  bundle = readFileSync(out);
  const opened = await openBundle(bundle);
  const map = new Map<string, Buffer>();
  for (const name of opened.names) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.open(name)) chunks.push(chunk);
    map.set(name, Buffer.concat(chunks));
  }
  files = map;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (name: string) => files.get(name)?.toString() ?? '';

/** Codes of the problems of a bundle with one file changed and its lists of digests made anew. */
async function problemsWith(name: string, changed: string): Promise<readonly string[]> {
  const map = new Map(files).set(name, Buffer.from(changed));
  const payload = [...map].filter(([file]) => file.startsWith('data/'));
  map.set(
    'manifest-sha256.txt',
    Buffer.from(writeList(new Map(payload.map(([file, bytes]) => [file, sha256(bytes)])))),
  );
  const { problems } = await verifyFiles({
    names: [...map.keys()].sort(compareBytes),
    problems: [],
    open: async function* (file) {
      yield map.get(file) ?? Buffer.of();
    },
  });
  return problems.map(({ code }) => code);
}

describe('a bundle with a withheld column', () => {
  it('verifies, and its distinct count recomputes from the pseudonyms', async () => {
    const { isVerified, figures: checked, problems } = await verifyBundle(bundle);
    expect(problems).toEqual([]);
    expect(isVerified).toBe(true);
    // That each pseudonym stands for one host is the publisher's word until rows are opened.
    expect(checked.map(({ status, checkedRows }) => [status, checkedRows])).toEqual([['partly-verified', 0]]);
  });

  it('holds the withheld values in no file, in text, hex or base64', () => {
    for (const [name, bytes] of files) {
      for (const value of ['192.0.2.77', '192.0.2.78']) {
        const forms = [
          value,
          Buffer.from(value).toString('hex'),
          Buffer.from(value).toString('base64'),
          'c000024d',
        ];
        for (const form of forms) expect(bytes.includes(form), `${form} in ${name}`).toBe(false);
      }
    }
  });

  it.each<[string, string, () => string, string]>([
    [
      'a commitment changed',
      withheld,
      () => text(withheld).replace(/^[0-9a-f]{2}/, (two) => (two === '00' ? '11' : '00')),
      'withheld-digest',
    ],
    [
      'two commitments exchanged',
      withheld,
      () => text(withheld).split('\n').slice(0, 3).reverse().concat('').join('\n'),
      'withheld-digest',
    ],
    [
      'a commitment left out',
      withheld,
      () => text(withheld).split('\n').slice(1).join('\n'),
      'withheld-digest',
    ],
    ['a commitment added', withheld, () => `${text(withheld)}${'0'.repeat(64)}\n`, 'withheld-digest'],
    ['a line that is no commitment', withheld, () => text(withheld).replace(/^./, 'z'), 'row-form'],
    ['a commitment in capitals', withheld, () => text(withheld).toUpperCase(), 'withheld-digest'],
    ['a pseudonym changed', flow, () => text(flow).replace('ip-2', 'ip-1'), 'row-digest'],
    ['a row left out', flow, () => text(flow).split('\n').slice(1).join('\n'), 'row-count'],
    [
      'the root of the schema changed',
      schema,
      () => text(schema).replace(/"root":"../, '"root":"zz'),
      'file-form',
    ],
    [
      'another root in the schema',
      schema,
      () => text(schema).replace(/"root":"[0-9a-f]{64}/, `"root":"${'0'.repeat(64)}`),
      'table-root',
    ],
    [
      'the secret of a column changed',
      schema,
      () => text(schema).replace(/"host":"[0-9a-f]{64}/, `"host":"${'0'.repeat(64)}`),
      'table-root',
    ],
    [
      'a secret for the withheld column',
      schema,
      () => text(schema).replace('"host_withheld":null', `"host_withheld":"${'0'.repeat(64)}"`),
      'file-form',
    ],
    [
      'a stand-in for a column that is shown',
      schema,
      () => text(schema).replace('"stands_for":{"host":"host_withheld"}', '"stands_for":{"host":"bytes"}'),
      'file-form',
    ],
    ['no commitments at all', withheld, () => '', 'row-form'],
  ])('names %s', async (_, name, change, code) => {
    const changed = change();
    expect(changed).not.toBe(text(name));
    expect(await problemsWith(name, changed)).toContain(code);
  });

  it('neither verifies nor ends the verifier under random damage', async () => {
    let state = 20_240_305;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const names = [...files.keys()].sort(compareBytes);
    for (let run = 0; run < 1500; run += 1) {
      const name = names[random(names.length)] ?? '';
      const before = files.get(name) ?? Buffer.of();
      if (before.length === 0) continue;
      const after = Buffer.from(before);
      const at = random(after.length);
      after[at] = (after[at] ?? 0) ^ (1 << random(8));
      const map = new Map(files).set(name, random(4) === 0 ? after.subarray(0, at) : after);
      const { isVerified } = await verifyFiles({
        names,
        problems: [],
        open: async function* (file) {
          yield map.get(file) ?? Buffer.of();
        },
      });
      expect(isVerified, `${name} at ${at}`).toBe(false);
    }
  });
});
