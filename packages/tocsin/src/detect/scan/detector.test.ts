// The cases of scan, and what is abuse and what habit.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector, isAbuse, isHabitual } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('scan on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

describe('a scan of third parties', () => {
  const sweep = {
    kind: 'horizontal',
    transport: 'tcp',
    port: 22,
    tried: 100,
    silent: 90,
    silent_named: 0,
    scattered: 0,
    silent_low: 0,
  } as const;
  it.each([
    ['a sweep of one port', sweep, true],
    ['few targets', { ...sweep, tried: 20, silent: 20 }, false],
    ['most of them answering', { ...sweep, tried: 200 }, false],
    ['targets that names lead to', { ...sweep, silent_named: 40 }, false],
    ['peers of a program, each on its own port', { ...sweep, scattered: 300 }, false],
    ['a sweep over UDP', { ...sweep, transport: 'udp', port: 161 }, true],
    ['QUIC tried where it is blocked', { ...sweep, transport: 'udp', port: 443 }, false],
    ['many ports of one machine', { ...sweep, kind: 'vertical', port: 0, silent_low: 40 }, true],
    ['high ports only, as passive file transfers open', { ...sweep, kind: 'vertical', port: 0 }, false],
  ] as const)('%s: %o', (_, entry, expected) => {
    expect(isAbuse(entry, 8)).toBe(expected);
  });
});

describe('a scan inside', () => {
  it.each([
    ['the same targets again and again since the first day', 0.01, 40, true],
    ['again and again, but only since yesterday', 0.6, 40, false],
    ['once, on the first day', 0.01, 0, false],
  ])('%s is habit: %o', (_, began_after, recurring, expected) => {
    expect(isHabitual({ began_after, recurring, tried: 50 })).toBe(expected);
  });
});
