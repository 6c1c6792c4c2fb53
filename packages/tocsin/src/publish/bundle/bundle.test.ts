// A bundle as written verifies; whatever is changed in it afterwards is named.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type Column,
  canonicalJson,
  compareBytes,
  evaluate,
  type FigureDefinition,
  openBundle,
  type Problem,
  type PublishedFigure,
  type Row,
  reportLines,
  verifyBundle,
  verifyFiles,
  verifyPath,
  writeList,
} from '@tocsin/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../ground/ids.ts';
import { type BundleContent, BundleContentError, writeBundle } from './write.ts';
import { ZipWriter } from './zip.ts';

const columns: readonly Column[] = [
  { name: 'time', type: 'time', meaning: 'When it began.', unit: 'microseconds' },
  { name: 'src_ip', type: 'address', meaning: 'Who asked.' },
  { name: 'host', type: 'text', meaning: 'Name of the host.' },
  { name: 'bytes_out', type: 'integer', meaning: 'Payload out.', unit: 'bytes' },
  { name: 'files', type: 'texts', meaning: 'Names.' },
];
const rows: readonly Row[] = [
  {
    time: '2024-03-05T01:02:03.000000Z',
    src_ip: '10.0.1.4',
    host: 'a "quoted" é',
    bytes_out: 2187099,
    files: ['x.doc'],
  },
  { time: '2024-03-05T04:02:03.000001Z', src_ip: '10.0.1.6', host: 'b', bytes_out: null, files: [] },
  {
    time: '2024-03-06T01:02:03.000000Z',
    src_ip: '2001:db8::1',
    host: 'b',
    bytes_out: '18446744073709551615',
    files: null,
  },
  { time: '2024-03-06T05:02:03.000000Z', src_ip: '10.0.1.4', host: 'c', bytes_out: 719, files: [] },
];
const figure = (
  id: string,
  label: string,
  unit: string,
  measure: FigureDefinition['measure'],
  where: FigureDefinition['where'] = [],
): PublishedFigure => {
  const definition: FigureDefinition = { table: 'flows', where, measure };
  return {
    id,
    label,
    unit,
    definition,
    table: 'flows',
    value: evaluate(definition, columns, rows),
    sql_sha256: 'f'.repeat(64),
  };
};
const figures = [
  figure('flows', 'Flows in all', 'flows', { op: 'count' }),
  figure('theft.best', 'Bytes that left', 'bytes', { op: 'sum', column: 'bytes_out' }, [
    { op: 'cidr', column: 'src_ip', prefix: '10.0.0.0/16' },
  ]),
  figure('top', 'Most active hosts', 'flows', { op: 'top', by: 'host', k: 2, measure: { op: 'count' } }),
  figure('first', 'First seen', '', { op: 'min', column: 'time' }),
] as const;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
const element = (id: string, text: string) =>
  `<data class="figure" data-figure="${id}" value="${escaped(canonicalJson(figures.find((item) => item.id === id)?.value))}">${text}</data>`;
const reportHtml = `<!doctype html><title>Report</title><p>${element('theft.best', '<b>2.2</b>&nbsp;MB')} left in ${element('flows', '4')} flows, first ${element('first', '5 March')}.</p>`;

let folder: string;
let content: BundleContent;
let bundle: Buffer;
let files: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-bundle-'));
  content = {
    out: join(folder, 'bundle.tocsin.zip'),
    investigationJson: JSON.stringify({ schema: 'x', figures }, null, 2),
    reportHtml,
    figures,
    tables: [{ name: 'flows', columns, rows }],
    lineage: { flows: [] },
  };
  await writeBundle(content);
  bundle = readFileSync(content.out);
  files = await unpacked(bundle);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function unpacked(archive: Uint8Array): Promise<ReadonlyMap<string, Buffer>> {
  const opened = await openBundle(archive);
  const map = new Map<string, Buffer>();
  for (const name of opened.names) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.open(name)) chunks.push(chunk);
    map.set(name, Buffer.concat(chunks));
  }
  return map;
}

type Redone = 'nothing' | 'manifest' | 'both manifests';

/** Small chunks, so that lines and characters lie across their borders. */
async function* chunked(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 61) yield bytes.subarray(at, at + 61);
}

async function problemsOf(changed: ReadonlyMap<string, Buffer>, redone: Redone): Promise<readonly Problem[]> {
  const map = new Map(changed);
  if (redone !== 'nothing') {
    const payload = [...map].filter(([name]) => name.startsWith('data/'));
    map.set(
      'manifest-sha256.txt',
      Buffer.from(writeList(new Map(payload.map(([name, bytes]) => [name, sha256(bytes)])))),
    );
  }
  if (redone === 'both manifests') {
    const tags = ['bagit.txt', 'manifest-sha256.txt'].map((name): [string, string] => [
      name,
      sha256(map.get(name) ?? ''),
    ]);
    map.set('tagmanifest-sha256.txt', Buffer.from(writeList(new Map(tags))));
  }
  const result = await verifyFiles({
    names: [...map.keys()].sort(compareBytes),
    problems: [],
    open: (name) => chunked(map.get(name) ?? Buffer.alloc(0)),
  });
  expect(result.isVerified).toBe(result.problems.length === 0);
  return result.problems;
}

function edited(name: string, from: string, to: string): ReadonlyMap<string, Buffer> {
  const text = files.get(name)?.toString() ?? '';
  expect(text).toContain(from);
  return new Map(files).set(name, Buffer.from(text.replace(from, () => to)));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return copy;
}

describe('a bundle', () => {
  it('verifies as written, figure by figure', async () => {
    const result = await verifyBundle(bundle);
    expect(result.problems).toEqual([]);
    expect(result.figures.map(({ id, status }) => [id, status])).toEqual(
      figures.map(({ id }) => [id, 'verified']),
    );
    expect(result.tables).toEqual([{ name: 'flows', rows: 4, isIntact: true }]);
    expect(reportLines(result).at(-1)).toBe(
      'VERIFIED: 4 figures recomputed from the rows, 13 files as listed.',
    );
  });

  it('has the same bytes when written again', async () => {
    await writeBundle({ ...content, out: join(folder, 'again.zip') });
    expect(readFileSync(join(folder, 'again.zip')).equals(bundle)).toBe(true);
  });

  it('leaves nothing but the archive beside it', () => {
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('verifies as an unpacked folder and passes sha256sum -c there', async () => {
    const root = join(folder, 'unpacked');
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), bytes);
    }
    expect((await verifyPath(root)).problems).toEqual([]);
    for (const list of ['manifest-sha256.txt', 'tagmanifest-sha256.txt']) {
      expect(spawnSync('sha256sum', ['-c', '--strict', list], { cwd: root }).status).toBe(0);
    }
  });

  it('verifies when another program has packed it anew inside a folder', async () => {
    const path = join(folder, 'repacked.zip');
    const script = [
      'import sys, zipfile',
      'source = zipfile.ZipFile(sys.argv[1])',
      'target = zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED)',
      'target.writestr("bundle/", b"")',
      'for name in source.namelist(): target.writestr("bundle/" + name, source.read(name))',
      'target.close()',
    ].join('\n');
    const run = spawnSync('python3', ['-c', script, content.out, path]);
    if (run.error) return console.warn('skipped: there is no python3');
    expect((await verifyPath(path)).problems).toEqual([]);
  });

  it('is a sound archive to unzip and to python3', () => {
    const unzip = spawnSync('unzip', ['-t', content.out]);
    if (unzip.error) console.warn('skipped: there is no unzip');
    else expect(unzip.status).toBe(0);
    const python = spawnSync('python3', ['-m', 'zipfile', '-t', content.out]);
    if (python.error) console.warn('skipped: there is no python3');
    else expect(python.stdout.toString()).toContain('Done testing');
  });
});

describe.each<Redone>(['nothing', 'manifest', 'both manifests'])(
  'a change after which %s was redone',
  (redone) => {
    const flows = 'data/tables/flows.ndjson';
    const cases: readonly [string, () => ReadonlyMap<string, Buffer>, Partial<Problem>[]][] = [
      [
        'of an amount names the row and the figure',
        () => edited(flows, '719', '718'),
        [
          { code: 'row-digest', table: 'flows', row: 4 },
          { code: 'figure-mismatch', figure: 'theft.best', stated: 2187818, computed: 2187817 },
        ],
      ],
      [
        'of a cell no figure reads names the row',
        () => edited(flows, 'x.doc', 'y.doc'),
        [{ code: 'row-digest', row: 1 }],
      ],
      [
        'of a column name names the row',
        () => edited(flows, 'host', 'h0st'),
        [{ code: 'row-form', row: 1, column: 'host' }],
      ],
      [
        'of the order of keys names the row',
        () => edited(flows, '"host":"c","bytes_out":719', '"bytes_out":719,"host":"c"'),
        [{ code: 'row-form', row: 4, column: null }],
      ],
      [
        'that leaves a row out names it',
        () => edited(flows, `${files.get(flows)?.toString().split('\n')[1]}\n`, ''),
        [
          { code: 'row-missing', row: 2 },
          { code: 'row-count', expected: 4, found: 3 },
          { code: 'figure-mismatch', figure: 'flows' },
        ],
      ],
      [
        'that adds a row names it and no other',
        () => edited(flows, '\n', `\n${files.get(flows)?.toString().split('\n')[3]}\n`),
        [{ code: 'row-extra', row: 2 }],
      ],
      [
        'that cuts the last row off names it',
        () => edited(flows, `${files.get(flows)?.toString().split('\n')[3]}\n`, ''),
        [{ code: 'row-missing', row: 4 }],
      ],
      [
        'of a value in figures.json names the figure, three times over',
        () => edited('data/figures.json', '2187818', '9187818'),
        [
          { code: 'figure-mismatch', figure: 'theft.best', stated: 9187818, computed: 2187818 },
          { code: 'figure-differs', figure: 'theft.best', key: 'value' },
          { code: 'report-value', figure: 'theft.best' },
        ],
      ],
      [
        'of a definition names the figure, even where the value stays the same',
        () => edited('data/figures.json', '10.0.0.0/16', '10.0.0.0/15'),
        [
          { code: 'figure-digest', figure: 'theft.best' },
          { code: 'figure-differs', figure: 'theft.best', key: 'definition' },
        ],
      ],
      [
        'of a definition to one that cannot be computed names the place',
        () => edited('data/figures.json', '"op":"cidr"', '"op":"CIDR"'),
        [{ code: 'definition-invalid', figure: 'theft.best', reason: 'unknown-op', at: 'where[0].op' }],
      ],
      [
        'of a label names the figure',
        () => edited('data/figures.json', 'Flows in all', 'Flows in Hall'),
        [{ code: 'figure-digest', figure: 'flows' }],
      ],
      [
        'of a figure in investigation.json names it',
        () => edited('data/investigation.json', '"value": 4', '"value": 5'),
        [
          { code: 'figure-differs', figure: 'flows', key: 'value' },
          { code: 'file-digest', file: 'data/investigation.json' },
        ],
      ],
      [
        'of a listed figure digest names the figure',
        () =>
          new Map(files).set(
            'data/figures.sha256',
            flipped(files.get('data/figures.sha256') ?? Buffer.alloc(0), 3),
          ),
        [{ code: 'figure-digest', figure: 'first' }],
      ],
      [
        'of the value the report carries names the figure',
        () => edited('data/report.html', 'value="2187818"', 'value="2187819"'),
        [
          {
            code: 'report-value',
            figure: 'theft.best',
            occurrence: 1,
            expected: '2187818',
            found: '2187819',
          },
        ],
      ],
      [
        'of the number the report shows names the figure',
        () => edited('data/report.html', '<b>2.2</b>', '<b>9.2</b>'),
        [{ code: 'report-text', figure: 'theft.best', occurrence: 1, expected: '2.2 MB', found: '9.2 MB' }],
      ],
      [
        'of the id a number of the report belongs to names it',
        () => edited('data/report.html', 'data-figure="flows"', 'data-figure="flowz"'),
        [{ code: 'report-unknown-figure', figure: 'flowz', occurrence: 2 }],
      ],
      [
        'that hides a number of the report in a comment names the figure',
        () => edited('data/report.html', element('flows', '4'), `<!--${element('flows', '4')}-->5`),
        [{ code: 'report-text', figure: 'flows', occurrence: 2 }],
      ],
      [
        'of the prose of the report names the file',
        () => edited('data/report.html', 'left in', 'fled in'),
        [{ code: 'file-digest', file: 'data/report.html' }],
      ],
      [
        'of a schema names the file',
        () => edited('data/tables/flows.schema.json', 'Who asked', 'Who basked'),
        [{ code: 'file-digest', file: 'data/tables/flows.schema.json' }],
      ],
      [
        'of a listed row digest names it as that, not as the row',
        () =>
          new Map(files).set(
            'data/tables/flows.leaves',
            flipped(files.get('data/tables/flows.leaves') ?? Buffer.alloc(0), 65),
          ),
        [
          { code: 'leaf-digest', table: 'flows', row: 2 },
          { code: 'leaves-digest', table: 'flows' },
        ],
      ],
      [
        'of the lineage names the file',
        () => edited('data/lineage.json', '[]', '[1]'),
        [{ code: 'file-digest', file: 'data/lineage.json' }],
      ],
      [
        'that adds a file names it',
        () => new Map(files).set('data/extra.html', Buffer.from('x')),
        [{ file: 'data/extra.html' }],
      ],
      [
        'that takes a file away names it',
        () => new Map([...files].filter(([name]) => name !== 'data/report.html')),
        [{ code: 'file-missing', file: 'data/report.html' }],
      ],
      [
        'of bagit.txt names it',
        () => edited('bagit.txt', '1.0', '1.1'),
        [{ code: 'file-form', file: 'bagit.txt' }],
      ],
    ];
    it.each(cases)('%s', async (_, change, expected) => {
      const problems = await problemsOf(change(), redone);
      for (const problem of expected) expect(problems).toContainEqual(expect.objectContaining(problem));
    });

    it('of one byte of any file is found, and of a row names that row', async () => {
      for (const [name, bytes] of files) {
        // A manifest that is written anew has no byte left changed.
        if (!name.startsWith('data/')) continue;
        for (let at = 0; at < bytes.length; at += name.startsWith('data/tables/flows.nd') ? 1 : 7) {
          const problems = await problemsOf(new Map(files).set(name, flipped(bytes, at)), redone);
          expect(problems, `${name} byte ${at}`).not.toEqual([]);
          if (name !== flows) continue;
          const row = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
          expect(problems, `${name} byte ${at}`).toContainEqual(
            expect.objectContaining({ table: 'flows', row }),
          );
        }
      }
    });
  },
);

describe('the archive', () => {
  it('does not verify with one byte of it changed', async () => {
    for (let at = 0; at < bundle.length; at += 3) {
      const result = await verifyBundle(flipped(bundle, at));
      expect(result.isVerified, `byte ${at}`).toBe(false);
    }
  });

  it('does not verify when cut anywhere', async () => {
    for (let at = 0; at < bundle.length; at += 13) {
      expect((await verifyBundle(bundle.subarray(0, at))).isVerified, `cut at ${at}`).toBe(false);
    }
  });
});

describe('the command', () => {
  const command = (...words: string[]) =>
    spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../../../../verify/bin/tocsin-verify.js'), ...words],
      { encoding: 'utf8' },
    );

  it('exits 0 for a bundle that holds', () => {
    const run = command(content.out, '--long');
    expect(run.stdout).toContain('verified        theft.best: Bytes that left = 2187818 bytes');
    expect(run.status).toBe(0);
  });

  it('exits 1 and names what was changed', async () => {
    const path = join(folder, 'changed.zip');
    const changed = edited('data/tables/flows.ndjson', '719', '718');
    const zip = await ZipWriter.create(path);
    for (const [name, bytes] of changed) await zip.add(name, [bytes]);
    await zip.close();
    const run = command(path);
    expect(run.stdout).toContain('MISMATCH        theft.best');
    expect(run.stdout).toContain('table flows, row 4 was changed');
    expect(run.status).toBe(1);
  });

  it.each([
    ['a path where nothing is', () => [join(folder, 'absent')], 'No such file or folder'],
    ['a file that is no archive', () => [import.meta.filename], 'not a zip archive'],
    ['a folder that is no bundle', () => [import.meta.dirname], 'not a bundle'],
    ['no path', () => [], 'Usage'],
  ])('says in a sentence that %s is no bundle, and exits 1', (_, words, said) => {
    const run = command(...words());
    expect(run.stdout + run.stderr).toContain(said);
    expect(run.stdout + run.stderr).not.toContain(' at ');
    expect(run.status).toBe(1);
  });
});

describe('what cannot be published', () => {
  const write = (change: Partial<BundleContent>) =>
    writeBundle({ ...content, out: join(folder, 'refused.zip'), ...change });

  it.each<[string, () => Partial<BundleContent>]>([
    [
      'a cell of another type',
      () => ({ tables: [{ name: 'flows', columns, rows: [{ ...rows[0], bytes_out: 1.5 }] }] }),
    ],
    ['a row without a column', () => ({ tables: [{ name: 'flows', columns, rows: [{ host: 'x' }] }] })],
    [
      'an integer that a number does not hold',
      () => ({ tables: [{ name: 'flows', columns, rows: [{ ...rows[0], bytes_out: 2 ** 53 }] }] }),
    ],
    ['two figures of one id', () => ({ figures: [figures[0], figures[0]] })],
    ['a table named like a path', () => ({ tables: [{ name: '../flows', columns, rows }] })],
  ])('is named: %s', async (_, change) => {
    await expect(write(change())).rejects.toThrow(BundleContentError);
    expect(readdirSync(folder).filter((name) => name.startsWith('.') || name === 'refused.zip')).toEqual([]);
  });

  it('includes a figure on a column its table has not', async () => {
    const wrong = figure('flows', 'x', '', { op: 'count' }, [{ op: '=', column: 'host', value: 'b' }]);
    const tables = [{ name: 'flows', columns: columns.slice(0, 2), rows: [] }];
    await expect(write({ tables, figures: [wrong] })).rejects.toThrow('unknown-column');
  });
});
