// Filters of a definition as one test of a row. A null cell meets no filter.
import { prefixTest } from './address.ts';
import type { Cell, Filter, Row } from './definition.ts';
import { compareBytes } from './text.ts';

/** A test for rows that meet every filter; the filters were checked against the columns before. */
export function rowTest(filters: readonly Filter[]): (row: Row) => boolean {
  const tests = filters.map((filter) => ({ column: filter.column, holds: cellTest(filter) }));
  return (row) => {
    for (const { column, holds } of tests) {
      const cell = row[column];
      if (cell === null || cell === undefined || !holds(cell)) return false;
    }
    return true;
  };
}

type CellTest = (cell: Exclude<Cell, null>) => boolean;

function cellTest(filter: Filter): CellTest {
  switch (filter.op) {
    case '=':
      return (cell) => cell === filter.value;
    case 'in': {
      const values = new Set<Cell>(filter.values);
      return (cell) => values.has(cell);
    }
    case 'range': {
      const { from, to } = filter;
      return (cell) =>
        (from === undefined || compareCell(cell, from) >= 0) &&
        (to === undefined || compareCell(cell, to) < 0);
    }
    case 'cidr': {
      const inside = prefixTest(filter.prefix);
      return (cell) => typeof cell === 'string' && inside?.(cell) === true;
    }
    case 'prefix':
      return (cell) => typeof cell === 'string' && cell.startsWith(filter.text);
  }
}

/** The bound says the column's type: a number bounds integers (which may be decimal text), text bounds text. */
function compareCell(cell: Exclude<Cell, null>, bound: string | number): number {
  if (typeof bound === 'string') return compareBytes(String(cell), bound);
  if (typeof cell === 'number') return cell - bound;
  // Decimal text lies beyond every number a bound can be.
  return String(cell).startsWith('-') ? -1 : 1;
}
