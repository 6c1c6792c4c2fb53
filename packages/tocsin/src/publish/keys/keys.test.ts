// The keys folder as its owner meets it: made, rotated, revoked, read by strangers, broken into.
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  parseEnvelope,
  parseStatement,
  statementPayloadType,
  trustedSigners,
  verifyEnvelope,
} from '@tocsin/verify';
import { createMessage, readKey as readOpenPgp, readSignature, verify } from 'openpgp';
import { afterAll, describe, expect, test } from 'vitest';
import { initKeys, revokeKey, rotateKey } from './acts.ts';
import { publicFiles } from './export.ts';
import { currentKeys, type KeyRing, openKeys, signerFor } from './key-ring.ts';
import { clock, clockAt, newFolder, newKeys, root, statement } from './new-keys.test-data.ts';
import { openPgpPublicKey, signOpenPgp } from './openpgp.ts';
import { readPassphrase } from './passphrase.ts';
import { loadPublicationSecret } from './publication-secret.ts';
import { signStatement } from './sign.ts';

afterAll(() => rmSync(root, { recursive: true, force: true }));

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return message(error);
  }
  return 'nothing was refused';
};
describe('a new folder', () => {
  test('keeps private files to their owner, and holds no private key in what is public', async () => {
    const { dir } = await newKeys(null, 'cert@cert.example');
    const secrets = readdirSync(join(dir, 'private'));
    expect(secrets.length).toBe(6);
    for (const name of secrets) expect(statSync(join(dir, 'private', name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(join(dir, 'private')).mode & 0o777).toBe(0o700);
    const exported = [...publicFiles(openKeys(dir)).values()].join('\n');
    expect(exported).not.toContain('PRIVATE');
    expect(exported).not.toContain(Buffer.from(loadPublicationSecret(dir)).toString('hex'));
  });

  test('is never made over an old one', async () => {
    const { dir } = await newKeys();
    const again = initKeys({ dir, publisher: 'X', origin: 'x', mail: null, passphrase: null, clock });
    await expect(again).rejects.toThrow('holds keys already');
  });

  test.each([
    { name: 'an origin with a space', change: { origin: 'my log' }, said: 'an origin holds no spaces' },
    { name: 'no publisher', change: { publisher: ' ' }, said: 'publisher is empty' },
    { name: 'an address that is none', change: { mail: 'nobody' }, said: 'mail address is none' },
  ])('refuses $name', async ({ change, said }) => {
    const wanted = {
      dir: newFolder(),
      publisher: 'X',
      origin: 'x',
      mail: null,
      passphrase: null,
      clock,
      ...change,
    };
    await expect(initKeys(wanted)).rejects.toThrow(said);
  });

  test('has keys that openssl reads, under the ids that openssl and sha256sum show', async () => {
    const ring = await newKeys();
    const [key] = currentKeys(ring, 'statement');
    const pem = join(ring.dir, 'private', `${key?.id.slice(0, 16)}.pem`);
    const der = execFileSync('openssl', ['pkey', '-in', pem, '-pubout', '-outform', 'DER']);
    const { createHash } = await import('node:crypto');
    expect(createHash('sha256').update(der).digest('hex')).toBe(key?.id);
  });
});

describe('the publication secret', () => {
  test('has 32 bytes, stays the same, and differs between folders', async () => {
    const [one, two] = [await newKeys(), await newKeys()];
    const secret = loadPublicationSecret(one.dir);
    expect(secret.length).toBe(32);
    expect(loadPublicationSecret(one.dir)).toEqual(secret);
    expect(loadPublicationSecret(two.dir)).not.toEqual(secret);
  });

  test('is sealed by the passphrase', async () => {
    const passphrase = 'twenty characters or more';
    const { dir } = await newKeys(passphrase);
    const secret = loadPublicationSecret(dir, passphrase);
    expect(secret.length).toBe(32);
    const file = readFileSync(join(dir, 'private', 'publication-secret.json'), 'utf8');
    expect(file).not.toContain(Buffer.from(secret).toString('hex'));
    expect(refusal(() => loadPublicationSecret(dir))).toContain('a passphrase is needed');
    expect(refusal(() => loadPublicationSecret(dir, `${passphrase}!`))).toContain('does not open');
  });

  test('is not read when others may read it, nor when it is damaged', async () => {
    const { dir } = await newKeys();
    const path = join(dir, 'private', 'publication-secret.json');
    chmodSync(path, 0o644);
    expect(refusal(() => loadPublicationSecret(dir))).toContain('chmod 600');
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"secret":"', '"secret":"0'));
    expect(refusal(() => loadPublicationSecret(dir))).toContain('is damaged');
  });
});

describe('signing', () => {
  test('a statement is signed by the current statement key, and a reader with keys.json verifies it', async () => {
    const ring = await newKeys();
    const envelope = new TextEncoder().encode(signStatement(statement, ring));
    const verified = verifyEnvelope(envelope, {
      keys: trustedSigners(ring.states),
      threshold: 1,
      payloadType: statementPayloadType,
    });
    expect(verified.ok && verified.value.signers.map(({ name }) => name)).toEqual(['CERT of Example']);
    expect(verified.ok && parseStatement(verified.value.payload).ok).toBe(true);
  });

  test('a private key under a passphrase is not opened without it', async () => {
    const ring = await newKeys('twenty characters or more');
    const pem = join(ring.dir, 'private', `${currentKeys(ring, 'log')[0]?.id.slice(0, 16)}.pem`);
    expect(() => createPrivateKey(readFileSync(pem))).toThrow();
    expect(refusal(() => signStatement(statement, openKeys(ring.dir)))).toContain('needs a passphrase');
    expect(refusal(() => signStatement(statement, openKeys(ring.dir, 'wrong')))).toContain(
      'not opened by the passphrase',
    );
    expect(parseEnvelope(new TextEncoder().encode(signStatement(statement, ring))).ok).toBe(true);
  });

  test('a private key that others may read, or that is another, is not used', async () => {
    const ring = await newKeys();
    const path = (purpose: 'statement' | 'log') =>
      join(ring.dir, 'private', `${currentKeys(ring, purpose)[0]?.id.slice(0, 16)}.pem`);
    writeFileSync(path('statement'), readFileSync(path('log')));
    expect(refusal(() => signStatement(statement, ring))).toContain('holds another key');
    chmodSync(path('log'), 0o640);
    expect(refusal(() => signerFor(ring, 'log'))).toContain('others than its owner');
  });

  test('a short passphrase, or one that others may read, is refused', () => {
    const path = join(root, 'passphrase');
    writeFileSync(path, 'short\n', { mode: 0o600 });
    expect(refusal(() => readPassphrase(path))).toContain('fewer than 20 characters');
    writeFileSync(path, 'twenty characters or more\nsecond line\n');
    expect(readPassphrase(path)).toBe('twenty characters or more');
    chmodSync(path, 0o604);
    expect(refusal(() => readPassphrase(path))).toContain('others than its owner');
    expect(readPassphrase(null)).toBeNull();
  });
});

describe('rotation and revocation', () => {
  const later = clockAt('2026-06-01T00:00:00Z');
  const idOf = (ring: KeyRing, purpose: 'statement' | 'log' | 'recovery') =>
    currentKeys(ring, purpose)[0]?.id ?? '';

  test('after a rotation the new key signs, and what the old one signed still holds', async () => {
    const ring = await newKeys();
    const before = signStatement(statement, ring);
    const next = rotateKey(ring, idOf(ring, 'statement'), 'yearly', later);
    const reread = openKeys(ring.dir);
    expect(reread.list).toEqual(next.list);
    const after = signStatement(statement, reread);
    expect(after).not.toBe(before);
    const trust = { keys: trustedSigners(reread.states), threshold: 1, payloadType: statementPayloadType };
    for (const envelope of [before, after])
      expect(verifyEnvelope(new TextEncoder().encode(envelope), trust).ok).toBe(true);
  });

  test('a revoked key signs nothing more, and nothing it signed holds; before a stated time it still does', async () => {
    const ring = await newKeys();
    const before = signStatement(statement, ring);
    const stolen = idOf(ring, 'statement');
    const next = revokeKey(ring, stolen, { since: '2026-05-01T00:00:00Z', reason: 'stolen' }, later);
    const holds = (at: string | null) =>
      verifyEnvelope(new TextEncoder().encode(before), {
        keys: trustedSigners(next.states, at),
        threshold: 1,
        payloadType: statementPayloadType,
      }).ok;
    expect(holds(null)).toBe(false);
    expect(holds('2026-05-02T00:00:00Z')).toBe(false);
    expect(holds('2026-04-01T00:00:00Z')).toBe(true);
    expect(idOf(next, 'statement')).not.toBe(stolen);
    expect(next.list.acts.at(-1)?.signer).toBe(idOf(ring, 'recovery'));
  });

  test('a retired key is revoked by its successor when the recovery key is elsewhere', async () => {
    const ring = await newKeys();
    const old = idOf(ring, 'statement');
    const rotated = rotateKey(ring, old, 'yearly', later);
    rmSync(join(ring.dir, 'private', `${idOf(ring, 'recovery').slice(0, 16)}.pem`));
    const next = revokeKey(rotated, old, { since: null, reason: 'lost' }, later);
    expect(next.states.find(({ id }) => id === old)?.state).toBe('revoked');
  });

  test('without successor and recovery key nothing is revoked, and nothing is changed', async () => {
    const ring = await newKeys();
    const before = readFileSync(join(ring.dir, 'keys.json'), 'utf8');
    rmSync(join(ring.dir, 'private', `${idOf(ring, 'recovery').slice(0, 16)}.pem`));
    expect(refusal(() => revokeKey(ring, idOf(ring, 'log'), { since: null, reason: 'x' }, later))).toContain(
      'neither a successor nor',
    );
    expect(readFileSync(join(ring.dir, 'keys.json'), 'utf8')).toBe(before);
  });
});

describe('OpenPGP', () => {
  const content = new TextEncoder().encode('{"document":{}}\n');

  test.each([{ passphrase: null }, { passphrase: 'twenty characters or more' }])(
    'a detached signature verifies with openpgp.js and, where it is installed, with GnuPG (passphrase: $passphrase)',
    async ({ passphrase }) => {
      const ring = await newKeys(passphrase, 'cert@cert.example');
      const armored = await signOpenPgp(ring, content, clock);
      const publicKey = openPgpPublicKey(ring);
      const check = async (bytes: Uint8Array) => {
        const { signatures } = await verify({
          message: await createMessage({ binary: bytes }),
          signature: await readSignature({ armoredSignature: armored }),
          verificationKeys: await readOpenPgp({ armoredKey: publicKey }),
          date: new Date(clock.nowMs() + 1000),
        });
        return (await signatures[0]?.verified.catch(() => false)) ?? false;
      };
      expect(await check(content)).toBe(true);
      expect(await check(Uint8Array.of(...content, 10))).toBe(false);
      if (gpgIsThere()) expect(gpgAccepts(ring.dir, publicKey, armored, content)).toBe(true);
    },
  );

  test('without an address there is no key, and asking for a signature says so', async () => {
    const ring = await newKeys();
    expect(existsSync(join(ring.dir, 'openpgp.asc'))).toBe(false);
    await expect(signOpenPgp(ring, content, clock)).rejects.toThrow('without a mail address');
  });
});

function gpgIsThere(): boolean {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    // Not installed here: openpgp.js has verified it.
    return false;
  }
}

function gpgAccepts(dir: string, publicKey: string, armored: string, content: Uint8Array): boolean {
  const home = mkdtempSync(join(root, 'gpg-'));
  chmodSync(home, 0o700);
  for (const [name, text] of [
    ['key.asc', publicKey],
    ['doc.asc', armored],
  ] as const)
    writeFileSync(join(dir, name), text);
  writeFileSync(join(dir, 'doc'), content);
  const gpg = (...args: readonly string[]) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--no-autostart', ...args], { stdio: 'pipe' });
  gpg('--import', join(dir, 'key.asc'));
  gpg('--verify', join(dir, 'doc.asc'), join(dir, 'doc'));
  return true;
}
