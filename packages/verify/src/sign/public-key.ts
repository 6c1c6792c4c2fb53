// An Ed25519 public key as files name it: its id is the SHA-256 of its SubjectPublicKeyInfo (the DER that openssl
// writes), so that `openssl pkey -pubin -outform DER | sha256sum` shows the same.
import { sha256 } from '../sha256.ts';
import { concatBytes } from './encoding.ts';

/** SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }, up to the key. @see RFC 8410, section 4 */
const prefix = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** The SubjectPublicKeyInfo of a key of 32 bytes, as DER. */
export function publicKeyDer(publicKey: Uint8Array): Uint8Array {
  return concatBytes(prefix, publicKey);
}

/** The id of a key of 32 bytes: SHA-256 of its DER, 64 lower-case hex digits. */
export function publicKeyId(publicKey: Uint8Array): string {
  return sha256(publicKeyDer(publicKey));
}
