// A keys folder, opened: the public list as it stands, and the private keys that are current, read when first used.
// Takes the folder and a passphrase; gives signers by purpose. `openKeys` is the door for all who sign.
import { readFileSync } from 'node:fs';
import {
  type KeyList,
  type KeyPurpose,
  type KeyState,
  keyStates,
  noteKeyOf,
  parseKeyList,
  reasonText,
  type VerifierKey,
} from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { keyFiles, writePublic } from './folder.ts';
import { readKey, type SigningKey } from './private-key.ts';

export interface KeyRing {
  readonly dir: string;
  readonly list: KeyList;
  readonly states: readonly KeyState[];
  /** Of private keys and of the publication secret; null when they are not encrypted. */
  readonly passphrase: string | null;
}

/** Opens a keys folder. @throws TocsinError keys-unusable when keys.json is missing, damaged, or its acts do not hold. */
export function openKeys(dir: string, passphrase: string | null = null): KeyRing {
  let bytes: Buffer;
  try {
    bytes = readFileSync(keyFiles.list(dir));
  } catch (error) {
    throw new TocsinError('keys-unusable', { path: dir, detail: 'keys.json cannot be read' }, error);
  }
  const list = parseKeyList(bytes);
  if (!list.ok) throw new TocsinError('keys-unusable', { path: dir, detail: reasonText(list.reason) });
  return ringOf(dir, list.value, passphrase);
}

/** The ring of a list; checks every signed act. @throws TocsinError keys-unusable */
export function ringOf(dir: string, list: KeyList, passphrase: string | null): KeyRing {
  const states = keyStates(list);
  if (!states.ok) throw new TocsinError('keys-unusable', { path: dir, detail: reasonText(states.reason) });
  return { dir, list, states: states.value, passphrase };
}

/** Writes the list of a ring. */
export function writeList(ring: KeyRing): void {
  writePublic(keyFiles.list(ring.dir), `${JSON.stringify(ring.list, null, 1)}\n`);
}

/** The current keys of a purpose, oldest first; `name` narrows it to a log's origin or a witness's name. */
export function currentKeys(
  ring: KeyRing,
  purpose: KeyPurpose,
  name: string | null = null,
): readonly KeyState[] {
  return ring.states.filter(
    (key) => key.purpose === purpose && key.state === 'current' && (name === null || key.name === name),
  );
}

/** The one current key of a purpose, ready to sign. @throws TocsinError keys-unusable when there is none or several. */
export function signerFor(ring: KeyRing, purpose: KeyPurpose, name: string | null = null): SigningKey {
  const [key, ...more] = currentKeys(ring, purpose, name);
  const what = `${purpose} key${name === null ? '' : ` of the name ${name}`}`;
  if (key === undefined)
    throw new TocsinError('keys-unusable', { path: ring.dir, detail: `there is no current ${what}` });
  if (more.length > 0)
    throw new TocsinError('keys-unusable', {
      path: ring.dir,
      detail: `there is more than one current ${what}`,
    });
  return readKey(ring.dir, key.id, ring.passphrase);
}

/** The keys of a log's origin that readers may believe: current and retired, not revoked. */
export function logKeys(ring: KeyRing, origin: string): readonly VerifierKey[] {
  return everyLogKey(ring, origin).flatMap(({ key, state }) => (state === 'revoked' ? [] : [key]));
}

/** The keys of a log's origin in whatever state. */
export function everyLogKey(
  ring: KeyRing,
  origin: string,
): readonly { readonly key: VerifierKey; readonly state: KeyState['state'] }[] {
  return ring.states
    .filter((key) => key.purpose === 'log' && key.name === origin)
    .map((key) => ({ key: noteKeyOf(key), state: key.state }));
}
