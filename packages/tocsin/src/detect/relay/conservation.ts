// Conservation: what comes in goes out. Flows into a machine and flows out of it that begin and end together with the
// same bytes each way, or sessions whose bytes are those of the flows made meanwhile, more than other times would give.
import { type Act, afterS, type InboundFlow, type Session } from './sessions.ts';

export interface Conservation {
  /** Flows in that have a flow out as their twin (or sessions that carry what flowed meanwhile). */
  readonly matched: number;
  /** The same had the flows out been at other times: mean over the shifts. */
  readonly expected: number;
  readonly p: number;
  readonly shifts: number;
  readonly targets: readonly string[];
  /** Bytes that passed through the matched flows, both ways, as seen on the way out. */
  readonly bytes: number;
}

/** A flow passed on begins this much before or after the one it carries. */
const startBeforeS = 1;
const startAfterS = 5;
/** Who goes on by hand from a long session takes a moment: this part of the session, at most a minute. */
const startAfterShare = 0.03;
const mostStartAfterS = 60;
const endApartS = 3;
const endApartShare = 0.05;
/** Encryption and framing change the size by no more than this. */
const mostGrowth = 1.25;
const slackBytes = 600;
const leastBytes = 2000;
const leastMatched = 3;
const longS = 120;
const leastSessionBytes = 50_000;
/** Part of someone's sessions that must carry what flowed meanwhile. */
const leastSessionShare = 0.3;
/** Part of what a session carried by which a third party counts as its target. */
const leastTargetShare = 0.1;
/** An operator's own typing and what is shown in answer. */
const keystrokeBytes = 60_000;
const shiftsTried = 999;
/** A first look at every so many of them ends a test that leads nowhere. */
const firstLook = 25;
const hopelessP = 0.2;

/** True when two byte counts may be the same content, wrapped differently. */
export function isSameVolume(left: number, right: number): boolean {
  const [less, more] = left < right ? [left, right] : [right, left];
  return more <= less * mostGrowth + slackBytes;
}

/** Twins among the flows in and the acts out, tested against shifted times. */
export function pairedConservation(
  flows: readonly InboundFlow[],
  acts: readonly Act[],
  periodS: number,
): Conservation | null {
  const out = acts
    .filter((act) => act.sent + act.returned >= leastBytes && act.answered > 0)
    .sort((left, right) => left.began - right.began);
  const into = flows.filter((flow) => flow.sent + flow.returned >= leastBytes);
  if (out.length === 0 || into.length === 0) return null;
  const observed = twins(into, out, 0, periodS);
  if (observed.matched.length < leastMatched && !isLongPair(observed.matched)) return null;
  const tested = test(
    observed.matched.length,
    periodS,
    (shift) => twins(into, out, shift, periodS).matched.length,
  );
  return {
    matched: observed.matched.length,
    ...tested,
    targets: observed.targets,
    bytes: observed.bytes,
  };
}

/** Shifts in seconds, evenly over the period, none near zero. */
function shiftsOf(periodS: number): readonly number[] {
  const least = Math.min(1800, periodS / 10);
  const span = periodS - 2 * least;
  return Array.from({ length: shiftsTried }, (_, at) => least + (at * span) / shiftsTried);
}

function test(
  observed: number,
  periodS: number,
  matchedAt: (shift: number) => number,
): { readonly p: number; readonly expected: number; readonly shifts: number } {
  const shifts = shiftsOf(periodS);
  const first = chance(observed, shifts.filter((_, at) => at % firstLook === 0).map(matchedAt));
  return first.p > hopelessP ? first : chance(observed, shifts.map(matchedAt));
}

function chance(
  observed: number,
  results: readonly number[],
): { readonly p: number; readonly expected: number; readonly shifts: number } {
  const asMany = results.filter((result) => result >= observed).length;
  return {
    p: (1 + asMany) / (1 + results.length),
    expected: results.reduce((sum, result) => sum + result, 0) / Math.max(1, results.length),
    shifts: results.length,
  };
}

interface Twins {
  readonly matched: readonly Act[];
  readonly targets: readonly string[];
  readonly bytes: number;
}

function twins(flows: readonly InboundFlow[], out: readonly Act[], shift: number, periodS: number): Twins {
  const used = new Set<number>();
  const matched: Act[] = [];
  for (const flow of flows) {
    // Instead of moving every act forward the flow is moved back, around the beginning.
    const began = (((flow.began - shift) % periodS) + periodS) % periodS;
    const ended = began + (flow.ended - flow.began);
    for (let at = firstFrom(out, began - startBeforeS); at < out.length; at += 1) {
      const act = out[at];
      if (act === undefined || act.began > began + startToleranceS(flow)) break;
      if (used.has(at) || !isTwin(flow, act, ended)) continue;
      used.add(at);
      matched.push(act);
      break;
    }
  }
  return {
    matched,
    targets: [...new Set(matched.map((act) => act.peer))],
    bytes: matched.reduce((sum, act) => sum + act.sent + act.returned, 0),
  };
}

/** Two long conversations of the same content do not meet by chance; of short ones it takes more. */
function isLongPair(matched: readonly Act[]): boolean {
  return matched.length >= 2 && matched.every((act) => act.ended - act.began >= longS);
}

function startToleranceS(flow: InboundFlow): number {
  return Math.max(startAfterS, Math.min(mostStartAfterS, (flow.ended - flow.began) * startAfterShare));
}

function isTwin(flow: InboundFlow, act: Act, ended: number): boolean {
  if (act.peer === flow.peer) return false;
  const apart = Math.max(endApartS, (flow.ended - flow.began) * endApartShare);
  return (
    Math.abs(act.ended - ended) <= apart &&
    isSameVolume(flow.sent, act.sent) &&
    isSameVolume(flow.returned, act.returned)
  );
}

/** True when a flow in and a flow out last long, begin and end together, and carry the same both ways. */
export function isPassedOn(flow: InboundFlow, act: Act): boolean {
  return (
    act.ended - act.began >= longS &&
    act.sent + act.returned >= leastBytes &&
    act.began >= flow.began - startBeforeS &&
    act.began <= flow.began + startToleranceS(flow) &&
    isTwin(flow, act, flow.ended)
  );
}

function firstFrom(out: readonly Act[], began: number): number {
  let low = 0;
  let high = out.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((out[middle]?.began ?? 0) < began) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sessions that carried, both ways, just what flowed out and back meanwhile. */
export function sessionConservation(
  spans: readonly Session[],
  acts: readonly Act[],
  periodS: number,
): Conservation | null {
  const sorted = [...acts].sort((left, right) => left.began - right.began);
  const observed = carried(spans, sorted, 0, periodS);
  if (observed.matched < Math.max(leastMatched, spans.length * leastSessionShare)) return null;
  const tested = test(observed.matched, periodS, (shift) => carried(spans, sorted, shift, periodS).matched);
  return {
    matched: observed.matched,
    ...tested,
    targets: observed.targets,
    bytes: observed.bytes,
  };
}

function carried(
  spans: readonly Session[],
  sorted: readonly Act[],
  shift: number,
  periodS: number,
): { readonly matched: number; readonly targets: readonly string[]; readonly bytes: number } {
  const targets = new Set<string>();
  let matched = 0;
  let bytes = 0;
  for (const span of spans) {
    const began = (((span.began - shift) % periodS) + periodS) % periodS;
    const ended = began + (span.ended - span.began) + afterS;
    let sent = 0;
    let returned = 0;
    const carriedTo = new Map<string, number>();
    for (let at = firstFrom(sorted, began); at < sorted.length; at += 1) {
      const act = sorted[at];
      if (act === undefined || act.began > ended) break;
      sent += act.sent;
      returned += act.returned;
      carriedTo.set(act.peer, (carriedTo.get(act.peer) ?? 0) + act.sent + act.returned);
    }
    if (sent + returned < leastSessionBytes) continue;
    // An operator's own keystrokes come on top: the session may carry more, not less.
    if (!isWithin(sent, span.sent) || !isWithin(returned, span.returned)) continue;
    matched += 1;
    bytes += sent + returned;
    for (const [peer, volume] of carriedTo)
      if (volume >= (sent + returned) * leastTargetShare) targets.add(peer);
  }
  return { matched, targets: [...targets], bytes };
}

function isWithin(passed: number, session: number): boolean {
  return passed <= session * 1.1 + slackBytes && session <= passed * 1.5 + keystrokeBytes;
}
