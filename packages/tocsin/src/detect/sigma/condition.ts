// The condition language: `selection and not 1 of filter_*`. Takes the condition's text and the expressions of the
// rule's search identifiers, gives one expression. Least to most binding: or, and, not, x of, brackets.
import { allOf, anyOf, type Expression, RuleProblem } from './expression.ts';

const maxTokens = 2000;
const maxDepth = 50;

type Searches = ReadonlyMap<string, Expression>;

/** Reads a condition. @throws RuleProblem naming what is not understood or not supported */
export function conditionExpression(text: string, searches: Searches): Expression {
  const tokens = tokensOf(text);
  const parser = new Parser(tokens, searches);
  const expression = parser.either(0);
  parser.end();
  return expression;
}

function tokensOf(text: string): readonly string[] {
  const piped = text.indexOf('|');
  if (piped >= 0) {
    const word = /^\s*(\w+)/.exec(text.slice(piped + 1))?.[1] ?? '';
    throw new RuleProblem(
      'aggregation',
      `aggregations in conditions (${word.slice(0, 20)}) are no longer Sigma; a correlation rule says the same`,
    );
  }
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  if (tokens.length === 0) throw new RuleProblem('condition', 'the condition is empty');
  if (tokens.length > maxTokens) throw new RuleProblem('condition', 'the condition is too long');
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  readonly #searches: Searches;
  #at = 0;

  constructor(tokens: readonly string[], searches: Searches) {
    this.#tokens = tokens;
    this.#searches = searches;
  }

  #takes(word: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  end(): void {
    const token = this.#tokens[this.#at];
    if (token !== undefined)
      throw new RuleProblem('condition', `the condition goes on where it should end, at ${quoted(token)}`);
  }

  either(depth: number): Expression {
    const of = [this.#both(depth)];
    while (this.#takes('or')) of.push(this.#both(depth));
    return anyOf(of);
  }

  #both(depth: number): Expression {
    const of = [this.#negated(depth)];
    while (this.#takes('and')) of.push(this.#negated(depth));
    return allOf(of);
  }

  #negated(depth: number): Expression {
    if (depth > maxDepth) throw new RuleProblem('condition', 'the condition is nested too deeply');
    return this.#takes('not') ? { kind: 'not', of: this.#negated(depth + 1) } : this.#operand(depth);
  }

  #operand(depth: number): Expression {
    if (this.#takes('(')) {
      const inner = this.either(depth + 1);
      if (!this.#takes(')')) throw new RuleProblem('condition', 'a bracket in the condition is not closed');
      return inner;
    }
    const word = this.#tokens[this.#at];
    if (word === undefined) throw new RuleProblem('condition', 'the condition ends too early');
    this.#at += 1;
    if (this.#takes('of')) return this.#counted(word.toLowerCase());
    const search = this.#searches.get(word);
    if (search === undefined)
      throw new RuleProblem(
        'condition',
        `the condition names ${quoted(word)}, which the rule does not define`,
      );
    return search;
  }

  #counted(quantity: string): Expression {
    if (quantity !== '1' && quantity !== 'any' && quantity !== 'all')
      throw new RuleProblem(
        'condition',
        `the condition asks for ${quoted(quantity)} of its searches; 1, any and all are known`,
      );
    const wanted = this.#tokens[this.#at];
    if (wanted === undefined) throw new RuleProblem('condition', 'the condition ends too early');
    this.#at += 1;
    const of = [...this.#searches].filter(([name]) => isWanted(name, wanted)).map(([, search]) => search);
    if (of.length === 0)
      throw new RuleProblem(
        'condition',
        `the condition names ${quoted(wanted)}, which the rule does not define`,
      );
    return quantity === 'all' ? allOf(of) : anyOf(of);
  }
}

/** `them` leaves out what begins with an underscore; `*` in a pattern stands for any characters. */
function isWanted(name: string, wanted: string): boolean {
  if (wanted.toLowerCase() === 'them') return !name.startsWith('_');
  const parts = wanted.split('*');
  if (parts.length === 1) return name === wanted;
  let at = 0;
  return parts.every((part, index) => {
    const isLast = index === parts.length - 1;
    const found = isLast ? name.length - part.length : name.indexOf(part, at);
    const fits = found >= at && name.startsWith(part, found) && (index > 0 || found === 0);
    at = found + part.length;
    return fits;
  });
}

const quoted = (text: string): string => `"${text.slice(0, 60)}"`;
