// The report: one self-contained HTML page that needs no network and no script. Takes an investigation with its figures
// and the detectors' texts, gives the page; the same input gives the same bytes.
import { readFileSync } from 'node:fs';
import type { Incident, Investigation } from '../../../vocabulary/investigation.ts';
import { rowsPerIncident } from '../../catalogue/selection.ts';
import { chainsSection } from '../../sections/chains/section.ts';
import type { DetectorText, ReportContext } from '../../sections/context.ts';
import { evidenceSection } from '../../sections/evidence/section.ts';
import { figuresSection } from '../../sections/figures/section.ts';
import { findingsSection } from '../../sections/findings/section.ts';
import { hostsSection } from '../../sections/hosts/section.ts';
import { listedIds } from '../../sections/listed-findings.ts';
import { mapSection } from '../../sections/map/section.ts';
import { methodSection } from '../../sections/method/section.ts';
import { outsideSection } from '../../sections/outside/section.ts';
import { relaysSection } from '../../sections/relays/section.ts';
import { rhythmSection } from '../../sections/rhythm/section.ts';
import { stagesSection } from '../../sections/stages/section.ts';
import { incidentSummary, overviewSection, quietSection } from '../../sections/summary/section.ts';
import { theftSection } from '../../sections/theft/section.ts';
import { timelineSection } from '../../sections/timeline/section.ts';
import { figureShower } from './figure.ts';
import { type Level, section } from './layout.ts';
import { type Content, html, joined, type Markup, styleElement } from './markup.ts';
import { longMoment, name, plain, prose } from './text.ts';

export interface ReportInput {
  readonly investigation: Investigation;
  readonly detectors: readonly DetectorText[];
}

/** The page as text, beginning with the doctype. */
export function renderReport({ investigation, detectors }: ReportInput): string {
  const { show, value } = figureShower(investigation.figures);
  const context: ReportContext = {
    investigation,
    show,
    counted: (id, { one, many }) => [show(...id), ' ', value(...id) === 1 ? one : many],
    detectors: new Map(detectors.map((detector) => [detector.id, detector])),
    findings: new Map(investigation.findings.map((finding) => [finding.id, finding])),
    listed: listedIds(investigation),
    limit: rowsPerIncident(investigation.incidents.length),
  };
  return page(investigation, context).html;
}

function page(investigation: Investigation, context: ReportContext): Markup {
  const { incidents } = investigation;
  const [only] = incidents;
  const isSingle = incidents.length === 1;
  const title = titleOf(investigation);
  const css = readFileSync(new URL('./report.css', import.meta.url), 'utf8');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Tocsin">
<title>${plain(title)}</title>
${styleElement(css)}
</head>
<body>
<a class="skip" href="#summary">Skip to the summary</a>
${masthead(title, investigation, context)}
${contents(investigation)}
<main>
${isSingle && only ? singleIncident(only, context) : null}
${incidents.length > 1 ? [overviewSection(2, context), incidents.map((incident) => oneOfSeveral(incident, context))] : null}
${incidents.length === 0 ? quietSection(2, context) : null}
${findingsSection(2, context)}
${evidenceSection(2, context)}
${methodSection(2, context)}
${figuresSection(2, context)}
</main>
<footer><p>Written by Tocsin from the evidence listed above, without the help of a clock or a network: the same evidence gives the same report.</p></footer>
</body>
</html>
`;
}

/** Title of a report: of its one incident, or what can be said of all. */
export function titleOf({ incidents, evidence }: Investigation): string {
  const [only, second] = incidents;
  if (only && !second) return only.title;
  if (only) return 'Several incidents';
  return evidence.length === 0 ? 'No evidence was given' : 'Nothing rose to an incident';
}

function masthead(title: string, investigation: Investigation, { show }: ReportContext): Markup {
  const organisations = investigation.constituency.organisations.map(({ organisation }) => organisation);
  const named = [...new Set(organisations)].filter((organisation) => organisation !== '');
  const shown = named.slice(0, 6);
  const hasTimes = investigation.evidence.some((item) => item.first !== null);
  return html`<header class="masthead">
<p class="brand"><span class="mark" aria-hidden="true"></span>Tocsin <span>Investigation report</span> <a class="language" href="report.zh-Hans.html" hreflang="zh-Hans">简体中文</a></p>
<h1>${prose(title)}</h1>
<dl class="about">
<div><dt>Organisation</dt><dd>${
    shown.length === 0
      ? 'not stated'
      : joined(
          shown.map((organisation) => name(organisation)),
          ', ',
        )
  }${named.length > shown.length ? ' and others' : null}</dd></div>
<div><dt>Evidence covers</dt><dd>${hasTimes ? html`${show('evidence.first')} – ${show('evidence.last')}` : 'no dated events'}</dd></div>
<div><dt>Check it yourself</dt><dd>Each underlined number is a figure that anyone can recompute: <code>tocsin verify BUNDLE</code></dd></div>
</dl>
</header>`;
}

function contents({ incidents, findings }: Investigation): Markup {
  const [only] = incidents;
  const link = (id: string, text: Content) => html`<li><a href="#${id}">${text}</a></li>`;
  const parts: Content =
    incidents.length === 1 && only
      ? incidentParts(only).map(([id, text]) => link(id, text))
      : incidents.slice(0, 12).map((incident) => link(`incident-${incident.id}`, prose(incident.title)));
  return html`<nav aria-label="Contents"><ul>${link('summary', 'Summary')}${parts}${findings.length === 0 ? null : link('findings', 'Findings')}${link('evidence', 'Evidence')}${link('method', 'Method and limits')}${link('figures', 'Figures')}</ul></nav>`;
}

function incidentParts(incident: Incident): readonly (readonly [string, string])[] {
  return [
    ...(incident.timeline.length === 0 ? [] : [[`${incident.id}-timeline`, 'Timeline'] as const]),
    ...(incident.hosts.length + incident.outside.length === 0
      ? []
      : [[`${incident.id}-map`, 'Map'] as const]),
    [`${incident.id}-theft`, 'Theft'],
    ...(incident.relays.length === 0 ? [] : [[`${incident.id}-relays`, 'Relays'] as const]),
    ...(incident.hosts.length === 0 ? [] : [[`${incident.id}-hosts`, 'Machines'] as const]),
    ...(incident.outside.length === 0 ? [] : [[`${incident.id}-outside`, 'Outside parties'] as const]),
    ...(incident.rhythm === null ? [] : [[`${incident.id}-rhythm`, 'Hours of work'] as const]),
  ];
}

function incidentBody(incident: Incident, level: Level, context: ReportContext): Content {
  return [
    timelineSection(incident, level, context),
    mapSection(incident, level, context),
    theftSection(incident, level, context),
    relaysSection(incident, level, context),
    chainsSection(incident, level, context),
    hostsSection(incident, level, context),
    outsideSection(incident, level, context),
    rhythmSection(incident, level, context),
    stagesSection(incident, level, context),
  ];
}

function singleIncident(incident: Incident, context: ReportContext): Content {
  return [
    section({ id: 'summary', level: 2, title: 'Summary', body: incidentSummary(incident, context) }),
    incidentBody(incident, 2, context),
  ];
}

function oneOfSeveral(incident: Incident, context: ReportContext): Markup {
  return html`<article class="incident" id="incident-${incident.id}" aria-labelledby="title-${incident.id}">
<h2 id="title-${incident.id}">${prose(incident.title)}</h2>
<p class="aside">${incident.organisation === null ? null : html`${name(incident.organisation)} · `}${longMoment(incident.first_seen)} – ${longMoment(incident.last_seen)}</p>
${incidentSummary(incident, context)}
${incidentBody(incident, 3, context)}
</article>`;
}
