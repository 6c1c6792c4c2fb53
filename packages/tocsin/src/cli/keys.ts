// `tocsin keys`: makes, lists, rotates, revokes and exports the keys of a publisher.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatVerifierKey, type KeyState, keyPurposes, noteKeyOf, rootKeyId } from '@tocsin/verify';
import type { Clock } from '../ground/clock.ts';
import { TocsinError } from '../ground/errors.ts';
import { initKeys, keyOf, revokeKey, rotateKey } from '../publish/keys/acts.ts';
import { publicFiles } from '../publish/keys/export.ts';
import { currentKeys, type KeyRing, openKeys } from '../publish/keys/key-ring.ts';
import { readPassphrase } from '../publish/keys/passphrase.ts';

export interface KeysRequest {
  readonly act: string | null;
  /** A key id (its beginning) or a purpose, for rotate and revoke. */
  readonly key: string | null;
  readonly dir: string | null;
  readonly publisher: string | null;
  readonly origin: string | null;
  readonly mail: string | null;
  readonly passphraseFile: string | null;
  readonly reason: string | null;
  readonly since: string | null;
  readonly out: string | null;
}

/** Runs one act and gives the lines to show. @throws TocsinError usage, keys-unusable, output-unwritable */
export async function keysCommand(request: KeysRequest, clock: Clock): Promise<string> {
  const dir = given(request.dir, '--keys');
  const passphrase = readPassphrase(request.passphraseFile);
  switch (request.act) {
    case 'init': {
      const ring = await initKeys({
        dir,
        publisher: given(request.publisher, '--publisher'),
        origin: given(request.origin, '--origin'),
        mail: request.mail,
        passphrase,
        clock,
      });
      return [...keyLines(ring), ...advice(ring, passphrase)].join('\n');
    }
    case 'list':
      return keyLines(openKeys(dir)).join('\n');
    case 'rotate': {
      const ring = openKeys(dir, passphrase);
      const old = chosen(ring, request.key);
      const next = rotateKey(ring, old.id, request.reason ?? 'planned rotation', clock);
      return [...keyLines(next), ...afterChange(old)].join('\n');
    }
    case 'revoke': {
      const ring = openKeys(dir, passphrase);
      const old = chosen(ring, request.key);
      const reason = given(request.reason, '--reason');
      const next = revokeKey(ring, old.id, { since: utcTime(request.since), reason }, clock);
      return [...keyLines(next), ...afterChange(old)].join('\n');
    }
    case 'export':
      return exportTo(given(request.out, '--out'), openKeys(dir));
    default:
      throw new TocsinError('usage', { detail: 'keys takes init, list, rotate, revoke or export' });
  }
}

function given(value: string | null, option: string): string {
  if (value === null) throw new TocsinError('usage', { detail: `this needs ${option}` });
  return value;
}

function utcTime(text: string | null): string | null {
  if (text === null) return null;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isTime)
    throw new TocsinError('usage', { detail: '--since takes a time such as 2026-03-01T00:00:00Z' });
  return text;
}

/** A key by its id, or the current one of a purpose. */
function chosen(ring: KeyRing, word: string | null): KeyState {
  const text = given(word, 'a key id or a purpose');
  const purpose = keyPurposes.find((known) => known === text);
  if (purpose === undefined) return keyOf(ring, text);
  const [key, ...more] = currentKeys(ring, purpose);
  if (key === undefined || more.length > 0)
    throw new TocsinError('keys-unusable', { path: ring.dir, detail: `name the ${purpose} key by its id` });
  return key;
}

function keyLines(ring: KeyRing): readonly string[] {
  const lines = ring.states.map((key) => {
    const state = key.state === 'current' ? 'current' : `${key.state} since ${key.since ?? '?'}`;
    const why = key.reason === null ? '' : ` (${key.reason})`;
    return `${key.id.slice(0, 16)}  ${key.purpose.padEnd(9)}  ${state}${why}  made ${key.created}  ${key.name}`;
  });
  const notes = ring.states
    .filter(({ purpose, state }) => (purpose === 'log' || purpose === 'witness') && state === 'current')
    .map((key) => `${key.purpose} verifier key: ${formatVerifierKey(noteKeyOf(key))}`);
  const { openpgp } = ring.list;
  const pgp = openpgp === null ? [] : [`OpenPGP: ${openpgp.fingerprint}  ${openpgp.user}`];
  return [
    `Keys of ${ring.list.publisher}, root ${rootKeyId(ring.list) ?? 'none'}`,
    ...lines,
    ...notes,
    ...pgp,
  ];
}

function advice(ring: KeyRing, passphrase: string | null): readonly string[] {
  const recovery = currentKeys(ring, 'recovery').map(({ id }) => `private/${id.slice(0, 16)}.pem`);
  return [
    `Keep ${recovery.join(', ')} somewhere else, offline: it alone can revoke the others after a theft.`,
    ...(passphrase === null ? ['The private keys are not encrypted (--passphrase-file does that).'] : []),
    'Give `tocsin keys export` to your readers, and the id of the root by another way too: it vouches for the rest.',
  ];
}

function afterChange(old: KeyState): readonly string[] {
  const resign =
    old.purpose === 'log' ? ['Run `tocsin log resign`, so that the checkpoint carries the new key.'] : [];
  return [...resign, 'Export the keys again: readers learn of the change from keys.json.'];
}

function exportTo(out: string, ring: KeyRing): string {
  const files = publicFiles(ring);
  try {
    mkdirSync(out, { recursive: true });
    for (const [name, content] of files) writeFileSync(join(out, name), content);
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('output-unwritable', { path: out, detail }, error);
  }
  return `${[...files.keys()].join('\n')}\nwritten to ${out}. None of it is secret.`;
}
