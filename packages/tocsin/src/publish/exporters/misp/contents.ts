// What a MISP event holds of an investigation: machines outside, connections with them, artefacts, names of stolen files,
// one report per incident. Machines of victims are never marked for detection.
import { byText } from '../../../ground/ids.ts';
import type { Instant } from '../../../vocabulary/instant.ts';
import type { Incident, Investigation } from '../../../vocabulary/investigation.ts';
import { type Artefact, artefactCaveats, artefactsOf } from '../../exchange/artefacts.ts';
import type { ExportSettings } from '../../exchange/exporter.ts';
import { type Party, partiesOf, roleCaveats } from '../../exchange/parties.ts';
import { filler, nameText } from '../../exchange/text.ts';
import { observableOf } from '../../exchange/value.ts';
import { type Entry, type MispObject, mispMoment, mispObject, type ObjectDraft } from './object.ts';

/** From this confidence on a sensor may raise an alarm, 0 to 100. */
const alarmConfidence = 50;
const longestFileName = 1024;

/** All objects of the event, in a stable order. */
export function objectsOf(
  investigation: Investigation,
  settings: ExportSettings,
  asOf: Instant,
): readonly MispObject[] {
  const put = (draft: ObjectDraft) => mispObject(settings, asOf, draft);
  const fill = filler(investigation);
  const incidents = [...investigation.incidents].sort((left, right) => byText(left.id, right.id));
  const parties = partiesOf(investigation, settings).filter(({ isIndicator }) => isIndicator);
  const artefacts = artefactsOf(investigation);
  const objects: MispObject[] = [];
  for (const incident of incidents) {
    const machines = parties
      .filter((party) => party.incident === incident.id)
      .map((party) => put(machineOf(party, incident)));
    const left = artefacts
      .filter((artefact) => artefact.incident === incident.id)
      .map((each) => put(artefactOf(each)));
    const report = put({
      template: 'report',
      seed: [incident.id],
      comment: '',
      span: { first: incident.first_seen, last: incident.last_seen },
      entries: [
        { relation: 'title', value: nameText(fill(incident.title), 'Incident without a title') },
        ...incident.summary
          .map(fill)
          .filter((sentence) => sentence.trim() !== '')
          .map((value) => ({ relation: 'summary', value })),
        { relation: 'case-number', value: incident.id },
      ],
      mentions: [...machines, ...left].map(({ uuid }) => uuid),
    });
    objects.push(report, ...machines, ...left);
    objects.push(...connectionsOf(incident).map(put), ...filesOf(incident).map(put));
  }
  if (investigation.limits.length > 0)
    objects.push(
      put({
        template: 'annotation',
        seed: ['limits'],
        comment: 'What could not be seen',
        span: null,
        entries: [
          { relation: 'text', value: investigation.limits.map(fill).join('\n') },
          { relation: 'format', value: 'text' },
          { relation: 'type', value: 'Disclaimer' },
        ],
      }),
    );
  return [...new Map(objects.map((object) => [object.uuid, object])).values()];
}

function machineOf(party: Party, incident: Incident): ObjectDraft {
  const { role, observable, shown, confidence, country, asn } = party;
  // A victim that others are told of to help it is nothing to raise an alarm at.
  const toIds = role !== 'relay' && confidence >= alarmConfidence;
  const span = { first: party.first_seen, last: party.last_seen };
  const common: readonly Entry[] = [
    { relation: 'first-seen', value: mispMoment(span.first) },
    { relation: 'last-seen', value: mispMoment(span.last) },
    { relation: 'text', value: `${roleCaveats[role]} Confidence ${String(confidence)} of 100.` },
  ];
  const comment = `${role}; ${roleCaveats[role]}`;
  if (observable?.kind === 'domain-name')
    return {
      template: 'domain-ip',
      seed: [incident.id, role, shown],
      comment,
      span,
      entries: [{ relation: 'domain', value: shown, toIds, comment: role }, ...common],
    };
  return {
    template: 'ip-port',
    seed: [incident.id, role, shown],
    comment,
    span,
    entries: [
      // Who breaks in is a source; who is called or receives is a destination.
      { relation: role === 'hop' ? 'ip-src' : 'ip-dst', value: shown, toIds, comment: role },
      ...portsTo(shown, incident).map((port) => ({ relation: 'dst-port', value: String(port) })),
      ...(asn === null ? [] : [{ relation: 'AS', value: String(asn) }]),
      ...(country !== null && /^[A-Z]{2}$/.test(country)
        ? [
            {
              relation: 'country-code',
              value: country,
              comment: 'As data on networks place the address; not who used it',
            },
          ]
        : []),
      ...common,
    ],
  };
}

/** Ports on which our machines called it, in order. */
function portsTo(shown: string, { edges }: Incident): readonly number[] {
  const ports = edges
    .filter(({ to }) => (observableOf(to)?.value ?? to) === shown)
    .flatMap((edge) => edge.ports)
    .filter((port) => Number.isInteger(port) && port > 0 && port <= 65_535);
  return [...new Set(ports)].sort((left, right) => left - right);
}

function artefactOf({
  kind,
  value,
  role,
  incident,
  confidence,
  first_seen,
  last_seen,
}: Artefact): ObjectDraft {
  const text: Entry = { relation: 'text', value: artefactCaveats[role] };
  const span = { first: first_seen, last: last_seen };
  if (kind === 'domain-name')
    return {
      template: 'domain-ip',
      seed: [incident, role, value],
      comment: role,
      span,
      entries: [{ relation: 'domain', value, toIds: confidence >= alarmConfidence, comment: role }, text],
    };
  // A path alone, on whatever server, is something to look for and nothing to raise an alarm at.
  return {
    template: 'http-request',
    seed: [incident, role, value],
    comment: role,
    span,
    entries: [{ relation: 'uri', value, comment: role }, text],
  };
}

const kindWords: Readonly<Record<Incident['edges'][number]['kind'], string>> = {
  control: 'control of a machine from outside',
  movement: 'movement inside',
  theft: 'data that left',
  intrusion: 'break-in',
  attack: 'attack on a third party by way of a hijacked machine; the destination is a victim',
};

/** Connections with machines outside; what ran between machines of the victim stays with it. */
function connectionsOf(incident: Incident): readonly ObjectDraft[] {
  const outside = new Set(incident.outside.map(({ ip }) => ip));
  return incident.edges
    .filter(({ kind, from, to }) => kind !== 'movement' && (outside.has(from) || outside.has(to)))
    .flatMap((edge): readonly ObjectDraft[] => {
      const sides = [...sideOf(edge.from, 'src'), ...sideOf(edge.to, 'dst')];
      if (sides.length === 0) return [];
      const [port] = edge.ports;
      const bytes = (relation: string, value: number): readonly Entry[] =>
        Number.isSafeInteger(value) && value >= 0 ? [{ relation, value: String(value) }] : [];
      return [
        {
          template: 'network-connection',
          seed: [incident.id, edge.kind, edge.from, edge.to, edge.first_seen],
          comment: kindWords[edge.kind],
          span: { first: edge.first_seen, last: edge.last_seen },
          entries: [
            ...sides,
            ...(edge.ports.length === 1 && port !== undefined
              ? [{ relation: 'dst-port', value: String(port) }]
              : []),
            ...bytes('src-bytes-count', edge.bytes_out),
            ...bytes('dst-bytes-count', edge.bytes_in),
            ...bytes('count', edge.flows),
            { relation: 'first-packet-seen', value: mispMoment(edge.first_seen) },
            { relation: 'last-packet-seen', value: mispMoment(edge.last_seen) },
          ],
        },
      ];
    })
    .sort((left, right) => byText(left.seed.join('\u0000'), right.seed.join('\u0000')));
}

function sideOf(text: string, side: 'src' | 'dst'): readonly Entry[] {
  const observable = observableOf(text);
  if (observable === null) return [];
  const relation = observable.kind === 'domain-name' ? `hostname-${side}` : `ip-${side}`;
  return [{ relation, value: observable.value }];
}

function filesOf({ id, theft, first_seen, last_seen }: Incident): readonly ObjectDraft[] {
  return [...new Set(theft?.files ?? [])]
    .filter((name) => name.trim() !== '' && name.length <= longestFileName && !/\p{Surrogate}/u.test(name))
    .sort(byText)
    .map((name) => ({
      template: 'file',
      seed: [id, name],
      comment: 'A file that the logs name in the theft',
      span: { first: first_seen, last: last_seen },
      entries: [{ relation: 'filename', value: name }],
    }));
}
