// When people were at work: the week of hands-on acts as a picture, and what their hours say of each time zone.
import type { Incident, Rhythm } from '../../../vocabulary/investigation.ts';
import { folded, type Level, section } from '../../exporters/html/layout.ts';
import { html, joined, type Markup } from '../../exporters/html/markup.ts';
import { name } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';

const verdictMeanings: readonly (readonly [verdict: string, meaning: string])[] = [
  [
    'consistent',
    'The hours fit a usual working day there. So do they fit every other place with the same hours.',
  ],
  ['not discriminating', 'The hours neither fit a usual working day there nor speak against it.'],
  ['excluded', 'People who kept working hours there would not have acted at these hours.'],
];
const namedAtOnce = 8;

/** The rhythm of an incident; null when nothing was done by hand. */
export function rhythmSection(incident: Incident, level: Level, context: ReportContext): Markup | null {
  const { rhythm } = incident;
  if (rhythm === null) return null;
  return section({
    id: `${incident.id}-rhythm`,
    level,
    title: 'Hours of work',
    body: html`<p>${context.counted(['incident', incident.id, 'acts'], noun('sitting'))} of people at work, not of programs, were held against the working days of every zone of the time zone database, each at its own date. Hours say nothing of a country: whoever wants to be taken for another keeps other hours.</p>
${verdictMeanings.map(([verdict, meaning]) => group(rhythm, verdict, meaning))}`,
  });
}

function group(rhythm: Rhythm, verdict: string, meaning: string): Markup | null {
  const zones = rhythm.zones.filter((zone) => zone.verdict === verdict);
  if (zones.length === 0) return null;
  const shown = (some: typeof zones) =>
    joined(
      some.map(
        ({ zone, window: [from, to] }) => html`${name(zone)} <small>(${clock(from)}–${clock(to)})</small>`,
      ),
      ', ',
    );
  const rival = zones.filter(({ zone }) => zone.startsWith('the victim'));
  const first = [...new Set([...rival, ...zones.slice(0, namedAtOnce)])];
  return html`<p><strong>${verdict}</strong>: ${shown(first)}${zones.length > first.length ? ' and others' : null}. ${meaning}</p>
${zones.length > first.length ? folded(`All that are ${verdict}`, html`<p>${shown(zones)}</p>`) : null}`;
}

function clock(hour: number): Markup {
  const text = `${String(hour % 24).padStart(2, '0')}:00`;
  return html`<time datetime="${text}">${text}</time>`;
}
