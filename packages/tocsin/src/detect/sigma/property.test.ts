// Random rules over random events: what the engine finds, guards and all, is what a plain reading of each rule finds.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { holds, matchedRecords, openRuleBench, type RuleBench, rulesOf } from './rules.support.ts';

let bench: RuleBench;
beforeAll(async () => {
  bench = await openRuleBench();
});
afterAll(() => bench.close());

// Few letters, so that patterns meet values; upper case, wildcards, escapes, quotes, dashes and letters beyond ASCII.
const character = fc.constantFrom(...Array.from('aabBcC1 -/.*?\\"\'%_\u00e9\u00c9\u0416\u0436\u2013[(|'));
const text = (most: number) => fc.string({ unit: character, maxLength: most });
const fieldName = fc.constantFrom('Image', 'CommandLine', 'user.name');
const plainRegex = fc.constantFrom('a+b', '^b', 'c$', 'a.b', '(?:a|b)c', '[a-c]{2}', '\\\\', '\\*', 'b?-');

const textItem = fc
  .record({
    field: fieldName,
    modifiers: fc.constantFrom<readonly string[]>(
      [],
      ['contains'],
      ['startswith'],
      ['endswith'],
      ['contains', 'all'],
      ['cased'],
      ['contains', 'cased'],
      ['windash', 'contains'],
      ['windash', 'contains', 'all'],
      ['neq'],
      ['base64offset', 'contains'],
      ['wide', 'base64offset', 'contains'],
    ),
    values: fc.array(text(4), { minLength: 1, maxLength: 3 }),
  })
  .filter(({ modifiers, values }) => {
    const isEncoded = modifiers.includes('base64offset');
    return !isEncoded || values.every((value) => /^[^*?\\]+$/.test(value));
  })
  .map(({ field, modifiers, values }): [string, unknown] => [[field, ...modifiers].join('|'), values]);
const otherItem = fc.oneof(
  fc
    .tuple(fieldName, plainRegex, fc.constantFrom('', '|i', '|s', '|m'))
    .map(([field, pattern, flags]): [string, unknown] => [`${field}|re${flags}`, pattern]),
  fc
    .tuple(fc.constantFrom('lt', 'lte', 'gt', 'gte'), fc.integer({ min: -3, max: 12 }))
    .map(([compare, limit]): [string, unknown] => [`Size|${compare}`, limit]),
  fc
    .constantFrom('10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '10.1.2.3')
    .map((prefix): [string, unknown] => ['Ip|cidr', prefix]),
  fc.tuple(fieldName, fc.boolean()).map(([field, is]): [string, unknown] => [`${field}|exists`, is]),
  fc
    .tuple(fieldName, fc.constantFrom('', '|contains', '|startswith', '|endswith'))
    .map(([field, how]): [string, unknown] => [`${field}|fieldref${how}`, 'CommandLine']),
  fieldName.map((field): [string, unknown] => [field, null]),
  fieldName.map((field): [string, unknown] => [field, '']),
);
const search = fc
  .array(fc.oneof({ weight: 4, arbitrary: textItem }, { weight: 1, arbitrary: otherItem }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((items) => Object.fromEntries(items));
const condition = fc.constantFrom(
  'one',
  'one and two',
  'one or two',
  'one and not two',
  'not one',
  'not (one or two) and three',
  '1 of them',
  'all of them',
  'one or (two and three)',
  '1 of t* and not one',
);
const detection = fc.record({ one: search, two: search, three: search, condition });

const value = fc.oneof(
  text(8),
  text(8).map((inner) => Buffer.from(`x${inner}y`).toString('base64')),
);
const event = fc.record({
  Image: value,
  CommandLine: fc.oneof(
    value,
    text(6).map((inner) => Buffer.from(` ${inner} `, 'utf16le').toString('base64')),
  ),
  'user.name': value,
  Size: fc.constantFrom('', '0', '3', '7', '12', '-1', 'many', '2.5'),
  Ip: fc.constantFrom('', '10.0.0.1', '10.1.2.3', '192.0.2.1', '2001:db8::1', '::ffff:10.1.0.9', 'host'),
});

it('finds with SQL what a plain reading of the rules finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(detection, { minLength: 30, maxLength: 30 }),
      fc.array(event, { minLength: 40, maxLength: 40 }),
      async (detections, events) => {
        await bench.load({
          base_event: events.map((fields) => ({ stream: 'shop', host: 'h1', raw: JSON.stringify(fields) })),
        });
        const yaml = detections
          .map((one, at) =>
            stringify({ title: `rule ${at}`, logsource: { product: 'shop' }, level: 'low', detection: one }),
          )
          .join('---\n');
        const { rules } = rulesOf(yaml);
        expect(rules).toHaveLength(detections.length);
        const expected = Object.fromEntries(
          rules.flatMap(({ title, detection: expression }) => {
            const records = events.flatMap((fields, at) => (holds(expression, fields) ? [at + 1] : []));
            return records.length === 0 ? [] : [[title, records]];
          }),
        );
        const outcome = await bench.evaluate(yaml);
        expect(outcome.account.not_usable).toEqual([]);
        expect(matchedRecords(outcome)).toEqual(expected);
      },
    ),
    { numRuns: 8, endOnFailure: true },
  );
}, 120_000);
