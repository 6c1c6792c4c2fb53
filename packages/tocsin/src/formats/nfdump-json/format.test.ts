// nfdump's JSON: every version's names give the same flows, and nothing damaged goes missing.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParseSettings, Sample } from '../format.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'flows.json',
};

const textOf = (name: string): string => readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8');
const sampleOf = (text: string): Sample => ({
  bytes: Buffer.from(text),
  text,
  lines: text.split('\n').slice(0, -1),
});

function parsed(records: readonly string[]) {
  const parser = format.open(sampleOf(records.join('\n')), settings);
  const outcomes = records.map(parser.record);
  return {
    events: outcomes.flatMap((outcome) => ('event' in outcome ? [outcome.event] : [])),
    rejects: outcomes.flatMap((outcome) => ('reject' in outcome ? [outcome.reject.code] : [])),
    assumptions: parser.assumptions(),
  };
}

const ndjson = textOf('flows.ndjson').trimEnd().split('\n');

describe('nfdump JSON', () => {
  it('reads every flow of real output', () => {
    const values: unknown[] = JSON.parse(textOf('nfdump-1.7.1.json'));
    const { events, rejects } = parsed(values.map((value) => JSON.stringify(value, null, '\t')));
    expect(rejects).toEqual([]);
    const bytes = events.map(
      (event) => Number(event.fields.bytes_out ?? 0) + Number(event.fields.bytes_in ?? 0),
    );
    expect({ events: events.length, bytes: bytes.reduce((sum, count) => sum + count, 0) }).toEqual({
      events: 17,
      bytes: 1477,
    });
    const icmp = events
      .filter((event) => String(event.fields.protocol).startsWith('icmp'))
      .map(({ fields }) => [fields.protocol, fields.src_port, fields.dst_port]);
    expect(icmp).toEqual([
      ['icmp', 8, 0],
      ['icmp', 0, 0],
      ['icmp', 3, 3],
      ['icmp6', 128, 0],
    ]);
  });

  it('keeps both ways, the exporter and the sampling of a flow, and mends an unquoted TLS version', () => {
    const { events, assumptions } = parsed(ndjson);
    expect(events[0]).toMatchObject({
      sensor: '192.0.2.1',
      fields: { src_ip: '192.0.2.10', bytes_out: 430, bytes_in: 208, duration_s: 0.52, state: 'SF' },
    });
    expect(assumptions.find((assumption) => assumption.about === 'sampling')?.value).toBe(
      '1 of 2 flows sampled',
    );
  });

  it('turns an answer round and writes its addresses in one form', () => {
    expect(parsed(ndjson).events[1]).toMatchObject({
      time: '2024-03-05T00:53:24.100000Z',
      fields: {
        src_ip: '2001:db8::1',
        src_port: 50_001,
        dst_ip: '2001:db8::53',
        dst_port: 53,
        protocol: 'udp',
        bytes_out: null,
        bytes_in: 91,
      },
    });
  });

  it('keeps a NAT event whole and rejects a cut record', () => {
    const { events, rejects } = parsed(ndjson);
    expect(events[2]).toMatchObject({
      table: 'base_event',
      fields: { stream: 'nfdump-event', raw: ndjson[2] },
    });
    expect(rejects).toEqual(['not-json']);
  });

  it.each([
    ['an array', textOf('nfdump-1.7.1.json'), 0.95],
    ['one flow a line', textOf('flows.ndjson'), 0.95],
    ['Zeek', '{"ts":1.5,"uid":"C1","id.orig_h":"192.0.2.1","_path":"conn"}\n', 0],
    ['Suricata', '{"timestamp":"2024-03-05T00:53:24","event_type":"flow","src_ip":"192.0.2.1"}\n', 0],
    ['other JSON', '[{"first":"a","last":"b"}]\n', 0],
    ['nothing', '', 0],
  ])('recognises %s for what it is', (_, text, score) => {
    expect(format.recognise(sampleOf(text))).toBe(score);
  });

  it('never throws, and gives one outcome a record, whatever the JSON or text', () => {
    const names = [
      'first',
      'last',
      't_event',
      'proto',
      'src4_addr',
      'dst4_addr',
      'src_port',
      'dst_port',
      'tcp_flags',
      'in_bytes',
      'sampled',
    ];
    const values = fc.oneof(fc.string(), fc.double(), fc.ipV4(), fc.constant(null), fc.object());
    const flow = fc.dictionary(fc.constantFrom(...names), values).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), flow), (text) => {
        const outcome = format.open(sampleOf(text), settings).record(text);
        expect(Object.keys(outcome)).toHaveLength(1);
      }),
    );
  });
});
