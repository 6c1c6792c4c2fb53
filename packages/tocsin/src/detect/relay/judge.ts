// Is a machine a relay? Puts the three signals together and names who steers it and whom it was used against. Pure.
import { byText } from '../../ground/ids.ts';
import { type Abuse, abusesOf } from './abuse.ts';
import { type Conservation, pairedConservation, sessionConservation } from './conservation.ts';
import { type Coupling, couplingOf } from './coupling.ts';
import {
  type Act,
  type Caller,
  callersOf,
  type InboundFlow,
  joinedSpans,
  type Session,
  spanAt,
} from './sessions.ts';

export interface Machine {
  readonly host: string;
  readonly flows: readonly InboundFlow[];
  readonly acts: readonly Act[];
  readonly periodS: number;
  /** Third parties the machine called at all, and those of them many of ours call. */
  readonly peersAbroad: number;
  readonly popularAbroad: number;
}

export type Signal = 'coupling' | 'conservation' | 'abuse';

export interface Verdict {
  readonly host: string;
  readonly controllers: readonly string[];
  readonly targets: readonly string[];
  readonly signals: readonly Signal[];
  readonly coupling: Coupling | null;
  readonly conservation: Conservation | null;
  readonly abuses: readonly Abuse[];
  /** Of the coupling, corrected for what was tried on this machine. */
  readonly p: number;
  /** Seconds since the evidence begins. */
  readonly first: number;
  readonly last: number;
  readonly ports: readonly number[];
}

/** Callers tested on one machine: those whose sessions last longest. */
const mostTested = 20;
const mostPairTested = 40;
/** From so many callers on, of whom half are passed on, passing on is what the machine is for. */
const tradeCallers = 4;
const broadCallers = 8;
const tradeShare = 0.5;
/** People who surf through a gateway see many sites; a tunnel leads to few. */
const browsedSites = 15;
const conservedP = 0.01;
/** Chance of a machine's acts falling into sessions as they do, above which nothing is said. */
export const coupledP = 0.05;
/** Part of the acts that must lie within the sessions of those named as controllers. */
const leastCovered = 0.5;

/** So many parties on one service make it a public one; a call shorter and smaller than this is a program's. */
const publicCallers = 20;
const slightS = 30;
const slightBytes = 20_000;
/** Calls, hours of evidence, hours of the day and part of the hours filled from which on someone calls around the clock. */
const leastSteadyCalls = 20;
const leastSteadyHours = 48;
const leastSteadyHoursOfDay = 18;
const steadyShare = 0.8;

interface Passing {
  readonly caller: Caller;
  readonly conservation: Conservation;
}

/**
 * What one machine looks like: null when there was nothing to test, a verdict without controllers when the test found
 * nothing. The number of machines tested is for the caller to correct for.
 */
export function examine(machine: Machine): Verdict | null {
  const acts = machine.acts.filter((act) => act.port !== 25);
  const abuses = abusesOf(acts);
  const callers = [...callersOf(machine.flows)].sort(
    (left, right) => right.lastedS - left.lastedS || byText(left.peer, right.peer),
  );
  const passing = isByTrade(machine) ? [] : passedOn(callers, acts, machine);
  const evil = evilActs(abuses, passing, acts);
  if (evil.length === 0) return null;
  const tested = groupsOf(callers, evil);
  let best: { readonly group: Group; readonly coupling: Coupling } | null = null;
  for (const group of tested) {
    const coupling = couplingOf(group.spans, evil, machine.periodS);
    if (coupling === null) continue;
    if (best === null || coupling.p < best.coupling.p) best = { group, coupling };
  }
  const p = best === null ? 1 : Math.min(1, best.coupling.p * tested.length);
  const controllers = p > coupledP ? [] : controllersOf(callers, evil, { passing, periodS: machine.periodS });
  const spans = joinedSpans(controllers.flatMap((caller) => caller.sessions));
  const within = evil.filter((act) => spanAt(spans, act.began) >= 0);
  const isCovered = within.length >= evil.length * leastCovered;
  const conservation = passing.map((entry) => entry.conservation).sort((a, b) => a.p - b.p)[0] ?? null;
  return {
    host: machine.host,
    controllers: isCovered ? controllers.map((caller) => caller.peer).sort(byText) : [],
    targets: [...new Set(within.map((act) => act.peer))].sort(byText),
    signals: [
      'coupling',
      ...(conservation === null ? [] : (['conservation'] as const)),
      ...(abuses.length === 0 ? [] : (['abuse'] as const)),
    ],
    coupling: best?.coupling ?? null,
    conservation,
    abuses,
    p,
    first: Math.min(...within.map((act) => act.began), ...spans.map((span) => span.began)),
    last: Math.max(...within.map((act) => act.ended), ...spans.map((span) => span.ended)),
    ports: [...new Set(controllers.flatMap((caller) => caller.flows.map((flow) => flow.port)))].sort(
      (left, right) => left - right,
    ),
  };
}

/** Gateways, proxies and the like serve people, and people go where everyone goes. */
function isByTrade(machine: Machine): boolean {
  return machine.popularAbroad >= 5 && machine.popularAbroad >= machine.peersAbroad * 0.3;
}

/** Callers whose traffic the machine passes on; none when it does so for nearly all who call. */
function passedOn(callers: readonly Caller[], acts: readonly Act[], machine: Machine): readonly Passing[] {
  const found: Passing[] = [];
  const looked = callers.slice(0, mostPairTested);
  const open = publicPorts(callers);
  for (const caller of looked) {
    const isTimed = isSteady(caller, machine.periodS);
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
  const isBroad = found.length >= broadCallers && share >= tradeShare;
  const isServing = found.length >= tradeCallers && share >= tradeShare && targets.size >= browsedSites;
  const spans = joinedSpans(found.flatMap((entry) => entry.caller.sessions));
  return isBroad || isServing || isBrowsing(acts.filter((act) => spanAt(spans, act.began) >= 0)) ? [] : found;
}

/** Services of the machine that so many different parties use that they are there for everyone. */
function publicPorts(callers: readonly Caller[]): ReadonlySet<number> {
  const users = new Map<number, number>();
  for (const caller of callers)
    for (const port of new Set(caller.flows.map((flow) => flow.port)))
      users.set(port, (users.get(port) ?? 0) + 1);
  return new Set([...users].filter(([, count]) => count >= publicCallers).map(([port]) => port));
}

/** True for a call as programs exchange them: a moment, and little said. */
function isSlight({ began, ended, sent, returned }: InboundFlow): boolean {
  return ended - began < slightS && sent + returned < slightBytes;
}

/**
 * True for a program that calls around the clock: short calls, as evenly over the hours of the whole period as chance
 * would spread them. People come in sittings, and sleep.
 */
function isSteady({ flows }: Caller, periodS: number): boolean {
  const lengths = flows.map((flow) => flow.ended - flow.began).sort((left, right) => left - right);
  if (flows.length < leastSteadyCalls || (lengths[lengths.length >> 1] ?? 0) >= slightS) return false;
  const hours = periodS / 3600;
  if (hours < leastSteadyHours) return false;
  const filled = new Set(flows.map((flow) => Math.floor(flow.began / 3600)));
  const ofDay = new Set([...filled].map((hour) => hour % 24));
  return (
    ofDay.size >= leastSteadyHoursOfDay &&
    filled.size >= hours * (1 - Math.exp(-flows.length / hours)) * steadyShare
  );
}

/** True for what people do who surf through a gateway: many sites, all on the web. */
function isBrowsing(acts: readonly Act[]): boolean {
  const sites = new Set(acts.map((act) => act.peer));
  const onTheWeb = acts.filter((act) => act.port === 80 || act.port === 443).length;
  return sites.size > browsedSites && onTheWeb >= acts.length * 0.8;
}

/** The acts a relay is judged by: abuse, and all contacts with those to whom traffic was passed on. */
function evilActs(
  abuses: readonly Abuse[],
  passing: readonly Passing[],
  acts: readonly Act[],
): readonly Act[] {
  const targets = new Set(passing.flatMap((entry) => entry.conservation.targets));
  const evil = new Set<Act>(abuses.flatMap((abuse) => abuse.acts));
  for (const act of acts) if (targets.has(act.peer)) evil.add(act);
  return [...evil].sort((left, right) => left.began - right.began || byText(left.peer, right.peer));
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
  { passing, periodS }: { readonly passing: readonly Passing[]; readonly periodS: number },
): readonly Caller[] {
  const certain = new Set(passing.map((entry) => entry.caller.peer));
  const victims = new Set(evil.map((act) => act.peer));
  const ranked = callers
    .filter((caller) => !victims.has(caller.peer))
    .slice(0, mostTested)
    .map((caller) => ({ caller, coupling: couplingOf(caller.sessions, evil, periodS) }))
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
    const own = evil.filter((act) => !explained.has(act) && spanAt(caller.sessions, act.began) >= 0);
    if (own.length === 0) continue;
    for (const act of own) explained.add(act);
    chosen.push(caller);
  }
  return chosen;
}
