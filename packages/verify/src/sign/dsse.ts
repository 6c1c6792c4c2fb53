// DSSE envelopes: a payload with its type and signatures over both. Takes the envelope's bytes and the trusted keys;
// gives the payload that was verified, and what became of each signature. Only that payload may be used afterwards.
// @see https://github.com/secure-systems-lab/dsse (protocol and envelope, 1.0.2)
import { verifyEd25519 } from './ed25519.ts';
import { concatBytes, decodeEitherBase64, decodeText, encodeBase64, encodeText } from './encoding.ts';
import { accept, type Outcome, type Reason, reasonText, refuse } from './reason.ts';

export const envelopeLimits = {
  envelopeBytes: 8 * 1024 * 1024,
  signatures: 32,
  payloadTypeCharacters: 256,
  signatureBytes: 16 * 1024,
  keyIdCharacters: 1024,
} as const;

export interface EnvelopeSignature {
  /** A hint and no more: it is not signed. Empty when there is none. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** A key that is trusted to sign, under the name a reader knows it by. */
export interface TrustedKey {
  readonly id: string;
  readonly name: string;
  readonly publicKey: Uint8Array;
}

export interface SignatureReport {
  readonly keyId: string;
  /** `valid`: of a trusted key. `unknown`: of none of them. `wrong`: it names a trusted key and is not of it. */
  readonly outcome: 'valid' | 'unknown' | 'wrong';
  /** The trusted key's id when valid, else null. */
  readonly signer: string | null;
  readonly reason: Reason | null;
}

export interface VerifiedEnvelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  /** The trusted keys that have signed, in the order of the list of trusted keys, each once. */
  readonly signers: readonly TrustedKey[];
  readonly signatures: readonly SignatureReport[];
}

/** The bytes that are signed: the pre-authentication encoding of type and payload. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = encodeText(payloadType);
  return concatBytes(encodeText(`DSSEv1 ${type.length} `), type, encodeText(` ${payload.length} `), payload);
}

/** Reads an envelope within `envelopeLimits`, without judging any signature. */
export function parseEnvelope(bytes: Uint8Array): Outcome<Envelope> {
  if (bytes.length > envelopeLimits.envelopeBytes) return refuse('envelope-size', `${bytes.length} bytes`);
  const text = decodeText(bytes);
  if (text === null) return refuse('envelope-text');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('envelope-json');
  }
  if (!isRecord(json)) return refuse('envelope-json');
  const { payload, payloadType, signatures } = json;
  if (typeof payload !== 'string') return refuse('envelope-shape', 'payload');
  if (typeof payloadType !== 'string' || payloadType.length > envelopeLimits.payloadTypeCharacters)
    return refuse('envelope-shape', 'payloadType');
  if (!Array.isArray(signatures)) return refuse('envelope-shape', 'signatures');
  if (signatures.length === 0 || signatures.length > envelopeLimits.signatures)
    return refuse('envelope-signatures', `${signatures.length}`);
  const payloadBytes = decodeEitherBase64(payload);
  if (payloadBytes === null) return refuse('envelope-base64', 'payload');
  const read: EnvelopeSignature[] = [];
  for (const [at, entry] of signatures.entries()) {
    const signature = readSignature(entry, at);
    if (!signature.ok) return signature;
    read.push(signature.value);
  }
  return accept({ payloadType, payload: payloadBytes, signatures: read });
}

function readSignature(entry: unknown, at: number): Outcome<EnvelopeSignature> {
  if (!isRecord(entry) || typeof entry['sig'] !== 'string')
    return refuse('envelope-shape', `signature ${at}`);
  const keyId = entry['keyid'] ?? '';
  if (typeof keyId !== 'string' || keyId.length > envelopeLimits.keyIdCharacters)
    return refuse('envelope-shape', `keyid of signature ${at}`);
  const signature = decodeEitherBase64(entry['sig']);
  if (signature === null) return refuse('envelope-base64', `signature ${at}`);
  if (signature.length > envelopeLimits.signatureBytes) return refuse('envelope-size', `signature ${at}`);
  return accept({ keyId, signature });
}

export interface EnvelopeTrust {
  readonly keys: readonly TrustedKey[];
  /** How many different trusted keys must have signed; at least 1. */
  readonly threshold: number;
  readonly payloadType: string;
}

/**
 * Accepts an envelope when enough different trusted keys have signed its type and payload. Signatures of keys that are
 * not trusted, and wrong ones, count for nothing and are reported.
 */
export function verifyEnvelope(bytes: Uint8Array, trust: EnvelopeTrust): Outcome<VerifiedEnvelope> {
  const parsed = parseEnvelope(bytes);
  if (!parsed.ok) return parsed;
  const { payload, payloadType } = parsed.value;
  if (payloadType !== trust.payloadType) return refuse('payload-type', payloadType);
  const message = preAuthenticationEncoding(payloadType, payload);
  const judged = parsed.value.signatures.map((signature) => judge(signature, message, trust.keys));
  const valid = new Set(judged.flatMap(({ key }) => (key === null ? [] : [encodeBase64(key.publicKey)])));
  // `delete` tells whether it was still there: two entries of one key are one signer.
  const signers = trust.keys.filter((key) => valid.delete(encodeBase64(key.publicKey)));
  const signatures = judged.map(({ report }) => report);
  if (trust.threshold < 1 || signers.length < trust.threshold)
    return refuse(
      'no-trusted-signature',
      `${signers.length} of ${trust.threshold} needed${whyNot(signatures)}`,
    );
  return accept({ payloadType, payload, signers, signatures });
}

/** Why signatures that name a trusted key are not its own. */
function whyNot(signatures: readonly SignatureReport[]): string {
  const reasons = signatures.flatMap(({ outcome, reason }) =>
    outcome === 'wrong' && reason !== null ? [`; ${reasonText(reason)}`] : [],
  );
  return [...new Set(reasons)].join('');
}

interface Judged {
  readonly report: SignatureReport;
  /** The trusted key whose signature it is, or null. */
  readonly key: TrustedKey | null;
}

function judge(
  { keyId, signature }: EnvelopeSignature,
  message: Uint8Array,
  keys: readonly TrustedKey[],
): Judged {
  const named = keys.filter((key) => key.id === keyId);
  let reason: Reason | null = null;
  // The id is a hint: a signature that names none of the trusted keys is tried with each.
  for (const key of named.length > 0 ? named : keys) {
    const outcome = verifyEd25519({ publicKey: key.publicKey, message, signature });
    if (outcome.ok) return { key, report: { keyId, outcome: 'valid', signer: key.id, reason: null } };
    reason = outcome.reason;
  }
  const report: SignatureReport =
    named.length > 0
      ? { keyId, outcome: 'wrong', signer: null, reason }
      : { keyId, outcome: 'unknown', signer: null, reason: null };
  return { key: null, report };
}

/** The envelope as one line of JSON, ended by a newline. */
export function formatEnvelope({ payloadType, payload, signatures }: Envelope): string {
  return `${JSON.stringify({
    payload: encodeBase64(payload),
    payloadType,
    signatures: signatures.map(({ keyId, signature }) => ({ keyid: keyId, sig: encodeBase64(signature) })),
  })}\n`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
