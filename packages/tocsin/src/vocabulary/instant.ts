// Times as text: ISO 8601 in UTC with six decimals, which sorts as time does and loses no microsecond.

/** `2024-03-05T01:02:03.000000Z` */
export type Instant = string;

const microsPerSecond = 1_000_000n;

/** Microseconds since the epoch to an Instant. */
export function instantOfMicros(micros: bigint): Instant {
  const seconds =
    micros >= 0n ? micros / microsPerSecond : (micros - (microsPerSecond - 1n)) / microsPerSecond;
  const rest = micros - seconds * microsPerSecond;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(rest).padStart(6, '0')}Z`;
}

/** The years 1900-2299, which is what the store can hold, milliseconds. */
const earliestMs = -2_208_988_800_000;
const endMs = 10_413_792_000_000;

/** Milliseconds since the epoch (may be fractional) to an Instant; null outside the years 1900-2299. */
export function instantOfMs(ms: number): Instant | null {
  if (!Number.isFinite(ms) || ms < earliestMs || ms >= endMs) return null;
  return instantOfMicros(BigInt(Math.round(ms * 1000)));
}

/**
 * Decimal text of epoch seconds (`1588205198.89971`) to an Instant, without passing through a float; null when it is
 * none, or outside the years 1900-2299.
 */
export function instantOfEpochText(text: string): Instant | null {
  const match = /^(-?)(\d{1,11})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return null;
  const micros =
    BigInt(match[2] ?? '0') * microsPerSecond + BigInt((match[3] ?? '').slice(0, 6).padEnd(6, '0'));
  const signed = match[1] === '-' ? -micros : micros;
  return signed < BigInt(earliestMs) * 1000n || signed >= BigInt(endMs) * 1000n
    ? null
    : instantOfMicros(signed);
}

/** Further from UTC than any zone has been, minutes. */
const maxOffsetMinutes = 18 * 60;

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d|[+-]\d\d)?$/;

/**
 * ISO 8601 date and time to an Instant; null when it is none.
 * @param zoneOffsetMinutes offset to assume where the text has none; without it such text is null.
 */
export function instantOfIso(text: string, zoneOffsetMinutes?: number): Instant | null {
  const match = isoPattern.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const offset = zone === undefined ? zoneOffsetMinutes : offsetMinutes(zone);
  if (offset === undefined || Math.abs(offset) > maxOffsetMinutes) return null;
  return instantOfParts({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    micros: Number((fraction ?? '').slice(0, 6).padEnd(6, '0')),
    offsetMinutes: offset,
  });
}

/** `Z`, `+02:00`, `-0330` or `+02` to minutes east of UTC. */
export function offsetMinutes(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4) || '0');
  return zone.startsWith('-') ? -minutes : minutes;
}

export interface DateParts {
  readonly year: number;
  /** 1-12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  readonly offsetMinutes: number;
}

/** Calendar parts to an Instant; null for a date that does not exist. A leap second counts as the next second. */
export function instantOfParts(parts: DateParts): Instant | null {
  const { year, month, day, hour, minute, second } = parts;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (year < 1900 || year > 2298 || date.getUTCDate() !== day) return null;
  return instantOfMicros(BigInt(ms - parts.offsetMinutes * 60_000) * 1000n + BigInt(parts.micros));
}

/** Microseconds since the epoch of an Instant. */
export function microsOf(instant: Instant): bigint {
  const ms = Date.parse(`${instant.slice(0, 19)}Z`);
  return BigInt(ms) * 1000n + BigInt(instant.slice(20, 26) || '0');
}

/** Seconds from one Instant to another, with microsecond resolution. */
export function secondsBetween(from: Instant, to: Instant): number {
  return Number(microsOf(to) - microsOf(from)) / 1e6;
}
