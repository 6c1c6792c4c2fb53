// The cases of exfiltration, and how far an upload stands out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector, isHabitual, standsOut, weightOf } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('exfiltration on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

const upload = {
  host: '10.0.0.1',
  peer: '203.0.113.1',
  flows: 10,
  bytes_out: 200_000_000,
  bytes_in: 100_000,
  uploaded: 200_000_000,
  answered: 100_000,
  ports: [443],
  apps: ['ssl'],
  first_seen: '2024-03-05T00:00:00.000000Z',
  last_seen: '2024-03-06T00:00:00.000000Z',
  sources: 1,
  active_hosts: 100,
  host_bytes_out: 300_000_000,
  host_p90: 5_000_000,
  destinations: 200,
  days: 2,
  largest_flow: 20_000_000,
  day_median: 100_000_000,
  day_max: 100_000_000,
  is_courier: false,
  period_days: 8,
  began_after: 0.5,
  destination_first_seen: '2024-03-05T12:00:00.000000Z',
  discovered_after: 0.5,
};

describe('standsOut', () => {
  it.each([
    ['less volume', { uploaded: 2_000_000, bytes_out: 2_000_000 }],
    ['a host that sends more elsewhere', { host_bytes_out: 9_000_000_000, host_p90: 150_000_000 }],
    ['more hosts that use the destination', { sources: 8 }],
    ['a destination known from the beginning', { discovered_after: 0 }],
    ['as much received as sent, as in a call', { answered: 190_000_000 }],
  ])('falls with %s', (_, change) => {
    expect(standsOut({ ...upload, ...change })).toBeLessThan(standsOut(upload));
  });
  it('does not mind what was fetched in other flows', () => {
    expect(standsOut({ ...upload, bytes_in: 900_000_000 })).toBe(standsOut(upload));
  });
  it('is between 0 and 1, also for nothing at all', () => {
    const none = {
      ...upload,
      uploaded: 0,
      bytes_out: 0,
      bytes_in: 0,
      host_bytes_out: 0,
      host_p90: 0,
      sources: 0,
    };
    expect(standsOut(none)).toBeGreaterThanOrEqual(0);
    expect(standsOut({ ...upload, uploaded: 1e15, bytes_out: 1e15 })).toBeLessThanOrEqual(1);
  });
});

describe('a habit', () => {
  const backup = { period_days: 8, days: 8, began_after: 0.02, day_median: 1e9, day_max: 1.4e9 };
  it.each([
    ['a nightly backup since the first night', backup, true],
    ['one that pauses at the weekend', { ...backup, days: 6 }, true],
    ['one that began on the fourth day', { ...backup, began_after: 0.4, days: 5 }, false],
    ['one day ten times the others', { ...backup, day_max: 1e10 }, false],
    ['two days of eight', { ...backup, days: 2 }, false],
    ['evidence too short to show habits', { ...backup, period_days: 2, days: 2 }, false],
  ])('%s: %o', (_, entry, expected) => {
    expect(isHabitual(entry)).toBe(expected);
  });
  it('mail from the relay leads nowhere, but another upload of the same machine does', () => {
    expect(weightOf({ ...upload, is_courier: true, ports: [25] })).toBe('background');
    expect(weightOf({ ...upload, is_courier: true, ports: [25, 443] })).toBe('supporting');
    expect(weightOf({ ...upload, ports: [25] })).toBe('supporting');
  });
});
