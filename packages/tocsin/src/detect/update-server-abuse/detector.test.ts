// The cases of update-server-abuse.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('update-server-abuse on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });

  it.each([['others call what follows', { min_touched_share: 0, max_p: 1 }]])(
    'is silent on the benign case because %s',
    async (_, changed) => {
      const benign = casesBeside(import.meta.url).find(({ name }) => name === 'benign');
      if (benign === undefined) throw new Error('there is no benign case');
      const findings = await runner.run(detector, benign, changed);
      expect(findings.filter(({ weight }) => weight === 'incident')).not.toEqual([]);
    },
  );
});
