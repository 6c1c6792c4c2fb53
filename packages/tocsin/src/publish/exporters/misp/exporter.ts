// MISP: an investigation as one event, with its machines, artefacts and connections as objects, a report object for each
// incident, and an event report. It is written unpublished: whoever imports it looks at it first.
// https://github.com/MISP/misp-rfc
import { byText } from '../../../ground/ids.ts';
import type { Incident, Investigation } from '../../../vocabulary/investigation.ts';
import { techniqueOf } from '../../exchange/attack.ts';
import { type Exporter, type ExportSettings, jsonText } from '../../exchange/exporter.ts';
import { type Fill, filler, markdownText, nameText } from '../../exchange/text.ts';
import { epochSeconds, lastMoment } from '../../exchange/times.ts';
import { nameOf } from '../../exchange/uuid.ts';
import type { TlpLabel } from '../../redact/policy.ts';
import { objectsOf } from './contents.ts';
import type { MispObject } from './object.ts';

/** How far MISP itself may send the event on: 0 this organisation, 1 this community, 3 all. */
const distributions: Readonly<Record<TlpLabel, string>> = {
  CLEAR: '3',
  GREEN: '1',
  AMBER: '0',
  'AMBER+STRICT': '0',
  RED: '0',
};

/** Colours of the labels, as FIRST gives them. */
const colours: Readonly<Record<TlpLabel, string>> = {
  CLEAR: '#ffffff',
  GREEN: '#33ff00',
  AMBER: '#ffc000',
  'AMBER+STRICT': '#ffc000',
  RED: '#ff2b2b',
};

interface Tag {
  readonly name: string;
  readonly colour: string;
  readonly exportable: boolean;
}

export interface MispEvent {
  readonly Event: {
    readonly uuid: string;
    readonly Object: readonly MispObject[];
    readonly Tag: readonly Tag[];
    readonly [property: string]: unknown;
  };
}

/** The investigation as a MISP event. */
export function mispEvent(investigation: Investigation, settings: ExportSettings): MispEvent {
  const { publisher, tlp } = settings;
  const fill = filler(investigation);
  const asOf = lastMoment(investigation);
  const timestamp = String(epochSeconds(asOf));
  const incidents = [...investigation.incidents].sort(
    (left, right) => byText(left.first_seen, right.first_seen) || byText(left.id, right.id),
  );
  const [first] = incidents;
  const seed =
    first === undefined ? investigation.evidence.map(({ id }) => id) : incidents.map(({ id }) => id);
  const sortedSeed = [...seed].sort(byText);
  const organisation = {
    name: publisher?.name ?? 'Publisher not stated',
    uuid: nameOf(settings, 'misp organisation', []),
  };
  return {
    Event: {
      uuid: nameOf(settings, 'misp event', sortedSeed),
      info: infoOf(incidents, fill),
      date: (first?.first_seen ?? asOf).slice(0, 10),
      // Undefined: how bad it is for a reader, the evidence does not say.
      threat_level_id: '4',
      analysis: '2',
      distribution: distributions[tlp],
      published: false,
      timestamp,
      publish_timestamp: '0',
      disable_correlation: false,
      Org: organisation,
      Orgc: organisation,
      Tag: tagsOf(investigation, tlp),
      Attribute: [],
      Object: objectsOf(investigation, settings, asOf),
      EventReport: [
        {
          uuid: nameOf(settings, 'misp event report', sortedSeed),
          name: 'Summary',
          content: reportText(incidents, { investigation, settings, fill }),
          distribution: '5',
          sharing_group_id: '0',
          timestamp,
          deleted: false,
        },
      ],
    },
  };
}

function infoOf([first, ...more]: readonly Incident[], fill: Fill): string {
  if (first === undefined) return 'Investigation without an incident';
  return `${nameText(fill(first.title), 'Incident without a title')}${more.length === 0 ? '' : ', and other incidents'}`;
}

/** The label, and each technique by the name MISP's galaxy has for it; a technique without a known name has no tag. */
function tagsOf({ incidents }: Investigation, tlp: TlpLabel): readonly Tag[] {
  const ids = new Set(incidents.flatMap(({ stages }) => stages.flatMap(({ techniques }) => techniques)));
  const techniques = [...ids].sort(byText).flatMap((id) => {
    const name = techniqueOf(id)?.name ?? null;
    return name === null
      ? []
      : [
          {
            name: `misp-galaxy:mitre-attack-pattern="${name} - ${id}"`,
            colour: '#0088cc',
            exportable: true,
          },
        ];
  });
  return [{ name: `tlp:${tlp.toLowerCase()}`, colour: colours[tlp], exportable: true }, ...techniques];
}

interface Told {
  readonly investigation: Investigation;
  readonly settings: ExportSettings;
  readonly fill: Fill;
}

/** The account as Markdown, in which texts of others mark nothing up. */
function reportText(incidents: readonly Incident[], { investigation, settings, fill }: Told): string {
  const plain = (text: string) => markdownText(fill(text).replace(/\s+/g, ' '));
  const { publisher, tlp } = settings;
  const by = publisher === null ? '' : `, published by ${markdownText(publisher.name)}`;
  const { limits } = investigation;
  return [
    `TLP:${tlp}${by}`,
    ...(incidents.length === 0 ? ['The evidence that was examined shows no incident.'] : []),
    ...incidents.flatMap(({ title, summary }) => [
      `## ${plain(title).trim() || 'Incident without a title'}`,
      ...summary.map(plain),
    ]),
    ...(limits.length === 0 ? [] : ['## What could not be seen', ...limits.map(plain)]),
    '## How to read this',
    'Outside addresses are the last visible hops and may themselves be hijacked. The event names no actor. A finding is a lead, not a verdict.',
  ].join('\n\n');
}

export const exporters: readonly Exporter[] = [
  {
    id: 'misp',
    about: 'MISP event',
    needsPublisher: false,
    write: (investigation, settings) => ({
      name: 'misp-event.json',
      text: jsonText(mispEvent(investigation, settings)),
    }),
  },
];
