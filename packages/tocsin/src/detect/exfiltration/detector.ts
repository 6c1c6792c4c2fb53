// Exfiltration: a host of ours sent far more to one rare outside address than it sends anywhere else.
import { z } from 'zod';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { logRamp, ramp, rounded, unit } from '../statistics.ts';

const row = z.object({
  host: z.string(),
  peer: z.string(),
  flows: z.number(),
  bytes_out: z.number(),
  bytes_in: z.number(),
  uploaded: z.number(),
  /** Bytes received in the flows that sent more. */
  answered: z.number(),
  ports: z.array(z.number()),
  apps: z.array(z.string()),
  first_seen: z.string(),
  last_seen: z.string(),
  sources: z.number(),
  active_hosts: z.number(),
  host_bytes_out: z.number(),
  host_p90: z.number(),
  destinations: z.number(),
  /** When any of our machines first called the destination. */
  destination_first_seen: z.string(),
  days: z.number(),
  largest_flow: z.number(),
  /** Bytes sent on a middling day, of the days with any, and on the busiest. */
  day_median: z.number(),
  day_max: z.number(),
  is_courier: z.union([z.boolean(), z.number()]).transform(Boolean),
  period_days: z.number(),
  began_after: z.number(),
  discovered_after: z.number(),
});
type Row = z.infer<typeof row>;

const caveat =
  'Backups, video calls and files sent on purpose are uploads as well. The volume is what left, not what it was worth; encrypted traffic does not tell its content.';

/** How far the upload stands out, 0..1: its size, its place in what the host sends, how rare and how new the destination is. */
export function standsOut(entry: Row): number {
  const size = logRamp(entry.uploaded, 500_000, 1_000_000_000);
  const dominance = unit(entry.uploaded / Math.max(1, entry.host_bytes_out));
  const others = logRamp(entry.uploaded / Math.max(1, entry.host_p90), 1, 100);
  const rarity = 1 - ramp(entry.sources, 1, 10);
  // A nightly backup has been there since the beginning; a drop appears.
  const novelty = ramp(entry.discovered_after, 0, 0.15);
  // Calls and conferences receive about as much in the same flow; what is fetched in others says nothing.
  const oneWay = 1 - ramp(entry.answered / Math.max(1, entry.uploaded), 0.1, 0.6);
  const total =
    0.25 * size +
    0.2 * dominance +
    0.2 * Math.max(others, entry.destinations < 5 ? 0.5 : 0) +
    0.15 * rarity +
    0.2 * novelty;
  return unit(total * (0.3 + 0.7 * oneWay));
}

/** True for an upload that has gone on since the first day and on most days, never far above its usual volume: a backup, a feed. */
export function isHabitual(
  entry: Pick<Row, 'period_days' | 'days' | 'began_after' | 'day_median' | 'day_max'>,
): boolean {
  return (
    entry.period_days >= 4 &&
    entry.days >= entry.period_days * 0.5 &&
    entry.began_after <= 0.1 &&
    entry.day_max <= entry.day_median * 4
  );
}

const mailTransfer = 25;

/** A habit, and mail on its way from the server that delivers it to all the world, is listed but leads nowhere. */
export function weightOf(
  entry: Pick<
    Row,
    'period_days' | 'days' | 'began_after' | 'day_median' | 'day_max' | 'is_courier' | 'ports'
  >,
): FindingDraft['weight'] {
  const isMail = entry.is_courier && entry.ports.every((port) => port === mailTransfer);
  return isMail || isHabitual(entry) ? 'background' : 'supporting';
}

export const detector = defineDetector<Row>({
  id: 'exfiltration',
  title: 'Large upload to a rare outside address',
  technique: 'T1048',
  tables: ['network'],
  parameters: {
    min_bytes: {
      type: 'UInt64',
      value: 500_000,
      unit: 'bytes',
      meaning: 'Least volume sent to one destination in flows that sent more than they received.',
    },
    min_upload_share: {
      type: 'Float64',
      value: 0.5,
      unit: 'share',
      meaning: 'Part of the bytes sent to it that went in such flows.',
    },
    popular_hosts: {
      type: 'UInt32',
      value: 3,
      unit: 'hosts',
      meaning: 'A destination known to more of our hosts than this is popular ...',
    },
    popular_share: {
      type: 'Float64',
      value: 0.05,
      unit: 'share',
      meaning: '... and to more than this part of those active outside.',
    },
    min_mail_servers: {
      type: 'UInt32',
      value: 10,
      unit: 'hosts',
      meaning: 'Mail servers a machine delivers to before it is taken for a mail relay.',
    },
    max_rows: { type: 'UInt32', value: 2000, unit: 'rows', meaning: 'Most candidates judged.' },
  },
  row,
  scoreMeaning:
    'Size, place in all the host sends, rarity and novelty of the destination, weighed together; less where much came back.',
  caveat,
  judge: (rows) =>
    rows
      .map((entry) => ({ entry, score: standsOut(entry) }))
      .filter(({ score }) => score >= 0.35)
      .map(({ entry, score }) => findingOf(entry, score)),
});

function findingOf(entry: Row, score: number): FindingDraft {
  const isWebLike = entry.apps.some((app) => app.includes('http') || app.includes('ssl'));
  return {
    detector: 'exfiltration',
    technique: isWebLike ? 'T1048.002' : 'T1048',
    weight: weightOf(entry),
    direction: 'outbound',
    host: entry.host,
    peer: entry.peer,
    peers: [entry.peer],
    score: rounded(score),
    first_seen: entry.first_seen,
    last_seen: entry.last_seen,
    event_count: entry.flows,
    detail: {
      uploaded_bytes: entry.uploaded,
      bytes_out: entry.bytes_out,
      bytes_in: entry.bytes_in,
      largest_flow_bytes: entry.largest_flow,
      host_bytes_out: entry.host_bytes_out,
      ports: entry.ports,
      services: entry.apps,
      days: entry.days,
      busiest_day_bytes: entry.day_max,
      period_days: entry.period_days,
      destination_first_seen: entry.destination_first_seen,
      hosts_using_peer: entry.sources,
      discovered_after_share: rounded(entry.discovered_after),
    },
    selectors: [
      {
        table: 'network',
        where: [
          { column: 'src_ip', op: 'in', values: [entry.host] },
          { column: 'dst_ip', op: 'in', values: [entry.peer] },
        ],
      },
    ],
    caveat,
  };
}
