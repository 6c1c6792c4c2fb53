// Appends to a log: the entry's tiles first, then the signed checkpoint kept beside the keys, then the checkpoint readers
// see. A folder that has shrunk, or tells another history than was signed, is refused, never signed over; a checkpoint
// that was signed and not yet shown is completed first.
import {
  encodeText,
  entryOf,
  equalBytes,
  formatEntry,
  formatNote,
  formatTlogProof,
  isKeyName,
  judgeCheckpoint,
  type LogEntry,
  LogReadError,
  noteSigners,
  parseCheckpoint,
  parseEntry,
  reasonText,
  rootOfNothing,
  type SignedCheckpoint,
  simplePolicy,
  statementPayloadType,
  verifyLoggedPayload,
} from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { currentKeys, everyLogKey, type KeyRing, logKeys } from '../keys/key-ring.ts';
import { checkpointPath, hasLog, readCheckpointFile, treeOf, withLogLock, writeLogFile } from './folder.ts';
import { dropPartials, growTiles } from './grow.ts';
import { lastSigned, readingOr, refused, sameTree, show, signHead, unusable } from './signing.ts';

/** What to log: the payload of a DSSE envelope. */
export interface Logging {
  readonly payload: Uint8Array;
  /** Default: that of in-toto statements. */
  readonly payloadType?: string;
  /** Index of the entry this one corrects. */
  readonly corrects?: number | null;
}

/** Makes an empty log under the origin of the log key. @throws TocsinError log-refused, log-unusable, keys-unusable */
export async function initLog(dir: string, keys: KeyRing): Promise<SignedCheckpoint> {
  return withLogLock(dir, async () => {
    if (hasLog(dir)) throw new TocsinError('log-unusable', { path: dir, detail: 'it holds a log already' });
    const [key] = currentKeys(keys, 'log');
    if (key === undefined || !isKeyName(key.name))
      throw new TocsinError('keys-unusable', { path: keys.dir, detail: 'there is no current log key' });
    const memory = lastSigned(keys, key.name);
    if (memory !== null && memory.size > 0)
      throw refused(`this origin has a log of ${memory.size} entries already`, 'log-fork');
    return show(dir, signHead(keys, { origin: key.name, size: 0, root: rootOfNothing() }), keys);
  });
}

/**
 * Appends an entry and gives the proof of it, c2sp.org/tlog-proof@v1 as text. The entry is on disk, and its checkpoint
 * shown, when this returns; after a crash it is logged whole or not at all, and logging it again then gives its proof.
 * @throws TocsinError log-refused for a fork, a roll-back, a correction of nothing; log-unusable; keys-unusable
 */
export async function appendToLog(dir: string, logging: Logging, keys: KeyRing): Promise<string> {
  return withLogLock(dir, async () => {
    const { checkpoint: current, isCompleted } = await openLog(dir, keys);
    const { payload, payloadType = statementPayloadType, corrects = null } = logging;
    const entry = entryOf(payload, payloadType, corrects);
    const bytes = formatEntry(entry);
    if (isCompleted && equalBytes(await entryAt(dir, current.size, current.size - 1), bytes))
      return proofOf(dir, current, current.size - 1);
    await checkCorrection(dir, current, entry);
    const root = await readingOr(dir, () => growTiles(dir, current.size, [bytes]));
    const shown = show(dir, signHead(keys, { origin: current.origin, size: current.size + 1, root }), keys);
    dropPartials(dir, current.size, shown.size);
    const proof = await proofOf(dir, shown, current.size);
    const policy = simplePolicy(logKeys(keys, shown.origin), [], 0);
    const checked = verifyLoggedPayload(encodeText(proof), payload, policy, payloadType);
    if (!checked.ok) throw refused(reasonText(checked.reason), checked.reason.code);
    return proof;
  });
}

/** Signs the same tree anew, with the key that is current: after a rotation or a revocation. */
export async function resignLog(dir: string, keys: KeyRing): Promise<SignedCheckpoint> {
  return withLogLock(dir, async () => {
    const { checkpoint } = await openLog(dir, keys);
    const signed = signHead(keys, checkpoint);
    // The text is the same, so what witnesses and retired keys have signed still holds; a revoked key's line goes.
    const gone = new Set([
      ...signed.note.signatures.map(({ id }) => id),
      ...everyLogKey(keys, checkpoint.origin).flatMap(({ key, state }) =>
        state === 'revoked' ? [key.id] : [],
      ),
    ]);
    const kept = checkpoint.note.signatures.filter(({ id }) => !gone.has(id));
    const note = { text: signed.note.text, signatures: [...signed.note.signatures, ...kept] };
    return show(dir, { ...signed, note }, keys);
  });
}

/** The proof of the entry at an index, under a checkpoint. @throws TocsinError log-unusable */
export async function proofOf(dir: string, checkpoint: SignedCheckpoint, index: number): Promise<string> {
  const hashes = await readingOr(dir, () => treeOf(dir, checkpoint.size).inclusionProof(index));
  return formatTlogProof({ extra: await entryAt(dir, checkpoint.size, index), index, hashes, checkpoint });
}

/** The bytes of one entry of a log of a size. @throws TocsinError log-unusable */
export async function entryAt(dir: string, size: number, index: number): Promise<Uint8Array> {
  const bundle = await readingOr(dir, () => treeOf(dir, size).entries(Math.floor(index / 256)));
  return bundle[index % 256] ?? new Uint8Array();
}

export interface OpenedLog {
  readonly checkpoint: SignedCheckpoint;
  /** True when an interrupted append was completed just now. */
  readonly isCompleted: boolean;
}

/**
 * The checkpoint of a log that may be written to: signed by its key, no older than the last one signed, and borne out by
 * its tiles. One that was signed and not shown is shown now. Call it under the lock.
 * @throws TocsinError log-refused, log-unusable
 */
export async function openLog(dir: string, keys: KeyRing): Promise<OpenedLog> {
  const shown = ownCheckpoint(dir, keys);
  const memory = lastSigned(keys, shown.origin);
  await bearsOut(dir, shown, shown);
  if (memory === null || memory.size <= shown.size) {
    // The keys may be an older copy: what they remember must then be the beginning of what is shown.
    if (memory !== null) await bearsOut(dir, shown, memory);
    return { checkpoint: shown, isCompleted: false };
  }
  // Signed, then interrupted before it was shown: its tiles must be there, and are then the only continuation.
  let root: Uint8Array;
  try {
    root = await treeOf(dir, memory.size).root();
  } catch (error) {
    if (!(error instanceof LogReadError)) throw error;
    throw refused(
      `${memory.size} entries were signed, the folder holds ${shown.size}`,
      'log-rolled-back',
      error,
    );
  }
  if (!equalBytes(root, memory.root))
    throw refused(
      `the folder continues otherwise than the ${memory.size} entries that were signed`,
      'log-fork',
    );
  writeLogFile(dir, checkpointPath, formatNote(memory.note));
  return { checkpoint: memory, isCompleted: true };
}

/** The shown checkpoint, when a log key of ours has signed it; a revoked one only for the tree we remember. */
function ownCheckpoint(dir: string, keys: KeyRing): SignedCheckpoint {
  const parsed = parseCheckpoint(readCheckpointFile(dir));
  if (!parsed.ok) throw unusable(dir, parsed.reason);
  const { origin, note } = parsed.value;
  const judged = judgeCheckpoint(parsed.value, simplePolicy(logKeys(keys, origin), [], 0));
  if (judged.ok) return parsed.value;
  const memory = lastSigned(keys, origin);
  const signers = noteSigners(
    note,
    everyLogKey(keys, origin).map(({ key }) => key),
  );
  if (memory === null || !sameTree(memory, parsed.value) || !signers.ok || signers.value.length === 0)
    throw unusable(dir, judged.reason);
  return parsed.value;
}

/** @throws TocsinError when the tiles do not give the root that was signed for the size */
async function bearsOut(dir: string, shown: SignedCheckpoint, signed: SignedCheckpoint): Promise<void> {
  const root = await readingOr(dir, () => treeOf(dir, shown.size).root(signed.size));
  if (equalBytes(root, signed.root)) return;
  if (signed === shown) throw unusable(dir, { code: 'log-root', detail: `${shown.size} entries` });
  throw refused(`two histories of ${signed.size} entries were signed`, 'log-fork');
}

async function checkCorrection(
  dir: string,
  current: SignedCheckpoint,
  { corrects }: LogEntry,
): Promise<void> {
  if (corrects === null) return;
  if (!Number.isSafeInteger(corrects) || corrects < 0 || corrects >= current.size)
    throw refused(`there is no entry ${corrects} to correct`, 'correction-of-nothing');
  const corrected = parseEntry(await entryAt(dir, current.size, corrects));
  if (!corrected.ok) throw unusable(dir, corrected.reason);
}
