// Which rules' guards are worth a search: the cheapest first, as long as the events they set aside are few. Takes rules,
// the sample and the classes; gives the rules sorted by how they are to be asked.
import { type Bits, intersection, noneOf, sharedBy, union } from './bits.ts';
import type { ClassSet, EventClasses } from './classes.ts';
import type { Expression } from './expression.ts';
import { type Guard, guardOf, type Knowledge, searchedForm, secondGuardOf } from './guard.ts';
import type { Projection } from './projection.ts';
import { type Holders, holdersIn, type Sample, searchedTexts, shareIn } from './sample.ts';

export interface AskedRule {
  /** Number of the rule in this evaluation, from 1. */
  readonly number: number;
  readonly expression: Expression;
  /** Fields of the event that a correlation needs with the match. */
  readonly wanted: readonly string[];
}

export interface Guarded {
  readonly rule: AskedRule;
  readonly guard: Guard;
  /** What else an event must meet, looked at in events that met the guard; null: nothing is known, or it is rare enough. */
  readonly second: Guard | null;
  /** Classes in which the rule may hold at all. */
  readonly possible: ClassSet | null;
}

/** A rule that holds in some classes only. */
export interface Limited {
  readonly rule: AskedRule;
  readonly possible: ClassSet;
}

export interface Choice {
  /** Rules whose events are set aside. */
  readonly guarded: readonly Guarded[];
  /** Rules whose guards would take too many events. */
  readonly wide: readonly Guarded[];
  /** Rules to be asked of all events of some classes. */
  readonly limited: readonly Limited[];
  /** Rules to be asked of every event. */
  readonly open: readonly AskedRule[];
}

/** Share of many events that may be set aside; rules whose guards would take more are asked of every event. */
const maxSetAside = 0.25;
const manyEvents = 20_000;
/** A rule that holds in classes of no more than this share of the events is asked of those only. */
const maxLimited = 0.8;
/** Of events of more than this share, setting them aside costs more than going through them again. */
const maxCopied = 0.02;
/** Guards met by fewer events need no second one. */
const commonShare = 0.005;

/** Sorts rules by what asking them costs; leaves those out that can hold nowhere. */
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
): Choice {
  const searched = searchedTexts(sample, classes?.columns ?? []);
  const sampled = sample.texts.length;
  const most = events < manyEvents ? 2 : maxSetAside;
  const holders = holdersIn(searched);
  const none = noneOf(sampled);
  const membersIn = classes?.membersIn(sample) ?? (() => none);
  const shareOf = shareIn(searched, holders);
  const knowledge = { projection, shareOf, classes, membersIn, isRestSearched: true };
  const found = guardsOf(rules, { knowledge, holders, sampled });
  const byCost = [...found].sort((left, right) => (left.guard?.cost ?? 2) - (right.guard?.cost ?? 2));
  const heldBy = ({ literals, classes: inClasses }: Guard): Bits =>
    union(none, [
      ...literals.map((literal) => {
        const held = holders(searchedForm(literal), literal.sql === null);
        return literal.within === null ? held : intersection(held, [membersIn(literal.within)]);
      }),
      ...(inClasses === null ? [] : [membersIn(inClasses)]),
    ]);
  let taken = none;
  const guarded: Guarded[] = [];
  const wide: Guarded[] = [];
  const open: AskedRule[] = [];
  for (const { rule, guard } of byCost) {
    if (guard === null) {
      open.push(rule);
      continue;
    }
    if (guard.share === 0) continue;
    const isOfClasses = guard.literals.length === 0;
    if (isOfClasses && guard.share > maxCopied && guard.share <= maxLimited) {
      open.push(rule);
      continue;
    }
    const possible = classes?.possible(rule.expression, projection) ?? null;
    const isCommon = !isOfClasses && guard.share >= commonShare;
    const second = isCommon ? secondGuardOf(rule.expression, guard, { knowledge, around: possible }) : null;
    const held = guard.share * sampled < 1 ? none : heldBy(guard);
    const more = union(taken, [second === null ? held : intersection(held, [heldBy(second)])]);
    if (sharedBy(more, more) <= most * sampled) {
      taken = more;
      guarded.push({ rule, guard, second, possible });
    } else if (!isOfClasses && guard.share <= maxLimited) wide.push({ rule, guard, second, possible });
    else open.push(rule);
  }
  if (classes === null) return { guarded, wide, open, limited: [] };
  const limits = open.map(
    (rule): Limited => ({
      rule,
      possible: classes.possible(rule.expression, projection),
    }),
  );
  const isLimited = ({ possible }: Limited) => classes.shareOf(possible) <= maxLimited;
  return {
    guarded,
    wide,
    open: limits.filter((one) => !isLimited(one)).map(({ rule }) => rule),
    limited: limits.filter(isLimited),
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
  let more = noneOf(sampled);
  for (const { rule } of found.filter(usesRest)) {
    const guard = guardOf(rule.expression, { ...knowledge, isRestSearched: false });
    if (guard === null || guard.literals.length === 0) return found;
    more = union(
      more,
      guard.literals.map((literal) => holders(searchedForm(literal), false)),
    );
    if (sharedBy(more, more) > maxInsteadOfRest * sampled) return found;
    without.set(rule, guard);
  }
  return found.map(({ rule, guard }) => ({ rule, guard: without.get(rule) ?? guard }));
}
