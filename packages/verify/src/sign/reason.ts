// How signatures, logs and key lists say that something does not hold: a named reason with a sentence, never a bare
// boolean. The list of names is closed; docs/keys.md and docs/log.md explain them.

/** Why a signature, a statement, a key list or a log is refused. */
export const refusals = {
  // keys and signatures
  'key-length': 'an Ed25519 public key has 32 bytes',
  'key-encoding': 'the public key is no canonical point of the curve',
  'key-small-order': 'the public key has a small order, so that anyone can sign for it',
  'signature-length': 'an Ed25519 signature has 64 bytes',
  'signature-scalar': 'the second half of the signature is not below the order of the group',
  'signature-point': 'the first half of the signature is no canonical point of the curve',
  'signature-small-order': 'the first half of the signature has a small order',
  'signature-wrong': 'the signature is not of this key over this message',
  'no-trusted-signature': 'too few trusted keys have signed',
  // DSSE envelopes and in-toto statements
  'envelope-size': 'the envelope is larger than the limit',
  'envelope-text': 'the envelope is no UTF-8 text',
  'envelope-json': 'the envelope is no JSON object',
  'envelope-shape': 'the envelope lacks a part, or a part is of the wrong type',
  'envelope-base64': 'the envelope holds text that is not strict base64',
  'envelope-signatures': 'the envelope has no signature, or more than the limit',
  'payload-type': 'the envelope holds another type of payload than expected',
  'statement-json': 'the payload is no JSON object in UTF-8',
  'statement-type': 'the payload is no in-toto Statement v1',
  'statement-subject': 'a subject of the statement has no name or no SHA-256 digest',
  'statement-predicate': 'the statement has no predicate type, or its predicate is no object',
  // key lists
  'key-list-json': 'the list of keys is no JSON of the format tocsin-keys/1',
  'key-list-entry': 'a key of the list is malformed, or its id is not the digest of the key',
  'key-list-act': 'an act in the list is malformed, or does not fit those before it',
  'key-list-act-signature': 'an act in the list is not signed by a key that may sign it',
  'key-list-state': 'a key of the list was never introduced by a signed act',
  'key-list-root': 'the list goes back to another recovery key than the one trusted',
  'trust-form': 'the file of whom to trust is malformed',
  'key-unknown': 'no key of the list has this id',
  // notes, checkpoints, proofs
  'note-size': 'the note is larger than the limit',
  'note-text': 'the note is no UTF-8 text, or holds control characters',
  'note-form': 'the text and the signatures of the note are not separated by an empty line',
  'note-signature-line': 'a line of signatures is malformed',
  'note-signatures': 'the note has no signature, or more than the limit',
  'verifier-key': 'the text is no verifier key of a known type, or its id is not the digest of its key',
  'note-unsigned': 'no trusted key has signed the note',
  'note-signature-wrong': 'a signature that names a trusted key is not of that key',
  'checkpoint-form': 'the note is no checkpoint: origin, size, root hash',
  'checkpoint-size': 'the size is no decimal number below 2^53 without leading zeros',
  'checkpoint-root': 'the root hash is not 32 bytes in base64, or not the hash of the empty tree at size 0',
  'checkpoint-origin': 'the checkpoint is of another log',
  'cosignature-form': 'a cosignature is not a time followed by a signature',
  'cosignature-time': 'the time of a cosignature is out of range',
  'witness-unknown': 'the cosigner is not among the known witnesses',
  'witness-quorum': 'too few of the trusted witnesses have cosigned',
  'policy-form': 'the policy is malformed',
  'proof-form': 'the text is no c2sp.org/tlog-proof@v1',
  'proof-index': 'the index is no decimal number, or not below the size of the tree',
  'proof-hash': 'a hash of the proof is not 32 bytes in base64',
  'proof-inclusion': 'the proof does not lead from the entry to the root of the checkpoint',
  'proof-consistency': 'the later tree is no continuation of the earlier one',
  'entry-form': 'the entry of the log is malformed',
  'entry-payload': 'the entry of the log is about another payload',
  'tile-missing': 'a tile of the log is missing',
  'tile-size': 'a tile of the log has the wrong number of bytes',
  'tile-entries': 'a bundle of entries is malformed',
  'tile-mismatch': 'the tiles of the log disagree with each other',
  'log-root': 'the tiles of the log do not give the root of its checkpoint',
} as const;

export type RefusalCode = keyof typeof refusals;

/** One named reason; `detail` says which part it is about (a line, a key id, an index), and is never secret. */
export interface Reason {
  readonly code: RefusalCode;
  readonly detail: string | null;
}

/** A value, or the reason why there is none. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Reason };

/** The outcome that holds a value. */
export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** The outcome that refuses, with a reason of the closed list. */
export function refuse(code: RefusalCode, detail: string | null = null): Outcome<never> {
  return { ok: false, reason: { code, detail } };
}

/** The reason as one sentence without a full stop. */
export function reasonText({ code, detail }: Reason): string {
  return detail === null ? refusals[code] : `${refusals[code]} (${detail})`;
}
