// Witnesses. For a peer CERT: `cosign` looks at another's log, makes sure that it only grew since the last look, and signs
// what it saw with the time. For the log's owner: `acceptCosignature` adds such a line to the checkpoint.
// @see https://c2sp.org/tlog-cosignature, https://c2sp.org/tlog-witness
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkContinuation,
  cosignedMessage,
  equalBytes,
  formatNote,
  formatSignatureLine,
  judgeCheckpoint,
  noteKeyOf,
  noteSigners,
  parseCheckpoint,
  parseSignatureLine,
  readingLog,
  reasonText,
  type SignedCheckpoint,
  simplePolicy,
  TiledTree,
  type TileReader,
  type VerifierKey,
  writeCosignature,
} from '@tocsin/verify';
import type { Clock } from '../../ground/clock.ts';
import { TocsinError } from '../../ground/errors.ts';
import { readSecret, writeSecret } from '../keys/folder.ts';
import { currentKeys, type KeyRing, signerFor } from '../keys/key-ring.ts';
import { openLog } from './append.ts';
import { checkpointPath, folderReader, withLogLock, writeLogFile } from './folder.ts';
import { refused, unusable } from './signing.ts';

export interface Cosigning {
  /** Reads the files of the other's log: a copy of its folder, or its web server. */
  readonly read: TileReader;
  /** The other's log key, obtained from it in another way. */
  readonly logKey: VerifierKey;
  readonly keys: KeyRing;
  readonly clock: Clock;
}

export interface Cosigned {
  /** One line, to be given to the log's owner. */
  readonly line: string;
  readonly origin: string;
  readonly size: number;
  /** Entries at the last look; null when this was the first. */
  readonly seenBefore: number | null;
}

/** Cosigns the log in a folder. */
export function cosignFolder(dir: string, cosigning: Omit<Cosigning, 'read'>): Promise<Cosigned> {
  return cosign({ ...cosigning, read: folderReader(dir) });
}

/**
 * Verifies a log against what was last seen of it, remembers the new state, and only then signs.
 * @throws TocsinError log-refused with the reason: wrong origin, unsigned, shrunk, forked, tiles that do not fit
 */
export async function cosign({ read, logKey, keys, clock }: Cosigning): Promise<Cosigned> {
  const bytes = await read(checkpointPath);
  if (bytes === null) throw refused('the log has no checkpoint', 'tile-missing');
  const parsed = parseCheckpoint(bytes);
  if (!parsed.ok) throw refused(reasonText(parsed.reason), parsed.reason.code);
  const checkpoint = parsed.value;
  const judged = judgeCheckpoint(checkpoint, simplePolicy([logKey], [], 0));
  if (!judged.ok) throw refused(reasonText(judged.reason), judged.reason.code);
  const seen = lastSeen(keys, checkpoint.origin);
  await onlyGrew(new TiledTree(read, checkpoint.size), seen, checkpoint);
  const [listed] = currentKeys(keys, 'witness');
  if (listed === undefined)
    throw new TocsinError('keys-unusable', { path: keys.dir, detail: 'there is no current witness key' });
  const signer = signerFor(keys, 'witness', listed.name);
  const key = noteKeyOf(listed);
  // Remembered before it is signed: a crash may lose a cosignature, never the memory of one.
  writeSecret(seenPath(keys, checkpoint.origin), bytes);
  const timeSeconds = Math.floor(clock.nowMs() / 1000);
  const signature = signer.sign(cosignedMessage(checkpoint.note.text, timeSeconds));
  const line = formatSignatureLine({
    name: key.name,
    id: key.id,
    bytes: writeCosignature({ timeSeconds, signature }),
  });
  return { line, origin: checkpoint.origin, size: checkpoint.size, seenBefore: seen?.size ?? null };
}

/** Reads the proof from the tiles, and the whole root too, so that a log whose tiles are not served is not vouched for. */
async function onlyGrew(
  tree: TiledTree,
  seen: SignedCheckpoint | null,
  checkpoint: SignedCheckpoint,
): Promise<void> {
  const root = await readingLog(() => tree.root());
  if (!root.ok) throw refused(reasonText(root.reason), root.reason.code);
  if (!equalBytes(root.value, checkpoint.root)) throw refused('its tiles do not give its root', 'log-root');
  if (seen === null) return;
  const isProvable = seen.size > 0 && seen.size <= checkpoint.size;
  const proof = await readingLog(async () => (isProvable ? tree.consistencyProof(seen.size) : []));
  if (!proof.ok) throw refused(reasonText(proof.reason), proof.reason.code);
  const continued = checkContinuation(seen, checkpoint, proof.value);
  if (!continued.ok) throw refused(reasonText(continued.reason), continued.reason.code);
}

const seenPath = (keys: KeyRing, origin: string): string =>
  join(keys.dir, 'private', 'seen', createHash('sha256').update(origin).digest('hex'));

function lastSeen(keys: KeyRing, origin: string): SignedCheckpoint | null {
  const path = seenPath(keys, origin);
  if (!existsSync(path)) return null;
  const parsed = parseCheckpoint(Uint8Array.from(readSecret(keys.dir, path)));
  if (!parsed.ok || parsed.value.origin !== origin)
    throw new TocsinError('keys-unusable', { path: keys.dir, detail: 'the checkpoint seen last is damaged' });
  return parsed.value;
}

/**
 * Adds the cosignature of a witness to the checkpoint of one's own log; an earlier one of the same key is replaced.
 * @throws TocsinError log-refused when the line is malformed, of another key, or of another checkpoint
 */
export async function acceptCosignature(
  dir: string,
  line: string,
  witness: VerifierKey,
  keys: KeyRing,
): Promise<SignedCheckpoint> {
  return withLogLock(dir, async () => {
    const { checkpoint } = await openLog(dir, keys);
    const signature = parseSignatureLine(line.endsWith('\n') ? line.slice(0, -1) : line);
    if (!signature.ok) throw refused(reasonText(signature.reason), signature.reason.code);
    if (signature.value.name !== witness.name || signature.value.id !== witness.id)
      throw refused(`the line is of ${signature.value.name}, not of ${witness.name}`, 'witness-unknown');
    const others = checkpoint.note.signatures.filter(
      ({ name, id }) => name !== witness.name || id !== witness.id,
    );
    const note = { text: checkpoint.note.text, signatures: [...others, signature.value] };
    const signers = noteSigners(note, [witness]);
    if (!signers.ok)
      throw refused(`${reasonText(signers.reason)}; it may be of an earlier checkpoint`, signers.reason.code);
    const bytes = formatNote(note);
    const whole = parseCheckpoint(bytes);
    if (!whole.ok) throw unusable(dir, whole.reason);
    writeLogFile(dir, checkpointPath, bytes);
    return whole.value;
  });
}
