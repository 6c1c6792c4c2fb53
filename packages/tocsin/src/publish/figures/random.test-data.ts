// Random tables, and random definitions over them, for the tests that hold the three computations of a figure equal.
// Biased to what goes wrong: few different values, so that ties happen; order beyond U+FFFF; quotes, NUL and near-addresses;
// integers at the ends of their range; clocks that were changed. Column names are those the SQL uses for itself.
import type { Column, FigureDefinition, Filter, Row } from '@tocsin/verify';
import fc from 'fast-check';

export const columns: readonly Column[] = [
  { name: 'key', type: 'text', meaning: 'any text' },
  { name: 'ip', type: 'address', meaning: 'an address' },
  { name: 'value', type: 'integer', meaning: 'an amount', unit: 'bytes' },
  { name: 'part', type: 'integer', meaning: 'a small number' },
  { name: 'at', type: 'time', meaning: 'a moment' },
];

/** What the columns are in the engine. */
export const engineTypes = {
  key: 'Nullable(String)',
  ip: 'Nullable(String)',
  value: 'Nullable(Int128)',
  part: 'Int32',
  at: 'Nullable(String)',
};

const texts = [
  '',
  'a',
  'ab',
  'A',
  'é',
  'e\u0301',
  '\uffee',
  '\u{1f600}',
  '\ud7ff',
  '\ue000',
  "o'x",
  '"quoted"',
  'back\\slash',
  '\\N',
  '\\n',
  'tab\tline\n',
  'line\r\n',
  'nul\u0000',
  '\u0000',
  '\u007f\u2028',
  '10.0.0.1',
  '010.0.0.1',
  '10.0.0.1 ',
  '10.0.0',
  '::ffff:10.0.0.1',
  '1:2:3:4:5:6:7::',
  '0',
  '10',
  '9',
  '-1',
  '1e3',
  '9007199254740993',
  'null',
  'NULL',
  '`',
] as const;
const addresses = [
  '10.0.0.1',
  '10.0.0.255',
  '10.0.1.0',
  '192.168.0.4',
  '::1',
  '0:0:0:0:0:0:0:1',
  '2001:db8::5',
  '2001:DB8::5',
  '::ffff:10.0.0.1',
  '0.0.0.0',
  '255.255.255.255',
];
const prefixes = [
  '10.0.0.0/24',
  '10.0.0.77/31',
  '0.0.0.0/0',
  '::/0',
  '2001:db8::/32',
  '::ffff:10.0.0.0/104',
  '10.0.0.1/32',
  '::1/128',
];
const zones = [
  'UTC',
  'Etc/GMT+5',
  'Europe/Berlin',
  'Asia/Tehran',
  'Asia/Kathmandu',
  'Asia/Shanghai',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kiritimati',
];

const oneText = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: 'binary', maxLength: 4 }));
const amounts = fc.oneof(
  fc.constantFrom<number | string>(
    0,
    1,
    1,
    2,
    9,
    10,
    -1,
    9007199254740991,
    -9007199254740991,
    '9007199254740992',
    '9007199254740993',
    '-9007199254740992',
    '-9223372036854775808',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
  ),
  fc.nat(50),
);
const times = fc
  .oneof(
    // 1970 to 2037, and now and then beyond, where every year has the rules of the last one.
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 2145916800 }) },
    { weight: 1, arbitrary: fc.integer({ min: 2145916800, max: 2500000000 }) },
    // Around the changes of 2024 in Europe and New York, and the day Apia left out in 2011.
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        1711846799,
        1711846800,
        1729990799,
        1729990800,
        1710054000,
        1730613600,
        1325239200,
        1325239199,
        0,
        951782400,
      ),
    },
  )
  .map((seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', '.000001Z'));
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 6 });

export const anyRows: fc.Arbitrary<readonly Row[]> = fc.array(
  fc.record({
    key: nullable(oneText),
    ip: nullable(fc.constantFrom(...addresses)),
    value: nullable(amounts),
    part: fc.integer({ min: -3, max: 3 }),
    at: nullable(times),
  }),
  { maxLength: 40 },
);

const textColumn = fc.constantFrom('key', 'ip', 'at');
const integerColumn = fc.constantFrom('value', 'part');
const anyColumn = fc.constantFrom('key', 'ip', 'at', 'value', 'part');
const textLiteral = fc.oneof(oneText, fc.constantFrom(...addresses), times);
const numberLiteral = fc.oneof(
  fc.integer({ min: -4, max: 50 }),
  fc.constantFrom(9007199254740991, -9007199254740991, 9007199254740990),
);
const withLiteral = <T>(
  make: (column: fc.Arbitrary<string>, value: fc.Arbitrary<string | number>) => fc.Arbitrary<T>,
) => fc.oneof(make(textColumn, textLiteral), make(integerColumn, numberLiteral));

const anyFilter: fc.Arbitrary<Filter> = fc.oneof(
  withLiteral((column, value) => fc.record({ op: fc.constant('=' as const), column, value })),
  withLiteral((column, value) =>
    fc.record({
      op: fc.constant('in' as const),
      column,
      values: fc.array(value, { minLength: 1, maxLength: 5 }),
    }),
  ),
  withLiteral((column, value) =>
    fc.record({ op: fc.constant('range' as const), column, from: value, to: value }),
  ),
  withLiteral((column, value) => fc.record({ op: fc.constant('range' as const), column, from: value })),
  withLiteral((column, value) => fc.record({ op: fc.constant('range' as const), column, to: value })),
  fc.record({
    op: fc.constant('cidr' as const),
    column: fc.constantFrom('key', 'ip'),
    prefix: fc.constantFrom(...prefixes),
  }),
  fc.record({
    op: fc.constant('prefix' as const),
    column: textColumn,
    text: fc.oneof(fc.constantFrom('', 'a', '10.', '20', 'tab\t', '\u0000', '\\', 'e'), oneText),
  }),
);
const anyFilters = fc.array(anyFilter, { maxLength: 2 });
const groupMeasure = fc.oneof(
  fc.constant({ op: 'count' as const }),
  fc.record({ op: fc.constant('sum' as const), column: integerColumn }),
  fc.record({ op: fc.constant('distinct' as const), column: anyColumn }),
);
const scalarMeasure = fc.oneof(
  { weight: 2, arbitrary: groupMeasure },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constantFrom('min' as const, 'max' as const), column: anyColumn }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('share' as const), of: anyFilters }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('quantile' as const),
      column: integerColumn,
      perMille: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(0, 500, 950, 999, 1000)),
    }),
  },
);

/** A definition over the table `rows`, from the whole algebra. */
export const anyDefinition: fc.Arbitrary<FigureDefinition> = fc.record({
  table: fc.constant('rows'),
  where: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: anyFilters }),
  measure: fc.oneof(
    { weight: 3, arbitrary: scalarMeasure },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant('group' as const), by: anyColumn, measure: scalarMeasure }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('top' as const),
        by: anyColumn,
        k: fc.integer({ min: 1, max: 6 }),
        measure: groupMeasure,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('histogram' as const),
        column: fc.constant('at'),
        per: fc.constantFrom('hour' as const, 'weekday' as const, 'hour-of-week' as const, 'day' as const),
        zone: fc.constantFrom(...zones),
      }),
    },
  ),
});

const oddPieces = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1.5,
  1001,
  2 ** 53,
  '',
  'key',
  'nothing',
  'count',
  [],
  {},
  [''],
  [1, 'a'],
  '10.0.0.0/33',
  '+03:00',
  'PST',
  'Europe/Nowhere',
  '\ud800',
  'x'.repeat(4097),
  '\u{1f600}'.repeat(2049),
);

/** Something close to a definition: one part of it is replaced, left out or added. */
export const nearlyDefinition: fc.Arbitrary<unknown> = fc
  .tuple(anyDefinition, fc.nat(1000), fc.constantFrom('replace', 'leave out', 'add'), oddPieces)
  .map(([definition, place, what, piece]) => damaged(definition, { place, what, piece }));

interface Damage {
  readonly place: number;
  readonly what: string;
  readonly piece: unknown;
}

function damaged(definition: FigureDefinition, { place, what, piece }: Damage): unknown {
  const copy: unknown = structuredClone(definition);
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    // Lists are objects whose keys are their places.
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      walk(holder[key]);
    }
  };
  walk(copy);
  const chosen = places[place % places.length];
  if (chosen === undefined) return piece;
  if (what === 'leave out' && !Array.isArray(chosen.holder)) delete chosen.holder[chosen.key];
  else if (what === 'add' && !Array.isArray(chosen.holder)) chosen.holder['more'] = piece;
  else chosen.holder[chosen.key] = piece;
  return copy;
}
