// The figures of one incident: who was touched, who stood behind it, what was taken. Takes the incident and the number
// of rows shown one by one; gives entries of the catalogue.
import type { FigureDefinition } from '@tocsin/verify';
import { byText } from '../../ground/ids.ts';
import type { Incident, Theft } from '../../vocabulary/investigation.ts';
import { mapOf } from '../sections/map/groups.ts';
import {
  among,
  atLeast,
  type CatalogueEntry,
  count,
  distinct,
  equals,
  figureId,
  greatest,
  labelText,
  least,
  narrowed,
  perHourOfWeek,
  rowsOf,
  sum,
} from './define.ts';
import { shownZones, weekZones } from './rhythm.ts';
import { shownDays, shownDestinations, shownEdges, shownLedger, shownRelays } from './selection.ts';

/** The bounds of the theft, in the order they are shown. */
export const bounds = ['minimum', 'best', 'maximum'] as const;
const boundLabel = { minimum: 'at least', best: 'best estimate', maximum: 'at most' } as const;

/** Figures of an incident; ids begin with `incident.<id>`. */
export function incidentFigures(incident: Incident, limit: number): readonly CatalogueEntry[] {
  return [
    ...core(incident),
    ...theftFigures(incident, limit),
    ...edgeFigures(incident, limit),
    ...mapFigures(incident),
    ...relayFigures(incident, limit),
    ...rhythmFigures(incident, limit),
  ];
}

function entryOf(incident: Incident) {
  return (
    id: readonly string[],
    label: string,
    unit: string,
    definition: FigureDefinition,
  ): CatalogueEntry => ({
    id: figureId('incident', incident.id, ...id),
    label: labelText(label),
    unit,
    definition,
  });
}

function core(incident: Incident): readonly CatalogueEntry[] {
  const entry = entryOf(incident);
  const mine = equals('incident', incident.id);
  const host = rowsOf('incident_host', mine);
  const outside = rowsOf('incident_outside', mine);
  const finding = rowsOf('finding', mine);
  const edge = rowsOf('edge', mine);
  const hostRoles = [...new Set(incident.hosts.map(({ role }) => role))].sort(byText);
  const outsideRoles = [...new Set(incident.outside.map(({ role }) => role))].sort(byText);
  const kinds = [...new Set(incident.edges.map(({ kind }) => kind))].sort(byText);
  return [
    entry(['hosts'], 'Machines of ours involved', 'hosts', distinct(host, 'ip')),
    ...hostRoles.map((role) =>
      entry(
        ['hosts', role],
        `Machines of ours in the role ${role}`,
        'hosts',
        distinct(narrowed(host, equals('role', role)), 'ip'),
      ),
    ),
    entry(['outside'], 'Outside addresses involved', 'addresses', distinct(outside, 'ip')),
    ...outsideRoles.map((role) =>
      entry(
        ['outside', role],
        `Outside addresses in the role ${role}`,
        'addresses',
        distinct(narrowed(outside, equals('role', role)), 'ip'),
      ),
    ),
    entry(['findings'], 'Findings joined in this incident', 'findings', count(finding)),
    entry(['events'], 'Events behind them, counted once per finding', 'events', sum(finding, 'event_count')),
    entry(['first'], 'First event of any finding', 'time', least(finding, 'first_seen')),
    entry(['last'], 'Last event of any finding', 'time', greatest(finding, 'last_seen')),
    ...incident.stages
      .filter((stage) => stage.techniques.length > 0)
      .map(({ tactic, techniques }) =>
        entry(
          ['stage', tactic, 'findings'],
          `Findings with the techniques of the stage ${tactic}`,
          'findings',
          count(narrowed(finding, among('technique', techniques))),
        ),
      ),
    ...kinds.flatMap((kind) => {
      const ofKind = narrowed(edge, equals('kind', kind));
      return [
        entry([kind, 'flows'], `Conversations of the kind ${kind}`, 'flows', sum(ofKind, 'flows')),
        entry(
          [kind, 'bytes_out'],
          `Bytes in them from the side that opened`,
          'bytes',
          sum(ofKind, 'bytes_out'),
        ),
        entry([kind, 'bytes_in'], `Bytes in them to the side that opened`, 'bytes', sum(ofKind, 'bytes_in')),
      ];
    }),
  ];
}

function theftFigures(incident: Incident, limit: number): readonly CatalogueEntry[] {
  const { theft } = incident;
  if (!theft) return [];
  const entry = entryOf(incident);
  const flow = rowsOf('theft_flow', equals('incident', incident.id));
  // The table also holds flows that count for the upper bound alone; what is counted is what the best estimate holds.
  const carried = narrowed(flow, atLeast('best_bytes', 1));
  const all = bounds.map((bound) =>
    entry(['theft', bound], `Bytes taken, ${boundLabel[bound]}`, 'bytes', sum(flow, `${bound}_bytes`)),
  );
  return [
    ...all,
    entry(['theft.flows'], 'Flows that carried the data out', 'flows', count(carried)),
    entry(['theft.victims'], 'Machines of ours the data left', 'hosts', distinct(carried, 'victim')),
    entry(
      ['theft.destinations'],
      'Outside addresses the data went to',
      'addresses',
      distinct(carried, 'destination'),
    ),
    entry(['theft.days'], 'Days (UTC) on which data left', 'days', distinct(carried, 'day')),
    ...destinationFigures(incident, theft, limit),
    ...shownDays(theft, limit).rows.map((day) =>
      entry(
        ['theft.best.day', day],
        `Bytes taken on ${day}, best estimate`,
        'bytes',
        sum(narrowed(flow, equals('day', day)), 'best_bytes'),
      ),
    ),
    ...shownLedger(theft, limit).rows.flatMap(({ victim, destination, day }) => {
      const row = narrowed(
        flow,
        equals('victim', victim),
        equals('destination', destination),
        equals('day', day),
      );
      const where = `from ${victim} to ${destination} on ${day}`;
      return [
        ...bounds.map((bound) =>
          entry(
            ['theft', bound, victim, destination, day],
            `Bytes ${where}, ${boundLabel[bound]}`,
            'bytes',
            sum(row, `${bound}_bytes`),
          ),
        ),
        entry(
          ['theft.flows', victim, destination, day],
          `Flows ${where}`,
          'flows',
          count(narrowed(row, atLeast('best_bytes', 1))),
        ),
      ];
    }),
  ];
}

function destinationFigures(incident: Incident, theft: Theft, limit: number): readonly CatalogueEntry[] {
  const entry = entryOf(incident);
  return shownDestinations(theft, limit).rows.flatMap(({ ip }) => {
    const row = rowsOf('theft_flow', equals('incident', incident.id), equals('destination', ip));
    return [
      ...bounds.map((bound) =>
        entry(
          ['theft', bound, ip],
          `Bytes to ${ip}, ${boundLabel[bound]}`,
          'bytes',
          sum(row, `${bound}_bytes`),
        ),
      ),
      entry(
        ['theft.flows', ip],
        `Flows that carried data to ${ip}`,
        'flows',
        count(narrowed(row, atLeast('best_bytes', 1))),
      ),
      entry(
        ['theft.victims', ip],
        `Machines of ours that sent data to ${ip}`,
        'hosts',
        distinct(narrowed(row, atLeast('best_bytes', 1)), 'victim'),
      ),
    ];
  });
}

function rhythmFigures(incident: Incident, limit: number): readonly CatalogueEntry[] {
  if (incident.rhythm === null) return [];
  const entry = entryOf(incident);
  const mine = equals('incident', incident.id);
  const acts = rowsOf('rhythm_act', mine);
  const zones = rowsOf('rhythm_zone', mine);
  return [
    entry(['acts'], 'Sittings of people at work', 'sittings', count(acts)),
    entry(
      ['acts.hypotheses'],
      'Hypotheses on their working hours',
      'hypotheses',
      sum(rowsOf('rhythm', mine), 'hypotheses'),
    ),
    ...weekZones(incident.rhythm, limit).map((zone) =>
      entry(
        ['week', zone],
        `Sittings by hour of the week in ${zone}`,
        'sittings',
        perHourOfWeek(acts, 'time', zone),
      ),
    ),
    ...shownZones(incident.rhythm).flatMap(({ zone, holidays }) => {
      const own = narrowed(zones, equals('zone', zone));
      return [
        entry(
          ['zone', zone, 'p'],
          `Chance of these hours in ${zone}`,
          'millionths',
          least(own, 'p_millionths'),
        ),
        ...(holidays === null
          ? []
          : [
              entry(
                ['zone', zone, 'holidays'],
                `National holidays of ${zone} on working days`,
                'days',
                sum(own, 'holidays'),
              ),
              entry(
                ['zone', zone, 'holiday_acts'],
                `Sittings on national holidays of ${zone}`,
                'sittings',
                sum(own, 'holiday_acts'),
              ),
            ]),
      ];
    }),
  ];
}

function relayFigures(incident: Incident, limit: number): readonly CatalogueEntry[] {
  if (incident.relays.length === 0) return [];
  const entry = entryOf(incident);
  const mine = equals('incident', incident.id);
  const party = rowsOf('relay_party', mine);
  const part = (name: string) => equals('part', name);
  return [
    entry(['relays'], 'Machines of ours used as relays', 'hosts', distinct(rowsOf('relay', mine), 'host')),
    entry(
      ['relays.controllers'],
      'Addresses that steer them',
      'addresses',
      distinct(narrowed(party, part('controller')), 'ip'),
    ),
    entry(
      ['relays.targets'],
      'Third parties they were used against',
      'addresses',
      distinct(narrowed(party, part('target')), 'ip'),
    ),
    entry(['chains'], 'Chains through them', 'chains', distinct(rowsOf('chain_hop', mine), 'chain')),
    ...shownRelays(incident, limit).rows.flatMap(({ host }) => {
      const own = narrowed(party, equals('host', host));
      return [
        entry(
          ['relay', host, 'controllers'],
          `Addresses that steer ${host}`,
          'addresses',
          distinct(narrowed(own, part('controller')), 'ip'),
        ),
        entry(
          ['relay', host, 'targets'],
          `Third parties ${host} was used against`,
          'addresses',
          distinct(narrowed(own, part('target')), 'ip'),
        ),
        entry(
          ['relay', host, 'p'],
          `Chance that the acts of ${host} fall into sessions as they do`,
          'millionths',
          least(rowsOf('relay', mine, equals('host', host)), 'p_millionths'),
        ),
      ];
    }),
  ];
}

function edgeFigures(incident: Incident, limit: number): readonly CatalogueEntry[] {
  const entry = entryOf(incident);
  return shownEdges(incident, limit).rows.flatMap(({ from, to, kind }) => {
    const row = rowsOf(
      'edge',
      equals('incident', incident.id),
      equals('source', from),
      equals('target', to),
      equals('kind', kind),
    );
    const where = `${kind}, ${from} to ${to}`;
    return [
      entry(['edge', from, to, kind, 'flows'], `Conversations: ${where}`, 'flows', sum(row, 'flows')),
      entry(['edge', from, to, kind, 'bytes_out'], `Bytes there: ${where}`, 'bytes', sum(row, 'bytes_out')),
      entry(['edge', from, to, kind, 'bytes_in'], `Bytes back: ${where}`, 'bytes', sum(row, 'bytes_in')),
    ];
  });
}

/** Sizes of collapsed nodes, and what each node that received data received. */
function mapFigures(incident: Incident): readonly CatalogueEntry[] {
  const entry = entryOf(incident);
  const mine = equals('incident', incident.id);
  return mapOf(incident).nodes.flatMap((node) => {
    const table = node.side === 'ours' ? 'incident_host' : 'incident_outside';
    const members = rowsOf(table, mine, equals('role', node.role), among('ip', node.ips));
    const received = rowsOf('theft_flow', mine, among('destination', node.ips));
    return [
      ...(node.ips.length > 1
        ? [
            entry(
              ['map', node.key, 'size'],
              `Addresses drawn as one (${node.role})`,
              node.side === 'ours' ? 'hosts' : 'addresses',
              distinct(members, 'ip'),
            ),
          ]
        : []),
      ...(node.isDestination
        ? [
            entry(
              ['map', node.key, 'received'],
              `Bytes received there (${node.role}), best estimate`,
              'bytes',
              sum(received, 'best_bytes'),
            ),
          ]
        : []),
    ];
  });
}
