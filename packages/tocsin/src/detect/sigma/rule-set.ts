// Rules compiled for every source of their log source, or refused with the reason. Takes rules that have been read, gives
// each with its sources and the digest of its queries; asks the engine which regular expressions it takes.
import { TocsinError } from '../../ground/errors.ts';
import type { EventsEngine } from '../../store/events/engine.ts';
import { batches } from './batches.ts';
import { type Condition, conditionOf, expressionFor, queryDigest, ruleQuery } from './compile.ts';
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
  readonly parts: readonly { readonly source: EventSource; readonly expression: Expression }[];
  /** Digest of its queries. */
  readonly sqlSha256: string;
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
      const { parts, queries, lacking } = partsOf(rule, bad);
      if (lacking !== null && parts.length === 0) throw lacking;
      if (parts.length === 0)
        throw new RuleProblem('condition', 'no event of its log source can meet its condition');
      if (lacking !== null) partly.push(refusal(lacking, rule.file, rule.title));
      usable.push({ number: at + 1, rule, parts, sqlSha256: queryDigest(queries) });
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
  readonly queries: readonly Condition[];
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
  const parts: { source: EventSource; expression: Expression }[] = [];
  const queries: Condition[] = [];
  let lacking: RuleProblem | null = null;
  for (const source of sourcesOf(rule.logSource)) {
    const expression = expressionFor(rule.detection, source);
    if (expression === null) continue;
    try {
      const projection = new Projection(source);
      queries.push(ruleQuery(conditionOf(expression, projection, 'r'), projection));
      parts.push({ source, expression });
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      lacking = error;
    }
  }
  return { parts, queries, lacking };
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
  const names = patterns.map((_, at) => `match(materialize(''), {pattern_${at}:String}) AS m${at}`);
  try {
    await engine.query(
      `SELECT ${names.join(', ')}`,
      Object.fromEntries(patterns.map((pattern, at) => [`pattern_${at}`, pattern])),
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
