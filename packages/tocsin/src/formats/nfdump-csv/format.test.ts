// nfdump's CSV: what each version writes becomes the same flows, and nothing damaged goes missing.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParseSettings, Sample } from '../format.ts';
import { flagLetters, isAnswerHalf, stateOfFlags } from '../nfdump/flow.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping: null,
  path: 'flows.csv',
};

const linesOf = (name: string): readonly string[] =>
  readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8')
    .replace(/\n$/, '')
    .split('\n');

const sampleOf = (lines: readonly string[]): Sample => {
  const text = `${lines.join('\n')}\n`;
  return { bytes: Buffer.from(text), text, lines };
};

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

describe('nfdump CSV', () => {
  it('accounts for every line of real output: flows, the column names and the summary', () => {
    const { events, rejects, headers } = parsed(linesOf('nfdump-1.7.1.csv'));
    expect({ events: events.length, rejects, headers }).toEqual({ events: 17, rejects: [], headers: 4 });
    // What awk '{s+=$13}' and nfdump's own summary say.
    const bytes = events.map(
      (event) => Number(event.fields.bytes_out ?? 0) + Number(event.fields.bytes_in ?? 0),
    );
    expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(1477);
  });

  it('gives both halves of a conversation the client as their source', () => {
    const { events, assumptions } = parsed(linesOf('nfdump-1.7.1.csv'));
    const halves = events.filter((event) => event.fields.src_port === 40_000).map((event) => event.fields);
    expect(halves).toHaveLength(2);
    for (const half of halves) {
      expect(half).toMatchObject({
        src_ip: '192.0.2.10',
        dst_ip: '198.51.100.7',
        dst_port: 8080,
        state: 'SF',
      });
    }
    expect(
      halves.map(({ bytes_out, bytes_in, packets_out, packets_in }) => ({
        bytes_out,
        bytes_in,
        packets_out,
        packets_in,
      })),
    ).toEqual([
      { bytes_out: null, bytes_in: 208, packets_out: null, packets_in: 3 },
      { bytes_out: 430, bytes_in: null, packets_out: 6, packets_in: null },
    ]);
    expect(assumptions.map((assumption) => assumption.about)).toEqual(['zone', 'direction', 'bytes']);
    expect(assumptions[1]?.value).toBe('5 of 17 flows turned round');
  });

  it('tells a refused and a silent connection apart', () => {
    const { events } = parsed(linesOf('nfdump-1.7.1.csv'));
    const states = (port: number) =>
      events.filter((event) => event.fields.dst_port === port).map((event) => event.fields.state);
    expect(states(25)).toEqual(['S0']);
    expect(states(23)).toEqual(['REJ', 'S0']);
  });

  it('reads ICMP type and code out of the port', () => {
    const { events } = parsed(linesOf('nfdump-1.7.1.csv'));
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

  it('reads the columns of 1.7.5 with milliseconds, clock durations and dotted ICMP', () => {
    const { events } = parsed(linesOf('nfdump-1.7.5.csv'));
    expect(events.map((event) => event.time)).toEqual([
      '2024-03-05T00:53:21.000000Z',
      '2024-03-05T00:53:21.010000Z',
      '2024-03-05T00:53:23.000000Z',
    ]);
    expect(events.map((event) => event.fields.duration_s)).toEqual([0.52, 0.5, 0]);
    expect(events[2]?.fields).toMatchObject({ protocol: 'icmp', src_port: 8, dst_port: 0 });
  });

  it('reads csv-fast, whose epoch times need no zone', () => {
    const { events, assumptions } = parsed(linesOf('csv-fast.csv'));
    expect(events[0]).toMatchObject({
      time: '2024-03-05T00:53:21.000000Z',
      fields: { duration_s: 0.52, protocol: 'tcp', bytes_out: 430 },
    });
    expect(assumptions.map((assumption) => assumption.about)).toEqual(['bytes']);
  });

  it('takes the zone that is set, and says so', () => {
    const { events, assumptions } = parsed(linesOf('nfdump-1.7.5.csv'), {
      assumedZoneMinutes: 120,
      isZoneSet: true,
    });
    expect(events[0]?.time).toBe('2024-03-04T22:53:21.000000Z');
    expect(assumptions[0]).toMatchObject({ about: 'zone', value: 'UTC+02:00' });
  });

  it('reads output without column names (-q)', () => {
    const { events, headers } = parsed(linesOf('nfdump-1.7.1.csv').slice(1, 18));
    expect({ events: events.length, headers }).toEqual({ events: 17, headers: 0 });
  });

  it('keeps both ways of a flow that has both', () => {
    const { events, rejects } = parsed(linesOf('bad.csv'));
    expect(events).toHaveLength(1);
    expect(events[0]?.fields).toMatchObject({
      bytes_out: 549,
      bytes_in: 1200,
      packets_out: 4,
      packets_in: 3,
    });
    expect(rejects).toEqual([
      'no-header',
      'not-delimited',
      'bad-time',
      'bad-address',
      'bad-number',
      'bad-number',
    ]);
  });

  it.each([
    ['its own output', linesOf('nfdump-1.7.1.csv'), 0.95],
    ['its output since 1.7.5', linesOf('nfdump-1.7.5.csv'), 0.95],
    ['csv-fast', linesOf('csv-fast.csv'), 0.95],
    ['rows without names', linesOf('nfdump-1.7.1.csv').slice(1), 0.8],
    ['a generic CSV', ['time,src,dst,bytes', '1,2,3,4'], 0],
    ['a Zeek header', ['#separator \\x09', '#fields\tts\tuid\tid.orig_h'], 0],
    ['JSON', ['{"ts":1,"uid":"C1"}'], 0],
    ['nothing', [], 0],
  ])('recognises %s for what it is', (_, lines, score) => {
    expect(format.recognise(sampleOf(lines))).toBe(score);
  });
});

describe('direction by ports', () => {
  it.each([
    [443, 51_000, true],
    [51_000, 443, false],
    [3389, 50_123, true],
    [1389, 41_696, true],
    [8080, 8443, false],
    [53, 53, false],
    [123, 123, false],
    [20_000, 40_000, false],
    [22, 1023, false],
    [0, 50_000, false],
  ])('a flow from port %d to port %d is an answer: %s', (from, to, isAnswer) => {
    expect(isAnswerHalf({ from, to })).toBe(isAnswer);
  });
});

describe('TCP flags', () => {
  it.each([
    ['......S.', 1, false, 'S0'],
    ['......S.', 9, false, 'OTH'],
    ['...A.R..', 1, true, 'REJ'],
    ['.....R..', 1, true, 'REJ'],
    ['...AP.SF', 9, false, 'SF'],
    ['...APRS.', 9, false, 'RSTO'],
    ['...APRS.', 9, true, 'RSTR'],
    ['...AP.S.', 9, false, 'S1'],
    ['.AP.SF', 9, false, 'SF'],
    ['0x1b', 9, false, 'SF'],
    ['27', 9, false, 'SF'],
    ['...A....', 9, false, 'OTH'],
    ['........', 1, false, ''],
  ])('%s over %d packets (answer: %s) ends as %s', (flags, packets, isAnswer, state) => {
    expect(stateOfFlags(flagLetters(flags), packets, isAnswer)).toBe(state);
  });
});

describe('nfdump CSV, whatever the text', () => {
  const row = linesOf('nfdump-1.7.1.csv')[1] ?? '';
  const header = linesOf('nfdump-1.7.1.csv')[0] ?? '';

  it('never throws, and gives one outcome a line', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 })), (lines) => {
        const { events, rejects, headers } = parsed([header, ...lines]);
        expect(events.length + rejects.length + headers).toBe(lines.length + 1);
        format.recognise(sampleOf(lines));
      }),
    );
  });

  it('never throws on a row with some characters changed', () => {
    fc.assert(
      fc.property(fc.nat(row.length), fc.nat(20), fc.string({ maxLength: 20 }), (at, cut, put) => {
        const changed = row.slice(0, at) + put + row.slice(at + cut);
        const { events } = parsed([header, changed]);
        for (const event of events) expect(event.time).toMatch(/^\d{4}-.*Z$/);
      }),
    );
  });
});
