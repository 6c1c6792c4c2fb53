// The keys folder on disk: where each file stands, and how it is written and read so that secrets stay secret.
// Takes paths and bytes; gives bytes, or an error that names the file and never its content.
import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TocsinError } from '../../ground/errors.ts';

/** The files of a keys folder; everything under `private/` is for its owner alone. */
export const keyFiles = {
  list: (dir: string) => join(dir, 'keys.json'),
  privateKey: (dir: string, id: string) => join(dir, 'private', `${id.slice(0, 16)}.pem`),
  openPgpPrivate: (dir: string, id: string) => join(dir, 'private', `${id.slice(0, 16)}.asc`),
  publicationSecret: (dir: string) => join(dir, 'private', 'publication-secret.json'),
  openPgpPublic: (dir: string) => join(dir, 'openpgp.asc'),
  signedCheckpoint: (dir: string, name: string) => join(dir, 'private', 'signed', name),
} as const;

const secretMode = 0o600;
const publicMode = 0o644;
const largestBytes = 4 * 1024 * 1024;

/** Writes a file whole or not at all, readable by its owner only, and flushes it to disk. */
export function writeSecret(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeWhole(path, content, secretMode);
}

/** Writes a public file whole or not at all, and flushes it to disk. */
export function writePublic(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, content, publicMode);
}

/**
 * Reads a file that only its owner may read.
 * @throws TocsinError keys-unusable when it is missing, too large, or others may read or change it.
 */
export function readSecret(dir: string, path: string): Buffer {
  const name = path.slice(dir.length + 1);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new TocsinError('keys-unusable', { path: dir, detail: `${name} cannot be read` }, error);
  }
  try {
    const status = fstatSync(descriptor);
    // Windows has no such bits: its access lists are the owner's business.
    if (process.platform !== 'win32' && (status.mode & 0o077) !== 0)
      throw new TocsinError('keys-unusable', {
        path: dir,
        detail: `others than its owner have access to ${name}; run chmod 600 on it, and rotate the key if they may have read it`,
      });
    if (status.size > largestBytes)
      throw new TocsinError('keys-unusable', { path: dir, detail: `${name} is too large for a key` });
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** True when the folder already holds keys. */
export function hasKeys(dir: string): boolean {
  return existsSync(keyFiles.list(dir)) || existsSync(join(dir, 'private'));
}

function writeWhole(path: string, content: string | Uint8Array, mode: number): void {
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  const descriptor = openSync(partial, 'wx', mode);
  try {
    fchmodSync(descriptor, mode);
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(partial, path);
  flushFolder(dirname(path));
}

/** Flushes a folder's list of names, so that a rename survives a power cut. */
export function flushFolder(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
