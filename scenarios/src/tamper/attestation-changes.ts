// Changes of what stands outside the commitments: the statement, its signature, the log's proof, the list of keys, and
// whom the reader trusts. Gives files and trust; each with the step that refuses it and the words a reader is told.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import {
  carriedKeysPath,
  commitmentsPath,
  cosignedMessage,
  encodeBase64,
  encodeText,
  formatEnvelope,
  formatStatement,
  formatTlogProof,
  parseEnvelope,
  parseStatement,
  parseTlogProof,
  preAuthenticationEncoding,
  proofPath,
  type Statement,
  type StepName,
  simplePolicy,
  statementPath,
  statementPayloadType,
  type TlogProof,
  type Trust,
  type VerifierKey,
  verifierKey,
  writeCosignature,
} from '@tocsin/verify';
import { revokeKey } from '../../../packages/tocsin/src/publish/keys/acts.ts';
import { openKeys, signerFor } from '../../../packages/tocsin/src/publish/keys/key-ring.ts';
import { signPayload } from '../../../packages/tocsin/src/publish/keys/sign.ts';
import { appendToLog } from '../../../packages/tocsin/src/publish/log/append.ts';
import type { Files } from './archive.ts';
import { forged, replaced, textOf } from './forgery.ts';
import { attested, clock, newKeys, type Published, trustIn } from './published.ts';

/** A publication as a reader meets it. */
export interface Met {
  readonly files: Files;
  readonly trust: Trust;
}

export interface AttestationChange {
  readonly name: string;
  readonly change: (base: Published, other: Published, folder: string) => Met | Promise<Met>;
  readonly step: StepName;
  readonly says: RegExp;
}

function listed(files: Files): Files {
  return forged(files, 'lists');
}

function envelopeOf(files: Files) {
  const parsed = parseEnvelope(files.get(statementPath) ?? Buffer.alloc(0));
  if (!parsed.ok) throw new Error(parsed.reason.code);
  return parsed.value;
}

function statementOf(files: Files): Statement {
  const parsed = parseStatement(envelopeOf(files).payload);
  if (!parsed.ok) throw new Error(parsed.reason.code);
  return parsed.value;
}

type Envelope = ReturnType<typeof envelopeOf>;

/** The envelope changed, under its old signature. */
function withEnvelope(base: Published, change: (envelope: Envelope) => Envelope): Met {
  const envelope = formatEnvelope(change(envelopeOf(base.files)));
  return { files: listed(replaced(base.files, statementPath, envelope)), trust: base.trust };
}

function withSignature(
  base: Published,
  change: (signature: Uint8Array, message: Uint8Array) => Uint8Array,
): Met {
  return withEnvelope(base, (envelope) => {
    const message = preAuthenticationEncoding(envelope.payloadType, envelope.payload);
    return {
      ...envelope,
      signatures: envelope.signatures.map((one) => ({ ...one, signature: change(one.signature, message) })),
    };
  });
}

function withStatement(base: Published, change: (statement: Statement) => Statement): Met {
  return withEnvelope(base, (envelope) => ({
    ...envelope,
    payload: formatStatement(change(statementOf(base.files))),
  }));
}

/** The statement changed, and signed by the publisher itself. */
function withSigned(base: Published, change: (statement: Statement) => Statement): Met {
  const payload = formatStatement(change(statementOf(base.files)));
  const envelope = signPayload(payload, statementPayloadType, base.keys);
  return { files: listed(replaced(base.files, statementPath, envelope)), trust: base.trust };
}

function proofOf(files: Files): TlogProof {
  const parsed = parseTlogProof(files.get(proofPath) ?? Buffer.alloc(0));
  if (!parsed.ok) throw new Error(parsed.reason.code);
  return parsed.value;
}

function withProof(base: Published, change: (proof: TlogProof) => TlogProof): Met {
  const proof = formatTlogProof(change(proofOf(base.files)));
  return { files: listed(replaced(base.files, proofPath, proof)), trust: base.trust };
}

function withCheckpointText(base: Published, change: (lines: readonly string[]) => readonly string[]): Met {
  return withProof(base, (proof) => {
    const { note } = proof.checkpoint;
    const text = change(note.text.split('\n')).join('\n');
    return { ...proof, checkpoint: { ...proof.checkpoint, note: { ...note, text } } };
  });
}

function withText(base: Published, path: string, change: (text: string) => string): Met {
  return { files: listed(replaced(base.files, path, change(textOf(base.files, path)))), trust: base.trust };
}

function without(base: Published, path: string, trust = base.trust): Met {
  return { files: listed(new Map([...base.files].filter(([name]) => name !== path))), trust };
}

/** The same publication with what its publisher attests in another way. */
async function attestedAnew(
  base: Published,
  said: Readonly<Record<string, unknown>>,
  corrects: number | null,
): Promise<Met> {
  const commitments = base.files.get(commitmentsPath) ?? Buffer.alloc(0);
  const files = new Map(base.files);
  for (const [name, bytes] of await attested(commitments, base.keys, base.log, said, { corrects }))
    files.set(name, Buffer.from(bytes));
  return { files: listed(files), trust: base.trust };
}

interface Witness {
  readonly key: VerifierKey;
  readonly cosign: (text: string, timeSeconds: number) => Uint8Array;
}

function newWitness(name: string): Witness {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = verifierKey(
    name,
    'cosignature',
    Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)),
  );
  return {
    key,
    cosign: (text, timeSeconds) => {
      const signature = sign(null, cosignedMessage(text, timeSeconds), privateKey);
      return writeCosignature({ timeSeconds, signature });
    },
  };
}

const time = 1_772_323_200;

/** A reader who wants these witnesses, and a proof with cosignatures of those. */
function witnessed(
  base: Published,
  wanted: { readonly of: readonly Witness[]; readonly needed: number },
  lines: readonly { readonly by: Witness; readonly text?: string; readonly bytes?: Uint8Array }[],
): Met {
  const { logs } = base.trust.log;
  const log = simplePolicy(
    logs,
    wanted.of.map(({ key }) => key),
    wanted.needed,
  );
  const { files } = withProof(base, (proof) => {
    const { note } = proof.checkpoint;
    const cosignatures = lines.map(({ by, text, bytes }) => ({
      name: by.key.name,
      id: by.key.id,
      bytes: bytes ?? by.cosign(text ?? note.text, time),
    }));
    return {
      ...proof,
      checkpoint: {
        ...proof.checkpoint,
        note: { ...note, signatures: [...note.signatures, ...cosignatures] },
      },
    };
  });
  return { files, trust: { ...base.trust, log } };
}

/** The order of the group of Ed25519. */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature in its other form: S + L in the place of S. */
function malleated(signature: Uint8Array): Uint8Array {
  let scalar = 0n;
  for (const byte of [...signature.subarray(32)].reverse()) scalar = scalar * 256n + BigInt(byte);
  const bytes = Uint8Array.from(signature);
  for (let at = 32, left = scalar + order; at < 64; at += 1, left /= 256n) bytes[at] = Number(left % 256n);
  return bytes;
}

const unknownSigner = /too few trusted keys have signed/;
const first = newWitness('first.example/witness');
const second = newWitness('second.example/witness');
const stranger = newWitness('stranger.example/witness');

const signatures: readonly AttestationChange[] = [
  {
    name: 'no statement',
    change: (base) => without(base, statementPath),
    step: 'signature',
    says: /it is not signed/,
  },
  {
    name: 'the statement of another publication',
    change: (base, other) => ({
      files: listed(replaced(base.files, statementPath, textOf(other.files, statementPath))),
      trust: base.trust,
    }),
    step: 'signature',
    says: /about another publication/,
  },
  {
    name: 'content, statement and log of somebody who is not trusted',
    change: (base, other) => ({ files: other.files, trust: base.trust }),
    step: 'signature',
    says: unknownSigner,
  },
  {
    name: 'signed anew by somebody who is not trusted',
    change: (base, other) => {
      const envelope = signPayload(envelopeOf(base.files).payload, statementPayloadType, other.keys);
      return { files: listed(replaced(base.files, statementPath, envelope)), trust: base.trust };
    },
    step: 'signature',
    says: unknownSigner,
  },
  {
    name: 'a key that its publisher has revoked',
    change: async (base, _, folder) => {
      const keys = await newKeys(join(folder, 'revoked'));
      const envelope = signPayload(envelopeOf(base.files).payload, statementPayloadType, keys);
      const revoked = revokeKey(
        keys,
        signerFor(keys, 'statement').id,
        { since: null, reason: 'stolen' },
        clock,
      );
      return {
        files: listed(replaced(base.files, statementPath, envelope)),
        trust: trustIn(openKeys(revoked.dir)),
      };
    },
    step: 'signature',
    says: /signed with the key [0-9a-f]{16} of CERT of Example, which was revoked/,
  },
  {
    name: 'a key of the publisher that is not for statements',
    change: (base) => {
      const signer = signerFor(base.keys, 'log');
      return withEnvelope(base, (envelope) => ({
        ...envelope,
        signatures: [
          {
            keyId: signer.id,
            signature: signer.sign(preAuthenticationEncoding(envelope.payloadType, envelope.payload)),
          },
        ],
      }));
    },
    step: 'signature',
    says: unknownSigner,
  },
  {
    name: 'the id of another key',
    change: (base) =>
      withEnvelope(base, (envelope) => ({
        ...envelope,
        signatures: envelope.signatures.map((one) => ({ ...one, keyId: signerFor(base.keys, 'log').id })),
      })),
    step: 'signature',
    says: /a signature names another key than the one that made it/,
  },
  {
    name: 'no id of a key',
    change: (base) =>
      withEnvelope(base, (envelope) => ({
        ...envelope,
        signatures: envelope.signatures.map((one) => ({ ...one, keyId: '' })),
      })),
    step: 'signature',
    says: /a signature names another key than the one that made it/,
  },
  {
    name: 'one signature where the reader wants two signers',
    change: (base) => ({ files: base.files, trust: { ...base.trust, threshold: 2 } }),
    step: 'signature',
    says: /too few trusted keys have signed \(1 of 2 needed/,
  },
  {
    name: 'the same signature twice where the reader wants two signers',
    change: (base) => ({
      files: withEnvelope(base, (envelope) => ({
        ...envelope,
        signatures: [...envelope.signatures, ...envelope.signatures],
      })).files,
      trust: { ...base.trust, threshold: 2 },
    }),
    step: 'signature',
    says: /1 of 2 needed/,
  },
  {
    name: 'the same signature twice',
    change: (base) =>
      withEnvelope(base, (envelope) => ({
        ...envelope,
        signatures: [...envelope.signatures, ...envelope.signatures],
      })),
    step: 'signature',
    says: /one key stands in it with two signatures/,
  },
  {
    name: 'an HMAC with the public key as its secret',
    change: (base) =>
      withSignature(base, (_, message) => {
        const mac = () =>
          createHmac('sha256', base.trust.keys[0]?.publicKey ?? '')
            .update(message)
            .digest();
        return Buffer.concat([mac(), mac()]);
      }),
    step: 'signature',
    says: unknownSigner,
  },
  {
    name: 'an ECDSA signature',
    change: (base) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return withSignature(base, (_, message) => sign('sha256', message, privateKey));
    },
    step: 'signature',
    says: /an Ed25519 signature has 64 bytes/,
  },
  {
    name: 'a signature of the payload without its type',
    change: (base) =>
      withSignature(base, () => signerFor(base.keys, 'statement').sign(envelopeOf(base.files).payload)),
    step: 'signature',
    says: /not of this key over this message/,
  },
  {
    name: 'the signature in its other form, S + L',
    change: (base) => withSignature(base, malleated),
    step: 'signature',
    says: /the second half of the signature is not below the order of the group/,
  },
  {
    name: 'a signature of zeros',
    change: (base) => withSignature(base, () => new Uint8Array(64)),
    step: 'signature',
    says: /small order|no canonical point/,
  },
  {
    name: 'another type of payload',
    change: (base) => withEnvelope(base, (envelope) => ({ ...envelope, payloadType: 'application/json' })),
    step: 'signature',
    says: /another type of payload than expected \(application\/json\)/,
  },
  {
    name: 'another label of sharing in the predicate',
    change: (base) =>
      withStatement(base, (statement) => ({
        ...statement,
        predicate: { ...statement.predicate, tlp: 'RED' },
      })),
    step: 'signature',
    says: /not of this key over this message/,
  },
  {
    name: 'another type of predicate',
    change: (base) =>
      withSigned(base, (statement) => ({ ...statement, predicateType: 'https://slsa.dev/provenance/v1' })),
    step: 'signature',
    says: /about another publication/,
  },
  {
    name: 'a predicate of version 1',
    change: (base) =>
      withSigned(base, (statement) => ({ ...statement, predicateType: 'urn:tocsin:publication:1' })),
    step: 'signature',
    says: /of version 1 of the format; this verifier reads version 2 only/,
  },
  {
    name: 'a predicate of version 99',
    change: (base) =>
      withSigned(base, (statement) => ({ ...statement, predicateType: 'urn:tocsin:publication:99' })),
    step: 'signature',
    says: /of version 99 of the format/,
  },
  {
    name: 'another subject',
    change: (base) =>
      withSigned(base, (statement) => ({
        ...statement,
        subjects: [{ name: 'data/report.html', sha256: statement.subjects[0]?.sha256 ?? '' }],
      })),
    step: 'signature',
    says: /about another publication/,
  },
  {
    name: 'a second subject',
    change: (base) =>
      withSigned(base, (statement) => ({
        ...statement,
        subjects: [...statement.subjects, ...statement.subjects],
      })),
    step: 'signature',
    says: /about another publication/,
  },
  {
    name: 'an envelope with spaces',
    change: (base) => withText(base, statementPath, (text) => JSON.stringify(JSON.parse(text), null, 1)),
    step: 'signature',
    says: /the envelope is not in its one form/,
  },
  {
    name: 'an envelope with a key of its own',
    change: (base) =>
      withText(base, statementPath, (text) =>
        JSON.stringify({ ...(JSON.parse(text) as object), note: 'hello' }),
      ),
    step: 'signature',
    says: /the envelope is not in its one form/,
  },
  {
    name: 'an envelope cut short',
    change: (base) => withText(base, statementPath, (text) => text.slice(0, -9)),
    step: 'signature',
    says: /no JSON object/,
  },
  {
    name: 'another list of keys',
    change: (base, other) => withText(base, carriedKeysPath, () => textOf(other.files, carriedKeysPath)),
    step: 'signature',
    says: /the list of keys in it is not the one that the signed statement speaks for/,
  },
  {
    name: 'a part of the list of keys that no act signs',
    change: (base) =>
      withText(base, carriedKeysPath, (text) =>
        text.replace('"openpgp": null', '"openpgp": {"fingerprint": "00"}'),
      ),
    step: 'signature',
    says: /the list of keys in it is not the one/,
  },
  {
    name: 'no list of keys',
    change: (base) => without(base, carriedKeysPath),
    step: 'signature',
    says: /the list of keys in it is not the one/,
  },
];

const logs: readonly AttestationChange[] = [
  {
    name: 'no proof',
    change: (base) => without(base, proofPath),
    step: 'log',
    says: /the proof that it stands in the log cert\.example\/log was left out/,
  },
  {
    name: 'the proof of another publication',
    change: (base, other) => withText(base, proofPath, () => textOf(other.files, proofPath)),
    step: 'log',
    says: /the entry of the log is about another payload/,
  },
  {
    name: 'the proof of another entry of the log',
    change: async (base) => {
      const proof = await appendToLog(base.log, { payload: encodeText('something else') }, base.keys);
      return withText(base, proofPath, () => proof);
    },
    step: 'log',
    says: /the entry of the log is about another payload/,
  },
  {
    name: 'another index',
    change: (base) => withProof(base, (proof) => ({ ...proof, index: proof.index - 1 })),
    step: 'log',
    says: /does not lead from the entry to the root/,
  },
  {
    name: 'an index beyond the log',
    change: (base) => withProof(base, (proof) => ({ ...proof, index: 4000 })),
    step: 'log',
    says: /not below the size of the tree \(4000 of \d+\)/,
  },
  {
    name: 'another size',
    change: (base) => withCheckpointText(base, ([origin = '', , ...rest]) => [origin, '5', ...rest]),
    step: 'log',
    says: /is not of that key/,
  },
  {
    name: 'another root',
    change: (base) =>
      withCheckpointText(base, ([origin = '', size = '', , ...rest]) => [
        origin,
        size,
        encodeBase64(new Uint8Array(32)),
        ...rest,
      ]),
    step: 'log',
    says: /is not of that key/,
  },
  {
    name: 'another origin',
    change: (base) => withCheckpointText(base, ([, ...rest]) => ['other.example/log', ...rest]),
    step: 'log',
    says: /the checkpoint is of another log \(other\.example\/log\)/,
  },
  {
    name: 'a line more in the checkpoint',
    change: (base) => withCheckpointText(base, (lines) => [...lines.slice(0, -1), 'extension', '']),
    step: 'log',
    says: /is not of that key/,
  },
  {
    name: 'a hash of the proof',
    change: (base) =>
      withProof(base, (proof) => ({
        ...proof,
        hashes: proof.hashes.map((hash, at) => (at === 0 ? hash.map((byte) => byte ^ 1) : hash)),
      })),
    step: 'log',
    says: /does not lead from the entry to the root/,
  },
  {
    name: 'a hash of the proof left out',
    change: (base) => withProof(base, (proof) => ({ ...proof, hashes: proof.hashes.slice(1) })),
    step: 'log',
    says: /does not lead from the entry to the root/,
  },
  {
    name: 'hashes of the proof exchanged',
    change: (base) => withProof(base, (proof) => ({ ...proof, hashes: [...proof.hashes].reverse() })),
    step: 'log',
    says: /does not lead from the entry to the root/,
  },
  {
    name: 'a hash of the proof too many',
    change: (base) =>
      withProof(base, (proof) => ({ ...proof, hashes: [...proof.hashes, new Uint8Array(32)] })),
    step: 'log',
    says: /does not lead from the entry to the root/,
  },
  {
    name: 'a proof without its entry',
    change: (base) => withProof(base, (proof) => ({ ...proof, extra: null })),
    step: 'log',
    says: /the entry of the log is malformed \(the proof carries none\)/,
  },
  {
    name: 'a proof cut short',
    change: (base) => withText(base, proofPath, (text) => text.slice(0, 60)),
    step: 'log',
    says: /no c2sp\.org\/tlog-proof@v1/,
  },
  {
    name: 'a proof of another version',
    change: (base) => withText(base, proofPath, (text) => text.replace('@v1', '@v9')),
    step: 'log',
    says: /no c2sp\.org\/tlog-proof@v1 \(first line\)/,
  },
  {
    name: 'a log that was cut back to before the entry',
    change: async (base, _, folder) => {
      const keys = await newKeys(join(folder, 'cut'));
      const { checkpoint } = proofOf(base.files);
      const signer = signerFor(keys, 'log');
      const lines = checkpoint.note.text.split('\n');
      const text = [lines[0], '2', ...lines.slice(2)].join('\n');
      const { files } = withProof(base, (proof) => ({
        ...proof,
        checkpoint: {
          ...checkpoint,
          note: {
            text,
            signatures: [
              {
                name: 'cert.example/log',
                id: verifierKey('cert.example/log', 'note', signer.publicKey).id,
                bytes: signer.sign(encodeText(text)),
              },
            ],
          },
        },
      }));
      return { files, trust: { ...base.trust, log: trustIn(keys).log } };
    },
    step: 'log',
    says: /not below the size of the tree \(3 of 2\)/,
  },
  {
    name: 'a log whose key is of somebody else',
    change: (base, other) => ({ files: base.files, trust: { ...base.trust, log: other.trust.log } }),
    step: 'log',
    says: /no trusted key has signed the note/,
  },
  {
    name: 'a log that the reader does not trust at all',
    change: (base) => ({ files: base.files, trust: { ...base.trust, log: simplePolicy([], [], 0) } }),
    step: 'log',
    says: /the checkpoint is of another log/,
  },
  {
    name: 'a statement that names another log',
    change: (base) => attestedAnew(base, { log: 'elsewhere.example/log' }, null),
    step: 'log',
    says: /the statement names the log elsewhere\.example\/log, the proof is of cert\.example\/log/,
  },
  {
    name: 'a correction of another entry than the log says',
    change: (base) => attestedAnew(base, { corrects: 0 }, 1),
    step: 'log',
    says: /the statement corrects entry 0, the log says entry 1/,
  },
  {
    name: 'a correction that only the log knows of',
    change: (base) => attestedAnew(base, {}, 2),
    step: 'log',
    says: /the statement corrects no entry, the log says entry 2/,
  },
];

const witnesses: readonly AttestationChange[] = [
  {
    name: 'no cosignature where a witness is asked for',
    change: (base) => witnessed(base, { of: [first], needed: 1 }, []),
    step: 'witnesses',
    says: /too few of the trusted witnesses have cosigned \(0 of 1/,
  },
  {
    name: 'a cosignature of an unknown witness',
    change: (base) => witnessed(base, { of: [first], needed: 1 }, [{ by: stranger }]),
    step: 'witnesses',
    says: /too few of the trusted witnesses/,
  },
  {
    name: 'one cosignature where two are asked for',
    change: (base) => witnessed(base, { of: [first, second], needed: 2 }, [{ by: first }]),
    step: 'witnesses',
    says: /1 of 2 known witnesses/,
  },
  {
    name: 'one cosignature twice where two are asked for',
    change: (base) => witnessed(base, { of: [first, second], needed: 2 }, [{ by: first }, { by: first }]),
    step: 'witnesses',
    says: /1 of 2 known witnesses/,
  },
  {
    name: 'a cosignature of another checkpoint',
    change: (base) =>
      witnessed(base, { of: [first], needed: 1 }, [{ by: first, text: 'cert.example/log\n1\nAAAA\n' }]),
    step: 'witnesses',
    says: /first\.example\/witness: signature-wrong/,
  },
  {
    name: 'a cosignature with another time',
    change: (base) => {
      const bytes = first.cosign(proofOf(base.files).checkpoint.note.text, time);
      bytes[7] = (bytes[7] ?? 0) ^ 1;
      return witnessed(base, { of: [first], needed: 1 }, [{ by: first, bytes }]);
    },
    step: 'witnesses',
    says: /first\.example\/witness: signature-wrong/,
  },
  {
    name: 'a cosignature without a time',
    change: (base) => witnessed(base, { of: [first], needed: 1 }, [{ by: first, bytes: new Uint8Array(72) }]),
    step: 'witnesses',
    says: /the time of a cosignature is out of range/,
  },
  {
    name: 'no proof where a witness is asked for',
    change: (base) => ({
      ...without(base, proofPath),
      trust: { ...base.trust, log: simplePolicy(base.trust.log.logs, [first.key], 1) },
    }),
    step: 'log',
    says: /was left out/,
  },
];

export const attestationChanges: readonly AttestationChange[] = [...signatures, ...logs, ...witnesses];

/** Attestations that a reader must accept, and what the check must say of them. */
export const harmless: readonly {
  readonly name: string;
  readonly met: (base: Published) => Met;
  readonly says: RegExp;
}[] = [
  {
    name: 'as many cosignatures as asked for',
    met: (base) => witnessed(base, { of: [first, second], needed: 2 }, [{ by: first }, { by: second }]),
    says: /seen by first\.example\/witness, second\.example\/witness/,
  },
  {
    name: 'a cosignature of an unknown witness, beside none that is asked for',
    met: (base) => witnessed(base, { of: [], needed: 0 }, [{ by: stranger }]),
    says: /1 further signatures of nobody you trust/,
  },
  {
    name: 'a signature of somebody else beside the one that is trusted',
    met: (base) =>
      withEnvelope(base, (envelope) => ({
        ...envelope,
        signatures: [...envelope.signatures, { keyId: 'somebody', signature: new Uint8Array(64).fill(1) }],
      })),
    says: /1 further signatures are of nobody you trust, and count for nothing/,
  },
];
