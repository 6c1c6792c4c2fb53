// Beacons: a host of ours calls an outside address by the clock. Updates, time servers and CDNs do as well; they are told
// apart by how many of our hosts know the destination, and since when.
import { z } from 'zod';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { rounded } from '../statistics.ts';
import { beaconScore, presence, slotsOf } from './score.ts';

const row = z.object({
  host: z.string(),
  peer: z.string(),
  port: z.number(),
  transport: z.string(),
  app: z.string(),
  flows: z.number(),
  unanswered: z.number(),
  bytes_out: z.number(),
  bytes_in: z.number(),
  interval_q1: z.number(),
  interval_median: z.number(),
  interval_q3: z.number(),
  interval_mad: z.number(),
  size_q1: z.number(),
  size_median: z.number(),
  size_q3: z.number(),
  size_mad: z.number(),
  received_median: z.number(),
  slot_counts: z.array(z.number()),
  contact_hours: z.array(z.number()),
  contact_counts: z.array(z.number()),
  awake_hours: z.array(z.number()),
  first_seen: z.string(),
  last_seen: z.string(),
  sources: z.number(),
  active_hosts: z.number(),
  discovered_after: z.number(),
  /** Part of the period gone before this pair's first contact, 0..1; so `discovered_after` for any host. */
  began_after: z.number(),
  period_s: z.number(),
  handshakes: z.number(),
  named: z.number(),
  self_signed: z.number(),
});
type Row = z.infer<typeof row>;

const caveat =
  'Programs that poll a service look the same; a beacon is a reason to look at the host, and the address it calls may itself be a hijacked machine.';

/** Ports of services that programs poll by trade; anything else is an oddity of its own. */
const everydayPorts: ReadonlySet<number> = new Set([
  25, 53, 80, 110, 143, 443, 465, 587, 853, 993, 995, 5222, 5223, 5228, 8080, 8443,
]);

export const detector = defineDetector<Row>({
  id: 'beacon',
  title: 'Regular calls to a rare outside address',
  technique: 'T1071',
  tables: ['network'],
  parameters: {
    min_flows: {
      type: 'UInt32',
      value: 10,
      unit: 'flows',
      meaning: 'Least number of contacts that can show a rhythm.',
    },
    max_flows: {
      type: 'UInt32',
      value: 20_000,
      unit: 'flows',
      meaning: 'Contacts of one pair looked at; more add nothing.',
    },
    min_span_s: {
      type: 'UInt32',
      value: 60,
      unit: 'seconds',
      meaning: 'Least time from first to last contact ...',
    },
    max_span_s: {
      type: 'UInt32',
      value: 3600,
      unit: 'seconds',
      meaning: '... and at least a tenth of the period, of which this is the most asked for.',
    },
    silent_ports: {
      type: 'Array(UInt16)',
      value: [53, 123, 137, 138, 1900, 5353, 5355],
      unit: 'ports',
      meaning: 'Services that repeat by nature: names and time.',
    },
    popular_hosts: {
      type: 'UInt32',
      value: 2,
      unit: 'hosts',
      meaning: 'A destination known to more of our hosts than this is popular ...',
    },
    popular_share: {
      type: 'Float64',
      value: 0.05,
      unit: 'share',
      meaning: '... and to more than this part of those active outside.',
    },
    late_share: {
      type: 'Float64',
      value: 0.15,
      unit: 'share',
      meaning:
        'A popular destination that nobody knew for this first part of the period is looked at all the same.',
    },
    max_relative_mad: {
      type: 'Float64',
      value: 0.45,
      unit: 'share',
      meaning: 'Most median deviation of the intervals, relative to their median.',
    },
    max_rate_variation: {
      type: 'Float64',
      value: 0.4,
      unit: 'share',
      meaning: 'Or: most variation of the number of contacts over the span.',
    },
    min_fast_flows: {
      type: 'UInt32',
      value: 100,
      unit: 'flows',
      meaning:
        'Contacts in quick succession, to a server that is never asked for by name, that are worth a look whatever their rhythm.',
    },
    max_rows: { type: 'UInt32', value: 5000, unit: 'rows', meaning: 'Most candidates judged.' },
  },
  row,
  scoreMeaning:
    'Half regular timing, a quarter equal sizes, a quarter evenness over the time spanned; fewer contacts weigh less.',
  caveat,
  judge: (rows) => {
    const judged = rows.map((entry) => ({ entry, score: beaconScore(entry) })).filter(isBeacon);
    const followers = new Map<string, number>();
    for (const { entry } of judged) followers.set(entry.peer, (followers.get(entry.peer) ?? 0) + 1);
    return judged.map(({ entry, score }) => findingOf(entry, score, followers.get(entry.peer) ?? 1));
  },
});

type Judged = { readonly entry: Row; readonly score: ReturnType<typeof beaconScore> };

function isBeacon({ entry, score }: Judged): boolean {
  // What is odd in itself needs less of a rhythm.
  const isOdd = oddities(entry, 1).length > 0;
  // Medians, as a beacon may fetch a tool now and then: what carries this much each time is a transfer or a stream.
  const isTransfer = entry.received_median > 200_000 || entry.size_median > 1_000_000;
  const isDead = entry.unanswered >= entry.flows * 0.9;
  const isNameless = entry.handshakes > 0 && entry.named === 0;
  const isPolling =
    isNameless && entry.flows >= 100 && entry.interval_median < 10 && presence(slotsOf(entry)) >= 0.9;
  return (
    !isTransfer &&
    (score.total >= (isOdd ? 0.65 : 0.72) ||
      isPolling ||
      (isDead && entry.flows >= 50 && score.timing >= 0.4))
  );
}

/** What makes a rhythm suspicious beyond being one. */
function oddities(entry: Row, followers: number): readonly string[] {
  const odd: string[] = [];
  if (entry.self_signed > 0) odd.push('self-signed certificate');
  if (entry.handshakes > 0 && entry.named === 0) odd.push('no server name asked for');
  if (!everydayPorts.has(entry.port) && (entry.app === '' || entry.app === '-'))
    odd.push('no known protocol on an uncommon port');
  if (entry.unanswered >= entry.flows * 0.9) odd.push('keeps calling although nobody answers');
  if (followers >= 3 && entry.discovered_after >= 0.1)
    odd.push('several hosts began to call the same new address');
  return odd;
}

/** Ports on which mail programs ask for mail by the clock. */
const mailPorts: ReadonlySet<number> = new Set([110, 143, 993, 995]);

/** One oddity of a pair that was there from the first day is how that appliance is built; news, or two of them, is more. */
export function weightOf(
  entry: Pick<Row, 'port' | 'period_s' | 'began_after'>,
  oddityCount: number,
): FindingDraft['weight'] {
  const isEstablished = entry.period_s >= 172_800 && entry.began_after < 0.1;
  if (oddityCount >= 2 || (oddityCount === 1 && !isEstablished)) return 'incident';
  return oddityCount === 0 && mailPorts.has(entry.port) ? 'background' : 'supporting';
}

function findingOf(entry: Row, score: Judged['score'], followers: number): FindingDraft {
  const odd = oddities(entry, followers);
  return {
    detector: 'beacon',
    technique: entry.app.includes('http') || entry.app.includes('ssl') ? 'T1071.001' : 'T1071',
    weight: weightOf(entry, odd.length),
    direction: 'outbound',
    host: entry.host,
    peer: entry.peer,
    peers: [entry.peer],
    score: rounded(score.total + 0.05 * odd.length),
    first_seen: entry.first_seen,
    last_seen: entry.last_seen,
    event_count: entry.flows,
    detail: {
      port: entry.port,
      protocol: entry.transport,
      service: entry.app,
      interval_median_s: Math.round(entry.interval_median * 1000) / 1000,
      interval_deviation_s: Math.round(entry.interval_mad * 1000) / 1000,
      size_median_bytes: entry.size_median,
      timing: rounded(score.timing),
      size: rounded(score.size),
      spread: rounded(score.spread),
      hosts_using_peer: entry.sources,
      hosts_beaconing_to_peer: followers,
      bytes_out: entry.bytes_out,
      bytes_in: entry.bytes_in,
      unanswered: entry.unanswered,
      oddities: odd,
    },
    selectors: [
      {
        table: 'network',
        where: [
          { column: 'src_ip', op: 'in', values: [entry.host] },
          { column: 'dst_ip', op: 'in', values: [entry.peer] },
          { column: 'dst_port', op: 'in', values: [entry.port] },
          { column: 'protocol', op: 'in', values: [entry.transport] },
        ],
      },
    ],
    caveat,
  };
}
