// Which rows the report shows one by one, each with figures of its own. The rest stays in the bundle's tables, and the
// report says so. Takes an investigation, gives the chosen rows in the order they are shown in.
import { byText } from '../../ground/ids.ts';
import type { Finding } from '../../vocabulary/finding.ts';
import type { EvidenceItem, Incident, Relay, Theft } from '../../vocabulary/investigation.ts';
import type { Unfigured } from './tables.ts';

export interface Shown<Row> {
  readonly rows: readonly Row[];
  /** True when there are more rows than these. */
  readonly isCut: boolean;
}

export type LedgerRow = Theft['ledger'][number];
export type Edge = Incident['edges'][number];

const mostRows = 50;

/** Rows per table and incident, so that many incidents do not multiply figures without bound. */
export function rowsPerIncident(incidents: number): number {
  return Math.max(10, Math.min(mostRows, Math.floor(100 / Math.max(1, incidents))));
}

/** Evidence items that need a look: those with rejects, those not understood, those with most records; in order of path. */
export function shownEvidence({ evidence }: Unfigured): Shown<EvidenceItem> {
  const unread = (item: EvidenceItem) => Number(item.format === 'unknown' || item.format === 'unreadable');
  const { rows, isCut } = most(evidence, mostRows, [
    (left, right) => right.rejects - left.rejects,
    (left, right) => unread(right) - unread(left),
    (left, right) => right.records - left.records,
    (left, right) => byText(left.path, right.path),
  ]);
  return { rows: [...rows].sort((left, right) => byText(left.path, right.path)), isCut };
}

const weightRank = { incident: 0, supporting: 1, background: 2 } as const;

/** Order in which findings of one detector are shown: the weightiest, strongest and earliest first. */
export function byStrength(left: Finding, right: Finding): number {
  return (
    weightRank[left.weight] - weightRank[right.weight] ||
    right.score - left.score ||
    byText(left.first_seen, right.first_seen) ||
    byText(left.id, right.id)
  );
}

/** Findings shown in full: no background, and every detector gets its share before any gets more. */
export function shownFindings({ findings, incidents }: Unfigured): Shown<Finding> {
  const inIncident = new Set(incidents.flatMap((incident) => incident.findings));
  const candidates = findings.filter(
    (finding) => finding.weight !== 'background' || inIncident.has(finding.id),
  );
  const rankOf = new Map<string, number>();
  const seen = new Map<string, number>();
  const inside = (finding: Finding) => Number(inIncident.has(finding.id));
  for (const finding of [...candidates].sort((a, b) => inside(b) - inside(a) || byStrength(a, b))) {
    const rank = seen.get(finding.detector) ?? 0;
    rankOf.set(finding.id, rank);
    seen.set(finding.detector, rank + 1);
  }
  const rank = (finding: Finding) => rankOf.get(finding.id) ?? 0;
  return most(candidates, mostRows, [
    (left, right) => rank(left) - rank(right),
    (left, right) => inside(right) - inside(left),
    byStrength,
  ]);
}

/** Ledger rows with most bytes, in order of day, destination, victim. */
export function shownLedger(theft: Theft, limit: number): Shown<LedgerRow> {
  const order = (left: LedgerRow, right: LedgerRow) =>
    byText(left.day, right.day) ||
    byText(left.destination, right.destination) ||
    byText(left.victim, right.victim);
  const { rows, isCut } = most(theft.ledger, limit, [
    (left, right) => right.best_bytes - left.best_bytes,
    order,
  ]);
  return { rows: [...rows].sort(order), isCut };
}

/** Destinations with most bytes. */
export function shownDestinations(theft: Theft, limit: number): Shown<Theft['to'][number]> {
  return most(theft.to, limit, [
    (left, right) => right.bytes - left.bytes,
    (left, right) => byText(left.ip, right.ip),
  ]);
}

/** Days of the ledger, the latest `limit` of them, in order. */
export function shownDays(theft: Theft, limit: number): Shown<string> {
  const days = [...new Set(theft.ledger.map((row) => row.day))].sort(byText);
  return { rows: days.slice(-limit), isCut: days.length > limit };
}

/** Relays, the surest first: the smallest chance, then the most signals. */
export function shownRelays({ relays }: Incident, limit: number): Shown<Relay> {
  return most(relays, limit, [
    (left, right) => left.p - right.p,
    (left, right) => right.signals.length - left.signals.length,
    (left, right) => byText(left.host, right.host),
  ]);
}

/** Conversations with most bytes both ways. */
export function shownEdges({ edges }: Incident, limit: number): Shown<Edge> {
  return most(edges, limit, [
    (left, right) => right.bytes_out + right.bytes_in - left.bytes_out - left.bytes_in,
    (left, right) => right.flows - left.flows,
    (left, right) =>
      byText(left.from, right.from) || byText(left.to, right.to) || byText(left.kind, right.kind),
  ]);
}

type Order<Row> = (left: Row, right: Row) => number;

function most<Row>(rows: readonly Row[], limit: number, orders: readonly Order<Row>[]): Shown<Row> {
  const sorted = [...rows].sort((left, right) => {
    for (const order of orders) {
      const sign = order(left, right);
      if (sign !== 0) return sign;
    }
    return 0;
  });
  return { rows: sorted.slice(0, limit), isCut: sorted.length > limit };
}
