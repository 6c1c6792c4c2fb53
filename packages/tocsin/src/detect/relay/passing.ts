// Whose traffic a machine passes on: callers whose flows, or whole sessions, come out of it again. Pure.
import { type Conservation, pairedConservation, sessionConservation } from './conservation.ts';
import { browsedSites, isBrowsing, isOnTimetable, isSlight, isSteady, isUse, publicPorts } from './habits.ts';
import type { Machine } from './machine.ts';
import { type Act, type Caller, joinedSpans, sessionsOf, spanAt } from './sessions.ts';

/** Callers looked at on one machine. */
const mostPairTested = 40;
/** From so many callers on, of whom half are passed on, passing on is what the machine is for. */
const tradeCallers = 4;
const broadCallers = 8;
const tradeShare = 0.5;
/** Chance of what is passed on agreeing as it does, above which nothing is said. */
const conservedP = 0.01;

/** A caller, and what says that its traffic goes on. */
export interface Passing {
  readonly caller: Caller;
  readonly conservation: Conservation;
}

/** Callers whose traffic the machine passes on; none when it does so for nearly all who call. */
export function passedOn(
  callers: readonly Caller[],
  acts: readonly Act[],
  machine: Machine,
): readonly Passing[] {
  const found: Passing[] = [];
  const looked = callers.slice(0, mostPairTested);
  const open = publicPorts(callers);
  for (const caller of looked) {
    const isTimed = isSteady(caller, machine.periodS) || isOnTimetable(caller);
    const others = acts.filter((act) => act.peer !== caller.peer);
    // What programs ask of a public service, and it of others in turn, is how services are built.
    const telling = caller.flows.filter((flow) => !isTimed && !(open.has(flow.port) && isSlight(flow)));
    const paired = pairedConservation(telling, others, machine.periodS);
    const whole = isTimed ? null : sessionConservation(caller.sessions, others, machine.periodS);
    const conservation = [paired, whole]
      .filter((entry) => entry !== null)
      .sort((left, right) => left.p - right.p)[0];
    if (conservation === undefined || conservation.p > conservedP) continue;
    found.push({ caller, conservation });
  }
  const regulars = looked.filter((caller) => caller.flows.length >= 2).length;
  const share = found.length / Math.max(1, regulars);
  const targets = new Set(found.flatMap((entry) => entry.conservation.targets));
  found.push(...passedOnTogether(looked, found, { acts, open, periodS: machine.periodS }));
  const isBroad = found.length >= broadCallers && share >= tradeShare;
  const isServing = found.length >= tradeCallers && share >= tradeShare && targets.size >= browsedSites;
  const spans = joinedSpans(found.flatMap((entry) => entry.caller.sessions));
  return isBroad || isServing || isBrowsing(acts.filter((act) => spanAt(spans, act.began) >= 0)) ? [] : found;
}

interface Doors {
  readonly acts: readonly Act[];
  /** Services that are there for everyone. */
  readonly open: ReadonlySet<number>;
  readonly periodS: number;
}

/** Those whose sessions are too few each, but who came by the same service: an operator changes addresses. */
function passedOnTogether(
  callers: readonly Caller[],
  found: readonly Passing[],
  { acts, open, periodS }: Doors,
): readonly Passing[] {
  const rest = callers.filter(
    (caller) =>
      !found.some((entry) => entry.caller === caller) && !isSteady(caller, periodS) && !isOnTimetable(caller),
  );
  const ports = [...new Set(rest.flatMap((caller) => caller.flows.filter(isUse).map((flow) => flow.port)))]
    .filter((port) => !open.has(port))
    .sort((left, right) => left - right);
  const together: Passing[] = [];
  for (const port of ports) {
    const flows = rest.flatMap((caller) => caller.flows.filter((flow) => flow.port === port && isUse(flow)));
    const entering = rest.filter((caller) => flows.some((flow) => flow.peer === caller.peer));
    if (entering.length < 2) continue;
    const peers = new Set(entering.map((caller) => caller.peer));
    const others = acts.filter((act) => !peers.has(act.peer));
    const spans = sessionsOf(flows);
    const conservation = sessionConservation(spans, others, periodS);
    if (conservation === null || conservation.p > conservedP / ports.length) continue;
    for (const caller of entering)
      if (!together.some((entry) => entry.caller === caller)) together.push({ caller, conservation });
  }
  return together;
}
