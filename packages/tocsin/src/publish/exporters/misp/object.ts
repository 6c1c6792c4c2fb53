// MISP objects: the templates this exporter fills (ids and versions of MISP/misp-objects), and the pairs of category and
// type MISP allows for what stands in them.
import type { Instant } from '../../../vocabulary/instant.ts';
import type { ExportSettings } from '../../exchange/exporter.ts';
import { epochSeconds } from '../../exchange/times.ts';
import { nameOf } from '../../exchange/uuid.ts';

export interface Template {
  readonly name: string;
  readonly metaCategory: string;
  readonly uuid: string;
  readonly version: string;
  readonly description: string;
  /** Type and category of each relation used. */
  readonly relations: Readonly<Record<string, readonly [type: string, category: string]>>;
}

const moment = ['datetime', 'Other'] as const;
const activity = 'Network activity';

export const templates = {
  'ip-port': {
    name: 'ip-port',
    metaCategory: 'network',
    uuid: '9f8cea74-16fe-4968-a2b4-026676949ac6',
    version: '10',
    description: 'An address and the ports it was seen with, in a span of time.',
    relations: {
      'ip-src': ['ip-src', activity],
      'ip-dst': ['ip-dst', activity],
      'dst-port': ['port', activity],
      AS: ['AS', activity],
      'country-code': ['text', activity],
      'first-seen': moment,
      'last-seen': moment,
      text: ['text', 'Other'],
    },
  },
  'domain-ip': {
    name: 'domain-ip',
    metaCategory: 'network',
    uuid: '43b3b146-77eb-4931-b4cc-b66c60f28734',
    version: '11',
    description: 'A domain name seen in a span of time.',
    relations: {
      domain: ['domain', activity],
      'first-seen': moment,
      'last-seen': moment,
      text: ['text', 'Other'],
    },
  },
  'network-connection': {
    name: 'network-connection',
    metaCategory: 'network',
    uuid: 'af16764b-f8e5-4603-9de1-de34d272f80b',
    version: '7',
    description: 'Connections between two machines.',
    relations: {
      'ip-src': ['ip-src', activity],
      'ip-dst': ['ip-dst', activity],
      'hostname-src': ['hostname', activity],
      'hostname-dst': ['hostname', activity],
      'dst-port': ['port', activity],
      'src-bytes-count': ['size-in-bytes', 'Other'],
      'dst-bytes-count': ['size-in-bytes', 'Other'],
      count: ['counter', 'Other'],
      'first-packet-seen': moment,
      'last-packet-seen': moment,
    },
  },
  'http-request': {
    name: 'http-request',
    metaCategory: 'network',
    uuid: 'b4a8d163-8110-4239-bfcf-e08f3a9fdf7b',
    version: '4',
    description: 'A request to a web server.',
    relations: { uri: ['uri', activity], text: ['text', 'Other'] },
  },
  file: {
    name: 'file',
    metaCategory: 'file',
    uuid: '688c46fb-5edb-40a3-8273-1af7923e2215',
    version: '25',
    description: 'A file, by what is known of it.',
    relations: { filename: ['filename', 'External analysis'], text: ['text', 'Other'] },
  },
  report: {
    name: 'report',
    metaCategory: 'misc',
    uuid: '70a68471-df22-4e3f-aa1a-5a3be19f82df',
    version: '8',
    description: 'What happened, in sentences.',
    relations: {
      title: ['text', 'Other'],
      summary: ['text', 'Other'],
      'case-number': ['text', 'Internal reference'],
    },
  },
  annotation: {
    name: 'annotation',
    metaCategory: 'misc',
    uuid: '5d8dc046-15a1-4ca3-a09f-ed4ede7c4487',
    version: '3',
    description: 'What must be said with the event.',
    relations: { text: ['text', 'Other'], format: ['text', 'Other'], type: ['text', 'Other'] },
  },
} as const satisfies Record<string, Template>;

export interface Entry {
  readonly relation: string;
  readonly value: string;
  /** True where a sensor may raise an alarm at it. */
  readonly toIds?: boolean;
  readonly comment?: string;
}

export interface ObjectDraft {
  readonly template: keyof typeof templates;
  /** What makes it another object of the same template. */
  readonly seed: readonly string[];
  readonly entries: readonly Entry[];
  readonly comment: string;
  /** First and last moment; null where it has none. */
  readonly span: { readonly first: Instant; readonly last: Instant } | null;
  /** Objects it speaks of, by their uuid. */
  readonly mentions?: readonly string[];
}

export interface MispObject {
  readonly uuid: string;
  readonly [property: string]: unknown;
}

/** A moment as MISP writes it: with microseconds and an offset. */
export function mispMoment(instant: Instant): string {
  return `${instant.slice(0, 26)}+00:00`;
}

/** The object, as of a moment. */
export function mispObject(settings: ExportSettings, asOf: Instant, draft: ObjectDraft): MispObject {
  const template: Template = templates[draft.template];
  const uuid = nameOf(settings, `misp ${template.name}`, draft.seed);
  const timestamp = String(epochSeconds(asOf));
  const attributes = draft.entries.map(({ relation, value, toIds = false, comment = '' }) => {
    const [type, category] = template.relations[relation] ?? ['text', 'Other'];
    return {
      uuid: nameOf(settings, 'misp attribute', [uuid, relation, value]),
      type,
      category,
      object_relation: relation,
      value,
      to_ids: toIds,
      comment,
      timestamp,
      distribution: '5',
      sharing_group_id: '0',
      disable_correlation: !toIds,
      deleted: false,
    };
  });
  return {
    name: template.name,
    'meta-category': template.metaCategory,
    description: template.description,
    template_uuid: template.uuid,
    template_version: template.version,
    uuid,
    timestamp,
    distribution: '5',
    sharing_group_id: '0',
    comment: draft.comment,
    deleted: false,
    ...(draft.span === null
      ? {}
      : { first_seen: mispMoment(draft.span.first), last_seen: mispMoment(draft.span.last) }),
    ObjectReference: (draft.mentions ?? []).map((referenced) => ({
      uuid: nameOf(settings, 'misp reference', [uuid, referenced]),
      object_uuid: uuid,
      referenced_uuid: referenced,
      relationship_type: 'mentions',
      comment: '',
      timestamp,
      deleted: false,
    })),
    Attribute: attributes,
  };
}
