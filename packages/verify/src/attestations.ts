// What the attestations of a publication say to a reader who knows whom to trust: who signed the commitments, in which log
// the signed statement stands, and who has seen that log. Gives three steps; everything is checked before it is believed.
import { type BundleFiles, wholeFile } from './files.ts';
import { formatTlogProof, type LoggedPayload, parseTlogProof, verifyLoggedPayload } from './log/proof.ts';
import {
  carriedKeysPath,
  commitmentsPath,
  formatVersion,
  proofPath,
  publicationPredicateType,
  statementPath,
} from './manifest.ts';
import { sha256 } from './sha256.ts';
import {
  type Envelope,
  formatEnvelope,
  parseEnvelope,
  preAuthenticationEncoding,
  type VerifiedEnvelope,
  verifyEnvelope,
} from './sign/dsse.ts';
import { verifyEd25519 } from './sign/ed25519.ts';
import { decodeText } from './sign/encoding.ts';
import { type Reason, reasonText } from './sign/reason.ts';
import { parseStatement, type Statement, statementPayloadType } from './sign/statement.ts';
import type { Trust } from './sign/trust.ts';
import type { Step, StepName } from './step.ts';

export interface Attested {
  readonly steps: readonly Step[];
  /** TLP 2.0 label of the statement, when there is one. */
  readonly tlp: string | null;
}

const names = ['signature', 'log', 'witnesses'] as const;

/** The three steps, none of them judged, for one reason. */
export function unjudged(text: string): readonly Step[] {
  return names.map((name) => ({ name, outcome: 'unjudged', text }));
}

function failed(name: StepName, reason: Reason | string): Step {
  return { name, outcome: 'failed', text: typeof reason === 'string' ? reason : reasonText(reason) };
}

/** A signature that does not hold, and therefore nothing to be said of the log. */
function unsigned(reason: Reason | string, otherwise: string, tlp: string | null = null): Attested {
  return { steps: [failed('signature', reason), ...unjudged(otherwise).slice(1)], tlp };
}

/** Checks the attestations among the files; `trust` is null when the reader named nobody. */
export async function attestations(files: BundleFiles, trust: Trust | null): Promise<Attested> {
  if (!files.names.includes(statementPath))
    // A reader who names whom to trust asks for a signature.
    return trust === null
      ? { steps: unjudged('it is not signed'), tlp: null }
      : unsigned('it is not signed', 'it is not signed');
  const bytes = await wholeFile(files, statementPath, 8 * 2 ** 20);
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok) return unsigned(envelope.reason, 'the statement cannot be read');
  const { payload, payloadType } = envelope.value;
  if (payloadType !== statementPayloadType)
    return unsigned({ code: 'payload-type', detail: payloadType }, 'the statement cannot be read');
  const statement = parseStatement(payload);
  if (!statement.ok) return unsigned(statement.reason, 'the statement cannot be read');
  const { predicate } = statement.value;
  const tlp = typeof predicate['tlp'] === 'string' ? predicate['tlp'] : null;
  const wrong =
    (await misfit(files, statement.value)) ??
    // Nothing is to be in a publication that neither the signature covers nor its form demands.
    (formatEnvelope(envelope.value) === decodeText(bytes) ? null : 'the envelope is not in its one form');
  if (wrong !== null) return unsigned(wrong, 'the statement does not fit', tlp);
  if (trust === null)
    return {
      steps: unjudged('it is signed and says where it was logged; whom to trust was not given (--policy)'),
      tlp,
    };
  const log = await logSteps(files, envelope.value, predicate, trust);
  return { steps: [signatureStep(bytes, envelope.value, trust), ...log], tlp };
}

/** In what a statement is not about this publication; null when it is. */
async function misfit(
  files: BundleFiles,
  { subjects, predicateType, predicate }: Statement,
): Promise<string | null> {
  const version = /^urn:tocsin:publication:(\d{1,6})$/.exec(predicateType)?.[1];
  if (version !== undefined && predicateType !== publicationPredicateType)
    return `the signed statement is of version ${version} of the format; this verifier reads version ${formatVersion} only`;
  const digestOf = async (path: string) =>
    files.names.includes(path) ? sha256(await wholeFile(files, path, 64 * 2 ** 20)) : null;
  if (
    predicateType !== publicationPredicateType ||
    subjects.length !== 1 ||
    subjects[0]?.name !== commitmentsPath ||
    subjects[0].sha256 !== (await digestOf(commitmentsPath))
  )
    return 'the signed statement is about another publication';
  return (await digestOf(carriedKeysPath)) === (predicate['keys_sha256'] ?? null)
    ? null
    : 'the list of keys in it is not the one that the signed statement speaks for';
}

function signatureStep(bytes: Uint8Array, envelope: Envelope, trust: Trust): Step {
  const { keys, threshold } = trust;
  const signed = verifyEnvelope(bytes, { keys, threshold, payloadType: statementPayloadType });
  if (!signed.ok) {
    const revoked = revokedSigner(envelope, trust);
    return failed('signature', revoked ?? signed.reason);
  }
  const { signatures, signers } = signed.value;
  const misnamed = signatures.find(({ signer, keyId }) => signer !== null && signer !== keyId);
  if (misnamed !== undefined)
    return failed('signature', 'a signature names another key than the one that made it');
  if (new Set(signatures.map(({ keyId }) => keyId)).size < signatures.length)
    return failed('signature', 'one key stands in it with two signatures');
  const who = signers.map(({ name }) => name).join(', ');
  return { name: 'signature', outcome: 'held', text: `signed by ${who}${othersText(signed.value)}` };
}

function othersText({ signatures }: VerifiedEnvelope): string {
  const others = signatures.filter(({ outcome }) => outcome !== 'valid').length;
  return others === 0 ? '' : `; ${others} further signatures are of nobody you trust, and count for nothing`;
}

/** The sentence for a signature that is right, and of a key its publisher has revoked. */
function revokedSigner({ payload, payloadType, signatures }: Envelope, { revoked }: Trust): string | null {
  const message = preAuthenticationEncoding(payloadType, payload);
  const key = revoked.find(({ publicKey }) =>
    signatures.some(({ signature }) => verifyEd25519({ publicKey, message, signature }).ok),
  );
  return key === undefined
    ? null
    : `signed with the key ${key.id.slice(0, 16)} of ${key.name}, which was revoked`;
}

async function logSteps(
  files: BundleFiles,
  { payload }: Envelope,
  predicate: Statement['predicate'],
  { log: policy }: Trust,
): Promise<readonly Step[]> {
  const stated = typeof predicate['log'] === 'string' ? predicate['log'] : null;
  const noWitness: Step = { name: 'witnesses', outcome: 'unjudged', text: 'no witness is asked for' };
  const isAsked = policy.quorum.kind !== 'none';
  if (!files.names.includes(proofPath)) {
    const witnesses = isAsked
      ? failed('witnesses', 'it was not logged, so no witness has seen it')
      : noWitness;
    if (stated !== null)
      return [failed('log', `the proof that it stands in the log ${stated} was left out`), witnesses];
    return [
      { name: 'log', outcome: 'unjudged', text: 'it was not logged, or its proof was left out' },
      witnesses,
    ];
  }
  const proof = await wholeFile(files, proofPath, 2 ** 20);
  // The log first, by itself: that witnesses are missing says nothing against the log.
  const logged = verifyLoggedPayload(proof, payload, { ...policy, witnesses: [], quorum: { kind: 'none' } });
  const wrong = logged.ok ? unfitting(proof, logged.value, predicate, stated) : logged.reason;
  if (!logged.ok || wrong !== null)
    return [
      failed('log', wrong ?? ''),
      { name: 'witnesses', outcome: 'unjudged', text: 'the log does not hold' },
    ];
  const { origin, index, size } = logged.value;
  const seen = verifyLoggedPayload(proof, payload, policy);
  const cosigners = seen.ok ? seen.value.witnesses : [];
  const unknown = signatureLines(proof) - 1 - cosigners.length;
  const others = seen.ok && unknown > 0 ? `; ${unknown} further signatures of nobody you trust` : '';
  const held: Step = {
    name: 'log',
    outcome: 'held',
    text: `entry ${index} of ${size} in the log ${origin}${others}`,
  };
  if (!seen.ok) return [held, failed('witnesses', seen.reason)];
  if (cosigners.length === 0) return [held, noWitness];
  const text = `seen by ${cosigners.map(({ key }) => key.name).join(', ')}`;
  return [held, { name: 'witnesses', outcome: 'held', text }];
}

/** In what a proof that holds does not fit the statement; null when it does. */
function unfitting(
  proof: Uint8Array,
  { origin, entry }: LoggedPayload,
  predicate: Statement['predicate'],
  stated: string | null,
): string | null {
  const parsed = parseTlogProof(proof);
  if (!parsed.ok || formatTlogProof(parsed.value) !== decodeText(proof))
    return 'the proof is not in its one form';
  if (stated !== null && origin !== stated)
    return `the statement names the log ${stated}, the proof is of ${origin}`;
  const corrects = predicate['corrects'] ?? null;
  return entry.corrects === corrects
    ? null
    : `the statement corrects ${entryText(corrects)}, the log says ${entryText(entry.corrects)}`;
}

function entryText(corrects: unknown): string {
  return typeof corrects === 'number' ? `entry ${corrects}` : 'no entry';
}

function signatureLines(proof: Uint8Array): number {
  const parsed = parseTlogProof(proof);
  return parsed.ok ? parsed.value.checkpoint.note.signatures.length : 0;
}
