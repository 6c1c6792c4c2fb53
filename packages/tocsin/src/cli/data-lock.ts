// One process per data directory: the engine does not guard it, so a lock file does.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TocsinError } from '../ground/errors.ts';

export interface DataLock {
  readonly release: () => void;
}

/** Takes the directory, made when missing. A lock left by a process that is gone is taken over. @throws TocsinError data-locked */
export function lockData(directory: string): DataLock {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'lock');
  for (;;) {
    try {
      const descriptor = openSync(path, 'wx');
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = Number(readFileSync(path, 'utf8'));
      if (isAlive(holder)) throw new TocsinError('data-locked', { path: directory, pid: holder }, error);
      rmSync(path, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
