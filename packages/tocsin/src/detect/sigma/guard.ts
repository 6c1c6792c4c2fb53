// The shared pre-filter: for each rule a few literals one of which every event it matches must hold, chosen to be rare
// in a sample of the events. Takes expressions and the sample, gives literals; what is chosen changes the cost, never
// the matches.
import { cased } from './compile.ts';
import type { Expression, FieldName } from './expression.ts';
import { partsOfOneCase, waysToWrite } from './letter-case.ts';
import { literalsOf, lowered, plainText } from './pattern.ts';
import type { Projection, Spot } from './projection.ts';
import { requiredLiterals } from './regex-literals.ts';

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
  /** One of them is in every event that matches. */
  readonly literals: readonly GuardLiteral[];
  /** Share of events expected to hold one of them; at most the sum over the literals. */
  readonly share: number;
  /** What it is chosen by. */
  readonly cost: number;
}

/** Share of texts that hold a literal. */
export type ShareOf = (literal: string) => number;

/** The best guard of an expression; null when nothing in it must be there. */
export function guardOf(expression: Expression, projection: Projection, shareOf: ShareOf): Guard | null {
  switch (expression.kind) {
    case 'text':
      return textGuard(expression, projection, shareOf);
    case 'regex': {
      const literals = requiredLiterals(expression.pattern).map((text) => lowered(text));
      const inside = literals.map((text) => ({ text, isFirst: false, isLast: false }));
      return literalGuard(inside, { field: expression.field, projection, shareOf });
    }
    case 'all':
      return rarest(expression.of.flatMap((child) => guardOf(child, projection, shareOf) ?? []));
    case 'any': {
      const literals: GuardLiteral[] = [];
      let share = 0;
      let cost = 0;
      for (const child of expression.of) {
        const guard = guardOf(child, projection, shareOf);
        if (guard === null) return null;
        literals.push(...guard.literals);
        share += guard.share;
        cost += guard.cost;
      }
      return { literals, share, cost };
    }
    default:
      return null;
  }
}

/** Runs of characters that every JSON writer leaves as they are. */
const escapable = /[^a-z0-9 _.:;=,()%$#@!?*[\]{}|~^-]+/;

/** Ways to write a literal with letters beyond ASCII that are all looked for. */
const maxWays = 8;

/** Taking a whole event's JSON into the search costs more than one rule is worth unless it is much rarer there. */
const restPenalty = 0.01;

function textGuard(
  { field, pattern, isCased }: Extract<Expression, { kind: 'text' }>,
  projection: Projection,
  shareOf: ShareOf,
): Guard | null {
  const { noneTexts } = projection.column(field);
  const plain = plainText(pattern);
  if (plain !== null && noneTexts.includes(isCased ? plain : lowered(plain))) return null;
  return literalGuard(literalsOf(cased({ pattern, isCased: false })), { field, projection, shareOf });
}

function literalGuard(
  literals: readonly { readonly text: string; readonly isFirst: boolean; readonly isLast: boolean }[],
  {
    field,
    projection,
    shareOf,
  }: { readonly field: FieldName; readonly projection: Projection; readonly shareOf: ShareOf },
): Guard | null {
  const { spot, isList } = projection.column(field);
  if (spot === null) return null;
  const isRest = spot.kind === 'rest';
  const guardFor = (of: readonly GuardLiteral[]): Guard | [] => {
    if (of.some(({ text }) => text === '')) return [];
    const share = of.reduce((sum, { text }) => sum + shareOf(text), 0);
    return { literals: of, share, cost: share + (isRest ? restPenalty : 0) };
  };
  const guards = literals.flatMap(({ text, isFirst, isLast }) => {
    const ways = isRest ? null : waysToWrite(text, maxWays);
    const parts = ways ?? (isRest ? text.split(escapable) : partsOfOneCase(text));
    const isEdge = !isRest && !isList;
    const of = parts.map(
      (part, at): GuardLiteral => ({
        sql: isRest ? null : spot.sql,
        text: part,
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

const longestGram = 4;

/**
 * Estimates shares from sample texts in lower case: a literal is no more frequent than its rarest run of four
 * characters.
 */
export function shareIn(samples: readonly string[]): ShareOf {
  const holding = new Map<string, number>();
  for (const text of samples) {
    const grams = new Set<string>();
    for (let length = 1; length <= longestGram; length += 1) {
      for (let at = 0; at + length <= text.length; at += 1) grams.add(text.slice(at, at + length));
    }
    for (const gram of grams) holding.set(gram, (holding.get(gram) ?? 0) + 1);
  }
  return (literal) => {
    const length = Math.min(longestGram, literal.length);
    let fewest = samples.length;
    for (let at = 0; at + length <= literal.length; at += 1) {
      fewest = Math.min(fewest, holding.get(literal.slice(at, at + length)) ?? 0);
    }
    // What no sample holds is the rarer the longer it is.
    const least = 0.4 / (literal.length + 1);
    return Math.max(least, fewest) / Math.max(1, samples.length);
  };
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
  const next = at === columns.length - 1 ? 'end' : at + 1;
  return quoted(`${isFirst ? mark(at) : ''}${text}${isLast ? mark(next) : ''}`);
}

/** The text as a pattern of the multi-pattern engine. */
function quoted(text: string): string {
  return text.replace(/[\\^$.[\]|()?*+{}]/g, '\\$&').replaceAll('\0', '\\x00');
}

/** SQL of the text samples are taken of: everything guards may look at. */
export function sampledSql(spots: readonly Spot[], rest: string): string {
  const columns = new Set(
    spots.flatMap((spot) => (spot === null ? [] : [spot.kind === 'column' ? spot.sql : rest])),
  );
  return `lower(concat('', ${[...columns].flatMap((sql) => ["'\u0002'", sql]).join(', ') || "''"}))`;
}
