// A rule over one source of events as SQL: a condition over the columns of a Projection, with bound parameters only.
// Takes the rule's expression and the projection it may add fields to, gives the condition and its parameters.
import { createHash } from 'node:crypto';
import type { Parameters, ParameterValue } from '../../store/events/engine.ts';
import { addressText } from '../../vocabulary/address.ts';
import { type Expression, folded, type Pattern, RuleProblem, type Test } from './expression.ts';
import { anchoredForm, lowered, plainText } from './pattern.ts';
import type { Projection } from './projection.ts';
import type { EventSource } from './source.ts';

export interface Condition {
  readonly sql: string;
  readonly parameters: Parameters;
}

/** Values in one multi-needle search; the engine takes at most 255. */
const maxNeedles = 200;

/**
 * What is left of a rule's expression over a source once the event numbers the source can have are taken into account;
 * null when it can never hold there.
 */
export function expressionFor(expression: Expression, source: EventSource): Expression | null {
  const left = folded(expression, (test) => knownOf(test, source));
  return left.kind === 'constant' && !left.holds ? null : left;
}

function knownOf(test: Test, { eventIds, neverEventIds }: EventSource): boolean | null {
  if (test.kind !== 'text' || test.field?.toLowerCase() !== 'eventid') return null;
  const plain = plainText(test.pattern);
  if (plain === null) return null;
  if (neverEventIds?.includes(plain) === true) return false;
  if (eventIds === undefined) return null;
  if (!eventIds.includes(plain)) return false;
  return eventIds.length === 1 ? true : null;
}

/**
 * Checks that these events carry what an expression asks for, in the order in which its condition is written.
 * @throws RuleProblem
 */
export function checkFields(expression: Expression, projection: Projection): void {
  switch (expression.kind) {
    case 'constant':
      break;
    case 'not':
      checkFields(expression.of, projection);
      break;
    case 'all':
    case 'any': {
      const isGrouped = (child: Expression) => expression.kind === 'any' && searchOf(child) !== null;
      for (const child of expression.of) if (!isGrouped(child)) checkFields(child, projection);
      for (const child of expression.of) if (isGrouped(child)) checkFields(child, projection);
      break;
    }
    case 'reference':
      checkReference(expression, projection);
      break;
    case 'text':
      // Whatever may be there is not looked at.
      if (anchoredForm(expression.pattern).how !== 'anything') projection.column(expression.field);
      break;
    default:
      projection.column(expression.field);
  }
}

function checkReference(
  { field, other }: Extract<Test, { kind: 'reference' }>,
  projection: Projection,
): void {
  if (projection.column(field).isList || projection.column(other).isList)
    throw new RuleProblem('modifier fieldref', 'a field with several values is not compared with another');
}

/** The condition of an expression. @param prefix begins the names of its parameters. @throws RuleProblem */
export function conditionOf(expression: Expression, projection: Projection, prefix: string): Condition {
  const parameters: Record<string, ParameterValue> = {};
  const writer = new Writer(projection, (value) => {
    const name = `${prefix}_${Object.keys(parameters).length}`;
    parameters[name] = value;
    return name;
  });
  return { sql: writer.write(expression), parameters };
}

/** The whole SELECT of one rule over one source, as it can be run by itself: the events that match. */
export function ruleQuery(condition: Condition, projection: Projection): Condition {
  return {
    sql: `SELECT evidence_id, record, time
FROM (SELECT *${projection.lowerColumns} FROM (${projection.select()}))
WHERE ${condition.sql}
ORDER BY time, evidence_id, record`,
    parameters: { ...projection.parameters, ...condition.parameters },
  };
}

/** SHA-256 over queries with their parameters, for lineage. */
export function queryDigest(queries: readonly Condition[]): string {
  const hash = createHash('sha256');
  for (const { sql, parameters } of queries) hash.update(`${JSON.stringify([sql, parameters])}\n`);
  return hash.digest('hex');
}

type How = 'equals' | 'contains' | 'startswith' | 'endswith';

class Writer {
  readonly #projection: Projection;
  readonly #bind: (value: ParameterValue) => string;

  constructor(projection: Projection, bind: (value: ParameterValue) => string) {
    this.#projection = projection;
    this.#bind = bind;
  }

  write(expression: Expression): string {
    switch (expression.kind) {
      case 'constant':
        return expression.holds ? '1' : '0';
      case 'not':
        return `NOT (${this.write(expression.of)})`;
      case 'all':
        return `(${expression.of.map((child) => this.write(child)).join(' AND ')})`;
      case 'any':
        return this.#any(expression.of);
      case 'text':
        return this.#text(expression);
      case 'regex': {
        const { plain, isList } = this.#projection.column(expression.field);
        const pattern = `{${this.#bind(expression.pattern)}:String}`;
        return over(plain, isList, (value) => `match(${value}, ${pattern})`);
      }
      case 'number': {
        const { plain, isList } = this.#projection.column(expression.field);
        const limit = `{${this.#bind(expression.value)}:Float64}`;
        return over(
          plain,
          isList,
          (value) => `ifNull(toFloat64OrNull(${value}) ${expression.compare} ${limit}, 0)`,
        );
      }
      case 'prefix': {
        const { plain, isList } = this.#projection.column(expression.field);
        const first = `toIPv6({${this.#bind(addressText(expression.prefix.first))}:String})`;
        const last = `toIPv6({${this.#bind(addressText(expression.prefix.last))}:String})`;
        return over(
          plain,
          isList,
          (value) => `ifNull(toIPv6OrNull(${value}) BETWEEN ${first} AND ${last}, 0)`,
        );
      }
      case 'exists': {
        const { plain } = this.#projection.column(expression.field);
        return `notEmpty(${plain})`;
      }
      case 'reference':
        return this.#reference(expression);
      default:
        return expression satisfies never;
    }
  }

  /** Texts asked of the same field in the same way go into one search. */
  #any(children: readonly Expression[]): string {
    const parts: string[] = [];
    const alike = new Map<
      string,
      { readonly first: TextTest; readonly how: How; readonly texts: string[] }
    >();
    for (const child of children) {
      const search = searchOf(child);
      if (search === null) {
        parts.push(this.write(child));
        continue;
      }
      const { test, how, text } = search;
      const key = JSON.stringify([test.field, test.isCased, how]);
      const group = alike.get(key) ?? { first: test, how, texts: [] };
      group.texts.push(text);
      alike.set(key, group);
    }
    for (const { first, how, texts } of alike.values()) {
      for (let at = 0; at < texts.length; at += maxNeedles) {
        parts.push(this.#texts(first, how, texts.slice(at, at + maxNeedles)));
      }
    }
    return `(${parts.join(' OR ')})`;
  }

  #text(test: TextTest): string {
    const form = anchoredForm(cased(test));
    if (form.how === 'anything') return '1';
    if (form.how !== 'like') return this.#texts(test, form.how, [form.text]);
    const { value, isList } = this.#value(test);
    const like = `{${this.#bind(form.like)}:String}`;
    return over(value, isList, (item) => `like(${item}, ${like})`);
  }

  #texts(test: TextTest, how: How, texts: readonly string[]): string {
    const { value, isList, noneTexts } = this.#value(test);
    const none = texts.includes('') || texts.some((text) => noneTexts.includes(text));
    if (how === 'equals' && none) {
      const rest = texts.filter((text) => text !== '');
      return rest.length === 0
        ? `empty(${value})`
        : `(empty(${value}) OR ${over(value, isList, (item) => this.#search(item, how, rest))})`;
    }
    return over(value, isList, (item) => this.#search(item, how, texts));
  }

  #search(value: string, how: How, texts: readonly string[]): string {
    const [only = ''] = texts;
    if (texts.length === 1) {
      const text = `{${this.#bind(only)}:String}`;
      if (how === 'equals') return `${value} = ${text}`;
      if (how === 'contains') return `position(${value}, ${text}) > 0`;
      return how === 'startswith' ? `startsWith(${value}, ${text})` : `endsWith(${value}, ${text})`;
    }
    if (how === 'equals') return `${value} IN ({${this.#bind(texts)}:Array(String)})`;
    if (how === 'contains') return `multiSearchAny(${value}, {${this.#bind(texts)}:Array(String)})`;
    return this.#edges(value, how, texts);
  }

  /** Beginnings or ends of one length are a set to look up; lengths are in bytes, as the engine cuts. */
  #edges(value: string, how: 'startswith' | 'endswith', texts: readonly string[]): string {
    const byLength = new Map<number, string[]>();
    for (const text of texts) {
      const length = Buffer.byteLength(text);
      byLength.set(length, [...(byLength.get(length) ?? []), text]);
    }
    const cut = how === 'startswith' ? 'left' : 'right';
    const sets = [...byLength].map(
      ([length, alike]) => `${cut}(${value}, ${length}) IN ({${this.#bind(alike)}:Array(String)})`,
    );
    return `(${sets.join(' OR ')})`;
  }

  #value(test: TextTest): {
    readonly value: string;
    readonly isList: boolean;
    readonly noneTexts: readonly string[];
  } {
    const { name, column } = test.isCased
      ? { name: this.#projection.column(test.field).plain, column: this.#projection.column(test.field) }
      : this.#projection.lower(test.field);
    return { value: name, isList: column.isList, noneTexts: column.noneTexts };
  }

  #reference(test: Extract<Test, { kind: 'reference' }>): string {
    checkReference(test, this.#projection);
    const { field, other, how, isCased } = test;
    const name = (of: string) =>
      isCased ? this.#projection.column(of).plain : this.#projection.lower(of).name;
    const [left, right] = [name(field), name(other)];
    // An absent field equals nothing, not even another absent one.
    const present = `notEmpty(${left}) AND notEmpty(${right})`;
    if (how === 'equals') return `(${present} AND ${left} = ${right})`;
    if (how === 'contains') return `(${present} AND position(${left}, ${right}) > 0)`;
    return `(${present} AND ${how === 'startswith' ? 'startsWith' : 'endsWith'}(${left}, ${right}))`;
  }
}

type TextTest = Extract<Test, { kind: 'text' }>;

/** The plain text a test looks for and where in the value; null when it looks for none, or for more than that. */
function searchOf(
  test: Expression,
): { readonly test: TextTest; readonly how: How; readonly text: string } | null {
  if (test.kind !== 'text') return null;
  const form = anchoredForm(cased(test));
  return form.how === 'like' || form.how === 'anything' ? null : { test, how: form.how, text: form.text };
}

/** The pattern as it is compared. */
export function cased(test: Pick<TextTest, 'pattern' | 'isCased'>): Pattern {
  return test.isCased
    ? test.pattern
    : test.pattern.map((token) => (typeof token === 'string' ? lowered(token) : token));
}

/** A condition on a value, or on any of a list's values. */
function over(value: string, isList: boolean, condition: (value: string) => string): string {
  return isList ? `arrayExists(i -> ${condition('i')}, ${value})` : condition(value);
}
