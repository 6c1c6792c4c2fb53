// Proofs that a payload was logged (c2sp.org/tlog-proof@v1), checked offline: the entry's index, the hashes beside its
// way to the root, and the checkpoint with its cosignatures. Tocsin's `extra` line carries the entry itself.
// @see https://c2sp.org/tlog-proof
import { leafHash, verifyInclusion } from '../merkle.ts';
import { sha256 } from '../sha256.ts';
import { decodeBase64, decodeDecimal, decodeText, encodeBase64, encodeText } from '../sign/encoding.ts';
import { accept, type Outcome, refuse } from '../sign/reason.ts';
import { statementPayloadType } from '../sign/statement.ts';
import { parseCheckpoint, type SignedCheckpoint } from './checkpoint.ts';
import { type LogEntry, parseEntry } from './entry.ts';
import { formatNote, type NoteSigner, noteLimits } from './note.ts';
import { judgeCheckpoint, type LogPolicy } from './policy.ts';
import type { VerifierKey } from './verifier-key.ts';

const header = 'c2sp.org/tlog-proof@v1';
const mostHashes = 63;
const mostBytes = noteLimits.noteBytes * 2;

export interface TlogProof {
  /** Opaque, and not to be trusted by itself; null when the line is missing. */
  readonly extra: Uint8Array | null;
  readonly index: number;
  /** 32 bytes each, the leaf's sibling first. */
  readonly hashes: readonly Uint8Array[];
  readonly checkpoint: SignedCheckpoint;
}

/** The proof as text. */
export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const lines = [header, ...(extra === null ? [] : [`extra ${encodeBase64(extra)}`]), `index ${index}`];
  return `${[...lines, ...hashes.map(encodeBase64)].join('\n')}\n\n${decodeText(formatNote(checkpoint.note)) ?? ''}`;
}

/** Reads a proof, without judging it. */
export function parseTlogProof(bytes: Uint8Array): Outcome<TlogProof> {
  const text = bytes.length > mostBytes ? null : decodeText(bytes);
  // The first empty line ends the proof; the note after it may hold another.
  const cut = text?.indexOf('\n\n') ?? -1;
  if (text === null || cut < 0) return refuse('proof-form');
  const [first, ...lines] = text.slice(0, cut).split('\n');
  if (first !== header) return refuse('proof-form', 'first line');
  let extra: Uint8Array | null = null;
  if (lines[0]?.startsWith('extra ')) {
    extra = decodeBase64(lines[0].slice('extra '.length));
    if (extra === null) return refuse('proof-form', 'extra');
    lines.shift();
  }
  const [indexLine, ...hashLines] = lines;
  if (!indexLine?.startsWith('index ')) return refuse('proof-form', 'index');
  const index = decodeDecimal(indexLine.slice('index '.length));
  if (index === null) return refuse('proof-index');
  if (hashLines.length > mostHashes) return refuse('proof-form', `${hashLines.length} hashes`);
  const hashes: Uint8Array[] = [];
  for (const [at, line] of hashLines.entries()) {
    const hash = decodeBase64(line);
    if (hash === null || hash.length !== 32) return refuse('proof-hash', `hash ${at + 1}`);
    hashes.push(hash);
  }
  const checkpoint = parseCheckpoint(encodeText(text.slice(cut + 2)));
  if (!checkpoint.ok) return checkpoint;
  return accept({ extra, index, hashes, checkpoint: checkpoint.value });
}

/** What a valid proof shows. */
export interface Logged {
  readonly origin: string;
  readonly index: number;
  /** Entries of the log when the checkpoint was made. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly log: VerifierKey;
  readonly witnesses: readonly NoteSigner[];
}

/** Checks a proof for the hash of an entry against the reader's policy. */
export function verifyTlogProof(proof: TlogProof, leaf: Uint8Array, policy: LogPolicy): Outcome<Logged> {
  const trusted = judgeCheckpoint(proof.checkpoint, policy);
  if (!trusted.ok) return trusted;
  const { origin, size, root, log, witnesses } = trusted.value;
  if (proof.index >= size) return refuse('proof-index', `${proof.index} of ${size}`);
  const { index, hashes } = proof;
  if (!verifyInclusion({ index, size, leaf, proof: hashes, root })) return refuse('proof-inclusion');
  return accept({ origin, index, size, root, log, witnesses });
}

export interface LoggedPayload extends Logged {
  readonly entry: LogEntry;
}

/** Checks that a proof is of the entry of this payload and type, and that the entry is in a log the reader trusts. */
export function verifyLoggedPayload(
  bytes: Uint8Array,
  payload: Uint8Array,
  policy: LogPolicy,
  payloadType: string = statementPayloadType,
): Outcome<LoggedPayload> {
  const proof = parseTlogProof(bytes);
  if (!proof.ok) return proof;
  const { extra } = proof.value;
  if (extra === null) return refuse('entry-form', 'the proof carries none');
  const entry = parseEntry(extra);
  if (!entry.ok) return entry;
  if (entry.value.payloadSha256 !== sha256(payload)) return refuse('entry-payload');
  if (entry.value.payloadType !== payloadType) return refuse('entry-payload', entry.value.payloadType);
  const logged = verifyTlogProof(proof.value, leafHash(extra), policy);
  return logged.ok ? accept({ ...logged.value, entry: entry.value }) : logged;
}
