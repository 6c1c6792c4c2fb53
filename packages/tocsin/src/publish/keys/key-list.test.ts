// keys.json as a stranger reads it: what its acts must prove, and the file of whom to trust.
import { rmSync } from 'node:fs';
import {
  encodeBase64,
  type KeyAct,
  type KeyList,
  keyActMessage,
  keyEntryDigest,
  keyStates,
  parseKeyList,
  parsePolicy,
  parseTrust,
  rootKeyId,
  statementPayloadType,
  verifyEnvelope,
} from '@tocsin/verify';
import { afterAll, describe, expect, test } from 'vitest';
import { rotateKey } from './acts.ts';
import { publicFiles } from './export.ts';
import { currentKeys, signerFor } from './key-ring.ts';
import { clockAt, root as folder, newKeys, statement } from './new-keys.test-data.ts';
import { signStatement } from './sign.ts';

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (list: KeyList) => new TextEncoder().encode(JSON.stringify(list));

describe('a list of keys from elsewhere', () => {
  const later = clockAt('2026-06-01T00:00:00Z');
  async function rotated() {
    const ring = await newKeys();
    const old = currentKeys(ring, 'statement')[0]?.id ?? '';
    return rotateKey(ring, old, 'yearly', later);
  }
  const problem = (list: KeyList): string | null => {
    const parsed = parseKeyList(bytesOf(list));
    if (!parsed.ok) return parsed.reason.code;
    const states = keyStates(parsed.value);
    return states.ok ? null : states.reason.code;
  };

  test('is accepted as it was made', async () => {
    expect(problem((await rotated()).list)).toBeNull();
  });

  test.each<{ name: string; change: (list: KeyList) => unknown; expected: string }>([
    {
      name: 'another format',
      change: (list) => ({ ...list, format: 'tocsin-keys/2' }),
      expected: 'key-list-json',
    },
    {
      name: 'a key under a wrong id',
      change: (list) => ({ ...list, keys: list.keys.map((key) => ({ ...key, id: 'ab'.repeat(32) })) }),
      expected: 'key-list-entry',
    },
    {
      name: 'a key of small order',
      change: (list) => ({
        ...list,
        keys: list.keys.map((key) => ({ ...key, public_key: encodeBase64(new Uint8Array(32)) })),
      }),
      expected: 'key-small-order',
    },
    {
      name: 'a key twice',
      change: (list) => ({ ...list, keys: [...list.keys, ...list.keys] }),
      expected: 'key-list-entry',
    },
    {
      name: 'an act with another reason',
      change: (list) => ({ ...list, acts: list.acts.map((act) => ({ ...act, reason: 'other' })) }),
      expected: 'key-list-act-signature',
    },
    {
      name: 'another publisher',
      change: (list) => ({ ...list, publisher: 'Someone' }),
      expected: 'key-list-act',
    },
    {
      name: 'an act turned into a revocation',
      change: (list) => ({
        ...list,
        acts: list.acts.map((act) =>
          act.act === 'rotate' ? { ...act, act: 'revoke', since: act.time } : act,
        ),
      }),
      expected: 'key-list-act-signature',
    },
    {
      name: 'an act of an unknown key',
      change: (list) => ({ ...list, keys: list.keys.slice(1) }),
      expected: 'key-unknown',
    },
    {
      name: 'an act repeated',
      change: (list) => ({ ...list, acts: [...list.acts, ...list.acts] }),
      expected: 'key-list-act',
    },
    {
      name: 'an act without signature',
      change: (list) => ({ ...list, acts: list.acts.map((act) => ({ ...act, signature: undefined })) }),
      expected: 'key-list-act',
    },
  ])('is refused: $name', async ({ change, expected }) => {
    expect(problem(change((await rotated()).list) as KeyList)).toBe(expected);
  });

  test('a revocation signed by the log key is refused', async () => {
    const ring = await newKeys();
    const [statementKey, logKey] = [currentKeys(ring, 'statement')[0], currentKeys(ring, 'log')[0]];
    if (statementKey === undefined || logKey === undefined) throw new Error('a new folder has both');
    const time = '2026-06-01T00:00:00Z';
    const act: KeyAct = {
      act: 'revoke',
      key: statementKey.id,
      successor: null,
      time,
      since: time,
      reason: 'x',
      entry: null,
    };
    const signature = encodeBase64(signerFor(ring, 'log').sign(keyActMessage(act)));
    const acts = [...ring.list.acts, { ...act, signer: logKey.id, signature }];
    expect(problem({ ...ring.list, acts })).toBe('key-list-act-signature');
  });

  test("a stranger's key cannot be slipped in: not as it is, not introduced by itself, not under a copied root", async () => {
    const [ring, thief] = [await newKeys(), await newKeys()];
    const stolen = currentKeys(thief, 'statement')[0];
    const own = thief.list.acts.find(({ key }) => key === stolen?.id);
    const entry = thief.list.keys.find(({ id }) => id === stolen?.id);
    if (own === undefined || entry === undefined) throw new Error('a new folder introduces each key');
    const keys = [...ring.list.keys, entry];
    expect(problem({ ...ring.list, keys })).toBe('key-list-state');
    expect(problem({ ...ring.list, keys, acts: [...ring.list.acts, own] })).toBe('key-unknown');
    const bySelf: KeyAct = { ...own, entry: keyEntryDigest(ring.list.publisher, entry) };
    const signature = encodeBase64(signerFor(thief, 'statement').sign(keyActMessage(bySelf)));
    const acts = [...ring.list.acts, { ...bySelf, signer: entry.id, signature }];
    expect(problem({ ...ring.list, keys, acts })).toBe('key-list-act-signature');
  });

  test('with the root known, a list of another root is refused', async () => {
    const [ring, other] = [await newKeys(), await newKeys()];
    const root = rootKeyId(ring.list);
    expect(keyStates(ring.list, root).ok).toBe(true);
    const outcome = keyStates(other.list, root);
    expect(outcome.ok ? null : outcome.reason.code).toBe('key-list-root');
    expect(keyStates({ ...ring.list, keys: [], acts: [] }, root).ok).toBe(false);
  });
});

describe('a file of whom to trust', () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

  test("may be a publisher's keys.json, or several lists by their roots with a threshold and a log policy", async () => {
    const [one, two] = [await newKeys(), await newKeys()];
    const alone = parseTrust(bytes(one.list));
    expect(alone.ok && [alone.value.keys.length, alone.value.threshold, alone.value.log.logs.length]).toEqual(
      [1, 1, 1],
    );
    const publishers = [one, two].map(({ list }) => ({ root: rootKeyId(list), keys: list }));
    const policy = publicFiles(one).get('log-policy.txt');
    const both = parseTrust(
      bytes({ format: 'tocsin-trust/1', publishers, threshold: 2, log_policy: policy }),
    );
    expect(both.ok && [both.value.keys.length, both.value.threshold, both.value.log.quorum.kind]).toEqual([
      2,
      2,
      'none',
    ]);
    if (!both.ok) throw new Error(both.reason.code);
    const envelope = new TextEncoder().encode(signStatement(statement, one));
    const trust = { ...both.value, payloadType: statementPayloadType };
    expect(verifyEnvelope(envelope, trust).ok).toBe(false);
    expect(verifyEnvelope(envelope, { ...trust, threshold: 1 }).ok).toBe(true);
  });

  test('is refused by name when it is malformed, or a root is another', async () => {
    const { list } = await newKeys();
    const other = await newKeys();
    const code = (value: unknown) => {
      const outcome = parseTrust(bytes(value));
      return outcome.ok ? null : outcome.reason.code;
    };
    const publishers = [{ root: rootKeyId(list), keys: list }];
    expect(code({ format: 'tocsin-trust/1', publishers })).toBeNull();
    expect(
      code({ format: 'tocsin-trust/1', publishers: [{ root: rootKeyId(other.list), keys: list }] }),
    ).toBe('key-list-root');
    expect(code({ format: 'tocsin-trust/1', publishers: [{ keys: list }] })).toBe('trust-form');
    expect(code({ format: 'tocsin-trust/1', publishers: [] })).toBe('trust-form');
    expect(code({ format: 'tocsin-trust/1', publishers, threshold: 0 })).toBe('trust-form');
    expect(code({ format: 'tocsin-trust/1', publishers, log_policy: 'quorum' })).toBe('policy-form');
    expect(code([])).toBe('trust-form');
    expect(code({ format: 'other' })).toBe('key-list-json');
  });

  test('is among what a publisher exports', async () => {
    const ring = await newKeys();
    const exported = parseTrust(new TextEncoder().encode(publicFiles(ring).get('trust.json') ?? ''));
    expect(exported.ok && exported.value.keys.map(({ id }) => id)).toEqual([
      currentKeys(ring, 'statement')[0]?.id,
    ]);
  });
});

test('the exported policy is one that C2SP tools read', async () => {
  const files = publicFiles(await newKeys());
  const policy = parsePolicy(files.get('log-policy.txt') ?? '');
  expect(policy.ok && policy.value.logs.map(({ name }) => name)).toEqual(['cert.example/log']);
});
