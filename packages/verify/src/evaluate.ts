// Computes a figure: definition x rows -> value, one row at a time. Memory does not grow with the table, except with
// the number of different cells for distinct and quantile, and of groups for top. Integers are exact.
import type { Column } from './column.ts';
import type {
  Cell,
  FigureDefinition,
  FigureValue,
  GroupMeasure,
  HistogramPeriod,
  Measure,
  Row,
  ScalarMeasure,
  ScalarValue,
} from './definition.ts';
import { rowTest } from './filter.ts';
import { compareBytes, integerOut } from './text.ts';
import { checkDefinition, definitionLimits } from './validate.ts';
import { type LocalTime, localClock } from './zone.ts';

/** Takes every row of the table once, in any order; then tells the value. */
export interface Accumulator {
  add(row: Row): void;
  value(): FigureValue;
}

/** More different cells or groups than one process can hold, or than a figure may list. */
export class TooManyCellsError extends Error {
  constructor(most = heldCells) {
    super(`more than ${most} different cells`);
    this.name = 'TooManyCellsError';
  }
}

// A JavaScript Map or Set holds at most 2^24 entries.
const heldCells = 16_000_000;

/**
 * The accumulator of a definition over a table with those columns.
 * @throws DefinitionError when the definition does not fit the columns.
 */
export function accumulate(definition: FigureDefinition, columns: readonly Column[]): Accumulator {
  checkDefinition(definition, new Map([[definition.table, columns]]));
  const matches = rowTest(definition.where);
  const inner = measured(definition.measure, columns);
  return {
    add: (row) => {
      if (matches(row)) inner.add(row);
    },
    value: () => inner.value(),
  };
}

/**
 * Value of a figure over rows whose cells conform to the columns.
 * @throws DefinitionError when the definition does not fit the columns; TooManyCellsError.
 */
export function evaluate(
  definition: FigureDefinition,
  columns: readonly Column[],
  rows: Iterable<Row>,
): FigureValue {
  const accumulator = accumulate(definition, columns);
  for (const row of rows) accumulator.add(row);
  return accumulator.value();
}

function measured(measure: Measure, columns: readonly Column[]): Accumulator {
  switch (measure.op) {
    case 'group':
      return new Groups(measure.by, () => scalar(measure.measure, columns));
    case 'top':
      return new Top(measure.by, measure.k, measure.measure);
    case 'histogram':
      return new Histogram(measure);
    default:
      return scalar(measure, columns);
  }
}

interface Scalar extends Accumulator {
  value(): ScalarValue;
}

function scalar(measure: ScalarMeasure, columns: readonly Column[]): Scalar {
  switch (measure.op) {
    case 'share':
      return new Share(rowTest(measure.of));
    case 'min':
    case 'max': {
      const isInteger = columns.some(({ name, type }) => name === measure.column && type === 'integer');
      return new Extreme(measure.column, measure.op === 'min' ? -1 : 1, isInteger);
    }
    case 'quantile':
      return new Quantile(measure.column, measure.perMille);
    default:
      return counted(measure);
  }
}

interface Counted extends Scalar {
  /** The value as an exact integer, for ordering. */
  total(): bigint;
  value(): number | string;
}

function counted(measure: GroupMeasure): Counted {
  switch (measure.op) {
    case 'count':
      return new Count();
    case 'sum':
      return new Sum(measure.column);
    case 'distinct':
      return new Distinct(measure.column);
  }
}

class Count implements Counted {
  #rows = 0;

  add(): void {
    this.#rows += 1;
  }
  total(): bigint {
    return BigInt(this.#rows);
  }
  value(): number {
    return this.#rows;
  }
}

class Sum implements Counted {
  readonly #column: string;
  // Numbers are added as numbers while that is exact, because BigInt addition a row is many times slower.
  #small = 0;
  #large = 0n;

  constructor(column: string) {
    this.#column = column;
  }
  add(row: Row): void {
    const cell = row[this.#column];
    if (typeof cell === 'number') {
      if (Math.abs(this.#small) + Math.abs(cell) > Number.MAX_SAFE_INTEGER) {
        this.#large += BigInt(this.#small);
        this.#small = 0;
      }
      this.#small += cell;
    } else if (typeof cell === 'string') {
      this.#large += BigInt(cell);
    }
  }
  total(): bigint {
    return this.#large + BigInt(this.#small);
  }
  value(): number | string {
    return integerOut(this.total());
  }
}

class Distinct implements Counted {
  readonly #column: string;
  readonly #cells = new Set<Cell>();

  constructor(column: string) {
    this.#column = column;
  }
  add(row: Row): void {
    const cell = row[this.#column] ?? null;
    if (cell === null) return;
    if (this.#cells.size >= heldCells) throw new TooManyCellsError();
    this.#cells.add(cell);
  }
  total(): bigint {
    return BigInt(this.#cells.size);
  }
  value(): number {
    return this.#cells.size;
  }
}

class Extreme implements Scalar {
  readonly #column: string;
  readonly #sign: 1 | -1;
  readonly #isInteger: boolean;
  #best: number | string | null = null;

  constructor(column: string, sign: 1 | -1, isInteger: boolean) {
    this.#column = column;
    this.#sign = sign;
    this.#isInteger = isInteger;
  }
  add(row: Row): void {
    const cell = row[this.#column];
    if (typeof cell !== 'number' && typeof cell !== 'string') return;
    if (this.#best === null || this.#compare(cell, this.#best) * this.#sign > 0) this.#best = cell;
  }
  value(): ScalarValue {
    return this.#best;
  }
  #compare(left: number | string, right: number | string): number {
    if (this.#isInteger) return compareIntegers(left, right);
    return compareBytes(String(left), String(right));
  }
}

function compareIntegers(left: number | string, right: number | string): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const difference = BigInt(left) - BigInt(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

class Share implements Scalar {
  readonly #isPart: (row: Row) => boolean;
  #part = 0;
  #whole = 0;

  constructor(isPart: (row: Row) => boolean) {
    this.#isPart = isPart;
  }
  add(row: Row): void {
    this.#whole += 1;
    if (this.#isPart(row)) this.#part += 1;
  }
  value(): ScalarValue {
    return { part: this.#part, whole: this.#whole };
  }
}

/** Nearest rank: of n cells in order, the one at position ceil(n * perMille / 1000), the first for 0. */
class Quantile implements Scalar {
  readonly #column: string;
  readonly #perMille: number;
  readonly #counts = new Map<number | string, number>();
  #cells = 0;

  constructor(column: string, perMille: number) {
    this.#column = column;
    this.#perMille = perMille;
  }
  add(row: Row): void {
    const cell = row[this.#column];
    if (typeof cell !== 'number' && typeof cell !== 'string') return;
    if (this.#counts.size >= heldCells) throw new TooManyCellsError();
    this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
    this.#cells += 1;
  }
  value(): ScalarValue {
    let left = Math.max(1, Math.ceil((this.#cells * this.#perMille) / 1000));
    for (const [cell, count] of [...this.#counts].sort(([one], [two]) => compareIntegers(one, two))) {
      left -= count;
      if (left <= 0) return cell;
    }
    return null;
  }
}

class Groups implements Accumulator {
  readonly #by: string;
  readonly #begin: () => Scalar;
  readonly #groups = new Map<number | string, Scalar>();

  constructor(by: string, begin: () => Scalar) {
    this.#by = by;
    this.#begin = begin;
  }
  add(row: Row): void {
    const key = row[this.#by];
    if (typeof key !== 'number' && typeof key !== 'string') return;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= definitionLimits.groups) throw new TooManyCellsError(definitionLimits.groups);
      group = this.#begin();
      this.#groups.set(key, group);
    }
    group.add(row);
  }
  value(): FigureValue {
    return [...this.#groups]
      .map(([key, group]) => ({ key: String(key), value: group.value() }))
      .sort((one, two) => compareBytes(one.key, two.key));
  }
}

class Top implements Accumulator {
  readonly #by: string;
  readonly #k: number;
  readonly #measure: GroupMeasure;
  readonly #groups = new Map<number | string, Counted>();

  constructor(by: string, k: number, measure: GroupMeasure) {
    this.#by = by;
    this.#k = k;
    this.#measure = measure;
  }
  add(row: Row): void {
    const key = row[this.#by];
    if (typeof key !== 'number' && typeof key !== 'string') return;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= heldCells) throw new TooManyCellsError();
      group = counted(this.#measure);
      this.#groups.set(key, group);
    }
    group.add(row);
  }
  value(): FigureValue {
    return [...this.#groups]
      .map(([key, group]) => ({ key: String(key), total: group.total(), value: group.value() }))
      .sort((one, two) =>
        one.total === two.total ? compareBytes(one.key, two.key) : one.total > two.total ? -1 : 1,
      )
      .slice(0, this.#k)
      .map(({ key, value }) => ({ key, value }));
  }
}

/** All 24 hours or 7 weekdays, empty ones included; of days and hours of the week only those with rows, in order. */
class Histogram implements Accumulator {
  readonly #column: string;
  readonly #per: HistogramPeriod;
  readonly #clock: NonNullable<ReturnType<typeof localClock>>;
  readonly #counts = new Map<string, number>();

  constructor(measure: Extract<Measure, { readonly op: 'histogram' }>) {
    const clock = localClock(measure.zone);
    if (!clock) throw new RangeError('unknown zone');
    this.#clock = clock;
    this.#column = measure.column;
    this.#per = measure.per;
  }
  add(row: Row): void {
    const cell = row[this.#column];
    if (typeof cell !== 'string') return;
    const key = keyOf(this.#clock(cell), this.#per);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
  value(): FigureValue {
    return histogramKeys(this.#per, this.#counts.keys()).map((key) => ({
      key,
      value: this.#counts.get(key) ?? 0,
    }));
  }
}

function keyOf(local: LocalTime, per: HistogramPeriod): string {
  return per === 'hour-of-week'
    ? `${local.weekday} ${String(local.hour).padStart(2, '0')}`
    : String(local[per]);
}

/** Keys of a histogram in order: `0` to `23`, `1` to `7`, or the days or hours of the week seen. */
export function histogramKeys(per: HistogramPeriod, seen: Iterable<string>): readonly string[] {
  if (per === 'hour') return Array.from({ length: 24 }, (_, hour) => String(hour));
  if (per === 'weekday') return Array.from({ length: 7 }, (_, day) => String(day + 1));
  return [...seen].sort(compareBytes);
}
