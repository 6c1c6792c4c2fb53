// The map as an SVG picture. Names of machines are identifiers; sizes and bytes in it are figures, set as HTML inside
// the picture so that they link to their definitions like all others.
import type { Incident } from '../../../vocabulary/investigation.ts';
import { type Content, html, joined, type Markup, visible } from '../../exporters/html/markup.ts';
import { plain } from '../../exporters/html/text.ts';
import type { ReportContext } from '../context.ts';
import { type PictureSize, px } from '../picture.ts';
import { roleNouns, roleTitle } from '../roles.ts';
import { type EdgeKind, type IncidentMap, type MapNode, mapOf } from './groups.ts';
import { layoutOf, linesOf, type MapShape, type PlacedEdge, type PlacedNode } from './layout.ts';

const shapes: Readonly<Record<PictureSize['variant'], MapShape>> = {
  wide: { width: 900, nodeWidth: 250, left: 56, right: 56 },
  narrow: { width: 358, nodeWidth: 126, left: 20, right: 20 },
};

/** Room beside a column only where lines stay on its side. */
function shapeFor({ edges }: IncidentMap, variant: PictureSize['variant']): MapShape {
  const shape = shapes[variant];
  const stays = (side: MapNode['side']) =>
    edges.some(({ from, to }) => from.side === side && to.side === side);
  return { ...shape, left: stays('outside') ? shape.left : 1, right: stays('ours') ? shape.right : 1 };
}

export const kindNames: Readonly<Record<EdgeKind, string>> = {
  intrusion: 'Intrusion',
  control: 'Control',
  movement: 'Movement inside',
  theft: 'Theft',
  attack: 'Attack on others',
};

/** The kinds of conversation on a map, in the order of the legend. */
export function kindsOn({ edges }: IncidentMap): readonly EdgeKind[] {
  const order: readonly EdgeKind[] = ['intrusion', 'control', 'movement', 'theft', 'attack'];
  return order.filter((kind) => edges.some((edge) => edge.kind === kind));
}

/** The picture in one size. */
export function mapPicture(incident: Incident, { variant }: PictureSize, { show }: ReportContext): Markup {
  const map = mapOf(incident);
  const shape = shapeFor(map, variant);
  const { nodes, edges, roles, height } = layoutOf(map, shape);
  const id = `map-${variant}-${incident.id}`;
  // Thick lines first, so that thin ones stay visible on top.
  const ordered = [...edges].sort((left, right) => right.stroke - left.stroke);
  return html`<svg class="picture ${variant}" viewBox="0 0 ${px(shape.width)} ${px(height + 18)}" role="group" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">Who talked to whom</title>
<desc id="${id}-desc">Outside parties on the left, our machines on the right. ${joined(
    kindsOn(map).map((kind) => kindNames[kind]),
    ', ',
  )}. The same conversations follow below as a table.</desc>
<text class="side" x="${px(shape.left)}" y="14">Outside</text>
<text class="side" x="${px(shape.width - shape.right - shape.nodeWidth)}" y="14">Ours</text>
<g transform="translate(0 18)">
${ordered.map(drawnEdge)}
${roles.map(({ role, x, y }) => html`<text class="role" x="${px(x)}" y="${px(y)}">${roleTitle(role)}</text>`)}
${nodes.map((placed) => drawnNode(placed, incident.id, variant === 'narrow', show))}</g></svg>`;
}

function drawnEdge({ edge, start, end, bow, stroke }: PlacedEdge): Content {
  const arrow = 7 + stroke * 0.7;
  const isForward = bow === null ? end.x > start.x : bow < 0;
  const tip = { x: end.x + (isForward ? -1 : 1), y: end.y };
  const neck = { x: tip.x + (isForward ? -arrow : arrow), y: end.y };
  const bend = bow ?? (neck.x - start.x) * 0.5;
  const first = { x: start.x + bend, y: start.y };
  const second = bow === null ? { x: neck.x - bend, y: neck.y } : { x: neck.x + bow, y: neck.y };
  const path = `M${px(start.x)} ${px(start.y)} C${px(first.x)} ${px(first.y)} ${px(second.x)} ${px(second.y)} ${px(neck.x)} ${px(neck.y)}`;
  const half = arrow * 0.55;
  const head = `M${px(tip.x)} ${px(tip.y)} L${px(neck.x)} ${px(neck.y - half)} L${px(neck.x)} ${px(neck.y + half)} Z`;
  const title = `${kindNames[edge.kind]}: ${nameOf(edge.from)} to ${nameOf(edge.to)}`;
  return html`<g class="edge kind-${edge.kind}"><title>${plain(title)}</title><path class="line" d="${path}" stroke-width="${px(stroke)}"/><path class="head" d="${head}"/></g>
`;
}

function nameOf({ ips, role }: MapNode): string {
  return ips.length === 1 ? (ips[0] ?? '') : `several ${roleTitle(role).toLowerCase()}`;
}

function drawnNode(
  { node, x, y, width, height }: PlacedNode,
  incident: string,
  isNarrow: boolean,
  show: ReportContext['show'],
): Content {
  const [ip = ''] = node.ips;
  const also = node.also.map((role) => `also ${roleNouns[role].one}`);
  const lines = linesOf(node);
  const middle = y + height / 2;
  const line = (at: number) => middle + 4.5 + (at - (lines - 1) / 2) * 17;
  const pad = isNarrow ? 9 : 14;
  const isGroup = node.ips.length > 1;
  const html5 = (at: number, content: Content) =>
    html`<foreignObject x="${px(x + pad)}" y="${px(line(at) - 15)}" width="${px(width - pad)}" height="22"><div class="in-picture">${content}</div></foreignObject>`;
  const named = isGroup
    ? html5(0, [
        show('incident', incident, 'map', node.key, 'size'),
        node.side === 'ours' ? ' hosts' : ' addresses',
      ])
    : html`<text class="id" x="${px(x + pad)}" y="${px(line(0))}">${shortened(ip, isNarrow ? 15 : 27)}</text>`;
  const place =
    node.place.length + node.also.length === 0
      ? null
      : html`<text class="id place" x="${px(x + pad)}" y="${px(line(1))}">${isNarrow ? shortened([...node.place.slice(0, 2), ...also].join(' · '), 20) : shortened([...node.place, ...also].join(' · '), 36)}</text>`;
  const received = node.isDestination
    ? html5(lines - 1, ['received ', show('incident', incident, 'map', node.key, 'received')])
    : null;
  return html`<g class="node ${node.side} role-${node.role}"><title>${plain(isGroup ? nameOf(node) : [ip, ...node.place.slice(0, 2), ...also].join(', '))}</title>${
    isGroup
      ? html`<rect class="behind" x="${px(x + 4)}" y="${px(y + 4)}" width="${px(width - 8)}" height="${px(height)}" rx="6"/>`
      : null
  }<rect class="card" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="6"/><rect class="tab" x="${px(node.side === 'ours' ? x + width - 4 : x)}" y="${px(y)}" width="4" height="${px(height)}" rx="2"/>${named}${place}${received}</g>
`;
}

/** At most so many characters, the middle left out: both ends of an address tell it from others. */
function shortened(text: string, most: number): string {
  const shown = visible(text);
  if (shown.length <= most) return shown;
  const head = Math.ceil((most - 1) * 0.6);
  return `${shown.slice(0, head)}…${shown.slice(shown.length - (most - 1 - head))}`;
}
