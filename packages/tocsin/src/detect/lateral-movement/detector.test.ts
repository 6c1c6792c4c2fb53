// The cases of lateral-movement, and what weighs.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector, scoreOf, weightOf } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('lateral-movement on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

const parameters = Object.fromEntries(
  Object.entries(detector.parameters).map(([name, { value }]) => [name, value]),
);
const pair = {
  host: '10.0.0.1',
  target: '10.0.0.2',
  ports: [22],
  usual_ports: [],
  flows: 2,
  bytes_out: 300_000,
  bytes_in: 300_000,
  is_neighbour: false,
  longest_s: 600,
  first_seen: '2024-03-05T00:00:00.000000Z',
  last_seen: '2024-03-06T00:00:00.000000Z',
  days: 1,
  clients: 1,
  users: 1,
  reached: 1,
  outsiders: 0,
  calls: [],
  files: [],
  began_after: 0.5,
};

describe('weightOf', () => {
  it.each<readonly [name: string, change: Partial<Parameters<typeof weightOf>[0]>, weight: string]>([
    ['a way never taken before', {}, 'supporting'],
    ['a habit', { usual_ports: [22] }, 'background'],
    ['a habit and a new way beside it', { ports: [22, 445], usual_ports: [22] }, 'supporting'],
    [
      'a habit that begins to start programs',
      { usual_ports: [22], calls: ['svcctl.createservicew'] },
      'supporting',
    ],
    ['a touch without a session', { bytes_out: 300, bytes_in: 900 }, 'background'],
    ['a session whose bytes the sensor did not count', { bytes_out: 0, bytes_in: 0 }, 'supporting'],
    ['a short visit to a server of many', { users: 9, longest_s: 3 }, 'background'],
    ['a long session on a server of many', { users: 9 }, 'supporting'],
  ])('%s', (_, change, expected) => {
    expect(weightOf({ ...pair, ...change }, parameters)).toBe(expected);
  });
});

describe('scoreOf', () => {
  it('lets a new session of hundreds of kilobytes carry an incident on', () => {
    // The bound below which clusters do not follow a movement.
    expect(scoreOf(pair)).toBeGreaterThanOrEqual(0.5);
  });
  it.each([
    ['more ways', { ports: [22, 445] }],
    ['remote calls that start programs', { calls: ['svcctl.createservicew'] }],
    ['a program put on a share', { files: ['a.exe'] }],
    ['more volume', { bytes_out: 9_000_000 }],
    ['a source that serves the outside', { outsiders: 40 }],
  ])('rises with %s', (_, change) => {
    expect(scoreOf({ ...pair, ...change })).toBeGreaterThan(scoreOf(pair));
  });
  it.each([
    ['more users of the target', { users: 3 }],
    ['a pair that was there from the beginning', { began_after: 0 }],
  ])('falls with %s', (_, change) => {
    expect(scoreOf({ ...pair, ...change })).toBeLessThan(scoreOf(pair));
  });
});
