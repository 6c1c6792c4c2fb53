// What a publisher gives to its readers: the list of keys, each key in the form other programs read, and a policy for the
// log. Takes the key ring; gives files by name, none of them secret.
import {
  decodeBase64,
  encodeBase64,
  formatVerifierKey,
  type KeyState,
  noteKeyOf,
  publicKeyDer,
  rootKeyId,
  trustFormat,
} from '@tocsin/verify';
import type { KeyRing } from './key-ring.ts';
import { openPgpPublicKey } from './openpgp.ts';

/** The public files of a keys folder, by name. */
export function publicFiles(ring: KeyRing): ReadonlyMap<string, string> {
  const files = new Map<string, string>([['keys.json', `${JSON.stringify(ring.list, null, 1)}\n`]]);
  const usable = ring.states.filter((key) => key.state !== 'revoked');
  for (const key of usable) files.set(`${key.purpose}-${key.id.slice(0, 16)}.pem`, pem(key));
  const policy = logPolicy(usable);
  files.set('log-policy.txt', policy);
  const publishers = [{ root: rootKeyId(ring.list), keys: ring.list }];
  const trust = { format: trustFormat, publishers, threshold: 1, log_policy: policy };
  files.set('trust.json', `${JSON.stringify(trust, null, 1)}\n`);
  for (const key of usable.filter(({ purpose }) => purpose === 'witness'))
    files.set(`witness-${key.id.slice(0, 16)}.vkey`, `${formatVerifierKey(noteKeyOf(key))}\n`);
  if (ring.list.openpgp !== null) files.set('openpgp.asc', openPgpPublicKey(ring));
  return files;
}

/** A policy in the form of C2SP's tlog-policy: the log's keys, no witness asked for. */
function logPolicy(keys: readonly KeyState[]): string {
  const logs = keys
    .filter(({ purpose }) => purpose === 'log')
    .map((key) => `log ${formatVerifierKey(noteKeyOf(key))}`);
  const lines = [
    '# Readers who trust witnesses add lines such as',
    '#   witness peer peer.example/witness+0123abcd+BA...',
    '# and write `quorum peer` in place of the last line.',
    ...logs,
    'quorum none',
  ];
  return `${lines.join('\n')}\n`;
}

function pem({ public_key }: KeyState): string {
  const base64 = encodeBase64(publicKeyDer(decodeBase64(public_key) ?? new Uint8Array()));
  return `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`;
}
