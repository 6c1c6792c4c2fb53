// The fields some rules need of one source, as a subquery: each once as it is (v0, v1 ...) and where asked in lower
// case (l0, l1 ...). Takes the source and field names as rules use them, gives SQL with bound parameters. Names that
// come from rules are only ever parameters.
import type { Parameters, ParameterValue } from '../../store/events/engine.ts';
import { placeColumns } from '../event-place.ts';
import { type FieldName, RuleProblem } from './expression.ts';
import { JsonShape } from './json-shape.ts';
import type { EventSource, FieldSql } from './source.ts';

/** Where a field's text can be looked for without taking the event apart: SQL over the table, or the whole rest. */
export type Spot = { readonly kind: 'column'; readonly sql: string } | { readonly kind: 'rest' } | null;

/** Stands between the values of a list where they are looked through as one text. */
export const listSeparator = '\u001d';

export interface Column {
  readonly index: number;
  readonly spot: Spot;
  /** The value as it is. */
  readonly plain: string;
  readonly isList: boolean;
  readonly address: string | null;
  readonly noneTexts: readonly string[];
}

interface Held {
  readonly column: Column;
  readonly sql: string;
  isLowerUsed: boolean;
}

const maxNameLength = 200;

export class Projection {
  readonly source: EventSource;
  readonly #held = new Map<FieldName, Held>();
  readonly #parameters: Record<string, ParameterValue> = {};
  readonly #shapes: JsonShape[] = [];
  /** Columns made of the shapes, before the fields. */
  readonly #nested: string[] = [];

  constructor(source: EventSource) {
    this.source = source;
    for (const [name, value] of Object.entries(source.parameters ?? {})) this.#parameters[name] = value;
  }

  /** The column of a field. @throws RuleProblem when these events do not carry it */
  column(field: FieldName): Column {
    return this.#hold(field).column;
  }

  /** The column of a field, and that its lower case is needed: `l` and the index. */
  lower(field: FieldName): { readonly name: string; readonly column: Column } {
    const held = this.#hold(field);
    held.isLowerUsed = true;
    return { name: `l${held.column.index}`, column: held.column };
  }

  get parameters(): Parameters {
    const shapes = this.#shapes.map((shape, at) => [`shape_${at}`, shape.type()] as const);
    return { ...this.#parameters, ...Object.fromEntries(shapes) };
  }

  /** SQL of the lower-case columns over the plain ones, each with a comma before it. */
  get lowerColumns(): string {
    return [...this.#held.values()]
      .filter((held) => held.isLowerUsed)
      .map(({ column: { plain, index, isList } }) =>
        isList
          ? `, arrayMap(t -> lowerUTF8(t), ${plain}) AS l${index}`
          : `, lowerUTF8(${plain}) AS l${index}`,
      )
      .join('');
  }

  /** SELECT of the rows of the source: who and when, then every field as it is. @param from its rows, set aside */
  select(from: string | null = null): string {
    const { table, where, rest } = this.source;
    const shapes = this.#shapes.map(
      (_, at) => `, JSONExtract(${rest?.json ?? "''"}, {shape_${at}:String}) AS j${at}`,
    );
    const fields = [...this.#held.values()].map(({ column, sql }) => `, ${sql} AS ${column.plain}`);
    const rows = `SELECT *${shapes.join('')} FROM ${from ?? `${table} WHERE ${where}`}`;
    return `SELECT
  evidence_id, record, time, ${placeColumns(table)}${from === null ? '' : ', hits, event_class'}${fields.join('')}
FROM (${this.#nested.length === 0 ? rows : `SELECT *${this.#nested.join('')} FROM (${rows})`})`;
  }

  #hold(field: FieldName): Held {
    const known = this.#held.get(field);
    if (known !== undefined) return known;
    const { sql, spot, isList = false, address, noneTexts = [] } = this.#resolve(field);
    const index = this.#held.size;
    const column = { index, spot, plain: `v${index}`, isList, address: address ?? null, noneTexts };
    const held = { column, sql, isLowerUsed: false };
    this.#held.set(field, held);
    return held;
  }

  #resolve(field: FieldName): Omit<FieldSql, 'text'> & { readonly sql: string; readonly spot: Spot } {
    const { fields, rest, keywords, table } = this.source;
    if (field === null) {
      if (keywords === null)
        throw new RuleProblem(
          `keywords in ${table}`,
          `keywords cannot be searched in ${table} events, which are not kept as text`,
        );
      return { sql: keywords, spot: { kind: 'column', sql: keywords } };
    }
    const name = field.toLowerCase();
    const own = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (own !== undefined) {
      if (typeof own.text !== 'string')
        return { ...own, sql: own.text((path) => this.#place(path)), spot: null };
      const joined = own.isList === true ? `arrayStringConcat(${own.text}, '${listSeparator}')` : own.text;
      return { ...own, sql: own.text, spot: { kind: 'column', sql: joined } };
    }
    if (rest === null) {
      const short = field.slice(0, 60);
      throw new RuleProblem(`field ${short} in ${table}`, `${table} events do not carry the field ${short}`);
    }
    if (field.length > maxNameLength) throw new RuleProblem('field', 'the name of a field is too long');
    const { noneTexts = [] } = rest;
    return { sql: this.#fromRest(field), spot: { kind: 'rest' }, noneTexts };
  }

  /** The first of the places in the JSON that holds something. */
  #fromRest(field: string): string {
    const { rest } = this.source;
    if (rest === null) return "''";
    const places = rest.pathsOf(field).map((path) => this.#place(path));
    if (rest.wrapped.length > 0) {
      const parameter = `field_${this.#held.size}`;
      this.#parameters[parameter] = field;
      if (this.#nested.length === 0) {
        const first = (paths: readonly (readonly string[])[]) =>
          `coalesce(${paths.map((path) => this.#place(path)).join(', ')}, '')`;
        this.#nested.push(`, ${wrappedValues(first(rest.wrapped))} AS wrapped`);
        this.#nested.push(`, ${namedValues(first(rest.namedLists))} AS named`);
      }
      for (const map of ['wrapped', 'named']) places.push(`nullIf(${map}[{${parameter}:String}], '')`);
    }
    return `coalesce(${places.join(', ')}, '')`;
  }

  /** SQL of a path in the first shape that can hold it: one name cannot be text and an object in the same shape. */
  #place(path: readonly string[]): string {
    for (let at = 0; ; at += 1) {
      const shape = this.#shapes[at] ?? new JsonShape();
      if (at === this.#shapes.length) this.#shapes.push(shape);
      const positions = shape.add(path);
      if (positions === null) continue;
      return positions.reduce((sql, position) => `tupleElement(${sql}, ${position})`, `j${at}`);
    }
  }
}

/** Values within the one element that `{"EventXML": {...}}` holds, by name. */
function wrappedValues(element: string): string {
  return `JSONExtract(${element}, 1, 'Map(String, String)')`;
}

/** Values of a list `[{"@Name": ..., "#text": ...}]`, by name. */
function namedValues(list: string): string {
  const items =
    "'Array(Tuple(`@Name` String, `@_Name` String, `-Name` String, `Name` String, `#attributes` Tuple(`Name` String), `#text` String, `Value` String))'";
  const pair = "(arrayFirst(t -> t != '', [d.1, d.2, d.3, d.4, d.5.1]), if(d.6 != '', d.6, d.7))";
  return `CAST(arrayMap(d -> ${pair}, JSONExtract(${list}, ${items})), 'Map(String, String)')`;
}
