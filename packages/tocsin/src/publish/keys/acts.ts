// What can be done to a keys folder: made, given another key, a key retired for a new one, a key revoked. Each act is
// signed and stays in keys.json, so that a reader who knew one key can follow to the next.
import { existsSync } from 'node:fs';
import {
  encodeBase64,
  isKeyName,
  type KeyAct,
  type KeyPurpose,
  type KeyState,
  keyActMessage,
  keyEntryDigest,
  type ListedKey,
  type SignedAct,
} from '@tocsin/verify';
import type { Clock } from '../../ground/clock.ts';
import { TocsinError } from '../../ground/errors.ts';
import { hasKeys, keyFiles } from './folder.ts';
import { type KeyRing, ringOf, writeList } from './key-ring.ts';
import { makeOpenPgpKey } from './openpgp.ts';
import { makeKey, readKey, type SigningKey } from './private-key.ts';
import { writePublicationSecret } from './publication-secret.ts';

export interface NewKeys {
  readonly dir: string;
  /** The publisher as readers know it, e.g. `CERT of Example`. */
  readonly publisher: string;
  /** Origin of its log, e.g. `cert.example/log`. */
  readonly origin: string;
  /** Address for the OpenPGP key's user id; null makes none. */
  readonly mail: string | null;
  readonly passphrase: string | null;
  readonly clock: Clock;
}

/**
 * Makes a keys folder: a key for statements, one for the log, one for cosigning others' logs, one for recovery, the
 * publication secret, and an OpenPGP key when there is an address.
 * @throws TocsinError keys-unusable when the folder holds keys already, or a name cannot be used
 */
export async function initKeys(wanted: NewKeys): Promise<KeyRing> {
  const { dir, publisher, origin, mail, passphrase, clock } = wanted;
  if (hasKeys(dir)) throw new TocsinError('keys-unusable', { path: dir, detail: 'it holds keys already' });
  if (!isKeyName(origin))
    throw new TocsinError('keys-unusable', { path: dir, detail: 'an origin holds no spaces and no plus' });
  if (publisher.trim() === '')
    throw new TocsinError('keys-unusable', { path: dir, detail: 'the name of the publisher is empty' });
  const created = utcSecond(clock);
  const named: readonly (readonly [KeyPurpose, string])[] = [
    ['statement', publisher],
    ['log', origin],
    ['witness', `${origin}/witness`],
  ];
  const root = makeKey(dir, passphrase);
  const keys = [
    listed(root, 'recovery', publisher, created),
    ...named.map(([purpose, name]) => listed(makeKey(dir, passphrase), purpose, name, created)),
  ];
  const acts = keys.map((key) => {
    const entry = keyEntryDigest(publisher, key);
    return signed(
      { act: 'introduce', key: key.id, successor: null, time: created, since: null, reason: 'new', entry },
      root,
    );
  });
  writePublicationSecret(dir, passphrase);
  const openpgp = mail === null ? null : await makeOpenPgpKey({ dir, publisher, mail, passphrase, clock });
  const ring = ringOf(dir, { format: 'tocsin-keys/1', publisher, keys, acts, openpgp }, passphrase);
  // Last, so that a folder without a list is one that was never finished.
  writeList(ring);
  return ring;
}

/** Retires a current key for a new one of the same purpose and name; signed by the retired key. @throws TocsinError keys-unusable */
export function rotateKey(ring: KeyRing, id: string, reason: string, clock: Clock): KeyRing {
  const old = keyOf(ring, id);
  if (old.state !== 'current')
    throw new TocsinError('keys-unusable', {
      path: ring.dir,
      detail: `key ${id.slice(0, 16)} is ${old.state}`,
    });
  const signer = readKey(ring.dir, old.id, ring.passphrase);
  const time = utcSecond(clock);
  const successor = listed(makeKey(ring.dir, ring.passphrase), old.purpose, old.name, time);
  const entry = keyEntryDigest(ring.list.publisher, successor);
  const act: KeyAct = {
    act: 'rotate',
    key: old.id,
    successor: successor.id,
    time,
    since: null,
    reason,
    entry,
  };
  return changed(ring, [successor], act, signer);
}

/**
 * Revokes a key from a time on (null: from its making), and makes a successor when the key was current. Signed by the
 * successor it has already, or by the recovery key; never by the revoked key, which a thief may hold.
 * @throws TocsinError keys-unusable
 */
export function revokeKey(
  ring: KeyRing,
  id: string,
  { since, reason }: { readonly since: string | null; readonly reason: string },
  clock: Clock,
): KeyRing {
  const old = keyOf(ring, id);
  if (old.state === 'revoked')
    throw new TocsinError('keys-unusable', {
      path: ring.dir,
      detail: `key ${id.slice(0, 16)} is revoked already`,
    });
  const signer = revoker(ring, old);
  const time = utcSecond(clock);
  const successor =
    old.state === 'current' && old.purpose !== 'recovery'
      ? listed(makeKey(ring.dir, ring.passphrase), old.purpose, old.name, time)
      : null;
  const act: KeyAct = {
    act: 'revoke',
    key: old.id,
    successor: successor?.id ?? null,
    time,
    since: since ?? old.created,
    reason,
    entry: successor === null ? null : keyEntryDigest(ring.list.publisher, successor),
  };
  return changed(ring, successor === null ? [] : [successor], act, signer);
}

/** The successor where there is one, else a recovery key; of those whose private half is in the folder. */
function revoker(ring: KeyRing, old: KeyState): SigningKey {
  const able = ring.states.filter(
    (key) =>
      key.id !== old.id &&
      key.state !== 'revoked' &&
      (key.id === old.successor || (key.purpose === 'recovery' && key.state === 'current')),
  );
  const ordered = [...able].sort(
    (left, right) => Number(right.id === old.successor) - Number(left.id === old.successor),
  );
  const chosen = ordered.find(({ id }) => existsSync(keyFiles.privateKey(ring.dir, id)));
  if (chosen === undefined)
    throw new TocsinError('keys-unusable', {
      path: ring.dir,
      detail: `neither a successor nor the recovery key is here to revoke ${old.id.slice(0, 16)}`,
    });
  return readKey(ring.dir, chosen.id, ring.passphrase);
}

function changed(ring: KeyRing, added: readonly ListedKey[], act: KeyAct, signer: SigningKey): KeyRing {
  const next = ringOf(
    ring.dir,
    {
      ...ring.list,
      keys: [...ring.list.keys, ...added],
      acts: [...ring.list.acts, signed(act, signer)],
    },
    ring.passphrase,
  );
  writeList(next);
  return next;
}

function signed(act: KeyAct, signer: SigningKey): SignedAct {
  return { ...act, signer: signer.id, signature: encodeBase64(signer.sign(keyActMessage(act))) };
}

/** The key whose id begins so (eight digits or more). @throws TocsinError keys-unusable when none or several do */
export function keyOf(ring: KeyRing, id: string): KeyState {
  const matches = ring.states.filter((key) => id.length >= 8 && key.id.startsWith(id));
  const [key] = matches;
  if (key === undefined || matches.length > 1)
    throw new TocsinError('keys-unusable', {
      path: ring.dir,
      detail: `${matches.length === 0 ? 'no key has' : 'several keys have'} an id that begins with ${id}`,
    });
  return key;
}

function listed(key: SigningKey, purpose: KeyPurpose, name: string, created: string): ListedKey {
  return { id: key.id, purpose, name, public_key: encodeBase64(key.publicKey), created };
}

/** The clock's time in whole seconds, as key lists write it. */
export function utcSecond(clock: Clock): string {
  return `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`;
}
