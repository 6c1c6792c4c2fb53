// Keys of signed notes: `name+id+base64(type, key)`. Two types are known: a log's Ed25519 key, and an Ed25519 witness.
// @see https://c2sp.org/signed-note, https://c2sp.org/tlog-cosignature
import { sha256 } from '../sha256.ts';
import { checkPublicKey } from '../sign/ed25519.ts';
import {
  concatBytes,
  decodeBase64,
  encodeBase64,
  encodeText,
  hasControlCharacter,
} from '../sign/encoding.ts';
import { accept, type Outcome, refuse } from '../sign/reason.ts';

/** `note`: signs the text of a note (a log). `cosignature`: signs a checkpoint and the time (a witness). */
export type NoteKeyType = 'note' | 'cosignature';

const typeBytes: Readonly<Record<NoteKeyType, number>> = { note: 0x01, cosignature: 0x04 };
const longestName = 512;

export interface VerifierKey {
  readonly name: string;
  /** Eight lower-case hex digits, computed from name, type and key. */
  readonly id: string;
  readonly type: NoteKeyType;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
}

/** True for a name that a signature line can carry: not empty, no white space, no plus, no control characters. */
export function isKeyName(name: string): boolean {
  if (name === '' || name.length > longestName || hasControlCharacter(name, '')) return false;
  return !/[\p{White_Space}\p{Z}\p{Surrogate}+]/u.test(name);
}

/** The key under a name; its id follows from both. */
export function verifierKey(name: string, type: NoteKeyType, publicKey: Uint8Array): VerifierKey {
  const digest = sha256(concatBytes(encodeText(`${name}\n`), Uint8Array.of(typeBytes[type]), publicKey));
  return { name, type, publicKey, id: digest.slice(0, 8) };
}

/** The key as one line of text. */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${encodeBase64(concatBytes(Uint8Array.of(typeBytes[type]), publicKey))}`;
}

/** Reads the text of a verifier key; other types than the two are refused. */
export function parseVerifierKey(text: string): Outcome<VerifierKey> {
  // The base64 may hold a plus too: only the first two separate.
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  if (first < 0 || second < 0) return refuse('verifier-key', 'name+id+key');
  const name = text.slice(0, first);
  const material = decodeBase64(text.slice(second + 1));
  if (!isKeyName(name) || material === null) return refuse('verifier-key', 'name or base64');
  const type = material[0] === 0x01 ? 'note' : material[0] === 0x04 ? 'cosignature' : null;
  if (type === null) return refuse('verifier-key', 'type');
  const point = checkPublicKey(material.subarray(1));
  if (!point.ok) return point;
  const key = verifierKey(name, type, material.subarray(1));
  return key.id === text.slice(first + 1, second) ? accept(key) : refuse('verifier-key', 'id');
}
