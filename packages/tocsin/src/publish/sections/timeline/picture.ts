// The timeline as an SVG picture: a lane per ATT&CK stage, a mark per finding from first to last event, marks that
// would lie on each other drawn as one taller mark. Drawn twice, wide and narrow; the style sheet shows one of them.
import { byText } from '../../../ground/ids.ts';
import type { Incident, TimelineEntry } from '../../../vocabulary/investigation.ts';
import { tacticName, tactics } from '../../exporters/html/attack-names.ts';
import { type Content, html, type Markup } from '../../exporters/html/markup.ts';
import { plain } from '../../exporters/html/text.ts';
import { findingLink, type ReportContext } from '../context.ts';
import { kindOfTactic, type PictureSize, px } from '../picture.ts';
import { type TimeScale, timeScale } from './scale.ts';

interface Mark {
  readonly left: number;
  readonly right: number;
  readonly entries: readonly TimelineEntry[];
}

/** The stages an incident's timeline goes through, in the order of the matrix. */
export function lanesOf({ timeline }: Incident): readonly string[] {
  const order = (tactic: string) => {
    const at = tactics.indexOf(tactic);
    return at < 0 ? tactics.length : at;
  };
  return [...new Set(timeline.map((entry) => entry.stage))].sort(
    (left, right) => order(left) - order(right) || byText(left, right),
  );
}

/** The picture in one size. */
export function timelinePicture(incident: Incident, size: PictureSize, context: ReportContext): Markup {
  const isWide = size.variant === 'wide';
  const gutter = isWide ? 170 : 6;
  const laneHeight = isWide ? 36 : 48;
  const top = 8;
  const lanes = lanesOf(incident);
  const plot = {
    left: gutter,
    width: size.width - gutter - (isWide ? 16 : 8),
    bottom: top + lanes.length * laneHeight,
  };
  const moments = incident.timeline.flatMap((entry) => [Date.parse(entry.time), Date.parse(entry.until)]);
  const scale = timeScale(moments, Math.floor(plot.width / 76));
  const x = (atMs: number) => plot.left + scale.place(atMs) * plot.width;
  const id = `timeline-${size.variant}-${incident.id}`;
  const height = plot.bottom + 46;
  return html`<svg class="picture ${size.variant}" viewBox="0 0 ${String(size.width)} ${String(height)}" role="group" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">Timeline of the incident by stage</title>
<desc id="${id}-desc">One lane for each stage of the attack, in UTC: ${lanes.map(tacticName).join(', ')}. The same entries follow below as a list.</desc>
${axis(scale, x, plot)}
${lanes.map((stage, at) => {
  const y = top + at * laneHeight;
  const middle = isWide ? y + laneHeight / 2 : y + 31;
  const label = isWide
    ? html`<text class="lane" x="${px(gutter - 14)}" y="${px(middle + 4.5)}" text-anchor="end">${tacticName(stage)}</text>`
    : html`<text class="lane" x="${px(gutter)}" y="${px(y + 15)}">${tacticName(stage)}</text>`;
  const entries = incident.timeline.filter((entry) => entry.stage === stage);
  return html`<g class="kind-${kindOfTactic(stage)}"><line class="rule" x1="${px(plot.left)}" x2="${px(plot.left + plot.width)}" y1="${px(middle)}" y2="${px(middle)}"/>${label}${marksOf(entries, x).map((mark) => drawn(mark, middle, context))}</g>
`;
})}</svg>`;
}

function axis(
  scale: TimeScale,
  x: (atMs: number) => number,
  plot: { readonly left: number; readonly width: number; readonly bottom: number },
): Content {
  const end = plot.left + plot.width;
  return html`<g class="axis">${scale.ticks.map(({ atMs, label, day }) => {
    const at = x(atMs);
    // A label at the rim leans inwards, so that nothing of it is cut.
    const anchor = at > end - 28 ? 'end' : at < plot.left + 24 ? 'start' : 'middle';
    return html`<line x1="${px(at)}" x2="${px(at)}" y1="4" y2="${px(plot.bottom + 6)}"/><text class="time" x="${px(at)}" y="${px(plot.bottom + 22)}" text-anchor="${anchor}">${label}</text>${
      day === null
        ? null
        : html`<text class="time day" x="${px(at)}" y="${px(plot.bottom + 38)}" text-anchor="${anchor}">${day}</text>`
    }`;
  })}</g>
`;
}

const leastWidth = 6;

/** Marks from left to right; those less than two units apart are one. */
export function marksOf(entries: readonly TimelineEntry[], x: (atMs: number) => number): readonly Mark[] {
  const single = entries
    .map((entry) => {
      const left = x(Date.parse(entry.time));
      return { left, right: Math.max(left + leastWidth, x(Date.parse(entry.until))), entries: [entry] };
    })
    .sort((a, b) => a.left - b.left || a.right - b.right);
  const marks: Mark[] = [];
  for (const mark of single) {
    const last = marks.at(-1);
    if (last && mark.left < last.right + 2) {
      marks[marks.length - 1] = {
        left: last.left,
        right: Math.max(last.right, mark.right),
        entries: [...last.entries, ...mark.entries],
      };
    } else {
      marks.push(mark);
    }
  }
  return marks;
}

function drawn({ left, right, entries }: Mark, middle: number, context: ReportContext): Content {
  const [first] = entries;
  if (!first) return null;
  const half = 6 + Math.min(6, 1.5 * Math.log2(entries.length));
  const texts = entries
    .slice(0, 4)
    .map((entry) => plain(`${entry.time.slice(0, 19).replace('T', ' ')} UTC: ${entry.text}`));
  const title = entries.length > texts.length ? [...texts, 'and others'] : texts;
  const shape = html`<rect class="mark" x="${px(left)}" y="${px(middle - half)}" width="${px(right - left)}" height="${px(2 * half)}" rx="2.5"><title>${title.join('\n').replaceAll('\n', ' — ')}</title></rect>`;
  const inner =
    entries.length > 1
      ? html`<line class="core" x1="${px(left + 2)}" x2="${px(right - 2)}" y1="${px(middle)}" y2="${px(middle)}"/>`
      : null;
  return findingLink(first.finding, [shape, inner], context);
}
