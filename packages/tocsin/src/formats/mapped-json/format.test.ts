// JSON nobody knows: its objects become events as the mapping file says.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Outcome, ParseSettings } from '../format.ts';
import { JsonValues } from '../framing.ts';
import { sampleOf } from '../sample.ts';
import { format } from './format.ts';

const caseText = (name: string) => readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8');
const mapping = caseText('mapping.json');
const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: null,
  mapping,
  path: 'export.json',
};

function read(text: string): readonly Outcome[] {
  const parser = format.open(sampleOf(Buffer.from(text), true), settings);
  const cutter = new JsonValues(1_048_576);
  return [...cutter.push(text), ...cutter.end()].map((record) => parser.record(record));
}

const confidence = (text: string, given: string | null = mapping) =>
  format.recognise(sampleOf(Buffer.from(text), true), given);

it('reads one object a line, a key that is missing in one of them as no value', () => {
  expect(read(caseText('proxy.json'))).toMatchObject([
    {
      event: {
        table: 'http',
        time: '2024-08-05T08:00:00.250000Z',
        sensor: 'proxy-1',
        fields: { src_ip: '192.0.2.7', method: 'GET', uri: '/a?b=1', status: 200n, response_bytes: 512n },
      },
    },
    { event: { fields: { src_ip: '192.0.2.8', status: 302n, response_bytes: null } } },
  ]);
});

it('reads an array of indented objects, a key that itself holds a dot, and rejects each fault by its code', () => {
  expect(read(caseText('array.json'))).toMatchObject([
    { event: { sensor: 'proxy-2', fields: { src_ip: '2001:db8::7', response_bytes: 1000n } } },
    { reject: { code: 'bad-time' } },
    { reject: { code: 'bad-address' } },
    { reject: { code: 'bad-number', reason: 'status is no number in its range' } },
  ]);
});

it('rejects what is no object', () => {
  expect(read('{"when": 1722844800, "code": 2 00}\nword\n')).toMatchObject([
    { reject: { code: 'not-json' } },
    { reject: { code: 'not-json' } },
  ]);
});

it.each([
  ['the file it was written for', caseText('proxy.json'), mapping, 0.5],
  ['the same in an array', caseText('array.json'), mapping, 0.5],
  ['the same without a mapping', caseText('proxy.json'), null, 0],
  ['objects that lack a key in every record', '{"when":1722844800,"code":200}\n', mapping, 0],
  ['a mapping for CSV', caseText('proxy.json'), mapping.replace('"json"', '"csv"'), 0],
  ['a CSV', 'when,code\n1,200\n', mapping, 0],
  ['nothing', '', mapping, 0],
])('is as sure of %s as it should be', (_, text, given, sure) => {
  expect(confidence(text, given)).toBe(sure);
});

it('gives an event or a reject for any JSON and never throws', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const parser = format.open(sampleOf(Buffer.from(''), true), settings);
      expect(Object.keys(parser.record(text))).toHaveLength(1);
      expect(confidence(text)).toBeGreaterThanOrEqual(0);
    }),
  );
});
