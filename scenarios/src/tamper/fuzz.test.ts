// A short run of `npm run fuzz`: no mutant ends the verifier, holds it up, or is verified and says something else.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBundle, verifyPublication } from '@tocsin/verify';
import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../../../packages/tocsin/src/ground/clock.ts';
import { type Fault, fuzz } from './fuzz.ts';
import { publishSmall } from './published.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('refuses two thousand mutants, each at some step, and says nothing false of any', async () => {
  const base = await publishSmall(join(folder, 'base'));
  const other = await publishSmall(join(folder, 'other'));
  expect((await verifyPublication(() => openBundle(base.bytes), base.trust)).isVerified).toBe(true);
  const faults: Fault[] = [];
  const outcome = await fuzz({
    ...{ base, other, count: 2000, seed: 'test', clock: systemClock },
    onMutant: () => undefined,
    onFault: (fault) => faults.push(fault),
  });
  expect(
    faults.map(({ index, kind, mutant, detail }) => `${index}: ${kind}: ${mutant.what}: ${detail}`),
  ).toEqual([]);
  // Chance is not lost on one step: most of them are what stops some mutant first.
  expect(Object.keys(outcome.refused).sort()).toEqual(
    expect.arrayContaining(['archive', 'commitments', 'figures', 'log', 'manifest', 'schema', 'signature']),
  );
});
