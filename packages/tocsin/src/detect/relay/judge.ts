// Is a machine a relay? Puts the three signals together and names who steers it and whom it was used against. Pure.
import { byText } from '../../ground/ids.ts';
import { type Abuse, abusesOf } from './abuse.ts';
import { type Conservation, isPassedOn } from './conservation.ts';
import { type Coupling, couplingOf } from './coupling.ts';
import { isByTrade, isForGoingOn, publicPorts } from './habits.ts';
import type { Machine } from './machine.ts';
import { type Passing, passedOn } from './passing.ts';
import { type Act, afterS, type Caller, callersOf, joinedSpans, type Session, spanAt } from './sessions.ts';

export type Signal = 'coupling' | 'conservation' | 'abuse';

export interface Verdict {
  readonly host: string;
  readonly controllers: readonly string[];
  readonly targets: readonly string[];
  readonly signals: readonly Signal[];
  readonly coupling: Coupling | null;
  readonly conservation: Conservation | null;
  readonly abuses: readonly Abuse[];
  /** Whoever comes goes on from it, and nobody comes for anything else: a jump host looks like this, too. */
  readonly isDedicated: boolean;
  /** Of the coupling, corrected for what was tried on this machine. */
  readonly p: number;
  /** Seconds since the evidence begins. */
  readonly first: number;
  readonly last: number;
  readonly ports: readonly number[];
}

/** Callers tested on one machine: those whose sessions last longest. */
const mostTested = 20;
/** Chance of a machine's acts falling into sessions as they do, above which nothing is said. */
export const coupledP = 0.05;
/** Part of the acts that must lie within the sessions of those named as controllers. */
const leastCovered = 0.5;

/** Evil acts less than this apart are one burst: what a program begun in a session goes on with. */
const burstGapS = 900;
/** Acts (quarter hours) per burst from which on programs run for long, and a p that needs no second test. */
const longBursts = 3;
const surelyCoupledP = 0.001;
/** Sittings of someone who steers other machines in which this one must do something to others. */
const leastSuspectSittings = 2;
/** Sittings in which traffic is passed on, below which that alone says nothing. */
const leastPassings = 3;
/** So many flows passed on, or third parties reached, in fewer sittings are a tunnel at work all the same. */
const manyPassed = 6;
const manyTargets = 5;

/** What a machine's own traffic says, whatever is known of others: worth keeping, since it is costly. */
export interface Survey {
  readonly acts: readonly Act[];
  /** Who comes by a door of his own before the guests of a public service. */
  readonly callers: readonly Caller[];
  readonly guests: ReadonlySet<Caller>;
  readonly passing: readonly Passing[];
}

/** Looks at a machine's callers and acts, and at what it passes on. */
export function surveyOf(machine: Machine): Survey {
  const acts = machine.acts.filter((act) => act.port !== 25);
  const everyone = callersOf(machine.flows);
  const open = publicPorts(everyone);
  const guests = new Set(everyone.filter((caller) => caller.flows.every((flow) => open.has(flow.port))));
  const callers = [...everyone].sort(
    (left, right) =>
      Number(guests.has(left)) - Number(guests.has(right)) ||
      right.lastedS - left.lastedS ||
      byText(left.peer, right.peer),
  );
  return { acts, callers, guests, passing: isByTrade(machine) ? [] : passedOn(callers, acts, machine) };
}

/**
 * What one machine looks like: null when there was nothing to test, a verdict without controllers when the test found
 * nothing. The number of machines tested is for the caller to correct for.
 */
export function examine(machine: Machine, survey: Survey = surveyOf(machine)): Verdict | null {
  const { acts, callers, guests, passing } = survey;
  const abuses = abusesOf(acts, machine.exploited);
  const steered = new Set(machine.steers ?? []);
  const suspects = callers.filter((caller) => machine.suspects?.includes(caller.peer) === true);
  const suspected = new Set(actsOnly(suspects, acts).map((act) => act.peer));
  const evil = evilActs(
    { abuses, passing, acts, steered: new Set([...steered, ...suspected]) },
    machine.periodS,
  );
  if (evil.length === 0) return null;
  const { coupling, p } = bestCoupling(
    [
      suspects,
      callers.filter((caller) => !suspects.includes(caller) && !guests.has(caller)),
      callers.filter((caller) => !suspects.includes(caller) && guests.has(caller)),
    ],
    evil,
    machine.periodS,
  );
  const certain = new Set([
    ...passing.map((entry) => entry.caller.peer),
    ...suspects.map(({ peer }) => peer),
  ]);
  // Where nothing speaks against the machine but who comes to it, nobody else is named.
  const isSuspectOnly = abuses.length === 0 && passing.length === 0 && steered.size === 0;
  const nameable = isSuspectOnly ? suspects : callers;
  const controllers =
    p > coupledP ? [] : controllersOf(nameable, evil, { certain, periodS: machine.periodS });
  const spans = joinedSpans(controllers.flatMap((caller) => caller.sessions));
  const within = begunWithin(evil, spans);
  const isCovered = within.length >= evil.length * leastCovered;
  const conservation = passing.map((entry) => entry.conservation).sort((a, b) => a.p - b.p)[0] ?? null;
  // Nothing abusive is seen of who only passes on, as those who work through a jump host do now and then.
  const isEnough =
    abuses.length > 0 ||
    steered.size > 0 ||
    (suspected.size > 0 && (coupling?.inside ?? 0) >= leastSuspectSittings) ||
    (coupling?.inside ?? 0) >= leastPassings ||
    (conservation?.matched ?? 0) >= manyPassed ||
    new Set(within.map((act) => act.peer)).size >= manyTargets;
  return {
    host: machine.host,
    controllers: isCovered && isEnough ? controllers.map((caller) => caller.peer).sort(byText) : [],
    targets: [...new Set(within.map((act) => act.peer))].sort(byText),
    signals: [
      'coupling',
      ...(conservation === null ? [] : (['conservation'] as const)),
      ...(abuses.length === 0 ? [] : (['abuse'] as const)),
    ],
    coupling,
    conservation,
    abuses,
    isDedicated: abuses.length === 0 && steered.size === 0 && isForGoingOn(callers, evil),
    p,
    first: Math.min(...within.map((act) => act.began), ...spans.map((span) => span.began)),
    last: Math.max(...within.map((act) => act.ended), ...spans.map((span) => span.ended)),
    ports: [...new Set(controllers.flatMap((caller) => caller.flows.map((flow) => flow.port)))].sort(
      (left, right) => left - right,
    ),
  };
}

/** Acts in bursts that began within the spans: who starts a program need not stay until it is done. */
function begunWithin(evil: readonly Act[], spans: readonly Session[]): readonly Act[] {
  const within: Act[] = [];
  let until = Number.NEGATIVE_INFINITY;
  let isWithin = false;
  for (const act of evil) {
    const isInside = spanAt(spans, act.began) >= 0;
    isWithin = isInside || (isWithin && act.began <= until + burstGapS);
    until = act.began;
    if (isWithin) within.push(act);
  }
  return within;
}

/** Contacts with third parties that the machine has for the most part while one of the callers is there. */
function actsOnly(callers: readonly Caller[], acts: readonly Act[]): readonly Act[] {
  if (callers.length === 0) return [];
  const spans = joinedSpans(callers.flatMap((caller) => caller.sessions));
  const own = new Set(callers.map((caller) => caller.peer));
  const byPeer = new Map<string, Act[]>();
  for (const act of acts)
    if (!own.has(act.peer)) byPeer.set(act.peer, [...(byPeer.get(act.peer) ?? []), act]);
  return [...byPeer.values()]
    .filter(
      (group) => group.filter((act) => spanAt(spans, act.began) >= 0).length >= group.length * leastCovered,
    )
    .flat();
}

/**
 * The most telling coupling of any caller. The families share the error equally, so that many guests of a public service
 * do not drown the few who come by a door of their own.
 */
function bestCoupling(
  families: readonly (readonly Caller[])[],
  evil: readonly Act[],
  periodS: number,
): { readonly coupling: Coupling | null; readonly p: number } {
  const shares = families.filter((family) => family.length > 0).length;
  let best: { readonly coupling: Coupling | null; readonly p: number } = { coupling: null, p: 1 };
  for (const family of families) {
    const groups = groupsOf(family, evil);
    for (const { spans } of groups) {
      const coupling = couplingOfEither(spans, evil, periodS);
      if (coupling === null) continue;
      const p = Math.min(1, coupling.p * groups.length * shares);
      if (p < best.p) best = { coupling, p };
    }
  }
  return best;
}

/**
 * The coupling of all acts, or of the beginnings of bursts where programs run on for long after who started them is
 * gone, whichever tells more; what two tests give by chance is taken off.
 */
function couplingOfEither(spans: readonly Session[], evil: readonly Act[], periodS: number): Coupling | null {
  const all = couplingOf(spans, evil, periodS);
  const onsets = evil.filter((act, at) => act.began > (evil[at - 1]?.began ?? -burstGapS) + burstGapS);
  if (all === null || all.p <= surelyCoupledP || onsets.length * longBursts > all.acts) return all;
  const ofOnsets = couplingOf(spans, onsets, periodS);
  const best = ofOnsets !== null && ofOnsets.p < all.p ? ofOnsets : all;
  return { ...best, p: Math.min(1, best.p * 2) };
}

/** The acts a relay is judged by: abuse, and contacts with those it steers or to whom traffic was passed on. */
function evilActs(
  seen: {
    readonly abuses: readonly Abuse[];
    readonly passing: readonly Passing[];
    readonly acts: readonly Act[];
    readonly steered: ReadonlySet<string>;
  },
  periodS: number,
): readonly Act[] {
  const evil = new Set<Act>(seen.abuses.flatMap((abuse) => abuse.acts));
  for (const act of seen.acts) if (seen.steered.has(act.peer)) evil.add(act);
  for (const act of actsPassedOn(seen.passing, seen.acts, periodS)) evil.add(act);
  return [...evil].sort((left, right) => left.began - right.began || byText(left.peer, right.peer));
}

/** How much denser contacts must be in the sessions than at other times to be of them. */
const leastDenser = 3;

/**
 * Contacts with the services of third parties to whom traffic was passed on. What the machine calls all day (its updates,
 * its backup) is called during a session too, and is none of its business.
 */
function actsPassedOn(passing: readonly Passing[], acts: readonly Act[], periodS: number): readonly Act[] {
  const targets = new Set(passing.flatMap((entry) => entry.conservation.targets));
  const spans = joinedSpans(passing.flatMap((entry) => entry.caller.sessions));
  const lastedS = spans.reduce((sum, span) => sum + span.ended - span.began + afterS, 0);
  const services = new Map<string, Act[]>();
  for (const act of acts) {
    if (!targets.has(act.peer)) continue;
    const service = `${act.peer} ${act.port}`;
    services.set(service, [...(services.get(service) ?? []), act]);
  }
  return [...services.values()]
    .filter((contacts) => {
      const inside = contacts.filter((act) => spanAt(spans, act.began) >= 0).length;
      const outside = contacts.length - inside;
      return inside * Math.max(0, periodS - lastedS) >= leastDenser * outside * lastedS;
    })
    .flat();
}

interface Group {
  readonly callers: readonly Caller[];
  readonly spans: readonly Session[];
}

/** Whose sessions are tested: each caller, and all who came by the same service, as an operator changes addresses. */
function groupsOf(callers: readonly Caller[], evil: readonly Act[]): readonly Group[] {
  const victims = new Set(evil.map((act) => act.peer));
  const longest = callers.filter((caller) => !victims.has(caller.peer)).slice(0, mostTested);
  const groups: Group[] = longest.map((caller) => ({ callers: [caller], spans: caller.sessions }));
  const doors = new Map<number, Caller[]>();
  for (const caller of longest) {
    for (const port of new Set(caller.flows.map((flow) => flow.port)))
      doors.set(port, [...(doors.get(port) ?? []), caller]);
  }
  for (const [, entering] of [...doors].sort(([left], [right]) => left - right)) {
    if (entering.length > 1)
      groups.push({ callers: entering, spans: joinedSpans(entering.flatMap((caller) => caller.sessions)) });
  }
  return groups;
}

/** The fewest callers whose sessions hold the acts, the most telling first. */
function controllersOf(
  callers: readonly Caller[],
  evil: readonly Act[],
  { certain, periodS }: { readonly certain: ReadonlySet<string>; readonly periodS: number },
): readonly Caller[] {
  const victims = new Set(evil.map((act) => act.peer));
  const ranked = callers
    .filter((caller) => !victims.has(caller.peer))
    .slice(0, mostTested)
    .map((caller) => ({ caller, coupling: couplingOfEither(caller.sessions, evil, periodS) }))
    .flatMap(({ caller, coupling }) => (coupling === null ? [] : [{ caller, coupling }]))
    .filter(({ caller, coupling }) => certain.has(caller.peer) || coupling.p <= coupledP)
    .sort(
      (left, right) =>
        Number(certain.has(right.caller.peer)) - Number(certain.has(left.caller.peer)) ||
        left.coupling.p - right.coupling.p ||
        byText(left.caller.peer, right.caller.peer),
    );
  const explained = new Set<Act>();
  const chosen: Caller[] = [];
  for (const { caller } of ranked) {
    const own = begunWithin(evil, caller.sessions).filter((act) => !explained.has(act));
    if (own.length === 0) continue;
    // What the others explain says nothing of this one, and of many callers one is there by chance.
    const left =
      chosen.length === 0 || certain.has(caller.peer) ? [] : evil.filter((act) => !explained.has(act));
    const p = left.length === 0 ? 0 : (couplingOfEither(caller.sessions, left, periodS)?.p ?? 1);
    if (p * ranked.length > coupledP) continue;
    for (const act of own) explained.add(act);
    chosen.push(caller);
  }
  // Who came too seldom for a test: one long flow that goes out as it came in does so by no chance.
  const rest = chosen.length === 0 ? [] : evil.filter((act) => !explained.has(act));
  const others = callers.filter((caller) => !chosen.includes(caller) && !victims.has(caller.peer));
  return [
    ...chosen,
    ...others.filter(({ flows }) => flows.some((flow) => rest.some((act) => isPassedOn(flow, act)))),
  ];
}
