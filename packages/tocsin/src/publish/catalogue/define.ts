// Short words for writing figure definitions, and the ids of figures. Takes tables and columns, gives data.
import { definitionLimits, type FigureDefinition, type Filter, type Measure } from '@tocsin/verify';
import { contentId } from '../../ground/ids.ts';
import { type PublishedTable, wellFormed } from './tables.ts';

/** A figure before its value is known. */
export interface CatalogueEntry {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly definition: FigureDefinition;
}

/** Rows of a table under conditions; the verbs say what is measured of them. */
export interface Selection {
  readonly table: PublishedTable;
  readonly where: readonly Filter[];
}

/** Selects rows of a table. */
export const rowsOf = (table: PublishedTable, ...where: readonly Filter[]): Selection => ({ table, where });

/** Narrows a selection. */
export const narrowed = ({ table, where }: Selection, ...more: readonly Filter[]): Selection => ({
  table,
  where: [...where, ...more],
});

/** Cells equal to a value. */
export const equals = (column: string, value: string | number): Filter => ({
  op: '=',
  column,
  value: typeof value === 'string' ? literal(value) : value,
});

/** Integers not below a value. */
export const atLeast = (column: string, from: number): Filter => ({ op: 'range', column, from });

/** Cells among the values; at least one and at most 1000 of them. */
export const among = (column: string, values: readonly string[]): Filter => ({
  op: 'in',
  column,
  values: values.map(literal),
});

const measured = ({ table, where }: Selection, measure: Measure): FigureDefinition => ({
  table,
  where,
  measure,
});

/** Number of rows. */
export const count = (selection: Selection): FigureDefinition => measured(selection, { op: 'count' });
/** Sum of an integer column. */
export const sum = (selection: Selection, column: string): FigureDefinition =>
  measured(selection, { op: 'sum', column });
/** Number of different values. */
export const distinct = (selection: Selection, column: string): FigureDefinition =>
  measured(selection, { op: 'distinct', column });
/** Smallest value, null over no rows. */
export const least = (selection: Selection, column: string): FigureDefinition =>
  measured(selection, { op: 'min', column });
/** Largest value, null over no rows. */
export const greatest = (selection: Selection, column: string): FigureDefinition =>
  measured(selection, { op: 'max', column });

/** Rows per hour of the week of a time column, in a zone of the tz database. */
export const perHourOfWeek = (selection: Selection, column: string, zone: string): FigureDefinition =>
  measured(selection, { op: 'histogram', column, per: 'hour-of-week', zone });

/** A label as a bundle can hold it, whatever names are in it: cut at 240 characters. */
export function labelText(text: string): string {
  return wellFormed(text.length <= 240 ? text : `${text.slice(0, 239)}…`);
}

/** `incident.<id>.theft.best`: parts joined by dots; a part that is no name of figures is replaced by its digest. */
export function figureId(...parts: readonly string[]): string {
  const id = parts.map(idPart).join('.');
  return id.length <= 200 ? id : `${idPart(parts[0] ?? '')}.${contentId('x', parts)}`;
}

function idPart(text: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_:-]*(?:\.[A-Za-z0-9_:-]+)*$/.test(text) && text.length <= 64
    ? text
    : contentId('x', [text]);
}

/** In the form the cells have; cut at what a definition may hold (a longer cell is then not found, and its figure says so). */
function literal(value: string): string {
  return wellFormed(wellFormed(value).slice(0, definitionLimits.textLength));
}
