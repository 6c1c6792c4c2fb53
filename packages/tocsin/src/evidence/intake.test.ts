// Evidence as it is received: every file hashed as it is, archives opened, one order, nothing left out in silence.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evidenceId, type IntakeSettings, type ReceivedItem, receive } from './intake.ts';
import { zipOf, zstdOf } from './packed.support.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-intake-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

function receiveIn(path: string, changed: Partial<IntakeSettings> = {}): Promise<readonly ReceivedItem[]> {
  return receive([join(folder, path)], {
    scratch: join(folder, 'scratch'),
    maxDepth: 3,
    maxMembers: 100,
    maxExpandedBytes: 1e9,
    maxRatio: 200,
    ...changed,
  });
}
const shape = (items: readonly ReceivedItem[]) =>
  items.map(({ path, kind, note }) => (note === null ? `${path} ${kind}` : `${path} ${kind}: ${note}`));

describe('an item', () => {
  it('is known by the digest of its bytes as received', async () => {
    put('in/conn.log.gz', gzipSync('content'));
    const [item] = await receiveIn('in');
    const digest = sha256(readFileSync(join(folder, 'in/conn.log.gz')));
    expect(item).toMatchObject({
      id: `e-${digest.slice(0, 16)}`,
      path: 'conn.log.gz',
      sha256: digest,
      compression: 'gzip',
      container: null,
      kind: 'file',
      note: null,
    });
    expect(item?.bytes).toBe(readFileSync(join(folder, 'in/conn.log.gz')).length);
    expect(evidenceId(digest)).toBe(item?.id);
  });

  it('has the same id wherever and however often it is found', async () => {
    put('in/a.log', 'same');
    put('in/b/c.log', 'same');
    put('in/d.zip', zipOf([{ name: 'e.log', content: 'same' }]));
    const items = await receiveIn('in');
    const ids = items.filter((item) => item.kind === 'file').map((item) => [item.path, item.id]);
    const id = evidenceId(sha256('same'));
    expect(ids).toEqual([
      ['a.log', id],
      ['b/c.log', id],
      ['d.zip/e.log', id],
    ]);
  });

  it('is told by its content, not by its name', async () => {
    put('in/a.zip', 'no zip at all');
    put('in/b.log', zstdOf('x'));
    put('in/c', Buffer.alloc(0));
    const items = await receiveIn('in');
    expect(items.map(({ path, compression, kind }) => [path, compression, kind])).toEqual([
      ['a.zip', 'none', 'file'],
      ['b.log', 'zstd', 'file'],
      ['c', 'none', 'file'],
    ]);
  });

  it('that vanishes while it is received is listed', async () => {
    put('in/a.log', 'x');
    put('in/b.log', 'y');
    const items = await receiveIn('in', {
      onItem: (path) => {
        if (path === 'a.log') rmSync(join(folder, 'in/a.log'));
      },
    });
    expect(shape(items)).toEqual(['a.log unreadable: it vanished while being read', 'b.log file']);
    expect(items[0]).toMatchObject({ sha256: '', compression: 'none' });
  });
});

describe('archives', () => {
  it('are listed with their members, which name them', async () => {
    put(
      'in/logs.zip',
      zipOf([
        { name: 'b.log', content: 'b' },
        { name: 'a/a.log.gz', content: gzipSync('a') },
      ]),
    );
    const items = await receiveIn('in');
    expect(shape(items)).toEqual(['logs.zip archive', 'logs.zip/a/a.log.gz file', 'logs.zip/b.log file']);
    expect(items.slice(1).map(({ container, compression }) => [container, compression])).toEqual([
      [items[0]?.id, 'gzip'],
      [items[0]?.id, 'none'],
    ]);
    expect(readFileSync(items[2]?.file ?? '', 'utf8')).toBe('b');
  });

  it('within archives are opened as deep as allowed', async () => {
    const nest = (depth: number): Buffer =>
      zipOf([{ name: `at-${depth}`, content: depth === 0 ? 'x' : nest(depth - 1) }]);
    put('in/a.zip', nest(3));
    expect(shape(await receiveIn('in', { maxDepth: 2 }))).toEqual([
      'a.zip archive',
      'a.zip/at-3 archive',
      'a.zip/at-3/at-2 unreadable: archives within archives are opened 2 deep; this one was not opened',
    ]);
    expect(shape(await receiveIn('in', { maxDepth: 4 })).at(-1)).toBe('a.zip/at-3/at-2/at-1/at-0 file');
  });

  it('share one bound on what they unpack to with those inside them', async () => {
    const filling = zipOf(
      Array.from({ length: 4 }, (_, at) => ({ name: `f${at}`, content: Buffer.alloc(200_000, at) })),
    );
    put('in/a.zip', zipOf(Array.from({ length: 4 }, (_, at) => ({ name: `z${at}`, content: filling }))));
    const items = await receiveIn('in', { maxExpandedBytes: 1_000_000 });
    const unpacked = items
      .filter((item) => item.container !== null)
      .reduce((sum, item) => sum + item.bytes, 0);
    expect(unpacked).toBeLessThanOrEqual(1_000_000);
    expect(items.some((item) => item.note?.includes('expands beyond the limit'))).toBe(true);
  });

  it('that are damaged or locked say so, and the rest is read', async () => {
    const good = zipOf([{ name: 'a', content: 'x' }]);
    put('in/bad.zip', good.subarray(0, good.length - 5));
    put('in/locked.zip', zipOf([{ name: 'a', content: 'x', isEncrypted: true }]));
    put('in/z.log', 'x');
    expect(shape(await receiveIn('in'))).toEqual([
      'bad.zip unreadable: the archive is damaged and could not be opened',
      'locked.zip archive',
      'locked.zip/a unreadable: the member is encrypted',
      'z.log file',
    ]);
  });

  it('whose members were cut keep what was read, with a note', async () => {
    put('in/a.zip', zipOf([{ name: 'big', content: Buffer.alloc(500_000, 'x') }]));
    const items = await receiveIn('in', { maxExpandedBytes: 100_000 });
    expect(shape(items)[1]).toMatch(/^a.zip\/big file: the member expands beyond the limit/);
  });
});

it('gives the same account however the paths are given', async () => {
  put('x/a.log', 'a');
  put('y/b.zip', zipOf([{ name: 'c', content: 'c' }]));
  const settings = {
    scratch: join(folder, 'scratch'),
    maxDepth: 3,
    maxMembers: 100,
    maxExpandedBytes: 1e9,
    maxRatio: 200,
  };
  const paths = [join(folder, 'x'), join(folder, 'y')];
  const facts = (items: readonly ReceivedItem[]) => items.map((item) => ({ ...item, file: '' }));
  const one = facts(await receive(paths, settings));
  const other = facts(await receive([...paths].reverse(), settings));
  expect(other).toEqual(one);
  expect(one.map((item) => item.path)).toEqual(['x/a.log', 'y/b.zip', 'y/b.zip/c']);
});
