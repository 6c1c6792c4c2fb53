// The findings by detector: what each says, how strong, on which events; the background collapsed into a sentence.
import { byText } from '../../../ground/ids.ts';
import type { Finding } from '../../../vocabulary/finding.ts';
import { folded, heading, type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { type Content, html, joined, type Markup } from '../../exporters/html/markup.ts';
import { code, name, prose, score, span, technique } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';
import { type DetectorFindings, listedFindings } from '../listed-findings.ts';
import { eventRuns } from './events.ts';

/** All findings. */
export function findingsSection(level: Level, context: ReportContext): Markup | null {
  const { investigation, show, counted } = context;
  if (investigation.findings.length === 0) return null;
  return section({
    id: 'findings',
    level,
    title: 'Findings',
    body: html`
<p>The detectors made ${counted(['findings'], noun('finding'))}, ${show('findings.background')} of them background: noise that is listed and judged no further. A finding is a lead, not a verdict.</p>
${listedFindings(investigation).map((group) => detectorPart(group, level, context))}`,
  });
}

function detectorPart(group: DetectorFindings, level: Level, context: ReportContext): Markup {
  const { detector, full, brief, background, isCut } = group;
  const { counted } = context;
  const known = context.detectors.get(detector);
  const sample = full[0] ?? brief[0] ?? background[0];
  const caveat = known?.caveat ?? sample?.caveat ?? '';
  const meaning = known?.scoreMeaning ?? 'See the detector.';
  return html`
<div class="detector" id="detector-${detector}">
${heading(level, html`${prose(known?.title ?? detector, { isAboutSettings: true })} <span class="aside">${code(detector)} · ${counted(['findings', detector], noun('finding'))}</span>`, 1)}
<p class="caveat"><strong>Beware:</strong> ${prose(caveat, { isAboutSettings: true })}</p>
<p class="caveat"><strong>Score:</strong> ${prose(meaning, { isAboutSettings: true })}</p>
${full.length === 0 ? null : fullTable(full, { caveat, meaning }, context)}
${brief.length === 0 ? null : folded('More findings, in brief', briefTable(brief, 'More findings, in brief', meaning))}
${
  background.length === 0
    ? null
    : folded(
        html`Background: ${counted(['findings', detector, 'background'], noun('finding'))} on ${counted(['findings', detector, 'background.hosts'], noun('machine'))}, from ${counted(['findings', detector, 'background.events'], noun('event'))}`,
        briefTable(background, 'Background findings', meaning),
      )
}
${isCut ? remark(html`The list is cut here; all findings are in table <code>finding</code> of the bundle.`) : null}
</div>`;
}

function fullTable(
  findings: readonly Finding[],
  texts: { readonly caveat: string; readonly meaning: string },
  { show }: ReportContext,
): Markup {
  return table({
    caption: 'Findings in full, the weightiest first',
    className: 'findings',
    columns: [
      { title: 'Host and peer', isHead: true },
      { title: 'Technique' },
      { title: 'Score', isNumber: true },
      { title: 'First – last (UTC)' },
      { title: 'Events', isNumber: true },
    ],
    rows: findings.map((finding) => ({
      id: `finding-${finding.id}`,
      cells: [
        html`${between(finding)}${behind(finding, texts.caveat)}`,
        technique(finding.technique),
        score(finding.score, texts.meaning),
        span(finding.first_seen, finding.last_seen),
        show('finding', finding.id, 'events'),
      ],
    })),
  });
}

const ways = { inbound: 'from', outbound: 'to', internal: 'and', local: 'with' } as const;

function between({ host, peer, peers, direction }: Finding): Markup {
  const way = html` <span class="with">${ways[direction]}</span> `;
  if (peer !== null) return html`${code(host)}${way}${code(peer)}`;
  if (peers.length === 0) return code(host);
  const shown = peers.slice(0, 3).map(code);
  return html`${code(host)}${way}${joined(shown, ', ')}${peers.length > shown.length ? ' and others' : null}`;
}

/** What stands behind a finding: facts in words, all peers, the events. */
function behind(finding: Finding, caveat: string): Markup {
  const runs = eventRuns(finding.events);
  const facts = factsOf(finding);
  return folded(
    'What stands behind it',
    html`
<dl class="facts">
<div><dt>Finding</dt><dd>${code(finding.id)}, ${prose(finding.weight)}, ${prose(finding.direction)}</dd></div>
${finding.organisation === null ? null : html`<div><dt>Organisation</dt><dd>${name(finding.organisation)}</dd></div>`}
${facts.map(([key, value]) => html`<div><dt>${prose(key, { isAboutSettings: true })}</dt><dd>${value}</dd></div>`)}
${finding.peers.length > 3 ? html`<div><dt>Peers</dt><dd class="many">${joined(finding.peers.slice(0, 60).map(code), ' ')}${finding.peers.length > 60 ? ' and others' : null}</dd></div>` : null}
<div><dt>Events</dt><dd class="many">${runs.length === 0 ? 'none listed' : runs.map(({ evidence, records }) => html`<div><a href="#evidence-${evidence}"><code>${evidence}</code></a>${records.length === 0 ? null : html` records <code>${records.join(', ')}</code>`}</div>`)}${finding.event_count > finding.events.length ? html`<div>The earliest are listed; the query finds all.</div>` : null}</dd></div>
<div><dt>Query</dt><dd><code class="hash" title="Digest of the detector's SQL">${finding.sql_sha256}</code></dd></div>
${finding.caveat === caveat ? null : html`<div><dt>Beware</dt><dd>${prose(finding.caveat, { isAboutSettings: true })}</dd></div>`}
</dl>`,
  );
}

/** Facts of the detector that are names, not measurements: text, and ports. What it measured is in investigation.json. */
function factsOf({ detail }: Finding): readonly (readonly [string, Content])[] {
  return Object.entries(detail)
    .sort(([left], [right]) => byText(left, right))
    .slice(0, 40)
    .flatMap(([key, value]): readonly (readonly [string, Content])[] => {
      const label = key.replaceAll('_', ' ');
      if (typeof value === 'string') return value === '' ? [] : [[label, code(value)]];
      if (typeof value === 'number' && /(^|_)port$/.test(key)) return [[label, name(String(value))]];
      if (typeof value !== 'object' || value === null) return [];
      const names = value.filter((item) => typeof item === 'string' || /(^|_)ports$/.test(key)).slice(0, 20);
      return names.length === 0
        ? []
        : [
            [
              label,
              joined(
                names.map((item) => code(String(item))),
                ' ',
              ),
            ],
          ];
    });
}

function briefTable(findings: readonly Finding[], caption: string, meaning: string): Markup {
  return table({
    caption,
    className: 'brief',
    columns: [
      { title: 'Host and peer', isHead: true },
      { title: 'Technique' },
      { title: 'Score', isNumber: true },
      { title: 'First – last (UTC)' },
    ],
    rows: findings.map((finding) => ({
      id: `finding-${finding.id}`,
      cells: [
        between(finding),
        name(finding.technique),
        score(finding.score, meaning),
        span(finding.first_seen, finding.last_seen),
      ],
    })),
  });
}
