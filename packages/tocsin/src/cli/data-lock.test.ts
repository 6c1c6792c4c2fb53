// One process per data directory: a second one is refused by name, and a lock nobody holds any more is taken over.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TocsinError } from '../ground/errors.ts';
import { lockData } from './data-lock.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tocsin-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lockFile = () => join(directory, 'lock');

it('a directory is made when it is missing, and is free again when released', () => {
  const inner = join(directory, 'new', 'data');
  const lock = lockData(inner);
  expect(readFileSync(join(inner, 'lock'), 'utf8')).toBe(String(process.pid));
  lock.release();
  expect(existsSync(join(inner, 'lock'))).toBe(false);
  lockData(inner).release();
});

it('a directory in use is refused, and says by whom', () => {
  const lock = lockData(directory);
  let refusal: unknown;
  try {
    lockData(directory);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(TocsinError);
  expect(refusal).toMatchObject({
    code: 'data-locked',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  expect(existsSync(lockFile())).toBe(true);
  lock.release();
});

it.each([
  ['of a process that is gone', String(spawnSync(process.execPath, ['-e', '']).pid)],
  ['that was never written', ''],
  ['that holds nonsense', 'nonsense'],
])('a lock %s is taken over', (_, content) => {
  writeFileSync(lockFile(), content);
  const lock = lockData(directory);
  expect(readFileSync(lockFile(), 'utf8')).toBe(String(process.pid));
  lock.release();
});
