// Three computations of a figure, written apart, give the same value whatever the table and the definition: the SQL for
// the engine, the plain TypeScript of the verifier, and the Python script for readers who trust neither.
import {
  checkDefinition,
  DefinitionError,
  evaluate,
  type FigureDefinition,
  type Row,
  TooManyCellsError,
} from '@tocsin/verify';
import { Session } from 'chdb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askFigure, type FigureEngine } from './ask.ts';
import { compileFigure } from './compile.ts';
import { hasPython, PythonFigures } from './python.test-data.ts';
import { anyDefinition, anyRows, columns, engineTypes, nearlyDefinition } from './random.test-data.ts';

let session: Session;
/** Null where there is no Python: the tests of the script alone are then shown as skipped. */
let python: PythonFigures | null = null;
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
  if (hasPython) python = new PythonFigures();
});
afterAll(() => {
  session.close();
  python?.close();
});

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

const addressPart = fc.constantFrom(
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
  .array(fc.tuple(addressPart, fc.constantFrom(':', '.', '::', '')), { minLength: 1, maxLength: 9 })
  .map((parts) => parts.map(([word, separator]) => word + separator).join(''));
const nearlyAddresses = fc.sample(fc.oneof(nearly, fc.ipV6(), fc.ipV4(), fc.ipV4Extended()), {
  numRuns: 5000,
  seed: 7,
});
const addressPrefixes = ['0.0.0.0/0', '::/0', '0.0.0.0/5', '::/12', '::ffff:0.0.0.0/97'];

describe('a figure asked of the engine', () => {
  it('has the value that the verifier, and Python where it is there, compute from the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRows,
        fc.array(anyDefinition, { minLength: 20, maxLength: 20 }),
        async (rows, definitions) => {
          await load(rows);
          const answers = await python?.ask({ columns, rows, definitions });
          for (const [at, definition] of definitions.entries()) {
            const value = evaluate(definition, columns, rows);
            expect({ definition, value: await askFigure(engine, definition, 'rows') }).toEqual({
              definition,
              value,
            });
            if (answers)
              expect({ definition, answer: answers[at] }).toEqual({ definition, answer: { value } });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lists at most 1000 groups, and refuses more as the verifier does', async () => {
    const rows = (count: number) =>
      Array.from(
        { length: count },
        (_, at): Row => ({ key: `k${at}`, ip: null, value: at, part: 0, at: null }),
      );
    const definition: FigureDefinition = {
      table: 'rows',
      where: [],
      measure: { op: 'group', by: 'key', measure: { op: 'max', column: 'value' } },
    };
    await load(rows(1000));
    const value = await askFigure(engine, definition, 'rows');
    expect(value).toHaveLength(1000);
    expect(value).toEqual(evaluate(definition, columns, rows(1000)));
    await load(rows(1001));
    await expect(askFigure(engine, definition, 'rows')).rejects.toThrow(TooManyCellsError);
    expect(() => evaluate(definition, columns, rows(1001))).toThrow(TooManyCellsError);
  });

  it('agrees on what is an address, also for text that only looks like one', async () => {
    const rows = nearlyAddresses.map((key): Row => ({ key, ip: null, value: null, part: 0, at: null }));
    await load(rows);
    for (const prefix of addressPrefixes) {
      const definition: FigureDefinition = {
        table: 'rows',
        where: [{ op: 'cidr', column: 'key', prefix }],
        measure: { op: 'top', by: 'key', k: 1000, measure: { op: 'count' } },
      };
      expect(await askFigure(engine, definition, 'rows')).toEqual(evaluate(definition, columns, rows));
    }
  });
});

describe.skipIf(!hasPython)('a figure computed by the Python script', () => {
  const ask = (rows: readonly Row[], definitions: readonly unknown[]) =>
    python?.ask({ columns, rows, definitions }) ?? Promise.reject(new Error('there is no Python'));

  it('has the value the verifier computes from the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRows,
        fc.array(anyDefinition, { minLength: 20, maxLength: 20 }),
        async (rows, definitions) => {
          const answers = await ask(rows, definitions);
          expect(definitions.map((definition, at) => ({ definition, answer: answers[at] }))).toEqual(
            definitions.map((definition) => ({
              definition,
              answer: { value: evaluate(definition, columns, rows) },
            })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is refused where the verifier refuses its definition, by the same name at the same place', async () => {
    const judged = (definition: unknown) => {
      try {
        checkDefinition(definition, new Map([['rows', columns]]));
        return null;
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        return [error.code, error.at];
      }
    };
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(nearlyDefinition, { minLength: 20, maxLength: 20 }), async (definitions) => {
        const answers = await ask([], definitions);
        for (const [at, definition] of definitions.entries()) {
          const answer = answers[at];
          const expected = judged(definition);
          if (expected !== null) refused += 1;
          expect([definition, answer && 'refused' in answer ? answer.refused : null]).toEqual([
            definition,
            expected,
          ]);
        }
      }),
      { numRuns: 100 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it('agrees on what is an address and what a prefix holds', async () => {
    const rows = nearlyAddresses.map((key): Row => ({ key, ip: null, value: null, part: 0, at: null }));
    const definitions = addressPrefixes.map(
      (prefix): FigureDefinition => ({
        table: 'rows',
        where: [{ op: 'cidr', column: 'key', prefix }],
        measure: { op: 'top', by: 'key', k: 1000, measure: { op: 'count' } },
      }),
    );
    const answers = await ask(rows, definitions);
    expect(answers).toEqual(
      definitions.map((definition) => ({ value: evaluate(definition, columns, rows) })),
    );
  });
});

describe('the SQL of a figure', () => {
  const count: FigureDefinition = {
    table: 'rows',
    where: [{ op: '=', column: 'key', value: "x' OR 1=1 --" }],
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
    const where = [{ op: '=', column: 'key` OR 1', value: 'x' }] as const;
    expect(() => compileFigure({ ...count, where }, 'rows')).toThrow(DefinitionError);
  });
});
