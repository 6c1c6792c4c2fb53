// Events set aside: which rules' guards are worth a search, the one pass over the events that looks for all of them, and
// what each rule is then to be asked of. Takes rules, the sample and the classes; gives rules with their conditions.
import type { EventsEngine, Parameters } from '../../store/events/engine.ts';
import { columnsOf, eventTable } from '../../vocabulary/dictionary.ts';
import { type ClassSet, type EventClasses, union } from './classes.ts';
import { type Expression, fieldsOf, testsOf } from './expression.ts';
import { type Guard, guardOf, guardSearch, type Knowledge, searchedForm } from './guard.ts';
import { Projection } from './projection.ts';
import { type Holders, holdersIn, type Sample, searchedTexts, shareIn } from './sample.ts';
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
const maxLimited = 0.8;
/** Of events of more than this share, setting them aside costs more than going through them again. */
const maxCopied = 0.02;

export const candidateTable = 'sigma_candidate';

/** Tables that are read once or twice and taken away: packing them would cost more than it spares. */
export const unpacked = "SETTINGS default_compression_codec = 'NONE'";

/**
 * Gives rules their guards, the cheapest first, until the events they take would be too many (those that come then are
 * `wide`); leaves those out that can hold nowhere.
 */
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
  readonly wide: readonly Guarded[];
  readonly open: readonly AskedRule[];
  readonly limited: readonly MetRule[];
} {
  const searched = searchedTexts(sample, classes?.columns ?? []);
  const sampled = sample.texts.length;
  const most = events < manyEvents ? 2 : maxSetAside;
  const holders = holdersIn(searched);
  const knowledge = { projection, shareOf: shareIn(searched, holders), classes, isRestSearched: true };
  const found = guardsOf(rules, { knowledge, holders, sampled });
  const byCost = [...found].sort((left, right) => (left.guard?.cost ?? 2) - (right.guard?.cost ?? 2));
  const isIn = classes?.membershipOf(sample) ?? (() => true);
  const samples = Array.from({ length: sampled }, (_, at) => at);
  const taken = new Set<number>();
  const guarded: Guarded[] = [];
  const wide: Guarded[] = [];
  const open: AskedRule[] = [];
  for (const { rule, guard } of byCost) {
    if (guard === null) {
      open.push(rule);
      continue;
    }
    if (guard.share === 0) continue;
    const possible = classes?.possible(rule.expression, projection) ?? null;
    const inClasses = guard.classes;
    if (guard.literals.length === 0 && guard.share > maxCopied && guard.share <= maxLimited) {
      open.push(rule);
      continue;
    }
    const more = [
      ...(guard.share * sampled < 1
        ? []
        : guard.literals.flatMap((literal) => holders(searchedForm(literal), literal.sql === null))
      ).filter((at) => possible === null || isIn(possible, at)),
      ...(inClasses === null ? [] : samples.filter((at) => isIn(inClasses, at))),
    ];
    if (new Set([...taken, ...more]).size > most * sampled) {
      if (guard.literals.length > 0 && guard.share <= maxLimited) wide.push({ rule, guard, possible });
      else open.push(rule);
      continue;
    }
    for (const one of more) taken.add(one);
    guarded.push({ rule, guard, possible });
  }
  if (classes === null) return { guarded, wide, open, limited: [] };
  const limits = open.map((rule) => ({ rule, set: classes.possible(rule.expression, projection) }));
  const isLimited = ({ set }: { readonly set: ClassSet }) => classes.shareOf(set) <= maxLimited;
  return {
    guarded,
    wide,
    open: limits.filter((one) => !isLimited(one)).map(({ rule }) => rule),
    limited: limits.filter(isLimited).map(({ rule, set }) => ({
      ...rule,
      expression: classes.reduced(rule.expression, projection, set),
      met: { hits: [], hitClasses: null, classes: classes.keysOf(set) },
      metBy: Math.round(classes.shareOf(set) * events),
    })),
  };
}

interface Found {
  readonly rule: AskedRule;
  readonly guard: Guard | null;
}

/** Share of the events that may be set aside more to spare the search of all events' JSON. */
const maxInsteadOfRest = 0.12;

/** The guards of rules; without any in the rest of the events when few more events are set aside for that. */
function guardsOf(
  rules: readonly AskedRule[],
  {
    knowledge,
    holders,
    sampled,
  }: { readonly knowledge: Knowledge; readonly holders: Holders; readonly sampled: number },
): readonly Found[] {
  const found = rules.map((rule): Found => ({ rule, guard: guardOf(rule.expression, knowledge) }));
  const usesRest = ({ guard }: Found) => guard?.literals.some(({ sql }) => sql === null) ?? false;
  const without = new Map<AskedRule, Guard>();
  const more = new Set<number>();
  for (const { rule } of found.filter(usesRest)) {
    const guard = guardOf(rule.expression, { ...knowledge, isRestSearched: false });
    if (guard === null || guard.literals.length === 0) return found;
    for (const literal of guard.literals)
      for (const at of holders(searchedForm(literal), false)) more.add(at);
    if (more.size > maxInsteadOfRest * sampled) return found;
    without.set(rule, guard);
  }
  return found.map(({ rule, guard }) => ({ rule, guard: without.get(rule) ?? guard }));
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
  projection: Projection,
  { batch, classes }: { readonly batch: readonly Guarded[]; readonly classes: EventClasses | null },
): Promise<readonly MetRule[]> {
  const { source } = projection;
  const search = guardSearch(
    batch.map(({ guard }) => guard),
    source.rest?.json ?? "''",
  );
  const limits = limitsOf(batch, search.positionsOf, classes);
  const keysOf = (set: ClassSet | null) => (set === null ? [] : (classes?.keysOf(set) ?? []));
  const whole = keysOf(batch.reduce<ClassSet | null>((set, { guard }) => joined(set, guard.classes), null));
  await engine.execute(`DROP TABLE IF EXISTS ${candidateTable}`);
  await engine.execute(
    `CREATE TABLE ${candidateTable} ENGINE = MergeTree ORDER BY tuple() ${unpacked} AS
SELECT ${[...neededColumns(projection, batch), 'hits', 'event_class'].join(', ')}
FROM
(
    SELECT *, ${search.sql} AS hits, ${classes?.sql ?? 'toUInt32(0)'} AS event_class
    FROM ${source.table}
    WHERE ${source.where}
)
WHERE ${[hitCondition(limits), ...(whole.length === 0 ? [] : [`event_class IN (${whole.join(', ')})`])].join(' OR ')}
${smallBlocks}`,
    {
      ...source.parameters,
      ...search.parameters,
      hits_in_classes: limits.flatMap(({ hit, keys }) => keys.map((key) => hit * keyRange + key)),
    },
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
    const met = { hits, classes: own, hitClasses: isEverywhere ? null : hitClasses };
    const asked = joined(possible, guard.classes);
    const expression =
      possible === null || asked === null || classes === null
        ? rule.expression
        : classes.reduced(rule.expression, projection, asked);
    return [{ ...rule, expression, metBy, met }];
  });
}

/** Columns of the table that the rules' fields are made of, and those that say where and when. */
function neededColumns({ source }: Projection, batch: readonly Guarded[]): readonly string[] {
  const projection = new Projection(source);
  for (const { rule } of batch) {
    for (const field of rule.wanted) projection.column(field);
    for (const field of testsOf(rule.expression).flatMap(fieldsOf)) projection.column(field);
  }
  // A column stands in the SQL by its name; a name that means something else there brings one column too many.
  const named = new Set(projection.select().match(/\w+/g));
  return columnsOf(eventTable(source.table)).flatMap(({ name }) => (named.has(name) ? [name] : []));
}

/** A hit that counts in some classes only, with the keys of those. */
interface Limit {
  readonly hit: number;
  readonly keys: readonly number[];
}

/** Keys of classes are below; a hit and a key make one number. */
const keyRange = 2 ** 32;
/** Pairs of hits and classes in one query. */
const maxLimits = 20_000;

/** For hits all of whose rules can hold in some classes only, those classes; as many as fit into a query. */
function limitsOf(
  batch: readonly Guarded[],
  positionsOf: (guard: Guard) => readonly number[],
  classes: EventClasses | null,
): readonly Limit[] {
  if (classes === null) return [];
  const byHit = new Map<number, ClassSet>();
  for (const { guard, possible } of batch) {
    if (possible === null || guard.literals.length === 0) continue;
    for (const hit of positionsOf(guard)) {
      const known = byHit.get(hit);
      byHit.set(hit, known === undefined ? possible : union(known, [possible]));
    }
  }
  const limits = [...byHit]
    .filter(([, set]) => classes.shareOf(set) < 1)
    .map(([hit, set]): Limit => ({ hit, keys: classes.keysOf(set) }))
    .sort((left, right) => left.keys.length - right.keys.length || left.hit - right.hit);
  let pairs = 0;
  return limits.filter(({ keys }) => {
    pairs += keys.length;
    return pairs <= maxLimits;
  });
}

/** SQL of whether an event has a hit that counts in its class: every hit is looked up once. */
function hitCondition(limits: readonly Limit[]): string {
  if (limits.length === 0) return 'notEmpty(hits)';
  const limited = limits.map(({ hit }) => hit).join(', ');
  return `arrayExists(h -> h NOT IN (${limited}) OR h * ${keyRange} + event_class IN ({hits_in_classes:Array(UInt64)}), hits)`;
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

/**
 * Rules with guards that many events meet, and those events as a FROM clause has them: found anew where they are asked
 * instead of set aside.
 */
export function foundAgain(
  projection: Projection,
  { batch, classes }: { readonly batch: readonly Guarded[]; readonly classes: EventClasses | null },
): { readonly rules: readonly MetRule[]; readonly from: string; readonly parameters: Parameters } {
  const { table, where, rest } = projection.source;
  const search = guardSearch(
    batch.map(({ guard }) => guard),
    rest?.json ?? "''",
  );
  const keysOf = (set: ClassSet | null) => (set === null ? [] : (classes?.keysOf(set) ?? []));
  const rules = batch.map(({ rule, guard }): MetRule => {
    const met = { hits: search.positionsOf(guard), hitClasses: null, classes: keysOf(guard.classes) };
    return { ...rule, met, metBy: 0 };
  });
  const keys = [...new Set(rules.flatMap(({ met }) => met.classes))];
  return {
    rules,
    from: `(
    SELECT *, ${search.sql} AS hits, ${classes?.sql ?? 'toUInt32(0)'} AS event_class FROM ${table} WHERE ${where}
) WHERE notEmpty(hits)${keys.length === 0 ? '' : ` OR event_class IN (${keys.join(', ')})`}`,
    parameters: search.parameters,
  };
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
