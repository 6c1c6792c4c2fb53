// Long connections: a session held open for hours, or for most of a short capture, to an address few others use.
import { z } from 'zod';
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
  duration_s: z.number(),
  bytes_out: z.number(),
  bytes_in: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  sources: z.number(),
  handshakes: z.number(),
  named: z.number(),
  self_signed: z.number(),
  period_s: z.number(),
});
type Row = z.infer<typeof row>;

const caveat =
  'Chat, push notices, remote work and VPNs hold connections open too. What stands out is length together with a rare destination and an unnamed or self-signed server.';

/** Ports whose services people are known to keep open for long by trade. */
const everydayPorts: ReadonlySet<number> = new Set([
  22, 80, 443, 500, 993, 995, 1194, 1723, 3478, 4500, 5222, 5223, 5228, 8080, 8443, 51820,
]);

/** What makes a long session odd, in the words of the report. */
export function oddities(entry: Row): readonly string[] {
  const odd: string[] = [];
  if (entry.self_signed > 0) odd.push('self-signed certificate');
  if (entry.handshakes > 0 && entry.named === 0) odd.push('no server name asked for');
  if (entry.app === '' && entry.transport === 'tcp' && !everydayPorts.has(entry.port) && entry.bytes_in > 0) {
    odd.push('no known protocol on an uncommon port');
  }
  return odd;
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
        weight: odd.length >= 1 ? 'incident' : odd.length === 0 && length < 0.6 ? 'background' : 'supporting',
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
