// Every figure the report uses, declared over the tables of the bundle. Takes an investigation without figures, gives
// ids, labels, units and definitions in the order of the appendix; the values are computed by the engine.
import { definitionLimits, type FigureDefinition } from '@tocsin/verify';
import { byText } from '../../ground/ids.ts';
import {
  among,
  type CatalogueEntry,
  count,
  distinct,
  equals,
  figureId,
  greatest,
  labelText,
  least,
  narrowed,
  rowsOf,
  sum,
} from './define.ts';
import { incidentFigures } from './incident.ts';
import { rowsPerIncident, shownEvidence, shownFindings } from './selection.ts';
import type { Unfigured } from './tables.ts';

export type { CatalogueEntry };

/** The figures of an investigation's report; ids are unique. */
export function catalogueOf(investigation: Unfigured): readonly CatalogueEntry[] {
  const limit = rowsPerIncident(investigation.incidents.length);
  const entries = [
    ...investigation.incidents.flatMap((incident) => incidentFigures(incident, limit)),
    ...overall(investigation),
    ...findingFigures(investigation),
    ...evidenceFigures(investigation),
    ...sightingFigures(investigation),
  ];
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

/** Writes entries of one kind tersely. */
export const entry = (
  id: readonly string[],
  label: string,
  unit: string,
  definition: FigureDefinition,
): CatalogueEntry => ({ id: figureId(...id), label: labelText(label), unit, definition });

function overall({ incidents }: Unfigured): readonly CatalogueEntry[] {
  const evidence = rowsOf('evidence');
  const finding = rowsOf('finding');
  // Figures count rows of tables, so incidents are counted by the findings they are made of.
  const ids = incidents.slice(0, definitionLimits.values).map((incident) => incident.id);
  const flows = rowsOf('theft_flow');
  return [
    ...(incidents.length > 0
      ? [
          entry(
            ['incidents'],
            'Incidents',
            'incidents',
            distinct(rowsOf('finding', among('incident', ids)), 'incident'),
          ),
          entry(
            ['incidents.hosts'],
            'Machines of ours in any incident',
            'hosts',
            distinct(rowsOf('incident_host'), 'ip'),
          ),
          entry(
            ['incidents.theft.best'],
            'Bytes taken in all incidents, best estimate',
            'bytes',
            sum(flows, 'best_bytes'),
          ),
        ]
      : []),
    entry(['evidence.items'], 'Files received', 'files', count(evidence)),
    entry(
      ['evidence.unique'],
      'Files received with a content of their own',
      'files',
      count(narrowed(evidence, equals('duplicate_of', ''))),
    ),
    entry(
      ['evidence.bytes'],
      'Size of the evidence as received, archives and their members alike',
      'bytes',
      sum(evidence, 'bytes'),
    ),
    entry(['evidence.records'], 'Records read', 'records', sum(evidence, 'records')),
    entry(['evidence.events'], 'Records that became events', 'events', sum(evidence, 'events')),
    entry(['evidence.rejects'], 'Records that could not be understood', 'records', sum(evidence, 'rejects')),
    entry(['evidence.headers'], 'Header and blank lines', 'records', sum(evidence, 'headers')),
    entry(['evidence.first'], 'Time of the earliest event', 'time', least(evidence, 'first')),
    entry(['evidence.last'], 'Time of the latest event', 'time', greatest(evidence, 'last')),
    entry(['findings'], 'Findings of all detectors', 'findings', count(finding)),
    entry(
      ['findings.background'],
      'Findings that are background only',
      'findings',
      count(narrowed(finding, equals('weight', 'background'))),
    ),
    entry(['findings.hosts'], 'Machines that any finding is about', 'hosts', distinct(finding, 'host')),
  ];
}

function findingFigures(investigation: Unfigured): readonly CatalogueEntry[] {
  const detectors = [...new Set(investigation.findings.map((finding) => finding.detector))].sort(byText);
  const perDetector = detectors.flatMap((detector) => {
    const all = rowsOf('finding', equals('detector', detector));
    const background = narrowed(all, equals('weight', 'background'));
    return [
      entry(['findings', detector], `Findings of ${detector}`, 'findings', count(all)),
      entry(
        ['findings', detector, 'background'],
        `Findings of ${detector} that are background only`,
        'findings',
        count(background),
      ),
      entry(
        ['findings', detector, 'background.hosts'],
        `Machines in the background findings of ${detector}`,
        'hosts',
        distinct(background, 'host'),
      ),
      entry(
        ['findings', detector, 'background.events'],
        `Events behind the background findings of ${detector}`,
        'events',
        sum(background, 'event_count'),
      ),
    ];
  });
  const perFinding = shownFindings(investigation).rows.map((finding) =>
    entry(
      ['finding', finding.id, 'events'],
      `Events behind finding ${finding.id}`,
      'events',
      sum(rowsOf('finding', equals('id', finding.id)), 'event_count'),
    ),
  );
  return [...perDetector, ...perFinding];
}

const tallies = ['records', 'events', 'rejects', 'headers'] as const;

function evidenceFigures(investigation: Unfigured): readonly CatalogueEntry[] {
  const codes = [
    ...new Set(investigation.evidence.flatMap((item) => item.rejected.map(({ code }) => code))),
  ].sort(byText);
  const rejects = rowsOf('reject_summary');
  return [
    ...codes.map((code) =>
      entry(
        ['rejects', code],
        `Records rejected: ${code}`,
        'records',
        sum(narrowed(rejects, equals('code', code)), 'count'),
      ),
    ),
    ...shownEvidence(investigation).rows.flatMap((item) => {
      // Two items can have one id (the same content twice), so the path tells them apart.
      const row = rowsOf('evidence', equals('id', item.id), equals('path', item.path));
      const name = item.duplicate_of === null ? [item.id] : [item.id, item.path];
      return [
        entry(['evidence', ...name, 'bytes'], `Size of ${item.id}`, 'bytes', sum(row, 'bytes')),
        ...tallies.map((column) =>
          entry(
            ['evidence', ...name, column],
            `${titleOf[column]} of ${item.id}`,
            unitOf[column],
            sum(row, column),
          ),
        ),
        ...[...new Set(item.rejected.map(({ code }) => code))]
          .sort(byText)
          .map((code) =>
            entry(
              ['evidence', ...name, 'rejects', code],
              `Records of ${item.id} rejected: ${code}`,
              'records',
              sum(narrowed(rejects, equals('evidence_id', item.id), equals('code', code)), 'count'),
            ),
          ),
      ];
    }),
  ];
}

const titleOf = {
  records: 'Records',
  events: 'Events',
  rejects: 'Rejected records',
  headers: 'Header and blank lines',
} as const;
const unitOf = { records: 'records', events: 'events', rejects: 'records', headers: 'records' } as const;

function sightingFigures({ sightings }: Unfigured): readonly CatalogueEntry[] {
  return sightings.slice(0, 50).flatMap(({ sensors: [first, second] }) => {
    const pair = rowsOf('sighting', equals('first_sensor', first), equals('second_sensor', second));
    return [
      entry(
        ['sighting', first, second, 'flows'],
        `Flows seen by both ${first} and ${second}, counted once`,
        'flows',
        sum(pair, 'flows'),
      ),
      entry(
        ['sighting', first, second, 'clock_offset'],
        `Clock of ${second} minus that of ${first}`,
        'microseconds',
        sum(pair, 'clock_offset_us'),
      ),
    ];
  });
}
