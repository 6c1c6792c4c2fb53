// All rules of one source in one scan of its events. First the shared pre-filter picks the events any rule might match
// and copies them aside; then each rule whose guard was met is asked of those. Gives rows of `sigma_match`.
import { contentId } from '../../ground/ids.ts';
import type { EventsEngine, Parameters, ParameterValue } from '../../store/events/engine.ts';
import { batches } from './batches.ts';
import {
  candidatesOf,
  candidateTable,
  classified,
  foundAgain,
  type MetRule,
  meets,
  pickCandidates,
  smallBlocks,
  unpacked,
} from './candidates.ts';
import { type AskedRule, chosen, type Guarded } from './choice.ts';
import { readClasses } from './classes.ts';
import { type Condition, conditionOf } from './compile.ts';
import { testsOf } from './expression.ts';
import { type Column, Projection } from './projection.ts';
import { repeatedColumns, takeSample } from './sample.ts';
import type { EventSource } from './source.ts';

/** Fewer rules are asked faster than events are sorted into classes for them. */
const fewRules = 8;
/** Rules met by fewer than one event in so many are asked apart from the others, of the few events they have. */
const fewOfMany = 50;
/** Bounds of one query: text of conditions, and of guards' patterns, in characters. */
const maxConditionText = 120_000;
const maxPatternText = 400_000;
/** The engine resolves every function against the whole subquery below it: characters of the one times the other. */
const maxResolution = 20_000_000;

/** Table the matches of all sources go to: an event with the rules that matched it, once or more. */
export const matchTable = 'sigma_match';

/** And of the JSON taken apart, which may be many columns: unless it is little, that is done once, beforehand. */
const takenApartBefore = `${smallBlocks}, query_plan_merge_expressions = 0`;

/** Makes the tables of an evaluation anew. */
export async function openMatches(engine: EventsEngine): Promise<void> {
  await closeMatches(engine);
  await engine.execute(`CREATE TABLE ${matchTable}
(
    rules Array(UInt32),
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
ORDER BY tuple()
${unpacked}`);
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
  const asked = rules.flatMap(({ expression }) =>
    testsOf(expression).flatMap((test) => (test.kind === 'text' ? [projection.column(test.field)] : [])),
  );
  const sample = await takeSample(engine, source, { spots: asked.map(({ spot }) => spot), events });
  const single = asked.flatMap(({ spot }) => (spot?.kind === 'column' ? [spot.sql] : []));
  const columns = rules.length < fewRules ? [] : repeatedColumns(sample, single);
  const classes = await readClasses(engine, source, { columns, events });
  const { guarded, wide, open, limited } = chosen(rules, projection, { sample, classes, events });
  for (const batch of batches(guarded, patternText, maxPatternText)) {
    const met = await pickCandidates(engine, projection, { batch, classes });
    const isRare = ({ metBy }: MetRule) => metBy * fewOfMany <= events;
    for (const part of [met.filter(isRare), met.filter((rule) => !isRare(rule))]) {
      if (part.length > 0) await askAll(engine, source, { rules: part, from: candidatesOf(part) });
    }
  }
  for (const batch of batches(wide, patternText, maxPatternText)) {
    await askAll(engine, source, foundAgain(projection, { batch, classes }));
  }
  if (classes !== null && limited.length > 0) {
    await askAll(engine, source, classified(projection, { limited, classes, events }));
  }
  await askAll(engine, source, { rules: open, from: null });
}

/**
 * Asks rules of events, a few rules at a time, each time with only the fields they need.
 * @param from the events set aside, as a FROM clause has them, with its parameters; null: all of the source
 */
async function askAll(
  engine: EventsEngine,
  source: EventSource,
  {
    rules,
    from,
    parameters = {},
  }: {
    readonly rules: readonly (AskedRule | MetRule)[];
    readonly from: string | null;
    readonly parameters?: Parameters;
  },
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
      await ask(engine, projection, { planned, from, parameters });
      projection = new Projection(source);
      planned = [plan(rule, projection)];
      texts = planned[0]?.condition.sql.length ?? 0;
    } else {
      planned.push(one);
      texts = more;
    }
  }
  await ask(engine, projection, { planned, from, parameters });
}

interface Planned {
  readonly rule: AskedRule;
  readonly condition: Condition;
  readonly wanted: readonly { readonly field: string; readonly column: Column }[];
}

function plan(rule: AskedRule | MetRule, projection: Projection): Planned {
  const condition = conditionOf(rule.expression, projection, `r${rule.number}`);
  const wanted = rule.wanted.map((field) => ({ field, column: projection.column(field) }));
  if (!('met' in rule)) return { rule, condition, wanted };
  const sql = `${meets(rule.met)} AND ${condition.sql}`;
  return { rule, wanted, condition: { sql, parameters: condition.parameters } };
}

const patternText = ({ guard }: Guarded): number =>
  guard.literals.reduce((sum, { text }) => sum + text.length + 10, 0);

/** Asks rules of rows that have the projection's columns, and adds what matches to `sigma_match`. */
async function ask(
  engine: EventsEngine,
  projection: Projection,
  {
    planned,
    from,
    parameters: ofRows,
  }: {
    readonly planned: readonly Planned[];
    readonly from: string | null;
    readonly parameters: Parameters;
  },
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
    ofRows,
    projection.parameters,
    names,
    ...planned.map((one) => one.condition.parameters),
  );
  await engine.execute(
    `INSERT INTO ${matchTable}
SELECT matched, '${projection.source.table}', evidence_id, record, time, event_sensor, event_host, event_src, event_dst,
  ${pairs.length === 0 ? "CAST(map(), 'Map(String, String)')" : `map(${pairs.join(', ')})`}
FROM
(
    SELECT *, arrayFilter(n -> n > 0, [${matched}]) AS matched
    FROM (SELECT *${projection.lowerColumns} FROM (${projection.select(from)}))
)
WHERE notEmpty(matched)
${isCheap ? smallBlocks : takenApartBefore}`,
    parameters,
  );
}

/** Name of a source with its rows' condition, so that equal sources of several log sources are scanned once. */
export function sourceKey(source: EventSource): string {
  return contentId('s', [source.id, source.table, source.where, JSON.stringify(source.parameters ?? {})]);
}
