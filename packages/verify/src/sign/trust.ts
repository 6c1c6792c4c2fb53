// Whom a reader trusts, from one file: either a publisher's keys.json, or a file of format tocsin-trust/1 that names lists,
// their roots, how many must have signed, and the log policy. Takes its bytes; gives the keys and the policy to verify by.
import { type LogPolicy, parsePolicy, simplePolicy } from '../log/policy.ts';
import { isRecord, type TrustedKey } from './dsse.ts';
import { decodeText } from './encoding.ts';
import { type KeyState, keyStates, noteKeyOf, readKeyList, trustedSigners } from './key-list.ts';
import { accept, type Outcome, refuse } from './reason.ts';

export const trustFormat = 'tocsin-trust/1';
const mostPublishers = 64;
const mostBytes = 16 * 1024 * 1024;

export interface Trust {
  /** Keys that may sign statements. */
  readonly keys: readonly TrustedKey[];
  /** Keys that must not be believed any more, so that what they signed can be named. */
  readonly revoked: readonly TrustedKey[];
  /** How many different ones of them must have signed. */
  readonly threshold: number;
  readonly log: LogPolicy;
}

/** Reads either kind of file. A keys.json asks for one signature of its publisher, and for no witness. */
export function parseTrust(bytes: Uint8Array): Outcome<Trust> {
  const text = bytes.length > mostBytes ? null : decodeText(bytes);
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return refuse('trust-form', 'no JSON');
  }
  if (!isRecord(json)) return refuse('trust-form', 'no object');
  if (json['format'] !== trustFormat) {
    const states = statesOf(json, null);
    return states.ok
      ? accept({ ...signersOf(states.value), threshold: 1, log: logsOf(states.value) })
      : states;
  }
  const { publishers, threshold = 1, log_policy: policyText = null } = json;
  if (!Array.isArray(publishers) || publishers.length === 0 || publishers.length > mostPublishers)
    return refuse('trust-form', 'publishers');
  if (typeof threshold !== 'number' || !Number.isSafeInteger(threshold) || threshold < 1)
    return refuse('trust-form', 'threshold');
  const all: KeyState[] = [];
  for (const [at, publisher] of publishers.entries()) {
    if (!isRecord(publisher) || typeof publisher['root'] !== 'string')
      return refuse('trust-form', `publisher ${at}: root`);
    const states = statesOf(publisher['keys'], publisher['root']);
    if (!states.ok) return states;
    all.push(...states.value);
  }
  const signers = signersOf(all);
  if (policyText === null) return accept({ ...signers, threshold, log: logsOf(all) });
  if (typeof policyText !== 'string') return refuse('trust-form', 'log_policy');
  const log = parsePolicy(policyText);
  return log.ok ? accept({ ...signers, threshold, log: log.value }) : log;
}

function statesOf(list: unknown, root: string | null): Outcome<readonly KeyState[]> {
  const parsed = readKeyList(list);
  return parsed.ok ? keyStates(parsed.value, root) : parsed;
}

function signersOf(states: readonly KeyState[]): Pick<Trust, 'keys' | 'revoked'> {
  const revoked = states.filter(({ state }) => state === 'revoked');
  return {
    keys: trustedSigners(states),
    revoked: trustedSigners(revoked.map((key) => ({ ...key, state: 'retired' }))),
  };
}

/** The logs of the lists themselves, without witnesses. */
function logsOf(states: readonly KeyState[]): LogPolicy {
  const logs = states.filter(({ purpose, state }) => purpose === 'log' && state !== 'revoked').map(noteKeyOf);
  return simplePolicy(logs, [], 0);
}
