// Findings of listed indicators: one per machine of ours, indicator and direction. Takes the store with its table
// `indicator` filled, gives FindingDrafts of the same shape as every detector's.
import { sha256 } from '../../ground/ids.ts';
import type { EventsEngine, Row } from '../../store/events/engine.ts';
import type { Direction, FindingDraft, Weight } from '../../vocabulary/finding.ts';
import {
  directionOf,
  type EventReference,
  eventIds,
  listedEventsSql,
  maxListedPeers,
  placeSql,
  referencesOf,
  selectorsOf,
  textsOf,
} from '../event-place.ts';
import type { GivenDetection, GivenFinding } from '../given.ts';
import { rounded } from '../statistics.ts';
import { closeSightings, findSightings, matchingStatements, sightingTable } from './sightings.ts';

export const indicatorText = {
  id: 'indicator-match',
  title: 'Indicators given by the user',
  technique: 'T1071',
  scoreMeaning:
    'How much of the match is the indicator itself: a hash or a whole URL is nearly 1, a name or an address less, a name below it or a network least; contact that came from outside counts a third.',
  caveat:
    'The list says the indicator is bad, not when, for whom or why; addresses and names change hands and are shared by many. That a listed address knocked from outside says nothing of our machine.',
} as const;

/** Findings, those with most events first. */
const maxFindings = 20_000;

const groupsSql = `SELECT kind, value, place_host, direction,
  count() AS events,
  concat(replaceOne(toString(min(time)), ' ', 'T'), 'Z') AS first_seen,
  concat(replaceOne(toString(max(time)), ' ', 'T'), 'Z') AS last_seen,
  sum(bytes_out) AS bytes_out,
  sum(bytes_in) AS bytes_in,
  countIf(seen = value) AS exact,
  arraySort(groupUniqArray(20)(seen)) AS seen_as,
  arraySort(groupUniqArray(toString(table_name))) AS in_tables,
  uniqExactIf(peer, peer != '') AS peer_count,
  arraySlice(arraySort(groupUniqArrayIf(peer, peer != '')), 1, ${maxListedPeers}) AS peers,
  ${listedEventsSql}
FROM (SELECT *, ${placeSql} FROM ${sightingTable})
WHERE place_host != ''
GROUP BY kind, value, place_host, direction
ORDER BY events DESC, kind, value, place_host, direction
LIMIT ${maxFindings}`;

const listedSql = `SELECT kind, value, count() AS lists, argMin((type, file, record, note), (file, record)) AS first_listed
FROM indicator
WHERE value IN (SELECT DISTINCT value FROM ${sightingTable}) AND (kind, value) IN (SELECT DISTINCT kind, value FROM ${sightingTable})
GROUP BY kind, value`;

/** Digest of the statements behind every finding. */
export const methodSha256 = sha256([...matchingStatements(), groupsSql, listedSql].join(';\n'));

/** `--indicators PATH` as a detection of the run; the lists are in the store by then. */
export const indicatorDetection: GivenDetection = { text: indicatorText, find: matchIndicators };

/** Matches the indicators with the events. @throws TocsinError engine-failed */
export async function matchIndicators(engine: EventsEngine): Promise<readonly GivenFinding[]> {
  try {
    await findSightings(engine);
    const listed = new Map(
      (await engine.query(listedSql)).map((row) => [
        JSON.stringify([row['kind'], row['value']]),
        listingOf(row),
      ]),
    );
    const groups = await engine.query(groupsSql);
    return groups.flatMap((row) => {
      const listing = listed.get(JSON.stringify([row['kind'], row['value']]));
      if (listing === undefined) return [];
      const references = referencesOf(row);
      return [
        { draft: draftOf(row, listing, references), events: eventIds(references), sqlSha256: methodSha256 },
      ];
    });
  } finally {
    await closeSightings(engine);
  }
}

interface Listing {
  readonly lists: number;
  readonly type: string;
  readonly file: string;
  readonly record: number;
  readonly note: string;
}

function listingOf(row: Row): Listing {
  const first: unknown = row['first_listed'];
  const [type, file, record, note] = Array.isArray(first) ? first : Object.values(Object(first));
  return {
    lists: Number(row['lists']),
    type: String(type),
    file: String(file),
    record: Number(record),
    note: String(note),
  };
}

function draftOf(row: Row, listing: Listing, references: readonly EventReference[]): FindingDraft {
  const kind = String(row['kind']);
  const value = String(row['value']);
  const direction = directionOf(String(row['direction']));
  const isExact = Number(row['exact']) > 0;
  const peers = textsOf(row['peers']);
  return {
    detector: indicatorText.id,
    technique: techniqueOf(kind, direction, textsOf(row['in_tables'])),
    weight: weightOf(kind, direction),
    direction,
    host: String(row['place_host']),
    peer: peers.length === 1 ? (peers[0] ?? null) : null,
    peers,
    score: scoreOf(kind, direction, isExact),
    first_seen: String(row['first_seen']),
    last_seen: String(row['last_seen']),
    event_count: Number(row['events']),
    detail: {
      indicator: value,
      indicator_kind: kind === 'address' && value.includes('/') ? 'network' : kind,
      indicator_type: listing.type,
      listed_in: listing.file,
      listed_record: listing.record,
      listings: listing.lists,
      note: listing.note,
      seen_as: textsOf(row['seen_as']),
      tables: textsOf(row['in_tables']),
      bytes_out: Number(row['bytes_out']),
      bytes_in: Number(row['bytes_in']),
      peer_count: Number(row['peer_count']),
      listed_events: references.length,
    },
    selectors: selectorsOf(references),
    caveat: indicatorText.caveat,
  };
}

/** What identifies a thing opens an incident; what is shared or changes hands joins one; knocking from outside is noise. */
function weightOf(kind: string, direction: Direction): Weight {
  if (kind === 'hash') return 'incident';
  if (direction === 'inbound') return kind === 'email' ? 'supporting' : 'background';
  return kind === 'url' ? 'incident' : 'supporting';
}

const strength: Readonly<Record<string, readonly [exact: number, within: number]>> = {
  hash: [0.95, 0.95],
  url: [0.9, 0.9],
  ja3: [0.5, 0.5],
  email: [0.7, 0.7],
  domain: [0.75, 0.6],
  address: [0.65, 0.4],
};

function scoreOf(kind: string, direction: Direction, isExact: boolean): number {
  const [exact, within] = strength[kind] ?? [0.5, 0.4];
  const share = direction === 'inbound' && kind !== 'hash' && kind !== 'email' ? 1 / 3 : 1;
  return rounded((isExact ? exact : within) * share);
}

function techniqueOf(kind: string, direction: Direction, tables: readonly string[]): string {
  if (kind === 'hash') return tables.includes('process') ? 'T1204' : 'T1105';
  if (kind === 'email') return 'T1566';
  if (direction === 'inbound') return 'T1595';
  return kind === 'domain' && tables.every((table) => table === 'dns') ? 'T1071.004' : 'T1071';
}
