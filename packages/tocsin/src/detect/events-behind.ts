// The events behind many findings at once. Most findings stand on the flows between certain addresses: those of all
// findings of a detector are fetched in one scan. The others are asked for one by one.
import { byText } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import type { Condition, EventSelector, FindingDraft } from '../vocabulary/finding.ts';
import { type EventPlace, eventsOf } from './selection.ts';

/** Flows between addresses, as a row per pair can say it. */
interface PairSelector {
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  readonly ports: readonly number[];
  readonly protocols: readonly string[];
  readonly first: string;
  readonly last: string;
}

const mostPairs = 2000;
const pairsAtOnce = 20_000;
const earliest = '1900-01-01T00:00:00.000000Z';
const latest = '2299-12-31T00:00:00.000000Z';

/** Ids of the first events of each finding, in order of time and position, at most `limit` of each. */
export async function eventsBehind(
  engine: EventsEngine,
  drafts: readonly Pick<FindingDraft, 'selectors'>[],
  limit: number,
): Promise<readonly (readonly string[])[]> {
  const found: EventPlace[][] = drafts.map(() => []);
  const pairs: { readonly finding: number; readonly selector: PairSelector }[] = [];
  for (const [finding, draft] of drafts.entries()) {
    const others: EventSelector[] = [];
    for (const selector of draft.selectors) {
      const pair = pairSelectorOf(selector);
      if (pair === null) others.push(selector);
      else pairs.push({ finding, selector: pair });
    }
    for (const event of await eventsOf(engine, others, limit)) found[finding]?.push(event);
  }
  for (const { finding, events } of await eventsOfPairs(engine, pairs, limit))
    for (const event of events) found[finding]?.push(event);
  return found.map((events) => [...new Set(events.sort(inOrder).map(({ id }) => id))].slice(0, limit));
}

function inOrder(left: EventPlace, right: EventPlace): number {
  return byText(left.time, right.time) || byText(left.evidence, right.evidence) || left.record - right.record;
}

/** The selector as pairs of addresses; null when it says more, or names too many. */
function pairSelectorOf(selector: EventSelector): PairSelector | null {
  if (selector.table !== 'network') return null;
  const known = new Set(['src_ip', 'dst_ip', 'dst_port', 'protocol', 'time']);
  if (selector.where.some(({ column, op }) => !known.has(column) || (op === 'range') !== (column === 'time')))
    return null;
  const columns = selector.where.map(({ column }) => column);
  if (new Set(columns).size !== columns.length) return null;
  const valuesOf = (column: string) => {
    const condition = selector.where.find((candidate) => candidate.column === column);
    return condition?.op === 'in' ? condition.values : [];
  };
  const [sources, targets] = [valuesOf('src_ip').map(String), valuesOf('dst_ip').map(String)];
  const count = sources.length * targets.length;
  if (count === 0 || count > mostPairs) return null;
  const time: Condition | undefined = selector.where.find(({ column }) => column === 'time');
  const range = time?.op === 'range' ? time : undefined;
  return {
    sources,
    targets,
    ports: valuesOf('dst_port').map(Number),
    protocols: valuesOf('protocol').map(String),
    first: String(range?.from ?? earliest),
    last: String(range?.to ?? latest),
  };
}

const insert = `
INSERT INTO finding_pair
SELECT pair.1, pair.2, pair.3, pair.4, pair.5, parseDateTime64BestEffort(pair.6, 6, 'UTC'), parseDateTime64BestEffort(pair.7, 6, 'UTC')
FROM (SELECT arrayJoin(arrayZip(
    {findings:Array(UInt32)}, {sources:Array(IPv6)}, {targets:Array(IPv6)}, {ports:Array(Array(UInt16))},
    {protocols:Array(Array(String))}, {firsts:Array(String)}, {lasts:Array(String)})) AS pair)`;

const select = `
SELECT
    p.finding AS finding,
    groupArraySorted({most:UInt64})((n.time, toString(n.evidence_id), n.record)) AS places
FROM network AS n
INNER JOIN finding_pair AS p ON p.src_ip = n.src_ip AND p.dst_ip = n.dst_ip
WHERE n.is_repeat = 0
  AND (empty(p.ports) OR has(p.ports, n.dst_port))
  AND (empty(p.protocols) OR has(p.protocols, toString(n.protocol)))
  AND n.time >= p.first AND n.time <= p.last
GROUP BY finding
ORDER BY finding`;

async function eventsOfPairs(
  engine: EventsEngine,
  selectors: readonly { readonly finding: number; readonly selector: PairSelector }[],
  limit: number,
): Promise<readonly { readonly finding: number; readonly events: readonly EventPlace[] }[]> {
  const pairs = selectors.flatMap(({ finding, selector }) =>
    selector.sources.flatMap((source) =>
      selector.targets.map((target) => ({ ...selector, finding, source, target })),
    ),
  );
  if (pairs.length === 0) return [];
  await engine.execute('TRUNCATE TABLE finding_pair');
  for (let at = 0; at < pairs.length; at += pairsAtOnce) {
    const some = pairs.slice(at, at + pairsAtOnce);
    await engine.execute(insert, {
      findings: some.map(({ finding }) => finding),
      sources: some.map(({ source }) => source),
      targets: some.map(({ target }) => target),
      ports: some.map(({ ports }) => ports),
      protocols: some.map(({ protocols }) => protocols),
      firsts: some.map(({ first }) => first),
      lasts: some.map(({ last }) => last),
    });
  }
  // Selectors of one finding may overlap: room for every sighting of an event keeps the count of different ones whole.
  const perFinding = new Map<number, number>();
  for (const { finding } of selectors) perFinding.set(finding, (perFinding.get(finding) ?? 0) + 1);
  const most = limit * Math.max(1, ...perFinding.values());
  const rows = await engine.query(select.replace('{most:UInt64}', String(most)));
  return rows.map((row) => ({ finding: Number(row['finding']), events: placesOf(row['places']) }));
}

function placesOf(value: unknown): readonly EventPlace[] {
  if (!Array.isArray(value)) return [];
  return value.map((place: unknown): EventPlace => {
    const [time, evidence, record] = Array.isArray(place) ? place : [];
    return {
      time: String(time),
      evidence: String(evidence),
      record: Number(record),
      id: `${String(evidence)}:${String(record)}`,
    };
  });
}
