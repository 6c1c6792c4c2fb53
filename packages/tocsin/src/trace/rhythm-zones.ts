// Local time in the zones of the tz database, with the offset each had at the moment itself. Takes instants in
// milliseconds since the epoch, gives hours, weekdays and days.

/** Zones the platform still lists under names the tz database has left behind. */
const renamed: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
};

/** Name of a zone in the tz database of today. */
export const currentName = (zone: string): string => renamed[zone] ?? zone;

/** Every zone of the tz database that the platform knows, by its name of today. */
export const knownZones: readonly string[] = Intl.supportedValuesOf('timeZone').map(currentName);

export interface LocalTime {
  /** Hours since local midnight, with fractions. */
  readonly hour: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** `2024-11-28` */
  readonly day: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** Offsets change on whole quarters of an hour at most. */
const quarterMs = 900_000;

/** Offset from UTC, ms, that a zone had at each instant (ms since the epoch). */
export function offsetsOf(ms: readonly number[], zone: string): readonly number[] {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const known = format;
  const offsets = new Map<number, number>();
  const offsetAt = (at: number) => {
    const offset = offsets.get(at) ?? offsetMs(known, at);
    offsets.set(at, offset);
    return offset;
  };
  return ms.map((at) => {
    // Asking is slow. No zone changes its clocks there and back within a week.
    const week = Math.floor(at / weekMs) * weekMs;
    const offset = offsetAt(week);
    return offset === offsetAt(week + weekMs) ? offset : offsetAt(Math.floor(at / quarterMs) * quarterMs);
  });
}

/** Local time of each instant (ms since the epoch) in a zone. */
export function localTimes(ms: readonly number[], zone: string): readonly LocalTime[] {
  return shifted(ms, offsetsOf(ms, zone));
}

/** Local time of each instant (ms since the epoch) at its own offset (ms). */
export function shifted(ms: readonly number[], offsets: readonly number[]): readonly LocalTime[] {
  return ms.map((at, index) => {
    const local = at + (offsets[index] ?? 0);
    const date = new Date(local);
    return {
      hour: (((local % dayMs) + dayMs) % dayMs) / 3_600_000,
      weekday: date.getUTCDay(),
      day: date.toISOString().slice(0, 10),
    };
  });
}

function offsetMs(format: Intl.DateTimeFormat, at: number): number {
  const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
}
