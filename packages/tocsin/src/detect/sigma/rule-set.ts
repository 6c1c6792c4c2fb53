// Rules compiled for every source of their log source, or refused with the reason. Takes rules that have been read, gives
// each with its sources; asks the engine which regular expressions it takes.
import { TocsinError } from '../../ground/errors.ts';
import type { EventsEngine } from '../../store/events/engine.ts';
import { batches } from './batches.ts';
import { checkFields, conditionOf, expressionFor, queryDigest, ruleQuery } from './compile.ts';
import { type Expression, RuleProblem, testsOf } from './expression.ts';
import { sourcesOf } from './logsources.ts';
import { Projection } from './projection.ts';
import { type Refusal, refusal } from './read.ts';
import type { SigmaRule } from './rule.ts';
import type { EventSource } from './source.ts';

/** A rule that compiles, with the sources it is asked of. */
export interface CompiledRule {
  readonly number: number;
  readonly rule: SigmaRule;
  readonly parts: readonly RulePart[];
}

/** A rule over one source. */
export interface RulePart {
  readonly source: EventSource;
  readonly expression: Expression;
}

export interface Compiled {
  readonly rules: readonly CompiledRule[];
  readonly refused: readonly Refusal[];
  readonly partly: readonly Refusal[];
}

/** Compiles rules for every source of their log source; numbers them from 1 in the order given. */
export function compileRules(rules: readonly SigmaRule[], bad: ReadonlySet<string> = new Set()): Compiled {
  const usable: CompiledRule[] = [];
  const refused: Refusal[] = [];
  const partly: Refusal[] = [];
  for (const [at, rule] of rules.entries()) {
    try {
      const { parts, lacking } = partsOf(rule, bad);
      if (lacking !== null && parts.length === 0) throw lacking;
      if (parts.length === 0)
        throw new RuleProblem('condition', 'no event of its log source can meet its condition');
      if (lacking !== null) partly.push(refusal(lacking, rule.file, rule.title));
      usable.push({ number: at + 1, rule, parts });
    } catch (error) {
      refused.push(refusal(error, rule.file, rule.title));
    }
  }
  return { rules: usable, refused, partly };
}

function partsOf(
  rule: SigmaRule,
  bad: ReadonlySet<string>,
): {
  readonly parts: CompiledRule['parts'];
  /** Why it cannot be asked of one of its sources. */
  readonly lacking: RuleProblem | null;
} {
  for (const test of testsOf(rule.detection)) {
    if (test.kind === 'regex' && bad.has(test.pattern))
      throw new RuleProblem(
        'regular expression',
        'the regular expression is not one of the linear-time engine',
      );
  }
  const parts: RulePart[] = [];
  let lacking: RuleProblem | null = null;
  for (const source of sourcesOf(rule.logSource)) {
    const expression = expressionFor(rule.detection, source);
    if (expression === null) continue;
    try {
      checkFields(expression, new Projection(source));
      parts.push({ source, expression });
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      lacking = error;
    }
  }
  return { parts, lacking };
}

/** SHA-256 over a rule's queries, for lineage. */
export function digestOf({ parts }: Pick<CompiledRule, 'parts'>): string {
  return queryDigest(
    parts.map(({ source, expression }) => {
      const projection = new Projection(source);
      return ruleQuery(conditionOf(expression, projection, 'r'), projection);
    }),
  );
}

/** The regular expressions the engine does not take. */
export async function badExpressions(
  engine: EventsEngine,
  rules: readonly SigmaRule[],
): Promise<ReadonlySet<string>> {
  const patterns = new Set(
    rules.flatMap((rule) =>
      testsOf(rule.detection).flatMap((test) => (test.kind === 'regex' ? [test.pattern] : [])),
    ),
  );
  const bad: string[] = [];
  for (const batch of batches([...patterns], (pattern) => pattern.length + 50, maxPatternText)) {
    bad.push(...(await refusedOf(engine, batch)));
  }
  return new Set(bad);
}

/** Text of the patterns that are tried in one query, in characters. */
const maxPatternText = 20_000;

/** Those of the patterns the engine refuses: all at once, and by halves when it refuses some. */
async function refusedOf(engine: EventsEngine, patterns: readonly string[]): Promise<readonly string[]> {
  try {
    // As rows: each would be an expression of its own to plan.
    await engine.query(
      "SELECT countIf(match('', pattern)) FROM (SELECT arrayJoin({patterns:Array(String)}) AS pattern)",
      { patterns },
    );
    return [];
  } catch (error) {
    // The engine's refusal is the answer asked for; one that is gone answers nothing.
    if (error instanceof TocsinError && error.code === 'engine-gone') throw error;
    const half = patterns.length >>> 1;
    if (half === 0) return patterns;
    return [
      ...(await refusedOf(engine, patterns.slice(0, half))),
      ...(await refusedOf(engine, patterns.slice(half))),
    ];
  }
}
