// Findings, evidence items and incidents for the made-up investigations, with what they leave out filled in.
import { sha256 } from '../../../../ground/ids.ts';
import type { Finding } from '../../../../vocabulary/finding.ts';
import type { EvidenceItem, Incident } from '../../../../vocabulary/investigation.ts';
import { detectorTexts } from './detectors.ts';

/** A moment of March 2024. */
export const at = (day: number, clock: string) => `2024-03-${String(day).padStart(2, '0')}T${clock}.000000Z`;

type Draft = Pick<Finding, 'detector' | 'technique' | 'host' | 'first_seen'> & Partial<Finding>;

export function finding(number: number, draft: Draft): Finding {
  const events = Array.from(
    { length: Math.min(100, ((number * 7) % 40) + 2) },
    (_, index) => `e-0011223344556677:${number * 50 + index * (index % 5 === 0 ? 2 : 1)}`,
  );
  return {
    id: `f-${sha256(`finding ${number}`).slice(0, 16)}`,
    weight: 'incident',
    direction: 'outbound',
    peer: null,
    peers: draft.peer === undefined || draft.peer === null ? [] : [draft.peer],
    score: 0.5 + ((number * 37) % 50) / 100,
    last_seen: draft.first_seen,
    event_count: events.length + ((number * 13) % 900),
    detail: { port: 443, service: 'tls', bytes_out: 123456, oddities: ['self-signed certificate'] },
    selectors: [{ table: 'network', where: [{ column: 'src_ip', op: 'in', values: [draft.host] }] }],
    caveat: detectorTexts.find(({ id }) => id === draft.detector)?.caveat ?? '',
    organisation: 'Institute for Advanced Materials',
    events,
    sql_sha256: sha256(draft.detector),
    ...draft,
  };
}

export function item(
  path: string,
  counts: { readonly events: number; readonly rejects?: number; readonly headers?: number },
  more: Partial<EvidenceItem> = {},
): EvidenceItem {
  const { events, rejects = 0, headers = 0 } = counts;
  const digest = sha256(path);
  return {
    id: `e-${digest.slice(0, 16)}`,
    path,
    sha256: digest,
    bytes: (events + 1) * 187,
    format: 'zeek-tsv',
    records: events + rejects + headers,
    events,
    rejects,
    headers,
    first: events === 0 ? null : at(3, '22:14:07'),
    last: events === 0 ? null : at(14, '05:41:52'),
    tables: { network: events },
    rejected:
      rejects === 0
        ? []
        : [
            {
              code: 'bad-time',
              reason: 'The time is missing or cannot be read.',
              count: rejects,
              first_record: 88,
            },
          ],
    assumptions: [],
    duplicate_of: null,
    container: null,
    compression: 'none',
    note: null,
    ...more,
  };
}

export function bare(id: string, title: string): Incident {
  return {
    id,
    title,
    summary: [],
    organisation: null,
    sector: null,
    first_seen: at(9, '10:00:00'),
    last_seen: at(9, '10:00:42'),
    findings: [],
    entry: null,
    hosts: [],
    outside: [],
    stages: [],
    timeline: [],
    edges: [],
    theft: null,
    rhythm: null,
    relays: [],
    chains: [],
  };
}
