// Mapping files: the examples of docs/mapping.md do what it says, and a bad one is told what is wrong with it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TocsinError } from '../ground/errors.ts';
import type { ParseSettings } from './format.ts';
import { format as csv } from './mapped-csv/format.ts';
import { format as json } from './mapped-json/format.ts';
import { openMapping, parseMapping } from './mapping.ts';
import { recogniseFormat } from './recognise.ts';
import { sampleOf } from './sample.ts';

const page = readFileSync(new URL('../../../../docs/mapping.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```(?:csv|json)\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
const [firewall = '', firewallMapping = '', proxy = '', proxyMapping = ''] = blocks;
const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'evidence',
};

describe('the examples of docs/mapping.md', () => {
  it('read a CSV with a date and a time of their own zone', () => {
    const sample = sampleOf(Buffer.from(firewall), true);
    expect(recogniseFormat(sample, firewallMapping)?.id).toBe('mapped-csv');
    const parser = csv.open(sample, { ...settings, mapping: firewallMapping });
    expect(sample.lines.map((line) => parser.record(line))[1]).toMatchObject({
      event: {
        table: 'network',
        time: '2024-08-05T08:00:00.000000Z',
        fields: {
          src_ip: '192.0.2.7',
          dst_port: 443n,
          protocol: 'tcp',
          bytes_out: 1536n,
          bytes_in: 20_480n,
          state: 'SF',
        },
      },
    });
    expect(parser.assumptions()).toEqual([]);
  });

  it('read JSON with keys inside objects', () => {
    const sample = sampleOf(Buffer.from(proxy), true);
    expect(recogniseFormat(sample, proxyMapping)?.id).toBe('mapped-json');
    const parser = json.open(sample, { ...settings, mapping: proxyMapping });
    expect(parser.record(sample.lines[0] ?? '')).toMatchObject({
      event: {
        table: 'http',
        time: '2024-08-05T08:00:00.250000Z',
        fields: {
          src_ip: '192.0.2.7',
          uri: '/a?b=1',
          host: 'www.example.org',
          status: 200n,
          response_bytes: 512n,
        },
      },
    });
  });
});

describe('a mapping', () => {
  it('does not touch a file that lacks one of its columns', () => {
    const other = sampleOf(Buffer.from('Date;Time;Client IP\n05/08/2024;10:00:00;192.0.2.7\n'), true);
    expect(recogniseFormat(other, firewallMapping)).toBeNull();
  });

  it('does not take a file from the format that knows it', () => {
    const conn = sampleOf(
      Buffer.from(
        '{"ts":1722844800.25,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":2,"proto":"tcp"}\n',
      ),
      true,
    );
    const mapping =
      '{"table":"network","time":{"column":"ts","format":"unix_s"},"fields":{"src_ip":"id.orig_h"}}';
    expect(recogniseFormat(conn, mapping)?.id).toBe('zeek-json');
  });

  it.each([
    ['an address that is none', '05/08/2024;10:00:00;x;1;198.51.100.9;443;TCP;1;2;allow', 'bad-address'],
    [
      'a port out of range',
      '05/08/2024;10:00:00;192.0.2.7;99999;198.51.100.9;443;TCP;1;2;allow',
      'bad-number',
    ],
    [
      'a day that does not exist',
      '31/02/2024;10:00:00;192.0.2.7;1;198.51.100.9;443;TCP;1;2;allow',
      'bad-time',
    ],
    ['a row too short', '05/08/2024;10:00:00;192.0.2.7', 'not-delimited'],
  ])('rejects %s', (_, row, code) => {
    const parser = csv.open(sampleOf(Buffer.from(firewall), true), { ...settings, mapping: firewallMapping });
    parser.record(firewall.split('\n')[0] ?? '');
    expect(parser.record(row)).toMatchObject({ reject: { code } });
  });

  it('says when it had to assume a zone', () => {
    const mapping = JSON.stringify({
      ...JSON.parse(firewallMapping),
      time: { column: ['Date', 'Time'], format: 'dd/MM/yyyy HH:mm:ss' },
    });
    const sample = sampleOf(Buffer.from(firewall), true);
    const parser = csv.open(sample, { ...settings, mapping });
    for (const line of sample.lines) parser.record(line);
    expect(parser.assumptions()).toEqual([expect.objectContaining({ about: 'zone' })]);
  });
});

describe('a time', () => {
  const timeRead = (format: string, text: string, zone?: string) => {
    const mapping = parseMapping(
      JSON.stringify({ table: 'http', time: { column: 't', format, zone }, fields: {} }),
      'mapping',
    );
    const mapped = openMapping(mapping, { assumedZoneMinutes: 480, isZoneSet: false });
    const outcome = mapped.read(() => text);
    return {
      time: 'event' in outcome ? outcome.event.time : null,
      isAssumed: mapped.assumptions().length > 0,
    };
  };

  it.each([
    ['iso', '2024-08-05T10:00:00+02:00', '2024-08-05T08:00:00.000000Z', false],
    ['iso', '2024-08-05 10:00:00', '2024-08-05T02:00:00.000000Z', true],
    ['unix_s', '1722844800', '2024-08-05T08:00:00.000000Z', false],
    ['unix_s', '1722844800.123456', '2024-08-05T08:00:00.123456Z', false],
    ['unix_ms', '1722844800123', '2024-08-05T08:00:00.123000Z', false],
    ['unix_us', '1722844800123457', '2024-08-05T08:00:00.123457Z', false],
    ['unix_s', '99999999999999999', null, false],
    ['dd/MM/yyyy HH:mm:ss', '05/08/2024 10:00:00', '2024-08-05T02:00:00.000000Z', true],
    ['HH:mm:ss dd-MM-yyyy', '10:00:00 05-08-2024', '2024-08-05T02:00:00.000000Z', true],
    ['MM/dd/yyyy hh:mm:ss a', '8/5/2024 12:30:00 AM', '2024-08-04T16:30:00.000000Z', true],
    ['MM/dd/yyyy hh:mm:ss a', '8/5/2024 1:30:00 PM', '2024-08-05T05:30:00.000000Z', true],
    ['MM/dd/yyyy hh:mm:ss a', '8/5/2024 13:30:00 PM', null, false],
    ['dd-MMM-yyyy HH:mm:ss.SSS ZZ', '05-AUG-2024 10:00:00.25 +0200', '2024-08-05T08:00:00.250000Z', false],
    ['yyyy-MM-ddTHH:mm:ssZZ', '2024-08-05T10:00:00Z', '2024-08-05T10:00:00.000000Z', false],
    ['yyyy-MM-dd', '2024-08-05', '2024-08-04T16:00:00.000000Z', true],
    ['dd/MM/yyyy HH:mm:ss', '31/02/2024 10:00:00', null, false],
  ])('by %s: %s is %s (zone assumed: %s)', (format, text, time, isAssumed) => {
    expect(timeRead(format, text)).toEqual({ time, isAssumed });
  });

  it('takes the zone of the mapping before the one assumed', () => {
    expect(timeRead('dd/MM/yyyy HH:mm:ss', '05/08/2024 10:00:00', '-03:30')).toEqual({
      time: '2024-08-05T13:30:00.000000Z',
      isAssumed: false,
    });
  });
});

it.each([
  ['no JSON', 'table: network', /no JSON/],
  ['an unknown table', '{"table":"flows","time":{"column":"t"},"fields":{}}', /key table/],
  [
    'an unknown field',
    '{"table":"network","time":{"column":"t"},"fields":{"source":"a"}}',
    /fields\.source.*src_ip/,
  ],
  ['an unknown key', '{"table":"network","time":{"column":"t"},"fields":{},"colour":1}', /colour/],
  [
    'a zone that is no offset',
    '{"table":"network","time":{"column":"t","zone":"Paris"},"fields":{}}',
    /time\.zone: give an offset/,
  ],
  [
    'a source of an unknown shape',
    '{"table":"network","time":{"column":"t"},"fields":{"src_ip":{"name":"a"}}}',
    /fields\.src_ip: give the name of a column/,
  ],
  [
    'a constant that is no address',
    '{"table":"network","time":{"column":"t"},"fields":{"dst_ip":{"value":"server"}}}',
    /fields\.dst_ip\.value/,
  ],
  [
    'a factor for what is no number',
    '{"table":"network","time":{"column":"t"},"fields":{"protocol":{"column":"p","multiply":8}}}',
    /fields\.protocol\.multiply/,
  ],
  [
    'a time pattern without a day',
    '{"table":"network","time":{"column":"t","format":"yyyy HH:mm"},"fields":{}}',
    /time\.format/,
  ],
])('refuses %s, naming file and key', (_, text, said) => {
  expect(() => parseMapping(text, 'my-mapping.json')).toThrow(TocsinError);
  expect(() => parseMapping(text, 'my-mapping.json')).toThrow(/my-mapping\.json/);
  expect(() => parseMapping(text, 'my-mapping.json')).toThrow(said);
});

it.each([
  ['a letter it does not know', 'dd/MM/yyyy HH:mm:ss z'],
  ['a month twice', 'MMM MM dd yyyy'],
  ['hours of a half day and no half', 'dd/MM/yyyy hh:mm'],
  ['no year', 'dd/MM HH:mm'],
])('refuses a time pattern with %s', (_, format) => {
  const text = JSON.stringify({ table: 'network', time: { column: 't', format }, fields: {} });
  expect(() => parseMapping(text, 'my-mapping.json')).toThrow(/my-mapping\.json: key time\.format/);
});
