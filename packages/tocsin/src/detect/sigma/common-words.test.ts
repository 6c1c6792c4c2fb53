// Rules over many events, where what a rule looks for stands in so many that they are not set aside but found again: the
// matches are those of a plain reading.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { holds, matchedRecords, openRuleBench, type RuleBench, rulesOf } from './rules.support.ts';

let bench: RuleBench;
beforeAll(async () => {
  bench = await openRuleBench();
});
afterAll(() => bench.close());

/** More than the evidence whose events may all be set aside. */
const count = 24_000;
const programs = ['C:\\A\\host.exe', 'C:\\A\\loader.exe', 'C:\\B\\shell.exe', 'C:\\B\\Letter\u212a.exe'];

const events = Array.from({ length: count }, (_, at) => ({
  Image: programs[at % 4] ?? '',
  ParentImage: programs[(at >>> 2) % 4] ?? '',
  CommandLine: `${at % 5 < 3 ? 'Common.DLL,Entry' : 'other'} ${at % 701 === 0 ? '-rare' : ''} ${at}`,
  OriginalFileName: at % 97 === 0 ? 'Loader.EXE' : at % 89 === 0 ? '\u212aelvin.exe' : 'host.exe',
}));

const detections: Readonly<Record<string, unknown>> = {
  'a word most events hold': {
    one: { 'CommandLine|contains': 'common.dll', OriginalFileName: 'loader.exe' },
    condition: 'one',
  },
  // The classes of characters hold no text that could be looked for.
  'a word most events hold, and nothing else to look for': {
    one: { 'CommandLine|contains': 'common.dll', 'OriginalFileName|re': '^[L][o][a]' },
    condition: 'one',
  },
  'a word most events hold, and a name written with a letter that becomes an ASCII one': {
    one: { 'CommandLine|contains': 'common.dll', OriginalFileName: 'kelvin.exe' },
    condition: 'one',
  },
  'a word most events hold, and one of two names': {
    one: { 'CommandLine|contains': 'common.dll', OriginalFileName: ['nothing.exe', 'loader.exe'] },
    condition: 'one',
  },
  'a word many events hold, and a rare program or name': {
    one: { 'CommandLine|contains': '1' },
    two: [{ 'Image|endswith': '\\nothing.exe' }, { OriginalFileName: 'loader.exe' }],
    condition: 'one and two',
  },
  'a word of one program that others hold too': {
    one: { 'Image|endswith': '\\shell.exe', 'CommandLine|contains': '7', OriginalFileName: 'loader.exe' },
    condition: 'one',
  },
  'the same word of another program': {
    one: { 'Image|endswith': '\\host.exe', 'CommandLine|contains': '7', 'CommandLine|endswith': '01' },
    condition: 'one',
  },
  'a word most events hold, or a program': {
    one: [{ 'CommandLine|contains': 'common.dll' }, { 'Image|endswith': '\\shell.exe' }],
    two: { 'OriginalFileName|re': '^[L][o][a]' },
    condition: 'one and two',
  },
  'one of two words, with an exception': {
    one: { 'CommandLine|contains': ['common.dll', '-rare'], OriginalFileName: 'loader.exe' },
    two: { 'Image|endswith': '\\loader.exe' },
    condition: 'one and not two',
  },
  'two words, one of them rare': {
    one: { 'CommandLine|contains|all': ['common.dll', '-rare'] },
    condition: 'one',
  },
  'a program in a fourth of the events': {
    one: { 'Image|endswith': '\\shell.exe', 'CommandLine|contains': '-rare' },
    condition: 'one',
  },
  'a program or the name it was built under': {
    one: [{ 'Image|endswith': '\\shell.exe' }, { OriginalFileName: 'loader.exe' }],
    two: { 'CommandLine|contains': '-rare' },
    condition: 'one and two',
  },
  'what begins a value that holds it elsewhere': {
    one: { 'CommandLine|startswith': 'entry' },
    condition: 'one',
  },
  'a program and what started it': {
    one: {
      'Image|endswith': '\\host.exe',
      'ParentImage|endswith': '\\loader.exe',
      'CommandLine|endswith': '00',
    },
    condition: 'one',
  },
  'a letter that becomes an ASCII one': {
    one: { 'Image|endswith': 'letterk.exe', 'CommandLine|contains': '-rare' },
    condition: 'one',
  },
};

it('finds rules whose words stand in most of many events', async () => {
  await bench.load({
    process: events.map(({ Image, ParentImage, CommandLine, OriginalFileName }) => ({
      host: 'h1',
      executable: Image,
      parent_executable: ParentImage,
      command_line: CommandLine,
      detail: JSON.stringify({ OriginalFileName }),
    })),
  });
  const yaml = Object.entries(detections)
    .map(([title, detection]) =>
      stringify({
        title,
        logsource: { category: 'process_creation', product: 'windows' },
        level: 'low',
        detection,
      }),
    )
    .join('---\n');
  const expected = Object.fromEntries(
    rulesOf(yaml).rules.flatMap(({ title, detection }) => {
      const records = events.flatMap((fields, at) => (holds(detection, fields) ? [at + 1] : []));
      return records.length === 0 ? [] : [[title, records]];
    }),
  );
  expect(Object.keys(expected).length).toBeGreaterThan(5);
  expect(matchedRecords(await bench.evaluate(yaml))).toEqual(expected);
}, 60_000);
