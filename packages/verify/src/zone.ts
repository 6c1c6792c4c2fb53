// Local time in a zone of the tz database, through the platform's Intl. Takes time cells, gives the hour, weekday or
// day the clock on the wall showed. Which rules a zone had is the platform's tz data: see docs/bundle.md.

export interface LocalTime {
  /** 0-23 */
  readonly hour: number;
  /** 1 Monday - 7 Sunday */
  readonly weekday: number;
  /** YYYY-MM-DD */
  readonly day: string;
}

/**
 * `UTC` or a place of the tz database. Offsets such as `+03:00` are no zones, as they would hide daylight saving, nor are
 * abbreviations such as `PST`, which some platforms know and others do not.
 */
const zonePattern =
  /^(?:UTC|(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)\/[A-Za-z0-9_+\-/]{1,50})$/;

const quarterMs = 15 * 60_000;
const keptQuarters = 100_000;

/** A reader of time cells (checked by `isTime`) in that zone, or null when the platform knows no such zone. */
export function localClock(zone: string): ((time: string) => LocalTime) | null {
  if (!zonePattern.test(zone)) return null;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  // Asking Intl is slow; a quarter of an hour that begins and ends within one local hour is asked for once.
  const quarters = new Map<number, LocalTime | null>();
  return (time) => {
    const ms = Date.parse(`${time.slice(0, 19)}Z`);
    const quarter = Math.floor(ms / quarterMs);
    let whole = quarters.get(quarter);
    if (whole === undefined) {
      const first = wallClock(format, quarter * quarterMs);
      const last = wallClock(format, (quarter + 1) * quarterMs - 1000);
      whole = first.hour === last.hour && first.day === last.day ? first : null;
      if (quarters.size >= keptQuarters) quarters.clear();
      quarters.set(quarter, whole);
    }
    return whole ?? wallClock(format, ms);
  };
}

function wallClock(format: Intl.DateTimeFormat, ms: number): LocalTime {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of format.formatToParts(ms)) parts[type] = value;
  const { year = '', month = '', day = '', hour = '' } = parts;
  const weekday = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDay();
  return {
    hour: Number(hour),
    weekday: weekday === 0 ? 7 : weekday,
    day: `${year.padStart(4, '0')}-${month}-${day}`,
  };
}
