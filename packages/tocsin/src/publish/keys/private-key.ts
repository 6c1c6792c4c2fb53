// One Ed25519 private key as a file: PKCS#8 PEM, as openssl writes it, under a passphrase when there is one. Making a key
// is the one place where chance is wanted; no result depends on it.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { publicKeyId } from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { keyFiles, readSecret, writeSecret } from './folder.ts';

/** A key that can sign. */
export interface SigningKey {
  /** SHA-256 of the public key's DER. */
  readonly id: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes of Ed25519 signature over the message. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Makes a key and writes it to the folder. */
export function makeKey(dir: string, passphrase: string | null): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = signingKey(privateKey);
  const plain = { type: 'pkcs8', format: 'pem' } as const;
  const pem = privateKey.export(
    passphrase === null ? plain : { ...plain, cipher: 'aes-256-cbc', passphrase },
  );
  writeSecret(keyFiles.privateKey(dir, key.id), pem);
  return key;
}

/**
 * Reads the key of an id.
 * @throws TocsinError keys-unusable when the file is missing, open to others, locked, or holds another key.
 */
export function readKey(dir: string, id: string, passphrase: string | null): SigningKey {
  const path = keyFiles.privateKey(dir, id);
  const unusable = (detail: string, cause?: unknown) =>
    new TocsinError(
      'keys-unusable',
      { path: dir, detail: `private/${id.slice(0, 16)}.pem ${detail}` },
      cause,
    );
  const pem = readSecret(dir, path);
  const isLocked = pem.includes('ENCRYPTED PRIVATE KEY');
  if (isLocked && passphrase === null) throw unusable('needs a passphrase (--passphrase-file)');
  let key: SigningKey;
  try {
    key = signingKey(createPrivateKey({ key: pem, ...(isLocked ? { passphrase: passphrase ?? '' } : {}) }));
  } catch (error) {
    throw unusable(isLocked ? 'is not opened by the passphrase' : 'is no Ed25519 key in PKCS#8', error);
  }
  if (key.id !== id) throw unusable('holds another key than keys.json says');
  return key;
}

function signingKey(privateKey: KeyObject): SigningKey {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const publicKey = Uint8Array.from(der.subarray(der.length - 32));
  return {
    id: publicKeyId(publicKey),
    publicKey,
    sign: (message) => Uint8Array.from(sign(null, message, privateKey)),
  };
}
