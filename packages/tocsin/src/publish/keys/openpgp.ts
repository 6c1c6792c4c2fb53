// The publisher's OpenPGP key, for the signatures beside CSAF documents and for mail: made, read, used to sign. Version 4
// with Curve25519, which every OpenPGP program in use reads.
import { readFileSync } from 'node:fs';
import type { OpenPgpListing } from '@tocsin/verify';
import {
  createMessage,
  decryptKey,
  generateKey,
  type PrivateKey,
  readKey,
  readPrivateKey,
  sign,
} from 'openpgp';
import type { Clock } from '../../ground/clock.ts';
import { TocsinError } from '../../ground/errors.ts';
import { keyFiles, readSecret, writePublic, writeSecret } from './folder.ts';
import type { KeyRing } from './key-ring.ts';

export interface OpenPgpWish {
  readonly dir: string;
  readonly publisher: string;
  readonly mail: string;
  readonly passphrase: string | null;
  readonly clock: Clock;
}

/** Makes the OpenPGP key and writes both halves. @throws TocsinError keys-unusable for an address that is none */
export async function makeOpenPgpKey({
  dir,
  publisher,
  mail,
  passphrase,
  clock,
}: OpenPgpWish): Promise<OpenPgpListing> {
  if (!/^[^\s@<>]{1,64}@[^\s@<>]{1,255}$/.test(mail))
    throw new TocsinError('keys-unusable', { path: dir, detail: 'the mail address is none' });
  // Whole seconds: OpenPGP keeps no fractions, and a signature must not seem older than its key.
  const date = new Date(Math.floor(clock.nowMs() / 1000) * 1000);
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: publisher, email: mail }],
    date,
    format: 'armored',
    ...(passphrase === null ? {} : { passphrase }),
  });
  const read = await readKey({ armoredKey: publicKey });
  const fingerprint = read.getFingerprint();
  writeSecret(keyFiles.openPgpPrivate(dir, fingerprint), privateKey);
  writePublic(keyFiles.openPgpPublic(dir), publicKey);
  return { fingerprint, user: `${publisher} <${mail}>`, created: `${date.toISOString().slice(0, 19)}Z` };
}

/** An armored detached OpenPGP signature over bytes, dated by the clock. @throws TocsinError keys-unusable */
export async function signOpenPgp(ring: KeyRing, content: Uint8Array, clock: Clock): Promise<string> {
  return sign({
    message: await createMessage({ binary: content }),
    signingKeys: await openPrivateKey(ring),
    detached: true,
    format: 'armored',
    date: new Date(clock.nowMs()),
  });
}

/** The public half, armored. @throws TocsinError keys-unusable when the folder has none */
export function openPgpPublicKey(ring: KeyRing): string {
  try {
    return readFileSync(keyFiles.openPgpPublic(ring.dir), 'utf8');
  } catch (error) {
    throw new TocsinError('keys-unusable', { path: ring.dir, detail: 'openpgp.asc cannot be read' }, error);
  }
}

async function openPrivateKey(ring: KeyRing): Promise<PrivateKey> {
  const listing = ring.list.openpgp;
  const unusable = (detail: string, cause?: unknown) =>
    new TocsinError('keys-unusable', { path: ring.dir, detail }, cause);
  if (listing === null) throw unusable('there is no OpenPGP key; it was made without a mail address');
  const armored = readSecret(ring.dir, keyFiles.openPgpPrivate(ring.dir, listing.fingerprint)).toString(
    'utf8',
  );
  try {
    const key = await readPrivateKey({ armoredKey: armored });
    if (key.getFingerprint() !== listing.fingerprint) throw unusable('the OpenPGP key is not the listed one');
    if (key.isDecrypted()) return key;
    if (ring.passphrase === null) throw unusable('the OpenPGP key needs a passphrase (--passphrase-file)');
    return await decryptKey({ privateKey: key, passphrase: ring.passphrase });
  } catch (error) {
    if (error instanceof TocsinError) throw error;
    throw unusable('the OpenPGP key is damaged, or the passphrase does not open it', error);
  }
}
