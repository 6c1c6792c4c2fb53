// Time without a clock: instants are whole microseconds since the Unix epoch, places have tz database zones.

/** Microseconds since the Unix epoch, or a length in microseconds. */
export type Micros = number;

export const second = 1_000_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Half-open stretch of time in which a source may start conversations. */
export interface Window {
  readonly from: Micros;
  readonly to: Micros;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

/** Minutes east of UTC that hold in the zone at the instant (DST included). */
export function minutesEast(zone: string, at: Micros): number {
  const hourStart = Math.floor(at / hour) * hour;
  const key = `${zone} ${hourStart}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
    formatters.set(zone, formatter);
  }
  const name = formatter
    .formatToParts(new Date(hourStart / 1000))
    .find((part) => part.type === 'timeZoneName');
  const found = /GMT([+-])(\d\d):(\d\d)/.exec(name?.value ?? '');
  const size = found === null ? 0 : Number(found[2]) * 60 + Number(found[3]);
  const minutes = found?.[1] === '-' ? -size : size;
  offsets.set(key, minutes);
  return minutes;
}

/** Hour of the local day (0..24, fractional) and weekday (Monday 0) in the zone. */
export function localTime(zone: string, at: Micros): { readonly hour: number; readonly weekday: number } {
  const shifted = at + minutesEast(zone, at) * minute;
  const days = Math.floor(shifted / day);
  return { hour: (shifted - days * day) / hour, weekday: (days + 3) % 7 };
}

/** The instant at which the zone's clocks show the hour on the calendar day that begins at `utcMidnight` in UTC. */
export function atLocal(zone: string, utcMidnight: Micros, localHour: number): Micros {
  const naive = Math.round(utcMidnight + localHour * hour);
  return naive - minutesEast(zone, naive - minutesEast(zone, naive) * minute) * minute;
}

/** UTC calendar day of an instant, `2024-08-05`. */
export function utcDay(at: Micros): string {
  return new Date(Math.floor(at / 1000)).toISOString().slice(0, 10);
}

/** RFC 3339 text in UTC with microseconds. */
export function instantText(at: Micros): string {
  const whole = Math.floor(at / second);
  const rest = String(at - whole * second).padStart(6, '0');
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}

/** Share of full office activity (0..1): a morning rise, a lunch dip, an evening tail, quiet nights and weekends. */
export function officeActivity(zone: string, at: Micros): number {
  const { hour: now, weekday } = localTime(zone, at);
  const weekend = weekday >= 5;
  const curve =
    now < 7 || now >= 22
      ? 0.01
      : now < 8.5
        ? 0.25
        : now < 12
          ? 1
          : now < 13.5
            ? 0.4
            : now < 17.5
              ? 0.95
              : now < 19.5
                ? 0.3
                : 0.08;
  return weekend ? curve * 0.06 : curve;
}

/** Share of full public demand (0..1): awake hours in the zone, a little less at weekends. */
export function publicActivity(zone: string, at: Micros): number {
  const { hour: now, weekday } = localTime(zone, at);
  const curve = 0.12 + 0.88 * Math.max(0, Math.sin(((now - 6) / 18) * Math.PI));
  return weekday >= 5 ? curve * 0.7 : curve;
}
