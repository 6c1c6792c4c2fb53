// A CSAF 2.0 document around notes: publisher, tracking, references, label. Dates are those of the evidence.
// https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html

import { canonicalJson } from '@tocsin/verify';
import { sha256 } from '../../../ground/ids.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import type { ExportSettings } from '../../exchange/exporter.ts';
import type { Publisher } from '../../exchange/publisher.ts';
import { lastMoment, seconds } from '../../exchange/times.ts';
import { csafLabel, distributionOf } from './tlp.ts';

export interface Note {
  readonly category: 'description' | 'details' | 'faq' | 'general' | 'legal_disclaimer' | 'other' | 'summary';
  readonly title: string;
  readonly text: string;
}

export interface Content {
  readonly category: 'csaf_security_incident_response' | 'csaf_informational_advisory';
  /** Stands in the tracking id: `SIR` or `INFO`. */
  readonly kind: string;
  readonly title: string;
  readonly notes: readonly Note[];
}

export interface CsafFile {
  readonly name: string;
  readonly document: unknown;
}

/** File name of a tracking id (CSAF 2.0, 5.1). */
export function fileNameOf(trackingId: string): string {
  return `${trackingId.toLowerCase().replace(/[^+\-a-z0-9]+/g, '_')}.json`;
}

/** The document of a content, and its file name. Its id follows from all it says: other words are another document. */
export function csafFile(
  investigation: Investigation,
  { tlp }: ExportSettings,
  publisher: Publisher,
  content: Content,
): CsafFile {
  const asOf = seconds(lastMoment(investigation));
  const digest = sha256(
    canonicalJson([
      content.category,
      publisher.namespace,
      publisher.name,
      tlp,
      asOf,
      content.title,
      content.notes.map(({ title, text }) => [title, text]),
    ]),
  );
  const id = `TOCSIN-${content.kind}-${asOf.slice(0, 4)}-${digest.slice(0, 12).toUpperCase()}`;
  const name = fileNameOf(id);
  const folder = publisher.csaf_url?.replace(/\/+$/, '');
  return {
    name,
    document: {
      document: {
        category: content.category,
        csaf_version: '2.0',
        distribution: distributionOf(tlp),
        lang: 'en',
        notes: content.notes,
        publisher: {
          category: publisher.category,
          ...(publisher.contact === undefined ? {} : { contact_details: publisher.contact }),
          ...(publisher.issuing_authority === undefined
            ? {}
            : { issuing_authority: publisher.issuing_authority }),
          name: publisher.name,
          namespace: publisher.namespace,
        },
        references: [
          ...(folder === undefined
            ? []
            : [
                {
                  category: 'self',
                  summary: 'This document',
                  url: `${folder}/${csafLabel(tlp).toLowerCase()}/${asOf.slice(0, 4)}/${name}`,
                },
              ]),
          { category: 'external', summary: 'The publisher', url: publisher.namespace },
        ],
        title: content.title,
        tracking: {
          current_release_date: asOf,
          generator: { engine: { name: 'Tocsin' } },
          id,
          initial_release_date: asOf,
          revision_history: [{ date: asOf, number: '1', summary: 'First version.' }],
          status: 'final',
          version: '1',
        },
      },
    },
  };
}
