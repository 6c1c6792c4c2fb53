// The public list of a publisher's keys, `keys.json`: which keys there are, for what and since when, and the signed acts
// (introductions, rotations, revocations) that made it so. Takes its text and, best, the id of a key the reader knows already; gives
// the keys with the state that the acts give them. Every key is introduced by an act that leads back to the first recovery
// key, the root: who knows the root's id from elsewhere can trust the whole list, and nobody can add to it.
import { isKeyName, type VerifierKey, verifierKey } from '../log/verifier-key.ts';
import { sha256 } from '../sha256.ts';
import { canonicalJson } from '../text.ts';
import { isRecord, preAuthenticationEncoding, type TrustedKey } from './dsse.ts';
import { checkPublicKey, verifyEd25519 } from './ed25519.ts';
import { decodeBase64, decodeText, encodeText } from './encoding.ts';
import { publicKeyId } from './public-key.ts';
import { accept, type Outcome, refuse } from './reason.ts';

export const keyListFormat = 'tocsin-keys/1';
/** The DSSE payload type under which an act is signed, so that no signature of an act passes for a statement's. */
export const keyActType = 'application/vnd.tocsin.key-act+json';
const mostKeys = 256;
const mostBytes = 1024 * 1024;

/** `statement`: reports. `log`: checkpoints. `witness`: other logs' checkpoints. `recovery`: acts on keys, nothing else. */
export const keyPurposes = ['statement', 'log', 'witness', 'recovery'] as const;
export type KeyPurpose = (typeof keyPurposes)[number];

export interface ListedKey {
  /** SHA-256 of the key's DER, 64 lower-case hex digits. */
  readonly id: string;
  readonly purpose: KeyPurpose;
  /** For a log its origin, for a witness its name; else a name for readers. */
  readonly name: string;
  /** 32 bytes, base64. */
  readonly public_key: string;
  /** UTC, whole seconds. */
  readonly created: string;
}

/** What was done to a key, as it is signed. */
export interface KeyAct {
  readonly act: 'introduce' | 'rotate' | 'revoke';
  readonly key: string;
  /** The key that takes its place; null only when revoked without one. */
  readonly successor: string | null;
  readonly time: string;
  /** For a revocation: from when the key is not to be believed any more. */
  readonly since: string | null;
  readonly reason: string;
  /** `keyEntryDigest` of the key that enters by this act (the key introduced, or the successor); null when none does. */
  readonly entry: string | null;
}

export interface SignedAct extends KeyAct {
  readonly signer: string;
  /** 64 bytes, base64, over the pre-authentication encoding of the act's canonical JSON. */
  readonly signature: string;
}

export interface OpenPgpListing {
  readonly fingerprint: string;
  readonly user: string;
  readonly created: string;
}

export interface KeyList {
  readonly format: typeof keyListFormat;
  readonly publisher: string;
  readonly keys: readonly ListedKey[];
  readonly acts: readonly SignedAct[];
  readonly openpgp: OpenPgpListing | null;
}

/** `current`: signs now. `retired`: signs no more, its signatures stand. `revoked`: not to be believed from `since` on. */
export interface KeyState extends ListedKey {
  readonly state: 'current' | 'retired' | 'revoked';
  /** When it was retired or from when it is revoked; null while current. */
  readonly since: string | null;
  readonly successor: string | null;
  readonly reason: string | null;
}

/** The bytes that are signed for an act. */
export function keyActMessage({ act, key, successor, time, since, reason, entry }: KeyAct): Uint8Array {
  const payload = encodeText(canonicalJson({ act, key, successor, time, since, reason, entry }));
  return preAuthenticationEncoding(keyActType, payload);
}

/** SHA-256 of what the list says of a key and of whose it is, 64 hex digits: it cannot be renamed afterwards. */
export function keyEntryDigest(publisher: string, key: ListedKey): string {
  const { id, purpose, name, public_key, created } = key;
  return sha256(canonicalJson({ created, id, name, public_key, publisher, purpose }));
}

/** Reads a list and checks every key id and the form of every act, but no signature. */
export function parseKeyList(bytes: Uint8Array): Outcome<KeyList> {
  const text = bytes.length > mostBytes ? null : decodeText(bytes);
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return refuse('key-list-json');
  }
  return readKeyList(json);
}

/** The same for a list that stands inside other JSON. */
export function readKeyList(json: unknown): Outcome<KeyList> {
  if (!isRecord(json) || json['format'] !== keyListFormat || typeof json['publisher'] !== 'string')
    return refuse('key-list-json');
  const { publisher, keys, acts, openpgp = null } = json;
  if (!Array.isArray(keys) || !Array.isArray(acts) || keys.length > mostKeys || acts.length > mostKeys)
    return refuse('key-list-json', 'keys or acts');
  const readKeys: ListedKey[] = [];
  for (const [at, entry] of keys.entries()) {
    const key = readKey(entry, at);
    if (!key.ok) return key;
    if (readKeys.some(({ id }) => id === key.value.id)) return refuse('key-list-entry', `key ${at} twice`);
    readKeys.push(key.value);
  }
  const readActs: SignedAct[] = [];
  for (const [at, entry] of acts.entries()) {
    const act = readAct(entry, at);
    if (!act.ok) return act;
    readActs.push(act.value);
  }
  const pgp = openpgp === null ? null : readOpenPgp(openpgp);
  if (openpgp !== null && pgp === null) return refuse('key-list-json', 'openpgp');
  return accept({ format: keyListFormat, publisher, keys: readKeys, acts: readActs, openpgp: pgp });
}

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value);
const isId = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

function readKey(entry: unknown, at: number): Outcome<ListedKey> {
  if (!isRecord(entry)) return refuse('key-list-entry', `key ${at}`);
  const { id, purpose, name, public_key, created } = entry;
  const known = keyPurposes.find((word) => word === purpose);
  const bytes = typeof public_key === 'string' ? decodeBase64(public_key) : null;
  if (known === undefined || bytes === null || typeof public_key !== 'string' || !isTime(created))
    return refuse('key-list-entry', `key ${at}`);
  if (typeof name !== 'string' || ((known === 'log' || known === 'witness') && !isKeyName(name)))
    return refuse('key-list-entry', `name of key ${at}`);
  const point = checkPublicKey(bytes);
  if (!point.ok) return point;
  if (!isId(id) || id !== publicKeyId(bytes)) return refuse('key-list-entry', `id of key ${at}`);
  return accept({ id, purpose: known, name, public_key, created });
}

function readAct(entry: unknown, at: number): Outcome<SignedAct> {
  const malformed = refuse('key-list-act', `act ${at}`);
  if (!isRecord(entry)) return malformed;
  const { act, key, successor, time, since, reason, entry: digest, signer, signature } = entry;
  if (act !== 'introduce' && act !== 'rotate' && act !== 'revoke') return malformed;
  if (!isId(key) || !isId(signer) || !isTime(time)) return malformed;
  if (successor !== null && !isId(successor)) return malformed;
  if (since !== null && !isTime(since)) return malformed;
  if (typeof reason !== 'string' || typeof signature !== 'string') return malformed;
  if (digest !== null && !isId(digest)) return malformed;
  if ((act === 'revoke') !== (since !== null)) return malformed;
  if (act === 'introduce' ? successor !== null : act === 'rotate' && successor === null) return malformed;
  if ((digest === null) !== (act === 'revoke' && successor === null)) return malformed;
  return accept({ act, key, successor, time, since, reason, entry: digest, signer, signature });
}

function readOpenPgp(entry: unknown): OpenPgpListing | null {
  if (!isRecord(entry)) return null;
  const { fingerprint, user, created } = entry;
  if (typeof fingerprint !== 'string' || !/^[0-9a-f]{40,64}$/.test(fingerprint)) return null;
  return typeof user === 'string' && isTime(created) ? { fingerprint, user, created } : null;
}

/** The id of the key from which every other is introduced: the first act's; null for a list without acts. */
export function rootKeyId(list: KeyList): string | null {
  return list.acts[0]?.key ?? null;
}

/**
 * The state of every key, from the acts alone. The first act introduces a recovery key, the root, signed by itself;
 * other introductions are signed by a recovery key. A rotation must be signed by the key it retires or by a recovery
 * key; a revocation by the key itself, its successor, or a recovery key. With `root`, a list of another root is refused.
 */
export function keyStates(list: KeyList, root: string | null = null): Outcome<readonly KeyState[]> {
  if (root !== null && rootKeyId(list) !== root) return refuse('key-list-root', rootKeyId(list));
  const listed = new Map(list.keys.map((key) => [key.id, key]));
  const states = new Map<string, KeyState>();
  for (const [at, act] of list.acts.entries()) {
    const refused = checkAct(list, at, act, listed, states);
    if (refused !== null) return refused;
    const entering = listed.get(act.act === 'introduce' ? act.key : (act.successor ?? ''));
    const key = states.get(act.key);
    if (key !== undefined)
      states.set(act.key, {
        ...key,
        state: act.act === 'rotate' ? 'retired' : 'revoked',
        since: act.act === 'rotate' ? act.time : act.since,
        successor: act.successor ?? key.successor,
        reason: act.reason,
      });
    if (entering !== undefined)
      states.set(entering.id, { ...entering, state: 'current', since: null, successor: null, reason: null });
  }
  const stranger = list.keys.find(({ id }) => !states.has(id));
  if (stranger !== undefined)
    return refuse('key-list-state', `${stranger.id.slice(0, 16)} was never introduced`);
  return accept(list.keys.flatMap(({ id }) => states.get(id) ?? []));
}

/** What is wrong with an act after those before it, or null. */
function checkAct(
  list: KeyList,
  at: number,
  act: SignedAct,
  listed: ReadonlyMap<string, ListedKey>,
  states: ReadonlyMap<string, KeyState>,
): Outcome<never> | null {
  const entering = act.act === 'introduce' ? act.key : act.successor;
  const entry = entering === null ? null : listed.get(entering);
  const signerEntry = listed.get(act.signer);
  if (entry === undefined || signerEntry === undefined || !listed.has(act.key))
    return refuse('key-unknown', `act ${at}`);
  if (entry !== null) {
    if (states.has(entry.id)) return refuse('key-list-act', `act ${at}: the key is known already`);
    if (act.entry !== keyEntryDigest(list.publisher, entry))
      return refuse('key-list-act', `act ${at}: another entry`);
    if (entry.purpose !== listed.get(act.key)?.purpose)
      return refuse('key-list-act', `successor of act ${at}`);
  }
  const key = states.get(act.key);
  const signer = states.get(act.signer);
  const isRoot =
    at === 0 && act.act === 'introduce' && act.signer === act.key && entry?.purpose === 'recovery';
  if (!isRoot && !maySign(act, key, signer))
    return refuse('key-list-act-signature', `act ${at}: this key may not sign it`);
  if (act.act !== 'introduce' && key === undefined) return refuse('key-unknown', `act ${at}`);
  if (act.act === 'rotate' && key?.state !== 'current')
    return refuse('key-list-act', `act ${at}: not current`);
  const signature = decodeBase64(act.signature) ?? new Uint8Array();
  const publicKey = decodeBase64(signerEntry.public_key) ?? new Uint8Array();
  const outcome = verifyEd25519({ publicKey, message: keyActMessage(act), signature });
  return outcome.ok ? null : refuse('key-list-act-signature', `act ${at}: ${outcome.reason.code}`);
}

function maySign(act: SignedAct, key: KeyState | undefined, signer: KeyState | undefined): boolean {
  if (signer === undefined) return false;
  if (signer.purpose === 'recovery' && signer.state === 'current') return true;
  if (act.act === 'introduce' || key === undefined || signer.state === 'revoked') return false;
  return signer.id === key.id || (act.act === 'revoke' && signer.id === key.successor);
}

/** The keys that may have signed reports: current and retired ones; with `at`, those revoked only after that time too. */
export function trustedSigners(states: readonly KeyState[], at: string | null = null): readonly TrustedKey[] {
  return states
    .filter((key) => key.purpose === 'statement' && (key.state !== 'revoked' || wasGood(key, at)))
    .map((key) => ({
      id: key.id,
      name: key.name,
      publicKey: decodeBase64(key.public_key) ?? new Uint8Array(),
    }));
}

function wasGood({ since }: KeyState, at: string | null): boolean {
  return at !== null && since !== null && at < since;
}

/** A log's or witness's key of the list as the key of a signed note, under its own name. */
export function noteKeyOf(key: ListedKey): VerifierKey {
  const publicKey = decodeBase64(key.public_key) ?? new Uint8Array();
  return verifierKey(key.name, key.purpose === 'witness' ? 'cosignature' : 'note', publicKey);
}
