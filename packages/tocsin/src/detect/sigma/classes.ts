// Classes of events: the combinations of values that come again and again, such as a program and what started it. What
// a rule says of such columns is decided once per class instead of once per event. Takes a source and the columns,
// gives for an expression the classes in which an event may meet it; what it cannot decide it leaves possible.
import type { EventsEngine } from '../../store/events/engine.ts';
import { add, type Bits, has, intersection, inverted, isBelow, noneOf, numbersIn, union } from './bits.ts';
import { cased } from './compile.ts';
import { allOf, anyOf, type Expression, type Test } from './expression.ts';
import { type Anchored, anchoredForm, lowered } from './pattern.ts';
import { type Column, listSeparator, type Projection } from './projection.ts';
import type { Sample } from './sample.ts';
import type { EventSource } from './source.ts';

/** A set of classes, each by its place. */
export type ClassSet = Bits;

/** More classes, or more distinct values of a column, would cost more here than they spare. */
const maxClasses = 8000;
const maxValues = 4000;

interface ClassColumn {
  /** Distinct values as they are and in lower case, with the classes that have them. */
  readonly values: readonly { readonly plain: string; readonly lower: string; readonly of: number[] }[];
  /** Classes whose value is not plain ASCII: what it is in lower case is left to the engine. */
  readonly strange: readonly number[];
}

/** Where an expression surely holds, and where it may. */
interface Bounds {
  readonly sure: ClassSet;
  readonly maybe: ClassSet;
}

export interface ClassRow {
  /** Classes may share one; a set of keys then holds a few events more. */
  readonly key: number;
  readonly values: readonly string[];
  readonly events: number;
}

export class EventClasses {
  /** SQL of the columns, in order. */
  readonly columns: readonly string[];
  readonly #rows: readonly ClassRow[];
  readonly #events: number;
  readonly #byColumn: ReadonlyMap<string, ClassColumn>;
  readonly #tests = new Map<string, Bounds>();
  readonly #expressions = new WeakMap<Expression, Bounds>();
  readonly #shares = new WeakMap<ClassSet, number>();
  readonly #none: ClassSet;
  readonly #all: ClassSet;
  readonly #isKeyOfOne: boolean;

  constructor(columns: readonly string[], rows: readonly ClassRow[]) {
    this.columns = columns;
    this.#rows = rows;
    this.#events = rows.reduce((sum, { events }) => sum + events, 0);
    this.#byColumn = new Map(columns.map((sql, at) => [sql, columnOf(rows, at)]));
    this.#none = noneOf(rows.length);
    this.#all = this.#none.map(() => 0xffff_ffff);
    this.#isKeyOfOne = new Set(rows.map(({ key }) => key)).size === rows.length;
  }

  /** SQL of the class of an event. */
  get sql(): string {
    return keySql(this.columns);
  }

  /** The classes in which an event may meet the expression. */
  possible(expression: Expression, projection: Projection): ClassSet {
    return this.#bounds(expression, projection).maybe;
  }

  /**
   * What is left of an expression for events of some classes once everything is put in place that their columns decide.
   * @param within no event of another class is asked
   */
  reduced(expression: Expression, projection: Projection, within: ClassSet): Expression {
    // Under one key stand the events of several classes: all of them are asked.
    if (!this.#isKeyOfOne) return expression;
    const { sure, maybe } = this.#bounds(expression, projection);
    if (isBelow(within, sure)) return { kind: 'constant', holds: true };
    if (isBelow(within, inverted(maybe))) return { kind: 'constant', holds: false };
    switch (expression.kind) {
      case 'not':
        return { kind: 'not', of: this.reduced(expression.of, projection, within) };
      case 'any':
      case 'all': {
        // What decides the whole has done so above.
        const left = expression.of
          .map((child) => this.reduced(child, projection, within))
          .filter(({ kind }) => kind !== 'constant');
        return expression.kind === 'any' ? anyOf(left) : allOf(left);
      }
      default:
        return expression;
    }
  }

  /** Share of the events that are in these classes. */
  shareOf(set: ClassSet): number {
    const known = this.#shares.get(set);
    if (known !== undefined) return known;
    let events = 0;
    for (const [at, row] of this.#rows.entries()) if (has(set, at)) events += row.events;
    const share = this.#events === 0 ? 0 : events / this.#events;
    this.#shares.set(set, share);
    return share;
  }

  /** The events of a sample whose class is in a set; one whose class is not known is in every set. */
  membersIn({ columns, texts }: Sample): (set: ClassSet) => Bits {
    const key = (values: readonly string[]) => values.map(lowered).join('\u0002');
    const byValues = new Map(this.#rows.map(({ values }, at) => [key(values), at]));
    const places = this.columns.map((sql) => columns.indexOf(sql));
    const classOf = texts.map((one) => byValues.get(key(places.map((place) => one[place] ?? ''))));
    const members = new WeakMap<ClassSet, Bits>();
    return (set) => {
      const known = members.get(set);
      if (known !== undefined) return known;
      const found = noneOf(texts.length);
      for (const [at, own] of classOf.entries()) if (own === undefined || has(set, own)) add(found, at);
      members.set(set, found);
      return found;
    };
  }

  /** What `sql` gives for an event of these classes. */
  keysOf(set: ClassSet): readonly number[] {
    return [...new Set(numbersIn(set, this.#rows.length).flatMap((at) => this.#rows[at]?.key ?? []))];
  }

  #bounds(expression: Expression, projection: Projection): Bounds {
    const known = this.#expressions.get(expression);
    if (known !== undefined) return known;
    const bounds = this.#boundsAnew(expression, projection);
    this.#expressions.set(expression, bounds);
    return bounds;
  }

  #boundsAnew(expression: Expression, projection: Projection): Bounds {
    switch (expression.kind) {
      case 'constant':
        return expression.holds
          ? { sure: this.#all, maybe: this.#all }
          : { sure: this.#none, maybe: this.#none };
      case 'not': {
        const { sure, maybe } = this.#bounds(expression.of, projection);
        return { sure: inverted(maybe), maybe: inverted(sure) };
      }
      case 'any':
      case 'all': {
        const parts = expression.of.map((child) => this.#bounds(child, projection));
        const join = expression.kind === 'any' ? union : intersection;
        const from = expression.kind === 'any' ? this.#none : this.#all;
        return {
          sure: join(
            from,
            parts.map(({ sure }) => sure),
          ),
          maybe: join(
            from,
            parts.map(({ maybe }) => maybe),
          ),
        };
      }
      case 'text':
      case 'exists':
        return this.#test(expression, projection.column(expression.field));
      default:
        return { sure: this.#none, maybe: this.#all };
    }
  }

  #test(test: Extract<Test, { kind: 'text' | 'exists' }>, { spot, isList, noneTexts }: Column): Bounds {
    const column = spot?.kind === 'column' ? this.#byColumn.get(spot.sql) : undefined;
    if (column === undefined || spot?.kind !== 'column') return { sure: this.#none, maybe: this.#all };
    const key =
      test.kind === 'exists'
        ? `${spot.sql}\n`
        : `${spot.sql}\n${String(test.isCased)}${JSON.stringify([test.pattern, noneTexts])}`;
    const known = this.#tests.get(key);
    if (known !== undefined) return known;
    const holds = test.kind === 'exists' ? (value: string) => value !== '' : textHolds(test, noneTexts);
    const sure = this.#none.slice();
    const isPlain = test.kind === 'exists' || test.isCased;
    const undecided: number[] = [...column.strange];
    for (const { plain, lower, of } of column.values) {
      const text = isPlain ? plain : lower;
      // No value at all and one that is empty look alike in a list.
      if (isList && text === '') undecided.push(...of);
      else if (isList ? text.split(listSeparator).some(holds) : holds(text))
        for (const at of of) add(sure, at);
    }
    const maybe = sure.slice();
    for (const at of undecided) add(maybe, at);
    const bounds = { sure, maybe };
    this.#tests.set(key, bounds);
    return bounds;
  }
}

/** Whether a value that is plain ASCII meets a text test; in lower case unless the test heeds case. */
function textHolds(
  test: Extract<Test, { kind: 'text' }>,
  noneTexts: readonly string[],
): (value: string) => boolean {
  const pattern = cased(test);
  const form: Anchored = anchoredForm(pattern);
  switch (form.how) {
    case 'anything':
      return () => true;
    case 'equals': {
      const isNone = noneTexts.includes(form.text);
      return (value) => value === form.text || (isNone && value === '');
    }
    case 'contains':
      return (value) => value.includes(form.text);
    case 'startswith':
      return (value) => value.startsWith(form.text);
    case 'endswith':
      return (value) => value.endsWith(form.text);
    case 'like':
      return (value) => matchesLike(pattern, value);
    default:
      return form satisfies never;
  }
}

/** Whether a text matches a pattern with wildcards; each literal is looked for once, from the left. */
function matchesLike(pattern: readonly (string | { readonly wildcard: string })[], text: string): boolean {
  // Places the text may have been read up to; wildcards only widen it.
  let places = new Set([0]);
  for (const token of pattern) {
    const next = new Set<number>();
    if (typeof token === 'string') {
      for (const at of places) if (text.startsWith(token, at)) next.add(at + token.length);
    } else if (token.wildcard === '?') {
      for (const at of places) if (at < text.length) next.add(at + 1);
    } else {
      for (let at = Math.min(...places); at <= text.length; at += 1) next.add(at);
    }
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(text.length);
}

const ascii = /^\p{ASCII}*$/u;

function columnOf(rows: readonly ClassRow[], column: number): ClassColumn {
  const byValue = new Map<string, number[]>();
  const strange: number[] = [];
  for (const [at, { values }] of rows.entries()) {
    const value = values[column] ?? '';
    if (!ascii.test(value)) strange.push(at);
    else {
      const of = byValue.get(value);
      if (of === undefined) byValue.set(value, [at]);
      else of.push(at);
    }
  }
  return { values: [...byValue].map(([plain, of]) => ({ plain, lower: lowered(plain), of })), strange };
}

/** The hash of a single column of a dictionary's words would be a column of a dictionary too, which no table may hold. */
const keySql = (columns: readonly string[]): string =>
  `toUInt32(CAST(cityHash64(${columns.join(', ')}) AS UInt64))`;

/**
 * The classes of a source's events by some columns; null when they are too many to be of use.
 * @param columns SQL of texts
 * @param events how many events the source has
 */
export async function readClasses(
  engine: EventsEngine,
  source: EventSource,
  { columns, events }: { readonly columns: readonly string[]; readonly events: number },
): Promise<EventClasses | null> {
  if (columns.length === 0) return null;
  const most = Math.min(maxClasses, Math.max(1000, Math.floor(events / 10)));
  const names = columns.map((_, at) => `c${at}`);
  const rows = await engine.query(
    `SELECT ${keySql(names)} AS key, [${names.join(', ')}] AS class_values, events
FROM
(
    SELECT ${columns.map((sql, at) => `${sql} AS c${at}`).join(', ')}, count() AS events
    FROM ${source.table}
    WHERE ${source.where}
    GROUP BY ${names.join(', ')}
    LIMIT ${most + 1}
)`,
    source.parameters ?? {},
  );
  if (rows.length > most) return null;
  const found = rows.map((row): ClassRow => {
    const values: unknown = row['class_values'];
    return {
      key: Number(row['key']),
      values: Array.isArray(values) ? values.map(String) : [],
      events: Number(row['events']),
    };
  });
  const isMany = columns.some((_, at) => new Set(found.map(({ values }) => values[at])).size > maxValues);
  return isMany ? null : new EventClasses(columns, found);
}
