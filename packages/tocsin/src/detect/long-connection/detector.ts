// Long connections: a session held open for hours, or for most of a short capture, to an address few others use.
import { z } from 'zod';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { logRamp, rounded } from '../statistics.ts';

const row = z.object({
  host: z.string(),
  peer: z.string(),
  port: z.number(),
  transport: z.string(),
  app: z.string(),
  flows: z.number(),
  longest_s: z.number(),
  /** Records the longest one is put together from. */
  slices: z.number(),
  bytes_out: z.number(),
  bytes_in: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  sources: z.number(),
  handshakes: z.number(),
  named: z.number(),
  self_signed: z.number(),
  period_s: z.number(),
  /** Part of the period gone before the first of them, 0..1. */
  began_after: z.number(),
});
type Row = z.infer<typeof row>;

const caveat =
  'Chat, push notices, remote work and VPNs hold connections open too. What stands out is length together with a rare destination and an unnamed or self-signed server.';

/** Ports whose services people are known to keep open for long by trade. */
const everydayPorts: ReadonlySet<number> = new Set([
  // Shells, web, VPN, mail
  22, 80, 443, 500, 993, 995, 1194, 1701, 1723, 3478, 4500, 8080, 8443, 51820,
  // Chat and push notices, calls, things (MQTT, AMQP), remote help, logs and monitoring, databases, routing
  5222, 5223, 5228, 5229, 5230, 2195, 2196, 2197, 5060, 5061, 1883, 8883, 5671, 5672, 1935, 554, 5938, 514,
  6514, 10_050, 10_051, 1433, 1521, 3306, 5432, 179,
]);

/** What makes a long session odd, in the words of the report. */
export function oddities(entry: Row): readonly string[] {
  const odd: string[] = [];
  if (entry.self_signed > 0) odd.push('self-signed certificate');
  if (entry.handshakes > 0 && entry.named === 0) odd.push('no server name asked for');
  if (entry.app === '' && entry.transport === 'tcp' && !everydayPorts.has(entry.port) && entry.bytes_in > 0) {
    odd.push('no known protocol on an uncommon port');
  }
  // A shell on another service's port passes where that service may pass.
  if (entry.app.includes('ssh') && everydayPorts.has(entry.port) && entry.port !== 22)
    odd.push('a shell on the port of another service');
  return odd;
}

/** An oddity of a connection that was there from the first day of several is how that service is built; news, or two of them, is more. */
export function weightOf(
  entry: Pick<Row, 'period_s' | 'began_after'>,
  { oddities: oddityCount, length }: { readonly oddities: number; readonly length: number },
): FindingDraft['weight'] {
  const isEstablished = entry.period_s >= 172_800 && entry.began_after < 0.1;
  if (oddityCount >= 2 || (oddityCount === 1 && !isEstablished)) return 'incident';
  return oddityCount === 0 && length < 0.6 ? 'background' : 'supporting';
}

export const detector = defineDetector<Row>({
  id: 'long-connection',
  title: 'Connection held open for long',
  technique: 'T1071',
  tables: ['network'],
  parameters: {
    min_duration_s: {
      type: 'Float64',
      value: 7200,
      unit: 'seconds',
      meaning: 'Length from which a connection is long by itself.',
    },
    min_short_s: {
      type: 'Float64',
      value: 300,
      unit: 'seconds',
      meaning: 'Least length in a short capture.',
    },
    min_period_share: {
      type: 'Float64',
      value: 0.25,
      unit: 'share',
      meaning: 'Part of a short capture a connection must span.',
    },
    max_gap_s: {
      type: 'Float64',
      value: 90,
      unit: 'seconds',
      meaning: 'Records between the same two ports this close to each other are one connection.',
    },
    max_rows: { type: 'UInt32', value: 2000, unit: 'rows', meaning: 'Most candidates looked at.' },
    popular_hosts: {
      type: 'UInt32',
      value: 3,
      unit: 'hosts',
      meaning: 'Destinations used by more of our hosts than this are left out.',
    },
  },
  row,
  scoreMeaning: 'Length on a logarithmic scale up to a day, raised by each oddity of the session.',
  caveat,
  judge: (rows) =>
    rows.map((entry) => {
      const odd = oddities(entry);
      const length = Math.max(
        logRamp(entry.longest_s, 300, 86_400),
        0.5 * (entry.longest_s / Math.max(1, entry.period_s)),
      );
      return {
        detector: 'long-connection',
        technique: entry.app === '' && !everydayPorts.has(entry.port) ? 'T1095' : 'T1071',
        weight: weightOf(entry, { oddities: odd.length, length }),
        direction: 'outbound',
        host: entry.host,
        peer: entry.peer,
        peers: [entry.peer],
        score: rounded(0.5 * length + 0.25 * odd.length),
        first_seen: entry.first_seen,
        last_seen: entry.last_seen,
        event_count: entry.flows,
        detail: {
          port: entry.port,
          protocol: entry.transport,
          service: entry.app,
          longest_s: Math.round(entry.longest_s),
          slices: entry.slices,
          bytes_out: entry.bytes_out,
          bytes_in: entry.bytes_in,
          hosts_using_peer: entry.sources,
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
    }),
});
