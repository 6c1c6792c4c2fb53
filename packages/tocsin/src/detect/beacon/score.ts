// How much a series of contacts looks like a machine calling home. The parts follow RITA's (timing, size, spread over
// time), with dispersion taken relative to the median so that any period counts alike.
// https://github.com/activecm/rita
import { ramp, unit } from '../statistics.ts';

export interface Series {
  readonly flows: number;
  readonly interval_q1: number;
  readonly interval_median: number;
  readonly interval_q3: number;
  readonly interval_mad: number;
  readonly size_q1: number;
  readonly size_median: number;
  readonly size_q3: number;
  readonly size_mad: number;
  /** Contacts in each 24th of the time from first to last. */
  readonly slot_counts: readonly number[];
  /** Hours since 1970 with contacts, ascending, ... */
  readonly contact_hours: readonly number[];
  /** ... the contacts in each ... */
  readonly contact_counts: readonly number[];
  /** ... and the hours from first to last contact in which the host talked to anybody. */
  readonly awake_hours: readonly number[];
}

const slots = 24;

/**
 * Contacts per 24th of the time the host was on. Over less than 24 hours of that it is the plain 24ths of the span, as an
 * hour is too coarse there.
 */
export function slotsOf(series: Series): readonly number[] {
  const awake = series.awake_hours;
  if (awake.length < slots) return series.slot_counts;
  const counts = new Map(series.contact_hours.map((hour, at) => [hour, series.contact_counts[at] ?? 0]));
  return Array.from({ length: slots }, (_, slot) => {
    const hours = awake.slice(
      Math.floor((slot * awake.length) / slots),
      Math.floor(((slot + 1) * awake.length) / slots),
    );
    // An average, because the slots cannot all have the same number of hours.
    return hours.reduce((sum, hour) => sum + (counts.get(hour) ?? 0), 0) / hours.length;
  });
}

/** Bowley's skewness, -1..1; 0 where the quartiles lie too close together to say. */
export function bowleySkewness(q1: number, median: number, q3: number, leastRange: number): number {
  const range = q3 - q1;
  return range < leastRange ? 0 : (q1 + q3 - 2 * median) / range;
}

/** 1 when the intervals are equal, 0 when their median deviation reaches 60 % of the median. */
export function timingScore(series: Series): number {
  if (series.interval_median <= 0) return 0;
  const dispersion = 1 - unit(series.interval_mad / series.interval_median / 0.6);
  const symmetry =
    1 -
    Math.abs(
      bowleySkewness(
        series.interval_q1,
        series.interval_median,
        series.interval_q3,
        series.interval_median * 0.1,
      ),
    );
  return unit(0.7 * dispersion + 0.3 * symmetry * dispersion);
}

/** 1 when all contacts carry the same, 0 when the median deviation reaches the median. */
export function sizeScore(series: Series): number {
  const scale = Math.max(series.size_median, 64);
  return 1 - unit(series.size_mad / scale);
}

/** How evenly the contacts are spread over the time they span: 1 for the same number in every part of it. */
export function evenness(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  if (mean === 0) return 0;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  return 1 - unit(Math.sqrt(variance) / mean);
}

/** Parts of the span with at least one contact. */
export function presence(counts: readonly number[]): number {
  return counts.filter((count) => count > 0).length / Math.max(1, counts.length);
}

export interface BeaconScore {
  readonly timing: number;
  readonly size: number;
  readonly spread: number;
  /** Weighted total, 0..1. */
  readonly total: number;
}

/** Timing weighs most. A fast series (under ten seconds) is judged by its rate, as its intervals are mere round trips. */
export function beaconScore(series: Series): BeaconScore {
  const perSlot = slotsOf(series);
  const even = evenness(perSlot);
  const isFast = series.interval_median < 10;
  const timing = isFast ? Math.max(timingScore(series), ramp(even, 0.5, 0.9)) : timingScore(series);
  const size = sizeScore(series);
  const spread = 0.5 * even + 0.5 * presence(perSlot);
  const enough = ramp(Math.log(series.flows), Math.log(6), Math.log(40));
  return {
    timing,
    size,
    spread,
    total: unit((0.5 * timing + 0.25 * size + 0.25 * spread) * (0.7 + 0.3 * enough)),
  };
}
