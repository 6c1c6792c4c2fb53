// Which hits of the shared pre-filter bring an event in: some count in the classes of their rules only, and common ones
// only where a second guard of one of their rules is met. Takes the guards and their search, gives SQL over `hits` and
// `event_class`.
import type { Parameters, ParameterValue } from '../../store/events/engine.ts';
import { isBelow, union } from './bits.ts';
import type { Guarded } from './choice.ts';
import type { ClassSet, EventClasses } from './classes.ts';
import { type Guard, type GuardSearch, needlesOf } from './guard.ts';

/** Keys of classes are below; a hit and a key make one number. */
const keyRange = 2 ** 32;
/** Pairs of hits and classes in one query. */
const maxLimits = 20_000;
/** Hits with second guards in one query, and texts looked for in one search: the engine takes at most 255. */
const maxConfirmed = 24;
const maxNeedles = 200;
/** And classes told of one of them. */
const maxKeys = 4000;

/** Classes; `anywhere` where it does not matter, null where there is none. */
type Where = ClassSet | 'anywhere' | null;

/** What the rules behind a hit say of it. */
interface Hit {
  readonly at: number;
  /** Where it brings an event in. */
  readonly alone: Where;
  /** Where it does with one of the second guards. */
  readonly confirmed: Where;
  readonly seconds: readonly Guard[];
}

/** SQL of whether an event has a hit for which one of the rules is to be asked. */
export function hitsThatCount(
  batch: readonly Guarded[],
  {
    search,
    classes,
    rest,
  }: { readonly search: GuardSearch; readonly classes: EventClasses | null; readonly rest: string },
): { readonly sql: string; readonly parameters: Parameters } {
  const hits = hitsOf(batch, search);
  const keysOf = (where: Where): readonly number[] =>
    where === null || where === 'anywhere' ? [] : (classes?.keysOf(where) ?? []);
  const parameters: Record<string, ParameterValue> = {};
  const confirmed = new Map<number, string>();
  for (const hit of hits) {
    const sql = confirmed.size < maxConfirmed ? confirmation(hit, { keysOf, rest, parameters }) : null;
    if (sql !== null) confirmed.set(hit.at, sql);
  }
  const limits = hits
    .map(({ at, ...hit }) => ({
      at,
      where: confirmed.has(at) ? hit.alone : joined(hit.alone, hit.confirmed),
    }))
    .filter(({ where }) => where !== 'anywhere')
    .map(({ at, where }) => ({ at, keys: keysOf(where) }))
    .sort((left, right) => left.keys.length - right.keys.length || left.at - right.at);
  let pairs = 0;
  const limited = limits.filter(({ keys }) => {
    pairs += keys.length;
    return pairs <= maxLimits;
  });
  parameters['hits_in_classes'] = limited.flatMap(({ at, keys }) => keys.map((key) => at * keyRange + key));
  const plain =
    limited.length === 0
      ? 'notEmpty(hits)'
      : `arrayExists(h -> h NOT IN (${limited.map(({ at }) => at).join(', ')}) OR h * ${keyRange} + event_class IN ({hits_in_classes:Array(UInt64)}), hits)`;
  return { sql: [plain, ...confirmed.values()].join(' OR '), parameters };
}

/** SQL of whether an event has the hit and meets one of its second guards; null when that spares nothing. */
function confirmation(
  { at, alone, confirmed, seconds }: Hit,
  {
    keysOf,
    rest,
    parameters,
  }: {
    readonly keysOf: (where: Where) => readonly number[];
    readonly rest: string;
    readonly parameters: Record<string, ParameterValue>;
  },
): string | null {
  if (confirmed === null || isCovered(confirmed, alone)) return null;
  const places = needlesBy(seconds, rest);
  if ([...places.values()].some((needles) => needles.length > maxNeedles)) return null;
  const met = [...places].map(([sql, needles], place) => {
    parameters[`second_${at}_${place}`] = needles;
    return `multiSearchAny(lower(${sql}), {second_${at}_${place}:Array(String)})`;
  });
  const inClasses = (name: string, keys: readonly number[]) => {
    parameters[name] = keys;
    return `event_class IN ({${name}:Array(UInt32)})`;
  };
  const own = [...new Set(seconds.flatMap(({ classes }) => keysOf(classes)))];
  const within = keysOf(confirmed);
  if (own.length + within.length > maxKeys) return null;
  if (own.length > 0) met.push(inClasses(`second_${at}_classes`, own));
  const where = confirmed === 'anywhere' ? '' : `${inClasses(`second_${at}_within`, within)} AND `;
  return `(has(hits, ${at}) AND ${where}(${met.join(' OR ')}))`;
}

/** The hits of the guards, each with what all its rules say of it. */
function hitsOf(batch: readonly Guarded[], search: GuardSearch): readonly Hit[] {
  const byHit = new Map<number, Hit>();
  const note = (at: number, within: ClassSet | null, second: Guard | null) => {
    const { alone, confirmed, seconds } = byHit.get(at) ?? { alone: null, confirmed: null, seconds: [] };
    const where = within ?? 'anywhere';
    byHit.set(
      at,
      second === null
        ? { at, alone: joined(alone, where), confirmed, seconds }
        : { at, alone, confirmed: joined(confirmed, where), seconds: [...seconds, second] },
    );
  };
  for (const { guard, second, possible } of batch) {
    if (guard.literals.length === 0) continue;
    for (const at of search.strange) note(at, possible, null);
    for (const literal of guard.literals) note(search.positionOf(literal), literal.within, second);
  }
  return [...byHit.values()];
}

function joined(left: Where, right: Where): Where {
  if (left === 'anywhere' || right === 'anywhere') return 'anywhere';
  return left === null || right === null || left === right ? (left ?? right) : union(left, [right]);
}

function isCovered(where: ClassSet | 'anywhere', by: Where): boolean {
  if (by === null || by === 'anywhere') return by === 'anywhere';
  return where !== 'anywhere' && isBelow(where, by);
}

/** The texts that second guards look for, by the SQL of the place they stand in. */
function needlesBy(seconds: readonly Guard[], rest: string): ReadonlyMap<string, readonly string[]> {
  const literals = seconds.flatMap((second) => second.literals);
  const places = [...new Set(literals.map(({ sql }) => sql))];
  return new Map(
    places.map((place) => [place ?? rest, needlesOf(literals.filter(({ sql }) => sql === place))]),
  );
}
