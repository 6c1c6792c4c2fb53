// What happened, in order: the picture and the same as a list.
import { byText } from '../../../ground/ids.ts';
import type { Incident, TimelineEntry } from '../../../vocabulary/investigation.ts';
import { tacticName } from '../../exporters/html/attack-names.ts';
import { folded, type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { html, type Markup } from '../../exporters/html/markup.ts';
import { code, prose, span, technique } from '../../exporters/html/text.ts';
import type { ReportContext } from '../context.ts';
import { kindOfTactic, pictureSizes } from '../picture.ts';
import { timelinePicture } from './picture.ts';

const listedAtOnce = 12;
const mostListed = 400;

/** The timeline of an incident. */
export function timelineSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  if (incident.timeline.length === 0) return null;
  const inOrder = [...incident.timeline].sort(
    (a, b) => byText(a.time, b.time) || byText(a.finding, b.finding),
  );
  const [first, rest] = chosen(inOrder);
  return section({
    id: `${incident.id}-timeline`,
    level,
    title: 'What happened, in order',
    body: html`
<figure class="drawing">${pictureSizes.map((size) => timelinePicture(incident, size, context))}</figure>
${entriesTable(first, rest.length === 0 ? 'The timeline, in order of time (UTC)' : 'The earliest of each stage, in order of time (UTC)', context)}
${rest.length === 0 ? null : folded('The rest of the timeline', entriesTable(rest.slice(0, mostListed), 'The rest of the timeline, in order of time (UTC)', context))}
${rest.length > mostListed ? remark('Only the beginning of the rest is listed; the whole timeline is in investigation.json.') : null}`,
  });
}

/** The first entries of every stage, and the rest; both keep their order. */
function chosen(
  entries: readonly TimelineEntry[],
): readonly [readonly TimelineEntry[], readonly TimelineEntry[]] {
  if (entries.length <= listedAtOnce) return [entries, []];
  const perStage = new Map<string, number>();
  const stages = new Set(entries.map((entry) => entry.stage)).size;
  const share = Math.max(1, Math.floor(listedAtOnce / stages));
  const first: TimelineEntry[] = [];
  const rest: TimelineEntry[] = [];
  for (const entry of entries) {
    const seen = perStage.get(entry.stage) ?? 0;
    perStage.set(entry.stage, seen + 1);
    (seen < share ? first : rest).push(entry);
  }
  return [first, rest];
}

function entriesTable(entries: readonly TimelineEntry[], caption: string, context: ReportContext): Markup {
  return table({
    caption,
    className: 'events',
    columns: [{ title: 'When' }, { title: 'Stage' }, { title: 'What', isHead: true }, { title: 'Between' }],
    rows: entries.map((entry) => ({
      cells: [
        span(entry.time, entry.until),
        html`<span class="chip kind-${kindOfTactic(entry.stage)}">${tacticName(entry.stage)}</span>`,
        html`${prose(entry.text)} <span class="aside">${technique(entry.technique)}${context.listed.has(entry.finding) ? html` · <a href="#finding-${entry.finding}">finding</a>` : null}</span>`,
        html`${code(entry.host)}${entry.peer === null ? null : html`<span class="with"> and </span>${code(entry.peer)}`}`,
      ],
    })),
  });
}
