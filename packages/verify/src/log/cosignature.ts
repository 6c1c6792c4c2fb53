// Cosignatures of witnesses (cosignature/v1, Ed25519): a time, and a signature over that time and the checkpoint. It says
// that at that time the witness had seen no other history of the log, and none longer.
// @see https://c2sp.org/tlog-cosignature (its ML-DSA-44 type is not read; such lines count as unknown)
import { concatBytes, encodeText } from '../sign/encoding.ts';
import { accept, type Outcome, refuse } from '../sign/reason.ts';

export interface Cosignature {
  /** Seconds since 1970, at least 1 and below 2^53. */
  readonly timeSeconds: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** What a witness signs: the time, and the text of the checkpoint with its last newline. */
export function cosignedMessage(checkpointText: string, timeSeconds: number): Uint8Array {
  return encodeText(`cosignature/v1\ntime ${timeSeconds}\n${checkpointText}`);
}

/** Reads the 72 bytes of a cosignature: eight of time, big-endian, and the signature. */
export function readCosignature(bytes: Uint8Array): Outcome<Cosignature> {
  if (bytes.length !== 72) return refuse('cosignature-form', `${bytes.length} bytes`);
  const time = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  // The Ed25519 form knows no cosignature without a time.
  if (time === 0n || time > BigInt(Number.MAX_SAFE_INTEGER)) return refuse('cosignature-time', String(time));
  return accept({ timeSeconds: Number(time), signature: bytes.subarray(8) });
}

/** The 72 bytes of a cosignature. */
export function writeCosignature({ timeSeconds, signature }: Cosignature): Uint8Array {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSeconds));
  return concatBytes(time, signature);
}
