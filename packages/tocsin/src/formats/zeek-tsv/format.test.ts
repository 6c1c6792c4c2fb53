// Zeek's tab-separated logs: each stream lands in its table, whatever its header says, and nothing damaged goes missing.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleOf } from '../sample.ts';
import { countsByCode, type LogLoader, openLogLoader } from '../zeek/load.support.ts';
import { format, readHeader } from './format.ts';

const caseOf = (name: string): Buffer => readFileSync(new URL(`cases/${name}`, import.meta.url));
let loader: LogLoader;
beforeAll(async () => {
  loader = await openLogLoader();
});
afterAll(() => loader.close());

describe('a connection log', () => {
  it('gives flows with what was unset left empty', async () => {
    const { account, rows } = await loader.load(caseOf('conn.log'));
    expect(account).toMatchObject({ format: 'zeek-tsv', records: 13, events: 4, rejects: 0, headers: 9 });
    const [full, silent, six, ping] = await rows('network');
    expect(full).toMatchObject({
      record: 9,
      time: '2024-03-05T01:00:00.000001Z',
      uid: 'CaSe1',
      src_ip: '10.0.0.5',
      src_port: 50_001,
      dst_ip: '198.51.100.7',
      dst_port: 443,
      protocol: 'tcp',
      service: 'ssl',
      duration_s: 12.5,
      bytes_out: 1800,
      bytes_in: 64_000,
      packets_out: 20,
      wire_bytes_in: 67_000,
      state: 'SF',
      history: 'ShADadFf',
    });
    expect(silent).not.toHaveProperty('bytes_out');
    expect(silent).not.toHaveProperty('service');
    expect(silent).not.toHaveProperty('duration_s');
    expect(six).toMatchObject({ src_ip: '2001:db8::5', dst_ip: '2001:db8::53' });
    expect(ping).toMatchObject({ protocol: 'icmp', src_port: 8, state: 'OTH' });
  });

  it('is read alike whatever the size of the blocks it is cut into', async () => {
    const whole = await (await loader.load(caseOf('streams.log'))).rows('http');
    const { account, rows } = await loader.load(caseOf('streams.log'), 300);
    expect(await rows('http')).toEqual(whole);
    expect(account.events).toBe(15);
  });

  it('takes line ends of Windows', async () => {
    const { account, rows } = await loader.load(caseOf('conn.log').toString().replaceAll('\n', '\r\n'));
    expect(account).toMatchObject({ events: 4, rejects: 0, headers: 9 });
    expect((await rows('network'))[0]).toMatchObject({ state: 'SF', wire_bytes_in: 67_000 });
  });

  it('takes a file that ends without a line end', async () => {
    const text = caseOf('conn.log').toString().split('#close')[0]?.replace(/\n$/, '') ?? '';
    expect((await loader.load(text)).account).toMatchObject({ events: 4, rejects: 0 });
  });
});

describe('streams, each in its table', () => {
  it('accounts for every line', async () => {
    const { account } = await loader.load(caseOf('streams.log'));
    expect(account).toMatchObject({ records: 123, events: 15, rejects: 0, headers: 108 });
    expect(account.tables).toEqual({
      http: 2,
      dns: 2,
      tls: 1,
      file: 2,
      authentication: 4,
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
        uri: '/up?x=1',
        status: 200,
        request_bytes: 512,
        username: 'maria',
        mime_type: 'text/html',
        file_names: ['a.zip', 'b,c.txt'],
      },
    ],
    [
      'dns',
      0,
      {
        query: 'www.example.org',
        query_type: 'A',
        response_code: 'NOERROR',
        answers: ['198.51.100.7', 'alias.example.org'],
      },
    ],
    ['dns', 1, { query: 'gone.example.org', response_code: 'NXDOMAIN' }],
    [
      'tls',
      0,
      {
        version: 'TLSv13',
        server_name: 'www.example.org',
        subject: 'CN=www.example.org',
        validation: 'ok',
        ja3: 'e7d705a3286e19ea42f587b344ee6865',
      },
    ],
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
        hashes: ['MD5=d41d8cd98f00b204e9800998ecf8427e'],
        source: 'HTTP',
      },
    ],
    [
      'file',
      1,
      { action: 'open', name: 'psexesvc.exe', path: '\\\\10.0.0.9\\ADMIN$', bytes: 145_000, source: 'SMB' },
    ],
    [
      'authentication',
      0,
      { service: 'ssh', outcome: 'success', detail: 'SSH-2.0-OpenSSH_9.6 -> SSH-2.0-OpenSSH_8.9' },
    ],
    ['authentication', 1, { service: 'ssh', outcome: 'failure' }],
    [
      'authentication',
      2,
      { service: 'kerberos', outcome: 'failure', username: 'maria/EXAMPLE.ORG', method: 'AS' },
    ],
    ['authentication', 3, { service: 'rdp', outcome: 'success', username: 'maria', method: 'HYBRID' }],
    [
      'email',
      0,
      {
        mail_from: 'a@example.org',
        rcpt_to: ['b@example.net', 'c@example.net'],
        helo: 'mail.example',
        status: '250 ok',
      },
    ],
    ['smb', 0, { endpoint: 'svcctl', operation: 'CreateServiceW', named_pipe: '\\pipe\\ntsvcs' }],
    [
      'sensor_alert',
      0,
      {
        src_ip: '10.0.0.5',
        dst_ip: '198.51.100.7',
        signature: 'Scan::Port_Scan',
        message: '10.0.0.5 scanned 20 ports remote',
      },
    ],
    ['base_event', 0, { stream: 'weird', src_ip: '10.0.0.5' }],
  ] as const)('%s, row %d', async (table, at, expected) => {
    const { rows } = await loader.load(caseOf('streams.log'));
    expect((await rows(table))[at]).toMatchObject(expected);
  });
});

describe('headers', () => {
  it('goes by the fields of the latest header, in any order, with its own markers', async () => {
    const { account, rows } = await loader.load(caseOf('changed-fields.log'));
    expect(account).toMatchObject({ records: 19, events: 2, rejects: 0, headers: 17 });
    const second = (await rows('network'))[1];
    expect(second).toMatchObject({
      time: '2024-03-05T01:01:40.250000Z',
      src_ip: '10.0.0.6',
      src_port: 40_000,
      dst_ip: '198.51.100.20',
      bytes_in: 300,
    });
    expect(second).not.toHaveProperty('bytes_out');
  });

  it('takes another separator, set separator and markers from the header', async () => {
    const { rows } = await loader.load(caseOf('separator.log'));
    const [first, second] = await rows('dns');
    expect(first).toMatchObject({
      query: 'a b.example',
      query_type: 'A',
      answers: ['198.51.100.1', '198.51.100.2'],
    });
    expect(second).not.toHaveProperty('query_type');
    expect(second).not.toHaveProperty('answers');
  });

  it.each([
    [
      'tab by number',
      ['#separator \\x09', '#path\tconn', '#fields\tts\tuid'],
      {
        separator: '\t',
        path: 'conn',
        fields: ['ts', 'uid'],
        unset: '-',
        empty: '(empty)',
        setSeparator: ',',
      },
    ],
    ['a bar', ['#separator |', '#fields|ts|uid'], { separator: '|', path: 'unknown', fields: ['ts', 'uid'] }],
    ['no separator line', ['#fields\tts'], { separator: '\t', fields: ['ts'] }],
  ])('reads %s', (_, lines, expected) => {
    expect(readHeader(lines)).toMatchObject(expected);
  });

  it('changes nothing at a footer', () => {
    expect(readHeader(['#close\t2024-03-05-02-00-00'])).toBeNull();
  });

  it('rejects records no header explains', async () => {
    const text = `#separator \\x09\n#open\tx\n1709600400.1\tC1\n${caseOf('conn.log').toString()}`;
    const { account } = await loader.load(text);
    expect(account).toMatchObject({ events: 4, rejects: 1 });
    expect(account.rejected[0]).toMatchObject({ code: 'no-header' });
  });
});

it.each([
  ['a doubled backslash', String.raw`\\host\share`.replaceAll('\\', '\\\\'), String.raw`\\host\share`],
  ['a tab and a bar', 'a\\x09b\\x7cc', 'a\tb|c'],
  ['UTF-8 byte by byte', 'Gr\\xc3\\xbc\\xc3\\x9fe', 'Grüße'],
  ['a doubled backslash before what looks like an escape', '\\\\\\\\x41', '\\\\x41'],
  ['the unset marker as text', '\\x2d', '-'],
  ['bytes that are no text: left as written', '\\xff\\xfe', '\\xff\\xfe'],
  ['a lone backslash at the end', 'a\\', 'a\\'],
])('gives back %s as Zeek saw it', async (_, written, seen) => {
  const head =
    '#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tquery\tanswers\n#types\ttime\taddr\tstring\tvector[string]\n';
  const { rows } = await loader.load(`${head}1709600400.0\t10.0.0.5\t${written}\t${written},b\n`);
  expect((await rows('dns'))[0]).toMatchObject({ query: seen, answers: [seen, 'b'] });
});

it('keeps a log whole whose name is that of something every object has', async () => {
  const { account, rows } = await loader.load(
    '#separator \\x09\n#path\tconstructor\n#fields\tts\tid.orig_h\n1709600400.0\t10.0.0.5\n',
  );
  expect(account).toMatchObject({ events: 1, tables: { base_event: 1 } });
  expect((await rows('base_event'))[0]).toMatchObject({ stream: 'constructor', src_ip: '10.0.0.5' });
});

it('rejects each bad line with its reason and keeps the good ones around them', async () => {
  const { account, rows } = await loader.load(caseOf('bad.log'));
  expect(account).toMatchObject({ events: 2, rejects: 10, headers: 9, records: 21 });
  expect((await rows('network')).map((row) => [row['record'], row['state']])).toEqual([
    [9, 'SF'],
    [21, 'S1'],
  ]);
  expect(countsByCode(account)).toEqual({
    'bad-time': 2,
    'bad-address': 1,
    'bad-number': 4,
    'not-delimited': 3,
  });
});

it('reads times to the microsecond, also given to the nanosecond, in whole seconds or before 2001', async () => {
  const head = '#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\n';
  const times = ['1709600400.123456789', '1709600400', '29.557741', '1709600400.5', '0.000000'];
  const { account, rows } = await loader.load(
    `${head}${times.map((time) => `${time}\t10.0.0.5\n`).join('')}`,
  );
  expect(account.rejected).toEqual([]);
  expect((await rows('network')).map((row) => row['time'])).toEqual([
    '2024-03-05T01:00:00.123456Z',
    '2024-03-05T01:00:00.000000Z',
    '1970-01-01T00:00:29.557741Z',
    '2024-03-05T01:00:00.500000Z',
    '1970-01-01T00:00:00.000000Z',
  ]);
});

it('accounts for every line of whatever text follows a header', async () => {
  const head = '#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\torig_bytes\n';
  const field = fc.oneof(
    fc.constantFrom('-', '1709600400.1', '10.0.0.5', '7', '#', '\\x09', "'", '`', '(empty)'),
    fc.string({ maxLength: 12 }),
  );
  const line = fc.array(field, { maxLength: 5 }).map((fields) => fields.join('\t'));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 10 }), async (lines) => {
      // accountFor throws when a record went missing.
      const { account } = await loader.load(`${head}${lines.join('\n')}\n`);
      return account.records === account.events + account.rejects + account.headers;
    }),
    { numRuns: 30 },
  );
});

it.each([
  ['its own log', caseOf('conn.log'), 1],
  ['a log parted by bars', caseOf('separator.log'), 1],
  ['a comment and prose', Buffer.from('# a comment\nprose\n'), 0],
  ['Zeek as JSON', Buffer.from('{"ts":1,"uid":"C1"}\n'), 0],
  ['fields without a separator line', Buffer.from('#fields: a b\n1 2\n'), 0],
])('recognises %s for what it is', (_, bytes, expected) => {
  expect(format.recognise(sampleOf(bytes, true))).toBe(expected);
});

describe('the quick reading of whole cells', () => {
  const head =
    '#separator \\x09\n#empty_field\t(empty)\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tproto\tduration\torig_bytes\n';
  const escapedLine = '1709600400.0\tlast\\x7c\t10.0.0.9\t9\ttcp\t-\t-\n';
  const odd = fc.constantFrom(
    '',
    '-',
    '(empty)',
    ' 7',
    '7 ',
    '+7',
    '7.0',
    '7.5',
    '1e3',
    'nan',
    'inf',
    '0x7',
    '007',
    '.5',
    '5.',
  );
  const number = fc.oneof(
    { weight: 6, arbitrary: fc.nat({ max: 70_000 }).map(String) },
    fc.bigInt({ min: 0n, max: 1n << 70n }).map(String),
    odd,
  );
  const time = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .integer({ min: 0, max: 2_000_000_000_000_000 })
        .map((micros) => `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`),
    },
    fc.constantFrom(
      '1709600400',
      '1709600400.123456789',
      '1709600400123',
      '-5.5',
      '2024-03-05T01:00:00Z',
      '2024-03-05 01:00:00',
      '0.0',
      '1e9',
    ),
    odd,
  );
  const address = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('10.0.0.5', '2001:db8::5', '::ffff:10.0.0.5') },
    fc.constantFrom('10.0.0.256', '010.0.0.1', 'fe80::1%eth0'),
    odd,
  );
  const word = fc.oneof(
    fc.constantFrom('tcp', 'UDP', '-', '(empty)', ''),
    fc.stringMatching(/^[\w (),{}'"-]{0,6}$/),
  );

  it('gives what the reading line by line gives, and rejects what it rejects', async () => {
    const line = fc
      .tuple(time, word, address, number, word, number, number)
      .map((cells) => `${cells.join('\t')}\n`);
    await fc.assert(
      fc.asyncProperty(line, async (text) => {
        // A backslash anywhere in a block sends all of it the other way.
        const quick = await loader.load(`${head}${text}`);
        const row = await quick.rows('network');
        const slow = await loader.load(`${head}${text}${escapedLine}`);
        expect(quick.account).toMatchObject({
          events: slow.account.events - 1,
          rejected: slow.account.rejected,
        });
        expect(row).toEqual((await slow.rows('network')).filter((other) => other['uid'] !== 'last|'));
      }),
      { numRuns: 30 },
    );
  });
});
