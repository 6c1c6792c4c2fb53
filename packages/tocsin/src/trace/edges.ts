// Who talked to whom in an incident: the conversations between its hosts and outside addresses, by kind.
import { byText } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { addressNumber } from '../vocabulary/address.ts';
import type { Finding } from '../vocabulary/finding.ts';
import type { Incident } from '../vocabulary/investigation.ts';
import { linkOf } from './attack.ts';
import { targetsOf } from './relays.ts';

type Edge = Incident['edges'][number];

const sql = `
SELECT
    replaceOne(toString(src_ip), '::ffff:', '') AS source,
    replaceOne(toString(dst_ip), '::ffff:', '') AS target,
    -- One row of a conversation that two organisations of ours see from both sides.
    sumIf(flows, NOT (src_inside = 0 AND dictHas('constituency', src_ip))) AS flow_count,
    sumIf(bytes_out, NOT (src_inside = 0 AND dictHas('constituency', src_ip))) AS sent,
    sumIf(bytes_in, NOT (src_inside = 0 AND dictHas('constituency', src_ip))) AS returned,
    min(first_seen) AS began,
    max(last_seen) AS ended,
    arraySort(groupUniqArray(20)(dst_port)) AS ports
FROM conversation
WHERE src_ip IN ({all:Array(IPv6)}) AND dst_ip IN ({all:Array(IPv6)})
GROUP BY src_ip, dst_ip`;

function edgeKind(finding: Finding): Edge['kind'] | null {
  const kind = linkOf(finding);
  if (kind === 'none') return null;
  return kind === 'steering' ? 'control' : kind;
}

/** Edges in order of time. Pairs no finding links are left out; a log without addresses has none. */
export async function edgesOf(engine: EventsEngine, findings: readonly Finding[]): Promise<readonly Edge[]> {
  const kinds = new Map<string, Edge['kind']>();
  const addresses = new Set<string>();
  const note = (source: string, target: string, kind: Edge['kind']) => {
    addresses.add(source).add(target);
    // Theft is what a reader looks for: a pair that also carries control is drawn as theft.
    if (!kinds.has(`${source} ${target}`) || kind === 'theft') kinds.set(`${source} ${target}`, kind);
  };
  for (const finding of findings) {
    const kind = edgeKind(finding);
    if (kind === null) continue;
    for (const peer of finding.peers.slice(0, 200)) {
      const [source, target] = finding.direction === 'inbound' ? [peer, finding.host] : [finding.host, peer];
      note(source, target, kind);
    }
    for (const target of targetsOf(finding).slice(0, 200)) note(finding.host, target, 'attack');
  }
  const all = [...addresses].filter((text) => addressNumber(text) !== null).sort(byText);
  if (all.length === 0) return [];
  const rows = await engine.query(sql, { all });
  return rows
    .flatMap((row): readonly Edge[] => {
      const kind = kinds.get(`${String(row['source'])} ${String(row['target'])}`);
      if (kind === undefined) return [];
      const ports: unknown = row['ports'];
      return [
        {
          from: String(row['source']),
          to: String(row['target']),
          kind,
          flows: Number(row['flow_count']),
          bytes_out: Number(row['sent']),
          bytes_in: Number(row['returned']),
          first_seen: String(row['began']),
          last_seen: String(row['ended']),
          ports: Array.isArray(ports) ? ports.map(Number) : [],
        },
      ];
    })
    .sort(
      (left, right) =>
        byText(left.first_seen, right.first_seen) ||
        byText(left.from, right.from) ||
        byText(left.to, right.to),
    );
}
