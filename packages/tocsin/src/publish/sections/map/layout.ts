// Where the nodes and conversations of a map stand: outside parties left, our machines right, by role from top to
// bottom; every line leaves its node at a place of its own. Takes a map and a width, gives coordinates.
import { byText } from '../../../ground/ids.ts';
import type { IncidentMap, MapEdge, MapNode } from './groups.ts';

export interface PlacedNode {
  readonly node: MapNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedRole {
  readonly role: MapNode['role'];
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  readonly edge: MapEdge;
  readonly start: { readonly x: number; readonly y: number };
  readonly end: { readonly x: number; readonly y: number };
  /** Both ends are on one side: the line bows out by this much; negative to the left. */
  readonly bow: number | null;
  readonly stroke: number;
}

export interface MapLayout {
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly roles: readonly PlacedRole[];
  readonly edges: readonly PlacedEdge[];
}

export interface MapShape {
  readonly width: number;
  readonly nodeWidth: number;
  /** Room beside each column for lines that stay on their side. */
  readonly left: number;
  readonly right: number;
}

const gap = 12;
const roleHeight = 30;
const lineHeight = 17;

/** Lines of text in a node: its name, its place, what it received. */
export function linesOf(node: MapNode): number {
  return 1 + Number(node.place.length + node.also.length > 0) + Number(node.isDestination);
}

/** Places a map. */
export function layoutOf({ nodes, edges }: IncidentMap, shape: MapShape): MapLayout {
  const touches = new Map<string, number>();
  for (const { from, to } of edges) {
    for (const { key } of [from, to]) touches.set(key, (touches.get(key) ?? 0) + 1);
  }
  const heightOf = (node: MapNode) =>
    Math.max(14 + lineHeight * linesOf(node), 10 + 13 * Math.min(8, touches.get(node.key) ?? 0));
  const left = column(
    nodes.filter((node) => node.side === 'outside'),
    heightOf,
  );
  const right = column(
    nodes.filter((node) => node.side === 'ours'),
    heightOf,
  );
  const height = Math.max(left.height, right.height);
  const xOf = { outside: shape.left, ours: shape.width - shape.right - shape.nodeWidth };
  const place = ({ entries, roles, height: own }: Column, x: number) => {
    const shift = (height - own) / 2;
    return {
      nodes: entries.map(({ node, y, height: tall }) => ({
        node,
        x,
        y: y + shift,
        width: shape.nodeWidth,
        height: tall,
      })),
      roles: roles.map(({ role, y }) => ({ role, x, y: y + shift })),
    };
  };
  const outside = place(left, xOf.outside);
  const ours = place(right, xOf.ours);
  const placed = [...outside.nodes, ...ours.nodes];
  return {
    height: height + 8,
    nodes: placed,
    roles: [...outside.roles, ...ours.roles],
    edges: placedEdges(edges, placed, shape),
  };
}

interface Column {
  readonly entries: readonly { readonly node: MapNode; readonly y: number; readonly height: number }[];
  readonly roles: readonly { readonly role: MapNode['role']; readonly y: number }[];
  readonly height: number;
}

function column(nodes: readonly MapNode[], heightOf: (node: MapNode) => number): Column {
  const entries: { node: MapNode; y: number; height: number }[] = [];
  const roles: { role: MapNode['role']; y: number }[] = [];
  let y = 0;
  let role: MapNode['role'] | null = null;
  for (const node of nodes) {
    if (node.role !== role) {
      role = node.role;
      y += roleHeight;
      roles.push({ role, y: y - 9 });
    }
    const height = heightOf(node);
    entries.push({ node, y, height });
    y += height + gap;
  }
  return { entries, roles, height: y };
}

function placedEdges(
  edges: readonly MapEdge[],
  nodes: readonly PlacedNode[],
  shape: MapShape,
): readonly PlacedEdge[] {
  const byKey = new Map(nodes.map((placed) => [placed.node.key, placed]));
  const middle = (node: MapNode) => {
    const placed = byKey.get(node.key);
    return placed ? placed.y + placed.height / 2 : 0;
  };
  const most = edges.reduce((largest, edge) => Math.max(largest, edge.bytes), 1);
  const ends = edges.map((edge) => {
    const isInside = edge.from.side === edge.to.side;
    const at = (node: MapNode, other: MapNode) => ({
      key: `${node.key} ${isInside ? 'back' : 'front'}`,
      node,
      aim: middle(other),
    });
    return { edge, isInside, from: at(edge.from, edge.to), to: at(edge.to, edge.from) };
  });
  const berths = new Map<
    string,
    { readonly edge: MapEdge; readonly aim: number; readonly end: 'from' | 'to' }[]
  >();
  for (const { edge, from, to } of ends) {
    for (const [end, side] of [
      ['from', from],
      ['to', to],
    ] as const) {
      berths.set(side.key, [...(berths.get(side.key) ?? []), { edge, aim: side.aim, end }]);
    }
  }
  for (const list of berths.values()) {
    list.sort((a, b) => a.aim - b.aim || byText(a.edge.kind, b.edge.kind) || byText(a.end, b.end));
  }
  return ends.map(({ edge, isInside, from, to }) => {
    const point = ({ key, node }: typeof from, end: 'from' | 'to') => {
      const placed = byKey.get(node.key);
      const list = berths.get(key) ?? [];
      const rank = list.findIndex((berth) => berth.edge === edge && berth.end === end);
      if (!placed) return { x: 0, y: 0 };
      const isRightEdge = (node.side === 'outside') !== isInside;
      return {
        x: isRightEdge ? placed.x + placed.width : placed.x,
        y: placed.y + (placed.height * (rank + 1)) / (list.length + 1),
      };
    };
    const start = point(from, 'from');
    const end = point(to, 'to');
    const room = edge.from.side === 'ours' ? shape.right : shape.left;
    const reach = Math.min(room * 1.25, 14 + Math.abs(end.y - start.y) * 0.45);
    return {
      edge,
      start,
      end,
      bow: isInside ? (edge.from.side === 'ours' ? reach : -reach) : null,
      stroke: 1.5 + 6.5 * Math.sqrt(edge.bytes / most),
    };
  });
}
