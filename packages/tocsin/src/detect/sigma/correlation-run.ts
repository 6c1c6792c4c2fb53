// Runs the correlations over the matches in the store, in the order in which they build on each other, and makes findings
// of what they find. Takes linked correlations, gives FindingDrafts with the digest of the rules they stand on.
import { byText, sha256 } from '../../ground/ids.ts';
import type { EventsEngine, Row } from '../../store/events/engine.ts';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { instantOfMicros } from '../../vocabulary/instant.ts';
import { directionOf, eventIds, placeSql, selectorsOf } from '../event-place.ts';
import type { GivenFinding } from '../given.ts';
import { type CorrelationMatch, Correlator, type EventReference } from './correlation.ts';
import { draftOf } from './findings.ts';
import type { Linked, LinkedCorrelation } from './link.ts';
import { matchTable } from './scan.ts';

/** Events with all they carry, of a rule's match or of another correlation's. */
interface Match {
  readonly member: number;
  readonly micros: number;
  readonly values: Readonly<Record<string, string>>;
  readonly events: readonly EventReference[];
}

/** Findings of the correlations that are reported. @param sha256Of digest of a rule's queries, by its number */
export async function correlationFindings(
  engine: EventsEngine,
  { correlations }: Linked,
  sha256Of: (rule: number) => string,
): Promise<readonly GivenFinding[]> {
  const found: (readonly CorrelationMatch[])[] = [];
  const own: string[] = [];
  const findings: GivenFinding[] = [];
  for (const linked of correlations) {
    const matches = await matchesOf(engine, linked, { found, correlations });
    found.push(matches);
    const digest = sha256(
      JSON.stringify([
        linked.spec,
        linked.members.map((member) => ('rule' in member ? sha256Of(member.rule) : own[member.correlation])),
      ]),
    );
    own.push(digest);
    if (!linked.isReported) continue;
    for (const match of matches) {
      const draft = draftOfMatch(linked, match);
      if (draft !== null) findings.push({ draft, events: eventIds(match.events), sqlSha256: digest });
    }
  }
  return findings;
}

interface Earlier {
  readonly found: readonly (readonly CorrelationMatch[])[];
  readonly correlations: readonly LinkedCorrelation[];
}

async function matchesOf(
  engine: EventsEngine,
  linked: LinkedCorrelation,
  earlier: Earlier,
): Promise<readonly CorrelationMatch[]> {
  const correlator = new Correlator(linked.spec);
  const values = (match: Match, fields: readonly string[] | undefined) =>
    (fields ?? []).map((field) => match.values[field] ?? '');
  const inner = innerMatches(linked, earlier);
  let next = 0;
  const take = (match: Match) => {
    const group = values(match, linked.groupFields[match.member]);
    // Events that lack a value to group by belong to no group.
    if (group.some((value) => value === '')) return;
    const counted = values(match, linked.countFields[match.member]);
    const value = counted.some((part) => part === '') ? '' : JSON.stringify(counted);
    correlator.add({
      member: match.member,
      micros: match.micros,
      group,
      value: linked.spec.type === 'value_count' ? value : '',
      events: match.events,
    });
  };
  for await (const match of ruleMatches(engine, linked)) {
    for (
      let before = inner[next];
      before !== undefined && before.micros <= match.micros;
      before = inner[next]
    ) {
      take(before);
      next += 1;
    }
    take(match);
  }
  for (const match of inner.slice(next)) take(match);
  return correlator.end();
}

/** Matches of correlations this one builds on: each counts once, when its condition first held to the end. */
function innerMatches(linked: LinkedCorrelation, { found, correlations }: Earlier): readonly Match[] {
  const out: Match[] = [];
  for (const [member, named] of linked.members.entries()) {
    if (!('correlation' in named)) continue;
    const groupBy = correlations[named.correlation]?.spec.groupBy ?? [];
    for (const match of found[named.correlation] ?? []) {
      const grouped = Object.fromEntries(groupBy.map((field, at) => [field, match.group[at] ?? '']));
      const values = { ...match.events.at(-1)?.values, ...grouped };
      out.push({ member, micros: match.lastMicros, values, events: match.events });
    }
  }
  return out.sort((left, right) => left.micros - right.micros || left.member - right.member);
}

async function* ruleMatches(engine: EventsEngine, linked: LinkedCorrelation): AsyncGenerator<Match> {
  const members = new Map<number, number[]>();
  for (const [at, member] of linked.members.entries()) {
    if ('rule' in member) members.set(member.rule, [...(members.get(member.rule) ?? []), at]);
  }
  if (members.size === 0) return;
  const batches = engine.stream(
    `SELECT rule, table_name, evidence_id, record, toUnixTimestamp64Micro(time) AS micros, wanted, place_host, direction, peer
     FROM (SELECT *, ${placeSql} FROM ${matchTable} WHERE hasAny(rules, {rules:Array(UInt32)}))
     ARRAY JOIN arrayIntersect(rules, {rules:Array(UInt32)}) AS rule
     ORDER BY time, evidence_id, record, rule`,
    { rules: [...members.keys()] },
  );
  for await (const rows of batches) {
    for (const row of rows) {
      // A rule named twice is one step of a chain at a time; the correlator tells the steps by name.
      const [member = 0] = members.get(Number(row['rule'])) ?? [];
      yield matchOfRow(row, member);
    }
  }
}

function matchOfRow(row: Row, member: number): Match {
  const micros = Number(row['micros']);
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(Object(row['wanted']))) values[name] = String(value);
  const event: EventReference = {
    table: String(row['table_name']),
    evidenceId: String(row['evidence_id']),
    record: Number(row['record']),
    micros,
    values,
    place: {
      host: String(row['place_host']),
      direction: String(row['direction']),
      peer: String(row['peer']),
    },
  };
  return { member, micros, values, events: [event] };
}

/** Null when none of its events is of a machine of ours. */
function draftOfMatch({ head, spec }: LinkedCorrelation, match: CorrelationMatch): FindingDraft | null {
  const places = match.events.map(({ place }) => place);
  const place = places.find(({ host }) => host !== '');
  if (place === undefined) return null;
  const peers = [...new Set(places.map(({ peer }) => peer))].filter((peer) => peer !== '').sort(byText);
  const hosts = [...new Set(places.map(({ host }) => host))].filter((host) => host !== '').sort(byText);
  return draftOf(head, {
    host: place.host,
    direction: directionOf(place.direction),
    peers: peers.slice(0, 1000),
    first_seen: instantOfMicros(BigInt(match.firstMicros)),
    last_seen: instantOfMicros(BigInt(match.lastMicros)),
    event_count: match.eventCount,
    selectors: selectorsOf(match.events),
    detail: {
      correlation: spec.type,
      timespan_s: spec.timespanS,
      group_by: spec.groupBy,
      group: match.group,
      hosts: hosts.slice(0, 100),
      peer_count: peers.length,
      listed_events: match.events.length,
    },
  });
}
