// Evidence as it really comes: cut, broken, hostile. Each file gets a clear line, the rest is done, nothing hangs.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Investigated, investigate, isReconciled, tocsin } from './tocsin.ts';

const example = fileURLToPath(new URL('../../example/', import.meta.url));

const header = [
  'ts',
  'uid',
  'id.orig_h',
  'id.orig_p',
  'id.resp_h',
  'id.resp_p',
  'proto',
  'service',
  'duration',
];
const rest = ['orig_bytes', 'resp_bytes', 'conn_state'];
const connHead = `#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\t${[...header, ...rest].join('\t')}\n`;
const conn = (at: number) =>
  `${1_722_844_800 + at}.5\tC${at}\t10.0.0.5\t${40_000 + at}\t198.51.100.7\t443\ttcp\tssl\t1.5\t900\t4000\tSF\n`;
const good = connHead + Array.from({ length: 50 }, (_, at) => conn(at)).join('');

function writeBadEvidence(folder: string): void {
  const put = (name: string, bytes: string | Buffer) => writeFileSync(join(folder, name), bytes);
  put('good.log', good);
  put('cut.log', good.slice(0, -30));
  put(
    'cut.json',
    '{"ts":1722844800.5,"uid":"C1","id.orig_h":"10.0.0.5","id.orig_p":1,"id.resp_h":"198.51.100.7","id.resp_p":443,"proto":"tcp"}\n{"ts":17228',
  );
  put('cut.log.gz', gzipSync(good.repeat(200)).subarray(0, -200));
  put('binary.dat', Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7919) % 251)));
  put('utf16.log', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good, 'utf16le')]));
  put('latin1.log', Buffer.from(good.replaceAll('Cx', 'C\xe9').replace('C1\t', 'C\xe9\t'), 'latin1'));
  put('long-line.log', `${good}${'x'.repeat(50_000_000)}\n${conn(99)}`);
  put('empty.log', '');
  put('bomb.gz', gzipSync(Buffer.alloc(200_000_000), { level: 9 }));
  put('unreadable.log', good);
  chmodSync(join(folder, 'unreadable.log'), 0o000);
  mkdirSync(join(folder, 'loop'));
  symlinkSync('..', join(folder, 'loop', 'again'));
  symlinkSync('nowhere', join(folder, 'dangling.log'));
}

describe('malformed evidence', () => {
  let run: Investigated;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'));
    writeBadEvidence(folder);
    run = await investigate([folder]);
  });
  const item = (path: string) => run.investigation.evidence.find((entry) => entry.path === path);

  it('adds up for every file', () => {
    expect(isReconciled(run.investigation)).toBe(true);
    expect(item('good.log')).toMatchObject({ events: 50, rejects: 0 });
  });

  it.each([
    ['cut.log', { events: 49, rejects: 1 }],
    ['cut.json', { events: 1, rejects: 1 }],
    ['utf16.log', { events: 50, rejects: 0 }],
    ['latin1.log', { events: 50, rejects: 0 }],
    ['long-line.log', { events: 51, rejects: 1 }],
  ])('keeps every whole record of %s and rejects the broken one by name', (path, counts) => {
    expect(item(path)).toMatchObject(counts);
    for (const reject of item(path)?.rejected ?? []) {
      expect(reject.reason).toMatch(/^[^\n]{10,200}$/);
      expect(reject.first_record).toBeGreaterThan(0);
    }
  });

  it.each([
    ['binary.dat', /format/],
    ['empty.log', /empty|no bytes/i],
    ['bomb.gz', /expand/],
    ['cut.log.gz', /cut|breaks off|damaged|ends/i],
    ['dangling.log', /link|exist/],
  ])('says in one line what is wrong with %s', (path, words) => {
    expect(
      `${path}: ${item(path)?.note ?? ''} ${(item(path)?.rejected ?? []).map(({ reason }) => reason).join(' ')}`,
    ).toMatch(words);
  });

  it('says so on standard output too', () => {
    for (const name of ['binary.dat', 'bomb.gz', 'cut.log.gz']) expect(run.stdout).toContain(name);
  });

  it('does not follow a loop of folders', () => {
    const paths = run.investigation.evidence.map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith('loop/')).length).toBeLessThanOrEqual(1);
  });
});

describe('bad use', () => {
  it.each([
    ['no path', ['investigate'], /needs a file or folder/],
    ['a path that is not there', ['investigate', 'no-such-folder'], /no-such-folder/],
    ['an unknown option', ['investigate', '--frob', '.'], /frob/],
    ['an unknown command', ['frobnicate'], /frobnicate/],
    ['a bundle that is not there', ['verify', 'no-such.zip'], /no-such\.zip/],
    ['a year that is none', ['investigate', '.', '--assume-year', 'soon'], /assume-year/],
  ])('%s exits 1 and says what to do', async (_, words, said) => {
    const run = await tocsin(words);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(said);
    expect(run.stderr).not.toMatch(/\n {4}at /);
  });

  it('names line and remedy of a constituency file with a bad prefix', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'));
    writeFileSync(join(folder, 'c.csv'), 'organisation,sector,cidr,contact\nA,b,10.0.0.0/99,x@example.org\n');
    const run = await tocsin([
      'investigate',
      folder,
      '--constituency',
      join(folder, 'c.csv'),
      '--out',
      join(folder, 'out'),
    ]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/c\.csv.*2|line 2|row 2/s);
  });
});

it('ends at once when interrupted, with nothing left behind', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'));
  const out = join(scratch, 'out');
  const work = join(scratch, 'work');
  mkdirSync(work);
  const run = await tocsin(['investigate', join(example, 'evidence'), '--out', out], {
    env: { TOCSIN_SCRATCH_DIR: work },
    onProgress: (text, signal) => {
      if (text.includes('read ')) signal('SIGINT');
    },
  });
  expect(run.status).toBe(130);
  expect(run.stderr).toContain('Interrupted');
  expect(readdirSync(work)).toEqual([]);
  expect(() => readFileSync(join(out, 'investigation.json'))).toThrow();
});
