// Events set aside: the one pass over the events that looks for all guards at once, and what each rule is then to be
// asked of. Takes the rules whose guards are worth it, and the classes; gives rules with their conditions.
import type { EventsEngine, Parameters } from '../../store/events/engine.ts';
import { columnsOf, eventTable } from '../../vocabulary/dictionary.ts';
import { union } from './bits.ts';
import type { AskedRule, Guarded, Limited } from './choice.ts';
import type { ClassSet, EventClasses } from './classes.ts';
import { fieldsOf, testsOf } from './expression.ts';
import { emptyHits, type Guard, type GuardSearch, guardSearch } from './guard.ts';
import { hitsThatCount } from './hits.ts';
import { Projection } from './projection.ts';
import type { EventSource } from './source.ts';

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

export const candidateTable = 'sigma_candidate';

/** Tables that are read once or twice and taken away: packing them would cost more than it spares. */
export const unpacked = "SETTINGS default_compression_codec = 'NONE'";

/** Each condition keeps its own copy of the texts it still looks at until a block is done: blocks must be small. */
export const smallBlocks = 'SETTINGS max_block_size = 8192';

function joined(left: ClassSet | null, right: ClassSet | null): ClassSet | null {
  if (left === null || right === null) return left ?? right;
  return union(left, [right]);
}

/** The events that meet a guard of some rules, with `hits` and `event_class`. */
interface Search {
  readonly from: string;
  readonly condition: string;
  readonly parameters: Parameters;
  /** Positions among the hits for which a guard's rule is asked. */
  readonly positionsOf: (guard: Guard) => readonly number[];
}

function searchFor(
  { table, where, rest, parameters }: EventSource,
  { batch, classes }: { readonly batch: readonly Guarded[]; readonly classes: EventClasses | null },
): Search {
  const json = rest?.json ?? "''";
  const search: GuardSearch = guardSearch(
    batch.map(({ guard }) => guard),
    json,
  );
  const counting = hitsThatCount(batch, { search, classes, rest: json });
  const whole = batch.reduce<ClassSet | null>((set, { guard }) => joined(set, guard.classes), null);
  const keys = whole === null ? [] : (classes?.keysOf(whole) ?? []);
  return {
    from: `(
    SELECT *, ${search.sql} AS hits, ${classes?.sql ?? 'toUInt32(0)'} AS event_class
    FROM ${table}
    WHERE ${where}
)`,
    // Most events have no hit, and nothing more is asked of them.
    condition:
      keys.length === 0
        ? `notEmpty(hits) AND (${counting.sql})`
        : `${counting.sql} OR event_class IN (${keys.join(', ')})`,
    parameters: { ...parameters, ...search.parameters, ...counting.parameters },
    positionsOf: (guard) =>
      guard.literals.length === 0
        ? []
        : [...search.strange, ...new Set(guard.literals.map((literal) => search.positionOf(literal)))],
  };
}

/** Sets the events aside that meet a guard; gives the rules to ask of them, each of those that meet its own. */
export async function pickCandidates(
  engine: EventsEngine,
  projection: Projection,
  { batch, classes }: { readonly batch: readonly Guarded[]; readonly classes: EventClasses | null },
): Promise<readonly MetRule[]> {
  const { from, condition, parameters, positionsOf } = searchFor(projection.source, { batch, classes });
  const keysOf = (set: ClassSet | null) => (set === null ? [] : (classes?.keysOf(set) ?? []));
  await engine.execute(`DROP TABLE IF EXISTS ${candidateTable}`);
  await engine.execute(
    `CREATE TABLE ${candidateTable} ENGINE = MergeTree ORDER BY tuple() ${unpacked} AS
SELECT ${[...neededColumns(projection, batch), 'hits', 'event_class'].join(', ')}
FROM ${from}
WHERE ${condition}
${smallBlocks}`,
    parameters,
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
    const seen = positionsOf(guard).filter((position) => byHit.has(position));
    const own = keysOf(guard.classes).filter((key) => byClass.has(key));
    if (seen.length + own.length === 0) return [];
    const within = possible === null ? null : new Set(keysOf(possible));
    const inside = (position: number) =>
      (byHit.get(position) ?? []).filter(({ key }) => within === null || within.has(key));
    const hits = seen.filter((position) => inside(position).length > 0);
    const isEverywhere = hits.every((position) => inside(position).length === byHit.get(position)?.length);
    const hitClasses = [...new Set(hits.flatMap((position) => inside(position).map(({ key }) => key)))];
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

/** Rules that hold in some classes only, and the events of those as a FROM clause has them. */
export function classified(
  { source }: Projection,
  {
    limited,
    classes,
    events,
  }: { readonly limited: readonly Limited[]; readonly classes: EventClasses; readonly events: number },
): { readonly rules: readonly MetRule[]; readonly from: string } {
  const projection = new Projection(source);
  const rules = limited.map(
    ({ rule, possible }): MetRule => ({
      ...rule,
      expression: classes.reduced(rule.expression, projection, possible),
      met: { hits: [], hitClasses: null, classes: classes.keysOf(possible) },
      metBy: Math.round(classes.shareOf(possible) * events),
    }),
  );
  const every = [...new Set(rules.flatMap(({ met }) => met.classes))];
  return {
    rules,
    from: `(
    SELECT *, ${emptyHits} AS hits, ${classes.sql} AS event_class FROM ${source.table} WHERE ${source.where}
) WHERE event_class IN (${every.join(', ')})`,
  };
}

/**
 * Rules with guards that many events meet, and those events as a FROM clause has them: found anew where they are asked
 * instead of set aside.
 */
export function foundAgain(
  { source }: Projection,
  { batch, classes }: { readonly batch: readonly Guarded[]; readonly classes: EventClasses | null },
): { readonly rules: readonly MetRule[]; readonly from: string; readonly parameters: Parameters } {
  const { from, condition, parameters, positionsOf } = searchFor(source, { batch, classes });
  const rules = batch.map(({ rule, guard }): MetRule => {
    const own = guard.classes === null ? [] : (classes?.keysOf(guard.classes) ?? []);
    return { ...rule, met: { hits: positionsOf(guard), hitClasses: null, classes: own }, metBy: 0 };
  });
  return { rules, from: `${from} WHERE ${condition}`, parameters };
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
