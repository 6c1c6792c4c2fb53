// Correlations over made-up matches: which stretches of time they find, group by group.
import { describe, expect, it } from 'vitest';
import { type CorrelatedEvent, Correlator } from './correlation.ts';
import { type CorrelationSpec, correlationSpec } from './correlation-spec.ts';

const spec = (given: Partial<CorrelationSpec>): CorrelationSpec => ({
  type: 'event_count',
  rules: ['a'],
  groupBy: ['User'],
  timespanS: 60,
  condition: [],
  fields: [],
  aliases: {},
  generates: false,
  ...given,
});

/** `a@5/ann=x`: a match of rule `a` at second 5 for ann with the counted value x. */
function eventsOf(text: string, rules: readonly string[]): readonly CorrelatedEvent[] {
  return text.split(' ').map((word) => {
    const [, rule = '', second = '', user = 'ann', value = ''] =
      /^(\w+)@([\d.]+)(?:\/(\w+))?(?:=(\w*))?$/.exec(word) ?? [];
    const micros = Number(second) * 1e6;
    const place = { host: 'h', direction: 'local', peer: '' };
    const reference = {
      table: 'process',
      evidenceId: 'e',
      record: Number(second),
      micros,
      values: {},
      place,
    };
    return { member: rules.indexOf(rule), micros, group: [user], value, events: [reference] };
  });
}

function foundIn(given: Partial<CorrelationSpec>, text: string): readonly string[] {
  const rule = spec(given);
  const correlator = new Correlator(rule);
  for (const event of eventsOf(text, rule.rules)) correlator.add(event);
  return correlator
    .end()
    .map(
      ({ group, firstMicros, lastMicros, eventCount }) =>
        `${group.join(',')} ${firstMicros / 1e6}-${lastMicros / 1e6} x${eventCount}`,
    );
}

const atLeast = (value: number) => [{ compare: 'gte', value }] as const;

describe('event_count', () => {
  it.each<readonly [string, number, string, readonly string[]]>([
    ['finds so many within the timespan', 3, 'a@0 a@30 a@60', ['ann 0-60 x3']],
    ['finds nothing when one is too late', 3, 'a@0 a@30 a@61', []],
    ['slides: no clock cuts the window', 3, 'a@50 a@61 a@70', ['ann 50-70 x3']],
    ['counts each group by itself', 2, 'a@0/ann a@1/bob a@2/ann', ['ann 0-2 x2']],
    ['takes what goes on for one match', 2, 'a@0 a@10 a@20 a@30', ['ann 0-30 x4']],
    ['finds again after a pause', 2, 'a@0 a@10 a@500 a@510', ['ann 0-10 x2', 'ann 500-510 x2']],
  ])('%s', (_, count, text, expected) => {
    expect(foundIn({ condition: atLeast(count) }, text)).toEqual(expected);
  });

  it('holds every comparison of its condition at once', () => {
    const condition = [
      { compare: 'gt', value: 1 },
      { compare: 'lte', value: 3 },
    ] as const;
    expect(foundIn({ condition }, 'a@0 a@1 a@2 a@3')).toEqual(['ann 0-2 x3']);
  });
});

describe('value_count', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['counts distinct values', 'a@0=x a@1=y a@2=z', ['ann 0-2 x3']],
    ['does not count a value twice', 'a@0=x a@1=y a@2=x', []],
    ['forgets values that slid out', 'a@0=x a@50=y a@70=z', []],
    ['does not count an absent value', 'a@0=x a@1=y a@2=', []],
  ])('%s', (_, text, expected) => {
    expect(foundIn({ type: 'value_count', fields: ['Host'], condition: atLeast(3) }, text)).toEqual(expected);
  });
});

describe('temporal', () => {
  const rules = ['a', 'b', 'c'];
  it.each<readonly [string, string, readonly string[]]>([
    ['finds all rules in any order', 'c@0 a@10 b@20', ['ann 0-20 x3']],
    ['finds nothing when one is missing', 'a@0 b@10 b@20', []],
    ['finds nothing when they are too far apart', 'a@0 b@10 c@70', []],
    ['does not mix groups', 'a@0/ann b@1/ann c@2/bob', []],
  ])('%s', (_, text, expected) => {
    expect(foundIn({ type: 'temporal', rules }, text)).toEqual(expected);
  });

  it('is content with fewer rules when its condition says so', () => {
    expect(foundIn({ type: 'temporal', rules, condition: atLeast(2) }, 'a@0 a@5 c@10')).toEqual([
      'ann 0-10 x3',
    ]);
  });
});

describe('temporal_ordered', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['finds the rules in order', 'a@0 b@10', ['ann 0-10 x2']],
    ['finds nothing in the wrong order', 'b@0 a@10', []],
    ['takes the latest beginning', 'a@0 a@50 b@55', ['ann 50-55 x2']],
    ['finds nothing beyond the timespan', 'a@0 b@61', []],
    ['finds it again afterwards', 'a@0 b@1 b@2 a@3 b@4', ['ann 0-1 x2', 'ann 3-4 x2']],
  ])('%s', (_, text, expected) => {
    expect(foundIn({ type: 'temporal_ordered', rules: ['a', 'b'] }, text)).toEqual(expected);
  });

  it('needs two events for a rule named twice', () => {
    const rules = ['a', 'a', 'b'];
    expect(foundIn({ type: 'temporal_ordered', rules }, 'a@0 b@1')).toEqual([]);
    expect(foundIn({ type: 'temporal_ordered', rules }, 'a@0 a@1 b@2')).toEqual(['ann 0-2 x3']);
  });
});

describe('reading a correlation', () => {
  const given = {
    type: 'event_count',
    rules: 'a',
    'group-by': ['User'],
    timespan: '10m',
    condition: { gte: 10 },
  };

  it('reads what the specification shows', () => {
    expect(correlationSpec(given)).toEqual(
      spec({ timespanS: 600, condition: [{ compare: 'gte', value: 10 }] }),
    );
  });

  it.each<readonly [string, object, RegExp]>([
    ['a type that is not evaluated', { type: 'value_sum' }, /type value_sum are not evaluated/],
    ['a timespan in words', { timespan: 'ten minutes' }, /timespan/],
    ['a count without condition', { condition: undefined }, /no condition on its count/],
    ['a value count without field', { type: 'value_count' }, /names no field/],
    ['a comparison nobody knows', { condition: { about: 3 } }, /condition about/],
    ['no rules', { rules: [] }, /rules/],
  ])('refuses %s', (_, changed, reason) => {
    expect(() => correlationSpec({ ...given, ...changed })).toThrow(reason);
  });
});
