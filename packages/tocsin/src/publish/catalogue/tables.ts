// The tables of a bundle that the report's figures read: their columns as data, and the rows of all but theft_flow,
// made from an Investigation. The rows of theft_flow come from the events store.
import type { Column, Row } from '@tocsin/verify';
import type { Investigation } from '../../vocabulary/investigation.ts';

/** An investigation before its figures are known. */
export type Unfigured = Omit<Investigation, 'figures'>;

const text = (name: string, meaning: string): Column => ({ name, type: 'text', meaning });
const time = (name: string, meaning: string): Column => ({ name, type: 'time', meaning });
const integer = (name: string, unit: string, meaning: string): Column => ({
  name,
  type: 'integer',
  unit,
  meaning,
});

/** Columns by table, in the order they are published in. A text that is not known is empty; a time is null. */
export const publishedTables = {
  evidence: [
    text('id', 'Evidence item: `e-` and the first hex digits of its SHA-256.'),
    text('path', 'Path relative to the folder given.'),
    text('sha256', 'SHA-256 of the content.'),
    integer('bytes', 'bytes', 'Size as received.'),
    text(
      'format',
      'Format it was recognised as; archive, empty, unknown or unreadable where there are no records.',
    ),
    integer('records', 'records', 'Records in: always events + rejects + headers.'),
    integer('events', 'events', 'Records that became events.'),
    integer('rejects', 'records', 'Records that could not be understood.'),
    integer('headers', 'records', 'Header and blank lines.'),
    time('first', 'Time of the earliest event.'),
    time('last', 'Time of the latest event.'),
    text('duplicate_of', 'Item with the same content that was read in its stead; else empty.'),
    text('container', 'Archive it is a member of; else empty.'),
  ],
  reject_summary: [
    text('evidence_id', 'Evidence item.'),
    text('code', 'Why the records were rejected, by code.'),
    text('reason', 'The same in words.'),
    integer('count', 'records', 'Records rejected so.'),
    integer('first_record', 'position', 'The first of them.'),
  ],
  finding: [
    text('id', 'Finding.'),
    text('detector', 'Detector that made it.'),
    text('technique', 'ATT&CK technique.'),
    text('weight', 'incident, supporting or background.'),
    text('direction', 'inbound, outbound, internal or local, seen from the constituency.'),
    text('host', 'Machine of ours it is about.'),
    text('peer', 'The other side when there is one; else empty.'),
    text('organisation', 'Organisation of the host; else empty.'),
    integer('score_permille', 'thousandths', 'Score of the detector, 0 to 1000.'),
    time('first_seen', 'First event.'),
    time('last_seen', 'Last event.'),
    integer('event_count', 'events', 'Events it stands on.'),
    text('incident', 'Incident it belongs to; else empty.'),
  ],
  incident_host: [
    text('incident', 'Incident.'),
    text('ip', 'Machine of ours.'),
    text('role', 'entry, implant, foothold, relay or pivot.'),
    time('first_seen', 'First event in that role.'),
  ],
  incident_outside: [
    text('incident', 'Incident.'),
    text('ip', 'Outside address.'),
    text('role', 'controller, hop, drop or target.'),
    text('country', 'Country the address is registered in (ISO 3166 code); empty when not known.'),
    integer('asn', 'number', 'Autonomous system; null when not known.'),
    text('as_name', 'Its name; empty when not known.'),
    time('first_seen', 'First event in that role.'),
  ],
  theft_flow: [
    text('incident', 'Incident.'),
    text('event_id', 'Event: evidence item and record.'),
    text('evidence_id', 'Evidence item.'),
    integer('record', 'position', 'Record in that item.'),
    time('time', 'Beginning of the flow.'),
    text('day', 'Its day in UTC, YYYY-MM-DD.'),
    { name: 'src_ip', type: 'address', meaning: 'Address that opened the flow.' },
    { name: 'dst_ip', type: 'address', meaning: 'Address that was asked.' },
    text('victim', 'Machine of ours the data left.'),
    text('destination', 'Outside address it went to.'),
    integer('minimum_bytes', 'bytes', 'Bytes taken at least.'),
    integer('best_bytes', 'bytes', 'Bytes taken, best estimate.'),
    integer('maximum_bytes', 'bytes', 'Bytes taken at most.'),
  ],
  edge: [
    text('incident', 'Incident.'),
    text('source', 'Side that opened the conversations.'),
    text('target', 'Side that was asked.'),
    text('kind', 'control, movement, theft, intrusion or attack.'),
    integer('flows', 'flows', 'Conversations.'),
    integer('bytes_out', 'bytes', 'Bytes from source to target.'),
    integer('bytes_in', 'bytes', 'Bytes from target to source.'),
    time('first_seen', 'First of them.'),
    time('last_seen', 'Last of them.'),
  ],
  relay: [
    text('incident', 'Incident.'),
    text('host', 'Machine of ours that is steered from outside and used against others.'),
    text('signals', 'Signals that fired: coupling, conservation, abuse.'),
    integer(
      'p_millionths',
      'millionths',
      'Chance that its acts fall into sessions as they do, corrected for all machines tested (Benjamini and Hochberg).',
    ),
  ],
  relay_party: [
    text('incident', 'Incident.'),
    text('host', 'Relay.'),
    text('part', 'controller or target.'),
    text('ip', 'Address in that part.'),
  ],
  chain_hop: [
    text('incident', 'Incident.'),
    integer('chain', 'position', 'Chain, counted from 1, the best first.'),
    integer('hop', 'position', 'Place in it, counted from 1: the last visible hop.'),
    text('ip', 'Address.'),
    text('role', 'Its part.'),
    time('from', 'First seen in that part.'),
    time('to', 'Last seen in that part.'),
    integer('score_millionths', 'millionths', 'How sure it is tied to the hop before it.'),
    text('reasons', 'What ties it, in words.'),
  ],
  rhythm: [
    text('incident', 'Incident.'),
    integer('acts', 'sittings', 'Sittings of people at work: of the acts within an hour the first counts.'),
    text('silent', 'Why their hours tell no zone from another; empty when they may.'),
    integer('hypotheses', 'hypotheses', 'Different hypotheses tried, by which every chance is multiplied.'),
    text('victim_clock', 'Fixed offset by which the victim itself works; empty when it keeps no hours.'),
  ],
  rhythm_act: [text('incident', 'Incident.'), time('time', 'Beginning of a sitting.')],
  rhythm_zone: [
    text('incident', 'Incident.'),
    text('zone', "Zone of the tz database, or the rival: the victim's night."),
    text('clock', 'First zone, by name, whose clocks showed the same at every act; empty for the rival.'),
    text('verdict', 'consistent, not discriminating or excluded.'),
    integer('from_hour', 'hours', 'Begin of the working day that holds most of the acts, local.'),
    integer('to_hour', 'hours', 'Its end, local.'),
    integer('p_millionths', 'millionths', 'Chance of so few acts in it, times the hypotheses tried.'),
    integer('holidays', 'days', 'National holidays on its working days; null where not considered.'),
    integer('holiday_acts', 'sittings', 'Acts in its working hours on them; null where not considered.'),
  ],
  sighting: [
    text('first_sensor', 'One sensor.'),
    text('second_sensor', 'The other.'),
    integer('flows', 'flows', 'Flows both saw, counted once.'),
    integer('clock_offset_us', 'microseconds', 'Clock of the second minus that of the first, estimated.'),
  ],
} as const satisfies Record<string, readonly Column[]>;

export type PublishedTable = keyof typeof publishedTables;

/** Tables whose rows are made from the investigation. */
export const publishedRowTables = [
  'chain_hop',
  'edge',
  'evidence',
  'finding',
  'incident_host',
  'incident_outside',
  'reject_summary',
  'relay',
  'relay_party',
  'rhythm',
  'rhythm_act',
  'rhythm_zone',
  'sighting',
] as const satisfies readonly PublishedTable[];

/** Rows of evidence, in the order given. */
export function evidenceRows({ evidence }: Unfigured): readonly Row[] {
  return evidence.map((item) =>
    cells({
      id: item.id,
      path: item.path,
      sha256: item.sha256,
      bytes: item.bytes,
      format: item.format,
      records: item.records,
      events: item.events,
      rejects: item.rejects,
      headers: item.headers,
      first: item.first,
      last: item.last,
      duplicate_of: item.duplicate_of ?? '',
      container: item.container ?? '',
    }),
  );
}

/** Rows of reject_summary: per item and reason. */
export function rejectRows({ evidence }: Unfigured): readonly Row[] {
  return evidence.flatMap((item) =>
    item.rejected.map(({ code, reason, count, first_record }) =>
      cells({
        evidence_id: item.id,
        code,
        reason,
        count,
        first_record,
      }),
    ),
  );
}

/** Rows of finding. A finding that several incidents name counts for the first of them. */
export function findingRows({ findings, incidents }: Unfigured): readonly Row[] {
  const incidentOf = new Map<string, string>();
  for (const incident of incidents) {
    for (const id of incident.findings) if (!incidentOf.has(id)) incidentOf.set(id, incident.id);
  }
  return findings.map((finding) =>
    cells({
      id: finding.id,
      detector: finding.detector,
      technique: finding.technique,
      weight: finding.weight,
      direction: finding.direction,
      host: finding.host,
      peer: finding.peer ?? '',
      organisation: finding.organisation ?? '',
      score_permille: Math.round(finding.score * 1000),
      first_seen: finding.first_seen,
      last_seen: finding.last_seen,
      event_count: finding.event_count,
      incident: incidentOf.get(finding.id) ?? '',
    }),
  );
}

/** Rows of incident_host. */
export function hostRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap((incident) =>
    incident.hosts.map(({ ip, role, first_seen }) =>
      cells({
        incident: incident.id,
        ip,
        role,
        first_seen,
      }),
    ),
  );
}

/** Rows of incident_outside. */
export function outsideRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap((incident) =>
    incident.outside.map(({ ip, role, country, asn, as_name, first_seen }) =>
      cells({
        incident: incident.id,
        ip,
        role,
        country: country ?? '',
        asn,
        as_name: as_name ?? '',
        first_seen,
      }),
    ),
  );
}

/** Rows of edge. */
export function edgeRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap((incident) =>
    incident.edges.map(({ from, to, kind, flows, bytes_out, bytes_in, first_seen, last_seen }) =>
      cells({
        incident: incident.id,
        source: from,
        target: to,
        kind,
        flows,
        bytes_out,
        bytes_in,
        first_seen,
        last_seen,
      }),
    ),
  );
}

/** Rows of relay. */
export function relayRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap((incident) =>
    incident.relays.map(({ host, signals, p }) =>
      cells({ incident: incident.id, host, signals: signals.join(', '), p_millionths: Math.round(p * 1e6) }),
    ),
  );
}

/** Rows of relay_party. */
export function relayPartyRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap((incident) =>
    incident.relays.flatMap(({ host, controllers, targets }) => [
      ...controllers.map((ip) => cells({ incident: incident.id, host, part: 'controller', ip })),
      ...targets.map((ip) => cells({ incident: incident.id, host, part: 'target', ip })),
    ]),
  );
}

/** Rows of chain_hop. */
export function chainRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap((incident) =>
    incident.chains.flatMap(({ hops }, chain) =>
      hops.map(({ ip, role, from, to, score, reasons }, hop) =>
        cells({
          incident: incident.id,
          chain: chain + 1,
          hop: hop + 1,
          ip,
          role,
          from,
          to,
          score_millionths: Math.round(score * 1e6),
          reasons: reasons.join('; '),
        }),
      ),
    ),
  );
}

/** Rows of rhythm. */
export function rhythmRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap(({ id, rhythm }) =>
    rhythm === null
      ? []
      : [
          cells({
            incident: id,
            acts: rhythm.acts,
            silent: rhythm.silent ?? '',
            hypotheses: rhythm.hypotheses,
            victim_clock: rhythm.victim_clock ?? '',
          }),
        ],
  );
}

/** Rows of rhythm_act. */
export function rhythmActRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap(({ id, rhythm }) =>
    (rhythm?.times ?? []).map((begin) => cells({ incident: id, time: begin })),
  );
}

/** Rows of rhythm_zone. */
export function rhythmZoneRows({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap(({ id, rhythm }) =>
    (rhythm?.zones ?? []).map(({ zone, clock, verdict, window: [from, to], p, holidays }) =>
      cells({
        incident: id,
        zone,
        clock: clock ?? '',
        verdict,
        from_hour: from,
        to_hour: to,
        p_millionths: Math.round(p * 1e6),
        holidays: holidays?.days ?? null,
        holiday_acts: holidays?.acts ?? null,
      }),
    ),
  );
}

/** Rows of sighting. */
export function sightingRows({ sightings }: Unfigured): readonly Row[] {
  return sightings.map(({ sensors: [first, second], flows, clock_offset_s }) =>
    cells({
      first_sensor: first,
      second_sensor: second,
      flows,
      // `+ 0` turns a negative zero, which a cell cannot hold, into zero.
      clock_offset_us: Math.round(clock_offset_s * 1e6) + 0,
    }),
  );
}

/** Every table's rows but those of theft_flow. */
export function publishedRows(
  investigation: Unfigured,
): Readonly<Record<Exclude<PublishedTable, 'theft_flow'>, readonly Row[]>> {
  return {
    evidence: evidenceRows(investigation),
    reject_summary: rejectRows(investigation),
    finding: findingRows(investigation),
    incident_host: hostRows(investigation),
    incident_outside: outsideRows(investigation),
    edge: edgeRows(investigation),
    relay: relayRows(investigation),
    relay_party: relayPartyRows(investigation),
    chain_hop: chainRows(investigation),
    rhythm: rhythmRows(investigation),
    rhythm_act: rhythmActRows(investigation),
    rhythm_zone: rhythmZoneRows(investigation),
    sighting: sightingRows(investigation),
  };
}

/** The row with every text as a bundle can hold it. */
function cells(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, cell]) => [name, typeof cell === 'string' ? wellFormed(cell) : cell]),
  );
}

/** The text as a bundle can hold it: a lone surrogate becomes U+FFFD. Definitions compare with the same form. */
export function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, '\ufffd');
}
