// The shared pre-filter: for each rule a few literals one of which every event it matches must hold, or classes of
// events it must be in, chosen to be rare in a sample of the events. Takes expressions, the sample and the classes,
// gives guards; what is chosen changes the cost, never the matches.
import { type Bits, intersection, isBelow, union } from './bits.ts';
import type { ClassSet, EventClasses } from './classes.ts';
import { cased } from './compile.ts';
import type { Expression } from './expression.ts';
import { partsOfOneCase, waysToWrite } from './letter-case.ts';
import { literalsOf, lowered, plainText } from './pattern.ts';
import type { Column, Projection } from './projection.ts';
import { requiredLiterals } from './regex-literals.ts';
import { beyondAscii, type ShareOf, valueEdge } from './sample.ts';

export interface GuardLiteral {
  /** SQL of the column it stands in; null: anywhere in the rest of the event. */
  readonly sql: string | null;
  /** In lower case, plain ASCII. */
  readonly text: string;
  /** It begins or ends the column's value. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Classes in which it counts; null: any. */
  readonly within: ClassSet | null;
}

export interface Guard {
  /** Every event that matches holds one of them or is in one of the classes. */
  readonly literals: readonly GuardLiteral[];
  readonly classes: ClassSet | null;
  /** Share of events expected to hold one of them; at most the sum over the literals. */
  readonly share: number;
  /** What it is chosen by. */
  readonly cost: number;
}

/** What guards are chosen by. */
export interface Knowledge {
  readonly projection: Projection;
  readonly shareOf: ShareOf;
  readonly classes: EventClasses | null;
  /** The sample's events in a set of classes. */
  readonly membersIn: (set: ClassSet) => Bits;
  /** Whether literals may be looked for in the rest of the events. */
  readonly isRestSearched: boolean;
}

/** A literal as it stands in what is searched of the sample. */
export function searchedForm({ text, isFirst, isLast }: GuardLiteral): string {
  return `${isFirst ? valueEdge : ''}${text}${isLast ? valueEdge : ''}`;
}

/**
 * The best guard of an expression; null when nothing in it must be there.
 * @param around classes outside of which whatever the expression stands in cannot hold; null: none
 */
export function guardOf(
  expression: Expression,
  knowledge: Knowledge,
  around: ClassSet | null = null,
): Guard | null {
  const { classes, projection } = knowledge;
  if (classes === null) return innerGuard(expression, knowledge, null);
  const set = classes.possible(expression, projection);
  // What is around has been weighed where it was found.
  if (around === null ? classes.shareOf(set) === 1 : isBelow(around, set))
    return innerGuard(expression, knowledge, around);
  const within = around === null ? set : intersection(around, [set]);
  const share = classes.shareOf(within);
  const byClass: Guard = { literals: [], classes: within, share, cost: share };
  const byText = share === 0 ? null : innerGuard(expression, knowledge, within);
  return rarest([byClass, ...(byText === null ? [] : [byText])]);
}

function innerGuard(expression: Expression, knowledge: Knowledge, within: ClassSet | null): Guard | null {
  switch (expression.kind) {
    case 'text':
      return textGuard(expression, knowledge, within);
    case 'regex': {
      const column = knowledge.projection.column(expression.field);
      if (!isSearched(column, knowledge)) return null;
      const literals = requiredLiterals(expression.pattern).map((text) => lowered(text));
      const inside = literals.map((text) => ({ text, isFirst: false, isLast: false }));
      return literalGuard(inside, { column, knowledge, within });
    }
    case 'all':
      return rarest(expression.of.flatMap((child) => guardOf(child, knowledge, within) ?? []));
    case 'any': {
      const strange = strangeGuard(expression.of, knowledge, within);
      if (strange !== null) return strange;
      const literals: GuardLiteral[] = [];
      const sets: ClassSet[] = [];
      let share = 0;
      let cost = 0;
      for (const child of expression.of) {
        const guard = guardOf(child, knowledge, within);
        if (guard === null) return null;
        literals.push(...guard.literals);
        if (guard.classes !== null) sets.push(guard.classes);
        share += guard.share;
        cost += guard.cost;
      }
      const [first] = sets;
      return { literals, classes: first === undefined ? null : union(first, sets), share, cost };
    }
    default:
      return null;
  }
}

/**
 * Another guard of the same expression, for events that met the first: the rarest of what else must be there, wherever
 * it stands; null when nothing else must, or when most events hold it.
 * @param around as for guardOf
 */
export function secondGuardOf(
  expression: Expression,
  first: Guard,
  { knowledge, around }: { readonly knowledge: Knowledge; readonly around: ClassSet | null },
): Guard | null {
  const seen = new Set(first.literals.map(({ sql, text }) => `${sql ?? ''}\n${text}`));
  let best: Guard | null = null;
  for (const child of conjunctsOf(expression)) {
    const guard = guardOf(child, { ...knowledge, isRestSearched: true }, around);
    // Classes alone narrow nothing that is not known from `around`.
    if (guard === null || guard.literals.length === 0) continue;
    if (guard.share > (best?.share ?? maxSecondShare)) continue;
    const isOther = guard.literals.every(
      ({ sql, text }) => text !== beyondAscii && !seen.has(`${sql ?? ''}\n${text}`),
    );
    if (isOther && guard.literals.length <= maxSecondLiterals) best = guard;
  }
  return best;
}

/** Of the events that met the first guard, a second that most of them meet too spares nothing. */
const maxSecondShare = 0.5;
const maxSecondLiterals = 40;

function conjunctsOf(expression: Expression): readonly Expression[] {
  return expression.kind === 'all' ? expression.of.flatMap(conjunctsOf) : [expression];
}

const manyStrange = 20;

/** One guard for a long list of emoji or letters of other scripts: that there is such a character at all. */
function strangeGuard(
  of: readonly Expression[],
  { projection, shareOf, membersIn }: Knowledge,
  within: ClassSet | null,
): Guard | null {
  if (of.length < manyStrange) return null;
  const columns = new Set<string>();
  for (const child of of) {
    if (
      child.kind !== 'text' ||
      child.pattern.every((token) => typeof token !== 'string' || !/[^\0-\x7f]/.test(token))
    )
      return null;
    const { spot } = projection.column(child.field);
    if (spot?.kind !== 'column') return null;
    columns.add(spot.sql);
  }
  const share = shareOf(beyondAscii, false, within && membersIn(within));
  const literals = [...columns].map((sql) => ({
    sql,
    text: beyondAscii,
    isFirst: false,
    isLast: false,
    within,
  }));
  return { literals, classes: null, share, cost: share + literals.length * literalPenalty };
}

/** Runs of characters that every JSON writer leaves as they are. */
const escapable = /[^a-z0-9 _.:;=,()%$#@!?*[\]{}|~^-]+/;

/** A value that JSON can only write as a string, so that its quotes stand around it; `true` and numbers are none. */
const isWord = /^(?!(?:true|false|null)$)[a-z]/;

/** Ways to write a literal with letters beyond ASCII that are all looked for. */
const maxWays = 8;

/** What looking for a literal in all events costs, as the share of events asked one by one that costs as much. */
const literalPenalty = 0.001;
/** And what taking the events' whole JSON into the search costs, for each of the rules that may share it. */
const restPenalty = 0.05;

function textGuard(
  { field, pattern, isCased }: Extract<Expression, { kind: 'text' }>,
  knowledge: Knowledge,
  within: ClassSet | null,
): Guard | null {
  const column = knowledge.projection.column(field);
  if (!isSearched(column, knowledge)) return null;
  const plain = plainText(pattern);
  if (plain !== null && column.noneTexts.includes(isCased ? plain : lowered(plain))) return null;
  return literalGuard(literalsOf(cased({ pattern, isCased: false })), { column, knowledge, within });
}

/** Whether literals of a field are looked for: what a column of the classes says is known without a search. */
function isSearched({ spot }: Column, { classes, isRestSearched }: Knowledge): boolean {
  if (spot === null) return false;
  return spot.kind === 'rest' ? isRestSearched : classes?.columns.includes(spot.sql) !== true;
}

function literalGuard(
  literals: readonly { readonly text: string; readonly isFirst: boolean; readonly isLast: boolean }[],
  {
    column: { spot, isList },
    knowledge: { shareOf, membersIn },
    within,
  }: { readonly column: Column; readonly knowledge: Knowledge; readonly within: ClassSet | null },
): Guard | null {
  const sql = spot?.kind === 'column' ? spot.sql : null;
  const isRest = sql === null;
  const among = within && membersIn(within);
  let best: Guard | null = null;
  for (const { text, isFirst, isLast } of literals) {
    const ways = isRest ? null : waysToWrite(text, maxWays);
    const parts = ways ?? (isRest ? text.split(escapable) : partsOfOneCase(text));
    const isEdge = !isRest && !isList;
    const of = parts.map(
      (part, at): GuardLiteral => ({
        sql,
        text: isRest && isFirst && isLast && parts.length === 1 && isWord.test(part) ? `"${part}"` : part,
        isFirst: isEdge && isFirst && (ways !== null || at === 0),
        isLast: isEdge && isLast && (ways !== null || at === parts.length - 1),
        within,
      }),
    );
    // Written in one of its ways the literal is there; of its parts each is.
    for (const together of ways === null ? of.map((one) => [one]) : [of]) {
      if (together.some((literal) => literal.text === '')) continue;
      let share = 0;
      for (const literal of together) share += shareOf(searchedForm(literal), isRest, among);
      const cost = share + together.length * literalPenalty + (isRest ? restPenalty : 0);
      if (best === null || cost < best.cost) best = { literals: together, classes: null, share, cost };
    }
  }
  return best;
}

function rarest(guards: readonly Guard[]): Guard | null {
  let best: Guard | null = null;
  for (const guard of guards) if (best === null || guard.cost < best.cost) best = guard;
  return best;
}

const mark = (place: number | 'end'): string => `\u0002${place}\u0003`;

/** Letters that become ASCII ones when a text is lowered by characters or compared without case, but not byte by byte. */
const strangers = ['\u212a', '\u0130', '\u017f'] as const;

/** The positions of patterns among all hits, and the SQL that gives the hits: columns first, then the rest. */
export interface GuardSearch {
  readonly sql: string;
  readonly parameters: { readonly column_guards: readonly string[]; readonly rest_guards: readonly string[] };
  /** Positions of letters for whose sake any rule is asked. */
  readonly strange: readonly number[];
  readonly positionOf: (literal: GuardLiteral) => number;
}

/** No hits, of the type of some. */
export const emptyHits = "CAST([], 'Array(UInt64)')";

/** One search for all guards. @param rest SQL of the rest of the events, as JSON */
export function guardSearch(guards: readonly Guard[], rest: string): GuardSearch {
  const literals = guards.flatMap((guard) => guard.literals);
  const columns = [...new Set(literals.flatMap(({ sql }) => sql ?? []))];
  const inRest = literals.some(({ sql }) => sql === null);
  const columnPatterns = new Map<string, number>();
  const restPatterns = new Map<string, number>();
  const add = (patterns: Map<string, number>, pattern: string) => {
    if (!patterns.has(pattern)) patterns.set(pattern, patterns.size + 1);
  };
  for (const letter of strangers) {
    if (columns.length > 0) add(columnPatterns, letter);
    if (inRest) {
      add(restPatterns, letter);
      add(restPatterns, quoted(escapeOf(letter)));
    }
  }
  const always = { columns: columnPatterns.size, rest: restPatterns.size };
  for (const literal of literals) {
    if (literal.sql === null) add(restPatterns, quoted(literal.text));
    else add(columnPatterns, columnPattern(literal, columns));
  }
  const text = columns.flatMap((sql, at) => [`'${mark(at)}'`, sql]);
  const searches = [
    ...(columns.length === 0
      ? []
      : [
          `multiMatchAllIndices(lower(concat(${[...text, `'${mark('end')}'`].join(', ')})), {column_guards:Array(String)})`,
        ]),
    ...(inRest
      ? [
          `arrayMap(h -> h + ${columnPatterns.size}, multiMatchAllIndices(lower(${rest}), {rest_guards:Array(String)}))`,
        ]
      : []),
  ];
  const upTo = (count: number, from: number) => Array.from({ length: count }, (_, at) => from + at + 1);
  const strange = [...upTo(always.columns, 0), ...upTo(always.rest, columnPatterns.size)];
  return {
    sql: searches.length === 1 ? searches.join('') : `arrayConcat(${[emptyHits, ...searches].join(', ')})`,
    parameters: { column_guards: [...columnPatterns.keys()], rest_guards: [...restPatterns.keys()] },
    strange,
    positionOf: (literal) =>
      literal.sql === null
        ? columnPatterns.size + (restPatterns.get(quoted(literal.text)) ?? 0)
        : (columnPatterns.get(columnPattern(literal, columns)) ?? 0),
  };
}

/** Texts of a place in lower case byte by byte that tell a literal may be there, itself or written with strangers. */
export function needlesOf(literals: readonly GuardLiteral[]): readonly string[] {
  const isInRest = literals.some(({ sql }) => sql === null);
  const written = (letter: string) => (isInRest ? [letter, escapeOf(letter)] : [letter]);
  return [...new Set([...literals.map(({ text }) => text), ...strangers.flatMap(written)])];
}

/** A letter as JSON may write it, in lower case. */
const escapeOf = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

function columnPattern({ sql, text, isFirst, isLast }: GuardLiteral, columns: readonly string[]): string {
  const at = columns.indexOf(sql ?? '');
  if (text === beyondAscii) return '[^\\x00-\\x7f]';
  const next = at === columns.length - 1 ? 'end' : at + 1;
  return quoted(`${isFirst ? mark(at) : ''}${text}${isLast ? mark(next) : ''}`);
}

/** The text as a pattern of the multi-pattern engine. */
function quoted(text: string): string {
  return text.replace(/[\\^$.[\]|()?*+{}]/g, '\\$&').replaceAll('\0', '\\x00');
}
