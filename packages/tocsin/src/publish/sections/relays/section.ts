// Machines of ours that are steered from outside and used against third parties: each with its controllers, its targets,
// the signals that say so and the chance that they mislead.
import type { Incident, Relay } from '../../../vocabulary/investigation.ts';
import { shownRelays } from '../../catalogue/selection.ts';
import { folded, type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { type Content, html, joined, type Markup } from '../../exporters/html/markup.ts';
import { code } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';

const signalMeanings: Readonly<Record<string, string>> = {
  coupling:
    'what it does to others falls inside the sessions of those who steer it, more often than at any other time',
  conservation: 'what comes in goes out: the same bytes, beginning and ending together',
  abuse: 'it scans, guesses passwords of or floods third parties',
};
const namedAtOnce = 4;
const mostNamed = 1000;

/** The relays of an incident; null when there are none. */
export function relaysSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  if (incident.relays.length === 0) return null;
  const { rows, isCut } = shownRelays(incident, context.limit);
  const signals = [...new Set(incident.relays.flatMap((relay) => relay.signals))].sort();
  return section({
    id: `${incident.id}-relays`,
    level,
    title: 'Relays',
    body: html`<p>${context.counted(['incident', incident.id, 'relays'], noun('machine of ours was used', 'machines of ours were used'))} as relays, steered from ${context.counted(['incident', incident.id, 'relays.controllers'], noun('address', 'addresses'))} against ${context.counted(['incident', incident.id, 'relays.targets'], noun('third party', 'third parties'))}. Who steers is the last visible hop, whatever country it is in: a lower bound of the chain, and possibly hijacked itself.</p>
<ul>${signals.map((signal) => html`<li><strong>${signal}</strong>: ${signalMeanings[signal] ?? signal}</li>`)}</ul>
${table({
  caption: 'Machines used against third parties',
  className: 'relays',
  columns: [
    { title: 'Relay', isHead: true },
    { title: 'Steered from' },
    { title: 'Used against' },
    { title: 'Signals' },
    { title: 'Chance of a coincidence, in millionths', isNumber: true },
  ],
  rows: rows.map((relay) => ({
    cells: [
      code(relay.host),
      parties(incident, relay, context, 'controllers'),
      parties(incident, relay, context, 'targets'),
      relay.signals.join(', '),
      context.show('incident', incident.id, 'relay', relay.host, 'p'),
    ],
  })),
})}${isCut ? remark(html`The surest are shown; all are in table <code>relay</code> of the bundle.`) : null}`,
  });
}

function parties(
  incident: Incident,
  relay: Relay,
  context: ReportContext,
  part: 'controllers' | 'targets',
): Content {
  const ips = relay[part];
  const list = (some: readonly string[]) =>
    joined(
      some.map((ip) => code(ip)),
      ', ',
    );
  const counted = context.counted(
    ['incident', incident.id, 'relay', relay.host, part],
    noun('address', 'addresses'),
  );
  if (ips.length <= namedAtOnce) return html`${counted}: ${list(ips)}`;
  return html`${counted}: ${list(ips.slice(0, namedAtOnce))}${folded('the others', list(ips.slice(namedAtOnce, mostNamed)))}`;
}
