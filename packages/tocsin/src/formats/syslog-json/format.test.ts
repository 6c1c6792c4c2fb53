// System logs as JSON from several writers: the same messages as in plain syslog.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ParseSettings } from '../format.ts';
import { sampleOf } from '../sample.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'journal.json',
};
const read = (name: string) => {
  const lines = readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  const parser = format.open(sampleOf(Buffer.from(lines.join('\n')), true), settings);
  return { outcomes: lines.map((line) => parser.record(line)), assumptions: parser.assumptions() };
};

describe('what a record says', () => {
  it.each([
    [
      'a login of the journal',
      'journal.json',
      0,
      'authentication',
      '2024-08-05T08:00:00.123456Z',
      { username: 'root', src_ip: '203.0.113.9', outcome: 'failure' },
    ],
    [
      'a message the journal has only bytes of',
      'journal.json',
      1,
      'base_event',
      '2024-08-05T08:00:01.000000Z',
      { stream: 'syslog-app', message: 'hi\ufffd' },
    ],
    [
      'a command through rsyslog',
      'rsyslog.json',
      0,
      'process',
      '2024-08-05T06:00:00.500000Z',
      { username: 'root', command_line: '/bin/id' },
    ],
    [
      'a tag with its process',
      'rsyslog.json',
      1,
      'authentication',
      '2024-08-05T08:00:01.000000Z',
      { username: 'git', outcome: 'success' },
    ],
    [
      'a program start through Azure',
      'azure-audit.json',
      0,
      'process',
      '2024-08-05T08:00:00.986000Z',
      {
        host: 'APP1',
        username: 'tomcat',
        executable: '/usr/bin/dash',
        command_line: '/bin/sh -c id',
        pid: 17790,
      },
    ],
    [
      'a whole syslog line that a collector packed up, at the time of the line',
      'filebeat.json',
      0,
      'authentication',
      '2023-12-31T23:59:58.000000Z',
      { host: 'web-1', username: 'root', src_ip: '203.0.113.9', outcome: 'failure' },
    ],
    [
      'a program start in the journal, with what the audit system knows of it',
      'journal-audit.json',
      1,
      'process',
      '2024-08-05T08:00:02.500000Z',
      { host: 'web-1', command_line: 'sleep 3600', executable: '/usr/bin/sleep', pid: 91, parent_pid: 90 },
    ],
    [
      'a login of the audit system that sshd tells of itself',
      'journal-audit.json',
      2,
      'base_event',
      '2024-08-05T08:00:03.000000Z',
      { stream: 'syslog-audit' },
    ],
    [
      'a document of an index',
      'index-export.json',
      0,
      'authentication',
      '2024-08-05T08:00:04.000000Z',
      { host: 'web-2', service: 'ssh', username: 'git', outcome: 'success' },
    ],
  ])('%s', (_, name, at, table, time, fields) => {
    expect(read(name).outcomes[at]).toMatchObject({ event: { table, time, fields } });
  });
});

it('says where it assumed UTC', () => {
  expect(read('rsyslog.json').assumptions).toEqual([expect.objectContaining({ about: 'zone' })]);
  expect(read('journal.json').assumptions).toEqual([]);
});

it('leaves events of other kinds alone', () => {
  for (const other of [
    '{"timestamp":"2024-08-05T08:00:00Z","event_type":"alert","host":"s","message":"x","program":"suricata"}',
    '{"@timestamp":"2024-08-05T08:00:00Z","EventID":4624,"message":"x","program":"Security","host":"h"}',
    '{"ts":1.5,"uid":"C1","proto":"tcp"}',
    '{"@timestamp":"2024-08-05T08:00:00Z","process":{"name":"cmd.exe"},"message":"Endpoint process event","host":{"name":"h"}}',
    '{"@timestamp":"2024-08-05T08:00:00Z","winlog":{"event_id":4624},"process":{"name":"x"},"message":"m","log":{"level":"information"}}',
  ])
    expect(format.recognise(sampleOf(Buffer.from(`${other}\n${other}\n`), true))).toBe(0);
});
