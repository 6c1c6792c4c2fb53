// The outside parties of the incident, by the part they play.
import type { Incident, OutsideParty, OutsideRole } from '../../../vocabulary/investigation.ts';
import {
  folded,
  type Level,
  remark,
  section,
  type TableColumn,
  type TableRow,
  table,
} from '../../exporters/html/layout.ts';
import { html, type Markup } from '../../exporters/html/markup.ts';
import { code, moment } from '../../exporters/html/text.ts';
import { findingLinks, type ReportContext } from '../context.ts';
import { placeOf } from '../place.ts';
import { outsideRoles, roleNouns } from '../roles.ts';

const roleMeanings: Readonly<Record<OutsideRole, string>> = {
  controller: 'steering machines of ours; the last hop that can be seen from here',
  hop: 'coming in or passing through',
  drop: 'receiving data from machines of ours',
  target: 'attacked from machines of ours',
};
const atOnce = 8;
const mostListed = 500;
const columns: readonly TableColumn[] = [
  { title: 'Address', isHead: true },
  { title: 'Where it is registered' },
  { title: 'First seen so (UTC)' },
  { title: 'Because of' },
];

/** The outside parties of an incident. */
export function outsideSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  if (incident.outside.length === 0) return null;
  const parts = outsideRoles
    .map((role) => ({ role, parties: incident.outside.filter((party) => party.role === role) }))
    .filter(({ parties }) => parties.length > 0);
  return section({
    id: `${incident.id}-outside`,
    level,
    title: 'Outside parties',
    body: html`<p>Country and network say where an address is registered, not who used it: machines are rented, hijacked and passed on.</p>
${table({
  caption: 'Outside parties by the part they play',
  className: 'parties',
  columns,
  groups: parts.map(({ role, parties }) => ({
    title: html`${context.counted(['incident', incident.id, 'outside', role], roleNouns[role])}: ${roleMeanings[role]}`,
    rows: parties.slice(0, atOnce).map((party) => partyRow(party, context)),
  })),
})}
${parts.map(({ role, parties }) =>
  parties.length <= atOnce
    ? null
    : folded(
        `The other ${roleNouns[role].many}`,
        html`${table({ caption: `The other ${roleNouns[role].many}`, className: 'parties', columns, rows: parties.slice(atOnce, mostListed).map((party) => partyRow(party, context)) })}${
          parties.length > mostListed
            ? remark(
                html`The list is cut here; all are in table <code>incident_outside</code> of the bundle.`,
              )
            : null
        }`,
      ),
)}`,
  });
}

function partyRow(party: OutsideParty, context: ReportContext): TableRow {
  return {
    cells: [
      code(party.ip),
      placeOf(party),
      moment(party.first_seen),
      findingLinks(party.findings, context) ?? html`<span class="none">findings not listed here</span>`,
    ],
  };
}
