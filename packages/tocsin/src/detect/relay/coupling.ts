// Coupling: does what a machine does to others fall inside someone's sessions more often than chance would have it?
// A circular-shift permutation test: the acts keep their own pattern and are moved against the sessions as a whole.
import { type Act, afterS, type Seconds, type Session } from './sessions.ts';

export interface Coupling {
  /** Acts (quarter hours with contacts) that fall inside sessions, and all acts. */
  readonly inside: number;
  readonly acts: number;
  /** The same, had the acts been at other times: mean over the shifts. */
  readonly expected: number;
  readonly p: number;
  readonly shifts: number;
}

/** Width of the grid on which shifts are tried, seconds. */
const cellS = 10;
/** Contacts within this time are one act. */
const actS = 900;
/** A shift smaller than this, or than the longest session, is no other time. */
const leastShiftS = 1800;
/** Shifts by whole days are varied by as much, so that what merely follows the clock stays as likely. */
const jitterS = 3 * 3600;
const dayS = 86_400;
/** Tests the acts of a machine against sessions on it. @returns null when no act falls inside a session */
export function couplingOf(
  spans: readonly Session[],
  acts: readonly Act[],
  periodS: Seconds,
): Coupling | null {
  const count = Math.max(1, Math.ceil((periodS + 1) / cellS));
  const clusters = clustersOf(acts, count);
  const inside = insideByShift(clusters, cellSpans(spans, count), count);
  const observed = inside[0] ?? 0;
  if (observed === 0) return null;
  // Two null hypotheses, and the less striking answer counts: any other time, and the same hours of other days.
  const longestS = Math.max(leastShiftS, ...spans.map((span) => span.ended - span.began + afterS));
  const least = Math.ceil(longestS / cellS);
  const any = compareWith(observed, inside, anyShifts(count, least));
  const daily = compareWith(observed, inside, dayShifts(count, least));
  return { inside: observed, acts: clusters.length, ...(daily.p >= any.p ? daily : any) };
}

interface CellSpan {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

/** Contacts as acts, each as the runs of grid cells it fills. */
function clustersOf(acts: readonly Act[], count: number): readonly (readonly CellSpan[])[] {
  const cells = [
    ...new Set(acts.map((act) => Math.min(count - 1, Math.max(0, Math.floor(act.began / cellS))))),
  ].sort((left, right) => left - right);
  const clusters: { first: number; last: number }[][] = [];
  let began = Number.NEGATIVE_INFINITY;
  for (const cell of cells) {
    if (cell - began >= actS / cellS) {
      clusters.push([{ first: cell, last: cell }]);
      began = cell;
      continue;
    }
    const runs = clusters.at(-1);
    const run = runs?.at(-1);
    if (run !== undefined && run.last === cell - 1) run.last = cell;
    else runs?.push({ first: cell, last: cell });
  }
  return clusters;
}

function cellSpans(spans: readonly Session[], count: number): readonly CellSpan[] {
  return spans.map((span) => ({
    first: Math.max(0, Math.floor(span.began / cellS)),
    last: Math.min(count - 1, Math.floor((span.ended + afterS) / cellS)),
  }));
}

/** For every shift, in cells, how many acts have a contact inside a span when moved on by it, around the end. */
function insideByShift(
  clusters: readonly (readonly CellSpan[])[],
  spans: readonly CellSpan[],
  count: number,
): Int32Array {
  const change = new Int32Array(count + 1);
  for (const runs of clusters) {
    const shifts = runs.flatMap((run) =>
      spans.flatMap((span) => aroundTheEnd(span.first - run.last, span.last - run.first, count)),
    );
    let end = -1;
    for (const { first, last } of shifts.sort((left, right) => left.first - right.first)) {
      if (last <= end) continue;
      change[Math.max(first, end + 1)] = (change[Math.max(first, end + 1)] ?? 0) + 1;
      change[last + 1] = (change[last + 1] ?? 0) - 1;
      end = last;
    }
  }
  for (let at = 1; at <= count; at += 1) change[at] = (change[at] ?? 0) + (change[at - 1] ?? 0);
  return change;
}

/** A run of shifts, taken modulo the whole. */
function aroundTheEnd(first: number, last: number, count: number): readonly CellSpan[] {
  if (last - first + 1 >= count) return [{ first: 0, last: count - 1 }];
  const from = ((first % count) + count) % count;
  const to = from + (last - first);
  return to < count
    ? [{ first: from, last: to }]
    : [
        { first: from, last: count - 1 },
        { first: 0, last: to - count },
      ];
}

function anyShifts(count: number, least: number): readonly CellSpan[] {
  return count <= 2 * least ? [] : [{ first: least, last: count - least }];
}

/** Shifts by whole days, give or take the jitter; within the day when the evidence has only one. */
function dayShifts(count: number, least: number): readonly CellSpan[] {
  const perDay = Math.round(dayS / cellS);
  const most = Math.round(jitterS / cellS);
  const around: CellSpan[] = [];
  for (let day = 0; day <= Math.floor(count / perDay); day += 1)
    around.push(...aroundTheEnd(day * perDay - most, day * perDay + most, count));
  return around.flatMap(({ first, last }) => {
    const from = Math.max(first, least);
    const to = Math.min(last, count - least);
    return from <= to ? [{ first: from, last: to }] : [];
  });
}

function compareWith(
  observed: number,
  inside: Int32Array,
  shifts: readonly CellSpan[],
): { readonly p: number; readonly expected: number; readonly shifts: number } {
  let asMany = 0;
  let total = 0;
  let tried = 0;
  for (const { first, last } of shifts) {
    for (let shift = first; shift <= last; shift += 1) {
      const by = inside[shift] ?? 0;
      total += by;
      tried += 1;
      if (by >= observed) asMany += 1;
    }
  }
  return { p: (1 + asMany) / (1 + tried), expected: tried === 0 ? 0 : total / tried, shifts: tried };
}
