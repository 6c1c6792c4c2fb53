// What machines, callers and services are by habit: gateways, jump hosts, programs on a timetable, services that are there
// for everyone. What is by trade or by the clock is no steering. Pure.
import { loginPorts, mostGuessBytes } from './abuse.ts';
import type { Machine } from './machine.ts';
import { type Act, type Caller, type InboundFlow, spanAt } from './sessions.ts';

/** A machine that calls fewer third parties than this serves few people, if any. */
const broadPeers = 25;
/** People who surf through a gateway see many sites; a tunnel leads to few. */
export const browsedSites = 15;

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

/** Sittings from which on a timetable shows, how far they may lie from the same time of day, and how many must keep it. */
const leastTimed = 4;
const timetableS = 15 * 60;
const timedShare = 0.75;

/** A machine that so many come to, nearly all to be passed on, may be there for that. */
const leastDedicatedUsers = 3;
const dedicatedShare = 2 / 3;
/** Part of what it does to others that must be logging in. */
const loginShare = 0.75;

/** Gateways, proxies and the like serve people, and people go where everyone goes, and to many other places. */
export function isByTrade(machine: Machine): boolean {
  return (
    machine.peersAbroad >= broadPeers &&
    machine.popularAbroad >= 5 &&
    machine.popularAbroad >= machine.peersAbroad * 0.3
  );
}

/**
 * True when nearly all who come to the machine go on from it to log in elsewhere, none comes by another
 * door, and it does nothing else. A machine that was taken has a use of its own besides, its owner's or its visitors'.
 */
export function isForGoingOn(callers: readonly Caller[], evil: readonly Act[]): boolean {
  const users = callers
    .map((caller) => ({ caller, flows: caller.flows.filter(isUse) }))
    .filter(({ flows }) => flows.length > 0);
  const goingOn = users.filter(({ caller }) => {
    const active = caller.sessions.filter((session) => evil.some((act) => spanAt([session], act.began) >= 0));
    return active.length * 2 >= caller.sessions.length;
  });
  const doors = new Set(goingOn.flatMap(({ flows }) => flows.map(({ port }) => port)));
  return (
    users.length >= leastDedicatedUsers &&
    goingOn.length >= users.length * dedicatedShare &&
    users.every(({ flows }) => flows.every(({ port }) => doors.has(port))) &&
    evil.filter(({ port }) => loginPorts.has(port)).length >= evil.length * loginShare
  );
}

/** Services of the machine that so many different parties use that they are there for everyone. */
export function publicPorts(callers: readonly Caller[]): ReadonlySet<number> {
  const users = new Map<number, number>();
  for (const caller of callers) {
    const used = caller.flows.filter(isUse).map((flow) => flow.port);
    for (const port of new Set(used)) users.set(port, (users.get(port) ?? 0) + 1);
  }
  return new Set([...users].filter(([, count]) => count >= publicCallers).map(([port]) => port));
}

/** True for a flow that was answered and, where one logs in, did more than try. */
export function isUse({ port, sent, returned }: InboundFlow): boolean {
  return returned > 0 && (!loginPorts.has(port) || sent + returned > mostGuessBytes);
}

/** True for a call as programs exchange them: a moment, and little said. */
export function isSlight({ began, ended, sent, returned }: InboundFlow): boolean {
  return ended - began < slightS && sent + returned < slightBytes;
}

/**
 * True for a program that calls around the clock: short calls, as evenly over the hours of the whole period as chance
 * would spread them. People come in sittings, and sleep.
 */
export function isSteady({ flows }: Caller, periodS: number): boolean {
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

/** True for a program that comes at the same time of the day: what is passed on in turn by another program is no steering. */
export function isOnTimetable({ sessions }: Caller): boolean {
  if (sessions.length < leastTimed) return false;
  const ofDay = sessions.map((session) => session.began % 86_400);
  // The time of day most others are close to, around midnight too.
  return ofDay.some((time) => {
    const near = ofDay.filter((other) => {
      const apart = Math.abs(other - time);
      return Math.min(apart, 86_400 - apart) <= timetableS;
    });
    return near.length >= ofDay.length * timedShare;
  });
}

/** True for what people do who surf through a gateway: many sites, all on the web. */
export function isBrowsing(acts: readonly Act[]): boolean {
  const sites = new Set(acts.map((act) => act.peer));
  const onTheWeb = acts.filter((act) => act.port === 80 || act.port === 443).length;
  return sites.size > browsedSites && onTheWeb >= acts.length * 0.8;
}
