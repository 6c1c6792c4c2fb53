// How well an investigation tells the truth: what it found, missed and made up, by kind of thing. Pure: a true answer
// and an investigation in, counts and the names behind them out.
import type { Incident, Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';
import type { Truth } from '../truth.ts';

/** What was asked for: each is a set of addresses (relay also of hosts, chains of pairs). */
export type Aspect =
  | 'entry host'
  | 'entry from'
  | 'implant'
  | 'foothold'
  | 'pivot'
  | 'relay'
  | 'any host'
  | 'controller'
  | 'drop'
  | 'any outside'
  | 'chain';

export const aspects: readonly Aspect[] = [
  'entry host',
  'entry from',
  'implant',
  'foothold',
  'pivot',
  'relay',
  'any host',
  'controller',
  'drop',
  'any outside',
  'chain',
];

export interface Hits {
  readonly found: readonly string[];
  readonly missed: readonly string[];
  readonly invented: readonly string[];
}

export interface TheftError {
  readonly truth: number;
  readonly minimum: number;
  readonly best: number;
  readonly maximum: number;
  /** Best over truth, less 1; null when nothing was taken. */
  readonly error: number | null;
  readonly isInside: boolean;
}

export interface Comparison {
  readonly hits: Readonly<Record<Aspect, Hits>>;
  readonly theft: TheftError;
  /** Incidents that share no host with any true one. */
  readonly falseIncidents: readonly string[];
}

export function compare(truth: Truth, investigation: Investigation): Comparison {
  const { incidents } = investigation;
  const trueHosts = (role: string) =>
    truth.incidents.flatMap((incident) =>
      incident.hosts.filter((host) => host.role === role).map(({ ip }) => ip),
    );
  const trueOutside = (role: string) =>
    truth.incidents.flatMap((incident) =>
      incident.outside.filter((party) => party.role === role).map(({ ip }) => ip),
    );
  const hosts = (role: string) =>
    incidents.flatMap((incident) => incident.hosts.filter((host) => host.role === role).map(({ ip }) => ip));
  const outside = (role: string) =>
    incidents.flatMap((incident) =>
      incident.outside.filter((party) => party.role === role).map(({ ip }) => ip),
    );
  const entries = truth.incidents.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  const foundEntries = incidents.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  const everyHost = truth.incidents.flatMap((incident) => incident.hosts.map(({ ip }) => ip));
  const everyOutside = truth.incidents.flatMap((incident) => incident.outside.map(({ ip }) => ip));
  const known = new Set(everyHost);
  return {
    hits: {
      'entry host': hitsOf(
        entries.map(({ host }) => host),
        foundEntries.map(({ host }) => host),
      ),
      'entry from': hitsOf(
        entries.map(({ from }) => from),
        foundEntries.flatMap(({ from }) => (from === null ? [] : [from])),
      ),
      implant: hitsOf(trueHosts('implant'), hosts('implant')),
      foothold: hitsOf(trueHosts('foothold'), hosts('foothold')),
      pivot: hitsOf(trueHosts('pivot'), hosts('pivot')),
      relay: hitsOf(
        truth.incidents.flatMap((incident) => incident.relays.map(({ host }) => host)),
        incidents.flatMap((incident) => incident.relays.map(({ host }) => host)),
      ),
      'any host': hitsOf(
        everyHost,
        incidents.flatMap((incident) => incident.hosts.map(({ ip }) => ip)),
      ),
      controller: hitsOf(trueOutside('controller'), outside('controller')),
      drop: hitsOf(trueOutside('drop'), outside('drop')),
      'any outside': hitsOf(
        everyOutside,
        incidents.flatMap((incident) => incident.outside.map(({ ip }) => ip)),
      ),
      chain: hitsOf(trueLinks(truth), foundLinks(incidents)),
    },
    theft: theftError(truth, incidents),
    falseIncidents: incidents
      .filter((incident) => !incident.hosts.some(({ ip }) => known.has(ip)))
      .map(({ id, title }) => `${id}: ${title}`),
  };
}

function hitsOf(truth: readonly string[], said: readonly string[]): Hits {
  const wanted = new Set(truth);
  const given = new Set(said);
  return {
    found: [...wanted].filter((name) => given.has(name)).sort(),
    missed: [...wanted].filter((name) => !given.has(name)).sort(),
    invented: [...given].filter((name) => !wanted.has(name)).sort(),
  };
}

/** Hops of true chains that the evidence shows: both ends visible and next to each other. */
function trueLinks(truth: Truth): readonly string[] {
  return truth.incidents.flatMap(({ chains }) =>
    chains.flatMap(({ hops }) =>
      hops.flatMap((hop, at) => {
        const next = hops[at + 1];
        return next !== undefined && hop.is_in_evidence && next.is_in_evidence
          ? [`${hop.ip} > ${next.ip}`]
          : [];
      }),
    ),
  );
}

function foundLinks(incidents: readonly Incident[]): readonly string[] {
  return incidents.flatMap(({ chains }) =>
    chains.flatMap(({ hops }) =>
      hops.flatMap((hop, at) => {
        const next = hops[at + 1];
        // Third parties at the end, and implants called home, are counted elsewhere.
        const isPassedOn = next !== undefined && next.role !== 'target' && next.role !== 'implant';
        return isPassedOn ? [`${hop.ip} > ${next.ip}`] : [];
      }),
    ),
  );
}

function theftError(truth: Truth, incidents: readonly Incident[]): TheftError {
  const taken = truth.incidents.reduce((sum, incident) => sum + (incident.theft?.bytes ?? 0), 0);
  const total = (bound: 'minimum_bytes' | 'best_bytes' | 'maximum_bytes') =>
    incidents.reduce((sum, incident) => sum + (incident.theft?.[bound] ?? 0), 0);
  const [minimum, best, maximum] = [total('minimum_bytes'), total('best_bytes'), total('maximum_bytes')];
  return {
    truth: taken,
    minimum,
    best,
    maximum,
    error: taken === 0 ? null : best / taken - 1,
    isInside: minimum <= taken && taken <= maximum,
  };
}
