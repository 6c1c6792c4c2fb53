// One YAML document of a rule file: a rule, or a correlation of rules. Takes the parsed document, gives what the rule
// says with its detection as an expression, or throws RuleProblem with the reason it cannot be used.
import { z } from 'zod';
import { conditionExpression } from './condition.ts';
import { type CorrelationSpec, correlationSpec } from './correlation-spec.ts';
import { allOf, anyOf, type Expression, RuleProblem } from './expression.ts';
import { fieldExpression, keywordExpression, type SigmaScalar } from './modifiers.ts';

export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

export interface RuleHead {
  /** Path of the file below the rules' folder. */
  readonly file: string;
  readonly title: string;
  /** The rule's own id, '' when it has none. */
  readonly id: string;
  /** Name by which correlations refer to it, '' when it has none. */
  readonly name: string;
  readonly status: string;
  readonly level: Level;
  readonly tags: readonly string[];
}

export interface LogSource {
  readonly category: string;
  readonly product: string;
  readonly service: string;
}

export interface SigmaRule extends RuleHead {
  readonly kind: 'rule';
  readonly logSource: LogSource;
  readonly detection: Expression;
}

export interface SigmaCorrelation extends RuleHead {
  readonly kind: 'correlation';
  readonly correlation: CorrelationSpec;
}

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const word = z
  .string()
  .nullish()
  .transform((value) => (value ?? '').toLowerCase());

const head = z.looseObject({
  title: z.string().min(1).max(1000),
  id: z.string().max(200).default(''),
  name: z.string().max(200).default(''),
  status: z.string().max(40).default(''),
  level: z.enum(levels).default('medium'),
  tags: z
    .array(z.string().max(200))
    .max(200)
    .nullish()
    .transform((tags) => tags ?? []),
});

const logSource = z.looseObject({ category: word, product: word, service: word });
const detection = z.record(z.string(), z.unknown());

/** Reads one document. @throws RuleProblem */
export function ruleOf(document: unknown, file: string): SigmaRule | SigmaCorrelation {
  const given = z.record(z.string(), z.unknown()).safeParse(document);
  if (!given.success) throw new RuleProblem('not a rule', 'the document is no map of keys');
  if ('action' in given.data)
    throw new RuleProblem(
      'action',
      'action (global, reset, repeat) is no longer Sigma; correlations refer to rules',
    );
  if ('filter' in given.data) throw new RuleProblem('filter', 'filters over other rules are not applied');
  const parsed = head.safeParse(given.data);
  if (!parsed.success)
    throw new RuleProblem('not a rule', `${faultIn(parsed.error)} is missing or not of its kind`);
  const { title, id, name, status, level, tags } = parsed.data;
  if (status === 'deprecated' || status === 'unsupported')
    throw new RuleProblem(`status ${status}`, `its author gives it the status ${status}`);
  const common = { file, title, id, name, status, level, tags };
  if ('correlation' in given.data)
    return { kind: 'correlation', ...common, correlation: correlationSpec(given.data['correlation']) };
  const source = logSource.safeParse(given.data['logsource']);
  if (!source.success) throw new RuleProblem('not a rule', 'logsource is missing or not of its kind');
  const { category, product, service } = source.data;
  if (category === '' && product === '' && service === '')
    throw new RuleProblem('not a rule', 'logsource names neither category nor product nor service');
  return {
    kind: 'rule',
    ...common,
    logSource: { category, product, service },
    detection: detectionOf(given.data['detection']),
  };
}

function faultIn(error: z.ZodError): string {
  return error.issues[0]?.path.join('.') ?? 'something';
}

function detectionOf(value: unknown): Expression {
  const parsed = detection.safeParse(value);
  if (!parsed.success) throw new RuleProblem('not a rule', 'detection is missing or not of its kind');
  const { condition, timeframe, ...searches } = parsed.data;
  if (timeframe !== undefined)
    throw new RuleProblem(
      'aggregation',
      'a timeframe in a rule is no longer Sigma; a correlation rule says the same',
    );
  const expressions = new Map(
    Object.entries(searches).map(([name, search]) => [name, searchExpression(search, name)]),
  );
  const conditions = z.union([z.string(), z.array(z.string()).min(1)]).safeParse(condition);
  if (!conditions.success) throw new RuleProblem('not a rule', 'detection has no condition');
  return anyOf([conditions.data].flat().map((text) => conditionExpression(text, expressions)));
}

/** A map holds when all its fields do; a list when one of its maps does or one of its keywords is in the event. */
function searchExpression(value: unknown, name: string): Expression {
  const lone = scalar.safeParse(value);
  if (lone.success) return keywordExpression([lone.data]);
  if (Array.isArray(value)) {
    if (value.length === 0) throw new RuleProblem('value', `the search ${name.slice(0, 60)} is empty`);
    return anyOf(value.map((item) => searchExpression(item, name)));
  }
  const entries = Object.entries(Object(value));
  if (entries.length === 0) throw new RuleProblem('value', `the search ${name.slice(0, 60)} is empty`);
  return allOf(entries.map(([key, held]) => fieldExpression(key, scalarsOf(held, key))));
}

function scalarsOf(value: unknown, key: string): readonly SigmaScalar[] {
  const parsed = z.union([scalar, z.array(scalar)]).safeParse(value);
  if (!parsed.success)
    throw new RuleProblem('value', `the values of ${key.slice(0, 60)} are neither text nor numbers`);
  return [parsed.data].flat();
}
