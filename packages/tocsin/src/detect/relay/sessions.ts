// When someone outside had a session on a machine, and what the machine did to third parties meanwhile. Pure.
import { byText } from '../../ground/ids.ts';

/** Seconds since the evidence begins. */
export type Seconds = number;

export interface InboundFlow {
  readonly peer: string;
  readonly port: number;
  readonly began: Seconds;
  readonly ended: Seconds;
  /** Bytes from the peer to the machine. */
  readonly sent: number;
  readonly returned: number;
}

/** What the machine did to one service of one third party within ten seconds. */
export interface Act {
  readonly peer: string;
  readonly port: number;
  readonly began: Seconds;
  readonly ended: Seconds;
  /** Bytes from the machine to the third party. */
  readonly sent: number;
  readonly returned: number;
  readonly tries: number;
  readonly answered: number;
}

export interface Session {
  readonly began: Seconds;
  readonly ended: Seconds;
  readonly sent: number;
  readonly returned: number;
}

export interface Caller {
  readonly peer: string;
  readonly flows: readonly InboundFlow[];
  readonly sessions: readonly Session[];
  /** Seconds all sessions last together. */
  readonly lastedS: number;
}

/** Requests less than this apart are one sitting of one person. */
const pauseS = 15 * 60;

/** Those who open sessions, with their flows joined to sessions; by address. */
export function callersOf(flows: readonly InboundFlow[]): readonly Caller[] {
  const byPeer = new Map<string, InboundFlow[]>();
  for (const flow of flows) {
    const known = byPeer.get(flow.peer);
    if (known === undefined) byPeer.set(flow.peer, [flow]);
    else known.push(flow);
  }
  return [...byPeer]
    .sort(([left], [right]) => byText(left, right))
    .map(([peer, own]) => {
      const sessions = sessionsOf(own);
      return {
        peer,
        flows: own,
        sessions,
        lastedS: sessions.reduce((sum, session) => sum + session.ended - session.began, 0),
      };
    });
}

/** Flows joined where the pause between them is short. */
export function sessionsOf(flows: readonly InboundFlow[]): readonly Session[] {
  const sessions: { began: Seconds; ended: Seconds; sent: number; returned: number }[] = [];
  for (const flow of [...flows].sort((left, right) => left.began - right.began)) {
    const last = sessions.at(-1);
    if (last !== undefined && flow.began <= last.ended + pauseS) {
      last.ended = Math.max(last.ended, flow.ended);
      last.sent += flow.sent;
      last.returned += flow.returned;
    } else {
      const { began, ended, sent, returned } = flow;
      sessions.push({ began, ended, sent, returned });
    }
  }
  return sessions;
}

/** Sessions of several callers as one set of spans that do not overlap. */
export function joinedSpans(sessions: readonly Session[]): readonly Session[] {
  const spans: { began: Seconds; ended: Seconds; sent: number; returned: number }[] = [];
  for (const session of [...sessions].sort((left, right) => left.began - right.began)) {
    const last = spans.at(-1);
    if (last !== undefined && session.began <= last.ended) {
      last.ended = Math.max(last.ended, session.ended);
      last.sent += session.sent;
      last.returned += session.returned;
    } else spans.push({ ...session });
  }
  return spans;
}

/** A program that an operator starts may outlast the session's last packet by this much. */
export const afterS = 60;

/** The session an instant lies in; -1 when in none. `spans` are sorted and do not overlap. */
export function spanAt(spans: readonly Session[], at: Seconds): number {
  let low = 0;
  let high = spans.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (span === undefined) return -1;
    if (at < span.began) high = middle - 1;
    else if (at > span.ended + afterS) low = middle + 1;
    else return middle;
  }
  return -1;
}
