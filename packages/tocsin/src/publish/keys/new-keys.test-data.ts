// For tests: keys folders under one temporary folder, made at a fixed time.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../ground/clock.ts';
import { initKeys } from './acts.ts';
import type { KeyRing } from './key-ring.ts';

/** The temporary folder; whoever imports this removes it. */
export const root = mkdtempSync(join(tmpdir(), 'tocsin-keys-'));
let made = 0;

/** A path at which nothing stands yet. */
export function newFolder(): string {
  made += 1;
  return join(root, `keys-${made}`);
}

/** A clock that stands still. */
export const clockAt = (time: string): Clock => ({ nowMs: () => Date.parse(time) });
/** The time at which the folders are made. */
export const clock = clockAt('2026-03-01T00:00:00Z');

/** A new keys folder of `CERT of Example`. */
export const newKeys = (passphrase: string | null = null, mail: string | null = null): Promise<KeyRing> =>
  initKeys({
    dir: newFolder(),
    publisher: 'CERT of Example',
    origin: 'cert.example/log',
    mail,
    passphrase,
    clock,
  });

/** A statement that says nothing. */
export const statement = {
  subjects: [{ name: 'a', sha256: 'ab'.repeat(32) }],
  predicateType: 'https://example.org/p',
  predicate: {},
};
