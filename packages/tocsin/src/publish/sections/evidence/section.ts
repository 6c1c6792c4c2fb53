// The evidence: every file, how its records add up, what was rejected and assumed, and flows that two sensors saw.
import type { EvidenceItem } from '../../../vocabulary/investigation.ts';
import { shownEvidence } from '../../catalogue/selection.ts';
import { folded, heading, type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { type Content, html, type Markup } from '../../exporters/html/markup.ts';
import { code, digest, moment, name, prose } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';

/** True when the records of an item add up. */
export function reconciles({ records, events, rejects, headers }: EvidenceItem): boolean {
  return records === events + rejects + headers;
}

/** Evidence and rejects. */
export function evidenceSection(level: Level, context: ReportContext): Markup {
  const { investigation, show, counted } = context;
  const { rows, isCut } = shownEvidence(investigation);
  const broken = investigation.evidence.filter((item) => !reconciles(item));
  return section({
    id: 'evidence',
    level,
    title: 'Evidence',
    body: html`
<p>Received: ${counted(['evidence.items'], noun('file'))}, ${show('evidence.unique')} of them with a content of their own. Every record is accounted for: ${show('evidence.records')} records = ${show('evidence.events')} events + ${show('evidence.rejects')} rejects + ${show('evidence.headers')} header and blank lines. Evidence is never changed.</p>
${broken.length === 0 ? null : html`<p class="alarm" role="note">The records of these files do not add up, which is a defect of this program: ${broken.slice(0, 20).map((item) => [code(item.path), ' '])}</p>`}
${rows.length === 0 ? html`<p>No file was found in what was given.</p>` : evidenceTable(rows, context)}
${isCut ? remark(html`Files with rejects, files not understood and those with most records are listed; all are in table <code>evidence</code> of the bundle.`) : null}
${rejectsPart(rows, context)}
${assumptionsPart(investigation.evidence, level)}
${sightingsPart(context)}`,
  });
}

/** Figures of an item; a second file of the same content is told from the first by its path. */
function figureIdOf(item: EvidenceItem): readonly string[] {
  return item.duplicate_of === null ? ['evidence', item.id] : ['evidence', item.id, item.path];
}

function evidenceTable(rows: readonly EvidenceItem[], { show }: ReportContext): Markup {
  const anchored = new Set<string>();
  return table({
    caption: 'Files, and how their records add up: records = events + rejects + headers',
    className: 'evidence',
    columns: [
      { title: 'File', isHead: true },
      { title: 'Format' },
      { title: 'Records', isNumber: true },
      { title: 'Events', isNumber: true },
      { title: 'Rejects', isNumber: true },
      { title: 'Headers', isNumber: true },
    ],
    rows: rows.map((item) => {
      const id = figureIdOf(item);
      const anchor = anchored.has(item.id) ? {} : { id: `evidence-${item.id}` };
      anchored.add(item.id);
      return {
        ...anchor,
        className: reconciles(item) ? '' : 'broken',
        cells: [
          html`${code(item.path)}${digests(item, show(...id, 'bytes'))}`,
          html`${code(item.format)}${item.compression === 'none' ? null : html` <span class="aside">${item.compression}</span>`}${notes(item)}`,
          ...(['records', 'events', 'rejects', 'headers'] as const).map((column) => show(...id, column)),
        ],
      };
    }),
  });
}

function digests(item: EvidenceItem, size: Markup): Markup {
  return folded(
    html`${name('SHA-256')} ${digest(item.sha256)}`,
    html`<dl class="facts">
<div><dt>${name('SHA-256')}</dt><dd><code class="hash">${item.sha256}</code></dd></div>
<div><dt>Item</dt><dd>${code(item.id)}, ${size}</dd></div>
${item.container === null ? null : html`<div><dt>Inside</dt><dd>${code(item.container)}</dd></div>`}
<div><dt>Events from</dt><dd>${moment(item.first)}</dd></div>
<div><dt>Events until</dt><dd>${moment(item.last)}</dd></div>
</dl>`,
  );
}

function notes(item: EvidenceItem): Content {
  return [
    item.duplicate_of === null
      ? null
      : html`<div class="note">Same content as ${code(item.duplicate_of)}; read once.</div>`,
    item.note === null ? null : html`<div class="note">${prose(item.note, { isAboutSettings: true })}</div>`,
  ];
}

function rejectsPart(rows: readonly EvidenceItem[], { show }: ReportContext): Content {
  const rejects = rows.flatMap((item) => item.rejected.map((reject) => ({ item, reject })));
  if (rejects.length === 0) return null;
  const shown = rejects.slice(0, 50);
  return html`${table({
    caption: 'Records that could not be understood',
    className: 'rejects',
    columns: [
      { title: 'File', isHead: true },
      { title: 'Why' },
      { title: 'First record' },
      { title: 'Records of this kind', isNumber: true },
    ],
    rows: shown.map(({ item, reject }) => ({
      cells: [
        code(item.path),
        html`${code(reject.code)} ${prose(reject.reason, { isAboutSettings: true })}`,
        html`<code>${String(reject.first_record)}</code>`,
        show(...figureIdOf(item), 'rejects', reject.code),
      ],
    })),
  })}${rejects.length > shown.length ? remark(html`More are in table <code>reject_summary</code> of the bundle.`) : null}`;
}

function assumptionsPart(evidence: readonly EvidenceItem[], level: Level): Content {
  const byAssumption = new Map<
    string,
    { readonly text: string; readonly value: string; readonly about: string; readonly paths: string[] }
  >();
  for (const item of evidence) {
    for (const { about, value, text } of item.assumptions) {
      const key = JSON.stringify([about, value, text]);
      const known = byAssumption.get(key) ?? { text, value, about, paths: [] };
      known.paths.push(item.path);
      byAssumption.set(key, known);
    }
  }
  if (byAssumption.size === 0) return null;
  return html`${heading(level, 'Assumptions', 1)}<ul class="assumptions">${[...byAssumption.values()]
    .slice(0, 40)
    .map(
      ({ text, value, about, paths }) =>
        html`<li><strong>${prose(about, { isAboutSettings: true })}</strong> taken as ${code(value)}. ${prose(text, { isAboutSettings: true })} <span class="aside">${paths.slice(0, 4).map((path) => [code(path), ' '])}${paths.length > 4 ? 'and others' : null}</span></li>`,
    )}</ul>`;
}

function sightingsPart({ investigation, show }: ReportContext): Content {
  const { sightings } = investigation;
  if (sightings.length === 0) return null;
  return table({
    caption: 'Flows that two sensors saw: counted once, both sightings kept',
    columns: [
      { title: 'One sensor', isHead: true },
      { title: 'The other' },
      { title: 'Flows seen by both', isNumber: true },
      { title: 'Its clock differs by (estimated)', isNumber: true },
    ],
    rows: sightings.slice(0, 50).map(({ sensors: [first, second] }) => ({
      cells: [
        code(first),
        code(second),
        show('sighting', first, second, 'flows'),
        show('sighting', first, second, 'clock_offset'),
      ],
    })),
  });
}
