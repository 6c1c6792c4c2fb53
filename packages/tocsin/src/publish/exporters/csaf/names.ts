// What CSAF 2.0 prescribes of names: the words it has for TLP, the tracking id and the name of the file.
// https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html
import type { Investigation } from '../../../vocabulary/investigation.ts';
import type { ExportSettings } from '../../exchange/exporter.ts';
import { lastMoment } from '../../exchange/times.ts';
import { nameOf } from '../../exchange/uuid.ts';
import type { TlpLabel } from '../../redact/policy.ts';

export type CsafTlp = 'WHITE' | 'GREEN' | 'AMBER' | 'RED';

/** CSAF 2.0 knows TLP 1.0 only; no label is shown as a wider one. */
export const csafTlp: Readonly<Record<TlpLabel, CsafTlp>> = {
  CLEAR: 'WHITE',
  GREEN: 'GREEN',
  AMBER: 'AMBER',
  'AMBER+STRICT': 'AMBER',
  RED: 'RED',
};

const meanings: Readonly<Record<TlpLabel, string>> = {
  CLEAR: 'Recipients can spread this to the world; there is no limit on disclosure.',
  GREEN: 'Limited disclosure: recipients can spread this within their community, not by public channels.',
  AMBER:
    'Limited disclosure: recipients can spread this on a need-to-know basis within their organisation and its clients.',
  'AMBER+STRICT':
    'Limited disclosure: recipients can spread this on a need-to-know basis within their organisation only, not to its clients.',
  RED: 'For the eyes and ears of individual recipients only; no further disclosure.',
};

/** The text of the distribution: the TLP 2.0 label as it was given, and the word CSAF 2.0 has for it. */
export function distributionText(tlp: TlpLabel): string {
  const word = csafTlp[tlp];
  const note =
    word === tlp
      ? ''
      : ` CSAF 2.0 has no word for TLP:${tlp}, so its label says ${word}; TLP:${tlp} is what holds.`;
  return `TLP:${tlp} (TLP 2.0). ${meanings[tlp]}${note}`;
}

/** The tracking id of an investigation where none was given: the year of the evidence and a name of its content. */
export function trackingIdOf(investigation: Investigation, settings: ExportSettings): string {
  const seed = [
    ...investigation.incidents.map(({ id }) => id),
    '',
    ...investigation.evidence.map(({ sha256 }) => sha256),
  ].sort();
  return `tocsin-${lastMoment(investigation).slice(0, 4)}-${nameOf(settings, 'csaf', seed).slice(0, 8)}`;
}

/** The name of the file of a tracking id (CSAF 2.0, 5.1). */
export function csafFileName(trackingId: string): string {
  return `${trackingId.toLowerCase().replace(/[^+\-a-z0-9]+/g, '_')}.json`;
}
