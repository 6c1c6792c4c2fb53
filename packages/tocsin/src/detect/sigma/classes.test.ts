// Rules over programs that come again and again: what is decided once per class of events is what each event says.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { EventClasses } from './classes.ts';
import type { Expression } from './expression.ts';
import { patternOf } from './pattern.ts';
import { Projection } from './projection.ts';
import { holds, matchedRecords, openRuleBench, type RuleBench, rulesOf } from './rules.support.ts';
import { programFields } from './windows.ts';

let bench: RuleBench;
beforeAll(async () => {
  bench = await openRuleBench();
});
afterAll(() => bench.close());

const programs = ['C:\\A\\cmd.exe', 'C:\\a\\CMD.EXE', 'C:\\B\\\u00c9t\u00e9.exe', 'D:\\x.exe', ''] as const;
const event = fc.record({
  Image: fc.constantFrom(...programs),
  ParentImage: fc.constantFrom(...programs),
  CommandLine: fc.constantFrom('x /add', 'X /ADD now', 'emoji \u{1f600}', 'k\u212a', ''),
  OriginalFileName: fc.constantFrom('Cmd.Exe', 'x.exe', 'kelvin.exe', ''),
});
const path = fc.constantFrom(
  '\\cmd.exe',
  '\\x.exe',
  'c:\\a',
  '\u00e9t\u00e9.exe',
  'D:\\x.exe',
  'C:\\?\\cmd*',
  '*.EXE',
  '',
);
const pathItem = fc
  .tuple(
    fc.constantFrom('Image', 'ParentImage'),
    fc.constantFrom('', '|endswith', '|startswith', '|contains', '|endswith|cased'),
    fc.array(path, { minLength: 1, maxLength: 3 }),
  )
  .map(([field, how, values]): [string, unknown] => [`${field}${how}`, values]);
const otherItem = fc.oneof(
  fc
    .array(fc.constantFrom(' /add', 'now', '\u{1f600}', 'kk', 'emoji'), { minLength: 1, maxLength: 3 })
    .map((values): [string, unknown] => ['CommandLine|contains', values]),
  fc
    .array(fc.constantFrom('cmd.exe', 'x.exe', 'kelvin.exe'), { minLength: 1, maxLength: 2 })
    .map((values): [string, unknown] => ['OriginalFileName', values]),
  fc.boolean().map((is): [string, unknown] => ['ParentImage|exists', is]),
  fc.constant<[string, unknown]>(['ParentImage', null]),
);
const search = fc
  .array(fc.oneof({ weight: 2, arbitrary: pathItem }, { weight: 1, arbitrary: otherItem }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((items) => Object.fromEntries(items));
const condition = fc.constantFrom('one', 'one and two', 'one or two', 'one and not two', 'not one');
const detection = fc.record({ one: search, two: search, condition });

it('finds over repeated programs what a plain reading of the rules finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(detection, { minLength: 25, maxLength: 25 }),
      fc.array(event, { minLength: 60, maxLength: 60 }),
      async (detections, events) => {
        await bench.load({
          process: events.map(({ Image, ParentImage, CommandLine, OriginalFileName }) => ({
            host: 'h1',
            executable: Image,
            parent_executable: ParentImage,
            command_line: CommandLine,
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
        const { rules } = rulesOf(yaml);
        const expected = Object.fromEntries(
          rules.flatMap(({ title, detection: expression }) => {
            const records = events.flatMap((fields, at) => (holds(expression, fields) ? [at + 1] : []));
            return records.length === 0 ? [] : [[title, records]];
          }),
        );
        expect(matchedRecords(await bench.evaluate(yaml))).toEqual(expected);
      },
    ),
    { numRuns: 10, endOnFailure: true },
  );
}, 120_000);

describe('classes of events', () => {
  const classes = new EventClasses(
    ['executable', 'parent_executable'],
    [
      { key: 1, values: ['C:\\cmd.exe', 'D:\\x.exe'], events: 6 },
      { key: 2, values: ['D:\\x.exe', ''], events: 3 },
      { key: 3, values: ['C:\\\u00c9.exe', 'D:\\x.exe'], events: 1 },
    ],
  );
  const projection = new Projection({
    id: 'programs',
    table: 'process',
    where: '1',
    fields: programFields,
    rest: { json: 'detail', pathsOf: (field) => [[field]], wrapped: [], namedLists: [] },
    keywords: null,
  });
  const text = (field: string, pattern: string): Expression => ({
    kind: 'text',
    field,
    pattern: patternOf(pattern),
    isCased: false,
  });
  const cmd = text('Image', '*\\CMD.exe');
  it.each<[string, Expression, readonly number[]]>([
    ['a program is in the classes that run it, and where its letters leave a doubt', cmd, [1, 3]],
    ['what is surely there is excluded by a NOT, what is in doubt is not', { kind: 'not', of: cmd }, [2, 3]],
    ['another field may be anything', { kind: 'any', of: [cmd, text('OriginalFileName', 'x')] }, [1, 2, 3]],
    ['another field narrows nothing', { kind: 'all', of: [cmd, text('CommandLine', 'x')] }, [1, 3]],
    ['an absent parent is the empty text', text('ParentImage', ''), [2]],
    ['a wildcard inside', text('Image', 'd:*x?exe'), [2, 3]],
  ])('%s', (_, expression, keys) => {
    expect(classes.keysOf(classes.possible(expression, projection))).toEqual(keys);
  });
  it.each<[string, Expression, Expression]>([
    [
      'a program all the classes run is no question any more',
      { kind: 'all', of: [text('Image', 'd:*'), text('CommandLine', 'x')] },
      text('CommandLine', 'x'),
    ],
    [
      'a program none of them runs rules out',
      { kind: 'any', of: [text('Image', '*\\a.exe'), text('CommandLine', 'x')] },
      text('CommandLine', 'x'),
    ],
    [
      'an exception that cannot be met is left out',
      { kind: 'all', of: [text('CommandLine', 'x'), { kind: 'not', of: text('ParentImage', 'y') }] },
      text('CommandLine', 'x'),
    ],
    ['all is decided', { kind: 'not', of: text('Image', '*\\a.exe') }, { kind: 'constant', holds: true }],
  ])('leave of an expression: %s', (_, expression, left) => {
    const ofX = classes.possible(text('Image', 'D:\\x.exe'), projection);
    const onlyX = ofX.map((word) => word & 0b010);
    expect(classes.reduced(expression, projection, onlyX)).toEqual(left);
  });
  it('leave an expression whole when two of them share a key', () => {
    const same = new EventClasses(
      ['executable'],
      [
        { key: 7, values: ['C:\\cmd.exe'], events: 1 },
        { key: 7, values: ['D:\\x.exe'], events: 1 },
      ],
    );
    expect(same.reduced(cmd, projection, same.possible(cmd, projection))).toEqual(cmd);
  });
  it('know the share of the events they hold', () => {
    expect(classes.shareOf(classes.possible(cmd, projection))).toBeCloseTo(0.7);
  });
});
