// DNS tunnel: data carried in look-ups, told by very many long names below one rare domain, each asked once.
import { z } from 'zod';
import { byText } from '../../ground/ids.ts';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { logRamp, ramp, rounded } from '../statistics.ts';

const row = z.object({
  host: z.string(),
  domain: z.string(),
  queries: z.number(),
  /** Different names below the domain. */
  names: z.number(),
  /** Characters below the domain, per name. */
  mean_length: z.number(),
  /** Characters below the domain in all different names together. */
  carried: z.number(),
  /** Questions for records that carry text or data. */
  carrying_queries: z.number(),
  missing_queries: z.number(),
  /** Answered with an address of the machine itself, as lists that say yes or no do. */
  verdict_queries: z.number(),
  answer_length: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  /** The first names as sent, with how often each was asked. */
  samples: z.array(z.tuple([z.string(), z.number()]).transform(([query, count]) => ({ query, count }))),
  /** Servers asked that are asked for nothing else. */
  own_servers: z.array(z.string()),
  /** Our machines that ask for the domain, and for anything. */
  askers: z.number(),
  asking_hosts: z.number(),
  is_resolver: z.union([z.boolean(), z.number()]).transform(Boolean),
});
type Row = z.infer<typeof row>;

const caveat =
  'Programs also put identifiers into names. Data cut into pieces that look like checksums is not told from look-ups of checksums. Where only the resolver was recorded, the machine behind it is not known.';

export const detector = defineDetector<Row>({
  id: 'dns-tunnel',
  title: 'Data carried in name look-ups',
  technique: 'T1071.004',
  tables: ['dns'],
  parameters: {
    holder_labels: {
      type: 'Array(String)',
      value: [
        'ac',
        'asn',
        'biz',
        'co',
        'com',
        'ed',
        'edu',
        'go',
        'gob',
        'gov',
        'gouv',
        'govt',
        'id',
        'in',
        'info',
        'ltd',
        'me',
        'mil',
        'ne',
        'net',
        'nhs',
        'nic',
        'nom',
        'or',
        'org',
        'plc',
        'police',
        'sch',
      ],
      unit: 'labels',
      meaning:
        'Before a country code these name a kind of holder (co.uk), so that the domain has three labels.',
    },
    private_ends: {
      type: 'Array(String)',
      value: [
        'arpa',
        'corp',
        'home',
        'internal',
        'intranet',
        'invalid',
        'lan',
        'local',
        'localdomain',
        'localhost',
        'onion',
        'private',
        'workgroup',
      ],
      unit: 'labels',
      meaning: 'Last labels of reverse zones and of names without a public domain.',
    },
    min_names: {
      type: 'UInt32',
      value: 100,
      unit: 'names',
      meaning: 'Least different names of one machine below one domain.',
    },
    min_length: {
      type: 'Float64',
      value: 24,
      unit: 'characters',
      meaning: 'Least mean length of what stands before the domain.',
    },
    min_unique_share: {
      type: 'Float64',
      value: 0.5,
      unit: 'share',
      meaning: 'Least different names against look-ups: what carries data is hardly ever asked twice.',
    },
    max_askers: {
      type: 'UInt32',
      value: 3,
      unit: 'hosts',
      meaning: 'A domain that more machines ask for ...',
    },
    max_asker_share: {
      type: 'Float64',
      value: 0.05,
      unit: 'share',
      meaning: '... and more than this part of them, belongs to a service in common use.',
    },
    max_missing_share: {
      type: 'Float64',
      value: 0.8,
      unit: 'share',
      meaning: 'From this part of names that do not exist, or mean yes or no, on it is a list that is asked.',
    },
    incident_score: {
      type: 'Float64',
      value: 0.6,
      unit: 'score',
      meaning: 'From this score on it opens an incident by itself.',
    },
    max_rows: { type: 'UInt32', value: 1000, unit: 'rows', meaning: 'Most candidates judged.' },
  },
  row,
  scoreMeaning:
    'Length of the names, their number, records that carry data, and rarity of the domain, each in its part.',
  caveat,
  judge: (rows, { parameters }) => {
    const limit = (name: string) => Number(parameters[name]);
    return rows
      .filter(
        (entry) =>
          entry.askers <= Math.max(limit('max_askers'), entry.asking_hosts * limit('max_asker_share')) &&
          (entry.missing_queries + entry.verdict_queries <= entry.queries * limit('max_missing_share') ||
            entry.carrying_queries * 2 > entry.queries) &&
          !isIdentifiers(entry),
      )
      .map((entry) => findingOf(entry, limit('incident_score')));
  },
});

/** Digests of usual lengths and universally unique identifiers. */
const identifier =
  /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/**
 * True when nearly every name has one identifier and for the rest labels that stay the same: checksums looked up at an
 * antivirus service, telemetry. What follows a pattern of one length carries a key, no message.
 */
export function isIdentifiers(entry: Pick<Row, 'samples' | 'domain'>): boolean {
  const rests = new Set<string>();
  let matching = 0;
  for (const { query } of entry.samples) {
    const name = query.toLowerCase().replace(/\.$/, '');
    const labels = name.slice(0, Math.max(0, name.length - entry.domain.length - 1)).split('.');
    if (labels.filter((label) => identifier.test(label)).length !== 1) continue;
    matching += 1;
    rests.add(labels.filter((label) => !identifier.test(label)).join('.'));
  }
  return matching >= entry.samples.length * 0.9 && rests.size <= Math.max(3, matching / 20);
}

/** 0..1 by length, number, records that carry data, and rarity. */
export function scoreOf(entry: Row): number {
  const length = ramp(entry.mean_length, 20, 60);
  const number = logRamp(entry.names, 50, 2000);
  const carrying = ramp(entry.carrying_queries / entry.queries, 0, 0.5);
  const rarity = entry.askers === 1 ? 1 : 0.5;
  // Behind a resolver stand many machines, whose look-ups add up.
  const sure = entry.is_resolver ? 0.7 : 1;
  return rounded((0.35 * length + 0.3 * number + 0.15 * carrying + 0.2 * rarity) * sure);
}

function findingOf(entry: Row, incidentScore: number): FindingDraft {
  const score = scoreOf(entry);
  const peers = [...entry.own_servers].sort(byText);
  return {
    detector: 'dns-tunnel',
    technique: 'T1071.004',
    weight: score >= incidentScore ? 'incident' : 'supporting',
    direction: 'outbound',
    host: entry.host,
    peer: peers[0] ?? null,
    peers,
    score,
    first_seen: entry.first_seen,
    last_seen: entry.last_seen,
    // By name, since nothing else selects them: the first thousand names stand for all.
    event_count: entry.samples.reduce((sum, { count }) => sum + count, 0),
    detail: {
      domain: entry.domain,
      look_ups: entry.queries,
      names: entry.names,
      mean_length_characters: Math.round(entry.mean_length * 10) / 10,
      carried_characters: entry.carried,
      answer_characters: entry.answer_length,
      text_or_data_share: rounded(entry.carrying_queries / entry.queries),
      not_existing_share: rounded(entry.missing_queries / entry.queries),
      machines_asking_for_domain: entry.askers,
      is_resolver: entry.is_resolver,
      example: entry.samples[0]?.query ?? '',
    },
    selectors: [
      {
        table: 'dns',
        where: [
          { column: 'src_ip', op: 'in', values: [entry.host] },
          { column: 'query', op: 'in', values: entry.samples.map(({ query }) => query) },
        ],
      },
    ],
    caveat,
  };
}
