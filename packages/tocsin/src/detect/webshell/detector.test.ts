// The cases of webshell, and its statistics.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector } from './detector.ts';
import { intervalVariation, isOnTimer, type ShellRow, weighShell } from './judge.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('webshell on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

describe('intervalVariation', () => {
  it.each<readonly [string, readonly number[], number | null]>([
    ['says nothing of few calls', [0, 1, 2, 3, 4], null],
    ['is 0 for a timer', [0, 60, 120, 180, 240, 300, 360], 0],
    ['forgives a timer one missed beat', [0, 60, 120, 240, 300, 360, 420], 0],
    ['is 1 for calls all at once', [5, 5, 5, 5, 5, 5, 5], 1],
    ['is large for people', [0, 10, 200, 260, 4000, 4010, 4500], 115 / 125],
  ])('%s', (_, times, expected) => {
    const variation = intervalVariation(times);
    if (expected === null) expect(variation).toBeNull();
    else expect(variation).toBeCloseTo(expected, 5);
  });
});

describe('isOnTimer', () => {
  const limits = { maxVariation: 0.35, leastSpanMs: 300 };
  it.each<readonly [string, readonly number[], boolean]>([
    ['a program that asks every minute is', [0, 60, 120, 180, 240, 300, 360], true],
    ['one run of a script is not', [0, 5, 10, 15, 20, 25, 30], false],
    ['a few scripted runs far apart are not', [0, 5, 10, 15, 900, 905, 910, 915], false],
    ['people are not', [0, 10, 200, 260, 4000, 4010, 4500], false],
  ])('%s', (_, times, expected) => {
    expect(isOnTimer(times, limits)).toBe(expected);
  });
});

describe('weighShell', () => {
  const day = 86_400_000;
  const shell: ShellRow = {
    server_text: '10.0.0.80',
    server_column: 'dst_ip',
    path: '/include/help.php',
    script: true,
    calls: 8,
    posts: 8,
    commands: 0,
    referred: 0,
    inside_calls: 0,
    clients: 1,
    outside_clients: 1,
    client_list: ['203.0.113.5'],
    agents: 1,
    answer_sizes: 2,
    largest_answer: 5000,
    first_seen: '2024-03-04T00:00:00.000000Z',
    last_seen: '2024-03-04T01:00:00.000000Z',
    created: false,
    days: 1,
    call_ms: [3, 3.01, 3.05, 3.9, 3.91, 4.5, 4.52, 4.7].map((at) => at * day),
    record_evidence: [],
    record_numbers: [],
    example_uris: [],
    site_requests: 5000,
    site_clients: 400,
    site_referred: 3000,
    site_first_ms: 0,
    site_last_ms: 5 * day,
    caller_requests: 8,
    caller_assets: 0,
  };
  const parameters = Object.fromEntries(
    Object.entries(detector.parameters).map(([name, parameter]) => [name, parameter.value]),
  );
  const score = (changed: Partial<ShellRow>) => weighShell({ ...shell, ...changed }, parameters).score;
  it.each<readonly [string, Partial<ShellRow>]>([
    ['commands in the query', { commands: 3 }],
    ['a folder of uploads', { path: '/uploads/help.php' }],
    ['a name without meaning', { path: '/include/x1f9a.php' }],
    ['having been written by a request', { created: true }],
    ['answers of many sizes', { answer_sizes: 7 }],
  ])('%s raises the score', (_, changed) => {
    expect(score(changed)).toBeGreaterThan(score({}));
  });
  it.each<readonly [string, Partial<ShellRow>]>([
    ['being linked', { referred: 8 }],
    ['a timer', { call_ms: [3, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7].map((at) => at * day) }],
    ['use since the start of the log', { call_ms: [0, 1, 1.2, 2, 3, 3.5, 4].map((at) => at * day) }],
    ['no script extension', { script: false, path: '/api/orders' }],
    ['a well-known path', { path: '/wp-cron.php' }],
    ['pictures fetched by the same client', { caller_assets: 9 }],
    ['a site of few clients', { site_clients: 4 }],
    ['a log without referrers', { site_referred: 0 }],
  ])('%s lowers the score', (_, changed) => {
    expect(score(changed)).toBeLessThan(score({}));
  });
  it('does not excuse a script where no script belongs by its having been there from the start', () => {
    const path = '/images/help.php';
    const late = score({ path });
    const early = score({ path, call_ms: [0, 1, 1.2, 2, 3, 3.5, 4].map((at) => at * day) });
    expect(early).toBeGreaterThan(late * 0.85);
  });
  it('does not excuse a script where no script belongs by its borrowed name', () => {
    expect(score({ path: '/owa/auth/signin2.aspx' })).toBeGreaterThan(0.75);
  });
  it('stays within 0 and 1 with every sign', () => {
    const all = score({ commands: 8, created: true, path: '/uploads/x1f9a.php', answer_sizes: 8 });
    expect(all).toBeGreaterThan(0.95);
    expect(all).toBeLessThanOrEqual(1);
  });
});
