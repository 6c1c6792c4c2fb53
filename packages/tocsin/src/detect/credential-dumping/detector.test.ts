// The cases of credential-dumping, where programs may lie, and a real capture.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector, placeOf } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('credential-dumping on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

it.each([
  ['C:\\Windows\\System32\\svchost.exe', 'system'],
  ['C:\\Program Files (x86)\\Agent\\agent.exe', 'system'],
  ['C:\\Windows\\Temp\\a.exe', 'elsewhere'],
  ['D:\\tools\\a.exe', 'elsewhere'],
  ['C:\\Windows\\System32\\rundll32.exe', 'tool'],
])('%s is of the kind %s', (program, place) => {
  expect(placeOf(program)).toBe(place);
});
