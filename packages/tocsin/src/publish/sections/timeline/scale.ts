// The time axis of a picture: from a span of seconds to years, round ticks in UTC and their labels. Pure.

export interface Tick {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly label: string;
  /** The day, where it is new; else null. */
  readonly day: string | null;
}

export interface TimeScale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ticks: readonly Tick[];
  /** Place of a moment between 0 and 1. */
  readonly place: (atMs: number) => number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [1, 2, 5, 10, 15, 30]
  .map((s) => s * second)
  .concat(
    [1, 2, 5, 10, 15, 30].map((m) => m * minute),
    [1, 2, 3, 6, 12].map((h) => h * hour),
    [1, 2, 4, 7, 14].map((d) => d * day),
  );
const monthNames = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;

/**
 * A scale over moments.
 * @param mostTicks how many labels there is room for, at least 2.
 */
export function timeScale(momentsMs: readonly number[], mostTicks: number): TimeScale {
  const first = momentsMs.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = momentsMs.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const margin = Math.max((last - first) * 0.02, 5 * second);
  const fromMs = Number.isFinite(first) ? first - margin : 0;
  const toMs = Number.isFinite(last) ? last + margin : minute;
  return {
    fromMs,
    toMs,
    ticks: labelled(tickMoments(fromMs, toMs, mostTicks), toMs - fromMs),
    place: (atMs) => (atMs - fromMs) / (toMs - fromMs),
  };
}

function tickMoments(fromMs: number, toMs: number, mostTicks: number): readonly number[] {
  const step = steps.find((candidate) => (toMs - fromMs) / candidate <= mostTicks);
  const moments: number[] = [];
  if (step !== undefined) {
    for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) moments.push(at);
    return moments;
  }
  const months = (toMs - fromMs) / (30.4 * day);
  const stepMonths =
    [1, 2, 3, 6, 12, 24, 60, 120].find((candidate) => months / candidate <= mostTicks) ?? 600;
  const start = new Date(fromMs);
  for (let index = start.getUTCFullYear() * 12; ; index += stepMonths) {
    const at = Date.UTC(Math.floor(index / 12), index % 12, 1);
    if (at > toMs) return moments;
    if (at >= fromMs) moments.push(at);
  }
}

function labelled(moments: readonly number[], spanMs: number): readonly Tick[] {
  const isByDay = moments.every((at) => at % day === 0);
  let before = '';
  return moments.map((atMs) => {
    const iso = new Date(atMs).toISOString();
    const date = `${Number(iso.slice(8, 10))} ${monthNames[Number(iso.slice(5, 7)) - 1] ?? ''}`;
    const year = iso.slice(0, 4);
    const above = isByDay ? year : `${date} ${year}`;
    const isNew = above !== before;
    before = above;
    const clock = spanMs < 10 * minute ? iso.slice(11, 19) : iso.slice(11, 16);
    return { atMs, label: isByDay ? date : clock, day: isNew ? above : null };
  });
}
