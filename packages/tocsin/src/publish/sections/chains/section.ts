// Chains through hijacked machines, hop by hop, each as a line that begins with the last visible hop.
import type { Chain, Incident } from '../../../vocabulary/investigation.ts';
import { type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { html, type Markup } from '../../exporters/html/markup.ts';
import { code, span } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';

const mostShown = 25;

/** The chains of an incident; null when none has more than one hop inside. */
export function chainsSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  const passing = incident.relays.length === 0 ? [] : incident.chains;
  if (passing.length === 0) return null;
  return section({
    id: `${incident.id}-chains`,
    level,
    title: 'Chains',
    body: html`<p>${context.counted(['incident', incident.id, 'chains'], noun('path'))} by which orders passed, as far as the evidence reaches. Each begins at the last visible hop: what lies before it nobody here has seen.</p>
${table({
  caption: 'Chains, the longest and surest first',
  className: 'chains',
  columns: [{ title: 'Hops', isHead: true }, { title: 'What ties them' }, { title: 'Seen (UTC)' }],
  rows: passing.slice(0, mostShown).map((chain) => ({ cells: [path(chain), ties(chain), seen(chain)] })),
})}${passing.length > mostShown ? remark(html`The others are in table <code>chain_hop</code> of the bundle.`) : null}`,
  });
}

function path({ hops }: Chain): Markup {
  return html`<span class="chain">${hops.map(
    ({ ip, role }, at) =>
      html`${at === 0 ? null : html` <span aria-hidden="true">→</span> `}${code(ip)} <small>${role}</small>`,
  )}</span>`;
}

/** Why each hop is held to follow the one before it, in their order. */
function ties({ hops }: Chain): Markup {
  return html`<ol class="ties">${hops.slice(1).map(({ ip, reasons }) => html`<li>${code(ip)}: ${reasons.join('; ')}</li>`)}</ol>`;
}

function seen({ hops }: Chain): Markup {
  const from = hops.map((hop) => hop.from).sort()[0] ?? '';
  const to =
    hops
      .map((hop) => hop.to)
      .sort()
      .at(-1) ?? '';
  return html`${span(from, to)}`;
}
