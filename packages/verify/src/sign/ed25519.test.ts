// Ed25519 against the public edge cases, and against Node's own verification.
import { createPublicKey, generateKeyPairSync, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifyEd25519 } from './ed25519.ts';
import { concatBytes, encodeText } from './encoding.ts';
import { publicKeyDer, publicKeyId } from './public-key.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/ed25519/${name}`, import.meta.url), 'utf8'));
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

interface EdgeCase {
  readonly number: number;
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

describe('C2SP/CCTV edge cases', () => {
  const cases = read('ed25519vectors.json') as readonly EdgeCase[];
  // What the strict rule refuses, in the words of the vectors. A point with a low-order component is accepted only
  // when the components cancel out without the cofactor.
  const refused = [
    'low_order_A',
    'low_order_R',
    'non_canonical_A',
    'non_canonical_R',
    'low_order_residue',
    'reencoded_k',
  ];

  test('all 914 are read, and both verdicts occur', () => {
    expect(cases.length).toBe(914);
    const accepted = cases.filter(({ flags }) => !flags?.some((flag) => refused.includes(flag)));
    expect(accepted.length).toBeGreaterThan(0);
    expect(accepted.length).toBeLessThan(cases.length);
  });

  test('each is judged as the strict rule says', () => {
    const wrong = cases.filter(({ key, sig, msg, flags }) => {
      const expected = !flags?.some((flag) => refused.includes(flag));
      const outcome = verifyEd25519({
        publicKey: bytes(key),
        message: encodeText(msg),
        signature: bytes(sig),
      });
      return outcome.ok !== expected;
    });
    expect(wrong.map(({ number }) => number)).toEqual([]);
  });

  test('whatever is accepted, Node accepts too', () => {
    const wrong = cases.filter(({ key, sig, msg }) => {
      const outcome = verifyEd25519({
        publicKey: bytes(key),
        message: encodeText(msg),
        signature: bytes(sig),
      });
      return outcome.ok && !nodeAccepts(bytes(key), encodeText(msg), bytes(sig));
    });
    expect(wrong.map(({ number }) => number)).toEqual([]);
  });
});

interface WycheproofGroup {
  readonly publicKey: { readonly pk: string };
  readonly tests: readonly {
    readonly tcId: number;
    readonly msg: string;
    readonly sig: string;
    readonly result: string;
  }[];
}

test('Wycheproof: all 151 cases have their verdict', () => {
  const { testGroups } = read('ed25519_test.json') as { readonly testGroups: readonly WycheproofGroup[] };
  const judged = testGroups.flatMap(({ publicKey, tests }) =>
    tests.map(({ tcId, msg, sig, result }) => ({
      tcId,
      result,
      outcome: verifyEd25519({
        publicKey: bytes(publicKey.pk),
        message: bytes(msg),
        signature: bytes(sig),
      }),
    })),
  );
  expect(judged.length).toBe(151);
  expect(judged.filter(({ result, outcome }) => outcome.ok !== (result === 'valid'))).toEqual([]);
});

describe('reasons are named', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(12));
  const message = encodeText('a message');
  const signature = Uint8Array.from(nodeSign(null, message, privateKey));
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;

  /** S + order: the same signature written a second way. */
  function secondForm(): Uint8Array {
    let scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
    const end = Uint8Array.from({ length: 32 }, () => {
      const byte = Number(scalar & 255n);
      scalar >>= 8n;
      return byte;
    });
    return concatBytes(signature.subarray(0, 32), end);
  }

  const table = [
    { name: 'good', key: raw, sig: signature, code: null },
    { name: 'a key of 31 bytes', key: raw.subarray(1), sig: signature, code: 'key-length' },
    { name: 'a key that is no point', key: new Uint8Array(32).fill(2), sig: signature, code: 'key-encoding' },
    {
      name: 'a key whose y is not below p',
      key: new Uint8Array(32).fill(255),
      sig: signature,
      code: 'key-encoding',
    },
    {
      name: 'the neutral element as key',
      key: Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0)),
      sig: signature,
      code: 'key-small-order',
    },
    { name: 'a signature of 63 bytes', key: raw, sig: signature.subarray(1), code: 'signature-length' },
    { name: 'S beyond the order', key: raw, sig: secondForm(), code: 'signature-scalar' },
    {
      name: 'an R that is no point',
      key: raw,
      sig: concatBytes(new Uint8Array(32).fill(2), signature.subarray(32)),
      code: 'signature-point',
    },
    {
      name: 'the neutral element as R',
      key: raw,
      sig: concatBytes(Uint8Array.of(1), new Uint8Array(31), signature.subarray(32)),
      code: 'signature-small-order',
    },
    {
      name: 'another signature',
      key: raw,
      sig: Uint8Array.from(nodeSign(null, encodeText('another'), privateKey)),
      code: 'signature-wrong',
    },
  ] as const;

  test.each(table)('$name', ({ key, sig, code }) => {
    const outcome = verifyEd25519({ publicKey: key, message, signature: sig });
    expect(outcome.ok ? null : outcome.reason.code).toBe(code);
  });
});

test("what Node signs is accepted, and one changed bit is not (also not by Node's verdict)", () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }).subarray(12));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 511 }), (message, bit) => {
      const signature = Uint8Array.from(nodeSign(null, message, privateKey));
      expect(verifyEd25519({ publicKey: raw, message, signature }).ok).toBe(true);
      const changed = Uint8Array.from(signature);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifyEd25519({ publicKey: raw, message, signature: changed }).ok).toBe(false);
    }),
    { numRuns: 40 },
  );
});

test('a key id is the SHA-256 of the DER that openssl writes', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const raw = Uint8Array.from(der.subarray(12));
  expect(Buffer.from(publicKeyDer(raw))).toEqual(der);
  expect(publicKeyId(raw)).toMatch(/^[0-9a-f]{64}$/);
});

function nodeAccepts(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const node = createPublicKey({ key: Buffer.from(publicKeyDer(key)), format: 'der', type: 'spki' });
  return nodeVerify(null, message, node, signature);
}
