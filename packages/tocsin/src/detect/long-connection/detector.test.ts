// The cases of long-connection, and what makes a long session more than long.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector, oddities, weightOf } from './detector.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('long-connection on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

describe('what is odd about a session', () => {
  const plain = {
    host: '10.0.0.1',
    peer: '203.0.113.1',
    port: 443,
    transport: 'tcp',
    app: 'ssl',
    flows: 1,
    longest_s: 20_000,
    slices: 1,
    bytes_out: 1000,
    bytes_in: 1000,
    first_seen: '2024-03-05T00:00:00.000000Z',
    last_seen: '2024-03-05T00:00:00.000000Z',
    sources: 1,
    handshakes: 1,
    named: 1,
    self_signed: 0,
    period_s: 604_800,
    began_after: 0.5,
  };
  it.each([
    ['nothing', plain, []],
    ['its certificate', { ...plain, self_signed: 1 }, ['self-signed certificate']],
    ['that no name was asked for', { ...plain, named: 0 }, ['no server name asked for']],
    ['nothing, when no handshake was seen', { ...plain, handshakes: 0, named: 0 }, []],
    ['an unknown protocol', { ...plain, app: '', port: 4444 }, ['no known protocol on an uncommon port']],
    ['nothing, when nobody answered', { ...plain, app: '', port: 4444, bytes_in: 0 }, []],
    ['nothing about a VPN', { ...plain, app: '', port: 4500, transport: 'udp' }, []],
    ['a shell where the web should be', { ...plain, app: 'ssh' }, ['a shell on the port of another service']],
    ['nothing about a shell on its own port', { ...plain, app: 'ssh', port: 22 }, []],
  ])('%s', (_, entry, expected) => {
    expect(oddities(entry)).toEqual(expected);
  });
  it.each([
    ['one oddity of a newcomer', 0.5, 604_800, 1, 'incident'],
    ['one oddity since the first day of several', 0, 604_800, 1, 'supporting'],
    ['one oddity in an hour of traffic', 0, 3600, 1, 'incident'],
    ['two oddities since the first day', 0, 604_800, 2, 'incident'],
    ['mere length', 0.5, 604_800, 0, 'supporting'],
  ])('%s', (_, began_after, period_s, count, expected) => {
    expect(weightOf({ period_s, began_after }, { oddities: count, length: 0.9 })).toBe(expected);
  });
  it('lists an everyday session of middling length as background', () => {
    expect(weightOf(plain, { oddities: 0, length: 0.5 })).toBe('background');
  });
});
