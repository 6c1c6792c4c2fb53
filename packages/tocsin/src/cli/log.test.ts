// `tocsin keys` and `tocsin log` from the command line: the words a user types, what is said back, the exit status.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openKeys } from '../publish/keys/key-ring.ts';
import { signStatement } from '../publish/keys/sign.ts';
import { run } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

let out = '';
let errors = '';
function listen(): void {
  out = '';
  errors = '';
  process.setMaxListeners(200);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text);
    return true;
  });
}
beforeEach(listen);
afterEach(() => vi.restoreAllMocks());

async function said(...words: readonly string[]): Promise<string> {
  out = '';
  expect(await run(words), `${words.join(' ')}: ${errors}`).toBe(0);
  return out;
}

async function refused(...words: readonly string[]): Promise<string> {
  out = '';
  errors = '';
  expect(await run(words), words.join(' ')).toBe(1);
  return errors + out;
}

const keys = at('keys');
const log = at('log');
const statement = (name: string): string => {
  const path = at(`${name}.json`);
  const signed = signStatement(
    {
      subjects: [{ name, sha256: 'ab'.repeat(32) }],
      predicateType: 'https://example.org/p',
      predicate: { name },
    },
    openKeys(keys),
  );
  writeFileSync(path, signed);
  return path;
};
const keyLine = (text: string, kind: string): string =>
  new RegExp(`${kind} verifier key: (.*)`).exec(text)?.[1] ?? '';

beforeAll(async () => {
  listen();
  await said(
    'keys',
    'init',
    '--keys',
    keys,
    '--publisher',
    'CERT of Example',
    '--origin',
    'cert.example/log',
  );
  await said('keys', 'init', '--keys', at('peer'), '--publisher', 'Peer', '--origin', 'peer.example/log');
  await said('log', 'init', '--log', log, '--keys', keys);
  await said('log', 'append', '--log', log, '--keys', keys, '--statement', statement('first'));
  vi.restoreAllMocks();
});

describe('a log, from its making to its cosigned proof', () => {
  test('grows, corrects, proves, is cosigned by a peer, and is found sound by a stranger', async () => {
    cpSync(join(log, 'checkpoint'), at('old-checkpoint'));
    const proof = await said(
      'log',
      'append',
      '--log',
      log,
      '--keys',
      keys,
      '--statement',
      statement('second'),
      '--corrects',
      '0',
    );
    expect(proof).toContain('c2sp.org/tlog-proof@v1');
    const shown = await said('log', 'show', '--log', log, '--keys', keys);
    expect(shown).toContain('corrected by 1');
    expect(shown).toContain('corrects 0');

    const logKey = keyLine(await said('keys', 'list', '--keys', keys), 'log');
    const peerKey = keyLine(await said('keys', 'list', '--keys', at('peer')), 'witness');
    const cosigned = await said(
      'log',
      'cosign',
      '--log',
      log,
      '--keys',
      at('peer'),
      '--log-key',
      logKey,
      '--out',
      at('line'),
    );
    expect(cosigned).toContain('Cosigned cert.example/log at 2 entries (first look).');
    await said(
      'log',
      'accept',
      '--log',
      log,
      '--keys',
      keys,
      '--witness',
      peerKey,
      '--cosignature',
      at('line'),
    );
    await said('log', 'prove', '--log', log, '--index', '1', '--out', at('proof'));
    expect(readFileSync(at('proof'), 'utf8')).toContain('\u2014 peer.example/log/witness ');

    writeFileSync(at('policy'), `log ${logKey}\nwitness peer ${peerKey}\nquorum peer\n`);
    const check = await said(
      'log',
      'check',
      '--log',
      log,
      '--policy',
      at('policy'),
      '--since',
      at('old-checkpoint'),
    );
    expect(check).toContain('SOUND. 2 entries of cert.example/log.');
    expect(check).toContain('It only adds to the earlier checkpoint.');
    expect(
      await refused(
        'log',
        'check',
        '--log',
        log,
        '--log-key',
        keyLine(await said('keys', 'list', '--keys', at('peer')), 'log'),
      ),
    ).toContain('checkpoint-origin');
    expect(await said('log', 'check', '--log', log)).toContain('not whose it is');
    expect(await said('log', 'prove', '--log', log, '--old', '1')).toContain('\nold 1\n');
  });

  test('a log that was forked since an earlier checkpoint is NOT SOUND', async () => {
    const [forkKeys, fork] = [at('fork-keys'), at('fork')];
    cpSync(keys, forkKeys, { recursive: true });
    cpSync(log, fork, { recursive: true });
    await said('log', 'append', '--log', log, '--keys', keys, '--statement', statement('this'));
    await said('log', 'append', '--log', fork, '--keys', forkKeys, '--statement', statement('that'));
    const answer = await refused(
      'log',
      'check',
      '--log',
      fork,
      '--keys',
      keys,
      '--since',
      join(log, 'checkpoint'),
    );
    expect(answer).toContain('proof-consistency');
    expect(answer).toContain('NOT SOUND');
  });

  test('keys are rotated and revoked, and the exported files say so', async () => {
    expect(await said('keys', 'rotate', 'log', '--keys', keys)).toContain('tocsin log resign');
    await said('log', 'resign', '--log', log, '--keys', keys);
    expect(await said('log', 'check', '--log', log, '--keys', keys)).toContain('SOUND');
    const id = /^([0-9a-f]{16}) {2}statement/m.exec(await said('keys', 'list', '--keys', keys))?.[1] ?? '';
    expect(await said('keys', 'revoke', id, '--keys', keys, '--reason', 'stolen')).toContain('(stolen)');
    await said('keys', 'export', '--keys', keys, '--out', at('public'));
    expect(readFileSync(at('public/keys.json'), 'utf8')).toContain('"act": "revoke"');
    expect(existsSync(at(`public/statement-${id}.pem`))).toBe(false);
  });
});

describe('what is not understood or not allowed is named', () => {
  test.each<{ name: string; words: () => readonly string[]; expected: RegExp }>([
    {
      name: 'no act',
      words: () => ['keys', '--keys', keys],
      expected: /init, list, rotate, revoke or export/,
    },
    { name: 'an unknown act', words: () => ['log', 'shrink', '--log', log], expected: /init, append, show/ },
    { name: 'no folder', words: () => ['log', 'show'], expected: /needs --log/ },
    {
      name: 'keys that are not there',
      words: () => ['keys', 'list', '--keys', at('none')],
      expected: /keys\.json cannot be read/,
    },
    {
      name: 'a log that is not there',
      words: () => ['log', 'show', '--log', at('none'), '--keys', keys],
      expected: /no checkpoint/,
    },
    {
      name: 'a key nobody has',
      words: () => ['keys', 'rotate', 'deadbeef', '--keys', keys],
      expected: /no key has an id that begins with deadbeef/,
    },
    {
      name: 'no reason for a revocation',
      words: () => ['keys', 'revoke', 'log', '--keys', keys],
      expected: /needs --reason/,
    },
    {
      name: 'a time that is none',
      words: () => ['keys', 'revoke', 'log', '--keys', keys, '--reason', 'x', '--since', 'May'],
      expected: /--since takes a time/,
    },
    {
      name: 'a statement signed by someone else',
      words: () => {
        const path = at('foreign.json');
        writeFileSync(
          path,
          signStatement(
            { subjects: [{ name: 'x', sha256: 'ab'.repeat(32) }], predicateType: 'p', predicate: {} },
            openKeys(at('peer')),
          ),
        );
        return ['log', 'append', '--log', log, '--keys', keys, '--statement', path];
      },
      expected: /no-trusted-signature/,
    },
    {
      name: 'a statement that is none',
      words: () => {
        writeFileSync(at('none.json'), '{}');
        return ['log', 'append', '--log', log, '--keys', keys, '--statement', at('none.json')];
      },
      expected: /envelope-shape/,
    },
    {
      name: 'an index beyond the log',
      words: () => ['log', 'prove', '--log', log, '--index', '99'],
      expected: /proof-index/,
    },
    {
      name: 'neither index nor old size',
      words: () => ['log', 'prove', '--log', log],
      expected: /--index N .* or --old N/,
    },
    {
      name: 'a verifier key that is none',
      words: () => ['log', 'check', '--log', log, '--log-key', 'abc'],
      expected: /verifier-key/,
    },
    {
      name: 'a policy that is none',
      words: () => {
        writeFileSync(at('bad-policy'), 'quorum of three\n');
        return ['log', 'check', '--log', log, '--policy', at('bad-policy')];
      },
      expected: /policy-form/,
    },
  ])('$name', async ({ words, expected }) => {
    expect(await refused(...words())).toMatch(expected);
  });
});
