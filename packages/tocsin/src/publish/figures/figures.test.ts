// The SQL of a figure and the plain evaluation of it give the same value, whatever the table and the definition.
import { type Column, DefinitionError, evaluate, type FigureDefinition, type Row } from '@tocsin/verify';
import { Session } from 'chdb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askFigure, type FigureEngine } from './ask.ts';
import { compileFigure } from './compile.ts';

const columns: readonly Column[] = [
  { name: 'who', type: 'text', meaning: 'any text' },
  { name: 'ip', type: 'address', meaning: 'an address' },
  { name: 'size', type: 'integer', meaning: 'an amount', unit: 'bytes' },
  { name: 'small', type: 'integer', meaning: 'a small number' },
  { name: 'at', type: 'time', meaning: 'a moment' },
];
const engineTypes = {
  who: 'Nullable(String)',
  ip: 'Nullable(String)',
  size: 'Nullable(UInt64)',
  small: 'Int32',
  at: 'Nullable(String)',
};

let session: Session;
const engine: FigureEngine = {
  query: async (sql, parameters) => {
    const result = await session.queryBindAsync(sql, parameters, { format: 'JSONEachRow' });
    return result
      .text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Record<string, unknown> => JSON.parse(line));
  },
};

beforeAll(() => {
  session = new Session();
});
afterAll(() => session.close());

async function load(rows: readonly Row[]): Promise<void> {
  const declared = Object.entries(engineTypes).map(([name, type]) => `${name} ${type}`);
  await session.queryAsync(`CREATE OR REPLACE TABLE rows (${declared.join(', ')}) ENGINE = Memory`);
  if (rows.length === 0) return;
  await session.insert({
    table: 'rows',
    format: 'JSONEachRow',
    values: Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n')),
  });
}

// Few different values, so that groups, ties and equalities happen; hard ones among them: order beyond U+FFFF,
// quotes, backslashes, control characters, near-addresses.
const texts = [
  '',
  'a',
  'ab',
  'A',
  'é',
  '\uffee',
  '\u{1f600}',
  '\ud7ff',
  "o'x",
  'back\\slash',
  '\\N',
  'tab\tline\n',
  'nul\u0000',
  '10.0.0.1',
  '010.0.0.1',
  '10.0.0.1 ',
  '10.0.0',
  '::ffff:10.0.0.1',
  '1:2:3:4:5:6:7::',
  'NULL',
  '`',
] as const;
const addresses = [
  '10.0.0.1',
  '10.0.0.255',
  '10.0.1.0',
  '192.168.0.4',
  '::1',
  '2001:db8::5',
  '::ffff:10.0.0.1',
  '0.0.0.0',
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
  'Europe/Berlin',
  'Asia/Tehran',
  'Asia/Kathmandu',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];

const textArbitrary = fc.oneof(fc.constantFrom(...texts), fc.string({ unit: 'binary', maxLength: 4 }));
const sizes = fc.oneof(
  fc.constantFrom<number | string>(
    0,
    1,
    1,
    2,
    9007199254740991,
    '9007199254740992',
    '9007199254740993',
    '18446744073709551615',
  ),
  fc.nat(50),
);
const times = fc
  .oneof(
    fc.integer({ min: 631152000, max: 2145916800 }),
    // Around the changes of 2024 in Europe and New York, and the day Apia left out in 2011.
    fc.constantFrom(
      1711846799,
      1711846800,
      1729990799,
      1729990800,
      1710054000,
      1730613600,
      1325239200,
      1325239199,
    ),
  )
  .map((seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', '.000001Z'));
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 6 });
const rowsArbitrary: fc.Arbitrary<readonly Row[]> = fc.array(
  fc.record({
    who: nullable(textArbitrary),
    ip: nullable(fc.constantFrom(...addresses)),
    size: nullable(sizes),
    small: fc.integer({ min: -3, max: 3 }),
    at: nullable(times),
  }),
  { maxLength: 40 },
);

const textColumn = fc.constantFrom('who', 'ip', 'at');
const integerColumn = fc.constantFrom('size', 'small');
const anyColumn = fc.constantFrom('who', 'ip', 'at', 'size', 'small');
const textLiteral = fc.oneof(textArbitrary, fc.constantFrom(...addresses), times);
const numberLiteral = fc.oneof(
  fc.integer({ min: -4, max: 50 }),
  fc.constantFrom(9007199254740991, -9007199254740991),
);
const withLiteral = <T>(
  make: (column: fc.Arbitrary<string>, value: fc.Arbitrary<string | number>) => fc.Arbitrary<T>,
) => fc.oneof(make(textColumn, textLiteral), make(integerColumn, numberLiteral));
const filterArbitrary = fc.oneof(
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
    column: fc.constantFrom('who', 'ip'),
    prefix: fc.constantFrom(...prefixes),
  }),
  fc.record({
    op: fc.constant('prefix' as const),
    column: textColumn,
    text: fc.constantFrom('', 'a', '10.', '20', 'tab\t'),
  }),
);
const groupMeasure = fc.oneof(
  fc.constant({ op: 'count' as const }),
  fc.record({ op: fc.constant('sum' as const), column: integerColumn }),
  fc.record({ op: fc.constant('distinct' as const), column: anyColumn }),
);
const filtersArbitrary = fc.array(filterArbitrary, { maxLength: 2 });
const definitionArbitrary: fc.Arbitrary<FigureDefinition> = fc.record({
  table: fc.constant('rows'),
  where: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: filtersArbitrary }),
  measure: fc.oneof(
    groupMeasure,
    fc.record({ op: fc.constantFrom('min' as const, 'max' as const), column: anyColumn }),
    fc.record({ op: fc.constant('share' as const), of: filtersArbitrary }),
    fc.record({
      op: fc.constant('quantile' as const),
      column: integerColumn,
      perMille: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(0, 500, 950, 999, 1000)),
    }),
    fc.record({
      op: fc.constant('top' as const),
      by: anyColumn,
      k: fc.integer({ min: 1, max: 6 }),
      measure: groupMeasure,
    }),
    fc.record({
      op: fc.constant('histogram' as const),
      column: fc.constant('at'),
      per: fc.constantFrom('hour' as const, 'weekday' as const, 'hour-of-week' as const, 'day' as const),
      zone: fc.constantFrom(...zones),
    }),
  ),
});

describe('a figure asked of the engine', () => {
  it('has the value the verifier computes from the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        fc.array(definitionArbitrary, { minLength: 20, maxLength: 20 }),
        async (rows, definitions) => {
          await load(rows);
          for (const definition of definitions) {
            expect({ definition, value: await askFigure(engine, definition, 'rows') }).toEqual({
              definition,
              value: evaluate(definition, columns, rows),
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('agrees on what is an address, also for text that only looks like one', async () => {
    const part = fc.constantFrom(
      '0',
      '1',
      '01',
      '255',
      '256',
      'a',
      'ffff',
      '10000',
      '',
      '::',
      ':',
      '.',
      '%1',
      ' ',
      '1.2.3.4',
    );
    const nearly = fc
      .array(fc.tuple(part, fc.constantFrom(':', '.', '::', '')), { minLength: 1, maxLength: 9 })
      .map((parts) => parts.map(([word, separator]) => word + separator).join(''));
    const rows = fc
      .sample(fc.oneof(nearly, fc.ipV6(), fc.ipV4(), fc.ipV4Extended()), { numRuns: 5000, seed: 7 })
      .map((who): Row => ({ who, ip: null, size: null, small: 0, at: null }));
    await load(rows);
    for (const prefix of ['0.0.0.0/0', '::/0', '0.0.0.0/5', '::/12', '::ffff:0.0.0.0/97']) {
      const definition: FigureDefinition = {
        table: 'rows',
        where: [{ op: 'cidr', column: 'who', prefix }],
        measure: { op: 'top', by: 'who', k: 1000, measure: { op: 'count' } },
      };
      expect(await askFigure(engine, definition, 'rows')).toEqual(evaluate(definition, columns, rows));
    }
  });
});

describe('the SQL of a figure', () => {
  const count: FigureDefinition = {
    table: 'rows',
    where: [{ op: '=', column: 'who', value: "x' OR 1=1 --" }],
    measure: { op: 'count' },
  };

  it('never holds a value of the definition', () => {
    const { sql, parameters } = compileFigure(count, 'rows');
    expect(sql).not.toContain('OR 1=1');
    expect(parameters).toEqual({ p0: "x' OR 1=1 --" });
  });

  it('is the same text, with the same digest, every time', () => {
    expect(compileFigure(count, 'figures.rows')).toEqual(compileFigure(count, 'figures.rows'));
  });

  it.each(['rows; DROP TABLE x', 'a.b.c', '`rows`', '', 'a b'])('refuses %j as a table', (table) => {
    expect(() => compileFigure(count, table)).toThrow(RangeError);
  });

  it('refuses a column name that is none', () => {
    const where = [{ op: '=', column: 'who` OR 1', value: 'x' }] as const;
    expect(() => compileFigure({ ...count, where }, 'rows')).toThrow(DefinitionError);
  });
});
