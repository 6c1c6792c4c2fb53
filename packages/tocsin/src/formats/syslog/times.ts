// Times of a system log that names no year and no zone: what is assumed, and how the year goes on at New Year.
import {
  type Instant,
  instantOfIso,
  instantOfMicros,
  instantOfParts,
  microsOf,
} from '../../vocabulary/instant.ts';
import type { Assumption, ParseSettings } from '../format.ts';
import type { TimeText } from './header.ts';

export interface Times {
  /** @returns null when the text is no time */
  readonly read: (time: TimeText) => Instant | null;
  /** The last time read; null before the first. */
  readonly last: () => Instant | null;
  readonly assumptions: () => readonly Assumption[];
}

/** Stands for a year nobody knows: a leap year, so that every day exists. */
const unknownYear = 2000;
/** A log may run on after the last event of the other evidence. */
const mostAheadDays = 31;
const microsPerDay = 86_400_000_000n;

export function openTimes(settings: ParseSettings): Times {
  let year: number | null = null;
  let firstYear: number | null = null;
  let month = 0;
  let last: Instant | null = null;
  let isZoneAssumed = false;
  const instantIn = (inYear: number, time: Extract<TimeText, { kind: 'month-day' }>): Instant | null => {
    const [hour, minute, second, fraction = ''] = time.clock.split(/[:.]/);
    return instantOfParts({
      year: inYear,
      month: time.month,
      day: time.day,
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      micros: Number(fraction.slice(0, 6).padEnd(6, '0')),
      offsetMinutes: settings.assumedZoneMinutes,
    });
  };
  const beginIn = (time: Extract<TimeText, { kind: 'month-day' }>): number => {
    if (settings.assumedYear !== null) return settings.assumedYear;
    if (settings.evidenceLast === null) return unknownYear;
    const latest = Number(settings.evidenceLast.slice(0, 4));
    const at = instantIn(latest, time);
    const limit = instantOfMicros(microsOf(settings.evidenceLast) + BigInt(mostAheadDays) * microsPerDay);
    return at !== null && at > limit ? latest - 1 : latest;
  };
  const readMonthDay = (time: Extract<TimeText, { kind: 'month-day' }>): Instant | null => {
    isZoneAssumed = true;
    if (time.year !== null) return instantIn(time.year, time);
    if (year === null) {
      year = beginIn(time);
      firstYear = year;
      month = time.month;
    }
    // From December to January the year goes on; a straggler from December in January goes back.
    if (time.month < month - 6) {
      year += 1;
      month = time.month;
    }
    const isStraggler = time.month > month + 6;
    if (!isStraggler) month = time.month;
    return instantIn(isStraggler ? year - 1 : year, time);
  };
  return {
    read: (time) => {
      const hasZone = time.kind === 'iso' && /(?:Z|[+-]\d\d:?\d\d)$/.test(time.text.slice(10));
      if (time.kind === 'iso') isZoneAssumed ||= !hasZone;
      const found =
        time.kind === 'iso' ? instantOfIso(time.text, settings.assumedZoneMinutes) : readMonthDay(time);
      last = found ?? last;
      return found;
    },
    last: () => last,
    assumptions: () => [
      ...(firstYear === null || settings.assumedYear !== null ? [] : [yearAssumed(firstYear, settings)]),
      ...(isZoneAssumed && !settings.isZoneSet ? [zoneAssumed] : []),
    ],
  };
}

function yearAssumed(year: number, { evidenceLast }: ParseSettings): Assumption {
  const why =
    evidenceLast === null
      ? `no other evidence tells it, and ${unknownYear} merely stands for it`
      : 'it is taken from the latest event of the other evidence';
  return {
    about: 'year',
    value: String(year),
    text: `The log names no year; ${why}. Set the year of its first line with --assume-year.`,
  };
}

const zoneAssumed: Assumption = {
  about: 'zone',
  value: '+00:00',
  text: 'The log names no zone; its times are taken as UTC. Set another with --assume-zone.',
};
