// Who played which part: our hosts and the outside addresses of a group of findings. Pure.
import { byText } from '../ground/ids.ts';
import type { Finding } from '../vocabulary/finding.ts';
import { microsOf } from '../vocabulary/instant.ts';
import type { HostRole, IncidentHost, OutsideRole } from '../vocabulary/investigation.ts';
import { linkOf, movedTo, reachedBy, tacticFor } from './attack.ts';
import { targetsOf } from './relays.ts';

export interface Entry {
  readonly host: string;
  readonly from: string | null;
  readonly time: string;
  readonly technique: string;
}

/** Outside addresses kept per finding; the bundle has them all. */
const maxTargets = 200;

/** A machine called home for so long before any break-in was seen that another way in must have come first, microseconds. */
const longBefore = 86_400_000_000n;

/** Movement with this score shows where an intruder came from without more; with this, when it is part of an incident. */
const sureMovement = 0.7;
const likelyMovement = 0.5;

/** When the sessions began that findings tell of, by finding; first_seen where nothing better is known. */
export type Beginnings = ReadonlyMap<string, string>;

/**
 * The way in: the first break-in that was seen, else the first host that was steered from outside, which says only
 * that it was the first to be seen so; where that one was itself reached from another of ours, the other.
 */
export function entryOf(findings: readonly Finding[], beginnings: Beginnings = new Map()): Entry | null {
  const began = (finding: Finding) => beginnings.get(finding.id) ?? finding.first_seen;
  const inOrder = [...findings].sort(
    (left, right) => byText(began(left), began(right)) || byText(left.id, right.id),
  );
  const found = firstSign(withoutSteering(inOrder), began);
  if (found === undefined) return null;
  const isFromOutside = found.direction === 'inbound' || found.direction === 'outbound';
  return {
    host: found.host,
    from: isFromOutside ? (found.peer ?? found.peers[0] ?? null) : null,
    time: began(found),
    technique: found.technique,
  };
}

/** A session by which a relay is steered is not how it was taken. */
function withoutSteering(findings: readonly Finding[]): readonly Finding[] {
  const steering = new Set(
    findings
      .filter((finding) => linkOf(finding) === 'steering')
      .flatMap(({ host, peers }) => peers.map((peer) => `${host} ${peer}`)),
  );
  return findings.filter(
    (finding) =>
      linkOf(finding) !== 'intrusion' ||
      !isByMovement(finding) ||
      !steering.has(`${finding.host} ${finding.peer ?? ''}`),
  );
}

function firstSign(inOrder: readonly Finding[], began: (finding: Finding) => string): Finding | undefined {
  const brokenInto = inOrder.find((finding) => linkOf(finding) === 'intrusion');
  const steered = inOrder.find(
    (finding) => linkOf(finding) === 'control' && cameFrom(finding, inOrder, began) === undefined,
  );
  if (brokenInto !== undefined) {
    const isLate =
      steered?.weight === 'incident' &&
      steered.host !== brokenInto.host &&
      microsOf(began(brokenInto)) - microsOf(began(steered)) > longBefore;
    return isLate ? steered : brokenInto;
  }
  // Who reached the first that was steered, or went on from machine to machine before that, was taken before it.
  const first = inOrder.find(
    (finding) => linkOf(finding) === 'control' || (isMovement(finding) && finding.score >= likelyMovement),
  );
  const source = first === undefined ? undefined : cameFrom(first, inOrder, began);
  const own = inOrder.find((finding) => finding.host === source?.host && linkOf(finding) === 'control');
  if (source !== undefined && (own === undefined || began(source) < began(own))) return source;
  return (
    own ??
    first ??
    // That a machine is steered says nothing of how it was taken.
    inOrder.find((finding) => linkOf(finding) !== 'steering' && linkOf(finding) !== 'attack')
  );
}

function isMovement(finding: Finding): boolean {
  return linkOf(finding) === 'movement' && finding.weight !== 'background';
}

/** The first movement into the finding's host that came before it. */
function cameFrom(
  finding: Finding,
  inOrder: readonly Finding[],
  began: (finding: Finding) => string,
): Finding | undefined {
  return inOrder.find(
    (other) =>
      (other.weight === 'incident' || other.score >= sureMovement) &&
      other.host !== finding.host &&
      began(other) <= began(finding) &&
      isEnteredBy(finding.host, other),
  );
}

/** Part of a host that played several, weightiest first; what a foothold is follows from how it was reached. */
const precedence: readonly HostRole[] = ['entry', 'pivot', 'implant', 'foothold'];

/** True for software distribution turned to another's ends (T1072). */
function isPush({ technique }: Finding): boolean {
  return technique.startsWith('T1072');
}

/**
 * Our hosts by the weightiest part each played; one that was a relay is listed as such too.
 * @param enteredByNeighbours hosts that the evidence of other organisations shows to be entered by hand from theirs
 */
export function hostRoles(
  findings: readonly Finding[],
  entry: Entry | null,
  enteredByNeighbours: ReadonlySet<string> = new Set(),
): readonly IncidentHost[] {
  const parts = new Map<string, Map<HostRole, Finding[]>>();
  const play = (host: string, role: HostRole, finding: Finding) => {
    const roles = parts.get(host) ?? new Map<HostRole, Finding[]>();
    roles.set(role, [...(roles.get(role) ?? []), finding]);
    parts.set(host, roles);
  };
  for (const finding of findings) {
    const kind = linkOf(finding);
    // Who was entered from a machine that is itself taken is a foothold, in whichever organisation that machine stands.
    if (kind === 'intrusion') play(finding.host, isByMovement(finding) ? 'foothold' : 'entry', finding);
    else if (kind === 'steering') play(finding.host, 'relay', finding);
    else if (kind === 'control') play(finding.host, 'implant', finding);
    else if (kind === 'movement') {
      play(finding.host, 'pivot', finding);
      // Software that was pushed leaves an implant; who was entered by hand is a foothold.
      const part = isPush(finding) ? 'implant' : 'foothold';
      for (const peer of movedTo(finding)) play(peer, part, finding);
    } else if (kind === 'attack' || kind === 'theft') play(finding.host, 'foothold', finding);
    else play(finding.host, 'foothold', finding);
  }
  for (const finding of findings.filter(({ host }) => host === entry?.host)) {
    const isHow = finding.technique === entry?.technique;
    // Where only others' evidence tells how, whatever is known of the host itself stands for it.
    if (
      isHow ||
      !findings.some(({ host, technique }) => host === entry?.host && technique === entry.technique)
    )
      play(finding.host, 'entry', finding);
  }
  return [...parts]
    .flatMap(([ip, roles]) => {
      const relaying = roles.get('relay');
      const called = (roles.get('implant') ?? []).map((finding) => finding.first_seen).sort(byText)[0];
      // Who comes by hand to a machine that already calls home did not take it that way; nor did an administrator's routine.
      const wasEntered =
        enteredByNeighbours.has(ip) ||
        (roles.get('foothold') ?? []).some(
          (finding) =>
            finding.weight !== 'background' &&
            isEnteredBy(ip, finding) &&
            (called === undefined || finding.first_seen <= called),
        );
      // That others a push reached went on as before says nothing of one that calls home.
      const wasPushedTo = findings.some(
        (finding) => isPush(finding) && finding.host !== ip && reachedBy(finding).includes(ip),
      );
      const weightiest = precedence.find((candidate) => roles.has(candidate));
      // A machine entered by hand stays a foothold, whatever was then put on it.
      const main = weightiest === 'implant' && wasEntered && !wasPushedTo ? 'foothold' : weightiest;
      // What a relay does to others makes it no foothold besides.
      const isRelayOnly = relaying !== undefined && (main === undefined || main === 'foothold');
      const others = [...roles].flatMap(([role, found]) => (role === 'relay' ? [] : found));
      return [
        ...(isRelayOnly || main === undefined ? [] : [hostPart(ip, main, others)]),
        ...(relaying === undefined
          ? []
          : [hostPart(ip, 'relay', isRelayOnly ? [...relaying, ...others] : relaying)]),
      ];
    })
    .sort(
      (left, right) =>
        byText(left.first_seen, right.first_seen) ||
        byText(left.ip, right.ip) ||
        byText(left.role, right.role),
    );
}

/** True for entering by a protocol of administration, as one does from machine to machine. */
function isByMovement({ technique }: Finding): boolean {
  return tacticFor(technique) === 'lateral-movement';
}

/** True for movement into the host. */
function isEnteredBy(ip: string, finding: Finding): boolean {
  return (
    (movedTo(finding).includes(ip) && finding.host !== ip) ||
    (finding.host === ip && linkOf(finding) === 'intrusion' && isByMovement(finding))
  );
}

function hostPart(ip: string, role: HostRole, findings: readonly Finding[]): IncidentHost {
  return {
    ip,
    role,
    first_seen: findings.map((finding) => finding.first_seen).sort(byText)[0] ?? '',
    findings: [...new Set(findings.map((finding) => finding.id))].sort(byText),
  };
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
    const named = [
      ...(role === null ? [] : finding.peers.slice(0, maxTargets).map((ip) => `${role} ${ip}`)),
      ...targetsOf(finding)
        .slice(0, maxTargets)
        .map((ip) => `target ${ip}`),
    ];
    for (const key of named) parts.set(key, [...(parts.get(key) ?? []), finding]);
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
    case 'steering':
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
