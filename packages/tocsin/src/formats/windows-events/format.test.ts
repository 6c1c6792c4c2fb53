// Windows events as JSON lines: every exporter's shape of one event gives the same event, in the table an analyst
// looks for it in, and nothing is claimed or lost that should not be.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import type { Event } from '../../vocabulary/event.ts';
import type { ParseSettings, Sample } from '../format.ts';
import { recogniseFormat } from '../recognise.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'events.json',
};

const linesOf = (name: string): readonly string[] =>
  readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');

/** As the loader samples: whole lines of the first 64 KiB. */
function sampleOf(lines: readonly string[]): Sample {
  const text = `${lines.slice(0, 200).join('\n')}\n`.slice(0, 65_536);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1) || text;
  return { bytes: Buffer.from(whole), text: whole, lines: whole.replace(/\n$/, '').split('\n') };
}

function parsed(lines: readonly string[], change: Partial<ParseSettings> = {}) {
  const parser = format.open(sampleOf(lines), { ...settings, ...change });
  const outcomes = lines.map(parser.record);
  return {
    events: outcomes.flatMap((outcome) => ('event' in outcome ? [outcome.event] : [])),
    rejects: outcomes.flatMap((outcome) => ('reject' in outcome ? [outcome.reject.code] : [])),
    headers: outcomes.filter((outcome) => 'header' in outcome).length,
    assumptions: parser.assumptions(),
  };
}

const eventOf = (value: object): Event | undefined => parsed([JSON.stringify(value)]).events[0];
const security = { Channel: 'Security', Hostname: 'ws1', TimeCreated: '2024-03-05T06:00:00Z' };
const sysmon = { ...security, Channel: 'Microsoft-Windows-Sysmon/Operational' };

describe('shapes', () => {
  it('reads one logon the same from four exports of EVTX', () => {
    const { events, rejects } = parsed(linesOf('exports.jsonl'));
    expect(rejects).toEqual([]);
    expect(events).toHaveLength(4);
    for (const event of events) {
      expect(event).toMatchObject({
        table: 'authentication',
        time: '2024-03-05T06:00:01.123456Z',
        sensor: 'dc1.example',
        fields: {
          username: 'anna',
          domain: 'EXAMPLE',
          src_ip: '192.0.2.10',
          src_port: 50_002,
          outcome: 'success',
          method: 'network',
          host: 'dc1.example',
        },
      });
    }
  });

  it('reads winlogbeat nested, dotted and old', () => {
    const { events } = parsed(linesOf('winlogbeat.jsonl'));
    expect(events[0]).toMatchObject({
      table: 'process',
      time: '2024-03-05T06:00:01.123000Z',
      fields: {
        host: 'ws1.example',
        username: 'EXAMPLE\\anna',
        pid: 0x1d18,
        parent_pid: 0x11c0,
        command_line: 'cmd /c whoami',
        parent_executable: 'C:\\Temp\\a.exe',
      },
    });
    expect(events[1]?.fields).toMatchObject({
      service: 'kerberos',
      outcome: 'success',
      username: 'anna@EXAMPLE',
      src_ip: '192.0.2.10',
      method: 'kerberos-service',
    });
    expect(events[2]?.fields).toMatchObject({
      service: 'ntlm',
      outcome: 'failure',
      username: 'bert',
      src_ip: '::',
    });
    expect(String(events[2]?.fields.detail)).toContain('KALI');
  });

  it('reads Azure tables, with data as JSON text, as XML text and at the top', () => {
    const { events } = parsed(linesOf('azure.jsonl'));
    expect(events[0]).toMatchObject({
      table: 'network',
      time: '2024-03-05T06:00:00.123000Z',
      fields: {
        src_ip: '198.51.100.7',
        src_port: 50_452,
        dst_ip: '192.0.2.10',
        dst_port: 8080,
        protocol: 'tcp',
      },
    });
    expect(events[1]).toMatchObject({
      table: 'dns',
      time: '2024-03-05T06:00:01.900000Z',
      fields: { query: 'a&b.example', response_code: 'NOERROR', answers: ['edge.example', '198.51.100.7'] },
    });
    expect(events[2]?.fields).toMatchObject({
      outcome: 'failure',
      username: 'root',
      src_ip: '::',
      method: 'network',
    });
  });

  it('reads flat records, and tells objects that are no files from files', () => {
    const { events } = parsed(linesOf('mordor.jsonl'));
    expect(events.map((event) => event.table)).toEqual([
      'authentication',
      'authentication',
      'base_event',
      'base_event',
      'network',
      'file',
    ]);
    expect(events[0]?.fields).toMatchObject({ outcome: 'failure', src_ip: '198.51.100.7', src_port: 50_123 });
    expect(events[1]?.fields).toMatchObject({ service: 'rdp', method: 'remote-interactive' });
    expect(events[2]?.fields).toMatchObject({
      stream: 'windows-sysmon-10',
      code: '10',
      message: 'C:\\Temp\\a.exe -> C:\\Windows\\System32\\lsass.exe 0x1fffff',
      raw: linesOf('mordor.jsonl')[2],
    });
    expect(events[4]?.fields).toMatchObject({
      src_ip: '198.51.100.7',
      src_port: 50_123,
      dst_ip: '192.0.2.10',
      dst_port: 3389,
    });
    expect(events[5]?.fields).toMatchObject({
      action: 'write',
      name: 'svc.exe',
      path: '\\\\*\\ADMIN$',
      src_ip: '192.0.2.77',
    });
  });
});

describe('which table', () => {
  it.each([
    [
      'a logoff is no attempt to log in',
      { ...security, EventID: 4634, TargetUserName: 'anna' },
      'base_event',
      { stream: 'windows-security-4634' },
    ],
    [
      'credentials given explicitly may or may not have worked',
      { ...security, EventID: 4648, TargetUserName: 'anna', IpAddress: '::1' },
      'authentication',
      { outcome: 'unknown', src_ip: '::' },
    ],
    [
      'a ticket refused',
      { ...security, EventID: 4768, TargetUserName: 'anna', Status: '0x6', IpAddress: '::ffff:192.0.2.9' },
      'authentication',
      { outcome: 'failure', src_ip: '192.0.2.9' },
    ],
    [
      'pre-authentication failed',
      { ...security, EventID: 4771, TargetUserName: 'anna', Status: '0x18' },
      'authentication',
      { outcome: 'failure' },
    ],
    [
      'event 1 of another channel is no program start',
      { ...security, Channel: 'System', EventID: 1, Image: 'x' },
      'base_event',
      { stream: 'windows-system-1' },
    ],
    [
      'Sysmon 1',
      { ...sysmon, EventID: 1, Image: 'C:\\a.exe', Hashes: 'SHA1=AB,MD5=CD' },
      'process',
      { executable: 'C:\\a.exe', hashes: ['SHA1=AB', 'MD5=CD'] },
    ],
    [
      'Sysmon 23',
      { ...sysmon, EventID: 23, TargetFilename: 'C:\\x.log' },
      'file',
      { action: 'delete', name: 'C:\\x.log' },
    ],
    [
      'Sysmon 3 without addresses is kept whole',
      { ...sysmon, EventID: 3, SourceIp: '-', DestinationIp: '-' },
      'base_event',
      { stream: 'windows-sysmon-3' },
    ],
    [
      'Sysmon 13',
      {
        ...sysmon,
        EventID: 13,
        EventType: 'SetValue',
        Image: 'a.exe',
        TargetObject: 'HKLM\\Run',
        Details: 'b.exe',
      },
      'base_event',
      { message: 'a.exe SetValue HKLM\\Run b.exe' },
    ],
    [
      'a script block',
      {
        ...security,
        Channel: 'Microsoft-Windows-PowerShell/Operational',
        EventID: 4104,
        ScriptBlockText: 'iex\n$x',
      },
      'base_event',
      { stream: 'windows-powershell-4104', message: 'iex $x' },
    ],
    [
      'a file deleted',
      { ...security, EventID: 4663, ObjectType: 'File', ObjectName: 'C:\\a', AccessMask: '0x10000' },
      'file',
      { action: 'delete' },
    ],
  ])('%s', (_, record, table, fields) => {
    expect(eventOf(record)).toMatchObject({ table, fields });
  });
});

describe('times', () => {
  it('derives the zone of local times from times in UTC beside them, and says so', () => {
    const { events, assumptions } = parsed(linesOf('mordor.jsonl'));
    expect(events[0]?.time).toBe('2024-03-05T06:00:01.000000Z');
    expect(events[2]?.time).toBe('2024-03-05T06:00:03.010000Z');
    expect(assumptions).toEqual([expect.objectContaining({ about: 'zone', value: 'UTC-05:00' })]);
  });

  it('takes the zone that is set before any it could derive', () => {
    const { events } = parsed(linesOf('mordor.jsonl'), { assumedZoneMinutes: 60, isZoneSet: true });
    expect(events[0]?.time).toBe('2024-03-05T00:00:01.000000Z');
  });

  it('takes UTC, and says so, when nothing tells the zone', () => {
    const { events, assumptions } = parsed([
      '{"EventID":4672,"Channel":"Security","Hostname":"a","EventTime":"2024-03-05 01:00:00"}',
    ]);
    expect(events[0]?.time).toBe('2024-03-05T01:00:00.000000Z');
    expect(assumptions[0]).toMatchObject({ about: 'zone', value: 'UTC+00:00' });
  });

  it('stays with the clock of the event log where Sysmon contradicts it', () => {
    const { events, assumptions } = parsed([
      JSON.stringify({ ...sysmon, EventID: 5, UtcTime: '2024-03-06 01:00:00.000' }),
    ]);
    expect(events[0]?.time).toBe('2024-03-05T06:00:00.000000Z');
    expect(assumptions[0]).toMatchObject({
      about: 'clock',
      value: '1 events, UtcTime 68400 to 68400 s from the event log',
    });
  });

  it.each([
    ['/Date(1709618400123)/', '2024-03-05T06:00:00.123000Z'],
    ['1709618400123', '2024-03-05T06:00:00.123000Z'],
    ['2024-03-05T01:00:00.123456789-05:00', '2024-03-05T06:00:00.123456Z'],
  ])('reads %s', (TimeCreated, time) => {
    expect(eventOf({ ...security, EventID: 1, TimeCreated })?.time).toBe(time);
  });
});

describe('what is no event', () => {
  it.each([
    ['{"EventID":4624,"Channel":"Security","Hostname":"a","TimeCreated":"yesterday"}', 'bad-time'],
    ['{"Channel":"Security","TimeCreated":"2024-03-05T06:00:00Z"}', 'pattern-mismatch'],
    ['{"EventID":4624,"Chan', 'not-json'],
    ['[1]', 'not-json'],
  ])('%s is rejected as %s', (line, code) => {
    expect(parsed([line]).rejects).toEqual([code]);
  });

  it('counts the lines around the elements of an array as headers', () => {
    const event = JSON.stringify({ ...security, EventID: 1 });
    const { events, headers } = parsed(['[', `${event},`, event, ']']);
    expect({ events: events.length, headers }).toEqual({ events: 2, headers: 2 });
  });
});

describe('recognising', () => {
  it.each(['mordor.jsonl', 'winlogbeat.jsonl', 'azure.jsonl', 'exports.jsonl'])('knows %s', (name) => {
    expect(format.recognise(sampleOf(linesOf(name)))).toBe(0.95);
    expect(recogniseFormat(sampleOf(linesOf(name)), null)?.id).toBe('windows-events');
  });

  it('knows a file whose first event is longer than the sample', () => {
    const long = JSON.stringify({ ...security, EventID: 4698, TaskContent: 'x'.repeat(70_000) });
    expect(format.recognise(sampleOf([long]))).toBe(0.6);
  });

  it.each([
    ['Zeek', '{"ts":1.5,"uid":"C1","id.orig_h":"192.0.2.1","_path":"conn"}'],
    [
      'Zeek with other names',
      '{"@stream":"conn","@timestamp":"2024-03-05T06:00:00Z","uid":"C1","host":"a","EventID":1}',
    ],
    [
      'Suricata',
      '{"timestamp":"2024-03-05T06:00:00","flow_id":1,"event_type":"alert","src_ip":"192.0.2.1","host":"s"}',
    ],
    [
      'Linux auditd through Azure',
      '{"TimeGenerated":"2024-03-05T06:00:00Z","Computer":"u","EventType":"AUOMS_EXECVE","EventData":"a=1"}',
    ],
    [
      'an application with ids',
      '{"id":5,"event_id":7,"timestamp":"2024-03-05T06:00:00Z","host":"a","source":"app"}',
    ],
    ['another with a capital', '{"Id":5,"Timestamp":"2024-03-05T06:00:00Z","Host":"a"}'],
    ['text', 'Mar  5 06:00:00 ws1 sshd[1]: EventID 4624'],
  ])('leaves %s alone', (_, line) => {
    expect(format.recognise(sampleOf([line]))).toBe(0);
    expect(recogniseFormat(sampleOf([line]), null)?.id ?? '').not.toMatch(/^windows/);
  });
});

describe('whatever the text', () => {
  const names = [
    'Event',
    'System',
    'EventData',
    'UserData',
    'Data',
    '@Name',
    '#text',
    '#attributes',
    'EventID',
    'Channel',
    'Provider',
    'TimeCreated',
    'SystemTime',
    'UtcTime',
    'winlog',
    'event_data',
    'IpAddress',
    'Computer',
    'document',
    'data',
    '__proto__',
  ];
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      fc.string(),
      fc.double(),
      fc.constantFrom(4624, 3, 10, '2024-03-05T06:00:00Z', 'Security', null, true),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('node')),
    ),
  })).node;

  it('never throws, and gives one outcome a record', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          value.map((node) => JSON.stringify(node)),
        ),
        (text) => {
          const { events, rejects, headers } = parsed([text.replaceAll('\n', ' ')]);
          expect(events.length + rejects.length + headers).toBe(1);
          format.recognise(sampleOf([text]));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws on a valid record with some characters changed', () => {
    const valid = ['mordor.jsonl', 'winlogbeat.jsonl', 'azure.jsonl', 'exports.jsonl'].flatMap(linesOf);
    fc.assert(
      fc.property(
        fc.constantFrom(...valid),
        fc.nat(1000),
        fc.nat(10),
        fc.string({ maxLength: 10 }),
        (line, at, cut, put) => {
          const { events, rejects, headers } = parsed([
            line.slice(0, at) + put.replaceAll('\n', ' ') + line.slice(at + cut),
          ]);
          expect(events.length + rejects.length + headers).toBe(1);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** The lines of an archive's first file. */
function unzipped(archive: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true }, (failure, zip) => {
      if (failure) return reject(failure);
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (broken, stream) => {
          if (broken) return reject(broken);
          const chunks: Buffer[] = [];
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('end', () => resolve(Buffer.concat(chunks).toString('utf8').trimEnd().split('\n')));
        });
      });
      zip.readEntry();
    });
  });
}

const evidence = (name: string) =>
  fileURLToPath(new URL(`../../../../../../shared/evidence/${name}`, import.meta.url));
const tablesOf = (events: readonly Event[]) =>
  events.reduce<Record<string, number>>((sum, { table }) => {
    sum[table] = (sum[table] ?? 0) + 1;
    return sum;
  }, {});

describe.skipIf(!existsSync(evidence('windows')))('real evidence (needs shared evidence)', () => {
  it('accounts for all 53,698 events of a workstation whose credentials were dumped', async () => {
    const { events, rejects } = parsed(await unzipped(evidence('windows/lsass-01.zip')));
    expect(rejects).toEqual([]);
    // Counted by event number with python3.
    expect(tablesOf(events)).toEqual({
      base_event: 52_573,
      process: 269 + 53,
      network: 140 + 177,
      authentication: 5 + 1,
      file: 279 + 45 + 75 + 30,
      dns: 51,
    });
    const dumps = events.filter(
      (event) =>
        event.fields.stream === 'windows-sysmon-10' && String(event.fields.message).includes('lsass.exe'),
    );
    expect(dumps.length).toBeGreaterThan(0);
  });

  it('accounts for all 487 events of a Tomcat that was exploited', async () => {
    const { events, rejects } = parsed(await unzipped(evidence('log4shell/sysmon.zip')));
    expect(rejects).toEqual([]);
    expect(tablesOf(events)).toEqual({ base_event: 471, network: 5, file: 7, dns: 2, process: 2 });
    const child = events.find((event) => event.table === 'process')?.fields;
    expect([
      String(child?.parent_executable).toLowerCase().endsWith('tomcat9.exe'),
      String(child?.executable).endsWith('powershell.exe'),
    ]).toEqual([true, true]);
  });

  it('leaves the auditd records beside it alone', async () => {
    expect(format.recognise(sampleOf(await unzipped(evidence('log4shell/auditd.zip'))))).toBe(0);
  });
});
