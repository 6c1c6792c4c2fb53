// What a Sigma rule asks of one event, as data: the rule's words are gone, tables and columns are not yet in it.
// Two-valued: a field that is absent is the empty text, so that NOT means what it says.
import type { Prefix } from '../../vocabulary/address.ts';

/** Any number of characters, and exactly one. */
export const many = { wildcard: '*' } as const;
export const one = { wildcard: '?' } as const;
/** A pattern: literal text and wildcards in turn; no two literals or two `many` stand side by side. */
export type Pattern = readonly (string | typeof many | typeof one)[];

/** A field of the event by the name the rule uses; null: the whole event, as keywords are searched. */
export type FieldName = string | null;

export type Test =
  | { readonly kind: 'text'; readonly field: FieldName; readonly pattern: Pattern; readonly isCased: boolean }
  /** RE2 syntax, flags inside. */
  | { readonly kind: 'regex'; readonly field: FieldName; readonly pattern: string }
  | {
      readonly kind: 'number';
      readonly field: string;
      readonly compare: '<' | '<=' | '>' | '>=';
      readonly value: number;
    }
  | { readonly kind: 'prefix'; readonly field: string; readonly prefix: Prefix }
  /** The field holds something. */
  | { readonly kind: 'exists'; readonly field: string }
  | {
      readonly kind: 'reference';
      readonly field: string;
      readonly other: string;
      readonly how: 'equals' | 'contains' | 'startswith' | 'endswith';
      readonly isCased: boolean;
    };

export type Expression =
  | Test
  | { readonly kind: 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'constant'; readonly holds: boolean };

/** Why a rule, or one source of events for it, is not evaluated. Caught where rules are read; shown with the rule. */
export class RuleProblem extends Error {
  /** A short name for counting: `modifier expand`, `field Image`. */
  readonly topic: string;

  constructor(topic: string, reason: string) {
    super(reason);
    this.name = 'RuleProblem';
    this.topic = topic;
  }
}

export const anyOf = (of: readonly Expression[]): Expression => joined('any', of);
export const allOf = (of: readonly Expression[]): Expression => joined('all', of);

function joined(kind: 'any' | 'all', of: readonly Expression[]): Expression {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind, of };
}

/**
 * The expression with what is known beforehand put in its place: `known` says of a test whether it always or never
 * holds, or null. A constant comes out when nothing is left to ask.
 */
export function folded(expression: Expression, known: (test: Test) => boolean | null): Expression {
  switch (expression.kind) {
    case 'constant':
      return expression;
    case 'not': {
      const inner = folded(expression.of, known);
      return inner.kind === 'constant'
        ? { kind: 'constant', holds: !inner.holds }
        : { kind: 'not', of: inner };
    }
    case 'any':
    case 'all': {
      const absorbing = expression.kind === 'any';
      const left: Expression[] = [];
      for (const child of expression.of) {
        const inner = folded(child, known);
        if (inner.kind !== 'constant') left.push(inner);
        else if (inner.holds === absorbing) return inner;
      }
      return left.length === 0 ? { kind: 'constant', holds: !absorbing } : joined(expression.kind, left);
    }
    default: {
      const holds = known(expression);
      return holds === null ? expression : { kind: 'constant', holds };
    }
  }
}

/** All tests of an expression, in the order they are written. */
export function testsOf(expression: Expression): readonly Test[] {
  switch (expression.kind) {
    case 'constant':
      return [];
    case 'not':
      return testsOf(expression.of);
    case 'any':
    case 'all':
      return expression.of.flatMap(testsOf);
    default:
      return [expression];
  }
}

/** Names of the fields a test looks at. */
export function fieldsOf(test: Test): readonly FieldName[] {
  return test.kind === 'reference' ? [test.field, test.other] : [test.field];
}
