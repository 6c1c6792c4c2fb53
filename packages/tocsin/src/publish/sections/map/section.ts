// Who talked to whom: the picture, its legend, and the conversations as a table.
import type { Incident } from '../../../vocabulary/investigation.ts';
import { shownEdges } from '../../catalogue/selection.ts';
import { folded, type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { html, joined, type Markup } from '../../exporters/html/markup.ts';
import { code, name, span } from '../../exporters/html/text.ts';
import type { ReportContext } from '../context.ts';
import { pictureSizes } from '../picture.ts';
import { mapOf } from './groups.ts';
import { kindNames, kindsOn, mapPicture } from './picture.ts';

/** The map of an incident. */
export function mapSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  const map = mapOf(incident);
  if (map.nodes.length === 0) return null;
  const isCollapsed = map.nodes.some((node) => node.ips.length > 1);
  return section({
    id: `${incident.id}-map`,
    level,
    title: 'Who talked to whom',
    body: html`
<figure class="drawing">${pictureSizes.map((size) => mapPicture(incident, size, context))}
<figcaption><ul class="legend">${kindsOn(map).map(
      (kind) =>
        html`<li class="kind-${kind}"><span class="swatch" aria-hidden="true"></span>${kindNames[kind]}</li>`,
    )}</ul>
<p>Arrows point from the side that opened the conversations to the side that was asked. Lines are wider the more bytes they carried.${
      isCollapsed ? ' Machines that play the same part are drawn as one.' : null
    } A controller is the last hop that can be seen from here: a lower bound of the chain, whatever country it is in.</p></figcaption></figure>
${incident.edges.length === 0 ? null : folded('The conversations as a table', edgesTable(incident, context), { isPrinted: true })}`,
  });
}

function edgesTable(incident: Incident, { limit, show }: ReportContext): Markup {
  const { rows, isCut } = shownEdges(incident, limit);
  return html`${table({
    caption: 'Conversations between machines of the incident, those with most bytes first',
    columns: [
      { title: 'From', isHead: true },
      { title: 'To' },
      { title: 'Kind' },
      { title: 'Ports' },
      { title: 'Flows', isNumber: true },
      { title: 'Bytes there', isNumber: true },
      { title: 'Bytes back', isNumber: true },
      { title: 'First – last (UTC)' },
    ],
    rows: rows.map(({ from, to, kind, ports, first_seen, last_seen }) => {
      const id = ['incident', incident.id, 'edge', from, to, kind] as const;
      return {
        cells: [
          code(from),
          code(to),
          html`<span class="chip kind-${kind}">${kindNames[kind]}</span>`,
          joined(
            ports.slice(0, 8).map((port) => name(String(port))),
            ', ',
          ),
          show(...id, 'flows'),
          show(...id, 'bytes_out'),
          show(...id, 'bytes_in'),
          span(first_seen, last_seen),
        ],
      };
    }),
  })}${isCut ? remark(html`Those with fewer bytes are in table <code>edge</code> of the bundle.`) : null}`;
}
