// How far a figure rests on pseudonyms: that each stands for one value is the publisher's word until the rows are opened.
// Takes a definition and a schema; gives the columns, and the status that a figure has after so many rows were opened.
import { fieldsOf, type TableSchema } from './schema.ts';

/** Whether a definition refers to a column of pseudonyms: as a filter, a group, or what is counted. */
export function restsOnPseudonyms(definition: unknown, { stands_for }: TableSchema): boolean {
  return columnsIn(definition).some((column) => Object.hasOwn(stands_for, column));
}

/** Every column a definition names, wherever it does. The definition was checked before, so its depth is bounded. */
function columnsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(columnsIn);
  return Object.entries(fieldsOf(value) ?? {}).flatMap(([key, item]) =>
    (key === 'column' || key === 'by') && typeof item === 'string' ? [item] : columnsIn(item),
  );
}
