// Which files a path stands for: each once, in one order, and a word on everything that cannot be read.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TocsinError } from '../ground/errors.ts';
import { reasonOf, walk } from './walk.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-walk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path);
  }
}
const at = (...paths: readonly string[]) => paths.map((path) => join(folder, path));
/** What is listed, with the note of what cannot be read. */
const listed = (...paths: readonly string[]) =>
  walk(at(...paths)).map(({ path, note }) => (note === null ? path : `${path}: ${note}`));

describe('the files under a folder', () => {
  it('are listed by their path in it, in byte order', () => {
    put('logs/b.log', 'logs/a/2.log', 'logs/a/1.log', 'logs/B.log', 'logs/é.log', 'logs/.hidden');
    expect(listed('logs')).toEqual(['.hidden', 'B.log', 'a/1.log', 'a/2.log', 'b.log', 'é.log']);
  });

  it('have their size', () => {
    put('logs/a.log');
    expect(walk(at('logs'))[0]).toMatchObject({ path: 'a.log', sizeBytes: 10, note: null });
  });

  it('are none when it is empty', () => {
    mkdirSync(join(folder, 'logs/nothing'), { recursive: true });
    expect(listed('logs')).toEqual([]);
  });
});

describe('several paths', () => {
  it('are told apart by their names, in the same order however they are given', () => {
    put('x/conn.log', 'y/http.log', 'single.log');
    const expected = ['single.log', 'x/conn.log', 'y/http.log'];
    expect(listed('x', 'y', 'single.log')).toEqual(expected);
    expect(listed('single.log', 'y', 'x')).toEqual(expected);
    expect(listed('y', 'x', 'y', 'single.log', 'x')).toEqual(expected);
  });

  it('of the same name are numbered', () => {
    put('one/logs/a.log', 'two/logs/a.log', 'three/a.log', 'four/a.log');
    expect(listed('one/logs', 'two/logs')).toEqual(['logs/a.log', 'logs~2/a.log']);
    expect(listed('three/a.log', 'four/a.log')).toEqual(['a.log', 'a.log~2']);
  });

  it('never hide each other, even when a name looks numbered', () => {
    put('a/logs', 'b/logs', 'c/logs~2');
    expect(listed('a/logs', 'b/logs', 'c/logs~2').length).toBe(3);
  });

  it('one inside the other list each file once by its own folder', () => {
    put('logs/inner/a.log', 'logs/b.log');
    expect(listed('logs', 'logs/inner')).toEqual([
      'inner: a folder that was already read under another name (a loop of links)',
      'logs/b.log',
      'logs/inner/a.log',
    ]);
  });

  it('that do not exist are an error that names them', () => {
    put('logs/a.log');
    expect(() => walk(at('logs', 'none.log'))).toThrow(TocsinError);
    expect(() => walk(at('none.log'))).toThrow('none.log');
  });
});

describe('links', () => {
  it('to files and folders are followed', () => {
    put('elsewhere/deep/a.log', 'elsewhere/b.log');
    mkdirSync(join(folder, 'logs'));
    symlinkSync(join(folder, 'elsewhere/deep'), join(folder, 'logs/linked'));
    symlinkSync(join(folder, 'elsewhere/b.log'), join(folder, 'logs/b.log'));
    expect(listed('logs')).toEqual(['b.log', 'linked/a.log']);
  });

  it('in a circle end, and say so', () => {
    put('logs/a.log');
    symlinkSync(join(folder, 'logs'), join(folder, 'logs/again'));
    symlinkSync(join(folder, 'logs/self'), join(folder, 'logs/self'));
    expect(listed('logs')).toEqual([
      'a.log',
      'again: a folder that was already read under another name (a loop of links)',
      'self: a link that leads nowhere or in a circle',
    ]);
  });

  it('that lead nowhere are listed', () => {
    put('logs/a.log');
    symlinkSync(join(folder, 'none'), join(folder, 'logs/dangling'));
    expect(listed('logs')).toEqual(['a.log', 'dangling: a link that leads nowhere or in a circle']);
  });
});

describe('what cannot be read', () => {
  it('is listed when it is no regular file, and not waited for', () => {
    put('logs/a.log');
    execFileSync('mkfifo', [join(folder, 'logs/pipe')]);
    const expected = ['a.log', 'pipe: not a regular file (a pipe, socket or device)'];
    expect(listed('logs')).toEqual(expected);
    expect(listed('logs/pipe')).toEqual(expected.slice(1));
  });

  it.skipIf(process.getuid?.() === 0)('is listed when the account may not open a folder', () => {
    put('logs/a.log', 'logs/closed/b.log');
    chmodSync(join(folder, 'logs/closed'), 0);
    expect(listed('logs')).toEqual(['a.log', 'closed: no permission to read it']);
    chmodSync(join(folder, 'logs/closed'), 0o700);
  });

  it('is listed when the name is no text', () => {
    put('logs/a.log');
    const name = Buffer.concat([Buffer.from(`${folder}/logs/caf`), Buffer.from([0xe9])]);
    writeFileSync(name, 'x');
    expect(listed('logs')).toEqual(['a.log', 'caf\ufffd: its name is no UTF-8; rename it to have it read']);
  });

  it.each([
    ['EACCES', 'no permission to read it'],
    ['EIO', 'the disk failed to read it'],
    ['EMFILE', 'the system refused it (EMFILE)'],
  ])('says why: %s', (code, expected) => {
    expect(reasonOf(Object.assign(new Error(`${code}: /secret/path`), { code }))).toBe(expected);
  });
});
