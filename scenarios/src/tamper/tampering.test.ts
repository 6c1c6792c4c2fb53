// Every kind of change of a publication is refused, at the step that is meant to catch it, in words that name it, with the
// exit status of that step. Over a publication made as `tocsin publish` makes it: redacted, signed, logged.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  exitCodeOf,
  openBundle,
  type PublicationCheck,
  type StepName,
  stepExitCodes,
  type Trust,
  verifyPublication,
} from '@tocsin/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packed } from './archive.ts';
import { archiveChanges } from './archive-changes.ts';
import { attestationChanges, harmless } from './attestation-changes.ts';
import { contentChanges, digestOfAll } from './content-changes.ts';
import { forged } from './forgery.ts';
import { type Published, publishSample } from './published.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-tampering-'));
let base: Published;
let other: Published;
beforeAll(async () => {
  base = await publishSample(join(folder, 'base'));
  other = await publishSample(join(folder, 'other'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checked = (bytes: Uint8Array, trust: Trust): Promise<PublicationCheck> =>
  verifyPublication(() => openBundle(bytes), trust);

/** What a refusal must be: at that step first, in those words, with that step's exit status. */
function expectRefused(check: PublicationCheck, step: StepName, says: RegExp): void {
  const failed = check.steps.find(({ outcome }) => outcome === 'failed');
  expect(`${failed?.name}: ${failed?.text}`).toMatch(says);
  expect(failed?.name).toBe(step);
  expect(check.isVerified).toBe(false);
  expect(exitCodeOf(check.steps)).toBe(stepExitCodes[step]);
  expect(check.verdict).not.toMatch(/^Every figure/);
}

describe('the publication as it is', () => {
  it('verifies, packed anew and with everything made anew that a forger makes anew', async () => {
    const { isVerified, steps } = await checked(base.bytes, base.trust);
    expect(steps.filter(({ outcome }) => outcome !== 'held').map(({ name }) => name)).toEqual(['witnesses']);
    expect(isVerified).toBe(true);
    const again = forged(base.files, 'tables');
    const differing = [...again].filter(([name, bytes]) => base.files.get(name)?.equals(bytes) !== true);
    expect(differing.map(([name]) => name)).toEqual([]);
    expect((await checked(packed(again), base.trust)).isVerified).toBe(true);
  });
});

describe('a changed content', () => {
  it.each(contentChanges)('is refused: $name', async ({ change, step, says }) => {
    const changed = change(base.files, other.files);
    expect(digestOfAll(changed)).not.toBe(digestOfAll(base.files));
    expectRefused(await checked(packed(changed), base.trust), step, says);
  });
});

describe('changed attestations', () => {
  it.each(attestationChanges)('are refused: $name', async ({ change, step, says }) => {
    const { files, trust } = await change(base, other, mkdtempSync(join(folder, 'case-')));
    expectRefused(await checked(packed(files), trust), step, says);
  });

  it.each(harmless)('are accepted and named: $name', async ({ met, says }) => {
    const { files, trust } = met(base);
    const { isVerified, steps } = await checked(packed(files), trust);
    expect(steps.map(({ text }) => text).join('; ')).toMatch(says);
    expect(isVerified).toBe(true);
  });
});

describe('a changed archive', () => {
  it.each(archiveChanges)('is refused: $name', async ({ change, step = 'archive', says }) => {
    const changed = change(base.files, base.bytes);
    expect(changed.equals(base.bytes)).toBe(false);
    expectRefused(await checked(changed, base.trust), step, says);
  });
});
