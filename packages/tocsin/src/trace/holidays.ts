// National holidays by zone of the tz database. A zone belongs to the country that the tz database's zone.tab gives it
// (the platform's copy of it); the days come from the library date-holidays, which needs no network. Takes a zone and a
// year, gives days; one rule for every country, and none is named.
import Holidays from 'date-holidays';
import { currentName } from './rhythm-zones.ts';

/** Whole days, as `2024-11-28`, that are national public holidays in that year; null where they are not known. */
export type HolidayCalendar = (zone: string, year: number) => ReadonlySet<string> | null;

const dayMs = 86_400_000;

/** A calendar of the public holidays that are kept in the whole of a zone's country; days kept in parts of it are left out. */
export function nationalHolidays(): HolidayCalendar {
  const kept = new Map<string, ReadonlySet<string>>();
  let countries: ReadonlyMap<string, string> | null = null;
  return (zone, year) => {
    countries ??= countriesByZone();
    const country = countries.get(zone);
    if (country === undefined) return null;
    const key = `${country} ${String(year)}`;
    const days = kept.get(key) ?? daysOf(country, year);
    kept.set(key, days);
    return days;
  };
}

/** Country by zone, for the countries whose holidays are known; a zone that lies in several of them has none. */
function countriesByZone(): ReadonlyMap<string, string> {
  const byZone = new Map<string, string>();
  const shared = new Set<string>();
  for (const country of Object.keys(new Holidays().getCountries())) {
    for (const zone of zonesOf(country)) {
      const name = currentName(zone);
      if (byZone.has(name)) shared.add(name);
      byZone.set(name, country);
    }
  }
  for (const zone of shared) byZone.delete(zone);
  return byZone;
}

/** Newer platforms have a method where older ones have a property. */
interface ZonedLocale {
  readonly language: string;
  readonly timeZones?: readonly string[] | undefined;
  getTimeZones?(): readonly string[] | undefined;
}

function zonesOf(country: string): readonly string[] {
  const locale: ZonedLocale = new Intl.Locale(`und-${country}`);
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}

function daysOf(country: string, year: number): ReadonlySet<string> {
  const days = new Set<string>();
  for (const { date, start, end, type } of new Holidays(country).getHolidays(year)) {
    // Half days, and days that begin at noon, are days of work.
    const length = Math.round((end.getTime() - start.getTime()) / dayMs);
    if (type !== 'public' || date.slice(11, 19) !== '00:00:00') continue;
    const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
    for (let at = 0; at < length; at += 1) days.add(new Date(first + at * dayMs).toISOString().slice(0, 10));
  }
  return days;
}
