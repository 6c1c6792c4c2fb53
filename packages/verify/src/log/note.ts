// Signed notes: text, an empty line, lines of signatures. Takes the note and the trusted keys; gives the text and who
// has signed it. A signature that names a trusted key and is wrong refuses the whole note; others are passed over.
// @see https://c2sp.org/signed-note
import { verifyEd25519 } from '../sign/ed25519.ts';
import {
  concatBytes,
  decodeBase64,
  decodeHex,
  decodeText,
  encodeBase64,
  encodeHex,
  encodeText,
  hasControlCharacter,
} from '../sign/encoding.ts';
import { accept, type Outcome, refuse } from '../sign/reason.ts';
import { cosignedMessage, readCosignature } from './cosignature.ts';
import { isKeyName, type VerifierKey } from './verifier-key.ts';

export const noteLimits = { noteBytes: 256 * 1024, signatures: 64 } as const;

export interface NoteSignature {
  readonly name: string;
  /** Eight lower-case hex digits. */
  readonly id: string;
  /** What follows the id: 64 bytes for a log, 72 for a witness. */
  readonly bytes: Uint8Array;
}

export interface Note {
  /** With its last newline: what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Reads a note without judging its signatures. */
export function parseNote(bytes: Uint8Array): Outcome<Note> {
  if (bytes.length > noteLimits.noteBytes) return refuse('note-size', `${bytes.length} bytes`);
  const whole = decodeText(bytes);
  if (whole === null || hasControlCharacter(whole, '\n')) return refuse('note-text');
  const cut = whole.lastIndexOf('\n\n');
  if (cut < 0 || !whole.endsWith('\n')) return refuse('note-form');
  const lines = whole.slice(cut + 2, -1).split('\n');
  if (whole.length === cut + 2 || lines.length > noteLimits.signatures) return refuse('note-signatures');
  const signatures: NoteSignature[] = [];
  for (const [at, line] of lines.entries()) {
    const signature = parseSignatureLine(line);
    if (!signature.ok) return refuse('note-signature-line', `line ${at + 1} of the signatures`);
    signatures.push(signature.value);
  }
  return accept({ text: whole.slice(0, cut + 1), signatures });
}

/** Reads one line of signatures, without its newline. */
export function parseSignatureLine(line: string): Outcome<NoteSignature> {
  const [dash, name, base64, ...more] = line.split(' ');
  if (dash !== '\u2014' || name === undefined || base64 === undefined || more.length > 0)
    return refuse('note-signature-line');
  const bytes = decodeBase64(base64);
  if (!isKeyName(name) || bytes === null || bytes.length < 5) return refuse('note-signature-line');
  return accept({ name, id: encodeHex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) });
}

/** One line of signatures, with its newline. */
export function formatSignatureLine({ name, id, bytes }: NoteSignature): string {
  return `\u2014 ${name} ${encodeBase64(concatBytes(decodeHex(id) ?? new Uint8Array(), bytes))}\n`;
}

/** The note as bytes; its text ends in a newline. */
export function formatNote({ text, signatures }: Note): Uint8Array {
  return encodeText(`${text}\n${signatures.map(formatSignatureLine).join('')}`);
}

/** A trusted key that has signed a note. */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** For a witness, the time it states, in seconds since 1970; else null. */
  readonly timeSeconds: number | null;
}

/** Who of the trusted keys has signed, in the order of `keys`, each once; none is no refusal here. */
export function noteSigners(note: Note, keys: readonly VerifierKey[]): Outcome<readonly NoteSigner[]> {
  const signers = new Map<VerifierKey, NoteSigner>();
  for (const signature of note.signatures) {
    for (const key of keys.filter(({ name, id }) => name === signature.name && id === signature.id)) {
      const judged = judge(note.text, signature, key);
      if (!judged.ok) return judged;
      if (!signers.has(key)) signers.set(key, judged.value);
    }
  }
  return accept(keys.flatMap((key) => signers.get(key) ?? []));
}

function judge(text: string, signature: NoteSignature, key: VerifierKey): Outcome<NoteSigner> {
  const wrong = (why: string) => refuse('note-signature-wrong', `${key.name}: ${why}`);
  let message = encodeText(text);
  let bytes = signature.bytes;
  let timeSeconds: number | null = null;
  if (key.type === 'cosignature') {
    const cosignature = readCosignature(signature.bytes);
    if (!cosignature.ok) return cosignature;
    timeSeconds = cosignature.value.timeSeconds;
    bytes = cosignature.value.signature;
    message = cosignedMessage(text, timeSeconds);
  }
  const outcome = verifyEd25519({ publicKey: key.publicKey, message, signature: bytes });
  return outcome.ok ? accept({ key, timeSeconds }) : wrong(outcome.reason.code);
}
