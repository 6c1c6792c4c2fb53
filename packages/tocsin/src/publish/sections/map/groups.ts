// Who talked to whom, small enough to draw: hosts and outside parties of one incident as nodes by role, those that play
// the same part collapsed into one node, and the conversations between nodes. Pure; shared by picture and figures.
import { byText } from '../../../ground/ids.ts';
import type { HostRole, Incident, OutsideRole } from '../../../vocabulary/investigation.ts';

export type Side = 'ours' | 'outside';
export type EdgeKind = Incident['edges'][number]['kind'];

export interface MapNode {
  /** Unique within the incident: `ours.implant.group-1` or `ours.entry.10.0.0.1`. */
  readonly key: string;
  readonly side: Side;
  readonly role: HostRole | OutsideRole;
  /** Sorted; more than one in a collapsed node. */
  readonly ips: readonly string[];
  /** Where the address is registered, for a single outside party: country, AS number, AS name, as far as known. */
  readonly place: readonly string[];
  /** Other roles of a single address; it is drawn once, in the first. */
  readonly also: readonly (HostRole | OutsideRole)[];
  /** True when data went here. */
  readonly isDestination: boolean;
}

export interface MapEdge {
  readonly from: MapNode;
  readonly to: MapNode;
  readonly kind: EdgeKind;
  readonly bytes: number;
}

export interface IncidentMap {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

// Roles that usually talk to each other stand at the same height: hops by the way in, controllers by implants.
const drawnOurs: readonly HostRole[] = ['entry', 'implant', 'pivot', 'foothold', 'relay'];
const drawnOutside: readonly OutsideRole[] = ['hop', 'controller', 'drop', 'target'];
/** Nodes drawn of one role. */
const nodesPerRole = 6;
/** From so many alike on, they become one node. */
const alike = 3;
/** What a figure's list of values holds. */
const mostInNode = 1000;

/** The map of an incident. */
export function mapOf(incident: Incident): IncidentMap {
  const signatures = signaturesOf(incident);
  const destinations = new Set((incident.theft?.to ?? []).map((to) => to.ip));
  const members = onceEach([
    ...drawnOurs.flatMap((role) =>
      incident.hosts
        .filter((host) => host.role === role)
        .map(({ ip }) => ({ ip, role, side: 'ours' as const, place: [] })),
    ),
    ...drawnOutside.flatMap((role) =>
      incident.outside
        .filter((party) => party.role === role)
        .map((party) => ({ ip: party.ip, role, side: 'outside' as const, place: placeOf(party) })),
    ),
  ]);
  const nodes: MapNode[] = [];
  for (const side of ['outside', 'ours'] as const) {
    for (const role of side === 'ours' ? drawnOurs : drawnOutside) {
      const ofRole = members.filter((member) => member.side === side && member.role === role);
      const signed = ofRole.map((member) => ({
        ...member,
        signature: `${member.also.join()}\n${signatures.get(member.ip) ?? ''}`,
      }));
      nodes.push(...collapse(signed, destinations));
    }
  }
  return { nodes, edges: edgesBetween(incident, nodes) };
}

interface Member {
  readonly ip: string;
  readonly role: HostRole | OutsideRole;
  readonly side: Side;
  readonly place: readonly string[];
  readonly also: readonly (HostRole | OutsideRole)[];
}

/** An address that plays several parts once, in the first of them. */
function onceEach(parts: readonly Omit<Member, 'also'>[]): readonly Member[] {
  const rolesOf = new Map<string, Set<Member['role']>>();
  for (const { ip, role } of parts) rolesOf.set(ip, (rolesOf.get(ip) ?? new Set()).add(role));
  const seen = new Set<string>();
  return parts.flatMap((part) => {
    if (seen.has(part.ip)) return [];
    seen.add(part.ip);
    return [{ ...part, also: [...(rolesOf.get(part.ip) ?? [])].filter((role) => role !== part.role) }];
  });
}

function placeOf({ country, asn, as_name }: Incident['outside'][number]): readonly string[] {
  return [country ?? '', asn === null ? '' : `AS${asn}`, as_name ?? ''].filter((part) => part !== '');
}

/** What each address did with the other side: who with, and of which kind. Movement inside is left out. */
function signaturesOf({ edges, hosts, outside }: Incident): ReadonlyMap<string, string> {
  const ours = new Set(hosts.map((host) => host.ip));
  const theirs = new Set(outside.map((party) => party.ip));
  const deeds = new Map<string, Set<string>>();
  const note = (ip: string, deed: string) => deeds.set(ip, (deeds.get(ip) ?? new Set()).add(deed));
  for (const { from, to, kind } of edges) {
    if (ours.has(from) && theirs.has(to)) {
      note(from, `${kind} ${to}`);
      note(to, `${kind} ${from}`);
    } else if (theirs.has(from) && ours.has(to)) {
      note(to, `${kind} ${from}`);
      note(from, `${kind} ${to}`);
    }
  }
  return new Map([...deeds].map(([ip, set]) => [ip, [...set].sort(byText).join('\n')]));
}

function collapse(
  members: readonly (Member & { readonly signature: string })[],
  destinations: ReadonlySet<string>,
): readonly MapNode[] {
  const groups = new Map<string, (typeof members)[number][]>();
  for (const member of members) {
    groups.set(member.signature, [...(groups.get(member.signature) ?? []), member]);
  }
  const single: (typeof members)[number][] = [];
  const many: (typeof members)[number][][] = [];
  for (const group of groups.values()) {
    if (group.length >= alike) many.push(group);
    else single.push(...group);
  }
  const room = Math.max(1, nodesPerRole - many.length);
  if (single.length > room) many.push(single.splice(room - 1));
  // The largest groups keep a node of their own; the tail shares the last.
  many.sort((left, right) => right.length - left.length || byText(left[0]?.ip ?? '', right[0]?.ip ?? ''));
  if (many.length > nodesPerRole) many.push(many.splice(nodesPerRole - 1).flat());
  const chunks = many.flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / mostInNode) }, (_, at) =>
      group.slice(at * mostInNode, (at + 1) * mostInNode),
    ),
  );
  return [...single.map((member) => [member]), ...chunks].flatMap((group, at) => {
    const [first] = group;
    if (!first) return [];
    const ips = group.map((member) => member.ip).sort(byText);
    return [
      {
        key: `${first.side}.${first.role}.${ips.length === 1 ? first.ip : `group-${at + 1}`}`,
        side: first.side,
        role: first.role,
        ips,
        place: ips.length === 1 ? first.place : [],
        also: ips.length === 1 ? first.also : [],
        isDestination: ips.some((ip) => destinations.has(ip)),
      },
    ];
  });
}

function edgesBetween(incident: Incident, nodes: readonly MapNode[]): readonly MapEdge[] {
  const nodeOf = new Map(nodes.flatMap((node) => node.ips.map((ip) => [ip, node] as const)));
  const merged = new Map<string, MapEdge>();
  for (const { from, to, kind, bytes_out, bytes_in } of incident.edges) {
    const source = nodeOf.get(from);
    const target = nodeOf.get(to);
    if (!source || !target || source === target) continue;
    const key = `${source.key}\n${target.key}\n${kind}`;
    const bytes = (merged.get(key)?.bytes ?? 0) + bytes_out + bytes_in;
    merged.set(key, { from: source, to: target, kind, bytes });
  }
  return [...merged.entries()].sort(([left], [right]) => byText(left, right)).map(([, edge]) => edge);
}
