// Suricata's EVE: each kind of record lands in its table the right way round, whatever version or shipper wrote it,
// and nothing damaged goes missing.
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../vocabulary/event.ts';
import type { ParseSettings, Sample } from '../format.ts';
import { JsonValues } from '../framing.ts';
import { sampleOf as sampleOfBytes } from '../sample.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'eve.json',
};

const textOf = (name: string): string => readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8');
const sampleOf = (text: string): Sample => sampleOfBytes(Buffer.from(text), true);

function recordsOf(text: string): readonly string[] {
  const cutter = new JsonValues(1_048_576);
  return [...cutter.push(text), ...cutter.end()];
}

function parsed(text: string, own: Partial<ParseSettings> = {}) {
  const parser = format.open(sampleOf(text), { ...settings, ...own });
  const outcomes = recordsOf(text).map(parser.record);
  return {
    events: outcomes.flatMap((outcome) => ('event' in outcome ? [outcome.event] : [])),
    rejects: outcomes.flatMap((outcome) => ('reject' in outcome ? [outcome.reject.code] : [])),
    records: outcomes.length,
    assumptions: parser.assumptions(),
  };
}

const common = {
  timestamp: '2024-03-05T02:00:00.123456+0100',
  flow_id: 1,
  src_ip: '192.0.2.10',
  src_port: 50_001,
  dest_ip: '198.51.100.7',
  dest_port: 443,
  proto: 'TCP',
};
/** The one event of a record made of the common parts and these. */
function eventOf(parts: object): Event | undefined {
  return parsed(JSON.stringify({ ...common, ...parts })).events[0];
}
const flowOf = (flow: object, parts: object = {}): Event | undefined =>
  eventOf({
    event_type: 'flow',
    flow: { pkts_toserver: 1, pkts_toclient: 0, bytes_toserver: 60, bytes_toclient: 0, ...flow },
    ...parts,
  });
const flags = (out: string, back: string) => ({
  tcp: { tcp_flags: 'ff', tcp_flags_ts: out, tcp_flags_tc: back },
});

const current = parsed(textOf('eve-7.ndjson'));
const inTable = (events: readonly Event[], table: string): readonly Event[] =>
  events.filter((event) => event.table === table);

describe('Suricata EVE', () => {
  it('puts each kind of record into its table', () => {
    const tables = ['network', 'http', 'dns', 'tls', 'email', 'file', 'sensor_alert', 'base_event'];
    const counts = tables.map((table) => inTable(current.events, table).length);
    expect(counts).toEqual([6, 2, 3, 1, 1, 2, 2, 4]);
    expect(current.rejects).toEqual([]);
  });

  it('keeps an alert as recorded and says in its metadata who opened the flow', () => {
    expect(inTable(current.events, 'sensor_alert')[0]).toMatchObject({
      time: '2024-03-05T01:00:01.123456Z',
      sensor: 'sensor-1',
      fields: {
        src_ip: '198.51.100.7',
        dst_ip: '192.0.2.10',
        signature_id: '2100498',
        severity: 2,
        action: 'allowed',
        protocol: 'tcp',
        message: 'GET files.example/id',
        metadata: expect.arrayContaining([
          'tag=one',
          'tag=two',
          'target.ip=192.0.2.10',
          'flow.src_ip=192.0.2.10',
        ]),
      },
    });
  });

  it('keeps an alert about a packet without addresses', () => {
    expect(inTable(current.events, 'sensor_alert')[1]?.fields).toMatchObject({
      src_ip: '::',
      dst_ip: '::',
      action: 'blocked',
    });
  });

  it('reads a request with its headers, of HTTP/2 too', () => {
    const [first, second] = inTable(current.events, 'http');
    expect(first?.fields).toMatchObject({
      method: 'POST',
      uri: '/upload?id=%27',
      mime_type: 'text/html',
      status: 200,
      response_bytes: 39,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what attackers send
      request_headers: 'X-Api: ${jndi:ldap://x}\ncookie: a=b\nx-forwarded-for: 203.0.113.9',
    });
    expect(second?.fields).toMatchObject({
      host: '[2001:db8::80]:8080',
      user_agent: 'h2/1',
      dst_ip: '2001:db8::80',
    });
  });

  it('reads the file of a GET as sent by the server and an attachment as sent by the client', () => {
    expect(
      inTable(current.events, 'file').map(({ fields }) => [
        fields.src_ip,
        fields.dst_port,
        fields.sent_by_src,
        fields.source,
      ]),
    ).toEqual([
      ['192.0.2.10', 443, 0, 'HTTP'],
      ['192.0.2.10', 25, 1, 'SMTP'],
    ]);
  });

  it('reads the envelope of a mail', () => {
    expect(inTable(current.events, 'email')[0]?.fields).toMatchObject({
      mail_from: 'alice@client.example',
      rcpt_to: ['bob@mail.example', 'carol@mail.example'],
      subject: 'minutes',
    });
  });

  it('keeps what no table holds whole', () => {
    const stats = current.events.find((event) => event.fields.stream === 'suricata-stats');
    expect(stats?.fields.raw).toBe(recordsOf(textOf('eve-7.ndjson'))[15]);
  });

  it.each([
    ['a question', { type: 'query', rrname: 'a.example', rrtype: 'A', id: 1 }, '', []],
    [
      'the first version, one answer a record',
      { type: 'answer', rrname: 'a.example', rrtype: 'A', rcode: 'NOERROR', rdata: '192.0.2.1' },
      'NOERROR',
      ['192.0.2.1'],
    ],
    [
      'the second version',
      {
        version: 2,
        type: 'answer',
        rrname: 'a.example',
        rrtype: 'A',
        rcode: 'NOERROR',
        answers: [{ rrtype: 'A', rdata: '192.0.2.1' }],
      },
      'NOERROR',
      ['192.0.2.1'],
    ],
    [
      'grouped answers',
      {
        version: 2,
        type: 'answer',
        rrname: 'a.example',
        rrtype: 'A',
        rcode: 'NOERROR',
        grouped: { A: ['192.0.2.1'], TXT: ['x'] },
      },
      'NOERROR',
      ['192.0.2.1', 'x'],
    ],
    [
      'an answer taken apart',
      {
        type: 'answer',
        rrname: 'a.example',
        rrtype: 'A',
        rcode: '0',
        answers: [{ rrtype: 'SRV', srv: { port: 1 } }],
      },
      'NOERROR',
      ['{"port":1}'],
    ],
    [
      'the third version',
      { version: 3, type: 'response', rcode: 'NXDOMAIN', queries: [{ rrname: 'a.example', rrtype: 'A' }] },
      'NXDOMAIN',
      [],
    ],
  ])('reads DNS of %s', (_, dns, code, answers) => {
    expect(eventOf({ event_type: 'dns', proto: 'UDP', dest_port: 53, dns })?.fields).toMatchObject({
      query: 'a.example',
      query_type: 'A',
      response_code: code,
      answers,
    });
  });

  it('takes Ethernet, IP and transport headers off what Suricata counts', () => {
    expect(inTable(current.events, 'network')[0]?.fields).toMatchObject({
      wire_bytes_out: 1540 - 10 * 14,
      bytes_out: 1540 - 10 * 54,
      wire_bytes_in: 5000 - 8 * 14,
      bytes_in: 5000 - 8 * 54,
      duration_s: 2.5,
      service: 'ssl',
      state: 'SF',
    });
    expect(
      flowOf(
        { bytes_toserver: 182, pkts_toserver: 2 },
        { proto: 'UDP', src_ip: '2001:db8::1', dest_ip: '2001:db8::2' },
      )?.fields,
    ).toMatchObject({
      wire_bytes_out: 154,
      bytes_out: 58,
    });
    expect(flowOf({ bytes_toserver: 10 }, { proto: 'UDP' })?.fields).toMatchObject({
      wire_bytes_out: 0,
      bytes_out: 0,
    });
    expect(current.assumptions.filter((assumption) => assumption.about === 'bytes')).toHaveLength(1);
  });

  it.each([
    ['a SYN without answer', {}, flags('02', '00'), 'S0'],
    ['an attempt in an old version, without flags', {}, {}, 'S0'],
    ['a refusal', { pkts_toclient: 1 }, flags('02', '14'), 'REJ'],
    ['a whole connection', { pkts_toclient: 1 }, flags('1b', '1b'), 'SF'],
    ['one still open', { pkts_toclient: 1 }, flags('1a', '1a'), 'S1'],
    ['one the client alone closed', { pkts_toclient: 1 }, flags('13', '12'), 'S2'],
    ['one the server alone closed', { pkts_toclient: 1 }, flags('1a', '1b'), 'S3'],
    ['one the client reset', { pkts_toclient: 1 }, flags('16', '1a'), 'RSTO'],
    ['one the server reset', { pkts_toclient: 1 }, flags('1a', '16'), 'RSTR'],
    ['one both reset, the first unknown', { pkts_toclient: 1 }, flags('16', '16'), ''],
    ['one without its beginning', { pkts_toclient: 1 }, flags('18', '10'), 'OTH'],
    ['a SYN and ACK out of nothing', {}, flags('12', '00'), 'OTH'],
    ['a connection without flags', { pkts_toclient: 1 }, {}, ''],
    ['a UDP answer', { pkts_toclient: 1 }, { proto: 'UDP' }, 'SF'],
  ])('says how %s ended', (_, flow, parts, state) => {
    expect(flowOf(flow, parts)?.fields.state).toBe(state);
  });

  it('counts no payload for a flow that was never opened', () => {
    expect(flowOf({ bytes_toserver: 74 }, flags('02', '00'))?.fields).toMatchObject({
      bytes_out: 0,
      wire_bytes_out: 60,
    });
  });

  it.each([
    [
      'the answering half of a TCP flow seen midway',
      { src_port: 443, dest_port: 50_001, ...flags('18', '10') },
      true,
    ],
    ['an answer to a question sent to a group', { proto: 'UDP', src_port: 1900, dest_port: 44_232 }, true],
    ['a TCP flow whose SYN was seen', { src_port: 443, dest_port: 50_001, ...flags('02', '00') }, false],
    ['a question', { proto: 'UDP', src_port: 40_000, dest_port: 53 }, false],
  ])('decides whether to turn round %s', (_, parts, isTurned) => {
    const fields = flowOf({}, parts)?.fields;
    expect(fields?.src_ip).toBe(isTurned ? '198.51.100.7' : '192.0.2.10');
    expect(fields?.packets_in).toBe(isTurned ? 1 : 0);
  });

  it('counts no flow twice when a sensor writes flow and netflow records', () => {
    expect(current.events.filter((event) => event.fields.stream === 'suricata-netflow')).toHaveLength(1);
    expect(current.assumptions.find((assumption) => assumption.about === 'flows')?.value).toBe(
      '1 netflow records not counted',
    );
  });

  it('reads both halves of a netflow from client to server', () => {
    const { events } = parsed(textOf('netflow.ndjson'));
    expect(
      events.map(({ fields }) => [
        fields.src_ip,
        fields.dst_port,
        fields.bytes_out,
        fields.bytes_in,
        fields.state,
      ]),
    ).toEqual([
      ['192.0.2.10', 4444, 1000, null, 'SF'],
      ['192.0.2.10', 4444, null, 4568, 'SF'],
      ['192.0.2.10', 22, null, 66, 'RSTR'],
      ['192.0.2.10', 443, 0, null, 'S0'],
    ]);
  });

  it('reads logins, remote calls, shares and files of Windows protocols', () => {
    const { events, rejects } = parsed(textOf('windows.ndjson'));
    expect(rejects).toEqual([]);
    expect(
      inTable(events, 'authentication').map(({ fields }) => [
        fields.service,
        fields.username,
        fields.dst_port,
        fields.outcome,
      ]),
    ).toEqual([
      ['ntlm', 'alice', 445, 'failure'],
      ['ntlm', 'alice', 445, 'success'],
      ['kerberos', 'alice', 88, 'success'],
      ['kerberos', '', 88, 'failure'],
      ['kerberos', '', 88, 'unknown'],
      ['ftp', 'alice', 21, 'failure'],
    ]);
    expect(
      inTable(events, 'smb').map(
        ({ fields }) => fields.share ?? [fields.endpoint, fields.operation].join('.'),
      ),
    ).toEqual([
      '\\\\DC\\ADMIN$',
      '\\\\DC\\IPC$',
      'svcctl.bind',
      'svcctl.CreateServiceW',
      'drsuapi.DRSGetNCChanges',
    ]);
    expect(inTable(events, 'file')[0]?.fields).toMatchObject({
      name: 'Temp\\svc.exe',
      action: 'write',
      source: 'SMB',
    });
  });

  it('reads old records and rejects damaged ones', () => {
    const { events, rejects, assumptions } = parsed(textOf('eve-3.ndjson'), {
      assumedZoneMinutes: 60,
      isZoneSet: true,
    });
    expect(rejects).toEqual(['bad-time', 'bad-address', 'bad-number', 'cut-off']);
    expect(events[0]).toMatchObject({
      time: '2016-08-16T21:05:15.023938Z',
      fields: { uid: '94650466316752000123', src_ip: '192.0.2.10', dst_port: 53, protocol: 'udp' },
    });
    expect(events[1]?.fields).toMatchObject({ src_port: 443, protocol: 'tcp', action: 'allowed' });
    expect(events[3]?.fields).toMatchObject({ version: 'TLSv10', ja3: 'b7202231ff2db28363c109cedc6d1642' });
    expect(assumptions[0]).toMatchObject({ about: 'zone', value: 'UTC+01:00' });
  });

  it('takes records out of what shippers wrap them in', () => {
    const { events, rejects } = parsed(textOf('shipped.ndjson'));
    expect(rejects).toEqual([]);
    expect(events.map((event) => [event.table, event.sensor])).toEqual([
      ['http', 'box-7'],
      ['network', 'edge'],
      ['http', 'sensor-1'],
      ['http', 'sensor-1'],
      ['http', 'sensor-1'],
    ]);
  });

  it('gives the same events for one pretty-printed array', () => {
    expect(parsed(textOf('array.json')).events).toEqual(current.events.slice(0, 4));
  });

  it.each([
    ['+0100', '2021-01-01T00:00:00.123456+0100', '2020-12-31T23:00:00.123456Z'],
    ['+01:00', '2021-01-01T00:00:00.123456+01:00', '2020-12-31T23:00:00.123456Z'],
    ['-0330', '2021-01-01T00:00:59.999999-0330', '2021-01-01T03:30:59.999999Z'],
    ['Z', '2021-01-01T00:00:00.123456Z', '2021-01-01T00:00:00.123456Z'],
    ['milliseconds', '2021-01-01T00:00:00.5Z', '2021-01-01T00:00:00.500000Z'],
    ['a leap second', '2016-12-31T23:59:60.000000Z', '2017-01-01T00:00:00.000000Z'],
  ])('reads a time with %s', (_, timestamp, time) => {
    expect(eventOf({ event_type: 'stats', timestamp, stats: {} })?.time).toBe(time);
  });

  it.each([
    ['a day that does not exist', { timestamp: '2021-02-30T00:00:00.000000+0000' }, 'bad-time'],
    ['a time that is a number', { timestamp: 5 }, 'bad-time'],
    ['a count that is negative', { event_type: 'flow', flow: { pkts_toserver: -1 } }, 'bad-number'],
    ['a count that is a list', { event_type: 'flow', flow: { pkts_toserver: [5] } }, 'bad-number'],
    ['a flow without addresses', { event_type: 'flow', flow: {}, src_ip: null }, 'bad-address'],
    ['no kind', { event_type: null }, 'pattern-mismatch'],
  ])('rejects %s', (_, parts, code) => {
    expect(parsed(JSON.stringify({ ...common, event_type: 'stats', ...parts })).rejects).toEqual([code]);
  });

  it.each(['constructor', '__proto__', 'toString', 'http', 'flow'])(
    'keeps a record of the kind %s without an object of that name',
    (kind) => {
      const record = { ...common, event_type: kind, proto: kind };
      expect(parsed(JSON.stringify(record)).events[0]?.table).toBe('base_event');
    },
  );

  it.each([
    ['current records', textOf('eve-7.ndjson'), 0.95],
    ['old records', textOf('eve-3.ndjson'), 0.95],
    ['an array', textOf('array.json'), 0.95],
    ['wrapped records', textOf('shipped.ndjson'), 0.95],
    [
      'one record of statistics longer than the sample',
      `{"timestamp":"2021-01-01T00:00:00.000000+0000","event_type":"stats","stats":{"x":"${'y'.repeat(60_000)}`,
      0.6,
    ],
    ['Zeek', '{"ts":1.5,"uid":"C1","id.orig_h":"192.0.2.1","_path":"conn"}\n', 0],
    [
      'events of another program',
      '{"timestamp":"2021-01-01T00:00:00Z","event_type":"user_login","user":"a"}\n',
      0,
    ],
    ['other JSON', '[{"a":1}]\n', 0],
    ['nothing', '', 0],
  ])('recognises %s for what it is', (_, text, score) => {
    expect(format.recognise(sampleOf(text))).toBe(score);
  });

  it('never throws, and gives one outcome a record, whatever the JSON', () => {
    const kinds = [
      'alert',
      'http',
      'dns',
      'tls',
      'quic',
      'fileinfo',
      'smtp',
      'krb5',
      'smb',
      'dcerpc',
      'ftp',
      'flow',
      'netflow',
      'ssh',
    ];
    const names = [
      'rdata',
      'answers',
      'queries',
      'grouped',
      'rrname',
      'metadata',
      'interfaces',
      'opnum',
      'ntlmssp',
      'command',
      'command_data',
      'request_headers',
      'rcpt_to',
      'ja3',
      'start',
      'end',
      'pkts',
      'status',
      'filename',
      'dcerpc',
    ];
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.constant('SMB2_COMMAND_SESSION_SETUP'),
      fc.constant('PASS'),
      fc.object(),
      fc.array(fc.object(), { maxLength: 2 }),
    );
    const record = fc
      .record({
        kind: fc.constantFrom(...kinds),
        own: fc.dictionary(fc.constantFrom(...names), value),
        more: fc.dictionary(
          fc.constantFrom('src_port', 'dest_ip', 'flow_id', 'tcp', 'proto', 'host', 'http', 'flow'),
          value,
        ),
      })
      .map(({ kind, own, more }) => JSON.stringify({ ...common, event_type: kind, ...more, [kind]: own }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), record), (text) => {
        expect(Object.keys(format.open(sampleOf(text), settings).record(text))).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });
});

const capture = new URL('../../../../../../shared/evidence/suricata/eve.json', import.meta.url);
describe('a real capture (skipped where shared/evidence is absent)', () => {
  it.skipIf(!existsSync(capture))(
    'becomes events without a reject, by the counts and bytes python3 finds',
    () => {
      const { events, rejects, records } = parsed(readFileSync(capture, 'utf8'));
      expect([records, events.length, rejects.length]).toEqual([1489, 1489, 0]);
      const tables = ['sensor_alert', 'dns', 'network', 'http', 'base_event', 'file', 'tls'];
      expect(tables.map((table) => inTable(events, table).length)).toEqual([684, 635, 155, 9, 3, 2, 1]);
      expect(new Set(events.map((event) => event.sensor))).toEqual(new Set(['stratosphere.org']));
      const sum = (...columns: readonly string[]) =>
        inTable(events, 'network').reduce(
          (total, { fields }) => columns.reduce((all, column) => all + Number(fields[column]), total),
          0,
        );
      expect(sum('packets_out', 'packets_in')).toBe(2121);
      expect(sum('wire_bytes_out', 'wire_bytes_in')).toBe(290085);
      expect(inTable(events, 'network').filter(({ fields }) => fields.state === 'REJ')).toHaveLength(57);
      expect(inTable(events, 'file').map(({ fields }) => [fields.src_ip, fields.sent_by_src])).toEqual([
        ['162.142.125.53', 0],
        ['162.142.125.53', 0],
      ]);
    },
  );
});
