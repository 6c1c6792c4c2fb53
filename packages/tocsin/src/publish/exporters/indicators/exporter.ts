// Indicators as CSV: one line per value, role and incident, in a stable order, each with what must be said with it. The
// columns are described in docs/exchange.md.
import { byText } from '../../../ground/ids.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import { artefactCaveats, artefactsOf } from '../../exchange/artefacts.ts';
import type { Exporter, ExportSettings } from '../../exchange/exporter.ts';
import { partiesOf, roleCaveats } from '../../exchange/parties.ts';
import { visible } from '../html/markup.ts';
import { record } from './cells.ts';

export const columns = [
  'value',
  'type',
  'role',
  'first_seen',
  'last_seen',
  'confidence',
  'incident',
  'tlp',
  'caveat',
] as const;

type Line = Readonly<Record<(typeof columns)[number], string>>;

/** The lines, in order of type, value, role and incident. */
export function indicatorLines(investigation: Investigation, settings: ExportSettings): readonly Line[] {
  const tlp = `TLP:${settings.tlp}`;
  const machines = partiesOf(investigation, settings).flatMap((party): readonly Line[] =>
    !party.isIndicator || party.observable === null
      ? []
      : [
          {
            value: party.observable.value,
            type: party.observable.kind,
            role: party.role,
            first_seen: party.first_seen,
            last_seen: party.last_seen,
            confidence: String(party.confidence),
            incident: party.incident,
            tlp,
            caveat: roleCaveats[party.role],
          },
        ],
  );
  const artefacts = artefactsOf(investigation).map(
    (artefact): Line => ({
      value: visible(artefact.value),
      type: artefact.kind,
      role: artefact.role,
      first_seen: artefact.first_seen,
      last_seen: artefact.last_seen,
      confidence: String(artefact.confidence),
      incident: artefact.incident,
      tlp,
      caveat: artefactCaveats[artefact.role],
    }),
  );
  const keyOf = ({ type, value, role, incident }: Line) => [type, value, role, incident].join('\u0000');
  return [...machines, ...artefacts].sort((left, right) => byText(keyOf(left), keyOf(right)));
}

export const exporters: readonly Exporter[] = [
  {
    id: 'indicators',
    about: 'indicators as CSV',
    needsPublisher: false,
    write: (investigation, settings) => ({
      name: 'indicators.csv',
      text: [
        record(columns),
        ...indicatorLines(investigation, settings).map((line) =>
          record(columns.map((column) => line[column])),
        ),
      ].join(''),
    }),
  },
];
