// Proofs and entries: one made by other programs, ours, and what must be refused.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { leafHash, verifyInclusion } from '../merkle.ts';
import { decodeBase64, encodeText } from '../sign/encoding.ts';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { readCosignature, writeCosignature } from './cosignature.ts';
import { entryOf, formatEntry, parseEntry } from './entry.ts';
import { naiveInclusion, naiveRoot } from './naive-tree.test-data.ts';
import { formatSignatureLine } from './note.ts';
import { judgeCheckpoint, parsePolicy, simplePolicy } from './policy.ts';
import { formatTlogProof, parseTlogProof, verifyLoggedPayload, verifyTlogProof } from './proof.ts';
import { code, json, logLine, must, signed, signerOf, vector, witnessLine } from './signers.test-data.ts';
import { verifierKey } from './verifier-key.ts';

interface OakCase {
  readonly logKey: string;
  readonly witnessKey: string;
  readonly entry: string;
  readonly real: {
    readonly entry: string;
    readonly index: number;
    readonly size: number;
    readonly hashes: readonly string[];
    readonly root: string;
  };
}

describe('tlog-proof, made by other programs (Project Oak)', () => {
  const oak = json('tlog-proof/test.json') as OakCase;
  const text = vector('tlog-proof/test.tlog-proof');
  const policyText = (quorum: string) =>
    `log ${oak.logKey}\nwitness w1 ${oak.witnessKey}\nquorum ${quorum}\n`;
  const leaf = leafHash(encodeText(oak.entry));

  test('verifies under a policy that asks for its witness, and says when the witness signed', () => {
    const outcome = verifyTlogProof(must(parseTlogProof(text)), leaf, must(parsePolicy(policyText('w1'))));
    expect(must(outcome)).toMatchObject({ origin: 'fake.log.origin/log', index: 3, size: 4 });
    expect(must(outcome).witnesses.map(({ key, timeSeconds }) => [key.name, timeSeconds])).toEqual([
      ['test-witness', 1_771_605_822],
    ]);
  });

  test('is written back byte for byte', () => {
    expect(formatTlogProof(must(parseTlogProof(text)))).toBe(text.toString('utf8'));
  });

  test('a change of any one byte is refused', () => {
    const policy = must(parsePolicy(policyText('w1')));
    for (let at = 0; at < text.length; at += 1) {
      const changed = Uint8Array.from(text);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const parsed = parseTlogProof(changed);
      expect(parsed.ok && verifyTlogProof(parsed.value, leaf, policy).ok, `byte ${at}`).toBe(false);
    }
  });

  test('an entry of a real log of 76,959 entries', () => {
    const { entry, index, size, hashes, root } = oak.real;
    const claim = {
      index,
      size,
      leaf: leafHash(encodeText(entry)),
      proof: hashes.map((hash) => decodeBase64(hash) ?? new Uint8Array()),
      root: decodeBase64(root) ?? new Uint8Array(),
    };
    expect(verifyInclusion(claim)).toBe(true);
    expect(verifyInclusion({ ...claim, index: index - 1 })).toBe(false);
  });
});

describe('a proof of ours', () => {
  const log = signerOf('cert.example/log', 'note', 1);
  const witnesses = [2, 3, 4].map((seed) => signerOf(`witness${seed}.example`, 'cosignature', seed));
  const payload = encodeText('{"a":"statement"}');
  const entry = formatEntry(entryOf(payload, 'application/vnd.in-toto+json'));
  const leaves = Array.from({ length: 6 }, (_, at) => leafHash(at === 4 ? entry : Uint8Array.of(at)));
  const checkpointText = formatCheckpoint({
    origin: 'cert.example/log',
    size: 6,
    root: naiveRoot(leaves),
    extensions: [],
  });

  function proofWith(lines: readonly string[], index = 4, extra: Uint8Array | null = entry): Uint8Array {
    const checkpoint = must(parseCheckpoint(encodeText(`${checkpointText}\n${lines.join('')}`)));
    return encodeText(formatTlogProof({ extra, index, hashes: naiveInclusion(leaves, index), checkpoint }));
  }

  const lines = [
    logLine(checkpointText, log),
    ...witnesses.slice(0, 2).map((witness, at) => witnessLine(checkpointText, witness, 1_700_000_000 + at)),
  ];
  const keys = witnesses.map(({ key }) => key);

  test('verifies with two of three witnesses', () => {
    const outcome = verifyLoggedPayload(proofWith(lines), payload, simplePolicy([log.key], keys, 2));
    expect(must(outcome)).toMatchObject({ index: 4, size: 6, entry: { corrects: null } });
    expect(must(outcome).witnesses.length).toBe(2);
  });

  const other = signerOf('other.example/log', 'note', 9);
  const imposter = signerOf('cert.example/log', 'note', 10);
  const shuffled = proofWith(lines);
  test.each([
    {
      name: 'three witnesses wanted, two there',
      proof: proofWith(lines),
      policy: simplePolicy([log.key], keys, 3),
      expected: 'witness-quorum',
    },
    {
      name: 'the log is not known',
      proof: proofWith(lines),
      policy: simplePolicy([other.key], [], 0),
      expected: 'checkpoint-origin',
    },
    {
      name: 'another key under the same origin',
      proof: proofWith(lines),
      policy: simplePolicy([imposter.key], [], 0),
      expected: 'note-unsigned',
    },
    {
      name: 'no signature of the log',
      proof: proofWith(lines.slice(1)),
      policy: simplePolicy([log.key], keys, 2),
      expected: 'note-unsigned',
    },
    {
      name: 'the proof of another entry',
      proof: proofWith(lines, 3),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-inclusion',
    },
    {
      name: 'no entry in it',
      proof: proofWith(lines, 4, null),
      policy: simplePolicy([log.key], [], 0),
      expected: 'entry-form',
    },
    {
      name: 'the entry of another payload',
      proof: proofWith(lines, 4, formatEntry(entryOf(encodeText('other'), 'application/vnd.in-toto+json'))),
      policy: simplePolicy([log.key], [], 0),
      expected: 'entry-payload',
    },
    {
      name: 'the entry of another type of payload',
      proof: proofWith(lines, 4, formatEntry(entryOf(payload, 'text/plain'))),
      policy: simplePolicy([log.key], [], 0),
      expected: 'entry-payload',
    },
    {
      name: 'a correction mark added to the entry',
      proof: proofWith(lines, 4, formatEntry(entryOf(payload, 'application/vnd.in-toto+json', 1))),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-inclusion',
    },
    {
      name: 'a witness line moved to another time',
      proof: proofWith([
        lines[0] ?? '',
        witnessLine(checkpointText, { ...(witnesses[0] ?? other), privateKey: other.privateKey }, 5),
      ]),
      policy: simplePolicy([log.key], keys, 0),
      expected: 'note-signature-wrong',
    },
    {
      name: 'a hash left out',
      proof: encodeText(new TextDecoder().decode(shuffled).replace(/(index 4\n)[^\n]+\n/, '$1')),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-inclusion',
    },
    {
      name: 'base64 with a space',
      proof: encodeText(new TextDecoder().decode(shuffled).replace(/(index 4\n.{5})/, '$1 ')),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-hash',
    },
    {
      name: 'a carriage return',
      proof: encodeText(new TextDecoder().decode(shuffled).replace('index 4\n', 'index 4\r\n')),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-index',
    },
    {
      name: 'an index of the size',
      proof: encodeText(new TextDecoder().decode(shuffled).replace('index 4\n', 'index 6\n')),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-index',
    },
    {
      name: 'an index with a leading zero',
      proof: encodeText(new TextDecoder().decode(shuffled).replace('index 4\n', 'index 04\n')),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-index',
    },
    {
      name: 'another first line',
      proof: encodeText(new TextDecoder().decode(shuffled).replace('@v1', '@v2')),
      policy: simplePolicy([log.key], [], 0),
      expected: 'proof-form',
    },
  ])('is refused: $name', ({ proof, policy, expected }) => {
    expect(code(verifyLoggedPayload(proof, payload, policy))).toBe(expected);
  });

  test('witnesses that are not known count for nothing, and do no harm', () => {
    const outcome = verifyLoggedPayload(proofWith(lines), payload, simplePolicy([log.key], [], 0));
    expect(must(outcome).witnesses).toEqual([]);
  });

  test('one witness that signs twice counts once', () => {
    const [, first = ''] = lines;
    const twice = proofWith([lines[0] ?? '', first, first]);
    expect(code(verifyLoggedPayload(twice, payload, simplePolicy([log.key], keys, 2)))).toBe(
      'witness-quorum',
    );
  });

  test("a log's signature does not pass for a cosignature of the same key, nor the other way round", () => {
    const asWitness = verifierKey(log.key.name, 'cosignature', log.key.publicKey);
    expect(asWitness.id).not.toBe(log.key.id);
    const bytes = signed(encodeText(checkpointText), log.privateKey);
    const forged = formatSignatureLine({
      name: asWitness.name,
      id: asWitness.id,
      bytes: writeCosignature({ timeSeconds: 1, signature: bytes }),
    });
    const outcome = verifyLoggedPayload(
      proofWith([lines[0] ?? '', forged]),
      payload,
      simplePolicy([log.key], [asWitness], 1),
    );
    expect(code(outcome)).toBe('note-signature-wrong');
  });

  test('cosignatures without a time or with one beyond 2^53 are refused by name', () => {
    expect(code(readCosignature(new Uint8Array(71)))).toBe('cosignature-form');
    expect(code(readCosignature(new Uint8Array(72)))).toBe('cosignature-time');
    expect(code(readCosignature(new Uint8Array(72).fill(255)))).toBe('cosignature-time');
  });

  test('judgeCheckpoint names witnesses in the order of the policy, with their times', () => {
    const checkpoint = must(
      parseCheckpoint(encodeText(`${checkpointText}\n${[...lines].reverse().join('')}`)),
    );
    const judged = must(judgeCheckpoint(checkpoint, simplePolicy([log.key], keys, 2)));
    expect(judged.witnesses.map(({ key, timeSeconds }) => [key.name, timeSeconds])).toEqual([
      ['witness2.example', 1_700_000_000],
      ['witness3.example', 1_700_000_001],
    ]);
  });
});

describe('entries', () => {
  test('are written in one form only, and read back', () => {
    const entry = entryOf(encodeText('x'), 'application/vnd.in-toto+json', 3);
    const digest = createHash('sha256').update('x').digest('hex');
    expect(new TextDecoder().decode(formatEntry(entry))).toBe(
      `{"corrects":3,"format":"tocsin-log-entry/1","payload_sha256":"${digest}","payload_type":"application/vnd.in-toto+json"}`,
    );
    expect(must(parseEntry(formatEntry(entry)))).toEqual(entry);
  });

  test.each([
    'no JSON',
    '[]',
    '{"format":"tocsin-log-entry/2"}',
    `{"format":"tocsin-log-entry/1","payload_sha256":"${'AB'.repeat(32)}","payload_type":"t"}`,
    `{"format":"tocsin-log-entry/1","payload_sha256":"${'ab'.repeat(32)}","payload_type":"t" }`,
    `{"corrects":-1,"format":"tocsin-log-entry/1","payload_sha256":"${'ab'.repeat(32)}","payload_type":"t"}`,
    `{"corrects":null,"format":"tocsin-log-entry/1","payload_sha256":"${'ab'.repeat(32)}","payload_type":"t"}`,
    `{"extra":1,"format":"tocsin-log-entry/1","payload_sha256":"${'ab'.repeat(32)}","payload_type":"t"}`,
  ])('refuses %s', (text) => {
    expect(code(parseEntry(encodeText(text)))).toBe('entry-form');
  });
});
