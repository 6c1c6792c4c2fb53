// Notes and checkpoints: the public cases, an independent verifier, and what must be refused.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leafHash } from '../merkle.ts';
import { concatBytes, decodeBase64, encodeText } from '../sign/encoding.ts';
import { publicKeyDer } from '../sign/public-key.ts';
import { checkContinuation, formatCheckpoint, parseCheckpointText } from './checkpoint.ts';
import { naiveConsistency, naiveRoot } from './naive-tree.test-data.ts';
import { formatNote, noteSigners, parseNote } from './note.ts';
import { parseTlogProof } from './proof.ts';
import { code, json, logLine, must, signerOf } from './signers.test-data.ts';
import { parseVerifierKey, verifierKey } from './verifier-key.ts';

interface NoteCase {
  readonly name: string;
  readonly note: string;
  readonly keys: readonly string[];
  readonly signers: readonly string[] | null;
}

describe('signed notes', () => {
  const notes = json('checkpoint/notes.json') as {
    readonly cases: readonly NoteCase[];
    readonly signing: { readonly key: string; readonly text: string; readonly note: string };
    readonly keysRefused: readonly string[];
  };

  test.each(notes.cases)('$name', ({ note, keys, signers }) => {
    const parsed = parseNote(encodeText(note));
    const known = keys.map((text) => must(parseVerifierKey(text)));
    const outcome = parsed.ok ? noteSigners(parsed.value, known) : parsed;
    expect(outcome.ok ? outcome.value.map(({ key }) => key.name) : null).toEqual(signers);
  });

  test('what we write for the key of the Go reference is the note of the Go reference', () => {
    const { key, text, note } = notes.signing;
    const secret = decodeBase64(key.slice(key.lastIndexOf('+A') + 1)) ?? new Uint8Array();
    const privateKey = createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret.subarray(1)]),
      format: 'der',
      type: 'pkcs8',
    });
    const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    const written = verifierKey('PeterNeumann', 'note', Uint8Array.from(der.subarray(12)));
    expect(`${text}\n${logLine(text, { key: written, privateKey })}`).toBe(note);
  });

  test.each(notes.keysRefused)('the verifier key %s is refused', (text) => {
    expect(parseVerifierKey(text).ok).toBe(false);
  });

  test('a byte that is not UTF-8, a tab, 65 signatures and 300 kB are refused by name', () => {
    const { note } = notes.signing;
    const line = note.slice(note.indexOf('\u2014'));
    expect(code(parseNote(concatBytes(Uint8Array.of(0xff), encodeText(note))))).toBe('note-text');
    expect(code(parseNote(encodeText(`\t${note}`)))).toBe('note-text');
    expect(code(parseNote(encodeText(`text\n\n${line.repeat(65)}`)))).toBe('note-signatures');
    expect(parseNote(encodeText(`text\n\n${line.repeat(64)}`)).ok).toBe(true);
    expect(code(parseNote(encodeText(`${'x'.repeat(300_000)}\n\n${line}`)))).toBe('note-size');
    expect(code(parseNote(encodeText('text\nno empty line\n')))).toBe('note-form');
    expect(code(parseNote(encodeText(`text\n\n${line.replace('\u2014', '-')}`)))).toBe('note-signature-line');
    expect(code(parseNote(encodeText(`text\n\n${line.replace('=\n', '\n')}`)))).toBe('note-signature-line');
  });

  test('any bytes are read or refused, never thrown over, and what is read is written back as it was', () => {
    const { note } = notes.signing;
    fc.assert(
      fc.property(
        fc.nat({ max: note.length - 1 }),
        fc.string({ unit: 'binary', maxLength: 4 }),
        (at, put) => {
          const bytes = encodeText(note.slice(0, at) + put + note.slice(at + put.length));
          const parsed = parseNote(bytes);
          if (parsed.ok) expect(formatNote(parsed.value)).toEqual(bytes);
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([true, false]).toContain(parseNote(bytes).ok);
        expect([true, false]).toContain(parseTlogProof(bytes).ok);
      }),
      { numRuns: 300 },
    );
  });
});

interface CheckpointCase {
  readonly name: string;
  readonly text: string;
  readonly size: number | null;
}

describe('checkpoints', () => {
  const root = naiveRoot([]);

  test.each(json('checkpoint/checkpoints.json') as readonly CheckpointCase[])('$name', ({ text, size }) => {
    const outcome = parseCheckpointText(text);
    expect(outcome.ok ? outcome.value.size : null).toBe(size);
  });

  test.each([
    { name: 'a leading zero', text: (hash: string) => `o\n01\n${hash}\n`, expected: 'checkpoint-size' },
    { name: 'a plus sign', text: (hash: string) => `o\n+1\n${hash}\n`, expected: 'checkpoint-size' },
    {
      name: 'a size of 2^53',
      text: (hash: string) => `o\n9007199254740992\n${hash}\n`,
      expected: 'checkpoint-size',
    },
    { name: 'an empty line', text: (hash: string) => `o\n1\n${hash}\n\nmore\n`, expected: 'checkpoint-form' },
    {
      name: 'padding left out',
      text: (hash: string) => `o\n1\n${hash.replace('=', '')}\n`,
      expected: 'checkpoint-root',
    },
    {
      name: 'stray bits',
      text: (hash: string) => `o\n1\n${hash.replace(/.=$/, 'V=')}\n`,
      expected: 'checkpoint-root',
    },
    {
      name: 'size 0 with another root than that of nothing',
      text: () => `o\n0\n${Buffer.alloc(32, 7).toString('base64')}\n`,
      expected: 'checkpoint-root',
    },
  ])('refuses $name', ({ text, expected }) => {
    expect(code(parseCheckpointText(text(Buffer.from(root).toString('base64'))))).toBe(expected);
  });

  test('a log may grow, and may not shrink, fork, or become another log', () => {
    const leaves = Array.from({ length: 9 }, (_, at) => leafHash(Uint8Array.of(at)));
    const head = (size: number, from = leaves, origin = 'cert.example/log') => ({
      origin,
      size,
      root: naiveRoot(from.slice(0, size)),
      extensions: [],
    });
    const proof = naiveConsistency(leaves, 5);
    const forked = leaves.map((leaf, at) => (at === 2 ? leafHash(leaf) : leaf));
    expect(checkContinuation(head(5), head(9), proof).ok).toBe(true);
    expect(checkContinuation(head(0), head(9), []).ok).toBe(true);
    expect(checkContinuation(head(9), head(9), []).ok).toBe(true);
    expect(code(checkContinuation(head(9), head(5), proof))).toBe('proof-consistency');
    expect(code(checkContinuation(head(5, forked), head(9), proof))).toBe('proof-consistency');
    expect(code(checkContinuation(head(9, forked), head(9), []))).toBe('proof-consistency');
    expect(code(checkContinuation(head(5), head(9), proof.slice(1)))).toBe('proof-consistency');
    expect(code(checkContinuation(head(5, leaves, 'other.example'), head(9), proof))).toBe(
      'checkpoint-origin',
    );
  });
});

test("sigstore's independent verifier of signed notes accepts our checkpoint, and refuses it with a changed size", () => {
  const require = createRequire(import.meta.url);
  // Its package exports the verification of whole bundles only; this is the function that one calls for checkpoints.
  const { verifyCheckpoint } = require('@sigstore/verify/dist/tlog/checkpoint.js') as {
    readonly verifyCheckpoint: (entry: object, logs: readonly object[]) => { readonly logSize: bigint };
  };
  const log = signerOf('cert.example/log', 'note', 1);
  const root = naiveRoot([leafHash(encodeText('one'))]);
  const text = formatCheckpoint({ origin: 'cert.example/log', size: 1, root, extensions: [] });
  const envelope = `${text}\n${logLine(text, log)}`;
  const publicKey = createPublicKey({
    key: Buffer.from(publicKeyDer(log.key.publicKey)),
    format: 'der',
    type: 'spki',
  });
  const logs = [{ logID: Buffer.from(log.key.id, 'hex'), baseURL: 'https://cert.example/log', publicKey }];
  const entry = (note: string) => ({ inclusionProof: { checkpoint: { envelope: note } } });
  expect(verifyCheckpoint(entry(envelope), logs).logSize).toBe(1n);
  expect(() => verifyCheckpoint(entry(envelope.replace('\n1\n', '\n2\n')), logs)).toThrow();
});
