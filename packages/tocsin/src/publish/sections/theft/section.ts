// What was taken: the three bounds with their rules, per destination, per day, and the files the logs name.
import type { Incident, Theft } from '../../../vocabulary/investigation.ts';
import { bounds } from '../../catalogue/incident.ts';
import { shownDays, shownDestinations, shownLedger } from '../../catalogue/selection.ts';
import { folded, heading, type Level, remark, section, table } from '../../exporters/html/layout.ts';
import { type Content, html, type Markup } from '../../exporters/html/markup.ts';
import { code, prose } from '../../exporters/html/text.ts';
import { noun, type ReportContext } from '../context.ts';
import { placeOf } from '../place.ts';

const boundTitles = { minimum: 'At least', best: 'Best estimate', maximum: 'At most' } as const;
const filesAtOnce = 12;
const mostFiles = 300;

/** The theft ledger of an incident; says so when none was seen. */
export function theftSection(incident: Incident, level: Level, context: ReportContext): Markup {
  const { theft } = incident;
  return section({
    id: `${incident.id}-theft`,
    level,
    title: 'What was taken',
    body:
      theft === null
        ? html`<p>No theft shows in this evidence. That is no proof that nothing was taken: data can leave where no sensor stood, or hidden in what looks ordinary.</p>`
        : taken(incident, theft, level, context),
  });
}

function taken(incident: Incident, theft: Theft, level: Level, context: ReportContext): Markup {
  const { show, counted } = context;
  const id = ['incident', incident.id, 'theft'] as const;
  const isSpread = new Set(theft.ledger.map((row) => row.day)).size > 1;
  return html`
<dl class="bounds">${bounds.map(
    (bound) =>
      html`<div class="${bound}"><dt>${boundTitles[bound]}</dt><dd class="amount">${show(...id, bound)}</dd><dd class="rule-text">${prose(theft.rules[bound], { isAboutSettings: true })}</dd></div>`,
  )}</dl>
<p>The data left ${counted([...id, 'victims'], noun('machine'))} of ours in ${counted([...id, 'flows'], noun('flow'))} for ${counted([...id, 'destinations'], noun('outside address', 'outside addresses'))}, on ${counted([...id, 'days'], noun('day'))}. Bytes are counted in the direction out; a flow that two sensors saw counts once, and a transfer between machines of ours counts not at all.</p>
${destinations(incident, theft, context)}
${isSpread ? days(incident, theft, context) : null}
${folded('Every victim, destination and day', ledger(incident, theft, context), { isPrinted: true })}
${files(theft, level)}`;
}

/** A bar behind an amount: its share of the largest in the table. A picture of the figure beside it, not a figure. */
function bar(value: number, largest: number): Markup {
  const share = largest > 0 ? (100 * value) / largest : 0;
  return html`<span class="bar" aria-hidden="true"><span style="inline-size:${share.toFixed(1)}%"></span></span>`;
}

function destinations(incident: Incident, theft: Theft, { show, limit }: ReportContext): Content {
  const { rows, isCut } = shownDestinations(theft, limit);
  const party = new Map(incident.outside.map((outside) => [outside.ip, outside]));
  const largest = Math.max(0, ...rows.map((row) => row.bytes));
  return html`${table({
    caption: 'To where',
    columns: [
      { title: 'Destination', isHead: true },
      { title: 'Where it is registered' },
      { title: 'Victims', isNumber: true },
      { title: 'Flows', isNumber: true },
      { title: 'At least', isNumber: true },
      { title: 'Best estimate', isNumber: true },
      { title: 'At most', isNumber: true },
    ],
    rows: rows.map(({ ip, bytes }) => {
      const id = (what: string) => ['incident', incident.id, 'theft', what, ip] as const;
      return {
        cells: [
          code(ip),
          placeOf(party.get(ip)),
          show(...id('victims')),
          show(...id('flows')),
          show(...id('minimum')),
          html`<strong>${show(...id('best'))}</strong>${bar(bytes, largest)}`,
          show(...id('maximum')),
        ],
      };
    }),
  })}${isCut ? remark(html`Destinations of fewer bytes are in table <code>theft_flow</code> of the bundle.`) : null}`;
}

function days(incident: Incident, theft: Theft, { show, limit }: ReportContext): Content {
  const { rows, isCut } = shownDays(theft, limit);
  const ofDay = new Map<string, number>();
  for (const row of theft.ledger) ofDay.set(row.day, (ofDay.get(row.day) ?? 0) + row.best_bytes);
  const largest = Math.max(0, ...rows.map((day) => ofDay.get(day) ?? 0));
  return html`${table({
    caption: 'On which days (UTC)',
    className: 'days',
    columns: [
      { title: 'Day', isHead: true },
      { title: 'Share of the largest day' },
      { title: 'Best estimate', isNumber: true },
    ],
    rows: rows.map((day) => ({
      cells: [
        html`<time datetime="${day}">${day}</time>`,
        bar(ofDay.get(day) ?? 0, largest),
        show('incident', incident.id, 'theft.best.day', day),
      ],
    })),
  })}${isCut ? remark(html`Earlier days are in table <code>theft_flow</code> of the bundle.`) : null}`;
}

function ledger(incident: Incident, theft: Theft, { show, limit }: ReportContext): Content {
  const { rows, isCut } = shownLedger(theft, limit);
  return html`${table({
    caption: 'The theft ledger',
    columns: [
      { title: 'Day (UTC)', isHead: true },
      { title: 'Victim' },
      { title: 'Destination' },
      { title: 'Flows', isNumber: true },
      { title: 'At least', isNumber: true },
      { title: 'Best estimate', isNumber: true },
      { title: 'At most', isNumber: true },
    ],
    rows: rows.map(({ day, victim, destination }) => {
      const figure = (what: string) => show('incident', incident.id, 'theft', what, victim, destination, day);
      return {
        cells: [
          html`<time datetime="${day}">${day}</time>`,
          code(victim),
          code(destination),
          figure('flows'),
          ...bounds.map((bound) =>
            bound === 'best' ? html`<strong>${figure(bound)}</strong>` : figure(bound),
          ),
        ],
      };
    }),
  })}${isCut ? remark(html`The largest are shown; every flow is in table <code>theft_flow</code> of the bundle.`) : null}`;
}

function files(theft: Theft, level: Level): Content {
  if (theft.files.length === 0) return remark('The logs name no files in these transfers.');
  const list = (names: readonly string[]) =>
    html`<ul class="files">${names.map((file) => html`<li>${code(file)}</li>`)}</ul>`;
  const rest = theft.files.slice(filesAtOnce, mostFiles);
  return html`${heading(level, 'Files the logs name', 1)}${list(theft.files.slice(0, filesAtOnce))}${
    rest.length === 0 ? null : folded('More files', list(rest))
  }${theft.files.length > mostFiles ? remark('The list is cut here; all names are in investigation.json.') : null}`;
}
