// Audit logs: a program with its arguments from two records, logins, and the rest kept whole.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ParseSettings } from '../format.ts';
import { sampleOf } from '../sample.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'audit.log',
};
const lines = readFileSync(new URL('cases/audit.log', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const parser = format.open(sampleOf(Buffer.from(''), true), settings);
const outcomes = lines.map((line) => parser.record(line));

it('joins the call and its arguments to one program start, hex decoded', () => {
  expect(outcomes[0]).toMatchObject({
    event: { table: 'base_event', fields: { code: 'SYSCALL', host: 'web-1' } },
  });
  expect(outcomes[1]).toMatchObject({
    event: {
      table: 'process',
      time: '2024-08-05T08:00:00.123000Z',
      fields: {
        host: 'web-1',
        pid: 901,
        parent_pid: 900,
        executable: '/usr/bin/dash',
        command_line: 'sh -c id > /tmp/x',
      },
    },
  });
});

it('tells logins that were accepted from those that were not', () => {
  expect(outcomes[3]).toMatchObject({
    event: {
      table: 'authentication',
      fields: { outcome: 'success', src_ip: '203.0.113.9', service: 'sshd' },
    },
  });
  expect(outcomes[4]).toMatchObject({
    event: { table: 'authentication', fields: { outcome: 'failure', username: 'root' } },
  });
});

const logins = format.open(sampleOf(Buffer.from(''), true), settings);
const told = readFileSync(new URL('cases/logins.log', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => logins.record(line))
  .map((outcome) => ('event' in outcome ? outcome.event : null));

it('counts an attempt once, though PAM, the program and the login each have a record of it', () => {
  const attempts = told.flatMap((event) => (event?.table === 'authentication' ? [event.fields] : []));
  expect(attempts.map(({ username, outcome }) => [username, outcome])).toEqual([
    ['(invalid user)', 'failure'],
    ['root', 'failure'],
    ['root', 'success'],
  ]);
});

it('takes digits in quotes for digits, and joins alternating events and long arguments', () => {
  const programs = told.flatMap((event) => (event?.table === 'process' ? [event.fields] : []));
  expect(programs).toMatchObject([
    { command_line: 'sleep 3600', pid: 981, username: 'root' },
    { command_line: 'curl http://203.0.113.9/x -s', pid: 983, executable: '/usr/bin/curl' },
  ]);
});

it('rejects what is no audit record', () => {
  expect(parser.record('type=EXECVE without a time')).toMatchObject({ reject: { code: 'pattern-mismatch' } });
});
