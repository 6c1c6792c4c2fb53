// The true answer of a scenario, gathered while the attack is acted out and written apart from the evidence.
// Counts are of flows as they happened, each once, however many sensors saw it.
import type { Flow, Sink } from './flow.ts';
import { instantText, type Micros, utcDay } from './moment.ts';
import type { World } from './world.ts';

export type HostRole = 'entry' | 'implant' | 'foothold' | 'relay' | 'pivot';
export type OutsideRole = 'controller' | 'hop' | 'drop' | 'target';

interface Span {
  first: Micros;
  last: Micros;
}

export interface TheftRow {
  readonly victim: string;
  readonly destination: string;
  readonly day: string;
  bytes: number;
  flows: number;
}

export interface TrueBeacon {
  readonly host: string;
  readonly controllers: readonly string[];
  readonly port: number;
  readonly period_s: number;
  readonly jitter: number;
  readonly started: string;
}

export interface TrueRelay {
  readonly host: string;
  readonly controllers: readonly string[];
  readonly targets: readonly string[];
  readonly kinds: readonly string[];
}

export interface TrueChain {
  readonly hops: readonly { readonly ip: string; readonly role: string; readonly is_in_evidence: boolean }[];
}

export interface TrueIncident {
  readonly organisation: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly entry: {
    readonly host: string;
    readonly from: string;
    readonly time: string;
    readonly technique: string;
  } | null;
  readonly hosts: readonly { readonly ip: string; readonly role: HostRole; readonly first_seen: string }[];
  readonly outside: readonly {
    readonly ip: string;
    readonly role: OutsideRole;
    readonly country: string;
    readonly asn: number;
    readonly as_name: string;
    readonly first_seen: string;
  }[];
  readonly stages: readonly {
    readonly stage: string;
    readonly first_seen: string;
    readonly last_seen: string;
    readonly flows: number;
  }[];
  readonly theft: {
    readonly bytes: number;
    readonly flows: number;
    readonly by_day: Readonly<Record<string, number>>;
    readonly by_destination: Readonly<Record<string, number>>;
    readonly by_victim: Readonly<Record<string, number>>;
    readonly ledger: readonly TheftRow[];
    /** Bytes brought together inside before they left, by the host they came from. */
    readonly collected: Readonly<Record<string, number>>;
  } | null;
  readonly relays: readonly TrueRelay[];
  readonly chains: readonly TrueChain[];
  readonly beacons: readonly TrueBeacon[];
  /** Hands-on acts; null when the operators keep no hours. */
  readonly rhythm: {
    readonly zone: string;
    readonly window: readonly [number, number];
    readonly acts: readonly string[];
  } | null;
}

export interface Truth {
  readonly schema: 'tocsin-scenario-truth/1';
  readonly note: string;
  readonly story: string;
  readonly seed: number;
  readonly start: string;
  readonly days: number;
  readonly hosts: number;
  readonly attack: boolean;
  readonly variant: Readonly<Record<string, unknown>>;
  readonly sensors: readonly {
    readonly folder: string;
    readonly place: string;
    readonly clock_offset_us: number;
  }[];
  /** Hosts that relay by trade, and must not be accused of it. */
  readonly benign_relays: readonly string[];
  readonly incidents: readonly TrueIncident[];
  readonly flows: { readonly total: number; readonly attack: number };
  readonly files: readonly { readonly path: string; readonly records: number }[];
}

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

function widen(spans: Map<string, Span>, key: string, at: Micros): void {
  const span = spans.get(key);
  if (span === undefined) spans.set(key, { first: at, last: at });
  else {
    span.first = Math.min(span.first, at);
    span.last = Math.max(span.last, at);
  }
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** Gathers the truth about one organisation's incident. */
export function createLedger(world: World, organisation: string) {
  const hosts = new Map<string, Span>();
  const outside = new Map<string, Span>();
  const stages = new Map<string, Span>();
  const stageFlows = new Map<string, number>();
  const theft = new Map<string, TheftRow>();
  const collected = new Map<string, number>();
  const relays = new Map<string, TrueRelay>();
  const chains = new Map<string, TrueChain>();
  const beacons: TrueBeacon[] = [];
  const acts: Micros[] = [];
  let hours: { zone: string; window: readonly [number, number] } | null = null;
  let entry: TrueIncident['entry'] = null;
  let flows = 0;
  return {
    /** A sink that passes a flow on and remembers that it belongs to the attack. */
    record: (sink: Sink, stage: string): Sink => ({
      flow: (flow) => {
        flows += 1;
        widen(stages, stage, flow.start);
        add(stageFlows, stage, 1);
        sink.flow(flow);
      },
    }),
    enter: (given: { host: string; from: string; at: Micros; technique: string }) => {
      entry ??= {
        host: given.host,
        from: given.from,
        time: instantText(given.at),
        technique: given.technique,
      };
    },
    host: (ip: string, role: HostRole, at: Micros) => widen(hosts, `${role} ${ip}`, at),
    outsider: (ip: string, role: OutsideRole, at: Micros) => widen(outside, `${role} ${ip}`, at),
    /** Bytes that left: those sent by the source, or, when the outsider came and read, those it received. */
    steal: (flow: Flow, direction: 'sent' | 'read' = 'sent') => {
      const [victim, destination] = direction === 'sent' ? [flow.src, flow.dst] : [flow.dst, flow.src];
      const row = { victim, destination, day: utcDay(flow.start), bytes: 0, flows: 0 };
      const key = `${victim} ${destination} ${row.day}`;
      const known = theft.get(key) ?? row;
      known.bytes += (direction === 'sent' ? flow.out : flow.in) ?? 0;
      known.flows += 1;
      theft.set(key, known);
    },
    collect: (host: string, bytes: number) => add(collected, host, bytes),
    /** Remembers whom a host was used against and by whom; repeated calls join. */
    relay: (given: TrueRelay) => {
      const known = relays.get(given.host) ?? { ...given, controllers: [], targets: [], kinds: [] };
      const join = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])].sort();
      relays.set(given.host, {
        host: given.host,
        controllers: join(known.controllers, given.controllers),
        targets: join(known.targets, given.targets),
        kinds: join(known.kinds, given.kinds),
      });
    },
    chain: (chain: TrueChain) => chains.set(chain.hops.map(({ ip }) => ip).join(' '), chain),
    beacon: (beacon: TrueBeacon) => beacons.push(beacon),
    act: (at: Micros) => acts.push(at),
    keepsHours: (zone: string, window: readonly [number, number]) => {
      hours = { zone, window };
    },
    flowCount: () => flows,
    /** The incident, or null when nothing happened. */
    incident: (): TrueIncident | null => {
      if (flows === 0) return null;
      const spans = [...stages.values()];
      const rows = sorted(theft).map(([, row]) => row);
      const by = (key: (row: TheftRow) => string) => {
        const sums = new Map<string, number>();
        for (const row of rows) add(sums, key(row), row.bytes);
        return Object.fromEntries(sorted(sums));
      };
      const total = (of: (row: TheftRow) => number) => rows.reduce((sum, row) => sum + of(row), 0);
      return {
        organisation,
        first_seen: instantText(Math.min(...spans.map(({ first }) => first))),
        last_seen: instantText(Math.max(...spans.map(({ last }) => last))),
        entry,
        hosts: sorted(hosts).map(([key, { first }]) => {
          const [role = '', ip = ''] = key.split(' ');
          return { ip, role: role as HostRole, first_seen: instantText(first) };
        }),
        outside: sorted(outside).map(([key, { first }]) => {
          const [role = '', ip = ''] = key.split(' ');
          const ours = world.organisations.find(({ name }) => name === world.hostAt(ip)?.organisation);
          const network =
            ours === undefined
              ? world.outside.networkOf(ip)
              : { country: ours.country, asn: ours.asn, asName: ours.name };
          return {
            ip,
            role: role as OutsideRole,
            country: network.country,
            asn: network.asn,
            as_name: network.asName,
            first_seen: instantText(first),
          };
        }),
        stages: sorted(stages)
          .sort(([, a], [, b]) => a.first - b.first)
          .map(([stage, span]) => ({
            stage,
            first_seen: instantText(span.first),
            last_seen: instantText(span.last),
            flows: stageFlows.get(stage) ?? 0,
          })),
        theft:
          rows.length === 0
            ? null
            : {
                bytes: total((row) => row.bytes),
                flows: total((row) => row.flows),
                by_day: by((row) => row.day),
                by_destination: by((row) => row.destination),
                by_victim: by((row) => row.victim),
                ledger: rows,
                collected: Object.fromEntries(sorted(collected)),
              },
        relays: sorted(relays).map(([, relay]) => relay),
        chains: sorted(chains).map(([, chain]) => chain),
        beacons: beacons.toSorted((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0)),
        rhythm:
          hours === null || acts.length === 0
            ? null
            : { ...hours, acts: acts.toSorted((a, b) => a - b).map(instantText) },
      };
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;
