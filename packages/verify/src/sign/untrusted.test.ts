// Everything that is read from strangers: any bytes give a value or a named reason, never an exception.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../log/checkpoint.ts';
import { parseEntry } from '../log/entry.ts';
import { parsePolicy } from '../log/policy.ts';
import { parseTlogProof } from '../log/proof.ts';
import { parseVerifierKey } from '../log/verifier-key.ts';
import { parseEnvelope } from './dsse.ts';
import { decodeText, encodeText } from './encoding.ts';
import { keyStates, parseKeyList } from './key-list.ts';
import { type Outcome, refusals } from './reason.ts';
import { parseStatement } from './statement.ts';
import { parseTrust } from './trust.ts';

const id = 'ab'.repeat(32);
const list = {
  format: 'tocsin-keys/1',
  publisher: 'P',
  keys: [],
  acts: [
    {
      act: 'introduce',
      key: id,
      successor: null,
      time: '2026-01-01T00:00:00Z',
      since: null,
      reason: '',
      entry: id,
      signer: id,
      signature: '',
    },
  ],
  openpgp: null,
};
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'a', digest: { sha256: id } }],
  predicateType: 'p',
};

const readers: readonly { name: string; sample: string; read: (bytes: Uint8Array) => Outcome<unknown> }[] = [
  {
    name: 'envelopes',
    sample: '{"payload":"eA==","payloadType":"t","signatures":[{"keyid":"k","sig":"eA=="}]}',
    read: parseEnvelope,
  },
  { name: 'statements', sample: JSON.stringify(statement), read: parseStatement },
  {
    name: 'lists of keys',
    sample: JSON.stringify(list),
    read: (bytes) => {
      const parsed = parseKeyList(bytes);
      return parsed.ok ? keyStates(parsed.value) : parsed;
    },
  },
  {
    name: 'files of whom to trust',
    sample: JSON.stringify({
      format: 'tocsin-trust/1',
      publishers: [{ root: id, keys: list }],
      log_policy: 'quorum none',
    }),
    read: parseTrust,
  },
  {
    name: 'policies',
    sample: 'witness a b+00000000+BA==\ngroup g any a\nquorum g\n',
    read: (bytes) => parsePolicy(decodeText(bytes) ?? ''),
  },
  { name: 'checkpoints', sample: `o\n1\n${'A'.repeat(43)}=\n\n\u2014 o AAAAAAA=\n`, read: parseCheckpoint },
  {
    name: 'proofs',
    sample: `c2sp.org/tlog-proof@v1\nextra eA==\nindex 0\n\no\n1\n${'A'.repeat(43)}=\n\n\u2014 o AAAAAAA=\n`,
    read: parseTlogProof,
  },
  {
    name: 'entries',
    sample: `{"format":"tocsin-log-entry/1","payload_sha256":"${id}","payload_type":"t"}`,
    read: parseEntry,
  },
  {
    name: 'verifier keys',
    sample: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    read: (bytes) => parseVerifierKey(decodeText(bytes) ?? ''),
  },
];

describe.each(readers)('$name', ({ sample, read }) => {
  const isNamed = (outcome: Outcome<unknown>) => outcome.ok || outcome.reason.code in refusals;

  test('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => isNamed(read(bytes))));
  });

  test('a good one with a piece cut out, doubled, or replaced', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat({ max: 12 }),
        fc.string({ unit: 'binary', maxLength: 6 }),
        (place, length, put) => {
          const at = place % (sample.length + 1);
          const end = Math.min(sample.length, at + length);
          for (const changed of [
            sample.slice(0, at) + put + sample.slice(end),
            sample.slice(0, end) + sample.slice(at),
          ])
            expect(isNamed(read(encodeText(changed)))).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('any JSON, and JSON that is nested a hundred thousand deep', () => {
    fc.assert(fc.property(fc.json(), (text) => isNamed(read(encodeText(text)))));
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const text of [deep, `{"format":"tocsin-trust/1","publishers":[{"root":"r","keys":${deep}}]}`])
      expect(isNamed(read(encodeText(text)))).toBe(true);
  });
});
