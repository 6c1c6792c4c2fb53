// By which clocks the week is shown: the victim's for everybody to see, and a choice of others, one open at a time.
import type { Rhythm } from '../../../vocabulary/investigation.ts';
import { figureId } from '../../catalogue/define.ts';
import { hasEveryClock, shownZones, weekZones, wholeOffsets } from '../../catalogue/rhythm.ts';
import { heading, type Level } from '../../exporters/html/layout.ts';
import { type Content, html, type Markup } from '../../exporters/html/markup.ts';
import { name } from '../../exporters/html/text.ts';
import type { ReportContext } from '../context.ts';
import { type Week, weekTable } from './week.ts';

/** The weeks of an incident by the victim's clock and by others. */
export function weeks(id: string, rhythm: Rhythm, level: Level, context: ReportContext): Content {
  const values = new Map(context.investigation.figures.map((figure) => [figure.id, figure.value]));
  const weekIn = (zone: string) => {
    const figure = figureId('incident', id, 'week', zone);
    return { figure, value: values.get(figure) ?? null, aheadHours: 0, marked: null };
  };
  const { victim_clock: victim } = rhythm;
  const likely = shownZones(rhythm).filter((zone) => zone.clock !== null);
  const every = hasEveryClock(context.limit);
  const zones = weekZones(rhythm, context.limit);
  const broken = zones.filter(
    (zone) => zone !== 'UTC' && zone !== victim && !likely.some((other) => other.zone === zone),
  );
  const groups: readonly (readonly [string, readonly Clock[]])[] = [
    [
      'Zones that are consistent',
      likely.map(({ zone, window }) => ({ label: zone, week: { ...weekIn(zone), marked: window } })),
    ],
    [
      'Whole hours from UTC',
      (every ? wholeOffsets : [0]).map((hours) => ({
        label: offsetText(hours),
        week: { ...weekIn('UTC'), aheadHours: hours },
      })),
    ],
    ['Other offsets', broken.map((zone) => ({ label: zone, week: weekIn(zone) }))],
  ];
  const shown = groups.filter(([, clocks]) => clocks.length > 0);
  const first =
    victim === null
      ? weekTable({ caption: 'The week by UTC; the victim keeps no hours of its own', ...weekIn('UTC') })
      : weekTable({
          caption: html`The week by the victim's clock, ${name(offsetText(hoursOf(victim)))}`,
          ...weekIn(victim),
          marked: [8, 18],
        });
  return html`<figure class="drawing">${first}
<figcaption>Sittings that began in each hour; the stronger the shade, the more.${victim === null ? null : ' The clock is the one by which its own network is busiest in the marked hours; it is an estimate.'}</figcaption></figure>
${heading(level, 'The week by another clock', 1)}
${shown.map(([title, clocks], group) => html`<div class="clocks"><span class="aside">${title}</span>${clocks.map((clock, at) => choice(clock, `${id}-clock`, group + at === 0 && likely.length > 0))}</div>`)}`;
}

interface Clock {
  readonly label: string;
  readonly week: Omit<Week, 'caption'>;
}

function choice({ label, week }: Clock, group: string, isOpen: boolean): Markup {
  const caption = html`The week by the clock of ${name(label)}${week.marked === null ? null : ', its working day marked'}`;
  return html`<details name="${group}"${isOpen ? html` open` : null}><summary>${name(label)}</summary>${weekTable({ ...week, caption })}</details>
`;
}

/** Hours east of UTC of a fixed offset; its name counts westwards. */
function hoursOf(zone: string): number {
  return zone === 'UTC' ? 0 : -Number(zone.slice('Etc/GMT'.length));
}

function offsetText(hours: number): string {
  if (hours === 0) return 'UTC';
  return `UTC${hours < 0 ? '−' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
}
