// DSSE envelopes and in-toto statements: the protocol's vector, sigstore's independent verifier, and what is refused.
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  envelopeLimits,
  formatEnvelope,
  parseEnvelope,
  preAuthenticationEncoding,
  type TrustedKey,
  verifyEnvelope,
} from './dsse.ts';
import { decodeBase64, decodeEitherBase64, encodeBase64, encodeText } from './encoding.ts';
import { publicKeyDer, publicKeyId } from './public-key.ts';
import type { Outcome } from './reason.ts';
import { formatStatement, parseStatement, statementPayloadType } from './statement.ts';

const code = (outcome: Outcome<unknown>): string | null => (outcome.ok ? null : outcome.reason.code);

interface Signer {
  readonly key: TrustedKey;
  readonly privateKey: KeyObject;
}

function newSigner(name: string): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(12));
  return { key: { id: publicKeyId(raw), name, publicKey: raw }, privateKey };
}

const statement = formatStatement({
  subjects: [{ name: 'data/commitments.json', sha256: 'ab'.repeat(32) }],
  predicateType: 'https://example.org/predicate/v1',
  predicate: { rows: 3 },
});
const signatureOf = ({ privateKey }: Signer, payload = statement, type = statementPayloadType) =>
  Uint8Array.from(nodeSign(null, preAuthenticationEncoding(type, payload), privateKey));
const envelopeOf = (...signers: readonly Signer[]) =>
  formatEnvelope({
    payloadType: statementPayloadType,
    payload: statement,
    signatures: signers.map((signer) => ({ keyId: signer.key.id, signature: signatureOf(signer) })),
  });

const [alice, bob, eve] = [newSigner('alice'), newSigner('bob'), newSigner('eve')];
const trust = (threshold: number, ...signers: readonly Signer[]) => ({
  keys: signers.map(({ key }) => key),
  threshold,
  payloadType: statementPayloadType,
});

describe("the protocol's vector", () => {
  const vector = JSON.parse(
    readFileSync(new URL('../../vectors/dsse/protocol.json', import.meta.url), 'utf8'),
  ) as {
    readonly payload: string;
    readonly payloadType: string;
    readonly pae: string;
    readonly envelope: object;
    readonly x: string;
    readonly y: string;
  };

  test('its encoding is ours', () => {
    const encoded = preAuthenticationEncoding(vector.payloadType, encodeText(vector.payload));
    expect(new TextDecoder().decode(encoded)).toBe(vector.pae);
  });

  test('its envelope is read, and its ECDSA signature is over our encoding', () => {
    const parsed = parseEnvelope(encodeText(JSON.stringify(vector.envelope)));
    if (!parsed.ok) throw new Error(parsed.reason.code);
    const coordinate = (decimal: string) =>
      Buffer.from(BigInt(decimal).toString(16).padStart(64, '0'), 'hex').toString('base64url');
    const key = createPublicKey({
      key: { kty: 'EC', crv: 'P-256', x: coordinate(vector.x), y: coordinate(vector.y) },
      format: 'jwk',
    });
    const { payload, payloadType, signatures } = parsed.value;
    const [first] = signatures;
    if (first === undefined) throw new Error('no signature');
    const message = preAuthenticationEncoding(payloadType, payload);
    expect(nodeVerify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, first.signature)).toBe(true);
  });

  test('lengths count bytes, not characters', () => {
    const encoded = preAuthenticationEncoding('é', encodeText('北京'));
    expect(new TextDecoder().decode(encoded)).toBe('DSSEv1 2 é 6 北京');
  });
});

describe('@sigstore/verify, an independent implementation', () => {
  const sigstoreAccepts = (envelope: string, { key }: Signer): boolean => {
    const bundle = bundleFromJSON({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        publicKey: { hint: key.id },
        tlogEntries: [],
        timestampVerificationData: { rfc3161Timestamps: [] },
      },
      dsseEnvelope: JSON.parse(envelope),
    });
    const publicKey = createPublicKey({
      key: Buffer.from(publicKeyDer(key.publicKey)),
      format: 'der',
      type: 'spki',
    });
    const material = toTrustMaterial(
      { mediaType: '', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] },
      () => ({ publicKey, validFor: () => true }),
    );
    const verifier = new Verifier(material, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
    try {
      verifier.verify(toSignedEntity(bundle));
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'VerificationError') return false;
      throw error;
    }
  };

  test('accepts what we sign', () => {
    expect(sigstoreAccepts(envelopeOf(alice), alice)).toBe(true);
  });

  test('refuses what we refuse: another key, a changed payload', () => {
    const changed = envelopeOf(alice).replace(encodeBase64(statement), encodeBase64(encodeText('{}')));
    for (const [envelope, signer] of [
      [envelopeOf(alice), bob],
      [changed, alice],
    ] as const) {
      expect(sigstoreAccepts(envelope, signer)).toBe(false);
      expect(verifyEnvelope(encodeText(envelope), trust(1, signer)).ok).toBe(false);
    }
  });
});

describe('several signatures', () => {
  test.each([
    { name: 'one of one', envelope: envelopeOf(alice), known: trust(1, alice), signers: ['alice'] },
    { name: 'one of two known', envelope: envelopeOf(bob), known: trust(1, alice, bob), signers: ['bob'] },
    {
      name: 'two of two',
      envelope: envelopeOf(bob, alice),
      known: trust(2, alice, bob),
      signers: ['alice', 'bob'],
    },
    {
      name: 'one more that nobody knows',
      envelope: envelopeOf(eve, alice),
      known: trust(1, alice),
      signers: ['alice'],
    },
    {
      name: 'two wanted, one there',
      envelope: envelopeOf(alice),
      known: trust(2, alice, bob),
      signers: null,
    },
    {
      name: 'one that signs twice',
      envelope: envelopeOf(alice, alice),
      known: trust(2, alice, bob),
      signers: null,
    },
    {
      name: 'one key trusted under two entries',
      envelope: envelopeOf(alice),
      known: trust(2, alice, { ...alice, key: { ...alice.key, id: 'again' } }),
      signers: null,
    },
    { name: 'nobody trusted', envelope: envelopeOf(alice), known: trust(1), signers: null },
    { name: 'a threshold of none', envelope: envelopeOf(eve), known: trust(0, alice), signers: null },
  ])('$name', ({ envelope, known, signers }) => {
    const outcome = verifyEnvelope(encodeText(envelope), known);
    expect(outcome.ok ? outcome.value.signers.map(({ name }) => name) : null).toEqual(signers);
    if (!outcome.ok) expect(outcome.reason.code).toBe('no-trusted-signature');
  });

  test('the key id is a hint: left out or naming nobody, the signature still counts; naming another, it is wrong', () => {
    const withId = (keyId: string) =>
      encodeText(
        formatEnvelope({
          payloadType: statementPayloadType,
          payload: statement,
          signatures: [{ keyId, signature: signatureOf(alice) }],
        }),
      );
    expect(verifyEnvelope(withId(''), trust(1, bob, alice)).ok).toBe(true);
    expect(verifyEnvelope(withId('whoever'), trust(1, bob, alice)).ok).toBe(true);
    expect(code(verifyEnvelope(withId(bob.key.id), trust(1, bob, alice)))).toBe('no-trusted-signature');
  });

  test('what became of each signature is reported', () => {
    const envelope = formatEnvelope({
      payloadType: statementPayloadType,
      payload: statement,
      signatures: [
        { keyId: eve.key.id, signature: signatureOf(eve) },
        { keyId: bob.key.id, signature: signatureOf(eve) },
        { keyId: alice.key.id, signature: signatureOf(alice) },
      ],
    });
    const outcome = verifyEnvelope(encodeText(envelope), trust(1, alice, bob));
    expect(outcome.ok && outcome.value.signatures.map((report) => report.outcome)).toEqual([
      'unknown',
      'wrong',
      'valid',
    ]);
  });

  test('a signature over another type does not count', () => {
    const signature = signatureOf(alice, statement, 'text/plain');
    const envelope = formatEnvelope({
      payloadType: statementPayloadType,
      payload: statement,
      signatures: [{ keyId: alice.key.id, signature }],
    });
    expect(code(verifyEnvelope(encodeText(envelope), trust(1, alice)))).toBe('no-trusted-signature');
    const other = envelopeOf(alice).replace(statementPayloadType, 'text/plain');
    expect(code(verifyEnvelope(encodeText(other), trust(1, alice)))).toBe('payload-type');
  });
});

describe('reading', () => {
  const good = { payload: 'eA==', payloadType: 't', signatures: [{ sig: 'eA==' }] };
  test.each([
    { name: 'not UTF-8', bytes: Uint8Array.of(0xff, 0xfe), expected: 'envelope-text' },
    { name: 'not JSON', bytes: encodeText('{'), expected: 'envelope-json' },
    { name: 'a list', bytes: encodeText('[]'), expected: 'envelope-json' },
    { name: 'nothing', bytes: encodeText('null'), expected: 'envelope-json' },
    {
      name: 'no payload',
      bytes: encodeText(JSON.stringify({ ...good, payload: undefined })),
      expected: 'envelope-shape',
    },
    {
      name: 'a type that is a number',
      bytes: encodeText(JSON.stringify({ ...good, payloadType: 1 })),
      expected: 'envelope-shape',
    },
    {
      name: 'signatures that are no list',
      bytes: encodeText(JSON.stringify({ ...good, signatures: {} })),
      expected: 'envelope-shape',
    },
    {
      name: 'no signature',
      bytes: encodeText(JSON.stringify({ ...good, signatures: [] })),
      expected: 'envelope-signatures',
    },
    {
      name: '33 signatures',
      bytes: encodeText(JSON.stringify({ ...good, signatures: Array(33).fill({ sig: 'eA==' }) })),
      expected: 'envelope-signatures',
    },
    {
      name: 'a signature without sig',
      bytes: encodeText(JSON.stringify({ ...good, signatures: [{ keyid: 'x' }] })),
      expected: 'envelope-shape',
    },
    {
      name: 'a payload with a space',
      bytes: encodeText(JSON.stringify({ ...good, payload: 'eA= =' })),
      expected: 'envelope-base64',
    },
    {
      name: 'a payload without padding',
      bytes: encodeText(JSON.stringify({ ...good, payload: 'eA' })),
      expected: 'envelope-base64',
    },
    {
      name: 'a payload with stray bits',
      bytes: encodeText(JSON.stringify({ ...good, payload: 'eB==' })),
      expected: 'envelope-base64',
    },
    {
      name: 'both alphabets at once',
      bytes: encodeText(JSON.stringify({ ...good, payload: '+/-_' })),
      expected: 'envelope-base64',
    },
    {
      name: 'too many bytes',
      bytes: new Uint8Array(envelopeLimits.envelopeBytes + 1),
      expected: 'envelope-size',
    },
  ])('refuses $name', ({ bytes, expected }) => {
    expect(code(parseEnvelope(bytes))).toBe(expected);
  });

  test('unknown keys are passed over and both alphabets are read, as the protocol demands', () => {
    const text = JSON.stringify({
      ...good,
      payload: '_-8=',
      more: 1,
      signatures: [{ sig: '__8=', more: 1 }],
    });
    const parsed = parseEnvelope(encodeText(text));
    expect(parsed.ok && [...parsed.value.payload]).toEqual([0xff, 0xef]);
  });

  test('base64 as Node writes it is read back, and nothing that Node would write otherwise is read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(encodeBase64(bytes)).toBe(text);
        expect(decodeBase64(text)).toEqual(bytes);
        const urlSafe = text.replaceAll('+', '-').replaceAll('/', '_');
        expect(decodeEitherBase64(urlSafe)).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', 'Q', 'g', 'w', '+', '/', '=', '-', ' ', '\n'), maxLength: 8 }),
        (text) => {
          const bytes = decodeBase64(text);
          if (bytes !== null) expect(Buffer.from(bytes).toString('base64')).toBe(text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('a change of any one character of an envelope is refused, or leaves payload and signer as they were', () => {
    const envelope = envelopeOf(alice).trimEnd();
    for (let at = 0; at < envelope.length; at += 3) {
      const changed = `${envelope.slice(0, at)}${envelope[at] === 'A' ? 'B' : 'A'}${envelope.slice(at + 1)}`;
      const outcome = verifyEnvelope(encodeText(changed), trust(1, alice));
      if (outcome.ok) expect([...outcome.value.payload], `character ${at}`).toEqual([...statement]);
    }
  });
});

describe('statements', () => {
  test('are written and read', () => {
    const read = parseStatement(statement);
    expect(read.ok && read.value).toEqual({
      subjects: [{ name: 'data/commitments.json', sha256: 'ab'.repeat(32) }],
      predicateType: 'https://example.org/predicate/v1',
      predicate: { rows: 3 },
    });
  });

  const whole = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'a', digest: { sha256: 'ab'.repeat(32) } }],
    predicateType: 'p',
  };
  test.each([
    { name: 'no JSON', text: 'x', expected: 'statement-json' },
    { name: 'a list', text: '[]', expected: 'statement-json' },
    {
      name: 'version 0.1',
      text: JSON.stringify({ ...whole, _type: 'https://in-toto.io/Statement/v0.1' }),
      expected: 'statement-type',
    },
    { name: 'no subject', text: JSON.stringify({ ...whole, subject: [] }), expected: 'statement-subject' },
    {
      name: 'a subject without name',
      text: JSON.stringify({ ...whole, subject: [{ digest: { sha256: 'ab'.repeat(32) } }] }),
      expected: 'statement-subject',
    },
    {
      name: 'a digest in capitals',
      text: JSON.stringify({ ...whole, subject: [{ name: 'a', digest: { sha256: 'AB'.repeat(32) } }] }),
      expected: 'statement-subject',
    },
    {
      name: 'another digest only',
      text: JSON.stringify({ ...whole, subject: [{ name: 'a', digest: { md5: 'ab' } }] }),
      expected: 'statement-subject',
    },
    {
      name: 'no predicate type',
      text: JSON.stringify({ ...whole, predicateType: '' }),
      expected: 'statement-predicate',
    },
    {
      name: 'a predicate that is a list',
      text: JSON.stringify({ ...whole, predicate: [] }),
      expected: 'statement-predicate',
    },
  ])('refuses $name', ({ text, expected }) => {
    expect(code(parseStatement(encodeText(text)))).toBe(expected);
  });
});
