// Signing a log's checkpoint, and the log's memory: the last checkpoint that was signed is kept beside the keys, so that a
// folder which has shrunk or changed is noticed by whoever signs. Takes keys and a tree head; gives the signed checkpoint.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  equalBytes,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  LogReadError,
  noteKeyOf,
  parseCheckpoint,
  type Reason,
  reasonText,
  type SignedCheckpoint,
} from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { keyFiles, readSecret, writeSecret } from '../keys/folder.ts';
import { currentKeys, type KeyRing, logKeys, signerFor } from '../keys/key-ring.ts';
import { aboutPath, checkpointPath, writeLogFile } from './folder.ts';

export interface TreeHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Signs a tree head with the current key of its origin. @throws TocsinError keys-unusable */
export function signHead(keys: KeyRing, head: TreeHead): SignedCheckpoint {
  const signer = signerFor(keys, 'log', head.origin);
  const [listed] = currentKeys(keys, 'log', head.origin);
  if (listed === undefined) throw new TocsinError('keys-unusable', { path: keys.dir, detail: 'no log key' });
  const key = noteKeyOf(listed);
  const text = formatCheckpoint({ ...head, extensions: [] });
  const bytes = signer.sign(new TextEncoder().encode(text));
  const note = { text, signatures: [{ name: key.name, id: key.id, bytes }] };
  return { ...head, extensions: [], note };
}

/** Keeps the signed checkpoint beside the keys, then shows it to readers. */
export function show(dir: string, checkpoint: SignedCheckpoint, keys: KeyRing): SignedCheckpoint {
  const bytes = formatNote(checkpoint.note);
  writeSecret(memoryPath(keys, checkpoint.origin), bytes);
  writeAbout(dir, checkpoint.origin, keys);
  writeLogFile(dir, checkpointPath, bytes);
  return checkpoint;
}

function writeAbout(dir: string, origin: string, keys: KeyRing): void {
  const about = { format: 'tocsin-log/1', origin, keys: logKeys(keys, origin).map(formatVerifierKey) };
  writeLogFile(dir, aboutPath, `${JSON.stringify(about, null, 1)}\n`);
}

const memoryPath = (keys: KeyRing, origin: string): string =>
  keyFiles.signedCheckpoint(keys.dir, createHash('sha256').update(origin).digest('hex'));

/** The last checkpoint that was signed for an origin, or null. @throws TocsinError keys-unusable when it is damaged */
export function lastSigned(keys: KeyRing, origin: string): SignedCheckpoint | null {
  const path = memoryPath(keys, origin);
  if (!existsSync(path)) return null;
  const parsed = parseCheckpoint(Uint8Array.from(readSecret(keys.dir, path)));
  if (!parsed.ok || parsed.value.origin !== origin)
    throw new TocsinError('keys-unusable', {
      path: keys.dir,
      detail: 'the last signed checkpoint is damaged',
    });
  return parsed.value;
}

/** True when both are of the same size and root. */
export function sameTree(left: TreeHead, right: TreeHead): boolean {
  return left.size === right.size && equalBytes(left.root, right.root);
}

/** Runs what reads tiles, and says which tile is at fault. @throws TocsinError log-unusable */
export async function readingOr<T>(dir: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof LogReadError) throw unusable(dir, error.reason, error);
    throw error;
  }
}

export function unusable(dir: string, reason: Reason, cause?: unknown): TocsinError {
  return new TocsinError(
    'log-unusable',
    { path: dir, detail: `${reasonText(reason)}, ${reason.code}` },
    cause,
  );
}

export function refused(detail: string, reason: string, cause?: unknown): TocsinError {
  return new TocsinError('log-refused', { detail, reason }, cause);
}
