// The log as its owner, its witnesses and its readers meet it: growth, proofs, forks, roll-backs, crashes, cosignatures.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  encodeText,
  entryOf,
  formatEntry,
  leafHash,
  noteKeyOf,
  parseCheckpoint,
  parseTlogProof,
  simplePolicy,
  statementPayloadType,
  treeRoot,
  type VerifierKey,
  verifyLoggedPayload,
} from '@tocsin/verify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../ground/clock.ts';
import { initKeys, revokeKey, rotateKey } from '../keys/acts.ts';
import { currentKeys, type KeyRing, logKeys, openKeys } from '../keys/key-ring.ts';
import { appendToLog, initLog, proofOf, resignLog } from './append.ts';
import { checkLog } from './check.ts';
import { readCheckpointFile, treeOf, writeLogFile } from './folder.ts';
import { growTiles } from './grow.ts';
import { show, signHead } from './signing.ts';
import { acceptCosignature, cosignFolder } from './witness.ts';

const root = mkdtempSync(join(tmpdir(), 'tocsin-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
function folder(name: string): string {
  made += 1;
  return join(root, `${name}-${made}`);
}
const clock: Clock = { nowMs: () => Date.parse('2026-03-01T00:00:00Z') };
const payload = (at: number) => encodeText(`{"statement":${at}}`);

interface Publisher {
  readonly keys: KeyRing;
  readonly dir: string;
}

async function publisher(entries: number): Promise<Publisher> {
  const wanted = {
    dir: folder('keys'),
    publisher: 'CERT',
    origin: 'cert.example/log',
    mail: null,
    passphrase: null,
    clock,
  };
  const keys = await initKeys(wanted);
  const dir = folder('log');
  await initLog(dir, keys);
  if (entries <= 20)
    for (let at = 0; at < entries; at += 1) await appendToLog(dir, { payload: payload(at) }, keys);
  else {
    // Many at once, by the steps of an append: one by one they take half a minute of flushing.
    const bytes = Array.from({ length: entries }, (_, at) =>
      formatEntry(entryOf(payload(at), statementPayloadType)),
    );
    const root = await growTiles(dir, 0, bytes);
    show(dir, signHead(keys, { origin: 'cert.example/log', size: entries, root }), keys);
  }
  return { keys, dir };
}

const policyOf = ({ keys }: Publisher, witnesses: readonly VerifierKey[] = [], needed = 0) =>
  simplePolicy(logKeys(keys, 'cert.example/log'), witnesses, needed);
const checkpointOf = (dir: string) => {
  const parsed = parseCheckpoint(readCheckpointFile(dir));
  if (!parsed.ok) throw new Error(parsed.reason.code);
  return parsed.value;
};
const copyOf = (dir: string) => {
  const copy = folder('copy');
  cpSync(dir, copy, { recursive: true });
  return copy;
};
const problemsOf = async (log: Publisher) =>
  (await checkLog(log.dir, policyOf(log))).problems.map(({ code }) => code);

describe('appending', () => {
  test('every proof verifies offline, for its own payload only, and earlier proofs stay valid', async () => {
    const log = await publisher(0);
    const proofs: string[] = [];
    for (let at = 0; at < 12; at += 1)
      proofs.push(await appendToLog(log.dir, { payload: payload(at) }, log.keys));
    for (const [at, proof] of proofs.entries()) {
      const outcome = verifyLoggedPayload(encodeText(proof), payload(at), policyOf(log));
      expect(outcome.ok && [outcome.value.index, outcome.value.size]).toEqual([at, at + 1]);
      expect(verifyLoggedPayload(encodeText(proof), payload(at + 1), policyOf(log)).ok).toBe(false);
    }
    expect(await problemsOf(log)).toEqual([]);
  });

  test('a correction refers to what it corrects, which stays', async () => {
    const log = await publisher(2);
    await appendToLog(log.dir, { payload: payload(9), corrects: 0 }, log.keys);
    const { entries } = await checkLog(log.dir, policyOf(log));
    expect(entries.map(({ corrects, correctedBy }) => [corrects, correctedBy])).toEqual([
      [null, 2],
      [null, null],
      [0, null],
    ]);
    expect(entries[0]?.payloadType).toBe(statementPayloadType);
  });

  test.each([-1, 2, 3, 0.5])('there is no entry %d to correct in a log of 2', async (corrects) => {
    const log = await publisher(2);
    const act = appendToLog(log.dir, { payload: payload(9), corrects }, log.keys);
    await expect(act).rejects.toThrow('correction-of-nothing');
    expect(checkpointOf(log.dir).size).toBe(2);
  });

  test('two at once: the second waits for nobody and is refused, or comes after; nothing is lost', async () => {
    const log = await publisher(1);
    const results = await Promise.allSettled(
      [1, 2, 3].map((at) => appendToLog(log.dir, { payload: payload(at) }, log.keys)),
    );
    const kept = results.filter(({ status }) => status === 'fulfilled').length;
    expect(kept).toBeGreaterThan(0);
    expect(checkpointOf(log.dir).size).toBe(1 + kept);
    expect(await problemsOf(log)).toEqual([]);
  });

  test('a lock left by a process that is gone does not stop the next', async () => {
    const log = await publisher(1);
    writeFileSync(join(log.dir, '.lock'), '999999999');
    await appendToLog(log.dir, { payload: payload(1) }, log.keys);
    expect(existsSync(join(log.dir, '.lock'))).toBe(false);
  });

  test('a log is not made twice, nor under an origin that has one', async () => {
    const log = await publisher(1);
    await expect(initLog(log.dir, log.keys)).rejects.toThrow('holds a log already');
    await expect(initLog(folder('second'), log.keys)).rejects.toThrow('log-fork');
  });
});

describe('tiles on disk', () => {
  test('grown in any steps to any size up to 700, they give the root, and the old tiles are never touched', async () => {
    const entryAt = (at: number) => encodeText(`entry ${at}`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 290 }), { minLength: 1, maxLength: 4 }),
        async (steps) => {
          const dir = folder('tiles');
          let size = 0;
          for (const step of steps) {
            const full = Math.floor(size / 256);
            const before = full === 0 ? null : readFileSync(join(dir, 'tile/0/000'));
            const added = Array.from({ length: step }, (_, at) => entryAt(size + at));
            const grown = await growTiles(dir, size, added);
            size += step;
            const leaves = Array.from({ length: size }, (_, at) => leafHash(entryAt(at)));
            expect(grown).toEqual(treeRoot(leaves));
            expect(await treeOf(dir, size).root()).toEqual(treeRoot(leaves));
            if (before !== null) expect(readFileSync(join(dir, 'tile/0/000'))).toEqual(before);
          }
          const bundle = await treeOf(dir, size).entries(Math.floor((size - 1) / 256));
          expect(bundle.at(-1)).toEqual(entryAt(size - 1));
          rmSync(dir, { recursive: true });
        },
      ),
      { numRuns: 12 },
    );
  });

  test('when a tile is full its partial ones go, and proofs under old checkpoints are still read', async () => {
    const log = await publisher(254);
    const old = checkpointOf(log.dir);
    for (let at = 254; at < 258; at += 1) await appendToLog(log.dir, { payload: payload(at) }, log.keys);
    expect(existsSync(join(log.dir, 'tile/0/000.p'))).toBe(false);
    expect(existsSync(join(log.dir, 'tile/entries/000.p'))).toBe(false);
    const proof = await proofOf(log.dir, old, 17);
    expect(verifyLoggedPayload(encodeText(proof), payload(17), policyOf(log)).ok).toBe(true);
    expect(await problemsOf(log)).toEqual([]);
  });
});

describe('what is refused', () => {
  test('a folder set back to an earlier state (a restored backup)', async () => {
    const log = await publisher(3);
    const backup = copyOf(log.dir);
    await appendToLog(log.dir, { payload: payload(3) }, log.keys);
    const act = appendToLog(backup, { payload: payload(4) }, log.keys);
    await expect(act).rejects.toThrow('log-rolled-back');
    expect(checkpointOf(backup).size).toBe(3);
  });

  test('another history of the same length, signed with the same keys elsewhere', async () => {
    const log = await publisher(2);
    const otherKeys = openKeys(copyOf(log.keys.dir));
    const other = copyOf(log.dir);
    await appendToLog(log.dir, { payload: payload(2) }, log.keys);
    await appendToLog(other, { payload: payload(99) }, otherKeys);
    await expect(appendToLog(other, { payload: payload(3) }, log.keys)).rejects.toThrow('log-fork');
    await appendToLog(other, { payload: payload(100) }, otherKeys);
    await expect(appendToLog(other, { payload: payload(3) }, log.keys)).rejects.toThrow('log-fork');
  });

  test('a folder with other tiles than those that were signed, left by an append that was interrupted elsewhere', async () => {
    const log = await publisher(3);
    const other = copyOf(log.dir);
    await appendToLog(log.dir, { payload: payload(3) }, log.keys);
    await growTiles(other, 3, [formatEntry(entryOf(payload(99), statementPayloadType))]);
    await expect(appendToLog(other, { payload: payload(4) }, log.keys)).rejects.toThrow('log-fork');
    expect(checkpointOf(other).size).toBe(3);
  });

  test.each([
    { name: 'a bit in a hash tile', path: 'tile/0/000.p/3', at: 40, said: 'log-root' },
    { name: 'a bit in the root hash', path: 'checkpoint', at: 25, said: 'note-signature-wrong' },
    { name: 'a bit in the signature', path: 'checkpoint', at: 130, said: 'note-signature-wrong' },
  ])('$name', async ({ path, at, said }) => {
    const log = await publisher(3);
    const file = join(log.dir, path);
    const bytes = readFileSync(file);
    // A letter for a letter: what stays base64 must fail by its signature.
    bytes[at] = path === 'checkpoint' ? (bytes[at] === 65 ? 66 : 65) : (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(appendToLog(log.dir, { payload: payload(3) }, log.keys)).rejects.toThrow(said);
    expect(await problemsOf(log)).toContain(said);
  });

  test('a log whose tiles are cut off', async () => {
    const log = await publisher(3);
    rmSync(join(log.dir, 'tile/0'), { recursive: true });
    await expect(appendToLog(log.dir, { payload: payload(3) }, log.keys)).rejects.toThrow('tile-missing');
    expect(await problemsOf(log)).toContain('tile-missing');
  });

  test('an entry changed behind its hash, found by the check', async () => {
    const log = await publisher(3);
    const path = join(log.dir, 'tile/entries/000.p/3');
    writeFileSync(
      path,
      readFileSync(path, 'latin1').replace('tocsin-log-entry/1', 'tocsin-log-entry/9'),
      'latin1',
    );
    const problems = await problemsOf(log);
    expect(problems).toContain('entry-form');
    expect(problems).toContain('tile-mismatch');
  });

  test("another publisher's keys", async () => {
    const [log, other] = [await publisher(1), await publisher(1)];
    await expect(appendToLog(log.dir, { payload: payload(1) }, other.keys)).rejects.toThrow('note-unsigned');
  });
});

describe('a crash half-way', () => {
  let log: Publisher;
  beforeAll(async () => {
    log = await publisher(255);
  }, 120_000);

  const child = fileURLToPath(new URL('append-and-die.test-data.ts', import.meta.url));
  // The append of entry 255 fills a tile: entries, tile 0, tile 1, the memory, log.json, checkpoint: six renamings.
  const moments = [1, 2, 3, 4, 5, 6].flatMap((nth) =>
    (['before', 'after'] as const).map((when) => ({ nth, when })),
  );

  test.each(moments)(
    'killed $when renaming $nth: whole or not at all, and the log goes on',
    async ({ nth, when }) => {
      const dir = copyOf(log.dir);
      const keys = openKeys(copyOf(log.keys.dir));
      const text = '{"statement":"crash"}';
      const args = ['--import', 'tsx', child, dir, keys.dir, text, String(nth), when];
      const { signal } = spawnSync(process.execPath, args, { stdio: 'pipe' });
      expect(signal).toBe('SIGKILL');
      // What readers see at once is a sound log of 255 or 256 entries.
      const shown = checkpointOf(dir).size;
      expect(shown).toBe(nth === 6 && when === 'after' ? 256 : 255);
      expect(await problemsOf({ dir, keys })).toEqual([]);
      // Something else is logged next: it comes after what was signed, and never in its place.
      const isSigned = nth > 4 || (nth === 4 && when === 'after');
      const other = await appendToLog(copyOf(dir), { payload: payload(1000) }, openKeys(copyOf(keys.dir)));
      const parsed = parseTlogProof(encodeText(other));
      expect(parsed.ok && parsed.value.index).toBe(isSigned ? 256 : 255);
      // The same is logged again, as a caller does who got no proof: it is in the log once.
      const proof = await appendToLog(dir, { payload: encodeText(text) }, keys);
      const outcome = verifyLoggedPayload(encodeText(proof), encodeText(text), policyOf({ dir, keys }));
      const isShown = nth === 6 && when === 'after';
      expect(outcome.ok && outcome.value.index).toBe(isShown ? 256 : 255);
      expect(await problemsOf({ dir, keys })).toEqual([]);
    },
  );
});

describe('witnesses', () => {
  async function scene(entries: number) {
    const log = await publisher(entries);
    const wanted = {
      dir: folder('peer'),
      publisher: 'Peer',
      origin: 'peer.example/log',
      mail: null,
      passphrase: null,
      clock,
    };
    const peer = await initKeys(wanted);
    const [logKey] = logKeys(log.keys, 'cert.example/log');
    const [listed] = currentKeys(peer, 'witness');
    if (logKey === undefined || listed === undefined) throw new Error('new folders have both keys');
    return { log, peer, logKey, witness: noteKeyOf(listed) };
  }

  test('a cosignature is accepted, carried by proofs made afterwards, and counted', async () => {
    const { log, peer, logKey, witness } = await scene(4);
    const { line, seenBefore } = await cosignFolder(log.dir, { logKey, keys: peer, clock });
    expect(seenBefore).toBeNull();
    const checkpoint = await acceptCosignature(log.dir, line, witness, log.keys);
    const proof = await proofOf(log.dir, checkpoint, 2);
    const outcome = verifyLoggedPayload(encodeText(proof), payload(2), policyOf(log, [witness], 1));
    expect(outcome.ok && outcome.value.witnesses[0]?.timeSeconds).toBe(1_772_323_200);
    const before = await proofOf(
      log.dir,
      { ...checkpoint, note: { ...checkpoint.note, signatures: checkpoint.note.signatures.slice(0, 1) } },
      2,
    );
    expect(verifyLoggedPayload(encodeText(before), payload(2), policyOf(log, [witness], 1)).ok).toBe(false);
    await acceptCosignature(log.dir, line, witness, log.keys);
    expect(checkpointOf(log.dir).note.signatures.length).toBe(2);
    expect(await problemsOf(log)).toEqual([]);
  });

  test('a log that only grew is cosigned again', async () => {
    const { log, peer, logKey } = await scene(3);
    await cosignFolder(log.dir, { logKey, keys: peer, clock });
    for (let at = 3; at < 8; at += 1) await appendToLog(log.dir, { payload: payload(at) }, log.keys);
    const again = await cosignFolder(log.dir, { logKey, keys: peer, clock });
    expect([again.seenBefore, again.size]).toEqual([3, 8]);
  });

  test('a log that shrank, or tells another history, is not cosigned, and the witness keeps what it saw', async () => {
    const { log, peer, logKey } = await scene(3);
    const [early, forkedKeys] = [copyOf(log.dir), openKeys(copyOf(log.keys.dir))];
    const forked = copyOf(log.dir);
    for (let at = 3; at < 5; at += 1) await appendToLog(log.dir, { payload: payload(at) }, log.keys);
    await cosignFolder(log.dir, { logKey, keys: peer, clock });
    const cosign = (dir: string) => cosignFolder(dir, { logKey, keys: peer, clock });
    await expect(cosign(early)).rejects.toThrow('shrank from 5 to 3');
    for (let at = 13; at < 15; at += 1) await appendToLog(forked, { payload: payload(at) }, forkedKeys);
    await expect(cosign(forked)).rejects.toThrow('proof-consistency');
    for (let at = 15; at < 19; at += 1) await appendToLog(forked, { payload: payload(at) }, forkedKeys);
    await expect(cosign(forked)).rejects.toThrow('proof-consistency');
    expect((await cosign(log.dir)).seenBefore).toBe(5);
  });

  test('a log under another origin, or whose tiles do not give its root, is not cosigned', async () => {
    const { log, peer, logKey } = await scene(3);
    const [otherKey] = logKeys(peer, 'peer.example/log');
    if (otherKey === undefined) throw new Error('a new folder has it');
    await expect(cosignFolder(log.dir, { logKey: otherKey, keys: peer, clock })).rejects.toThrow(
      'checkpoint-origin',
    );
    writeLogFile(log.dir, 'tile/0/000.p/3', new Uint8Array(96));
    await expect(cosignFolder(log.dir, { logKey, keys: peer, clock })).rejects.toThrow('log-root');
  });

  test('a cosignature of an older checkpoint, of another key, or in bad base64 is not accepted', async () => {
    const { log, peer, logKey, witness } = await scene(3);
    const { line } = await cosignFolder(log.dir, { logKey, keys: peer, clock });
    const accept = (text: string, key = witness) => acceptCosignature(log.dir, text, key, log.keys);
    await expect(accept(line, logKey)).rejects.toThrow('witness-unknown');
    await expect(accept(line.replace('=', ' '))).rejects.toThrow('note-signature-line');
    await expect(accept('')).rejects.toThrow('note-signature-line');
    await appendToLog(log.dir, { payload: payload(3) }, log.keys);
    await expect(accept(line)).rejects.toThrow('it may be of an earlier checkpoint');
    expect(checkpointOf(log.dir).note.signatures.length).toBe(1);
  });

  test('an old proof with an old checkpoint still verifies: it is old, not wrong', async () => {
    const { log } = await scene(1);
    const proof = await proofOf(log.dir, checkpointOf(log.dir), 0);
    for (let at = 1; at < 6; at += 1) await appendToLog(log.dir, { payload: payload(at) }, log.keys);
    expect(verifyLoggedPayload(encodeText(proof), payload(0), policyOf(log)).ok).toBe(true);
  });
});

describe('a new log key', () => {
  test('after a rotation the log is signed by the new key, keeps its cosignatures, and goes on', async () => {
    const log = await publisher(3);
    const keys = rotateKey(log.keys, currentKeys(log.keys, 'log')[0]?.id ?? '', 'yearly', clock);
    const checkpoint = await resignLog(log.dir, keys);
    expect(checkpoint.note.signatures.length).toBe(2);
    const proof = await appendToLog(log.dir, { payload: payload(3) }, keys);
    const newest = logKeys(keys, 'cert.example/log').at(-1);
    if (newest === undefined) throw new Error('there is a current key');
    expect(verifyLoggedPayload(encodeText(proof), payload(3), simplePolicy([newest], [], 0)).ok).toBe(true);
  });

  test('after a revocation a log signed by the revoked key is taken up only where it is the one remembered', async () => {
    const log = await publisher(3);
    const stolenKeys = openKeys(copyOf(log.keys.dir));
    const thief = copyOf(log.dir);
    await appendToLog(thief, { payload: payload(66) }, stolenKeys);
    const revocation = { since: null, reason: 'stolen' };
    const keys = revokeKey(log.keys, currentKeys(log.keys, 'log')[0]?.id ?? '', revocation, clock);
    await expect(resignLog(thief, keys)).rejects.toThrow('note-unsigned');
    const checkpoint = await resignLog(log.dir, keys);
    expect(checkpoint.note.signatures.length).toBe(1);
    expect(await problemsOf({ dir: log.dir, keys })).toEqual([]);
  });
});
