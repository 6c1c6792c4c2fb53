// Our machines in the incident, by the part they play.
import type { HostRole, Incident, IncidentHost } from '../../../vocabulary/investigation.ts';
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
import { hostRoles, roleNouns } from '../roles.ts';

const roleMeanings: Readonly<Record<HostRole, string>> = {
  entry: 'where the intruder is seen first',
  foothold: 'reached from another machine of ours and used',
  pivot: 'passing the intruder on to other machines of ours',
  relay: 'steered from outside and used against third parties',
  implant: 'reporting to a controller outside',
};
const atOnce = 8;
const mostListed = 500;
const columns: readonly TableColumn[] = [
  { title: 'Machine', isHead: true },
  { title: 'First seen so (UTC)' },
  { title: 'Because of' },
];

/** The machines of an incident. */
export function hostsSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  if (incident.hosts.length === 0) return null;
  const entry = incident.entry;
  const parts = hostRoles
    .map((role) => ({ role, hosts: incident.hosts.filter((host) => host.role === role) }))
    .filter(({ hosts }) => hosts.length > 0);
  return section({
    id: `${incident.id}-hosts`,
    level,
    title: 'Our machines',
    body: html`${
      entry === null
        ? html`<p>The evidence does not show where the intruder began.</p>`
        : html`<p>First sign of the intruder: ${code(entry.host)}${entry.from === null ? null : html` with ${code(entry.from)}`}, ${moment(entry.time)} UTC.</p>`
    }
${table({
  caption: 'Our machines by the part they play',
  className: 'hosts',
  columns,
  groups: parts.map(({ role, hosts }) => ({
    title: html`${context.counted(['incident', incident.id, 'hosts', role], roleNouns[role])}: ${roleMeanings[role]}`,
    rows: hosts.slice(0, atOnce).map((host) => hostRow(host, context)),
  })),
})}
${parts.map(({ role, hosts }) =>
  hosts.length <= atOnce
    ? null
    : folded(
        `The other ${roleNouns[role].many}`,
        html`${table({ caption: `The other ${roleNouns[role].many}`, className: 'hosts', columns, rows: hosts.slice(atOnce, mostListed).map((host) => hostRow(host, context)) })}${
          hosts.length > mostListed
            ? remark(html`The list is cut here; all are in table <code>incident_host</code> of the bundle.`)
            : null
        }`,
      ),
)}`,
  });
}

function hostRow(host: IncidentHost, context: ReportContext): TableRow {
  return {
    cells: [
      code(host.ip),
      moment(host.first_seen),
      findingLinks(host.findings, context) ?? html`<span class="none">findings not listed here</span>`,
    ],
  };
}
