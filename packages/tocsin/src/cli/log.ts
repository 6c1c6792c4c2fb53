// `tocsin log`: makes a transparency log, appends to it, shows and examines it, proves from it, and has it cosigned.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  checkContinuation,
  encodeBase64,
  formatNote,
  judgeCheckpoint,
  type LogPolicy,
  noteKeyOf,
  parseCheckpoint,
  parseEnvelope,
  parsePolicy,
  parseVerifierKey,
  type Reason,
  reasonText,
  type SignedCheckpoint,
  simplePolicy,
  trustedSigners,
  type VerifierKey,
  verifyEnvelope,
} from '@tocsin/verify';
import type { Clock } from '../ground/clock.ts';
import { TocsinError } from '../ground/errors.ts';
import { type KeyRing, logKeys, openKeys } from '../publish/keys/key-ring.ts';
import { readPassphrase } from '../publish/keys/passphrase.ts';
import { appendToLog, initLog, proofOf, resignLog } from '../publish/log/append.ts';
import { checkLog, type LogCheck } from '../publish/log/check.ts';
import { readCheckpointFile, treeOf } from '../publish/log/folder.ts';
import { readingOr, refused } from '../publish/log/signing.ts';
import { acceptCosignature, cosignFolder } from '../publish/log/witness.ts';

export interface LogRequest {
  readonly act: string | null;
  readonly dir: string | null;
  readonly keys: string | null;
  readonly passphraseFile: string | null;
  readonly statement: string | null;
  readonly corrects: string | null;
  readonly index: string | null;
  readonly old: string | null;
  readonly since: string | null;
  readonly policy: string | null;
  readonly logKey: string | null;
  readonly witness: string | null;
  readonly cosignature: string | null;
  readonly out: string | null;
}

export interface LogAnswer {
  readonly text: string;
  readonly exitCode: number;
}

const done = (text: string): LogAnswer => ({ text, exitCode: 0 });

/** Runs one act. @throws TocsinError usage, log-unusable, log-refused, keys-unusable, path-missing */
export async function logCommand(request: LogRequest, clock: Clock): Promise<LogAnswer> {
  const dir = given(request.dir, '--log');
  const ring = () => openKeys(given(request.keys, '--keys'), readPassphrase(request.passphraseFile));
  switch (request.act) {
    case 'init':
      return done(`An empty log of ${(await initLog(dir, ring())).origin} stands in ${dir}.`);
    case 'append':
      return append(dir, request, ring());
    case 'show':
      return show(dir, policyFor(dir, request));
    case 'check':
      return check(dir, request);
    case 'prove':
      return prove(dir, request);
    case 'cosign': {
      const logKey = verifierKeyFrom(given(request.logKey, '--log-key'));
      const cosigned = await cosignFolder(dir, { logKey, keys: ring(), clock });
      const before = cosigned.seenBefore === null ? 'first look' : `${cosigned.seenBefore} entries before`;
      const said = `Cosigned ${cosigned.origin} at ${cosigned.size} entries (${before}).`;
      return delivered(request.out, cosigned.line, said);
    }
    case 'accept': {
      const witness = verifierKeyFrom(given(request.witness, '--witness'));
      const line = readText(given(request.cosignature, '--cosignature'));
      const checkpoint = await acceptCosignature(dir, line, witness, ring());
      return done(`${witness.name} has cosigned ${checkpoint.size} entries; the checkpoint says so now.`);
    }
    case 'resign': {
      const checkpoint = await resignLog(dir, ring());
      return done(`${checkpoint.size} entries, signed by the current key.`);
    }
    default:
      throw new TocsinError('usage', {
        detail: 'log takes init, append, show, check, prove, cosign, accept or resign',
      });
  }
}

async function append(dir: string, request: LogRequest, keys: KeyRing): Promise<LogAnswer> {
  const bytes = readBytes(given(request.statement, '--statement'));
  const parsed = parseEnvelope(bytes);
  if (!parsed.ok) throw refusedFor(parsed.reason);
  const { payloadType } = parsed.value;
  const verified = verifyEnvelope(bytes, { keys: trustedSigners(keys.states), threshold: 1, payloadType });
  if (!verified.ok) throw refusedFor(verified.reason);
  const corrects = request.corrects === null ? null : wholeNumber(request.corrects, '--corrects');
  const proof = await appendToLog(dir, { payload: verified.value.payload, payloadType, corrects }, keys);
  return delivered(request.out, proof, 'Appended. The proof of it:');
}

async function show(dir: string, { policy, source }: ChosenPolicy): Promise<LogAnswer> {
  const result = await checkLog(dir, policy);
  const { checkpoint } = result;
  if (checkpoint === null) return { text: problemLines(result.problems).join('\n'), exitCode: 1 };
  const lines = result.entries.map(({ index, payloadSha256, payloadType, corrects, correctedBy }) =>
    [
      `${index}  ${payloadSha256}  ${payloadType}`,
      corrects === null ? '' : `  corrects ${corrects}`,
      correctedBy === null ? '' : `  corrected by ${correctedBy}`,
    ].join(''),
  );
  const signers = checkpoint.note.signatures.map(({ name }) => name).join(', ');
  const head = `${checkpoint.origin}: ${checkpoint.size} entries, root ${encodeBase64(checkpoint.root)}, signature lines: ${signers}`;
  const text = [head, ...lines, ...problemLines(result.problems), source].join('\n');
  return { text, exitCode: result.problems.length === 0 ? 0 : 1 };
}

async function check(dir: string, request: LogRequest): Promise<LogAnswer> {
  const { policy, source } = policyFor(dir, request);
  const result = await checkLog(dir, policy);
  const problems = [...result.problems, ...(await sinceProblems(dir, request.since, result, policy))];
  const { checkpoint } = result;
  const size = checkpoint === null ? '' : ` ${checkpoint.size} entries of ${checkpoint.origin}.`;
  if (problems.length > 0)
    return { text: [...problemLines(problems), `NOT SOUND.${size}`, source].join('\n'), exitCode: 1 };
  const since = request.since === null ? [] : ['It only adds to the earlier checkpoint.'];
  return done([`SOUND.${size}`, ...since, source].join('\n'));
}

/** What speaks against the log being the continuation of an earlier checkpoint. */
async function sinceProblems(
  dir: string,
  path: string | null,
  { checkpoint }: LogCheck,
  policy: LogPolicy,
): Promise<readonly Reason[]> {
  if (path === null || checkpoint === null) return [];
  const older = parseCheckpoint(readBytes(path));
  if (!older.ok) return [older.reason];
  // The earlier one needs the log's signature; its witnesses may have been others.
  const judged = judgeCheckpoint(older.value, { ...policy, witnesses: [], quorum: { kind: 'none' } });
  if (!judged.ok) return [judged.reason];
  const { size } = older.value;
  const isProvable = size > 0 && size <= checkpoint.size;
  const proof = await readingOr(dir, async () =>
    isProvable ? treeOf(dir, checkpoint.size).consistencyProof(size) : [],
  );
  const continued = checkContinuation(older.value, checkpoint, proof);
  return continued.ok ? [] : [continued.reason];
}

async function prove(dir: string, request: LogRequest): Promise<LogAnswer> {
  const checkpoint = shownCheckpoint(dir);
  if ((request.index === null) === (request.old === null))
    throw new TocsinError('usage', { detail: 'prove takes --index N (inclusion) or --old N (consistency)' });
  if (request.index !== null) {
    const proof = await proofOf(dir, checkpoint, wholeNumber(request.index, '--index'));
    return delivered(request.out, proof, 'The proof:');
  }
  const old = wholeNumber(request.old ?? '', '--old');
  const hashes =
    old === 0 ? [] : await readingOr(dir, () => treeOf(dir, checkpoint.size).consistencyProof(old));
  // The body of C2SP tlog-witness's add-checkpoint: any witness of that kind can be sent it.
  const body = `${[`old ${old}`, ...hashes.map(encodeBase64)].join('\n')}\n\n`;
  const note = new TextDecoder().decode(formatNote(checkpoint.note));
  return delivered(request.out, body + note, 'The proof, as an add-checkpoint request:');
}

function shownCheckpoint(dir: string): SignedCheckpoint {
  const parsed = parseCheckpoint(readCheckpointFile(dir));
  if (!parsed.ok) throw refusedFor(parsed.reason);
  return parsed.value;
}

interface ChosenPolicy {
  readonly policy: LogPolicy;
  /** What the reader must know about where the trust came from. */
  readonly source: string;
}

/** From --policy, --log-key or --keys; without any, the keys the log names itself, which is said. */
function policyFor(dir: string, request: LogRequest): ChosenPolicy {
  if (request.policy !== null) {
    const policy = parsePolicy(readText(request.policy));
    if (!policy.ok) throw refusedFor(policy.reason);
    return { policy: policy.value, source: `Trusted: ${request.policy}.` };
  }
  if (request.logKey !== null) {
    const key = verifierKeyFrom(request.logKey);
    return { policy: simplePolicy([key], [], 0), source: `Trusted: the key given, of ${key.name}.` };
  }
  if (request.keys !== null) {
    const ring = openKeys(request.keys);
    const { origin } = shownCheckpoint(dir);
    const witnesses = ring.states
      .filter((key) => key.purpose === 'witness' && key.state !== 'revoked')
      .map(noteKeyOf);
    return {
      policy: simplePolicy(logKeys(ring, origin), witnesses, 0),
      source: `Trusted: the keys of ${ring.list.publisher}.`,
    };
  }
  return {
    policy: simplePolicy(ownKeys(`${dir}/log.json`), [], 0),
    source:
      'The key was taken from the log itself: this shows that it is whole, not whose it is. Give --log-key or --policy.',
  };
}

function ownKeys(path: string): readonly VerifierKey[] {
  let json: unknown;
  try {
    json = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof TocsinError) throw error;
    throw new TocsinError('log-unusable', { path, detail: 'it is no JSON' }, error);
  }
  const keys =
    typeof json === 'object' && json !== null && 'keys' in json && Array.isArray(json.keys) ? json.keys : [];
  return keys.slice(0, 256).map((key) => verifierKeyFrom(String(key)));
}

function verifierKeyFrom(text: string): VerifierKey {
  const line = existsSync(text) ? readText(text).trim() : text;
  const key = parseVerifierKey(line);
  if (!key.ok) throw refusedFor(key.reason);
  return key.value;
}

function delivered(out: string | null, content: string, said: string): LogAnswer {
  if (out === null) return done(`${said}\n${content}`);
  try {
    writeFileSync(out, content);
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('output-unwritable', { path: out, detail }, error);
  }
  return done(`${said}\n${out}`);
}

function problemLines(problems: readonly Reason[]): readonly string[] {
  return problems.map((reason) => `${reason.code}: ${reasonText(reason)}`);
}

const refusedFor = (reason: Reason): TocsinError => refused(reasonText(reason), reason.code);

function given(value: string | null, option: string): string {
  if (value === null) throw new TocsinError('usage', { detail: `this needs ${option}` });
  return value;
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new TocsinError('usage', { detail: `${option} takes a whole number` });
  return Number(text);
}

const largestBytes = 16 * 1024 * 1024;

function readBytes(path: string): Uint8Array {
  if (!existsSync(path)) throw new TocsinError('path-missing', { path });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('path-unreadable', { path, detail }, error);
  }
  if (bytes.length > largestBytes) throw new TocsinError('path-unreadable', { path, detail: 'too large' });
  return Uint8Array.from(bytes);
}

const readText = (path: string): string => new TextDecoder().decode(readBytes(path));
