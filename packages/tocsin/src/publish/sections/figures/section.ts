// The appendix: every figure with its exact value, its definition in words, and the digest of the SQL that computed it.
import type { Figure } from '../../../vocabulary/investigation.ts';
import { exactFigure } from '../../exporters/html/figure.ts';
import { type Level, section, table } from '../../exporters/html/layout.ts';
import { html, type Markup } from '../../exporters/html/markup.ts';
import { code, digest, prose } from '../../exporters/html/text.ts';
import type { ReportContext } from '../context.ts';
import { definitionWords } from './words.ts';

/** All figures, by what they are about. */
export function figuresSection(level: Level, { investigation }: ReportContext): Markup {
  const groups = new Map<string, Figure[]>();
  for (const figure of investigation.figures) {
    const title = groupOf(figure.id);
    groups.set(title, [...(groups.get(title) ?? []), figure]);
  }
  return section({
    id: 'figures',
    level,
    title: 'Figures',
    body: html`
<p>Each figure is computed from one table of the bundle as its definition says, exactly, in whole numbers. Check them all without trusting anybody: <code>tocsin verify BUNDLE</code>.</p>
${[...groups].map(([title, figures]) =>
  table({
    caption: title,
    className: 'figures',
    columns: [{ title: 'Figure', isHead: true }, { title: 'Value', isNumber: true }, { title: 'Definition' }],
    rows: figures.map((figure) => ({
      id: `figure-${figure.id}`,
      cells: [
        html`<span class="label">${prose(figure.label, { isAboutSettings: true })}</span> ${code(figure.id)}`,
        html`${exactFigure(figure)}${figure.unit === 'time' || figure.unit === '' ? null : html` <span class="aside">${figure.unit}</span>`}`,
        html`${definitionWords(figure.definition)}. <span class="aside">SQL ${digest(figure.sql_sha256)}</span>`,
      ],
    })),
  }),
)}`,
  });
}

const titles: Readonly<Record<string, string>> = {
  incident: 'Incidents, one by one',
  incidents: 'All incidents',
  evidence: 'Evidence',
  rejects: 'Rejects',
  finding: 'Findings, one by one',
  findings: 'Findings',
  sighting: 'Double sightings',
};

function groupOf(id: string): string {
  const [head = ''] = id.split('.', 1);
  return titles[head] ?? 'Others';
}
