// Figures computed: known answers by hand, and the streaming evaluation against a naive one written another way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from './column.ts';
import type { Cell, FigureDefinition, FigureValue, Filter, Measure, Row } from './definition.ts';
import { evaluate } from './evaluate.ts';
import { checkDefinition, DefinitionError } from './validate.ts';

const columns: readonly Column[] = [
  { name: 'who', type: 'text', meaning: '' },
  { name: 'ip', type: 'address', meaning: '' },
  { name: 'size', type: 'integer', meaning: '' },
  { name: 'at', type: 'time', meaning: '' },
  { name: 'list', type: 'texts', meaning: '' },
];
const row = (who: Cell, ip: Cell, size: Cell, at: Cell = null): Row => ({ who, ip, size, at, list: null });
const rows = [
  row('a', '10.0.0.1', 5, '2024-03-31T00:59:59.999999Z'),
  row('b', '10.0.1.1', 7, '2024-03-31T01:00:00.000000Z'),
  row('b', '::1', null, '2024-12-31T23:30:00.000000Z'),
  row(null, null, '18446744073709551615', null),
];
const value = (measure: Measure, where: readonly Filter[] = [], of: readonly Row[] = rows): FigureValue =>
  evaluate({ table: 'rows', where, measure }, columns, of);
const histogram = (per: 'hour' | 'weekday' | 'hour-of-week' | 'day', zone: string): Measure => ({
  op: 'histogram',
  column: 'at',
  per,
  zone,
});
const filled = (length: number, first: number, counts: Readonly<Record<number, number>>) =>
  Array.from({ length }, (_, at) => ({ key: String(at + first), value: counts[at + first] ?? 0 }));

describe('a figure', () => {
  const cases: readonly [string, FigureValue, FigureValue][] = [
    ['counts rows', value({ op: 'count' }), 4],
    ['counts different cells, nulls not among them', value({ op: 'distinct', column: 'who' }), 2],
    ['adds beyond what a number holds', value({ op: 'sum', column: 'size' }), '18446744073709551627'],
    ['adds nothing to 0', value({ op: 'sum', column: 'size' }, [], []), 0],
    [
      'finds the largest integer by value, not by text',
      value({ op: 'max', column: 'size' }),
      '18446744073709551615',
    ],
    ['finds the smallest integer', value({ op: 'min', column: 'size' }), 5],
    ['has no smallest cell of no rows', value({ op: 'min', column: 'who' }, [], []), null],
    [
      'orders text by UTF-8 bytes',
      value({ op: 'max', column: 'who' }, [], [row('\uffee', null, 1), row('\u{1f600}', null, 1)]),
      '\u{1f600}',
    ],
    ['has the median by nearest rank', value({ op: 'quantile', column: 'size', perMille: 500 }), 7],
    ['has the smallest cell as quantile 0', value({ op: 'quantile', column: 'size', perMille: 0 }), 5],
    [
      'has the second of two only above the half',
      value({ op: 'quantile', column: 'size', perMille: 501 }, [], rows.slice(0, 2)),
      7,
    ],
    ['has no quantile of no rows', value({ op: 'quantile', column: 'size', perMille: 500 }, [], []), null],
    [
      'gives both parts of a share',
      value({ op: 'share', of: [{ op: '=', column: 'who', value: 'b' }] }),
      { part: 2, whole: 4 },
    ],
    [
      'breaks a tie of groups by key, and leaves null out',
      value({ op: 'top', by: 'ip', k: 2, measure: { op: 'count' } }),
      [
        { key: '10.0.0.1', value: 1 },
        { key: '10.0.1.1', value: 1 },
      ],
    ],
    [
      'orders groups by their sum',
      value({ op: 'top', by: 'who', k: 5, measure: { op: 'sum', column: 'size' } }),
      [
        { key: 'b', value: 7 },
        { key: 'a', value: 5 },
      ],
    ],
    [
      'lists every group by key, null left out',
      value({ op: 'group', by: 'who', measure: { op: 'max', column: 'size' } }),
      [
        { key: 'a', value: 5 },
        { key: 'b', value: 7 },
      ],
    ],
    [
      'gives both parts of a share for every group',
      value({
        op: 'group',
        by: 'who',
        measure: { op: 'share', of: [{ op: 'range', column: 'size', from: 6 }] },
      }),
      [
        { key: 'a', value: { part: 0, whole: 1 } },
        { key: 'b', value: { part: 1, whole: 2 } },
      ],
    ],
    [
      'orders groups of integers by their text',
      value(
        { op: 'group', by: 'size', measure: { op: 'count' } },
        [],
        [row('x', null, 9), row('x', null, 10)],
      ),
      [
        { key: '10', value: 1 },
        { key: '9', value: 1 },
      ],
    ],
    [
      'knows the hour that summer time leaves out',
      value(histogram('hour', 'Europe/Berlin')),
      filled(24, 0, { 0: 1, 1: 1, 3: 1 }),
    ],
    ['counts Sunday as 7', value(histogram('weekday', 'UTC')), filled(7, 1, { 2: 1, 7: 2 })],
    [
      'gives the hours of the week of the zone, only those with rows',
      value(histogram('hour-of-week', 'Asia/Kathmandu')),
      [
        { key: '3 05', value: 1 },
        { key: '7 06', value: 2 },
      ],
    ],
    [
      'gives the days of the zone, only those with rows',
      value(histogram('day', 'Asia/Kathmandu')),
      [
        { key: '2024-03-31', value: 2 },
        { key: '2025-01-01', value: 1 },
      ],
    ],
    [
      'takes an IPv4 prefix to hold no IPv6 address',
      value({ op: 'count' }, [{ op: 'cidr', column: 'ip', prefix: '0.0.0.0/0' }]),
      2,
    ],
    [
      'takes the bits of a prefix beyond its length as nothing',
      value({ op: 'count' }, [{ op: 'cidr', column: 'ip', prefix: '10.0.0.77/24' }]),
      1,
    ],
    [
      'ends a range before its end',
      value({ op: 'count' }, [{ op: 'range', column: 'size', from: 5, to: 7 }]),
      1,
    ],
    [
      'ranges over integers beyond 2^53',
      value({ op: 'count' }, [{ op: 'range', column: 'size', from: 6 }]),
      2,
    ],
    [
      'filters by the beginning of text',
      value({ op: 'count' }, [{ op: 'prefix', column: 'at', text: '2024-03' }]),
      2,
    ],
    [
      'joins its filters by and',
      value({ op: 'count' }, [
        { op: 'in', column: 'who', values: ['a', 'b'] },
        { op: '=', column: 'size', value: 7 },
      ]),
      1,
    ],
  ];
  it.each(cases)('%s', (_, found, expected) => expect(found).toEqual(expected));
});

describe('a definition', () => {
  const refused: readonly [string, unknown, string, string][] = [
    ['of an unknown measure', { op: 'average', column: 'size' }, 'unknown-op', 'measure.op'],
    ['of an unknown column', { op: 'sum', column: 'sizes' }, 'unknown-column', 'measure.column'],
    ['that adds text', { op: 'sum', column: 'who' }, 'wrong-column-type', 'measure.column'],
    ['that counts lists', { op: 'distinct', column: 'list' }, 'wrong-column-type', 'measure.column'],
    ['with a key of its own', { op: 'count', column: 'who' }, 'unknown-key', 'measure.column'],
    ['without its column', { op: 'min' }, 'missing-key', 'measure.column'],
    [
      'with a quantile above 1000',
      { op: 'quantile', column: 'size', perMille: 1001 },
      'out-of-range',
      'measure.perMille',
    ],
    [
      'with part of a rank',
      { op: 'quantile', column: 'size', perMille: 0.5 },
      'bad-literal',
      'measure.perMille',
    ],
    ['of no groups', { op: 'top', by: 'who', k: 0, measure: { op: 'count' } }, 'out-of-range', 'measure.k'],
    [
      'of groups within groups',
      { op: 'top', by: 'who', k: 1, measure: { op: 'top' } },
      'unknown-op',
      'measure.measure.op',
    ],
    [
      'of groups of groups',
      { op: 'group', by: 'who', measure: { op: 'group', by: 'ip', measure: { op: 'count' } } },
      'unknown-op',
      'measure.measure.op',
    ],
    ['in a zone that is an abbreviation', histogram('hour', 'PST'), 'unknown-zone', 'measure.zone'],
    ['in a zone that is none', histogram('hour', 'Mars/Olympus'), 'unknown-zone', 'measure.zone'],
    ['in a zone that is an offset', histogram('hour', '+03:00'), 'unknown-zone', 'measure.zone'],
    [
      'that compares text with a number',
      { op: 'share', of: [{ op: '=', column: 'who', value: 1 }] },
      'bad-literal',
      'measure.of[0].value',
    ],
    [
      'that compares an integer with text',
      { op: 'share', of: [{ op: '=', column: 'size', value: '1' }] },
      'bad-literal',
      'measure.of[0].value',
    ],
    [
      'with a number that is not exact',
      { op: 'share', of: [{ op: '=', column: 'size', value: 2 ** 53 }] },
      'bad-literal',
      'measure.of[0].value',
    ],
    [
      'with a prefix that is none',
      { op: 'share', of: [{ op: 'cidr', column: 'ip', prefix: '10.0.0.0/33' }] },
      'bad-literal',
      'measure.of[0].prefix',
    ],
    [
      'with a range of neither end',
      { op: 'share', of: [{ op: 'range', column: 'size' }] },
      'missing-key',
      'measure.of[0].from',
    ],
    [
      'with a choice of nothing',
      { op: 'share', of: [{ op: 'in', column: 'size', values: [] }] },
      'out-of-range',
      'measure.of[0].values',
    ],
    ['that is null', null, 'not-an-object', 'measure'],
    ['named like an inherited key', { op: 'constructor' }, 'unknown-op', 'measure.op'],
  ];
  it.each(refused)('%s is refused at its place', (_, measure, code, at) => {
    const check = () => checkDefinition({ table: 'rows', where: [], measure }, new Map([['rows', columns]]));
    expect(check).toThrow(DefinitionError);
    expect(check).toThrow(`${code} at ${at}`);
  });

  it('of any JSON at all is taken or refused, and never anything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (where, measure) => {
        try {
          checkDefinition({ table: 'rows', where, measure }, new Map([['rows', columns]]));
        } catch (error) {
          expect(error).toBeInstanceOf(DefinitionError);
        }
      }),
    );
  });
});

// The naive evaluation: all rows at hand, BigInt for every integer, Buffer.compare for every order.
const big = (cell: Cell | undefined) => BigInt(String(cell));
const bytes = (one: string, two: string) => Buffer.compare(Buffer.from(one), Buffer.from(two));
const known = (of: readonly Row[], column: string) =>
  of.map((item) => item[column] ?? null).filter((cell) => cell !== null);
const out = (number: bigint) => (Number.isSafeInteger(Number(number)) ? Number(number) : String(number));

function plain(of: FigureValue): number | string {
  if (typeof of === 'number' || typeof of === 'string') return of;
  throw new TypeError('no amount');
}

function naive(measure: Measure, of: readonly Row[]): FigureValue {
  switch (measure.op) {
    case 'count':
      return of.length;
    case 'distinct':
      return new Set(known(of, measure.column).map(String)).size;
    case 'sum':
      return out(known(of, measure.column).reduce((sum, cell) => sum + big(cell), 0n));
    case 'quantile': {
      const sorted = known(of, measure.column)
        .map(big)
        .sort((one, two) => (one < two ? -1 : one > two ? 1 : 0));
      // The smallest cell with at least perMille of all cells at or below it.
      const cell = sorted.find((_, at) => (at + 1) * 1000 >= measure.perMille * sorted.length);
      return cell === undefined ? null : out(cell);
    }
    case 'min':
    case 'max': {
      const cells = known(of, measure.column)
        .map(String)
        .sort(measure.column === 'size' ? (one, two) => (BigInt(one) < BigInt(two) ? -1 : 1) : bytes);
      const cell = cells.at(measure.op === 'min' ? 0 : -1);
      return cell === undefined ? null : measure.column === 'size' ? out(BigInt(cell)) : cell;
    }
    case 'top': {
      const keys = [...new Set(known(of, measure.by).map(String))].sort(bytes);
      const groups = keys.map((key) => ({
        key,
        value: naive(
          measure.measure,
          of.filter((item) => item[measure.by] !== null && String(item[measure.by]) === key),
        ),
      }));
      const amount = (group: { readonly value: FigureValue }) => BigInt(plain(group.value));
      const sorted = groups.sort((one, two) =>
        amount(one) > amount(two) ? -1 : amount(one) < amount(two) ? 1 : 0,
      );
      return sorted.slice(0, measure.k).map(({ key, value: number }) => ({
        key,
        value: plain(number),
      }));
    }
    default:
      throw new RangeError('not asked here');
  }
}

describe('the streaming evaluation', () => {
  it('agrees with a naive one', () => {
    const integer = fc.oneof(
      fc.integer({ min: -5, max: 20 }),
      fc.maxSafeInteger(),
      fc.constantFrom('9007199254740992', '18446744073709551615', '-9223372036854775808'),
    );
    const text = fc.oneof(
      fc.constantFrom('a', 'b', '\uffee', '\u{1f600}', ''),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const table = fc.array(
      fc.tuple(fc.option(text), fc.option(integer)).map(([who, size]) => row(who, null, size)),
      { maxLength: 30 },
    );
    const column = fc.constantFrom('who', 'size');
    const group = fc.oneof(
      fc.constant({ op: 'count' as const }),
      fc.constant({ op: 'sum' as const, column: 'size' }),
      fc.record({ op: fc.constant('distinct' as const), column }),
    );
    const measure = fc.oneof(
      group,
      fc.record({ op: fc.constantFrom('min' as const, 'max' as const), column }),
      fc.record({
        op: fc.constant('quantile' as const),
        column: fc.constant('size'),
        perMille: fc.nat(1000),
      }),
      fc.record({
        op: fc.constant('top' as const),
        by: column,
        k: fc.integer({ min: 1, max: 5 }),
        measure: group,
      }),
    );
    fc.assert(
      fc.property(table, measure, (of, asked) => {
        const definition: FigureDefinition = { table: 'rows', where: [], measure: asked };
        expect(evaluate(definition, columns, of)).toEqual(naive(asked, of));
      }),
      { numRuns: 3000 },
    );
  });
});
