// Rhythm: do the hours of hands-on acts speak for a working day somewhere? Every zone of the tz database is tried with its
// offset at each act's own date and with the holidays of its country, and so is the rival that they were done while the
// victim slept. A verdict is on hours, never on a country. Pure.
import { byText } from '../ground/ids.ts';
import { type Instant, microsOf } from '../vocabulary/instant.ts';
import type { Rhythm, RhythmVerdict, ZoneRhythm } from '../vocabulary/investigation.ts';
import type { HolidayCalendar } from './holidays.ts';
import { atMost, dayHours, level, silenceOf } from './rhythm-silence.ts';
import { type LocalTime, offsetsOf, shifted } from './rhythm-zones.ts';

/** Local hours at which a working day may begin: usual ones, and a late one that is possible. */
const usualStarts: readonly number[] = [8, 9, 10];
const possibleStarts: readonly number[] = [...usualStarts, 11];
const workingWeeks: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 5],
  [0, 1, 2, 3, 4],
];
/** Part of the acts of people at work that may be expected inside their working hours. */
const expectedInside = 0.95;
/** Acts within this of the first of a sitting belong to it, seconds: a long day counts for its hours, a burst for one. */
const sittingS = 3600;

/** Name under which the rival hypothesis stands among the zones. */
export const victimsNight = "the victim's night (UTC)";

/** The sparsest sittings that together hold at most this part of the acts are left out: a wrong lead is often there at odd hours. */
const sparseShare = 0.05;

/** Beginnings of sittings, in order: of the acts within an hour the first counts, unless that hour is among the sparsest. */
export function sittingsOf(times: readonly Instant[]): readonly Instant[] {
  const sittings: { readonly begin: Instant; readonly atS: number; acts: number }[] = [];
  for (const begin of [...times].sort(byText)) {
    const atS = Number(microsOf(begin) / 1_000_000n);
    const last = sittings.at(-1);
    if (last !== undefined && atS - last.atS < sittingS) last.acts += 1;
    else sittings.push({ begin, atS, acts: 1 });
  }
  const sizes = [...new Set(sittings.map(({ acts }) => acts))].sort((left, right) => left - right);
  let least = 0;
  let sparse = 0;
  for (const size of sizes) {
    // Sittings of one size stay or go together, so that none is chosen by its hour.
    sparse += size * sittings.filter(({ acts }) => acts === size).length;
    if (sparse > times.length * sparseShare) break;
    least = size;
  }
  return sittings.filter(({ acts }) => acts > least).map(({ begin }) => begin);
}

/** The hours the victim itself keeps, from what its network does. */
export interface Night {
  /** Hour (UTC) after its ten busiest ones; the fourteen from there on are its night. */
  readonly fromHour: number;
  /** The fixed offset, as a zone of the tz database, in which its ten busiest hours are those from 8:00 to 18:00. */
  readonly clock: string;
}

/** The ten quietest hours of those who keep a night hold at most this part of what ten even hours would. */
const quietPart = 0.8;

/** The hours of a victim from its activity per UTC hour; null when all hours are alike. */
export function nightOf(activityByHour: readonly number[]): Night | null {
  if (activityByHour.length !== 24) return null;
  const total = activityByHour.reduce((sum, value) => sum + value, 0);
  const sums = activityByHour.map((_, from) =>
    Array.from({ length: dayHours }, (_hour, at) => activityByHour[(from + at) % 24] ?? 0).reduce(
      (sum, value) => sum + value,
      0,
    ),
  );
  // A house that never sleeps has no night to speak of.
  if (total === 0 || Math.min(...sums) > (total * dayHours * quietPart) / 24) return null;
  const busiest = sums.indexOf(Math.max(...sums));
  return { fromHour: (busiest + dayHours) % 24, clock: clockOf(busiest) };
}

/** Zone of a fixed offset in which a UTC hour is eight in the morning. Such names count westwards. */
function clockOf(utcHour: number): string {
  const east = ((8 - utcHour + 11 + 24) % 24) - 11;
  return east === 0 ? 'UTC' : `Etc/GMT${east > 0 ? '-' : '+'}${String(Math.abs(east))}`;
}

export interface Rivals {
  /** Names of the tz database. */
  readonly zones: readonly string[];
  /** What the victim's own hours are, when it keeps any. */
  readonly night: Night | null;
  readonly holidays: HolidayCalendar;
}

/** The verdict on every zone, the most fitting first; null when there are no acts. */
export function rhythmOf(acts: readonly Instant[], { zones, night, holidays }: Rivals): Rhythm | null {
  if (acts.length === 0) return null;
  const times = sittingsOf(acts);
  const ms = times.map(msOf);
  const silence = silenceOf(acts.map(msOf), ms);
  const byClock = new Map<string, Fit>();
  const firsts = new Map<string, string>();
  const fits = zones.map((zone) => {
    const offsets = offsetsOf(ms, zone);
    const clock = runs(offsets);
    const fit = byClock.get(clock) ?? fitOf(clock, shifted(ms, offsets));
    byClock.set(clock, fit);
    const first = firsts.get(clock);
    if (first === undefined || byText(zone, first) < 0) firsts.set(clock, zone);
    return { ...fit, zone };
  });
  const tried = new Set(byClock.keys());
  // What the hours alone exclude however many alternatives are counted needs no holidays.
  const most = 2 * (tried.size + fits.length) + 1;
  const kept = fits.map((fit) =>
    silence !== null || fit.p * most < level
      ? { ...fit, kept: null }
      : { ...fit, kept: withHolidays(fit, holidays) },
  );
  for (const { clock, kept: own } of kept) if (own !== null && own.acts > 0) tried.add(`${clock} ${own.key}`);
  const hypotheses = tried.size + (night === null ? 0 : 1);
  const judged = kept.map((fit) => ({ ...judge(fit, hypotheses), clock: firsts.get(fit.clock) ?? null }));
  const isNowhere = silence === null && judged.every(({ verdict }) => verdict === 'excluded');
  const silent = silence ?? (isNowhere ? 'no working day' : null);
  const rival = night === null ? [] : [judgeNight(ms, night, hypotheses)];
  const results = [...rival, ...judged].map((zone) =>
    silent === null
      ? zone
      : { ...zone, verdict: 'not discriminating' as const, p: silence === null ? zone.p : 1 },
  );
  const rank: readonly RhythmVerdict[] = ['consistent', 'not discriminating', 'excluded'];
  return {
    acts: times.length,
    times,
    silent,
    hypotheses,
    victim_clock: night?.clock ?? null,
    zones: results.sort(
      (left, right) =>
        Number(right.zone === victimsNight) - Number(left.zone === victimsNight) ||
        rank.indexOf(left.verdict) - rank.indexOf(right.verdict) ||
        byText(left.zone, right.zone),
    ),
  };
}

const msOf = (time: Instant): number => Number(microsOf(time) / 1000n);

interface Fit {
  /** Its offsets: zones with the same ones at every act say the same. */
  readonly clock: string;
  readonly local: readonly LocalTime[];
  /** The working day that holds most of the acts. */
  readonly start: number;
  readonly week: readonly number[];
  readonly inside: number;
  /** Chance that people at work there had so few of their acts inside it. */
  readonly p: number;
}

/** Offsets in a row as text, each with how often it follows itself. */
function runs(offsets: readonly number[]): string {
  const ends = offsets.flatMap((offset, at) =>
    offset === offsets[at + 1] ? [] : [`${String(offset)}:${String(at)}`],
  );
  return ends.join(' ');
}

function fitOf(clock: string, local: readonly LocalTime[]): Fit {
  let best = { start: 9, week: workingWeeks[0] ?? [], inside: -1 };
  for (const start of possibleStarts) {
    for (const week of workingWeeks) {
      const inside = local.filter((time) => isInside(time, start, week)).length;
      const isBetter =
        inside > best.inside || (inside === best.inside && Math.abs(start - 9) < Math.abs(best.start - 9));
      if (isBetter) best = { start, week, inside };
    }
  }
  return {
    clock,
    local,
    ...best,
    p: atMost(best.inside, local.length, expectedInside),
  };
}

interface ZoneFit extends Fit {
  readonly zone: string;
}

function isInside({ hour, weekday }: LocalTime, start: number, week: readonly number[]): boolean {
  return week.includes(weekday) && hour >= start && hour < start + dayHours;
}

interface Kept {
  /** Holidays on days of the working week, from the first act to the last. */
  readonly days: number;
  /** Acts on them in working hours. */
  readonly acts: number;
  readonly p: number;
  /** Which acts those are. */
  readonly key: string;
}

/** The same working day, with national holidays as days off; null where the holidays are not known. */
function withHolidays({ zone, local, start, week, inside }: ZoneFit, holidays: HolidayCalendar): Kept | null {
  const days = local.map(({ day }) => day).sort(byText);
  const [first = '', last = first] = [days[0], days.at(-1)];
  const off = new Set<string>();
  for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)); year += 1) {
    const known = holidays(zone, year);
    if (known === null) return null;
    for (const day of known) {
      const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
      if (day >= first && day <= last && week.includes(weekday)) off.add(day);
    }
  }
  const on = local.flatMap((time, at) => (off.has(time.day) && isInside(time, start, week) ? [at] : []));
  return {
    days: off.size,
    acts: on.length,
    p: atMost(inside - on.length, local.length, expectedInside),
    key: on.join(' '),
  };
}

function judge(
  { zone, start, p, kept }: ZoneFit & { readonly kept: Kept | null },
  hypotheses: number,
): Omit<ZoneRhythm, 'clock'> {
  const byHours = Math.min(1, p * hypotheses);
  const all = kept === null ? byHours : Math.min(1, kept.p * hypotheses);
  return {
    zone,
    window: [start, start + dayHours],
    p: round(all),
    verdict: verdictOf(byHours, all, usualStarts.includes(start)),
    holidays: kept === null ? null : { days: kept.days, acts: kept.acts },
  };
}

/** Hours and weekdays alone exclude; holidays only take away that a zone is consistent, for not everybody keeps them. */
function verdictOf(byHours: number, withDaysOff: number, isUsual: boolean): RhythmVerdict {
  if (byHours < level) return 'excluded';
  return isUsual && withDaysOff >= level ? 'consistent' : 'not discriminating';
}

/** That they worked while the victim slept: ten hours of its night, whichever hold most of the acts. */
function judgeNight(ms: readonly number[], { fromHour }: Night, hypotheses: number): ZoneRhythm {
  const hours = ms.map((at) => (at / 3_600_000) % 24);
  let best = { start: fromHour, inside: -1 };
  for (let later = 0; later <= 24 - 2 * dayHours; later += 1) {
    const start = (fromHour + later) % 24;
    const inside = hours.filter((hour) => (hour - start + 24) % 24 < dayHours).length;
    if (inside > best.inside) best = { start, inside };
  }
  const p = Math.min(1, atMost(best.inside, ms.length, expectedInside) * hypotheses);
  return {
    zone: victimsNight,
    clock: null,
    window: [best.start, (best.start + dayHours) % 24],
    p: round(p),
    // It explains the hours just as well as a zone does: no zone follows from them then.
    verdict: p < level ? 'excluded' : 'not discriminating',
    holidays: null,
  };
}

function round(p: number): number {
  return Math.round(p * 1e6) / 1e6;
}
