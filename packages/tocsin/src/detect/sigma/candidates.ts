// Events set aside: which rules' guards are worth a search, the one pass over the events that looks for all of them, and
// what each rule is then to be asked of. Takes rules, the sample and the classes; gives rules with their conditions.
import type { EventsEngine } from '../../store/events/engine.ts';
import { type ClassSet, type EventClasses, union } from './classes.ts';
import type { Expression } from './expression.ts';
import { type Guard, guardOf, guardSearch } from './guard.ts';
import type { Projection } from './projection.ts';
import { holdersIn, type Sample, searchedTexts, shareIn } from './sample.ts';
import type { EventSource } from './source.ts';

export interface AskedRule {
  /** Number of the rule in this evaluation, from 1. */
  readonly number: number;
  readonly expression: Expression;
  /** Fields of the event that a correlation needs with the match. */
  readonly wanted: readonly string[];
}

/** A rule whose guard some of the events set aside met. */
export interface MetRule extends AskedRule {
  readonly met: Met;
  /** Events that met it, those that met several of its literals counted for each. */
  readonly metBy: number;
}

/** The events set aside that meet a rule's guard. */
interface Met {
  /** Positions among the hits of an event, one of which it has. */
  readonly hits: readonly number[];
  /** Classes such an event is in; null: any. */
  readonly hitClasses: readonly number[] | null;
  /** Classes all events of which are to be asked. */
  readonly classes: readonly number[];
}

export interface Guarded {
  readonly rule: AskedRule;
  readonly guard: Guard;
  /** Classes in which the rule may hold at all. */
  readonly possible: ClassSet | null;
}

/** Share of many events that may be set aside; rules whose guards would take more are asked of every event. */
const maxSetAside = 0.25;
const manyEvents = 20_000;
/** A rule that holds in classes of no more than this share of the events is asked of those only. */
const maxLimited = 0.5;

export const candidateTable = 'sigma_candidate';

/** Gives rules their guards, the cheapest first, until the events they take would be too many; leaves those out that can hold nowhere. */
export function chosen(
  rules: readonly AskedRule[],
  projection: Projection,
  {
    sample,
    classes,
    events,
  }: {
    readonly sample: Sample;
    readonly classes: EventClasses | null;
    readonly events: number;
  },
): {
  readonly guarded: readonly Guarded[];
  readonly open: readonly AskedRule[];
  readonly limited: readonly MetRule[];
} {
  const searched = searchedTexts(sample, classes?.columns ?? []);
  const sampled = sample.texts.length;
  const most = events < manyEvents ? 2 : maxSetAside;
  const knowledge = { projection, shareOf: shareIn(searched), classes };
  const holders = holdersIn(searched);
  const found = rules.map((rule) => ({ rule, guard: guardOf(rule.expression, knowledge) }));
  const byCost = [...found].sort((left, right) => (left.guard?.cost ?? 2) - (right.guard?.cost ?? 2));
  const isIn = classes?.membershipOf(sample) ?? (() => true);
  const samples = Array.from({ length: sampled }, (_, at) => at);
  const taken = new Set<number>();
  const guarded: Guarded[] = [];
  const open: AskedRule[] = [];
  for (const { rule, guard } of byCost) {
    if (guard === null) {
      open.push(rule);
      continue;
    }
    if (guard.share === 0) continue;
    const possible = classes?.possible(rule.expression, projection) ?? null;
    const inClasses = guard.classes;
    const more = [
      ...(guard.share * sampled < 1
        ? []
        : guard.literals.flatMap(({ text, sql }) => holders(text, sql === null))
      ).filter((at) => possible === null || isIn(possible, at)),
      ...(inClasses === null ? [] : samples.filter((at) => isIn(inClasses, at))),
    ];
    if (new Set([...taken, ...more]).size > most * sampled) {
      open.push(rule);
      continue;
    }
    for (const one of more) taken.add(one);
    guarded.push({ rule, guard, possible });
  }
  if (classes === null) return { guarded, open, limited: [] };
  const limits = open.map((rule) => ({ rule, set: classes.possible(rule.expression, projection) }));
  const isLimited = ({ set }: { readonly set: ClassSet }) => classes.shareOf(set) <= maxLimited;
  return {
    guarded,
    open: limits.filter((one) => !isLimited(one)).map(({ rule }) => rule),
    limited: limits.filter(isLimited).map(({ rule, set }) => ({
      ...rule,
      met: { hits: [], hitClasses: null, classes: classes.keysOf(set) },
      metBy: Math.round(classes.shareOf(set) * events),
    })),
  };
}

function joined(left: ClassSet | null, right: ClassSet | null): ClassSet | null {
  if (left === null || right === null) return left ?? right;
  return union(left, [right]);
}

/** Each condition keeps its own copy of the texts it still looks at until a block is done: blocks must be small. */
export const smallBlocks = 'SETTINGS max_block_size = 8192';

/** Sets the events aside that meet a guard; gives the rules to ask of them, each of those that meet its own. */
export async function pickCandidates(
  engine: EventsEngine,
  { source }: Projection,
  { batch, classes }: { readonly batch: readonly Guarded[]; readonly classes: EventClasses | null },
): Promise<readonly MetRule[]> {
  const search = guardSearch(
    batch.map(({ guard }) => guard),
    source.rest?.json ?? "''",
  );
  const limits = limitsOf(batch, search.positionsOf, classes);
  const keysOf = (set: ClassSet | null) => (set === null ? [] : (classes?.keysOf(set) ?? []));
  const whole = keysOf(batch.reduce<ClassSet | null>((set, { guard }) => joined(set, guard.classes), null));
  await engine.execute(`DROP TABLE IF EXISTS ${candidateTable}`);
  await engine.execute(
    `CREATE TABLE ${candidateTable} ENGINE = MergeTree ORDER BY tuple() AS
SELECT *
FROM
(
    SELECT *, ${search.sql} AS hits, ${classes?.sql ?? 'toUInt32(0)'} AS event_class
    FROM ${source.table}
    WHERE ${source.where}
)
WHERE ${[...hitConditions(limits), ...(whole.length === 0 ? [] : [`event_class IN (${whole.join(', ')})`])].join(' OR ')}
${smallBlocks}`,
    { ...source.parameters, ...search.parameters },
  );
  const rows = await engine.query(
    `SELECT event_class, arrayJoin(if(empty(hits), [0], hits)) AS number, count() AS events
FROM ${candidateTable}
GROUP BY event_class, number
ORDER BY event_class, number`,
  );
  const byHit = new Map<number, { readonly key: number; readonly events: number }[]>();
  const byClass = new Map<number, number>();
  for (const row of rows) {
    const [key, hit, events] = [Number(row['event_class']), Number(row['number']), Number(row['events'])];
    byHit.set(hit, [...(byHit.get(hit) ?? []), { key, events }]);
    byClass.set(key, (byClass.get(key) ?? 0) + events);
  }
  return batch.flatMap(({ guard, rule, possible }): readonly MetRule[] => {
    const within = possible === null ? null : new Set(keysOf(possible));
    const seen = guard.literals.length === 0 ? [] : search.positionsOf(guard);
    const inside = (position: number) =>
      (byHit.get(position) ?? []).filter(({ key }) => within === null || within.has(key));
    const hits = seen.filter((position) => inside(position).length > 0);
    const isEverywhere = hits.every((position) => inside(position).length === byHit.get(position)?.length);
    const hitClasses = [...new Set(hits.flatMap((position) => inside(position).map(({ key }) => key)))];
    const own = keysOf(guard.classes).filter((key) => byClass.has(key));
    const metBy =
      hits.flatMap(inside).reduce((sum, { events }) => sum + events, 0) +
      own.reduce((sum, key) => sum + (byClass.get(key) ?? 0), 0);
    if (hits.length + own.length === 0) return [];
    return [{ ...rule, metBy, met: { hits, classes: own, hitClasses: isEverywhere ? null : hitClasses } }];
  });
}

/** Hits that count in some classes only, with the keys of those. */
type Limits = readonly { readonly hits: readonly number[]; readonly keys: readonly number[] }[];

/** Restricting a hit to more classes than this costs more than the few events it spares. */
const maxLimitKeys = 500;

/** For hits all of whose rules can hold in some classes only, those classes. */
function limitsOf(
  batch: readonly Guarded[],
  positionsOf: (guard: Guard) => readonly number[],
  classes: EventClasses | null,
): Limits {
  if (classes === null) return [];
  const byHit = new Map<number, ClassSet>();
  for (const { guard, possible } of batch) {
    if (possible === null || guard.literals.length === 0) continue;
    for (const hit of positionsOf(guard)) {
      const known = byHit.get(hit);
      byHit.set(hit, known === undefined ? possible : union(known, [possible]));
    }
  }
  const bySet = new Map<string, { readonly set: ClassSet; readonly hits: number[] }>();
  for (const [hit, set] of byHit) {
    const entry = bySet.get(set.join(' ')) ?? { set, hits: [] };
    entry.hits.push(hit);
    bySet.set(set.join(' '), entry);
  }
  return [...bySet.values()]
    .filter(({ set }) => classes.shareOf(set) < 1)
    .map(({ set, hits }) => ({ hits, keys: classes.keysOf(set) }))
    .filter(({ keys }) => keys.length <= maxLimitKeys);
}

/** SQL conditions for an event with a hit that counts in its class. */
function hitConditions(limits: Limits): readonly string[] {
  const limited = limits.flatMap(({ hits }) => hits);
  const free =
    limited.length === 0 ? 'notEmpty(hits)' : `arrayExists(h -> h NOT IN (${limited.join(', ')}), hits)`;
  const within = limits.map(
    ({ hits, keys }) =>
      `(event_class IN (${keys.join(', ')}) AND arrayExists(h -> h IN (${hits.join(', ')}), hits))`,
  );
  return [free, ...within];
}

/** SQL of whether one of the events set aside meets a rule's guard. */
export function meets({ hits, hitClasses, classes }: Met): string {
  const [only] = hits;
  const within = hitClasses === null ? '' : `event_class IN (${hitClasses.join(', ')}) AND `;
  const parts = [
    ...(classes.length === 0 ? [] : [`event_class IN (${classes.join(', ')})`]),
    // A set, because an array would be copied for every event.
    ...(hits.length === 0
      ? []
      : [
          `${within}${hits.length === 1 ? `has(hits, ${only})` : `arrayExists(h -> h IN (${hits.join(', ')}), hits)`}`,
        ]),
  ];
  return parts.length === 1 ? parts.join('') : `(${parts.join(' OR ')})`;
}

/** Events of a source with their classes, of which some of the rules are to be asked, as a FROM clause has them. */
export function classified(
  { table, where }: EventSource,
  { rules, classes }: { readonly rules: readonly MetRule[]; readonly classes: EventClasses },
): string {
  const every = [...new Set(rules.flatMap(({ met }) => met.classes))];
  return `(
    SELECT *, CAST([], 'Array(UInt64)') AS hits, ${classes.sql} AS event_class FROM ${table} WHERE ${where}
) WHERE event_class IN (${every.join(', ')})`;
}

/** The events set aside that some of the rules are to be asked of, as a FROM clause has them. */
export function candidatesOf(rules: readonly MetRule[]): string {
  const every = (of: (met: Met) => readonly number[]) => [...new Set(rules.flatMap(({ met }) => of(met)))];
  return `${candidateTable} WHERE ${meets({
    hits: every(({ hits }) => hits),
    classes: every(({ classes }) => classes),
    hitClasses: null,
  })}`;
}
