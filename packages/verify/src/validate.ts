// What a figure's definition may be. Takes an unknown value and the tables' columns, gives the definition or the first
// thing wrong with it. Strict: unknown operations, columns, keys and wrongly typed literals are all refused.
import { prefixTest } from './address.ts';
import type { Column, ColumnType } from './column.ts';
import { namePattern } from './column.ts';
import type { FigureDefinition } from './definition.ts';
import { isWellFormed } from './text.ts';
import { localClock } from './zone.ts';

export type DefinitionProblemCode =
  | 'not-an-object'
  | 'unknown-key'
  | 'missing-key'
  | 'unknown-op'
  | 'unknown-table'
  | 'unknown-column'
  | 'wrong-column-type'
  | 'bad-literal'
  | 'out-of-range'
  | 'unknown-zone';

export interface DefinitionProblem {
  readonly code: DefinitionProblemCode;
  /** Where in the definition: `measure.of[0].column`. */
  readonly at: string;
}

/** A definition that cannot be computed. */
export class DefinitionError extends Error {
  readonly code: DefinitionProblemCode;
  readonly at: string;

  constructor(problem: DefinitionProblem) {
    super(`the definition is refused: ${problem.code} at ${problem.at}`);
    this.name = 'DefinitionError';
    this.code = problem.code;
    this.at = problem.at;
  }
}

/** Columns by table name; `null` when the tables are not at hand and only the form is checked. */
export type TableColumns = ReadonlyMap<string, readonly Column[]> | null;

export const definitionLimits = {
  filters: 64,
  values: 1000,
  textLength: 4096,
  top: 1000,
  groups: 1000,
} as const;

/**
 * Checks a definition whole.
 * @throws DefinitionError with the code and the place of the first problem.
 */
export function checkDefinition(value: unknown, tables: TableColumns): FigureDefinition {
  const definition = object(value, '', ['table', 'where', 'measure']);
  const table = definition.table;
  if (typeof table !== 'string' || !namePattern.test(table)) refuse('bad-literal', 'table');
  const columns = tables === null ? null : tables.get(table);
  if (columns === undefined) refuse('unknown-table', 'table');
  const check = new Check(columns === null ? null : new Map(columns.map(({ name, type }) => [name, type])));
  check.filters(definition.where, 'where');
  check.measure(definition.measure, 'measure');
  // Every part was just checked against the type, key by key.
  return value as FigureDefinition;
}

function refuse(code: DefinitionProblemCode, at: string): never {
  throw new DefinitionError({ code, at: at === '' ? 'definition' : at });
}

type Fields = Readonly<Record<string, unknown>>;

function object(
  value: unknown,
  at: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('not-an-object', at);
  const fields: Fields = { ...value };
  const dot = at === '' ? '' : `${at}.`;
  for (const key of Object.keys(fields)) {
    if (!required.includes(key) && !optional.includes(key))
      refuse('unknown-key', `${dot}${key.slice(0, 64)}`);
  }
  for (const key of required) if (fields[key] === undefined) refuse('missing-key', `${dot}${key}`);
  return fields;
}

function opOf(value: unknown, at: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('not-an-object', at);
  return 'op' in value ? value.op : refuse('missing-key', `${at}.op`);
}

const scalar: readonly ColumnType[] = ['text', 'integer', 'address', 'time'];
const textual: readonly ColumnType[] = ['text', 'address', 'time'];

class Check {
  readonly #types: ReadonlyMap<string, ColumnType> | null;

  constructor(types: ReadonlyMap<string, ColumnType> | null) {
    this.#types = types;
  }

  #column(name: unknown, at: string, allowed: readonly ColumnType[]): ColumnType | null {
    if (typeof name !== 'string' || !namePattern.test(name)) refuse('unknown-column', at);
    if (this.#types === null) return null;
    const type = this.#types.get(name);
    if (type === undefined) refuse('unknown-column', at);
    if (!allowed.includes(type)) refuse('wrong-column-type', at);
    return type;
  }

  /** A literal to compare a cell with: a number for integer columns, text for the others. */
  #literal(value: unknown, at: string, type: ColumnType | null): void {
    const isNumber = typeof value === 'number';
    if (isNumber ? !Number.isSafeInteger(value) : !isText(value)) refuse('bad-literal', at);
    if (type !== null && isNumber !== (type === 'integer')) refuse('bad-literal', at);
  }

  filters(value: unknown, at: string): void {
    if (!Array.isArray(value)) refuse('bad-literal', at);
    if (value.length > definitionLimits.filters) refuse('out-of-range', at);
    for (const [index, filter] of value.entries()) this.#filter(filter, `${at}[${index}]`);
  }

  #filter(value: unknown, at: string): void {
    switch (opOf(value, at)) {
      case '=': {
        const filter = object(value, at, ['op', 'column', 'value']);
        this.#literal(filter.value, `${at}.value`, this.#column(filter.column, `${at}.column`, scalar));
        return;
      }
      case 'in': {
        const filter = object(value, at, ['op', 'column', 'values']);
        const type = this.#column(filter.column, `${at}.column`, scalar);
        const values = filter.values;
        if (!Array.isArray(values)) refuse('bad-literal', `${at}.values`);
        if (values.length < 1 || values.length > definitionLimits.values)
          refuse('out-of-range', `${at}.values`);
        for (const [index, item] of values.entries()) {
          this.#literal(item, `${at}.values[${index}]`, type);
          if (typeof item !== typeof values[0]) refuse('bad-literal', `${at}.values[${index}]`);
        }
        return;
      }
      case 'range': {
        const filter = object(value, at, ['op', 'column'], ['from', 'to']);
        const type = this.#column(filter.column, `${at}.column`, scalar);
        const { from, to } = filter;
        if (from === undefined && to === undefined) refuse('missing-key', `${at}.from`);
        if (from !== undefined) this.#literal(from, `${at}.from`, type);
        if (to !== undefined) this.#literal(to, `${at}.to`, type);
        if (from !== undefined && to !== undefined && typeof from !== typeof to)
          refuse('bad-literal', `${at}.to`);
        return;
      }
      case 'cidr': {
        const filter = object(value, at, ['op', 'column', 'prefix']);
        this.#column(filter.column, `${at}.column`, ['text', 'address']);
        const prefix = filter.prefix;
        if (typeof prefix !== 'string' || prefixTest(prefix) === null) refuse('bad-literal', `${at}.prefix`);
        return;
      }
      case 'prefix': {
        const filter = object(value, at, ['op', 'column', 'text']);
        this.#column(filter.column, `${at}.column`, textual);
        if (!isText(filter.text)) refuse('bad-literal', `${at}.text`);
        return;
      }
      default:
        refuse('unknown-op', `${at}.op`);
    }
  }

  measure(value: unknown, at: string): void {
    switch (opOf(value, at)) {
      case 'group': {
        const measure = object(value, at, ['op', 'by', 'measure']);
        this.#column(measure.by, `${at}.by`, scalar);
        this.#scalarMeasure(measure.measure, `${at}.measure`);
        return;
      }
      case 'top': {
        const measure = object(value, at, ['op', 'by', 'k', 'measure']);
        this.#column(measure.by, `${at}.by`, scalar);
        wholeNumber(measure.k, `${at}.k`, 1, definitionLimits.top);
        this.#groupMeasure(measure.measure, `${at}.measure`);
        return;
      }
      case 'histogram': {
        const measure = object(value, at, ['op', 'column', 'per', 'zone']);
        this.#column(measure.column, `${at}.column`, ['time']);
        const { per, zone } = measure;
        if (per !== 'hour' && per !== 'weekday' && per !== 'hour-of-week' && per !== 'day')
          refuse('bad-literal', `${at}.per`);
        if (typeof zone !== 'string' || localClock(zone) === null) refuse('unknown-zone', `${at}.zone`);
        return;
      }
      default:
        this.#scalarMeasure(value, at);
    }
  }

  #scalarMeasure(value: unknown, at: string): void {
    switch (opOf(value, at)) {
      case 'share':
        this.filters(object(value, at, ['op', 'of']).of, `${at}.of`);
        return;
      case 'min':
      case 'max':
        this.#column(object(value, at, ['op', 'column']).column, `${at}.column`, scalar);
        return;
      case 'quantile': {
        const measure = object(value, at, ['op', 'column', 'perMille']);
        this.#column(measure.column, `${at}.column`, ['integer']);
        wholeNumber(measure.perMille, `${at}.perMille`, 0, 1000);
        return;
      }
      default:
        this.#groupMeasure(value, at);
    }
  }

  #groupMeasure(value: unknown, at: string): void {
    switch (opOf(value, at)) {
      case 'count':
        object(value, at, ['op']);
        return;
      case 'sum':
        this.#column(object(value, at, ['op', 'column']).column, `${at}.column`, ['integer']);
        return;
      case 'distinct':
        this.#column(object(value, at, ['op', 'column']).column, `${at}.column`, scalar);
        return;
      default:
        refuse('unknown-op', `${at}.op`);
    }
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= definitionLimits.textLength && isWellFormed(value);
}

function wholeNumber(value: unknown, at: string, lowest: number, highest: number): void {
  if (typeof value !== 'number' || !Number.isInteger(value)) refuse('bad-literal', at);
  if (value < lowest || value > highest) refuse('out-of-range', at);
}
