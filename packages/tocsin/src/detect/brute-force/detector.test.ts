// The cases of brute-force, its scores, and a real sshd log.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, rowsOfCase, sortedFindings } from '../case-runner.ts';
import { detector } from './detector.ts';
import { failureScore } from './judge.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('brute-force on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

describe('failureScore', () => {
  const few = { kind: 'logins', failures: 8, accounts: 1, span_s: 3600 } as const;
  it.each([
    ['more failures weigh more', { ...few, failures: 500 }],
    ['more accounts weigh more', { ...few, accounts: 20 }],
    ['faster failures weigh more', { ...few, span_s: 10 }],
  ])('%s', (_, more) => {
    expect(failureScore(more)).toBeGreaterThan(failureScore(few));
  });
  it('stays below the score of a success, however many', () => {
    expect(failureScore({ kind: 'logins', failures: 1e9, accounts: 1e6, span_s: 1 })).toBeLessThan(0.8);
  });
  it('trusts flows less than recorded logins', () => {
    expect(failureScore({ ...few, kind: 'flows' })).toBeLessThan(failureScore(few));
  });
});

it('lists the strongest unsuccessful sources one by one and pools the rest', async () => {
  const sources = Array.from({ length: 30 }, (_, at) => `203.0.113.${at + 1}`);
  const line = { src_ip: '', dst_ip: '10.0.0.22', service: 'ssh', username: 'root', outcome: 'failure' };
  const ndjson = JSON.stringify({
    ...line,
    time: '2024-03-05T02:00:00Z',
    repeat: 600,
    every_s: 1,
    cycle: { src_ip: sources },
  });
  const findings = await runner.run(detector, {
    tables: { authentication: rowsOfCase('authentication', ndjson) },
    constituency: ['10.0.0.0/8'],
  });
  expect(findings).toHaveLength(21);
  const pool = findings.at(-1);
  expect(pool).toMatchObject({ peer: null, event_count: 200, weight: 'background' });
  expect(pool?.peers).toHaveLength(10);
  expect(pool?.selectors).toHaveLength(10);
});

const sshLog = new URL('../../../../../../shared/evidence/ssh/OpenSSH_2k.log', import.meta.url);
describe('a real sshd log (skipped where shared/evidence is absent)', () => {
  it.skipIf(!existsSync(sshLog))(
    'names the guessers, and does not call the one accepted login a guess',
    async () => {
      const attempt =
        /^(\w{3}) +(\d+) (\S+) (\S+) sshd\[\d+\]: (Failed|Accepted) password for (?:invalid user )?(.*) from (\S+) port/;
      const lines = readFileSync(sshLog, 'utf8')
        .split('\n')
        .flatMap((line) => {
          const match = attempt.exec(line);
          if (!match) return [];
          const [, , day = '', clock, host, word, username, src_ip] = match;
          const outcome = word === 'Failed' ? 'failure' : 'success';
          const time = `2023-12-${day.padStart(2, '0')}T${clock}Z`;
          return [JSON.stringify({ time, host, src_ip, username, outcome, service: 'ssh' })];
        });
      const findings = await runner.run(detector, {
        tables: { authentication: rowsOfCase('authentication', lines.join('\n')) },
        constituency: ['10.0.0.0/8'],
      });
      expect(findings.filter((finding) => finding.weight === 'incident')).toEqual([]);
      const named = findings.flatMap((finding) => finding.peers);
      expect(named).toEqual(expect.arrayContaining(['183.62.140.253', '103.99.0.122', '187.141.143.180']));
      expect(named).not.toContain('119.137.62.142');
      const strongest = findings.find((finding) => finding.peer === '183.62.140.253');
      // grep -c 'Failed password for .* from 183.62.140.253' gives 286.
      expect(strongest).toMatchObject({
        host: 'LabSZ',
        event_count: 286,
        direction: 'inbound',
        weight: 'background',
      });
    },
  );
});
