// Who played which part: our hosts and the outside addresses of a group of findings. Pure.
import { byText } from '../ground/ids.ts';
import type { Finding } from '../vocabulary/finding.ts';
import type { HostRole, IncidentHost, OutsideRole } from '../vocabulary/investigation.ts';
import { linkOf, tacticFor } from './attack.ts';

export interface Entry {
  readonly host: string;
  readonly from: string | null;
  readonly time: string;
  readonly technique: string;
}

/** Outside addresses kept per finding; the bundle has them all. */
const maxTargets = 200;

/**
 * The way in: the first break-in that was seen, else the first host that was steered from outside, which says only
 * that it was the first to be seen so.
 */
export function entryOf(findings: readonly Finding[]): Entry | null {
  const inOrder = [...findings].sort(
    (left, right) => byText(left.first_seen, right.first_seen) || byText(left.id, right.id),
  );
  const found =
    inOrder.find((finding) => linkOf(finding) === 'intrusion') ??
    inOrder.find((finding) => linkOf(finding) === 'control') ??
    inOrder[0];
  if (found === undefined) return null;
  const isFromOutside = found.direction === 'inbound' || found.direction === 'outbound';
  return {
    host: found.host,
    from: isFromOutside ? (found.peer ?? found.peers[0] ?? null) : null,
    time: found.first_seen,
    technique: found.technique,
  };
}

const precedence: readonly HostRole[] = ['entry', 'relay', 'pivot', 'implant', 'foothold'];

/** Our hosts, one part each: the weightiest it played. */
export function hostRoles(findings: readonly Finding[], entry: Entry | null): readonly IncidentHost[] {
  const parts = new Map<string, Map<HostRole, Finding[]>>();
  const play = (host: string, role: HostRole, finding: Finding) => {
    const roles = parts.get(host) ?? new Map<HostRole, Finding[]>();
    roles.set(role, [...(roles.get(role) ?? []), finding]);
    parts.set(host, roles);
  };
  for (const finding of findings) {
    const kind = linkOf(finding);
    if (kind === 'intrusion') play(finding.host, 'entry', finding);
    else if (kind === 'control') play(finding.host, 'implant', finding);
    else if (kind === 'movement') {
      play(finding.host, 'pivot', finding);
      if (finding.peer !== null) play(finding.peer, 'foothold', finding);
    } else if (kind === 'attack' || kind === 'theft') play(finding.host, 'foothold', finding);
    else play(finding.host, 'foothold', finding);
    if (entry !== null && finding.host === entry.host && finding.first_seen === entry.time)
      play(finding.host, 'entry', finding);
  }
  return [...parts]
    .map(([ip, roles]) => {
      const role = precedence.find((candidate) => roles.has(candidate)) ?? 'foothold';
      const all = [...roles.values()].flat();
      return {
        ip,
        role,
        first_seen: all.map((finding) => finding.first_seen).sort(byText)[0] ?? '',
        findings: [...new Set(all.map((finding) => finding.id))].sort(byText),
      };
    })
    .sort((left, right) => byText(left.first_seen, right.first_seen) || byText(left.ip, right.ip));
}

export interface OutsidePart {
  readonly ip: string;
  readonly role: OutsideRole;
  readonly first_seen: string;
  readonly findings: readonly string[];
}

/** Outside addresses; one that both steered and received is listed in both parts. */
export function outsideRoles(findings: readonly Finding[]): readonly OutsidePart[] {
  const parts = new Map<string, Finding[]>();
  for (const finding of findings) {
    const role = outsideRole(finding);
    if (role === null) continue;
    for (const ip of finding.peers.slice(0, maxTargets)) {
      const key = `${role} ${ip}`;
      parts.set(key, [...(parts.get(key) ?? []), finding]);
    }
  }
  return [...parts]
    .map(([key, seen]) => {
      const at = key.indexOf(' ');
      return {
        ip: key.slice(at + 1),
        role: asRole(key.slice(0, at)),
        first_seen: seen.map((finding) => finding.first_seen).sort(byText)[0] ?? '',
        findings: [...new Set(seen.map((finding) => finding.id))].sort(byText),
      };
    })
    .sort(
      (left, right) =>
        byText(left.first_seen, right.first_seen) ||
        byText(left.ip, right.ip) ||
        byText(left.role, right.role),
    );
}

function asRole(text: string): OutsideRole {
  return text === 'controller' || text === 'drop' || text === 'target' ? text : 'hop';
}

function outsideRole(finding: Finding): OutsideRole | null {
  switch (linkOf(finding)) {
    case 'control':
      return 'controller';
    case 'theft':
      return 'drop';
    case 'intrusion':
      return 'hop';
    case 'attack':
      return 'target';
    default:
      return null;
  }
}

export interface Stage {
  readonly tactic: string;
  readonly techniques: readonly string[];
  readonly first_seen: string;
  readonly last_seen: string;
  readonly findings: readonly string[];
}

/** The tactics seen, in the order given (that of the matrix). */
export function stagesOf(findings: readonly Finding[], order: readonly string[]): readonly Stage[] {
  return order.flatMap((tactic) => {
    const seen = findings.filter((finding) => tacticFor(finding.technique) === tactic);
    if (seen.length === 0) return [];
    return [
      {
        tactic,
        techniques: [...new Set(seen.map((finding) => finding.technique))].sort(byText),
        first_seen: seen.map((finding) => finding.first_seen).sort(byText)[0] ?? '',
        last_seen:
          seen
            .map((finding) => finding.last_seen)
            .sort(byText)
            .at(-1) ?? '',
        findings: seen.map((finding) => finding.id),
      },
    ];
  });
}
