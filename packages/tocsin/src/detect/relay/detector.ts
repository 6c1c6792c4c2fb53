// Relay: a machine of ours that is steered from outside and used against third parties.
import { z } from 'zod';
import { byText } from '../../ground/ids.ts';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { instantOfMicros, microsOf } from '../../vocabulary/instant.ts';
import { defineDetector } from '../detector.ts';
import { falseDiscoveryRates, rounded } from '../statistics.ts';
import { everywherePatterns, targetPatterns } from '../web-attack-patterns.ts';
import { loginPorts, mostGuessBytes } from './abuse.ts';
import { publicCallers } from './habits.ts';
import { coupledP, examine, type Survey, surveyOf, type Verdict } from './judge.ts';
import type { Machine } from './machine.ts';

const flow = z
  .tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()])
  .transform(([peer, port, began, ended, sent, returned]) => ({ peer, port, began, ended, sent, returned }));
const act = z
  .tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number()])
  .transform(([peer, port, began, ended, sent, returned, tries, answered]) => ({
    peer,
    port,
    began,
    ended,
    sent,
    returned,
    tries,
    answered,
  }));

const row = z.object({
  host: z.string(),
  /** When the evidence begins; times of flows and acts are seconds since then. */
  began: z.string(),
  period_s: z.number(),
  sessions: z.array(flow),
  acts: z.array(act),
  peers_abroad: z.number(),
  popular_abroad: z.number(),
  /** Machines whose own logs show attacks from this one. */
  exploited: z.array(z.string()),
  hosts_tried: z.number(),
});
type Row = z.infer<typeof row>;

/** The very list web-exploit has, so that the engine compiles it once. */
const webPatterns = [...targetPatterns, ...everywherePatterns];

const caveat =
  'The controllers named are the last visible hop, whatever country they are in: a lower bound of the chain, and possibly hijacked themselves.';

export const detector = defineDetector<Row>({
  id: 'relay',
  title: 'Machine steered from outside and used against third parties',
  technique: 'T1090',
  tables: ['network'],
  parameters: {
    popular_hosts: {
      type: 'UInt32',
      value: 4,
      unit: 'hosts',
      meaning: 'A third party that at least as many of our machines call may be popular.',
    },
    popular_share: {
      type: 'Float64',
      value: 0.4,
      unit: 'share',
      meaning: 'It is popular when at least this part of all machines that call abroad do.',
    },
    min_session_s: {
      type: 'Float64',
      value: 60,
      unit: 'seconds',
      meaning: 'A conversation as long as this may be a session by which a machine is steered.',
    },
    min_session_bytes: {
      type: 'UInt64',
      value: 20_000,
      unit: 'bytes',
      meaning: 'So may a pair of parties that exchanged as much.',
    },
    public_callers: {
      type: 'UInt32',
      value: publicCallers,
      unit: 'addresses',
      meaning: 'A service that so many use is a public one; who comes by another is looked at first.',
    },
    login_ports: {
      type: 'Array(UInt16)',
      value: [...loginPorts],
      unit: 'ports',
      meaning: 'Services that ask for a password first ...',
    },
    max_guess_bytes: {
      type: 'UInt64',
      value: mostGuessBytes,
      unit: 'bytes',
      meaning: '... where a conversation of fewer bytes than this was a try, and no use.',
    },
    attack_pattern: {
      type: 'String',
      value: webPatterns
        .filter(({ isAttack }) => isAttack)
        .map(({ regex }) => `(?:${regex})`)
        .join('|'),
      unit: 'RE2 pattern',
      meaning:
        'What nobody sends a web server by accident, as web-exploit asks: a machine of ours that did attacks others.',
    },
    max_callers: {
      type: 'UInt32',
      value: 100,
      unit: 'addresses',
      meaning:
        'Most callers looked at per machine: those who come by a service of their own, then those whose conversations last longest.',
    },
    max_flows: {
      type: 'UInt32',
      value: 4000,
      unit: 'flows',
      meaning: 'Most flows in, and most acts out, looked at per machine.',
    },
    max_rows: { type: 'UInt32', value: 1000, unit: 'machines', meaning: 'Most machines looked at.' },
  },
  row,
  scoreMeaning:
    'One third for each signal: acts inside sessions beyond chance, bytes and times conserved, abuse of third parties; less what chance leaves.',
  caveat,
  judge: (rows) => {
    const examined: Examined = new Map();
    let found = judged(rows, new Map(), examined);
    // A relay may be steered by a relay, and who steers one may steer others: what they do there is then looked at in
    // turn, hop by hop.
    for (let hop = 0; hop < mostHops; hop += 1) {
      const further = judged(rows, steering(found), examined);
      const isSame = namesOf(further) === namesOf(found);
      found = further;
      if (isSame) break;
    }
    return found.map(({ entry, verdict, p, tested }) => findingOf(entry, verdict, { p, tested }));
  },
});

/** Who steers what, as one text. */
function namesOf(found: readonly Judged[]): string {
  return JSON.stringify(found.map(({ verdict }) => [verdict.host, verdict.controllers]));
}

/** Relays one behind the other that are followed. */
const mostHops = 4;

interface Judged {
  readonly entry: Row;
  readonly verdict: Verdict;
  readonly p: number;
  readonly tested: number;
}

/** What was made of a machine, with what was known of its callers and of those it calls. */
type Examined = Map<
  Row,
  { readonly known: string; readonly survey: Survey; readonly verdict: Verdict | null }
>;

function judged(
  rows: readonly Row[],
  steers: ReadonlyMap<string, readonly string[]>,
  examined: Examined,
): readonly Judged[] {
  const verdicts = rows.flatMap((entry) => {
    const verdict = verdictOn(entry, steers, examined);
    return verdict === null ? [] : [{ entry, verdict }];
  });
  const corrected = falseDiscoveryRates(verdicts.map(({ verdict }) => verdict.p));
  return withoutJumpHosts(
    verdicts.flatMap(({ entry, verdict }, at) => {
      const p = corrected[at] ?? 1;
      return verdict.controllers.length === 0 || p > coupledP
        ? []
        : [{ entry, verdict, p, tested: verdicts.length }];
    }),
  );
}

function verdictOn(
  entry: Row,
  steers: ReadonlyMap<string, readonly string[]>,
  examined: Examined,
): Verdict | null {
  const callers = [...new Set(entry.sessions.map(({ peer }) => peer))].sort(byText);
  const suspects = callers.filter((ip) => steers.get(ip)?.some((host) => host !== entry.host) === true);
  const steered = steers.get(entry.host) ?? [];
  const known = JSON.stringify([suspects, steered]);
  const before = examined.get(entry);
  if (before?.known === known) return before.verdict;
  const machine: Machine = {
    host: entry.host,
    flows: entry.sessions,
    acts: entry.acts,
    periodS: entry.period_s,
    peersAbroad: entry.peers_abroad,
    popularAbroad: entry.popular_abroad,
    steers: steered,
    exploited: entry.exploited,
    suspects,
  };
  const survey = before?.survey ?? surveyOf(machine);
  const verdict = examine(machine, survey);
  examined.set(entry, { known, survey, verdict });
  return verdict;
}

/** A machine that is there to pass on is no relay, unless one of those who use it steers another that is not. */
function withoutJumpHosts(found: readonly Judged[]): readonly Judged[] {
  const elsewhere = new Set(
    found.filter(({ verdict }) => !verdict.isDedicated).flatMap(({ verdict }) => verdict.controllers),
  );
  return found.filter(
    ({ verdict }) => !verdict.isDedicated || verdict.controllers.some((ip) => elsewhere.has(ip)),
  );
}

/** Relays by the machine that is named their controller. */
function steering(found: readonly Judged[]): ReadonlyMap<string, readonly string[]> {
  const steers = new Map<string, string[]>();
  for (const { verdict } of found)
    for (const controller of verdict.controllers)
      steers.set(controller, [...(steers.get(controller) ?? []), verdict.host]);
  return steers;
}

const mostTargets = 1000;

/** Flows of the controllers, and flows to the targets from the first to the last of it. */
function eventsOf(entry: Row, { controllers, targets, first, last }: Verdict): number {
  const shown = new Set(targets.slice(0, mostTargets));
  const steering = entry.sessions.filter((session) => controllers.includes(session.peer)).length;
  return entry.acts
    .filter((act) => shown.has(act.peer) && act.began >= first && act.began <= last)
    .reduce((sum, act) => sum + act.tries, steering);
}

function findingOf(
  entry: Row,
  verdict: Verdict,
  { p, tested }: { readonly p: number; readonly tested: number },
): FindingDraft {
  const at = (seconds: number) => instantOfMicros(microsOf(entry.began) + BigInt(Math.round(seconds * 1e6)));
  const { coupling, conservation, controllers, targets } = verdict;
  return {
    detector: 'relay',
    technique: 'T1090',
    weight: 'incident',
    direction: 'inbound',
    host: verdict.host,
    peer: controllers[0] ?? null,
    peers: controllers,
    score: rounded((verdict.signals.length - p) / 3),
    first_seen: at(verdict.first),
    last_seen: at(verdict.last),
    event_count: eventsOf(entry, verdict),
    detail: {
      signals: verdict.signals,
      p: Math.round(p * 1e6) / 1e6,
      p_of_machine: Math.round(verdict.p * 1e6) / 1e6,
      p_uncorrected: Math.round((coupling?.p ?? 1) * 1e6) / 1e6,
      shifts: coupling?.shifts ?? 0,
      machines_looked_at: entry.hosts_tried,
      machines_tested: tested,
      acts: coupling?.acts ?? 0,
      acts_inside_sessions: coupling?.inside ?? 0,
      acts_expected_by_chance: Math.round((coupling?.expected ?? 0) * 100) / 100,
      flows_conserved: conservation?.matched ?? 0,
      flows_conserved_by_chance: Math.round((conservation?.expected ?? 0) * 100) / 100,
      bytes_passed_on: conservation?.bytes ?? 0,
      abuse: verdict.abuses.map((abuse) => abuse.kind).sort(byText),
      abuse_tries: verdict.abuses.reduce((sum, abuse) => sum + abuse.tries, 0),
      targets: targets.slice(0, mostTargets),
      target_count: targets.length,
    },
    selectors: [
      {
        table: 'network',
        where: [
          { column: 'src_ip', op: 'in', values: controllers },
          { column: 'dst_ip', op: 'in', values: [verdict.host] },
        ],
      },
      {
        table: 'network',
        where: [
          { column: 'src_ip', op: 'in', values: [verdict.host] },
          { column: 'dst_ip', op: 'in', values: targets.slice(0, mostTargets) },
          { column: 'time', op: 'range', from: at(verdict.first), to: at(verdict.last) },
        ],
      },
    ],
    caveat,
  };
}
