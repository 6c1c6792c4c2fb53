// Robust statistics shared by detectors; pure, over plain numbers.

/** Limits a value to 0..1. */
export function unit(value: number): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
}

/** 0 at or below `low`, 1 at or above `high`, straight in between. */
export function ramp(value: number, low: number, high: number): number {
  return unit((value - low) / (high - low));
}

/** The same on a logarithmic scale; for counts and bytes. */
export function logRamp(value: number, low: number, high: number): number {
  return value <= 0 ? 0 : ramp(Math.log(value), Math.log(low), Math.log(high));
}

/** A score with the four decimals that are published. */
export function rounded(score: number): number {
  return Math.round(unit(score) * 10_000) / 10_000;
}

/**
 * p-values of many tests, adjusted so that a threshold on them bounds the share of false ones among what passes.
 * In the order given. Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x
 */
export function falseDiscoveryRates(ps: readonly number[]): readonly number[] {
  const order = ps
    .map((_, at) => at)
    .sort((left, right) => (ps[right] ?? 1) - (ps[left] ?? 1) || right - left);
  const rates = ps.map(() => 1);
  let lowest = 1;
  for (const [place, at] of order.entries()) {
    lowest = Math.min(lowest, ((ps[at] ?? 1) * ps.length) / (ps.length - place));
    rates[at] = lowest;
  }
  return rates;
}
