// All rules of one source in one scan of its events. First the shared pre-filter picks the events any rule might match
// and copies them aside; then each rule whose guard was met is asked of those. Gives rows of `sigma_match`.
import { contentId } from '../../ground/ids.ts';
import type { EventsEngine, Parameters, ParameterValue } from '../../store/events/engine.ts';
import { type Condition, conditionOf } from './compile.ts';
import { type Expression, testsOf } from './expression.ts';
import { type Guard, guardOf, guardSearch, sampledSql, shareIn } from './guard.ts';
import { type Column, Projection } from './projection.ts';
import type { EventSource } from './source.ts';

export interface AskedRule {
  /** Number of the rule in this evaluation, from 1. */
  readonly number: number;
  readonly expression: Expression;
  /** Fields of the event that a correlation needs with the match. */
  readonly wanted: readonly string[];
  /** Guards it is to be asked behind, by their positions among the hits of an event set aside. */
  readonly met?: readonly number[];
}

/** Share of many events that may be set aside; rules whose guards would take more are asked of every event. */
const maxSetAside = 0.2;
const manyEvents = 20_000;
/** Rules met by fewer than one event in so many are asked apart from the others, of the few events they have. */
const fewOfMany = 50;
const sampleEvents = 600;
const sampleCharacters = 1500;
/** Bounds of one query: text of conditions, and of guards' patterns, in characters. */
const maxConditionText = 120_000;
const maxPatternText = 400_000;
/** The engine resolves every function against the whole subquery below it: characters of the one times the other. */
const maxResolution = 20_000_000;

/** Table the matches of all sources go to. */
export const matchTable = 'sigma_match';
const candidateTable = 'sigma_candidate';

/** Each condition keeps its own copy of the texts it still looks at until a block is done: blocks must be small. */
const smallBlocks = 'SETTINGS max_block_size = 8192';
/** And of the JSON taken apart, which may be many columns: unless it is little, that is done once, beforehand. */
const takenApartBefore = `${smallBlocks}, query_plan_merge_expressions = 0`;

/** Makes the tables of an evaluation anew. */
export async function openMatches(engine: EventsEngine): Promise<void> {
  await closeMatches(engine);
  await engine.execute(`CREATE TABLE ${matchTable}
(
    rule UInt32,
    table_name LowCardinality(String),
    evidence_id LowCardinality(String),
    record UInt64,
    time DateTime64(6, 'UTC'),
    event_sensor String,
    event_host String,
    event_src IPv6,
    event_dst IPv6,
    wanted Map(String, String)
)
ENGINE = MergeTree
ORDER BY (rule, time)`);
}

/** Takes the tables of an evaluation away. */
export async function closeMatches(engine: EventsEngine): Promise<void> {
  await engine.execute(`DROP TABLE IF EXISTS ${matchTable}`);
  await engine.execute(`DROP TABLE IF EXISTS ${candidateTable}`);
}

/** Events of a source; 0 spares everything else. */
export async function countEvents(engine: EventsEngine, source: EventSource): Promise<number> {
  const [row] = await engine.query(
    `SELECT count() AS events FROM ${source.table} WHERE ${source.where}`,
    source.parameters ?? {},
  );
  return Number(row?.['events'] ?? 0);
}

/** Asks all rules of the events of a source and adds the matches to `sigma_match`. @param events how many there are */
export async function scanSource(
  engine: EventsEngine,
  source: EventSource,
  { rules, events }: { readonly rules: readonly AskedRule[]; readonly events: number },
): Promise<void> {
  const projection = new Projection(source);
  const samples = await sampleTexts(engine, source, { rules, events });
  const most = events < manyEvents ? samples.length : maxSetAside * samples.length;
  const { guarded, open } = chosen(rules, projection, { samples, most });
  for (const batch of batches(guarded, patternText, maxPatternText)) {
    const met = await pickCandidates(engine, projection, batch);
    const isRare = ({ metBy }: MetRule) => metBy * fewOfMany <= events;
    for (const part of [met.filter(isRare), met.filter((rule) => !isRare(rule))]) {
      await askAll(engine, source, { rules: part, from: candidatesOf(part) });
    }
  }
  await askAll(engine, source, { rules: open, from: null });
}

interface Guarded {
  readonly rule: AskedRule;
  readonly guard: Guard;
}

/** Gives rules their guards, the rarest first, until the events they take would be too many. */
function chosen(
  rules: readonly AskedRule[],
  projection: Projection,
  { samples, most }: { readonly samples: readonly string[]; readonly most: number },
): { readonly guarded: readonly Guarded[]; readonly open: readonly AskedRule[] } {
  const shareOf = shareIn(samples);
  const found = rules.map((rule) => ({ rule, guard: guardOf(rule.expression, projection, shareOf) }));
  const byShare = [...found].sort((left, right) => (left.guard?.cost ?? 2) - (right.guard?.cost ?? 2));
  const taken = new Set<number>();
  const guarded: Guarded[] = [];
  const open: AskedRule[] = [];
  for (const { rule, guard } of byShare) {
    const more = guard === null ? null : samplesWith(guard, samples, taken);
    if (guard === null || more === null || taken.size + more.length > most) {
      open.push(rule);
      continue;
    }
    for (const sample of more) taken.add(sample);
    guarded.push({ rule, guard });
  }
  return { guarded, open };
}

/** Samples that meet a guard and are not taken yet. A guard no sample meets costs next to nothing to try. */
function samplesWith(
  { literals, share }: Guard,
  samples: readonly string[],
  taken: ReadonlySet<number>,
): number[] {
  if (share * samples.length < 1) return [];
  return samples.flatMap((text, at) =>
    !taken.has(at) && literals.some((literal) => text.includes(literal.text)) ? [at] : [],
  );
}

/**
 * Asks rules of events, a few rules at a time, each time with only the fields they need.
 * @param from the events set aside, as a FROM clause has them; null: all of the source
 */
async function askAll(
  engine: EventsEngine,
  source: EventSource,
  { rules, from }: { readonly rules: readonly AskedRule[]; readonly from: string | null },
): Promise<void> {
  let projection = new Projection(source);
  let planned: Planned[] = [];
  let texts = 0;
  for (const rule of rules) {
    const before = planned.length === 0 ? 0 : projection.select(from).length;
    const one = plan(rule, projection);
    const more = texts + one.condition.sql.length;
    const isTooMuch = more > maxConditionText || more * projection.select(from).length > maxResolution;
    if (planned.length > 0 && isTooMuch && before > 0) {
      await ask(engine, projection, { planned, from });
      projection = new Projection(source);
      planned = [plan(rule, projection)];
      texts = planned[0]?.condition.sql.length ?? 0;
    } else {
      planned.push(one);
      texts = more;
    }
  }
  await ask(engine, projection, { planned, from });
}

interface Planned {
  readonly rule: AskedRule;
  readonly condition: Condition;
  readonly wanted: readonly { readonly field: string; readonly column: Column }[];
}

function plan(rule: AskedRule, projection: Projection): Planned {
  const condition = conditionOf(rule.expression, projection, `r${rule.number}`);
  const wanted = rule.wanted.map((field) => ({ field, column: projection.column(field) }));
  if (rule.met === undefined) return { rule, condition, wanted };
  const sql = `${meets(rule.met)} AND ${condition.sql}`;
  return { rule, wanted, condition: { sql, parameters: condition.parameters } };
}

/** SQL of whether an event has one of the hits; a set, because an array would be copied for every event. */
function meets(positions: readonly number[]): string {
  const [only] = positions;
  if (positions.length === 1) return `has(hits, ${only})`;
  return `arrayExists(h -> h IN (${positions.join(', ')}), hits)`;
}

const patternText = ({ guard }: Guarded): number =>
  guard.literals.reduce((sum, { text }) => sum + text.length + 10, 0);

/** Cuts a list so that the sizes of each part add up to no more than the bound, one item at least. */
function batches<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  bound: number,
): readonly (readonly Item[])[] {
  const out: Item[][] = [];
  let total = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const last = out.at(-1);
    if (last === undefined || total + size > bound) {
      out.push([item]);
      total = size;
    } else {
      last.push(item);
      total += size;
    }
  }
  return out;
}

/** Texts of some events as guards see them, spread over all of them. */
async function sampleTexts(
  engine: EventsEngine,
  source: EventSource,
  { rules, events }: { readonly rules: readonly AskedRule[]; readonly events: number },
): Promise<readonly string[]> {
  const projection = new Projection(source);
  const spots = rules.flatMap(({ expression }) =>
    testsOf(expression).flatMap((test) => (test.kind === 'text' ? [projection.column(test.field).spot] : [])),
  );
  const rows = await engine.query(
    `SELECT left(${sampledSql(spots, source.rest?.json ?? "''")}, ${sampleCharacters}) AS text
     FROM ${source.table}
     WHERE ${source.where} AND cityHash64(evidence_id, record) % ${Math.max(1, Math.floor(events / sampleEvents))} = 0
     LIMIT ${sampleEvents * 2}`,
    source.parameters ?? {},
  );
  return rows.map((row) => String(row['text']));
}

/** A rule whose guard some events met. */
interface MetRule extends AskedRule {
  readonly met: readonly number[];
  /** Events that met it, those that met several of its literals counted for each. */
  readonly metBy: number;
}

/** The events set aside that some of the rules are to be asked of. */
function candidatesOf(rules: readonly MetRule[]): string {
  const positions = [...new Set(rules.flatMap(({ met }) => met))];
  return `${candidateTable} WHERE ${meets(positions)}`;
}

/** Sets the events aside that meet a guard; gives the rules to ask of them, each of those that meet its own. */
async function pickCandidates(
  engine: EventsEngine,
  { source }: Projection,
  batch: readonly Guarded[],
): Promise<readonly MetRule[]> {
  const search = guardSearch(
    batch.map(({ guard }) => guard),
    source.rest?.json ?? "''",
  );
  await engine.execute(`DROP TABLE IF EXISTS ${candidateTable}`);
  await engine.execute(
    `CREATE TABLE ${candidateTable} ENGINE = MergeTree ORDER BY tuple() AS
SELECT *
FROM
(
    SELECT *, ${search.sql} AS hits
    FROM ${source.table}
    WHERE ${source.where}
)
WHERE notEmpty(hits)
${smallBlocks}`,
    { ...source.parameters, ...search.parameters },
  );
  const rows = await engine.query(
    `SELECT arrayJoin(hits) AS number, count() AS events FROM ${candidateTable} GROUP BY number`,
  );
  const hits = new Map(rows.map((row) => [Number(row['number']), Number(row['events'])]));
  return batch.flatMap(({ guard, rule }) => {
    const met = search.positionsOf(guard).filter((position) => hits.has(position));
    const metBy = met.reduce((sum, position) => sum + (hits.get(position) ?? 0), 0);
    return met.length === 0 ? [] : [{ ...rule, met, metBy }];
  });
}

/** Asks rules of rows that have the projection's columns, and adds what matches to `sigma_match`. */
async function ask(
  engine: EventsEngine,
  projection: Projection,
  { planned, from }: { readonly planned: readonly Planned[]; readonly from: string | null },
): Promise<void> {
  if (planned.length === 0) return;
  const wanted = new Map(
    planned.flatMap((one) => one.wanted.map(({ field, column }) => [field, column] as const)),
  );
  const names: Record<string, ParameterValue> = {};
  const pairs = [...wanted].map(([field, { plain, isList }], at) => {
    names[`wanted_${at}`] = field;
    return `{wanted_${at}:String}, ${isList ? `arrayStringConcat(${plain}, ',')` : plain}`;
  });
  const isCheap = planned.length === 1 && (projection.source.rest?.wrapped.length ?? 0) === 0;
  const matched = planned.map(({ rule, condition }) => `if(${condition.sql}, ${rule.number}, 0)`).join(', ');
  const parameters: Parameters = Object.assign(
    {},
    projection.parameters,
    names,
    ...planned.map((one) => one.condition.parameters),
  );
  await engine.execute(
    `INSERT INTO ${matchTable}
SELECT rule, '${projection.source.table}', evidence_id, record, time, event_sensor, event_host, event_src, event_dst,
  ${pairs.length === 0 ? "CAST(map(), 'Map(String, String)')" : `map(${pairs.join(', ')})`}
FROM
(
    SELECT *, arrayFilter(n -> n > 0, [${matched}]) AS matched
    FROM (SELECT *${projection.lowerColumns} FROM (${projection.select(from)}))
)
ARRAY JOIN matched AS rule
${isCheap ? smallBlocks : takenApartBefore}`,
    parameters,
  );
}

/** Name of a source with its rows' condition, so that equal sources of several log sources are scanned once. */
export function sourceKey(source: EventSource): string {
  return contentId('s', [source.id, source.table, source.where, JSON.stringify(source.parameters ?? {})]);
}
