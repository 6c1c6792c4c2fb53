// A log's folder: static files that any web server can serve, and a lock while it is written. Every file appears whole and
// is on disk before the next is begun; the order of writing is what makes a crash harmless (docs/log.md).
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TiledTree, type TileReader } from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { flushFolder } from '../keys/folder.ts';

export const checkpointPath = 'checkpoint';
/** Public facts for readers: origin and verifier keys. Not part of the tile format. */
export const aboutPath = 'log.json';
const lockPath = '.lock';

/** Reads the files of a log's folder; a path that is not there gives null. */
export function folderReader(dir: string): TileReader {
  return async (path) => {
    try {
      return Uint8Array.from(await readFile(join(dir, path)));
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return null;
      throw new TocsinError('log-unusable', { path: dir, detail: `${path} cannot be read` }, error);
    }
  };
}

/** The tree of a folder at a size. */
export function treeOf(dir: string, size: number): TiledTree {
  return new TiledTree(folderReader(dir), size);
}

/** The checkpoint's bytes. @throws TocsinError log-unusable when there is none */
export function readCheckpointFile(dir: string): Uint8Array {
  try {
    return Uint8Array.from(readFileSync(join(dir, checkpointPath)));
  } catch (error) {
    throw new TocsinError('log-unusable', { path: dir, detail: 'there is no checkpoint' }, error);
  }
}

/** Writes one file of the log whole, flushed with the names that lead to it. */
export function writeLogFile(dir: string, path: string, content: Uint8Array | string): void {
  const target = join(dir, path);
  const made = mkdirSync(dirname(target), { recursive: true });
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  const descriptor = openSync(partial, 'wx', 0o644);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(partial, target);
  let folder = dirname(target);
  flushFolder(folder);
  // Folders that were made along the way must survive as well.
  const end = made === undefined ? folder : dirname(made);
  while (folder !== end && folder.length > dir.length) {
    folder = dirname(folder);
    flushFolder(folder);
  }
}

/** Removes a file of the log that no checkpoint needs. */
export function dropLogFile(dir: string, path: string): void {
  rmSync(join(dir, path), { recursive: true, force: true });
}

/** True when the folder holds a log. */
export function hasLog(dir: string): boolean {
  return existsSync(join(dir, checkpointPath)) || existsSync(join(dir, 'tile'));
}

/**
 * Runs `work` while no other process writes to the log. A lock left by a process that is gone is taken over.
 * @throws TocsinError log-refused while another process holds it
 */
export async function withLogLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, lockPath);
  takeLock(path);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function takeLock(path: string): void {
  // Linked into place with its content, so that nobody ever meets a lock without its holder.
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (;;) {
      try {
        linkSync(own, path);
        return;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
        const holder = lockHolder(path);
        if (holder !== null && isAlive(holder)) throw lockedBy(`process ${holder} is writing to it`, error);
        removeStale(path, holder);
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Removes a lock whose holder is gone, one process at a time: a second one could remove the first one's new lock. */
function removeStale(path: string, holder: number | null): void {
  const claim = `${path}.takeover`;
  try {
    closeSync(openSync(claim, 'wx'));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw lockedBy('another process is taking over its lock; if none runs, remove .lock.takeover', error);
  }
  try {
    if (lockHolder(path) === holder) rmSync(path, { force: true });
  } finally {
    rmSync(claim, { force: true });
  }
}

function lockedBy(detail: string, cause: unknown): TocsinError {
  return new TocsinError('log-refused', { detail, reason: 'log-locked' }, cause);
}

function lockHolder(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch (error) {
    // It was released between the two looks: the next attempt to take it tells.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
