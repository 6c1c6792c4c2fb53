// For tests: keys from seeds, the lines they sign, and the public vectors.
import { createPrivateKey, createPublicKey, type KeyObject, sign as nodeSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodeText } from '../sign/encoding.ts';
import type { Outcome } from '../sign/reason.ts';
import { cosignedMessage, writeCosignature } from './cosignature.ts';
import { formatSignatureLine } from './note.ts';
import { type VerifierKey, verifierKey } from './verifier-key.ts';

/** The bytes of a vector. */
export const vector = (name: string) => readFileSync(new URL(`../../vectors/${name}`, import.meta.url));
/** A vector as JSON. */
export const json = (name: string): unknown => JSON.parse(vector(name).toString('utf8'));
/** The name of the reason, or null when accepted. */
export const code = (outcome: Outcome<unknown>): string | null => (outcome.ok ? null : outcome.reason.code);

/** The value, or an error that names the reason. */
export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.reason.code);
  return outcome.value;
}

/** A key pair from a seed, as the form of a note's signer. */
export function signerOf(name: string, type: VerifierKey['type'], seed: number) {
  const privateKey = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]),
    format: 'der',
    type: 'pkcs8',
  });
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const key = verifierKey(name, type, Uint8Array.from(der.subarray(12)));
  return { key, privateKey };
}

/** What an Ed25519 key signs. */
export const signed = (message: Uint8Array, privateKey: KeyObject) =>
  Uint8Array.from(nodeSign(null, message, privateKey));

/** The line of a log over a text. */
export function logLine(text: string, { key, privateKey }: ReturnType<typeof signerOf>): string {
  return formatSignatureLine({ name: key.name, id: key.id, bytes: signed(encodeText(text), privateKey) });
}

/** The line of a witness over a text and a time. */
export function witnessLine(
  text: string,
  { key, privateKey }: ReturnType<typeof signerOf>,
  timeSeconds: number,
): string {
  const signature = signed(cosignedMessage(text, timeSeconds), privateKey);
  return formatSignatureLine({
    name: key.name,
    id: key.id,
    bytes: writeCosignature({ timeSeconds, signature }),
  });
}
