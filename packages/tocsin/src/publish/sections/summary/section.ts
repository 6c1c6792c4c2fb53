// The beginning of the report: what happened in at most three sentences per incident, with the figures that matter;
// an overview of several incidents; or, when nothing rose to one, what was looked at.
import type { Incident } from '../../../vocabulary/investigation.ts';
import { type Level, section, table } from '../../exporters/html/layout.ts';
import { type Content, html, joined, type Markup } from '../../exporters/html/markup.ts';
import { name, prose, span } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';
import { listedFindings } from '../listed-findings.ts';
import { hostRoles, outsideRoles, roleNouns } from '../roles.ts';

/** The sentences and key figures of one incident. */
export function incidentSummary(incident: Incident, context: ReportContext): Markup {
  return html`
<div class="summary">${incident.summary.map((sentence) => html`<p>${sentenceOf(sentence, context)}</p>`)}</div>
${keyFigures(incident, context)}`;
}

function sentenceOf(sentence: string, { show }: ReportContext): Markup {
  return prose(sentence, { figure: (id) => show(id) });
}

function keyFigures(incident: Incident, context: ReportContext): Markup {
  const figure = (...id: readonly string[]) => context.show('incident', incident.id, ...id);
  return html`<dl class="keys">${
    incident.theft === null
      ? null
      : html`<div class="key theft"><dt>Taken, best estimate</dt><dd>${figure('theft.best')}</dd><dd class="under">at least ${figure('theft.minimum')}, at most ${figure('theft.maximum')}</dd></div>`
  }<div class="key"><dt>Machines of ours</dt><dd>${figure('hosts')}</dd><dd class="under">${roles(incident, 'hosts', context)}</dd></div>
<div class="key"><dt>Outside parties</dt><dd>${figure('outside')}</dd><dd class="under">${roles(incident, 'outside', context)}</dd></div>
<div class="key"><dt>Findings joined</dt><dd>${figure('findings')}</dd><dd class="under">from ${context.counted(['incident', incident.id, 'events'], noun('event'))}</dd></div></dl>`;
}

function roles(incident: Incident, what: 'hosts' | 'outside', { counted }: ReportContext): Content {
  const present = new Set<string>(incident[what].map(({ role }) => role));
  const order = what === 'hosts' ? hostRoles : outsideRoles;
  return joined(
    order
      .filter((role) => present.has(role))
      .map((role) => counted(['incident', incident.id, what, role], roleNouns[role])),
    ', ',
  );
}

/** All incidents at a glance. */
export function overviewSection(level: Level, context: ReportContext): Markup {
  const { investigation, show, counted } = context;
  return section({
    id: 'summary',
    level,
    title: 'Overview',
    body: html`
<p class="lead">The evidence shows ${counted(['incidents'], noun('incident'))}, in which ${counted(['incidents.hosts'], noun('machine'))} of ours were involved and ${show('incidents.theft.best')} were taken, as the best estimate.</p>
${table({
  caption: 'Incidents',
  className: 'overview',
  columns: [
    { title: 'Incident', isHead: true },
    { title: 'Organisation' },
    { title: 'First – last (UTC)' },
    { title: 'Our machines', isNumber: true },
    { title: 'Outside', isNumber: true },
    { title: 'Taken, best estimate', isNumber: true },
  ],
  rows: investigation.incidents.map((incident) => {
    const figure = (...id: readonly string[]) => show('incident', incident.id, ...id);
    return {
      cells: [
        html`<a href="#incident-${incident.id}">${prose(incident.title)}</a>`,
        incident.organisation === null
          ? html`<span class="none">not known</span>`
          : name(incident.organisation),
        span(incident.first_seen, incident.last_seen),
        figure('hosts'),
        figure('outside'),
        incident.theft === null ? html`<span class="none">none seen</span>` : figure('theft.best'),
      ],
    };
  }),
})}`,
  });
}

/** What to say when nothing rose to an incident. */
export function quietSection(level: Level, context: ReportContext): Markup {
  const { investigation, show, counted, detectors } = context;
  const isEmpty = investigation.evidence.length === 0;
  const hasTimes = investigation.evidence.some((item) => item.first !== null);
  const background = listedFindings(investigation);
  return section({
    id: 'summary',
    level,
    title: 'Summary',
    body: html`
<div class="summary"><p>${isEmpty ? 'There was no evidence to look at.' : 'Nothing in this evidence rose to an incident.'}</p>
${
  isEmpty
    ? null
    : html`<p>Looked at were ${counted(['evidence.records'], noun('record'))} from ${counted(['evidence.items'], noun('file'))}, of which ${show('evidence.events')} became events.</p>
<p>That is no proof that nothing happened: it says what these detectors did not find in these files.</p>`
}</div>
${
  isEmpty
    ? null
    : html`<dl class="keys"><div class="key"><dt>Findings</dt><dd>${show('findings')}</dd><dd class="under">${show('findings.background')} of them background</dd></div>
<div class="key"><dt>Events</dt><dd>${show('evidence.events')}</dd>${hasTimes ? html`<dd class="under">from ${show('evidence.first')} to ${show('evidence.last')}</dd>` : null}</div>
<div class="key"><dt>Not understood</dt><dd>${show('evidence.rejects')}</dd><dd class="under">records</dd></div></dl>`
}
<p>Looked for: ${joined(
      [...detectors.values()].map(
        (detector) =>
          html`<a href="#method-${detector.id}">${prose(detector.title, { isAboutSettings: true })}</a>`,
      ),
      ', ',
    )}.</p>
${
  background.length === 0
    ? html`<p>No detector reported anything.</p>`
    : html`<p>What the detectors did report is listed under <a href="#findings">findings</a>: ${joined(
        background.map(
          ({ detector }) =>
            html`${show('findings', detector)} of <a href="#detector-${detector}">${prose(detectors.get(detector)?.title ?? detector, { isAboutSettings: true })}</a>`,
        ),
        ', ',
      )}.</p>`
}`,
  });
}
