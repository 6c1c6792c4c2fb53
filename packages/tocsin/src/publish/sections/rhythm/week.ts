// The week of hands-on acts as a heat map: seven days by twenty-four hours, one figure per table. Takes a histogram by
// hour of the week, gives a table whose cells hold its counts; a fixed offset is the week of UTC, moved.
import type { FigureValue } from '@tocsin/verify';
import { type Content, html, type Markup } from '../../exporters/html/markup.ts';

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const hours: readonly number[] = Array.from({ length: 24 }, (_, hour) => hour);
const shades = 4;
/** The darkest shade stands for at least this many, so that a few single sittings do not look like a crowd. */
const leastDarkest = 4;

export interface Week {
  readonly caption: Content;
  /** Id and value of the figure the counts are of. */
  readonly figure: string;
  readonly value: FigureValue;
  /** Whole hours by which the clock is ahead of that of the figure. */
  readonly aheadHours: number;
  /** Hours that are marked: from, up to. */
  readonly marked: readonly [from: number, to: number] | null;
}

/** A heat map whose every cell is a number in a table: its shade only says it again. */
export function weekTable({ caption, figure, value, aheadHours, marked }: Week): Markup {
  const counts = countsOf(value);
  const most = Math.max(leastDarkest, ...counts.values());
  const isMarked = (hour: number) =>
    marked !== null && (hour - marked[0] + 24) % 24 < (marked[1] - marked[0] + 24) % 24;
  const cell = (day: number, hour: number) => {
    const key = keyOf((day * 24 + hour - aheadHours + 168) % 168);
    const count = counts.get(key) ?? 0;
    if (count === 0) return html`<td></td>`;
    const shade = String(Math.ceil((count / most) * shades));
    return html`<td class="w${shade}" data-key="${key}" title="${days[day] ?? ''} ${clock(hour)}–${clock(hour + 1)}">${String(count)}</td>`;
  };
  return html`<table class="week" data-figure="${figure}"><caption>${caption}</caption>
<thead><tr><td></td>${hours.map((hour) => html`<th scope="col" class="${isMarked(hour) ? 'in' : ''}"><time datetime="${clock(hour)}">${clock(hour).slice(0, 2)}</time></th>`)}</tr></thead>
<tbody>${days.map(
    (
      name,
      day,
    ) => html`<tr><th scope="row"><abbr title="${name}">${name.slice(0, 3)}</abbr></th>${hours.map((hour) => cell(day, hour))}</tr>
`,
  )}</tbody></table>`;
}

/** `07:00`; hours from 24 on are those of the next day. */
export function clock(hour: number): string {
  return `${String(hour % 24).padStart(2, '0')}:00`;
}

/** Key of an hour counted from Monday, 0:00. */
function keyOf(hourOfWeek: number): string {
  return `${String(Math.floor(hourOfWeek / 24) + 1)} ${String(hourOfWeek % 24).padStart(2, '0')}`;
}

function countsOf(value: FigureValue): ReadonlyMap<string, number> {
  if (value === null || typeof value !== 'object' || 'part' in value) return new Map();
  return new Map(value.map(({ key, value: count }) => [key, Number(count)]));
}
