// How well an investigation tells the truth: what it found, missed and made up, by kind of thing. Pure: a true answer
// and an investigation in, counts and the names behind them out.
import type { Incident, Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';
import type { Truth } from '../truth.ts';

/** What was asked for: each is a set of addresses; chains are whole paths, chain links pairs. */
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
  | 'chain'
  | 'chain link';

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
  'chain link',
];

export interface Hits {
  readonly found: readonly string[];
  readonly missed: readonly string[];
  readonly invented: readonly string[];
  /** Of what was said, how much is right. */
  readonly right: number;
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
      ...chainHits(truth, incidents),
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
  const found = [...wanted].filter((name) => given.has(name)).sort();
  return {
    found,
    missed: [...wanted].filter((name) => !given.has(name)).sort(),
    invented: [...given].filter((name) => !wanted.has(name)).sort(),
    right: found.length,
  };
}

const arrow = ' > ';

/**
 * Chains: a true one is found when its visible part lies in a chain said, hop by hop. A chain said is right when each of
 * its links happened, whether or not the generator wrote that path down as a chain.
 */
function chainHits(
  truth: Truth,
  incidents: readonly Incident[],
): Pick<Comparison['hits'], 'chain' | 'chain link'> {
  const said = [
    ...new Set(
      incidents.flatMap(({ chains }) => chains.map(({ hops }) => hops.map(({ ip }) => ip).join(arrow))),
    ),
  ].sort();
  const visible = [
    ...new Set(truth.incidents.flatMap(({ chains }) => chains.flatMap(({ hops }) => visibleParts(hops)))),
  ].sort();
  const isIn = (part: string) => said.some((path) => `${path}${arrow}`.includes(`${part}${arrow}`));
  const happened = linkTest(truth);
  const linksIn = (paths: readonly string[]) => [
    ...new Set(paths.flatMap((path) => linksOf(path.split(arrow)))),
  ];
  const invented = said.filter((path) => !linksOf(path.split(arrow)).every(happened));
  const links = linksIn(said);
  const wanted = linksIn(visible);
  return {
    chain: {
      found: visible.filter(isIn),
      missed: visible.filter((part) => !isIn(part)),
      invented,
      right: said.length - invented.length,
    },
    'chain link': {
      found: wanted.filter((link) => links.includes(link)),
      missed: wanted.filter((link) => !links.includes(link)),
      invented: links.filter((link) => !happened(link)),
      right: links.filter(happened).length,
    },
  };
}

function linksOf(path: readonly string[]): readonly string[] {
  return path.slice(1).map((ip, at) => `${path[at]}${arrow}${ip}`);
}

/** Runs of two or more hops next to each other that the evidence shows. */
function visibleParts(hops: Truth['incidents'][number]['chains'][number]['hops']): readonly string[] {
  const runs: string[][] = [[]];
  for (const hop of hops) {
    if (hop.is_in_evidence) runs.at(-1)?.push(hop.ip);
    else runs.push([]);
  }
  return runs.filter((run) => run.length >= 2).map((run) => run.join(arrow));
}

/**
 * Did a link happen? Someone outside broke in at, steered or was called by a machine; a relay was used against a target;
 * or an intruder went on between two machines taken one after the other (the truth names no pairs for that).
 */
function linkTest(truth: Truth): (link: string) => boolean {
  const links = new Set<string>();
  const taken = new Map<string, string>();
  for (const incident of truth.incidents) {
    const { entry, relays, beacons, chains } = incident;
    if (entry !== null) {
      links.add(`${entry.from}${arrow}${entry.host}`);
      for (const { ip, role } of incident.outside)
        if (role === 'hop') links.add(`${ip}${arrow}${entry.host}`);
    }
    for (const { host, controllers, targets } of relays) {
      for (const controller of controllers) links.add(`${controller}${arrow}${host}`);
      for (const target of targets) links.add(`${host}${arrow}${target}`);
    }
    for (const { host, controllers } of beacons)
      for (const controller of controllers) links.add(`${controller}${arrow}${host}`);
    for (const part of chains.flatMap(({ hops }) => visibleParts(hops)))
      for (const link of linksOf(part.split(arrow))) links.add(link);
    for (const { ip, first_seen: first, role } of incident.hosts) {
      // Relays are taken one by one; nobody goes from one to the next.
      if (role === 'relay') continue;
      const before = taken.get(ip);
      if (before === undefined || first < before) taken.set(ip, first);
    }
  }
  return (link) => {
    const [from = '', to = ''] = link.split(arrow);
    const [left, right] = [taken.get(from), taken.get(to)];
    return links.has(link) || (left !== undefined && right !== undefined && left <= right);
  };
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
