// Scans: one source, many targets on a port (horizontal) or many ports on a target (vertical), mostly without answer.
import { z } from 'zod';
import { byText } from '../../ground/ids.ts';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { logRamp, rounded } from '../statistics.ts';

const flag = z.union([z.boolean(), z.number()]).transform(Boolean);

const row = z.object({
  kind: z.enum(['horizontal', 'vertical']),
  source: z.string(),
  target: z.string(),
  port: z.number(),
  transport: z.string(),
  from_inside: flag,
  to_inside: flag,
  tried: z.number(),
  silent: z.number(),
  /** Of the silent targets, those some name leads to. */
  silent_named: z.number(),
  /** Silent targets of the source on ports that hardly any other silent target shares. */
  scattered: z.number(),
  /** Silent ports below 1024. */
  silent_low: z.number(),
  /** Targets or ports tried at least three times over two days or more. */
  recurring: z.number(),
  flows: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  began_after: z.number(),
  peers: z.array(z.string()),
  ports: z.array(z.number()),
});
type Row = z.infer<typeof row>;

const caveat =
  'A scan shows interest, not entry. Inside, the own vulnerability scanner and monitoring look alike; from outside, such knocking is the noise of the internet.';

export const detector = defineDetector<Row>({
  id: 'scan',
  title: 'Scan of addresses or ports',
  technique: 'T1046',
  tables: ['network', 'dns'],
  parameters: {
    min_targets: {
      type: 'UInt32',
      value: 8,
      unit: 'addresses',
      meaning: 'Targets without any answer on one port before it is called a scan.',
    },
    min_ports: {
      type: 'UInt32',
      value: 20,
      unit: 'ports',
      meaning: 'Ports without any answer on one target before it is called a scan.',
    },
    min_silent_share: {
      type: 'Float64',
      value: 0.3,
      unit: 'share',
      meaning: 'Part of the targets or ports that never answered.',
    },
    max_rows: { type: 'UInt32', value: 5000, unit: 'rows', meaning: 'Most candidates looked at.' },
  },
  row,
  scoreMeaning:
    'How many targets or ports stayed silent, on a logarithmic scale from the threshold to a hundred times it.',
  caveat,
  judge: (rows, { parameters }) => {
    const outside = rows.filter((entry) => !entry.from_inside);
    const inside = rows.filter((entry) => entry.from_inside);
    return [...inside.map((entry) => ownScan(entry, parameters)), ...knocking(outside)];
  },
});

/** True for the scan a monitoring or inventory server makes by trade: the same targets, again and again, from the first day. */
export function isHabitual(entry: Pick<Row, 'recurring' | 'tried' | 'began_after'>): boolean {
  return entry.began_after <= 0.1 && entry.recurring >= entry.tried * 0.5;
}

/** True when what stayed silent outside can only be a scan: neither named services, nor peers of a program, nor a blocked protocol. */
export function isAbuse(
  entry: Pick<
    Row,
    'kind' | 'transport' | 'port' | 'tried' | 'silent' | 'silent_named' | 'scattered' | 'silent_low'
  >,
  least: number,
): boolean {
  if (entry.silent < entry.tried * 0.6 || entry.silent < least * 4) return false;
  // A passive file transfer behind a filter opens one high port after the other.
  if (entry.kind === 'vertical') return entry.transport === 'tcp' && entry.silent_low >= 5;
  // Browsers try QUIC (UDP 443) everywhere before they fall back where it is blocked.
  if (entry.transport === 'udp' && entry.port === 443) return false;
  return entry.silent_named < entry.silent * 0.3 && entry.scattered < entry.silent;
}

/** A scan by one of our machines. Towards third parties it is abuse; inside it is discovery. */
function ownScan(entry: Row, parameters: Readonly<Record<string, unknown>>): FindingDraft {
  const least = Number(entry.kind === 'horizontal' ? parameters['min_targets'] : parameters['min_ports']);
  const strength = logRamp(entry.silent, least, least * 100);
  return {
    detector: 'scan',
    technique: entry.to_inside ? 'T1046' : 'T1595.001',
    weight: weightOf(entry, least),
    direction: entry.to_inside ? 'internal' : 'outbound',
    host: entry.source,
    peer: entry.kind === 'vertical' ? entry.target : null,
    peers: entry.peers,
    score: rounded(0.4 + 0.6 * strength),
    first_seen: entry.first_seen,
    last_seen: entry.last_seen,
    event_count: entry.flows,
    detail: {
      kind: entry.kind,
      protocol: entry.transport,
      tried: entry.tried,
      silent: entry.silent,
      ...(entry.kind === 'horizontal' ? { port: entry.port } : { ports: entry.ports.slice(0, 100) }),
    },
    selectors: [selectorOf(entry)],
    caveat,
  };
}

/** Discovery inside is what vulnerability scanners do too: it never opens an incident by itself. */
function weightOf(entry: Row, least: number): FindingDraft['weight'] {
  if (entry.to_inside) return isHabitual(entry) ? 'background' : 'supporting';
  return isAbuse(entry, least) ? 'incident' : 'supporting';
}

const mostPeers = 1000;

function selectorOf(entry: Row): FindingDraft['selectors'][number] {
  const where: FindingDraft['selectors'][number]['where'] = [
    { column: 'src_ip', op: 'in', values: [entry.source] },
    { column: 'protocol', op: 'in', values: [entry.transport] },
    ...(entry.kind === 'horizontal' ? [{ column: 'dst_port', op: 'in' as const, values: [entry.port] }] : []),
    // The list of targets is cut at its bound; then the port alone has to tell.
    ...(entry.peers.length < mostPeers ? [{ column: 'dst_ip', op: 'in' as const, values: entry.peers }] : []),
  ];
  return { table: 'network', where };
}

/** Scans from outside, pooled: one line of background for all of them per service or machine knocked at. */
function knocking(rows: readonly Row[]): readonly FindingDraft[] {
  const groups = new Map<string, Row[]>();
  for (const entry of rows) {
    const key =
      entry.kind === 'horizontal' ? `port ${entry.port}/${entry.transport}` : `target ${entry.target}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups]
    .sort(([left], [right]) => byText(left, right))
    .map(([key, entries]) => knockingAt(key, entries));
}

function knockingAt(key: string, entries: readonly Row[]): FindingDraft {
  const sources = [...new Set(entries.map((entry) => entry.source))].sort(byText);
  const targets = [...new Set(entries.flatMap((entry) => entry.peers))].sort(byText);
  const begins = entries.map((entry) => entry.first_seen).sort(byText);
  const ends = entries.map((entry) => entry.last_seen).sort(byText);
  return {
    detector: 'scan',
    technique: 'T1595.001',
    weight: 'background',
    direction: 'inbound',
    host: targets[0] ?? '',
    peer: sources.length === 1 ? (sources[0] ?? null) : null,
    peers: sources.slice(0, mostPeers),
    score: 0.1,
    first_seen: begins[0] ?? '',
    last_seen: ends.at(-1) ?? '',
    event_count: entries.reduce((sum, entry) => sum + entry.flows, 0),
    detail: {
      kind: entries[0]?.kind ?? '',
      knocked_at: key,
      sources: sources.length,
      targets: targets.length,
    },
    selectors: entries.slice(0, 100).map(selectorOf),
    caveat,
  };
}
