// The appendix: every figure with its exact value, its definition in words, and the digest of the SQL that computed it.
import type { Figure } from '../../../vocabulary/investigation.ts';
import { figureId } from '../../catalogue/define.ts';
import { exactFigure } from '../../exporters/html/figure.ts';
import { folded, type Level, section, table } from '../../exporters/html/layout.ts';
import { html, type Markup } from '../../exporters/html/markup.ts';
import { code, digest, plain, prose } from '../../exporters/html/text.ts';
import type { ReportContext } from '../context.ts';
import { definitionWords } from './words.ts';

/** All figures, by what they are about. */
export function figuresSection(level: Level, { investigation }: ReportContext): Markup {
  const titleOf = new Map(
    investigation.incidents.map(({ id, title }) => [figureId('incident', id), `Incident: ${plain(title)}`]),
  );
  const groups = new Map<string, Figure[]>();
  for (const figure of investigation.figures) {
    const title = titleOf.get(figure.id.split('.').slice(0, 2).join('.')) ?? groupOf(figure.id);
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
    caption: prose(title, { isAboutSettings: true }),
    className: 'figures',
    columns: [{ title: 'Figure', isHead: true }, { title: 'Value', isNumber: true }, { title: 'Definition' }],
    rows: figures.map((figure) => ({
      id: `figure-${figure.id}`,
      cells: [
        html`<span class="label">${prose(figure.label, { isAboutSettings: true })}</span> ${code(figure.id)}`,
        html`${exactOrFolded(figure)}${figure.unit === 'time' || figure.unit === '' ? null : html` <span class="aside">${figure.unit}</span>`}`,
        html`${definitionWords(figure.definition)}. <span class="aside">SQL ${digest(figure.sql_sha256)}</span>`,
      ],
    })),
  }),
)}`,
  });
}

/** A list is unfolded on demand: it is longer than all the rest of its row. */
function exactOrFolded(figure: Figure): Markup {
  return Array.isArray(figure.value) ? folded('All values', exactFigure(figure)) : exactFigure(figure);
}

const titles: Readonly<Record<string, string>> = {
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
