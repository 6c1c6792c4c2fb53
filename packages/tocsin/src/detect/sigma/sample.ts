// A sample of a source's events: what tells which texts are rare and which columns repeat themselves. Takes the source
// and the columns rules look at, gives estimates; they change what is looked for first, never what is found.
import type { EventsEngine } from '../../store/events/engine.ts';
import { add, type Bits, noneOf, sharedBy } from './bits.ts';
import type { Spot } from './projection.ts';
import type { EventSource } from './source.ts';

/** Share of all events that are some of the sample's (null: any) and hold a literal where it is searched. */
export type ShareOf = (literal: string, isRest: boolean, among: Bits | null) => number;

/** Stands for any character beyond ASCII. */
export const beyondAscii = '\u0080';

const sampleEvents = 600;
/** Neighbours taken together: each place the sample is taken from costs reading a whole block there. */
const neighbours = 16;
const sampleCharacters = 1000;
const restCharacters = 2000;

export interface Sample {
  /** SQL of the columns rules look at. */
  readonly columns: readonly string[];
  /** Of each event the texts of the columns, in their order, in lower case. */
  readonly texts: readonly (readonly string[])[];
  /** Of each event the rest, in lower case. */
  readonly rests: readonly string[];
}

/** Samples some 600 events, spread over all. @param events how many there are */
export async function takeSample(
  engine: EventsEngine,
  source: EventSource,
  { spots, events }: { readonly spots: readonly Spot[]; readonly events: number },
): Promise<Sample> {
  const columns = [...new Set(spots.flatMap((spot) => (spot?.kind === 'column' ? [spot.sql] : [])))];
  const rest = spots.some((spot) => spot?.kind === 'rest') ? (source.rest?.json ?? "''") : "''";
  const share = Math.max(1, Math.floor(events / sampleEvents));
  const rows = await engine.query(
    `SELECT [${columns.map((sql) => `left(lower(${sql}), ${sampleCharacters})`).join(', ')}]::Array(String) AS texts,
  left(lower(${rest}), ${restCharacters}) AS rest_text
FROM ${source.table}
WHERE ${source.where} AND cityHash64(evidence_id, intDiv(record, ${neighbours})) % ${share} = 0
LIMIT ${sampleEvents * 2}`,
    source.parameters ?? {},
  );
  return {
    columns,
    texts: rows.map((row) => (Array.isArray(row['texts']) ? row['texts'].map(String) : [])),
    rests: rows.map((row) => String(row['rest_text'])),
  };
}

/** Stands before and after the value of each column where it is looked for: a literal with it begins or ends a value. */
export const valueEdge = '\u0002';

/** What guards are looked for in: of each event its columns but those of the classes, and its rest. */
export interface Searched {
  readonly columns: readonly string[];
  readonly rests: readonly string[];
}

/** The texts guards are looked for in. @param known SQL of columns that are not searched */
export function searchedTexts({ columns, texts, rests }: Sample, known: readonly string[]): Searched {
  const places = columns.flatMap((sql, at) => (known.includes(sql) ? [] : [at]));
  const joined = (one: readonly string[]) => places.map((at) => `${one[at] ?? ''}${valueEdge}`).join('');
  return { columns: texts.map((one) => `${valueEdge}${joined(one)}`), rests };
}

/** Combinations of values in the sample, at most so many per event of it. */
const maxVariety = 0.25;
const fewValues = 50;

/**
 * The columns whose values together repeat themselves, the most asked for first.
 * @param asked SQL of the columns rules ask, once for each time
 */
export function repeatedColumns({ texts, columns }: Sample, asked: readonly string[]): readonly string[] {
  const times = new Map<string, number>();
  for (const sql of asked) times.set(sql, (times.get(sql) ?? 0) + 1);
  const most = Math.max(fewValues, maxVariety * texts.length);
  const chosen: number[] = [];
  const byTimes = columns
    .map((sql, at) => ({ at, times: times.get(sql) ?? 0 }))
    .sort((left, right) => right.times - left.times || left.at - right.at);
  for (const { at, times: count } of byTimes) {
    // Rarely asked for, a column would make more classes for nothing.
    if (count * 50 < asked.length) continue;
    const together = new Set(texts.map((one) => [...chosen, at].map((place) => one[place]).join('\u0002')));
    if (together.size <= most) chosen.push(at);
  }
  return chosen.flatMap((at) => columns[at] ?? []);
}

const beyond = /[^\0-\x7f]/;
const longestGram = 4;
const gramBuckets = 1 << 18;

/**
 * Estimates shares from a sample.
 * @param holders as holdersIn gives it for the same texts
 */
export function shareIn({ columns }: Searched, holders: Holders): ShareOf {
  const sampled = Math.max(1, columns.length);
  return (literal, isRest, among) => {
    const held = holders(literal, isRest);
    const found = sharedBy(held, among ?? held);
    // What no sample holds is the rarer the longer it is.
    const least = literal === beyondAscii ? 0.2 : 0.4 / (literal.length + 1);
    return Math.max(least, found) / sampled;
  };
}

/** Whether a text may hold a literal: it does when one does, and seldom when none does. */
function mayHold(texts: readonly string[]): (literal: string) => boolean {
  const byLength = new Map<number, Uint8Array>();
  const heldOf = (length: number): Uint8Array => {
    const known = byLength.get(length);
    if (known !== undefined) return known;
    const held = new Uint8Array(gramBuckets);
    for (const text of texts)
      for (let at = 0; at + length <= text.length; at += 1) held[gramBucket(text, at, length)] = 1;
    byLength.set(length, held);
    return held;
  };
  return (literal) => {
    const length = Math.min(longestGram, literal.length);
    const held = heldOf(length);
    for (let at = 0; at + length <= literal.length; at += 1)
      if (held[gramBucket(literal, at, length)] === 0) return false;
    return true;
  };
}

/** The bucket of a run of so many characters. */
function gramBucket(text: string, at: number, length: number): number {
  let hash = length;
  for (let next = at; next < at + length; next += 1) {
    hash = Math.imul(hash, 0x01_00_01_93) ^ text.charCodeAt(next);
  }
  return (Math.imul(hash, 0x9e_37_79_b1) >>> 14) & (gramBuckets - 1);
}

/** The sample's events that hold a literal in what is searched of their columns, or in the rest. */
export type Holders = (literal: string, isRest: boolean) => Bits;

/**
 * For each literal the sample's events that hold it; each is looked for once. Runs of four characters tell of most
 * literals that no event holds them; the others are looked for.
 */
export function holdersIn({ columns, rests }: Searched): Holders {
  const inColumns = searchIn(columns);
  const inRests = searchIn(rests);
  return (literal, isRest) => (isRest ? inRests : inColumns)(literal);
}

function searchIn(texts: readonly string[]): (literal: string) => Bits {
  const known = new Map<string, Bits>();
  const none = noneOf(texts.length);
  const isLikely = mayHold(texts);
  return (literal) => {
    let found = known.get(literal);
    if (found === undefined) {
      const isStrange = literal === beyondAscii;
      found = isStrange || isLikely(literal) ? noneOf(texts.length) : none;
      if (found !== none)
        for (const [at, text] of texts.entries())
          if (isStrange ? beyond.test(text) : text.includes(literal)) add(found, at);
      known.set(literal, found);
    }
    return found;
  };
}
