// Asks the events engine for a figure's value. Takes an engine that runs SQL, a definition and a table of the bundle's
// shape; gives the value exactly as @tocsin/verify computes it from the published rows.
import { type FigureDefinition, type FigureValue, histogramKeys, integerOut } from '@tocsin/verify';
import { compileFigure } from './compile.ts';

/** What is needed of an engine: rows of one query with bound parameters. */
export interface FigureEngine {
  query(sql: string, parameters: Record<string, unknown>): Promise<readonly Record<string, unknown>[]>;
}

/**
 * Value of a figure over a table of the engine.
 * @throws DefinitionError when the definition is not one; what the engine throws, as it is.
 */
export async function askFigure(
  engine: FigureEngine,
  definition: FigureDefinition,
  tableIdentifier: string,
): Promise<FigureValue> {
  const { sql, parameters } = compileFigure(definition, tableIdentifier);
  const rows = await engine.query(sql, { ...parameters });
  const { measure } = definition;
  if (measure.op === 'top') {
    return rows.map((row) => ({ key: text(row, 'key'), value: integer(row, 'value') }));
  }
  if (measure.op === 'histogram') {
    const counts = new Map(rows.map((row) => [text(row, 'key'), integer(row, 'value')]));
    return histogramKeys(measure.per, counts.keys()).map((key) => ({ key, value: counts.get(key) ?? 0 }));
  }
  const [row] = rows;
  if (!row) throw new TypeError('the engine gave no row for a figure');
  if (measure.op === 'share') return { part: Number(text(row, 'part')), whole: Number(text(row, 'whole')) };
  if (row.value === null) return null;
  const isExtreme = measure.op === 'min' || measure.op === 'max';
  return isExtreme && !text(row, 'type').includes('Int') ? text(row, 'value') : integer(row, 'value');
}

/** Every column is text (toString in the SQL), so that no driver rounds a large integer on its way. */
function text(row: Readonly<Record<string, unknown>>, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`the engine gave no text in column ${column}`);
  return value;
}

function integer(row: Readonly<Record<string, unknown>>, column: string): number | string {
  return integerOut(BigInt(text(row, column)));
}
