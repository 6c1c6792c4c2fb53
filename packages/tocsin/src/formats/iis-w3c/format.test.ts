// W3C extended logs: columns by their names, headers that change, times in UTC.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParseSettings } from '../format.ts';
import { sampleOf } from '../sample.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 480,
  isZoneSet: true,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'u_ex240805.log',
};
const lines = readFileSync(new URL('cases/iis.log', import.meta.url), 'utf8')
  .split('\r\n')
  .filter(Boolean);
const read = (given: readonly string[]) => {
  const parser = format.open(sampleOf(Buffer.from(''), true), settings);
  return given.map((line) => parser.record(line));
};
const fields = '#Fields: date time c-ip cs-method cs-uri-stem sc-status';

describe('a log of IIS', () => {
  const outcomes = read(lines);

  it('has header lines and requests and nothing else', () => {
    expect(outcomes.filter((outcome) => 'header' in outcome)).toHaveLength(5);
    expect(outcomes.filter((outcome) => 'event' in outcome)).toHaveLength(3);
  });

  it('names client, server, user and browser', () => {
    expect(outcomes[4]).toMatchObject({
      event: {
        table: 'http',
        time: '2024-08-05T00:00:05.000000Z',
        fields: {
          src_ip: '198.51.100.7',
          dst_ip: '192.0.2.80',
          dst_port: 443,
          uri: '/owa/',
          user_agent: 'Mozilla/5.0 (Windows NT 10.0)',
          status: 302,
          username: '',
        },
      },
    });
    expect(outcomes[5]).toMatchObject({
      event: {
        fields: {
          src_ip: '2001:db8::5',
          uri: '/ecp/proxyLogon.ecp?a=1&b=2',
          username: 'EXAMPLE\\alice',
          referrer: 'https://mail.example.org/',
        },
      },
    });
  });

  it('follows columns that change, and takes the day from #Date where the line has none', () => {
    expect(outcomes[7]).toMatchObject({
      event: {
        time: '2024-08-05T00:00:09.000000Z',
        fields: { response_bytes: 55n, request_bytes: 40960n, status: 201, dst_ip: '::' },
      },
    });
  });
});

it('says that a day was taken from #Date, and only then', () => {
  const assumptionsOf = (given: readonly string[]) => {
    const parser = format.open(sampleOf(Buffer.from(''), true), settings);
    for (const line of given) parser.record(line);
    return parser.assumptions().map((assumption) => assumption.about);
  };
  expect(assumptionsOf(lines)).toEqual(['date']);
  expect(assumptionsOf(lines.slice(0, 6))).toEqual([]);
});

describe('fields of other servers and of clients that mean harm', () => {
  const more = read(
    readFileSync(new URL('cases/custom-fields.log', import.meta.url), 'utf8')
      .split('\n')
      .filter(Boolean),
  );

  it.each([
    [
      'the address a proxy forwarded for, and the time taken',
      1,
      { src_ip: '192.0.2.4', request_headers: 'time-taken: 15\nx-forwarded-for: 198.51.100.7,+192.0.2.4' },
    ],
    ['the plus before the address of a crawler', 1, { user_agent: 'Bot/2.1; +http://bot.example' }],
    ['quotes a client sent', 2, { uri: '/a"b?"x', user_agent: '"x', host: 'www.example.org' }],
    ['a size of 2^63 and more', 2, { response_bytes: 9_999_999_999_999_999_999n }],
    [
      'a cell in quotes, path and query of a proxy',
      4,
      { user_agent: 'Mozilla/5.0 (X11)', uri: '/p?q=1', dst_ip: '192.0.2.3', host: 'www.example.org' },
    ],
    [
      'a request of the kernel (HTTP.sys)',
      6,
      { src_port: 51_000, uri: '/x', request_headers: 's-reason: BadRequest' },
    ],
  ])('%s', (_, at, fields) => {
    expect(more[at]).toMatchObject({ event: { fields } });
  });
});

it('gives one outcome a line and never throws, whatever the cells', () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom('-', '2024-08-05', '00:00:05', '192.0.2.1', '"', '200', '#Fields:'),
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { maxLength: 8 }), { maxLength: 6 }), (rows) => {
      for (const outcome of read([fields, ...rows.map((row) => row.join(' '))]))
        expect(Object.keys(outcome)).toHaveLength(1);
    }),
  );
});

it.each([
  ['a line before any #Fields', ['2024-08-05 00:00:05 198.51.100.7 GET / 200'], 'no-header'],
  ['a line with a column too few', [fields, '2024-08-05 00:00:05 198.51.100.7 GET /'], 'not-delimited'],
  ['a day that does not exist', [fields, '2024-02-31 00:00:05 198.51.100.7 GET / 200'], 'bad-time'],
  ['a client that is no address', [fields, '2024-08-05 00:00:05 somebody GET / 200'], 'bad-address'],
  ['a status that is none', [fields, '2024-08-05 00:00:05 198.51.100.7 GET / fine'], 'bad-number'],
])('rejects %s', (_, given, code) => {
  expect(read(given).at(-1)).toMatchObject({ reject: { code } });
});

it('does not claim a W3C log that is none of a web server', () => {
  const firewall =
    '#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Fields: date time action protocol src-ip dst-ip\n';
  expect(format.recognise(sampleOf(Buffer.from(firewall), true))).toBe(0);
});
