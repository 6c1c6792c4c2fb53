// SHA-256 and HMAC-SHA-256 of whole messages as bytes: SHA-256 of Node's own where there is one.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hashOnce } from './sha256.ts';

// Asked for at run time, so that a browser's bundler meets no import of a Node module.
const native = globalThis.process?.getBuiltinModule?.('node:crypto');
// From Node 20.12 on; a third quicker than a digest object for messages of this size.
const oneShot = native?.hash;

/** SHA-256 of a message: 32 bytes. */
export function hashBytes(message: Uint8Array): Uint8Array {
  return oneShot === undefined ? hashOnce(message) : oneShot('sha256', message, 'buffer');
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmacBytes(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(sha256, key, message);
}
