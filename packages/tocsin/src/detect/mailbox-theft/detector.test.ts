// The cases of mailbox-theft.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('mailbox-theft on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });

  it.each([
    ['the backup service was there from the first day', { early_share: 0 }],
    ['three days of it are asked for', { min_days: 1 }],
    ['an office behind one address shows many programs', { max_agents: 20 }],
  ])('is silent on the benign case because %s', async (_, changed) => {
    const benign = casesBeside(import.meta.url).find(({ name }) => name === 'benign');
    if (benign === undefined) throw new Error('there is no benign case');
    const findings = await runner.run(detector, benign, changed);
    expect(findings.filter(({ weight }) => weight === 'incident')).not.toEqual([]);
  });
});
