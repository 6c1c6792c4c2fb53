// Windows events as JSON over several lines: records one after another and arrays are known and read.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
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

const textOf = (name: string): string => readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8');
const sampleOf = (text: string): Sample => ({
  bytes: Buffer.from(text),
  text,
  lines: text.replace(/\n$/, '').split('\n'),
});

/** The records as the loader cuts them: text between objects is a record of its own. */
const recordsOf = (text: string): readonly string[] =>
  text.split(/\n(?=Record )|(?<=^Record \d+)\n/m).map((part) => part.trim());

describe('Windows events as pretty-printed JSON', () => {
  it('reads records of evtx_dump and counts the lines between them as headers', () => {
    const text = textOf('evtx_dump.json');
    const parser = format.open(sampleOf(text), settings);
    const outcomes = recordsOf(text).map(parser.record);
    expect(outcomes.map((outcome) => Object.keys(outcome)[0])).toEqual([
      'header',
      'event',
      'header',
      'event',
    ]);
    expect(outcomes[1]).toMatchObject({
      event: {
        table: 'base_event',
        time: '2024-03-05T06:00:01.123456Z',
        fields: { stream: 'windows-system-7045', message: 'upd{ater": C:\\Temp\\u.exe LocalSystem' },
      },
    });
    expect(outcomes[3]).toMatchObject({
      event: {
        table: 'authentication',
        fields: {
          username: 'anna',
          domain: 'EXAMPLE',
          src_ip: '198.51.100.7',
          service: 'rdp',
          outcome: 'success',
        },
      },
    });
  });

  it("takes another tool's detection as its alert, not as an event of its own", () => {
    const text = textOf('hayabusa.json');
    expect(format.open(sampleOf(text), settings).record(text)).toMatchObject({
      event: {
        table: 'sensor_alert',
        time: '2024-03-05T06:00:01.123000Z',
        sensor: 'ws1.example',
        fields: {
          signature: 'LSASS Access From Suspicious Program',
          severity: 1,
          category: 'windows-sysmon-10',
        },
      },
    });
  });

  const array = JSON.stringify(
    [JSON.parse(textOf('hayabusa.json')), JSON.parse(textOf('hayabusa.json'))],
    null,
    2,
  );

  it.each([
    ['records one after another', textOf('evtx_dump.json'), 0.9],
    ['one object', textOf('hayabusa.json'), 0.9],
    ['an array', array, 0.9],
    ['an array on one line', JSON.stringify(JSON.parse(array)), 0.9],
    ['an array of something else', '[\n{"first":"a"},\n{"first":"b"}\n]', 0],
    ['an open bracket', '[', 0],
    ['text with braces', 'a { b } c', 0],
  ])('knows %s', (_, text, score) => {
    expect(format.recognise(sampleOf(text))).toBe(score);
    expect(recogniseFormat(sampleOf(text), null)?.id).toBe(score > 0 ? 'windows-events-json' : undefined);
  });
});
