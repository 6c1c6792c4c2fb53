// Ed25519 signatures, verified by one strict and stated rule. Takes a key, a message and a signature; gives the
// reason when it is refused. The rule (that of dalek's `verify_strict`, and stricter than RFC 8032 demands):
// S is below the group's order; A and R are canonical encodings of points; neither has a small order; and
// [S]B = R + [k]A holds as it is, without multiplying by the cofactor. Whatever is accepted here, OpenSSL, Go and
// Node accept too, and every verifier with this rule agrees on every input.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from './encoding.ts';
import { accept, type Outcome, type RefusalCode, refuse } from './reason.ts';

const Point = ed25519.Point;
const order = Point.Fn.ORDER;
type CurvePoint = InstanceType<typeof Point>;

export interface SignedMessage {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/**
 * Accepts a signature by the strict rule, or says which part of the rule it breaks.
 * @see RFC 8032, section 5.1.7
 */
export function verifyEd25519({ publicKey, message, signature }: SignedMessage): Outcome<true> {
  const key = checkPublicKey(publicKey);
  if (!key.ok) return key;
  if (signature.length !== 64) return refuse('signature-length', `${signature.length} bytes`);
  const scalar = littleEndian(signature.subarray(32));
  if (scalar >= order) return refuse('signature-scalar');
  const commitment = readPoint(signature.subarray(0, 32), 'signature-point');
  if (!commitment.ok) return commitment;
  if (commitment.value.isSmallOrder()) return refuse('signature-small-order');
  const challenge = littleEndian(sha512(concatBytes(signature.subarray(0, 32), publicKey, message))) % order;
  const left = Point.BASE.multiplyUnsafe(scalar);
  const right = commitment.value.add(key.value.multiplyUnsafe(challenge));
  return left.equals(right) ? accept(true) : refuse('signature-wrong');
}

/** The point of a public key, refused when it is not canonical or has a small order. */
export function checkPublicKey(publicKey: Uint8Array): Outcome<CurvePoint> {
  if (publicKey.length !== 32) return refuse('key-length', `${publicKey.length} bytes`);
  const point = readPoint(publicKey, 'key-encoding');
  if (!point.ok) return point;
  return point.value.isSmallOrder() ? refuse('key-small-order') : point;
}

/** The point of 32 bytes that are the one encoding of it. */
function readPoint(bytes: Uint8Array, code: RefusalCode): Outcome<CurvePoint> {
  try {
    return accept(Point.fromBytes(bytes, false));
  } catch {
    // Thrown for a y not below the field's prime, for a y without an x, and for an x of zero with a sign.
    return refuse(code);
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at -= 1) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return value;
}
