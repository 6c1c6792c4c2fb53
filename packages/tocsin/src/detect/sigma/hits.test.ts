// Rules whose words stand in many events, and what else they ask of those: the matches are those of a plain reading.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { holds, matchedRecords, openRuleBench, type RuleBench, rulesOf } from './rules.support.ts';

let bench: RuleBench;
beforeAll(async () => {
  bench = await openRuleBench();
});
afterAll(() => bench.close());

// The Kelvin sign becomes a k where rules compare, the dotless I and the long s do likewise.
const names = ['kelvin.exe', '\u212aelvin.exe', 'KELVIN.EXE', 'set.exe', '\u017fet.exe', 'other.exe', ''];
const programs = ['C:\\A\\shell.exe', 'C:\\A\\\u212aelvin.exe', 'C:\\B\\host.exe'];
const users = ['corp\\kim', 'corp\\\u212aim', 'corp\\lee'];

const event = fc.record({
  Image: fc.constantFrom(...programs),
  // Numbered below, or they would make classes. One in ten: common enough for a second look, too few to search all events' JSON instead.
  CommandLine: fc
    .tuple(fc.nat({ max: 9 }), fc.constantFrom('alpha', 'ALPHA beta', 'beta gamma'))
    .map(([at, text]) => (at === 0 ? `run ${text}` : 'run')),
  OriginalFileName: fc.constantFrom(...names),
  User: fc.constantFrom(...users),
});

const second = fc.constantFrom<Readonly<Record<string, unknown>>>(
  { OriginalFileName: 'kelvin.exe' },
  { OriginalFileName: ['set.exe', 'nothing.exe'] },
  { 'OriginalFileName|contains': 'kelvin' },
  { User: 'corp\\kim' },
  { 'User|endswith': '\\lee', OriginalFileName: 'other.exe' },
);
const eitherWay = fc.constantFrom<readonly Readonly<Record<string, unknown>>[]>(
  [{ 'Image|endswith': '\\kelvin.exe' }, { OriginalFileName: 'kelvin.exe' }],
  [{ 'Image|endswith': '\\nothing.exe' }, { OriginalFileName: 'set.exe' }],
);
const detection = fc
  .record({
    words: fc.subarray(['alpha', 'beta'], { minLength: 1 }),
    program: fc.constantFrom(null, '\\shell.exe', '\\host.exe'),
    more: fc.oneof(second, eitherWay),
  })
  .map(({ words, program, more }) => ({
    one: { 'CommandLine|contains': words, ...(program === null ? {} : { 'Image|endswith': program }) },
    two: more,
    condition: 'one and two',
  }));

it('finds what a plain reading finds when common words need a second look', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(detection, { minLength: 12, maxLength: 12 }),
      fc.array(event, { minLength: 300, maxLength: 300 }),
      async (detections, events) => {
        const numbered = events.map((fields, at) => ({
          ...fields,
          CommandLine: `${fields.CommandLine} ${at}`,
        }));
        await bench.load({
          process: numbered.map(({ Image, CommandLine, OriginalFileName, User }) => ({
            host: 'h1',
            executable: Image,
            command_line: CommandLine,
            username: User,
            detail: JSON.stringify({ OriginalFileName }),
          })),
        });
        const yaml = detections
          .map((one, at) =>
            stringify({
              title: `rule ${at}`,
              logsource: { category: 'process_creation', product: 'windows' },
              level: 'low',
              detection: one,
            }),
          )
          .join('---\n');
        const expected = Object.fromEntries(
          rulesOf(yaml).rules.flatMap(({ title, detection: expression }) => {
            const records = numbered.flatMap((fields, at) => (holds(expression, fields) ? [at + 1] : []));
            return records.length === 0 ? [] : [[title, records]];
          }),
        );
        expect(matchedRecords(await bench.evaluate(yaml))).toEqual(expected);
      },
    ),
    { numRuns: 10, endOnFailure: true },
  );
}, 120_000);
