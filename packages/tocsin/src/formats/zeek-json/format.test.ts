// Zeek's JSON logs: every spelling in use lands in the same columns, streams are told apart, nothing damaged goes missing.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byText } from '../../ground/ids.ts';
import { sampleOf } from '../sample.ts';
import { countsByCode, type LogLoader, openLogLoader } from '../zeek/load.support.ts';
import { format, guessStream } from './format.ts';

const caseOf = (name: string): Buffer => readFileSync(new URL(`cases/${name}`, import.meta.url));
let loader: LogLoader;
beforeAll(async () => {
  loader = await openLogLoader();
});
afterAll(() => loader.close());

describe('a connection log that does not name its stream', () => {
  it('gives flows with what is missing left empty, extra fields passed over', async () => {
    const { account, rows } = await loader.load(caseOf('conn.log'));
    expect(account).toMatchObject({ format: 'zeek-json', records: 3, events: 3, rejects: 0, headers: 0 });
    const [full, silent, six] = await rows('network');
    expect(full).toMatchObject({
      record: 1,
      time: '2024-03-05T01:00:00.000001Z',
      uid: 'CaSe1',
      src_ip: '10.0.0.5',
      src_port: 50_001,
      dst_port: 443,
      protocol: 'tcp',
      service: 'ssl',
      duration_s: 12.5,
      bytes_out: 1800,
      packets_in: 60,
      wire_bytes_in: 67_000,
      state: 'SF',
    });
    expect(silent).not.toHaveProperty('bytes_out');
    expect(silent).not.toHaveProperty('duration_s');
    expect(six).toMatchObject({
      time: '2024-03-05T01:00:00.000003Z',
      src_ip: '2001:db8::5',
      duration_s: 0.00001,
    });
  });
});

describe('several streams in one file', () => {
  it('accounts for every line', async () => {
    const { account } = await loader.load(caseOf('streams.log'));
    expect(account).toMatchObject({ records: 14, events: 14, rejects: 0 });
    expect(account.tables).toEqual({
      network: 1,
      http: 1,
      dns: 1,
      tls: 1,
      file: 3,
      authentication: 3,
      email: 1,
      smb: 1,
      sensor_alert: 1,
      base_event: 1,
    });
  });

  it.each([
    [
      'http',
      0,
      {
        method: 'POST',
        host: 'intranet.example',
        status: 200,
        username: 'maria',
        mime_type: 'text/html',
        file_names: ['a.zip', 'b,c.txt'],
      },
    ],
    ['dns', 0, { query: 'www.example.org', query_type: 'A', answers: ['198.51.100.7', 'alias.example.org'] }],
    ['tls', 0, { server_name: 'www.example.org', subject: 'CN=www.example.org', validation: 'ok' }],
    [
      'file',
      0,
      {
        uid: 'CaSe5',
        src_ip: '198.51.100.7',
        dst_ip: '10.0.0.5',
        name: 'a.zip',
        bytes: 4096,
        sent_by_src: 1,
      },
    ],
    [
      'file',
      1,
      {
        uid: 'CaSe7',
        src_ip: '10.0.0.5',
        dst_ip: '198.51.100.7',
        sent_by_src: 1,
        hashes: ['SHA1=da39a3ee5e6b4b0d3255bfef95601890afd80709'],
      },
    ],
    ['file', 2, { action: 'open', name: 'psexesvc.exe', path: '\\\\10.0.0.9\\ADMIN$' }],
    ['authentication', 0, { service: 'ssh', outcome: 'success' }],
    ['authentication', 1, { service: 'kerberos', outcome: 'failure', username: 'maria/EXAMPLE.ORG' }],
    ['authentication', 2, { service: 'rdp', outcome: 'success', username: 'maria' }],
    ['email', 0, { rcpt_to: ['b@example.net', 'c@example.net'], subject: 'Grüße' }],
    ['smb', 0, { endpoint: 'svcctl', operation: 'CreateServiceW' }],
    ['sensor_alert', 0, { src_ip: '10.0.0.5', dst_ip: '198.51.100.7', signature: 'Scan::Port_Scan' }],
    ['base_event', 0, { stream: 'weird', src_ip: '10.0.0.5' }],
    ['network', 0, { record: 14, bytes_out: 1, bytes_in: 2 }],
  ] as const)('%s, row %d', async (table, at, expected) => {
    const { rows } = await loader.load(caseOf('streams.log'));
    expect((await rows(table))[at]).toMatchObject(expected);
  });

  it('is read alike whatever the size of the blocks', async () => {
    const { account } = await loader.load(caseOf('streams.log'), 400);
    expect(account).toMatchObject({ records: 14, events: 14, rejects: 0 });
  });

  it('counts blank and bad lines among them', async () => {
    const { account } = await loader.load(`${caseOf('streams.log').toString()}\n{"_path":"conn"}\n\n`);
    expect(account).toMatchObject({ records: 17, events: 14, rejects: 1, headers: 2 });
  });

  it.each(['constructor', '7', 'un;usual', ''])('keeps a record of the stream %j', async (stream) => {
    const lines = caseOf('streams.log').toString();
    const { account } = await loader.load(
      `${lines}{"_path":${JSON.stringify(stream)},"ts":1709600400.5,"id.orig_h":"10.0.0.5"}\n`,
    );
    expect(account).toMatchObject({ events: 15, rejects: 0 });
  });

  it('reads lines that name no stream among others that do', async () => {
    const named = caseOf('streams.log').toString().split('\n')[13] ?? '';
    const { account } = await loader.load(`${named}\n${named.replace('"_path":"conn",', '')}\n`);
    expect(account).toMatchObject({ events: 2, rejects: 0, tables: { network: 2 } });
  });
});

it('reads underscored names, times with a zone, and the sensor each record names', async () => {
  const { account, rows } = await loader.load(caseOf('underscored.log'));
  expect(account).toMatchObject({ events: 3, rejects: 0, tables: { network: 2, smb: 1 } });
  expect(await rows('network')).toMatchObject([
    { sensor: 'NORTH', src_ip: '10.0.0.5', dst_ip: '198.51.100.7', service: 'gssapi,smb', bytes_in: 20 },
    { sensor: 'SOUTH', time: '2024-03-05T01:00:00.500000Z', protocol: 'udp' },
  ]);
  expect(await rows('smb')).toMatchObject([
    { share: '\\\\10.0.0.9\\IPC$', share_type: 'PIPE', dst_port: 445 },
  ]);
});

it('rejects each bad line with its reason and keeps the good ones around them', async () => {
  const { account, rows } = await loader.load(caseOf('bad.log'));
  expect(account).toMatchObject({ records: 14, events: 2, rejects: 11, headers: 1 });
  expect((await rows('network')).map((row) => row['record'])).toEqual([1, 14]);
  expect(countsByCode(account)).toEqual({
    'not-json': 4,
    'bad-time': 2,
    'bad-address': 1,
    'bad-number': 4,
  });
});

it('reads times as epoch seconds, milliseconds, and ISO text, to the microsecond', async () => {
  const times = [
    '1709600400.123456',
    '1709600400',
    '1709600400123',
    '29.557741',
    '1.7096004005e9',
    '"2024-03-05T01:00:00.123456Z"',
    '"2024-03-05T01:00:00"',
    '"2024-03-05T01:00:00.123456789Z"',
    '"1709600400.25"',
  ];
  const lines = times.map((time) => `{"ts":${time},"uid":"C1","id.orig_h":"10.0.0.5","conn_state":"SF"}\n`);
  const { account, rows } = await loader.load(lines.join(''));
  expect(account.rejected).toEqual([]);
  expect((await rows('network')).map((row) => row['time'])).toEqual([
    '2024-03-05T01:00:00.123456Z',
    '2024-03-05T01:00:00.000000Z',
    '2024-03-05T01:00:00.123000Z',
    '1970-01-01T00:00:29.557741Z',
    '2024-03-05T01:00:00.500000Z',
    '2024-03-05T01:00:00.123456Z',
    '2024-03-05T01:00:00.000000Z',
    '2024-03-05T01:00:00.123456Z',
    '2024-03-05T01:00:00.250000Z',
  ]);
});

describe('guessStream', () => {
  it.each([
    ['conn', { conn_state: 'SF', uid: 'C' }],
    ['http', { trans_depth: 1, method: 'GET' }],
    ['smtp', { trans_depth: 1, helo: 'x' }],
    ['dns', { query: 'x', qtype: 1 }],
    ['ssl', { established: true }],
    ['files', { fuid: 'F', seen_bytes: 1 }],
    ['ssh', { auth_attempts: 1 }],
    ['dce_rpc', { endpoint: 'svcctl', operation: 'x' }],
    ['smb_files', { action: 'SMB::FILE_OPEN', name: 'x' }],
    ['kerberos', { request_type: 'AS' }],
    ['rdp', { cookie: 'x' }],
    ['notice', { note: 'x' }],
    ['unknown', { something: 'else' }],
  ])('%s', (expected, record) => {
    expect(guessStream({ ts: 1, ...record })).toBe(expected);
  });
});

it('accounts for every line of whatever text follows a record', async () => {
  const first = caseOf('conn.log').toString().split('\n')[0] ?? '';
  const value = fc.oneof(
    fc.constantFrom('-', 1709600400.1, '10.0.0.5', 7, -1, 1e300, null, true, ['a'], { b: 1 }),
    fc.string({ maxLength: 8 }),
  );
  const record = fc.dictionary(
    fc.constantFrom('ts', 'uid', 'id.orig_h', 'id_orig_h', 'orig_bytes', '_path', 'duration', 'conn_state'),
    value,
  );
  const line = fc.oneof(
    record.map((fields) => JSON.stringify(fields)),
    fc.json({ maxDepth: 1 }),
    fc.string({ maxLength: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
      // accountFor throws when a record went missing.
      const { account } = await loader.load(
        `${first}\n${lines.map((text) => text.replaceAll('\n', ' ')).join('\n')}\n`,
      );
      return account.records === account.events + account.rejects + account.headers;
    }),
    { numRuns: 40 },
  );
});

it.each([
  ['one stream', caseOf('conn.log'), true],
  ['several', caseOf('streams.log'), true],
  ['underscored', caseOf('underscored.log'), true],
  [
    'Suricata',
    Buffer.from('{"timestamp":"2024-03-05T01:00:00.000000+0000","event_type":"flow","src_ip":"10.0.0.5"}\n'),
    false,
  ],
  ['other JSON with a time', Buffer.from('{"ts":1709600400,"level":"info","message":"x"}\n'), false],
])('recognises %s for what it is', (_, bytes, expected) => {
  expect(format.recognise(sampleOf(bytes, true)) >= 0.5).toBe(expected);
});

const mixed = new URL('../../../../../../shared/evidence/mixed-capture/', import.meta.url);
describe('a real capture (skipped where shared/evidence is absent)', () => {
  const names = existsSync(mixed)
    ? readdirSync(mixed)
        .filter((name) => name.endsWith('.log'))
        .sort(byText)
    : [];
  it.skipIf(names.length === 0)('is read whole, stream by stream', async () => {
    for (const name of names) {
      const bytes = readFileSync(new URL(name, mixed));
      const { account } = await loader.load(bytes);
      const lines = bytes
        .toString('latin1')
        .split('\n')
        .filter((line) => line !== '').length;
      expect([name, account.records, account.events, account.rejects]).toEqual([name, lines, lines, 0]);
    }
  });
});

describe('the quick reading of plain objects', () => {
  // Any brace that does not begin a line, as here after a blank, sends the whole block the other way.
  const otherLine = ' {"ts":1709600400.0,"uid":"last","id.orig_h":"10.0.0.9","conn_state":"SF"}\n';
  const odd = fc.constantFrom<unknown>(
    null,
    true,
    '',
    '-',
    '7',
    '7.5',
    ' 7',
    [],
    ['a'],
    7.5,
    -1,
    1e3,
    1e300,
    2 ** 60,
  );
  const number = fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 70_000 }) }, odd);
  const time = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.integer({ min: 1, max: 2_000_000_000_000_000 }).map((micros) => micros / 1e6),
    },
    fc.constantFrom<unknown>('2024-03-05T01:00:00.5Z', '1709600400.25', 1709600400123, 0, -5.5),
    odd,
  );
  const address = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<unknown>('10.0.0.5', '2001:db8::5', '::') },
    fc.constantFrom<unknown>('10.0.0.256', ''),
    odd,
  );
  const text = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<unknown>('tcp', 'UDP', 'é"\\', 'a\tb') },
    odd,
  );
  const record = fc.record(
    {
      ts: time,
      uid: text,
      'id.orig_h': address,
      id_orig_h: address,
      'id.orig_p': number,
      id_orig_p: number,
      proto: text,
      conn_state: fc.constantFrom('SF', 'S0'),
      duration: number,
      orig_bytes: number,
      resp_pkts: number,
      _system_name: text,
      unheard_of: fc.jsonValue({ maxDepth: 0 }),
    },
    { requiredKeys: ['ts', 'conn_state', 'uid'] },
  );

  it('gives what the reading line by line gives, and rejects what it rejects', async () => {
    await fc.assert(
      fc.asyncProperty(record, async (fields) => {
        const first = '{"ts":1709600400.0,"uid":"first","id.orig_h":"10.0.0.8","conn_state":"SF"}\n';
        const line = `${first}${JSON.stringify(fields)}\n`;
        const quick = await loader.load(line);
        const rows = await quick.rows('network');
        const slow = await loader.load(`${line}${otherLine}`);
        const others = (await slow.rows('network')).filter((row) => row['uid'] !== 'last');
        expect(quick.account.rejected).toEqual(slow.account.rejected);
        expect(rows).toEqual(others);
      }),
      { numRuns: 30 },
    );
  });
});
