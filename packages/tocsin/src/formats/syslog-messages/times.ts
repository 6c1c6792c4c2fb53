// Times of a system log that may name no year and no zone: what is assumed, and how the year goes on at New Year.
// The year of the first line is, in this order: what was set; the one that puts it nearest to a line of the same log
// that names its year; the latest that does not put the log a month beyond the other evidence; else 2000.
import {
  type Instant,
  instantOfIso,
  instantOfMicros,
  instantOfParts,
  microsOf,
} from '../../vocabulary/instant.ts';
import { zoneAssumed, zonePartlyAssumed } from '../assumed-zone.ts';
import type { Assumption, ParseSettings } from '../format.ts';
import type { TimeText } from './header.ts';

export interface Times {
  /** @returns null when the text is no time, or no day of the year it falls in */
  readonly read: (time: TimeText) => Instant | null;
  /** The last time read; null before the first. */
  readonly last: () => Instant | null;
  /** Told that an event's time is not one of these: it stood in the message, with its zone. */
  readonly foundElsewhere: () => void;
  readonly assumptions: () => readonly Assumption[];
}

type MonthDay = Extract<TimeText, { kind: 'month-day' }>;

/** Stands for a year nobody knows: a leap year, so that every day exists. */
const unknownYear = 2000;
/** A log may run on after the last event of the other evidence. */
const mostAheadMicros = 31n * 86_400_000_000n;
/** Years back in which every run of days occurs, 29 February included, whatever century. */
const yearsBack = 9;

const zonePattern = /(?:Z|[+-]\d\d:?\d\d)$/;

/** The instant of a time in a year; null for a day that year does not have. */
function instantIn(year: number, time: MonthDay, zoneMinutes: number): Instant | null {
  const [hour, minute, second, fraction = ''] = time.clock.split(/[:.]/);
  return instantOfParts({
    year,
    month: time.month,
    day: time.day,
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    micros: Number(fraction.slice(0, 6).padEnd(6, '0')),
    offsetMinutes: time.isUtc ? 0 : zoneMinutes,
  });
}

/** The instant of a time that names its year; null when it does not, or is no time. */
function datedInstant(time: TimeText, zoneMinutes: number): Instant | null {
  if (time.kind === 'iso') return instantOfIso(time.text, zoneMinutes);
  return time.kind === 'none' || time.year === null ? null : instantIn(time.year, time, zoneMinutes);
}

/** The instant that puts a time nearest to another; null when it is no time. */
export function instantNear(time: TimeText, near: Instant, zoneMinutes: number): Instant | null {
  if (time.kind !== 'month-day' || time.year !== null) return datedInstant(time, zoneMinutes);
  const middle = Number(near.slice(0, 4));
  const at = microsOf(near);
  let best: { readonly instant: Instant; readonly distance: bigint } | null = null;
  for (const year of [middle - 1, middle, middle + 1]) {
    const instant = instantIn(year, time, zoneMinutes);
    if (instant === null) continue;
    const away = microsOf(instant) - at;
    const distance = away < 0n ? -away : away;
    if (best === null || distance < best.distance) best = { instant, distance };
  }
  return best?.instant ?? null;
}

/**
 * Counts the years a log runs through, by its months: a month more than half a year back is one of the next year, a
 * month more than half a year ahead is a straggler of the year before.
 */
function openYears(): (month: number) => number {
  let month = 0;
  let years = 0;
  return (next) => {
    if (month === 0) month = next;
    if (next > month + 6) return years - 1;
    if (next < month - 6) years += 1;
    month = next;
    return years;
  };
}

interface FirstYear {
  readonly year: number;
  /** Why, for the reader; null when it was set. */
  readonly why: string | null;
}

/** The year of the first line without one (`time`), from the settings and the beginning of the log. */
function firstYearOf(time: MonthDay, beginning: readonly TimeText[], settings: ParseSettings): FirstYear {
  const { assumedYear, assumedZoneMinutes: zone, evidenceLast } = settings;
  if (assumedYear !== null) return { year: assumedYear, why: null };
  const yearsOf = openYears();
  const found = beginning.filter((one) => one.kind === 'month-day').filter((one) => one.year === null);
  const bare = (found.length === 0 ? [time] : found).map((one) => ({ time: one, years: yearsOf(one.month) }));
  const exists = (year: number) =>
    bare.every(
      (one) =>
        one.time.month !== 2 || one.time.day !== 29 || instantIn(year + one.years, one.time, zone) !== null,
    );
  const latestFrom = (year: number) => {
    for (let back = 0; back < yearsBack; back += 1) if (exists(year - back)) return year - back;
    return year;
  };
  const dated = beginning.map((one) => datedInstant(one, zone)).find((instant) => instant !== null);
  const near = dated === undefined ? null : instantNear(bare[0]?.time ?? time, dated, zone);
  if (near !== null)
    return {
      year: localYear(near, zone),
      why: 'it is taken from the lines of the log that name theirs',
    };
  if (evidenceLast === null) {
    const year = latestFrom(unknownYear);
    return { year, why: `no other evidence tells it, and ${year} merely stands for it` };
  }
  const limit = instantOfMicros(microsOf(evidenceLast) + mostAheadMicros);
  const year = localYear(evidenceLast, zone);
  const final = bare.at(-1) ?? { time, years: 0 };
  const end = instantIn(year + final.years, final.time, zone);
  return {
    year: latestFrom(end !== null && end > limit ? year - 1 : year),
    why: 'it is taken from the latest event of the other evidence',
  };
}

/** The calendar year of an instant in a zone. */
function localYear(instant: Instant, zoneMinutes: number): number {
  return Number(instantOfMicros(microsOf(instant) + BigInt(zoneMinutes) * 60_000_000n).slice(0, 4));
}

/**
 * A reader of one log's times.
 * @param beginning times of the log's first lines, in order, to tell its year from
 */
export function openTimes(settings: ParseSettings, beginning: readonly TimeText[]): Times {
  const zone = settings.assumedZoneMinutes;
  const yearsOf = openYears();
  let first: FirstYear | null = null;
  let last: Instant | null = null;
  let isZoneAssumed = false;
  let isZoneNamed = false;
  // Lines of one minute are many: the text up to the minute is worked out once.
  let minuteText = '';
  let minute = '';
  const withinMinute = (text: string, clock: string, whole: () => Instant | null): Instant | null => {
    const second = clock.slice(6, 8);
    if (second > '59') return whole();
    if (text !== minuteText) {
      const instant = whole();
      if (instant === null) return null;
      minuteText = text;
      minute = instant.slice(0, 17);
      return instant;
    }
    return `${minute}${second}.${clock.slice(9, 15).padEnd(6, '0')}Z`;
  };
  const readMonthDay = (time: MonthDay): Instant | null => {
    isZoneAssumed ||= !time.isUtc;
    isZoneNamed ||= time.isUtc;
    let year = time.year;
    if (year === null) {
      first ??= firstYearOf(time, beginning, settings);
      year = first.year + yearsOf(time.month);
    }
    const inYear = year;
    const text = `${inYear} ${time.month} ${time.day} ${time.clock.slice(0, 5)} ${time.isUtc ? 'UTC' : ''}`;
    return withinMinute(text, time.clock, () => instantIn(inYear, time, zone));
  };
  const readIso = (text: string): Instant | null => {
    const named = zonePattern.exec(text.slice(19))?.[0] ?? '';
    isZoneAssumed ||= named === '';
    isZoneNamed ||= named !== '';
    const clock = text.slice(11, text.length - named.length);
    const front = `${text.slice(0, 16)} ${named}`;
    return withinMinute(front, clock, () => instantOfIso(text, zone));
  };
  return {
    read: (time) => {
      if (time.kind === 'none') return null;
      const found = time.kind === 'iso' ? readIso(time.text) : readMonthDay(time);
      last = found ?? last;
      return found;
    },
    last: () => last,
    foundElsewhere: () => {
      isZoneNamed = true;
    },
    assumptions: () => [
      ...(first === null || first.why === null ? [] : [yearAssumed(first.year, first.why)]),
      ...(isZoneAssumed && !settings.isZoneSet ? [isZoneNamed ? zonePartlyAssumed : zoneAssumed] : []),
    ],
  };
}

function yearAssumed(year: number, why: string): Assumption {
  return {
    about: 'year',
    value: String(year),
    text: `The log names no year; ${why}. Set the year of its first line with --assume-year.`,
  };
}
