// The `correlation` part of a rule: reading it and holding it to the specification. What it finds is in correlation.ts.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
import { z } from 'zod';
import { RuleProblem } from './expression.ts';

export const correlationTypes = ['event_count', 'value_count', 'temporal', 'temporal_ordered'] as const;
export type CorrelationType = (typeof correlationTypes)[number];

export type Comparison = 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';

export interface CorrelationSpec {
  readonly type: CorrelationType;
  /** Ids or names of the rules, in the order given. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  readonly timespanS: number;
  /** All must hold of the count. */
  readonly condition: readonly { readonly compare: Comparison; readonly value: number }[];
  /** Fields whose distinct values are counted; empty unless the type is value_count. */
  readonly fields: readonly string[];
  /** Alias to rule to the field the alias stands for in that rule's events. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** True when the rules referred to are also reported by themselves. */
  readonly generates: boolean;
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const texts = z.union([z.string(), z.array(z.string()).max(50)]).transform((value) => [value].flat());

const shape = z.looseObject({
  type: z.string(),
  rules: texts.refine((rules) => rules.length > 0),
  'group-by': texts.nullish().transform((value) => value ?? []),
  timespan: z.string(),
  condition: z
    .looseObject({ field: texts.optional() })
    .nullish()
    .transform((value) => value ?? {}),
  aliases: z
    .record(z.string(), z.record(z.string(), z.string()))
    .nullish()
    .transform((value) => value ?? {}),
  generate: z.boolean().default(false),
});

/** @throws RuleProblem */
export function correlationSpec(value: unknown): CorrelationSpec {
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    const key = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new RuleProblem('correlation', `correlation ${key}: missing or not of its kind`.replace('  ', ' '));
  }
  const given = parsed.data;
  const type = correlationTypes.find((known) => known === given.type);
  if (type === undefined)
    throw new RuleProblem(
      `correlation ${given.type.slice(0, 40)}`,
      `correlations of the type ${given.type.slice(0, 40)} are not evaluated`,
    );
  const { field, ...comparisons } = given.condition;
  const condition = Object.entries(comparisons).map(([compare, limit]) => comparison(compare, limit));
  if (condition.length === 0 && (type === 'event_count' || type === 'value_count'))
    throw new RuleProblem('correlation', 'the correlation has no condition on its count');
  const fields = type === 'value_count' ? (field ?? []) : [];
  if (type === 'value_count' && fields.length === 0)
    throw new RuleProblem('correlation', 'value_count names no field in its condition');
  return {
    type,
    rules: given.rules,
    groupBy: given['group-by'],
    timespanS: timespan(given.timespan),
    condition,
    fields,
    aliases: given.aliases,
    generates: given.generate,
  };
}

const known: readonly Comparison[] = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];

function comparison(name: string, limit: unknown): CorrelationSpec['condition'][number] {
  const compare = known.find((candidate) => candidate === name);
  if (compare === undefined || typeof limit !== 'number' || !Number.isFinite(limit))
    throw new RuleProblem(
      'correlation',
      `the correlation's condition ${name.slice(0, 40)} is not understood`,
    );
  return { compare, value: limit };
}

function timespan(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const seconds = secondsOf[unit];
  if (seconds === undefined || count === '')
    throw new RuleProblem('correlation', 'the timespan is not a number with s, m, h or d');
  return Number(count) * seconds;
}
