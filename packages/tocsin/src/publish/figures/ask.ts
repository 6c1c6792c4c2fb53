// Asks the events engine for a figure's value. Takes an engine that runs SQL, a definition and a table of the bundle's
// shape; gives the value exactly as @tocsin/verify computes it from the published rows.
import {
  definitionLimits,
  type FigureDefinition,
  type FigureValue,
  histogramKeys,
  integerOut,
  type ScalarMeasure,
  type ScalarValue,
  TooManyCellsError,
} from '@tocsin/verify';
import { compileFigure } from './compile.ts';

/** What is needed of an engine: rows of one query with bound parameters. */
export interface FigureEngine {
  query(sql: string, parameters: Record<string, unknown>): Promise<readonly Record<string, unknown>[]>;
}

/**
 * Value of a figure over a table of the engine.
 * @throws DefinitionError when the definition is not one; TooManyCellsError for more groups than a figure may have;
 * what the engine throws, as it is.
 */
export async function askFigure(
  engine: FigureEngine,
  definition: FigureDefinition,
  tableIdentifier: string,
): Promise<FigureValue> {
  const { sql, parameters } = compileFigure(definition, tableIdentifier);
  const rows = await engine.query(sql, { ...parameters });
  const { measure } = definition;
  if (measure.op === 'group') {
    if (rows.length > definitionLimits.groups) throw new TooManyCellsError(definitionLimits.groups);
    return rows.map((row) => ({ key: text(row, 'KEY'), value: scalar(row, measure.measure) }));
  }
  if (measure.op === 'top') {
    return rows.map((row) => ({ key: text(row, 'KEY'), value: integer(row, 'VALUE') }));
  }
  if (measure.op === 'histogram') {
    const counts = new Map(rows.map((row) => [text(row, 'KEY'), integer(row, 'VALUE')]));
    return histogramKeys(measure.per, counts.keys()).map((key) => ({ key, value: counts.get(key) ?? 0 }));
  }
  const [row] = rows;
  if (!row) throw new TypeError('the engine gave no row for a figure');
  return scalar(row, measure);
}

function scalar(row: Readonly<Record<string, unknown>>, measure: ScalarMeasure): ScalarValue {
  if (measure.op === 'share') return { part: Number(text(row, 'PART')), whole: Number(text(row, 'WHOLE')) };
  if (row.VALUE === null) return null;
  const isExtreme = measure.op === 'min' || measure.op === 'max';
  return isExtreme && !text(row, 'TYPE').includes('Int') ? text(row, 'VALUE') : integer(row, 'VALUE');
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
