// Method and limits: whose network was taken as ours, what each detector looks for and cannot say, and what a report
// like this one cannot prove.
import { folded, heading, type Level, section } from '../../exporters/html/layout.ts';
import { type Content, html, joined, type Markup } from '../../exporters/html/markup.ts';
import { code, name, prose, technique } from '../../exporters/html/text.ts';
import type { ReportContext } from '../context.ts';

const settings = { isAboutSettings: true } as const;

/** Method and limits. */
export function methodSection(level: Level, context: ReportContext): Markup {
  const { investigation, detectors } = context;
  return section({
    id: 'method',
    level,
    title: 'Method and limits',
    body: html`
${heading(level, 'What this report can show, and what it cannot', 1)}
<ul>
<li>Every underlined number is a figure: a stated question to a stated table. ${html`<code>tocsin verify</code>`} answers each again from the rows in the bundle, by other means than the store that counted them here.</li>
<li>It cannot prove that a log was true when it was written, nor that no other logs exist. What no sensor recorded is not here.</li>
<li>A controller is the last visible hop. Who sat behind it, and in which country, does not follow from its address.</li>
<li>Country and network of an address come from the list that was given with the evidence, else from open data: IP geolocation by DB-IP (db-ip.com), licensed ${name('CC BY 4.0')}, which has errors of its own.</li>
<li>A finding is a lead, not a verdict; each detector below says what must not be concluded from it.</li>
${investigation.limits.map((limit) => html`<li>${prose(limit, settings)}</li>`)}
</ul>
${ours(level, context)}
${heading(level, 'What the detectors look for', 1)}
${[...detectors.values()].map(
  (detector) => html`<div class="method" id="method-${detector.id}">
${heading(level, html`${prose(detector.title, settings)} <span class="aside">${code(detector.id)} · ${technique(detector.technique)}</span>`, 2)}
<p><strong>Score.</strong> ${prose(detector.scoreMeaning, settings)}</p>
<p><strong>Beware.</strong> ${prose(detector.caveat, settings)}</p>
</div>`,
)}`,
  });
}

function ours(level: Level, { investigation: { constituency } }: ReportContext): Content {
  const prefixes = (list: readonly string[]) => joined(list.slice(0, 40).map(code), ', ');
  const isGiven = constituency.source === 'file';
  return html`${heading(level, 'Whose network', 1)}
<p>${isGiven ? 'These networks were given as ours; every other address counts as outside, private ones too.' : 'No file said whose network this is, so the private address ranges were taken as ours.'}</p>
${constituency.organisations.map(({ organisation, sector, prefixes: list }) => {
  const line = html`<strong>${name(organisation)}</strong>${sector === '' ? null : html` (${name(sector)})`}: ${prefixes(list)}`;
  if (list.length <= 40) return html`<p>${line}</p>`;
  return html`<p>${line} and others.</p>${folded('All of its networks', html`<p class="many">${joined(list.slice(0, 2000).map(code), ' ')}</p>`)}`;
})}`;
}
