// When people were at work: what the hours of hands-on acts say of each time zone, and of none; and the week as a heat
// map by the victim's clock and by any other.
import type { Incident, Rhythm, ZoneRhythm } from '../../../vocabulary/investigation.ts';
import { shownZones } from '../../catalogue/rhythm.ts';
import { folded, heading, type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { type Content, html, joined, type Markup } from '../../exporters/html/markup.ts';
import { name } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';
import { weeks } from './clocks.ts';
import { clock } from './week.ts';

const silences: Readonly<Record<NonNullable<Rhythm['silent']>, string>> = {
  'too few': 'They are too few, or on too few days, to tell one zone from another.',
  timer:
    'Most of them keep the minute or the distance from one to the next, as programs do. Nothing follows.',
  spread: 'They are spread over the day much as chance would spread them. Nothing follows.',
  'no working day': 'They fit the working day of no zone: who did this kept no such hours. Nothing follows.',
};
const namedAtOnce = 12;

/** The rhythm of an incident; null when nothing was done by hand. */
export function rhythmSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  const { rhythm } = incident;
  if (rhythm === null) return null;
  return section({
    id: `${incident.id}-rhythm`,
    level,
    title: 'Hours of work',
    body: html`<p>${context.counted(['incident', incident.id, 'acts'], noun('sitting'))} of people at work, not of programs, were held against the working days of every zone of the time zone database, each at its own date. Of the acts within an hour the first counts, and hours that hold the fewest are left out as long as they are next to nothing of all. Hours say nothing of a country: whoever wants to be taken for another keeps other hours.</p>
${rhythm.silent === null ? null : html`<p><strong>These hours do not discriminate.</strong> ${silences[rhythm.silent]}</p>`}
${weeks(incident.id, rhythm, level, context)}
${rhythm.silent === null ? verdicts(incident.id, rhythm, level, context) : null}`,
  });
}

function verdicts(id: string, rhythm: Rhythm, level: Level, context: ReportContext): Content {
  return [
    heading(level, 'What the hours say of each zone', 1),
    rival(id, rhythm, context),
    consistent(id, rhythm, context),
    others(
      rhythm,
      'not discriminating',
      'The hours neither fit a usual working day there nor speak against it, or its holidays speak against it.',
    ),
    others(rhythm, 'excluded', 'People who kept working hours there would not have acted at these hours.'),
    remark(
      html`A working day is ten hours long and begins at eight, nine or ten, or at eleven, which is possible but not usual; the working week is Monday to Friday or Sunday to Thursday, whichever fits better. People at work do nearly all of it in these hours; the chance is that of so few acts inside, times the ${context.counted(['incident', id, 'acts.hypotheses'], { one: 'hypothesis', many: 'hypotheses' })} tried. National holidays count as days off where the zone lies in one country and its holidays are known; as not everybody keeps them, they can make a zone less likely, but alone never exclude it. They come from the library ${name('date-holidays')}, whose data is made from Wikipedia and licensed ${name('CC BY-SA 3.0')}.`,
    ),
  ];
}

function rival(id: string, { zones }: Rhythm, { show }: ReportContext): Markup {
  const night = zones.find((zone) => zone.clock === null);
  if (night === undefined)
    return html`<p>The victim's own network is busy at all hours, so there is no night of its own to hold against them.</p>`;
  const [from, to] = night.window;
  const chance = html`<span class="aside">(${hour(from)}–${hour(to)} UTC, chance ${show('incident', id, 'zone', night.zone, 'p')} in a million)</span>`;
  return html`<p><strong>The rival: the victim's night</strong> ${chance}. ${
    night.verdict === 'excluded'
      ? 'That people anywhere worked while the victim slept does not explain these hours.'
      : 'Not discriminating: that people anywhere worked while the victim slept explains these hours just as well. Whatever is consistent below has to be read beside it.'
  }</p>`;
}

function consistent(id: string, rhythm: Rhythm, { show, counted }: ReportContext): Content {
  const clocks = shownZones(rhythm).filter((zone) => zone.clock !== null);
  if (clocks.length === 0) return html`<p><strong>consistent</strong>: no zone.</p>`;
  const figure = (zone: string, what: string) => ['incident', id, 'zone', zone, what];
  return table({
    caption: html`<strong>consistent</strong>: the hours fit a usual working day there, as they do everywhere else with the same hours`,
    columns: [
      { title: 'Zones with the same clock', isHead: true },
      { title: 'Working day' },
      { title: 'Chance, in a million', isNumber: true },
      { title: 'Work on national holidays' },
    ],
    rows: clocks.map(({ zone, clock: same, window: [from, to], holidays }) => ({
      cells: [
        zonesOf(
          rhythm.zones.filter((other) => other.clock === same && other.verdict === 'consistent'),
          zone,
        ),
        html`<span class="option">${hour(from)}–${hour(to)}</span>`,
        show(...figure(zone, 'p')),
        holidays === null
          ? 'not considered'
          : html`${counted(figure(zone, 'holiday_acts'), noun('sitting'))}, ${counted(figure(zone, 'holidays'), noun('holiday'))} (${name(zone)})`,
      ],
    })),
  });
}

function zonesOf(zones: readonly ZoneRhythm[], first: string): Markup {
  const names = [first, ...zones.map(({ zone }) => zone).filter((zone) => zone !== first)];
  const list = (some: readonly string[]) =>
    joined(
      some.map((zone) => name(zone)),
      ', ',
    );
  return names.length <= namedAtOnce
    ? html`${list(names)}`
    : html`${list(names.slice(0, namedAtOnce))} ${folded('and others', list(names.slice(namedAtOnce)), { isPrinted: true })}`;
}

function others(rhythm: Rhythm, verdict: string, meaning: string): Markup | null {
  const zones = rhythm.zones.filter((zone) => zone.verdict === verdict && zone.clock !== null);
  if (zones.length === 0) return null;
  return html`<p><strong>${verdict}</strong>: ${meaning}</p>
${folded(
  `All zones that are ${verdict}`,
  html`<p>${joined(
    zones.map(
      ({ zone, window: [from, to] }) =>
        html`${name(zone)} <span class="aside">(${hour(from)}–${hour(to)})</span>`,
    ),
    ', ',
  )}</p>`,
)}`;
}

function hour(of: number): Markup {
  const text = clock(of);
  return html`<time datetime="${text}">${text}</time>`;
}
