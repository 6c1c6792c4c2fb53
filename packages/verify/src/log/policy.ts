// Whom a reader trusts for a log: its keys, its witnesses, and which of them must have cosigned. The text is that of
// C2SP's tlog-policy, so that one file serves Tocsin and other tools. Takes the text and a checkpoint; gives who signed.
// @see https://c2sp.org/tlog-policy

import { equalBytes, hasControlCharacter } from '../sign/encoding.ts';
import { accept, type Outcome, reasonText, refuse } from '../sign/reason.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import { type NoteSigner, noteSigners } from './note.ts';
import { type NoteKeyType, parseVerifierKey, type VerifierKey } from './verifier-key.ts';

export const policyLimits = { characters: 256 * 1024, lines: 1024 } as const;

/** A witness, or k of several members. */
export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly key: VerifierKey }
  | { readonly kind: 'group'; readonly needed: number; readonly members: readonly Quorum[] };

export interface LogPolicy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  readonly quorum: Quorum;
}

/** A checkpoint that meets a policy. */
export interface TrustedCheckpoint extends SignedCheckpoint {
  readonly log: VerifierKey;
  /** Known witnesses that have cosigned, in the order of the policy. */
  readonly witnesses: readonly NoteSigner[];
}

/** The policy that trusts these logs and asks for k of these witnesses (none for 0). */
export function simplePolicy(
  logs: readonly VerifierKey[],
  witnesses: readonly VerifierKey[],
  needed: number,
): LogPolicy {
  const members = witnesses.map((key): Quorum => ({ kind: 'witness', key }));
  return { logs, witnesses, quorum: needed === 0 ? { kind: 'none' } : { kind: 'group', needed, members } };
}

/** Reads a policy file. */
export function parsePolicy(text: string): Outcome<LogPolicy> {
  const lines = text.split('\n');
  if (text.length > policyLimits.characters || lines.length > policyLimits.lines)
    return refuse('policy-form', 'too large');
  if (hasControlCharacter(text, '\t\n') || text.includes('\u007f'))
    return refuse('policy-form', 'control character');
  const read: Reading = { logs: [], witnesses: [], names: new Map(), members: new Set(), quorum: null };
  for (const [at, line] of lines.entries()) {
    const [word, ...rest] = line.split(/[ \t]/).filter((part) => part !== '');
    if (word === undefined || word.startsWith('#')) continue;
    const problem =
      statements.get(word)?.(read, rest) ?? (statements.has(word) ? null : `${word} is not known`);
    if (problem !== null) return refuse('policy-form', `line ${at + 1}: ${problem}`);
  }
  const { logs, witnesses, quorum } = read;
  return quorum === null ? refuse('policy-form', 'no quorum line') : accept({ logs, witnesses, quorum });
}

/** What the lines so far have defined. */
interface Reading {
  readonly logs: VerifierKey[];
  readonly witnesses: VerifierKey[];
  readonly names: Map<string, Quorum>;
  /** Names that are members of a group already. */
  readonly members: Set<string>;
  quorum: Quorum | null;
}

/** Takes the words after the first; gives what is wrong with them, or null. */
type PolicyStatement = (read: Reading, words: readonly string[]) => string | null;

const statements: ReadonlyMap<string, PolicyStatement> = new Map<string, PolicyStatement>([
  [
    'log',
    (read, [vkey, , ...more]) => {
      const key = keyFor('note', vkey, read.logs);
      if (typeof key === 'string' || more.length > 0) return typeof key === 'string' ? key : 'too many words';
      read.logs.push(key);
      return null;
    },
  ],
  [
    'witness',
    (read, [name, vkey, , ...more]) => {
      const key = keyFor('cosignature', vkey, read.witnesses);
      if (typeof key === 'string' || more.length > 0) return typeof key === 'string' ? key : 'too many words';
      if (name === undefined || isTaken(read, name)) return 'a witness takes a new name';
      read.witnesses.push(key);
      read.names.set(name, { kind: 'witness', key });
      return null;
    },
  ],
  [
    'group',
    (read, [name, rule, ...memberNames]) => {
      if (name === undefined || rule === undefined || isTaken(read, name)) return 'a group takes a new name';
      const members: Quorum[] = [];
      for (const memberName of memberNames) {
        const member = read.names.get(memberName);
        if (member === undefined || read.members.has(memberName))
          return `${memberName} is unknown or used twice`;
        read.members.add(memberName);
        members.push(member);
      }
      const needed = rule === 'any' ? 1 : rule === 'all' ? members.length : wholeNumber(rule);
      if (needed < 1 || needed > members.length) return 'the number needed is out of range';
      read.names.set(name, { kind: 'group', needed, members });
      return null;
    },
  ],
  [
    'quorum',
    (read, [name = '', ...more]) => {
      const named = name === 'none' ? noQuorum : read.names.get(name);
      if (named === undefined || more.length > 0 || read.quorum !== null)
        return 'one quorum, of a known name';
      read.quorum = named;
      return null;
    },
  ],
]);

const noQuorum: Quorum = { kind: 'none' };

const isTaken = ({ names }: Reading, name: string): boolean => name === 'none' || names.has(name);

/** The key of a line, or what is wrong with it. */
function keyFor(
  type: NoteKeyType,
  text: string | undefined,
  known: readonly VerifierKey[],
): VerifierKey | string {
  const key = parseVerifierKey(text ?? '');
  if (!key.ok) return reasonText(key.reason);
  if (key.value.type !== type) return `this key is not for a ${type}`;
  const isKnown = known.some(({ publicKey }) => equalBytes(publicKey, key.value.publicKey));
  return isKnown ? 'the same key twice' : key.value;
}

function wholeNumber(text: string): number {
  return /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0;
}

/** Accepts a checkpoint that one of the policy's logs has signed for its own origin and enough witnesses have cosigned. */
export function judgeCheckpoint(checkpoint: SignedCheckpoint, policy: LogPolicy): Outcome<TrustedCheckpoint> {
  const known = policy.logs.filter(({ name }) => name === checkpoint.origin);
  if (known.length === 0) return refuse('checkpoint-origin', checkpoint.origin);
  const logSigners = noteSigners(checkpoint.note, known);
  if (!logSigners.ok) return logSigners;
  const [log] = logSigners.value;
  if (log === undefined) return refuse('note-unsigned', checkpoint.origin);
  const witnesses = noteSigners(checkpoint.note, policy.witnesses);
  if (!witnesses.ok) return witnesses;
  const cosigned = new Set(witnesses.value.map(({ key }) => key));
  if (!isMet(policy.quorum, cosigned))
    return refuse('witness-quorum', `${cosigned.size} of ${policy.witnesses.length} known witnesses have`);
  return accept({ ...checkpoint, log: log.key, witnesses: witnesses.value });
}

function isMet(quorum: Quorum, cosigned: ReadonlySet<VerifierKey>): boolean {
  if (quorum.kind === 'none') return true;
  if (quorum.kind === 'witness') return cosigned.has(quorum.key);
  return quorum.members.filter((member) => isMet(member, cosigned)).length >= quorum.needed;
}
