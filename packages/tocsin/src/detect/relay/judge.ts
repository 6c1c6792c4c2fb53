// Is a machine a relay? Puts the three signals together and names who steers it and whom it was used against. Pure.
import { byText } from '../../ground/ids.ts';
import { type Abuse, abusesOf, loginPorts, mostGuessBytes } from './abuse.ts';
import { type Conservation, pairedConservation, sessionConservation } from './conservation.ts';
import { type Coupling, couplingOf } from './coupling.ts';
import {
  type Act,
  type Caller,
  callersOf,
  type InboundFlow,
  joinedSpans,
  type Session,
  sessionsOf,
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
  /** Relays that this machine is found to steer: what it does to them is done by whoever steers it. */
  readonly steers?: readonly string[];
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
/** A machine that calls fewer third parties than this serves few people, if any. */
const broadPeers = 25;
/** People who surf through a gateway see many sites; a tunnel leads to few. */
const browsedSites = 15;
const conservedP = 0.01;
/** Chance of a machine's acts falling into sessions as they do, above which nothing is said. */
export const coupledP = 0.05;
/** Part of the acts that must lie within the sessions of those named as controllers. */
const leastCovered = 0.5;

/** So many parties on one service make it a public one. */
export const publicCallers = 20;
/** A call shorter and smaller than this is a program's. */
const slightS = 30;
const slightBytes = 20_000;
/** Calls, hours of evidence, hours of the day and part of the hours filled from which on someone calls around the clock. */
const leastSteadyCalls = 20;
const leastSteadyHours = 48;
const leastSteadyHoursOfDay = 18;
const steadyShare = 0.8;

/** Sittings in which traffic is passed on, below which that alone says nothing. */
const leastPassings = 3;
/** So many flows passed on, or third parties reached, in fewer sittings are a tunnel at work all the same. */
const manyPassed = 6;
const manyTargets = 5;

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
  const everyone = callersOf(machine.flows);
  const open = publicPorts(everyone);
  // Who comes by a door of his own is looked at before the guests of a public service.
  const isGuest = (caller: Caller) => caller.flows.every((flow) => open.has(flow.port));
  const callers = [...everyone].sort(
    (left, right) =>
      Number(isGuest(left)) - Number(isGuest(right)) ||
      right.lastedS - left.lastedS ||
      byText(left.peer, right.peer),
  );
  const passing = isByTrade(machine) ? [] : passedOn(callers, acts, machine);
  const steered = new Set(machine.steers ?? []);
  const evil = evilActs({ abuses, passing, acts, steered });
  if (evil.length === 0) return null;
  const { coupling, p } = bestCoupling(
    [callers.filter((caller) => !isGuest(caller)), callers.filter(isGuest)],
    evil,
    machine.periodS,
  );
  const controllers = p > coupledP ? [] : controllersOf(callers, evil, { passing, periodS: machine.periodS });
  const spans = joinedSpans(controllers.flatMap((caller) => caller.sessions));
  const within = evil.filter((act) => spanAt(spans, act.began) >= 0);
  const isCovered = within.length >= evil.length * leastCovered;
  const conservation = passing.map((entry) => entry.conservation).sort((a, b) => a.p - b.p)[0] ?? null;
  // Nothing abusive is seen of who only passes on, as those who work through a jump host do now and then.
  const isEnough =
    abuses.length > 0 ||
    steered.size > 0 ||
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
    p,
    first: Math.min(...within.map((act) => act.began), ...spans.map((span) => span.began)),
    last: Math.max(...within.map((act) => act.ended), ...spans.map((span) => span.ended)),
    ports: [...new Set(controllers.flatMap((caller) => caller.flows.map((flow) => flow.port)))].sort(
      (left, right) => left - right,
    ),
  };
}

/** Gateways, proxies and the like serve people, and people go where everyone goes, and to many other places. */
function isByTrade(machine: Machine): boolean {
  return (
    machine.peersAbroad >= broadPeers &&
    machine.popularAbroad >= 5 &&
    machine.popularAbroad >= machine.peersAbroad * 0.3
  );
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
  found.push(...passedOnTogether(looked, found, { acts, open, periodS: machine.periodS }));
  const isBroad = found.length >= broadCallers && share >= tradeShare;
  const isServing = found.length >= tradeCallers && share >= tradeShare && targets.size >= browsedSites;
  const spans = joinedSpans(found.flatMap((entry) => entry.caller.sessions));
  return isBroad || isServing || isBrowsing(acts.filter((act) => spanAt(spans, act.began) >= 0)) ? [] : found;
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
      const coupling = couplingOf(spans, evil, periodS);
      if (coupling === null) continue;
      const p = Math.min(1, coupling.p * groups.length * shares);
      if (p < best.p) best = { coupling, p };
    }
  }
  return best;
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
    (caller) => !found.some((entry) => entry.caller === caller) && !isSteady(caller, periodS),
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

/** Services of the machine that so many different parties use that they are there for everyone. */
function publicPorts(callers: readonly Caller[]): ReadonlySet<number> {
  const users = new Map<number, number>();
  for (const caller of callers) {
    const used = caller.flows.filter(isUse).map((flow) => flow.port);
    for (const port of new Set(used)) users.set(port, (users.get(port) ?? 0) + 1);
  }
  return new Set([...users].filter(([, count]) => count >= publicCallers).map(([port]) => port));
}

/** True for a flow that was answered and, where one logs in, did more than try. */
function isUse({ port, sent, returned }: InboundFlow): boolean {
  return returned > 0 && (!loginPorts.has(port) || sent + returned > mostGuessBytes);
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

/** The acts a relay is judged by: abuse, and all contacts with those it steers or to whom traffic was passed on. */
function evilActs(seen: {
  readonly abuses: readonly Abuse[];
  readonly passing: readonly Passing[];
  readonly acts: readonly Act[];
  readonly steered: ReadonlySet<string>;
}): readonly Act[] {
  const targets = new Set(seen.passing.flatMap((entry) => entry.conservation.targets));
  const evil = new Set<Act>(seen.abuses.flatMap((abuse) => abuse.acts));
  for (const act of seen.acts) if (targets.has(act.peer) || seen.steered.has(act.peer)) evil.add(act);
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
