// Checkpoints: what a log commits to at a size, as the text of a signed note. Takes the note; gives origin, size, root.
// @see https://c2sp.org/tlog-checkpoint
import { rootOfNothing, verifyConsistency } from '../merkle.ts';
import { decodeBase64, decodeDecimal, encodeBase64, equalBytes } from '../sign/encoding.ts';
import { accept, type Outcome, refuse } from '../sign/reason.ts';
import { type Note, parseNote } from './note.ts';

export interface Checkpoint {
  readonly origin: string;
  /** Number of entries, at most 2^53 - 1. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Further lines, opaque; Tocsin's own logs write none. */
  readonly extensions: readonly string[];
}

export interface SignedCheckpoint extends Checkpoint {
  readonly note: Note;
}

/** The text of a checkpoint, with its last newline. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return `${[origin, String(size), encodeBase64(root), ...extensions].join('\n')}\n`;
}

/** Reads the text of a checkpoint. */
export function parseCheckpointText(text: string): Outcome<Checkpoint> {
  if (!text.endsWith('\n')) return refuse('checkpoint-form', 'no newline at the end');
  const [origin, sizeText, rootText, ...extensions] = text.slice(0, -1).split('\n');
  if (origin === undefined || origin === '' || sizeText === undefined || rootText === undefined)
    return refuse('checkpoint-form');
  if (extensions.includes('')) return refuse('checkpoint-form', 'an empty line');
  const size = decodeDecimal(sizeText);
  if (size === null) return refuse('checkpoint-size');
  const root = decodeBase64(rootText);
  if (root === null || root.length !== 32) return refuse('checkpoint-root');
  if (size === 0 && !equalBytes(root, rootOfNothing())) return refuse('checkpoint-root', 'size 0');
  return accept({ origin, size, root, extensions });
}

/** Reads a checkpoint with its signatures, without judging them. */
export function parseCheckpoint(bytes: Uint8Array): Outcome<SignedCheckpoint> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const checkpoint = parseCheckpointText(note.value.text);
  return checkpoint.ok ? accept({ ...checkpoint.value, note: note.value }) : checkpoint;
}

/** Accepts `newer` when it is of the same log and the proof shows that it only adds to `older`. */
export function checkContinuation(
  older: Checkpoint,
  newer: Checkpoint,
  proof: readonly Uint8Array[],
): Outcome<true> {
  if (older.origin !== newer.origin) return refuse('checkpoint-origin', newer.origin);
  if (newer.size < older.size)
    return refuse('proof-consistency', `it shrank from ${older.size} to ${newer.size} entries`);
  // Every tree continues an empty one.
  if (older.size === 0 && proof.length === 0) return accept(true);
  const holds = verifyConsistency({
    oldSize: older.size,
    newSize: newer.size,
    oldRoot: older.root,
    newRoot: newer.root,
    proof,
  });
  return holds ? accept(true) : refuse('proof-consistency', `${older.size} and ${newer.size} entries`);
}
