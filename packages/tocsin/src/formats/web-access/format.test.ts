// Access logs of several servers: what each line becomes, and that no request is lost, however broken.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome, ParseSettings } from '../format.ts';
import { sampleOf } from '../sample.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'access.log',
};
const sample = sampleOf(Buffer.from(''), true);
const read = (lines: readonly string[], given = settings) => {
  const parser = format.open(sample, given);
  return { outcomes: lines.map((line) => parser.record(line)), assumptions: parser.assumptions() };
};
const caseLines = (name: string) =>
  readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const fieldsOf = (outcome: Outcome | undefined) =>
  outcome !== undefined && 'event' in outcome ? outcome.event.fields : undefined;

describe('what a line says', () => {
  it.each([
    [
      'a plain request',
      'combined.log',
      0,
      {
        src_ip: '192.0.2.10',
        method: 'GET',
        uri: '/index.html?a=1',
        status: 200,
        response_bytes: 2326n,
        referrer: 'https://www.example.org/start',
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
        username: '',
      },
    ],
    [
      'a user and no size',
      'combined.log',
      1,
      {
        src_ip: '2001:db8::7',
        username: 'alice',
        method: 'POST',
        status: 302,
        response_bytes: null,
        user_agent: 'curl/8.5.0',
        referrer: '',
      },
    ],
    [
      'a client by name',
      'combined.log',
      2,
      { src_ip: '::', request_headers: 'remote-host: client7.example.org' },
    ],
    ['TLS sent to a plain port', 'combined.log', 3, { method: '', uri: '\\x16\\x03\\x01\\x02', status: 400 }],
    ['no request at all', 'combined.log', 4, { method: '', uri: '', status: 408 }],
    [
      'escaped quotes, kept as logged',
      'combined.log',
      5,
      { uri: '/?q=\\"quoted\\"', user_agent: 'say \\"hi\\"' },
    ],
    ['blanks in the target', 'combined.log', 6, { method: 'GET', uri: '/a b c' }],
    ['a request without version', 'combined.log', 7, { method: '', uri: 'GET /old', status: 200 }],
    [
      'the common format',
      'common.log',
      0,
      { username: 'frank', uri: '/apache_pb.gif', user_agent: '', referrer: '' },
    ],
    [
      'a virtual host with port',
      'vhost.log',
      0,
      { host: 'www.example.org', dst_port: 443, src_ip: '192.0.2.10' },
    ],
    [
      'a virtual host without',
      'vhost.log',
      1,
      { host: 'files.example.org', dst_port: 0, src_ip: '2001:db8::9', username: 'bob' },
    ],
    [
      'forwarding addresses behind',
      'extra-fields.log',
      0,
      {
        user_agent: 'Mozilla/5.0',
        request_headers: 'x-forwarded-for: 198.51.100.4, 198.51.100.5\nrt: 0.003\nuct: 0.000\nurt: 0.002',
      },
    ],
    [
      'times between the fields',
      'extra-fields.log',
      1,
      {
        referrer: 'https://www.example.org/',
        user_agent: 'Mozilla/5.0',
        request_headers: 'field: 17\nfield: B7D1C2E8',
      },
    ],
    [
      'forwarding addresses in front',
      'extra-fields.log',
      2,
      { src_ip: '198.51.100.4', request_headers: 'x-forwarded-for: 198.51.100.4, 198.51.100.5' },
    ],
    [
      'a quote Tomcat does not escape',
      'tomcat.log',
      1,
      { uri: '/manager/html/upload?name="a"', status: 200, response_bytes: 17005n },
    ],
    [
      'duration, session and thread of Tomcat',
      'tomcat.log',
      3,
      {
        response_bytes: 12n,
        user_agent: '',
        request_headers: 'field: 15\nfield: B7D1C2E8\nfield: http-nio-8080-exec-1',
      },
    ],
    [
      'quotes in a user agent Tomcat does not escape',
      'tomcat.log',
      4,
      { user_agent: 'say "hi"!', request_headers: 'field: http-nio-8080-exec-2' },
    ],
    [
      'a request that ends in a backslash Tomcat does not escape',
      'tomcat.log',
      5,
      { method: '', uri: 'GET /a\\', status: 400, user_agent: 'curl/8.5.0' },
    ],
    [
      'a virtual host before a client by name',
      'front.log',
      0,
      {
        host: 'www.example.org',
        src_ip: '::',
        username: '',
        request_headers: 'remote-host: client7.example.org',
      },
    ],
    ['an empty virtual host', 'front.log', 1, { host: '', src_ip: '192.0.2.10' }],
    [
      'an IPv6 client whose user has a blank',
      'front.log',
      2,
      { src_ip: '2001:db8::7', username: 'john smith' },
    ],
    ['a user name with a bracket', 'front.log', 3, { src_ip: '192.0.2.10', username: 'x [y', status: 401 }],
    ['the port of a client', 'front.log', 4, { src_ip: '192.0.2.10', src_port: 51_234 }],
    ['the port of an IPv6 client', 'front.log', 5, { src_ip: '2001:db8::1', src_port: 443, host: '' }],
    [
      'quoted forwarding addresses instead of a client',
      'front.log',
      6,
      { src_ip: '198.51.100.4', request_headers: 'x-forwarded-for: 198.51.100.4, 10.0.0.1' },
    ],
    [
      'quoted forwarding addresses before a client',
      'front.log',
      7,
      { src_ip: '192.0.2.10', host: '', request_headers: 'x-forwarded-for: 198.51.100.4' },
    ],
    [
      'a line that came by syslog',
      'front.log',
      8,
      { src_ip: '192.0.2.10', username: '', request_headers: '' },
    ],
    ['a client and nothing else in front', 'front.log', 9, { src_ip: '192.0.2.10', username: '' }],
  ])('%s', (_, name, at, fields) => {
    expect(fieldsOf(read(caseLines(name)).outcomes[at])).toMatchObject(fields);
  });

  it('gives the time in UTC', () => {
    const [outcome] = read(caseLines('combined.log')).outcomes;
    expect(outcome).toMatchObject({ event: { time: '2024-08-04T22:00:05.000000Z' } });
  });

  it('names the machine a syslog header names as its sensor', () => {
    const { outcomes } = read(caseLines('front.log'));
    expect(outcomes[8]).toMatchObject({ event: { sensor: 'web1' } });
    expect(outcomes[7]).not.toHaveProperty('event.sensor');
  });

  it('says that it assumed UTC where no zone stands, and takes the one that was set', () => {
    const line = '192.0.2.1 - - [05/Aug/2024:12:00:00] "GET / HTTP/1.1" 200 1';
    expect(read([line]).assumptions).toEqual([expect.objectContaining({ about: 'zone' })]);
    const set = read([line], { ...settings, assumedZoneMinutes: 480, isZoneSet: true });
    expect(set.outcomes[0]).toMatchObject({ event: { time: '2024-08-05T04:00:00.000000Z' } });
    expect(set.assumptions).toEqual([]);
  });
});

it.each([
  ['prose', 'nothing of the kind', 'pattern-mismatch'],
  ['a line cut in the request', '192.0.2.1 - - [05/Aug/2024:00:00:05 +0000] "GET /ab', 'pattern-mismatch'],
  [
    'a date that does not exist',
    '192.0.2.1 - - [31/Feb/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1',
    'bad-time',
  ],
  ['no status and size', '192.0.2.1 - - [05/Aug/2024:00:00:05 +0000] "GET / HTTP/1.1"', 'pattern-mismatch'],
  ['no client', 'status [05/Aug/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1', 'pattern-mismatch'],
])('rejects %s', (_, line, code) => {
  expect(read([line]).outcomes[0]).toMatchObject({ reject: { code } });
});

it('knows its files and no error log', () => {
  const confidence = (text: string) => format.recognise(sampleOf(Buffer.from(text), true));
  for (const name of [
    'combined.log',
    'common.log',
    'vhost.log',
    'extra-fields.log',
    'tomcat.log',
    'front.log',
  ])
    expect(confidence(caseLines(name).join('\n'))).toBeGreaterThanOrEqual(0.6);
  expect(
    confidence('[Mon Aug 05 00:00:05 2024] [error] [client 192.0.2.1] File does not exist: "/x" 404 1'),
  ).toBe(0);
});

it('keeps any request as it was logged', () => {
  const character = fc.string({ minLength: 1, maxLength: 1 }).filter((one) => !/["\\\n\r]/.test(one));
  fc.assert(
    fc.property(
      fc.array(character, { maxLength: 60 }).map((parts) => parts.join('')),
      (target) => {
        const line = `192.0.2.1 - - [05/Aug/2024:00:00:05 +0000] "GET /${target} HTTP/1.1" 200 1 "-" "-"`;
        expect(fieldsOf(read([line]).outcomes[0])).toMatchObject({ method: 'GET', uri: `/${target}` });
      },
    ),
  );
});

it('loses no request, however the client fills its fields', () => {
  // What Apache and nginx let through from outside: quotes and backslashes come escaped, line ends never.
  const escaped = (text: string) =>
    text.replace(/[\\"]/g, (one) => `\\${one}`).replace(/[\n\r]/g, (one) => (one === '\n' ? '\\n' : '\\r'));
  const sent = fc.string({ unit: 'binary', maxLength: 40 }).map(escaped);
  fc.assert(
    fc.property(sent, sent, sent, (request, referrer, agent) => {
      const line = `192.0.2.1 - - [05/Aug/2024:00:00:05 +0000] "${request}" 400 7 "${referrer}" "${agent}"`;
      expect(read([line]).outcomes[0]).toMatchObject({
        event: {
          fields: {
            src_ip: '192.0.2.1',
            status: 400,
            response_bytes: 7n,
            referrer: referrer === '-' ? '' : referrer,
            user_agent: agent === '-' ? '' : agent,
          },
        },
      });
    }),
  );
});

it.each([
  ['as they are', (line: string) => `"${line}"`],
  ['with the quotes inside doubled', (line: string) => `"${line.replaceAll('"', '""')}"`],
])('reads lines that an export put into quotes, %s', (_, wrap) => {
  const lines = [...caseLines('combined.log'), ...caseLines('vhost.log')];
  const wrapped = lines.map(wrap);
  expect(format.recognise(sampleOf(Buffer.from(wrapped.join('\n')), true))).toBeGreaterThan(0.5);
  expect(read(wrapped).outcomes).toEqual(read(lines).outcomes);
});
