// TLP in CSAF 2.0, which has the words of TLP 1 only. The label of TLP 2.0 stands in the text beside it, in the form that
// converters to CSAF 2.1 look for. AMBER+STRICT has no word of its own there: AMBER of TLP 1 would let it go to clients, so
// it becomes RED, as the CSAF committee expects.
// https://github.com/oasis-tcs/csaf/issues/591
import type { TlpLabel } from '../../redact/policy.ts';

export type CsafLabel = 'WHITE' | 'GREEN' | 'AMBER' | 'RED';

const labels: Readonly<Record<TlpLabel, CsafLabel>> = {
  CLEAR: 'WHITE',
  GREEN: 'GREEN',
  AMBER: 'AMBER',
  'AMBER+STRICT': 'RED',
  RED: 'RED',
};

export function csafLabel(label: TlpLabel): CsafLabel {
  return labels[label];
}

/** The object `distribution` of a document. */
export function distributionOf(label: TlpLabel): unknown {
  return {
    text: `TLP v2.0: TLP:${label}. CSAF 2.0 has the labels of TLP 1 only; the label of TLP 2.0 is the one that counts.`,
    tlp: { label: csafLabel(label), url: 'https://www.first.org/tlp/' },
  };
}
