// The shared pre-filter: for each rule a few literals one of which every event it matches must hold, or classes of
// events it must be in, chosen to be rare in a sample of the events. Takes expressions, the sample and the classes,
// gives guards; what is chosen changes the cost, never the matches.
import type { ClassSet, EventClasses } from './classes.ts';
import { union } from './classes.ts';
import { cased } from './compile.ts';
import type { Expression, FieldName } from './expression.ts';
import { partsOfOneCase, waysToWrite } from './letter-case.ts';
import { literalsOf, lowered, plainText } from './pattern.ts';
import type { Projection } from './projection.ts';
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
  /** Whether literals may be looked for in the rest of the events. */
  readonly isRestSearched: boolean;
}

/** A literal as it stands in what is searched of the sample. */
export function searchedForm({ text, isFirst, isLast }: GuardLiteral): string {
  return `${isFirst ? valueEdge : ''}${text}${isLast ? valueEdge : ''}`;
}

/** The best guard of an expression; null when nothing in it must be there. */
export function guardOf(expression: Expression, knowledge: Knowledge): Guard | null {
  const { classes, projection } = knowledge;
  const within = innerGuard(expression, knowledge);
  if (classes === null) return within;
  const set = classes.possible(expression, projection);
  const share = classes.shareOf(set);
  if (share === 1) return within;
  return rarest([{ literals: [], classes: set, share, cost: share }, ...(within === null ? [] : [within])]);
}

function innerGuard(expression: Expression, knowledge: Knowledge): Guard | null {
  switch (expression.kind) {
    case 'text':
      return textGuard(expression, knowledge);
    case 'regex': {
      const literals = requiredLiterals(expression.pattern).map((text) => lowered(text));
      const inside = literals.map((text) => ({ text, isFirst: false, isLast: false }));
      return literalGuard(inside, { field: expression.field, knowledge });
    }
    case 'all':
      return rarest(expression.of.flatMap((child) => guardOf(child, knowledge) ?? []));
    case 'any': {
      const strange = strangeGuard(expression.of, knowledge);
      if (strange !== null) return strange;
      const literals: GuardLiteral[] = [];
      const sets: ClassSet[] = [];
      let share = 0;
      let cost = 0;
      for (const child of expression.of) {
        const guard = guardOf(child, knowledge);
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

const manyStrange = 20;

/** One guard for a long list of emoji or letters of other scripts: that there is such a character at all. */
function strangeGuard(of: readonly Expression[], { projection, shareOf }: Knowledge): Guard | null {
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
  const share = shareOf(beyondAscii, false);
  const literals = [...columns].map((sql) => ({ sql, text: beyondAscii, isFirst: false, isLast: false }));
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
): Guard | null {
  const { noneTexts } = knowledge.projection.column(field);
  const plain = plainText(pattern);
  if (plain !== null && noneTexts.includes(isCased ? plain : lowered(plain))) return null;
  return literalGuard(literalsOf(cased({ pattern, isCased: false })), { field, knowledge });
}

function literalGuard(
  literals: readonly { readonly text: string; readonly isFirst: boolean; readonly isLast: boolean }[],
  {
    field,
    knowledge: { projection, shareOf, classes, isRestSearched },
  }: { readonly field: FieldName; readonly knowledge: Knowledge },
): Guard | null {
  const { spot, isList } = projection.column(field);
  if (spot === null) return null;
  // What a column of the classes says is known without a search.
  if (spot.kind === 'column' && classes?.columns.includes(spot.sql) === true) return null;
  const isRest = spot.kind === 'rest';
  if (isRest && !isRestSearched) return null;
  const guardFor = (of: readonly GuardLiteral[]): Guard | [] => {
    if (of.some(({ text }) => text === '')) return [];
    const share = of.reduce((sum, literal) => sum + shareOf(searchedForm(literal), isRest), 0);
    const price = of.length * literalPenalty + (isRest ? restPenalty : 0);
    return { literals: of, classes: null, share, cost: share + price };
  };
  const guards = literals.flatMap(({ text, isFirst, isLast }) => {
    const ways = isRest ? null : waysToWrite(text, maxWays);
    const parts = ways ?? (isRest ? text.split(escapable) : partsOfOneCase(text));
    const isEdge = !isRest && !isList;
    const of = parts.map(
      (part, at): GuardLiteral => ({
        sql: isRest ? null : spot.sql,
        text: isRest && isFirst && isLast && parts.length === 1 && isWord.test(part) ? `"${part}"` : part,
        isFirst: isEdge && isFirst && (ways !== null || at === 0),
        isLast: isEdge && isLast && (ways !== null || at === parts.length - 1),
      }),
    );
    // Written in one of its ways the literal is there; of its parts each is.
    return ways === null ? of.flatMap((one) => guardFor([one])) : guardFor(of);
  });
  return rarest(guards);
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
  /** Positions that may ask for a guard's rule. */
  readonly positionsOf: (guard: Guard) => readonly number[];
}

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
      add(restPatterns, `\\\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
    sql: `CAST(arrayConcat(${["CAST([], 'Array(UInt64)')", ...searches].join(', ')}), 'Array(UInt64)')`,
    parameters: { column_guards: [...columnPatterns.keys()], rest_guards: [...restPatterns.keys()] },
    positionsOf: (guard) => [
      ...strange,
      ...new Set(
        guard.literals.map((literal) =>
          literal.sql === null
            ? columnPatterns.size + (restPatterns.get(quoted(literal.text)) ?? 0)
            : (columnPatterns.get(columnPattern(literal, columns)) ?? 0),
        ),
      ),
    ],
  };
}

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
