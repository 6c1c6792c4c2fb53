// The stage: organisations with hosts by job, the popular sites outside, and who lives at which address.
// Takes the seed and sizes; gives a world in which nothing has happened yet.
import { createOutside, dotted, type Outside, undotted } from './addresses.ts';
import type { Micros } from './moment.ts';
import { createRandom, element, type Random, zipf } from './random.ts';

export type Job =
  | 'workstation'
  | 'printer'
  | 'instrument'
  | 'domain-controller'
  | 'file-server'
  | 'app-server'
  | 'database'
  | 'backup'
  | 'update-server'
  | 'vulnerability-scanner'
  | 'monitor'
  | 'mail'
  | 'web'
  | 'document'
  | 'vpn'
  | 'vpn-client'
  | 'proxy'
  | 'reverse-proxy'
  | 'jump'
  | 'customer-server';

export interface Host {
  readonly ip: string;
  /** A second address, for public servers that have one. */
  readonly ip6?: string;
  readonly name: string;
  readonly job: Job;
  readonly organisation: string;
  /** How busy its user is, around 1. */
  readonly vigour: number;
  readonly userAgent: string;
}

export interface Organisation {
  readonly name: string;
  readonly sector: string;
  readonly domain: string;
  readonly zone: string;
  readonly country: string;
  readonly asn: number;
  readonly contact: string;
  /** Private and public prefixes. */
  readonly prefixes: readonly string[];
  readonly publicPrefix: string;
  readonly hosts: readonly Host[];
}

export interface Site {
  readonly name: string;
  readonly ip: string;
  readonly country: string;
}

export interface World {
  readonly random: Random;
  readonly start: Micros;
  readonly end: Micros;
  readonly days: number;
  /** Multiplies the rates of benign traffic; 1 is a normal office. */
  readonly intensity: number;
  readonly outside: Outside;
  readonly organisations: readonly Organisation[];
  readonly sites: readonly Site[];
  readonly popularSite: (random: Random) => Site;
  /** Services everybody uses, by purpose: `updates`, `antivirus`, `cloud-backup` ... */
  readonly service: (purpose: string) => Site;
  readonly hostAt: (ip: string) => Host | undefined;
}

const jobPlaces: Readonly<Record<Job, 'servers' | 'desks' | 'printers' | 'vpn' | 'public'>> = {
  workstation: 'desks',
  printer: 'printers',
  instrument: 'desks',
  'domain-controller': 'servers',
  'file-server': 'servers',
  'app-server': 'servers',
  database: 'servers',
  backup: 'servers',
  'update-server': 'servers',
  'vulnerability-scanner': 'servers',
  monitor: 'servers',
  mail: 'public',
  web: 'public',
  document: 'public',
  vpn: 'public',
  'vpn-client': 'vpn',
  proxy: 'public',
  'reverse-proxy': 'public',
  jump: 'public',
  'customer-server': 'public',
};

const desktopAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36 Edg/127.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
];

/** A browser's name as its software would send it. */
export function browser(random: Random): string {
  return random.weighted(desktopAgents, [50, 20, 20, 10]);
}

export interface OrganisationPlan {
  readonly name: string;
  readonly sector: string;
  readonly domain: string;
  readonly zone: string;
  readonly country: string;
  readonly staff: readonly { readonly job: Job; readonly count: number }[];
}

/** Gives an organisation its hosts: insides on 10.<order>.0.0/16, public servers on 198.18.<order * 4>.0/22. */
export function createOrganisation(random: Random, plan: OrganisationPlan, order: number): Organisation {
  const inside = 10 + order * 7;
  const bases = {
    servers: `10.${inside}.1.10`,
    printers: `10.${inside}.2.10`,
    vpn: `10.${inside}.3.10`,
    desks: `10.${inside}.16.11`,
    public: `198.18.${order * 4}.10`,
  } as const;
  const next = new Map(Object.entries(bases).map(([place, base]) => [place, undotted(base)]));
  const hosts = plan.staff.flatMap(({ job, count }) => {
    const made: Host[] = [];
    for (let number = 1; number <= count; number += 1) {
      const place = jobPlaces[job];
      let address = next.get(place) ?? 0;
      // .0 and .255 would look like networks and broadcasts.
      while ((address & 255) === 0 || (address & 255) === 255) address += 1;
      next.set(place, address + 1);
      made.push({
        ip: dotted(address),
        ...(job === 'web' ? { ip6: `2001:db8:f${order}00::${(number + 15).toString(16)}` } : {}),
        name: `${job}-${number}.${plan.domain}`,
        job,
        organisation: plan.name,
        vigour: random.lognormal(1, 0.4),
        userAgent: browser(random),
      });
    }
    return made;
  });
  const publicPrefix = `198.18.${order * 4}.0/22`;
  const { staff: _, ...rest } = plan;
  return {
    ...rest,
    asn: 4_200_001_000 + order,
    contact: `cert@${plan.domain}`,
    prefixes: [`10.${inside}.0.0/16`, publicPrefix, `2001:db8:f${order}00::/48`],
    publicPrefix,
    hosts,
  };
}

const purposes = [
  'updates',
  'antivirus',
  'cloud-backup',
  'telemetry',
  'conference',
  'file-sharing',
  'printer-cloud',
  'time',
  'resolver',
  'packages',
  'instrument-cloud',
  'chat',
];
const siteWords = [
  'news',
  'search',
  'journal',
  'video',
  'maps',
  'shop',
  'bank',
  'wiki',
  'weather',
  'library',
  'forum',
  'cdn',
];

/** Builds the world of the plans. */
export function createWorld(given: {
  readonly seed: number;
  readonly story: string;
  readonly start: Micros;
  readonly end: Micros;
  readonly days: number;
  readonly intensity: number;
  readonly plans: readonly OrganisationPlan[];
}): World {
  const random = createRandom(`${given.story}/${given.seed}`);
  const by = random.fork('outside');
  const outside = createOutside(by);
  const organisations = given.plans.map((plan, order) =>
    createOrganisation(random.fork('org', order), plan, order),
  );
  const hosts = new Map<string, Host>();
  for (const host of organisations.flatMap(({ hosts: all }) => all)) {
    hosts.set(host.ip, host);
    if (host.ip6 !== undefined) hosts.set(host.ip6, host);
  }
  const site = (name: string): Site => {
    const ip = outside.claim(by, ({ kind }) => kind !== 'access');
    return { name, ip, country: outside.networkOf(ip).country };
  };
  const sites = Array.from({ length: 160 }, (_, at) =>
    site(`www.${element(siteWords, at % siteWords.length)}${at}.example`),
  );
  const services = new Map(purposes.map((purpose) => [purpose, site(`${purpose}.service.example`)]));
  const rank = zipf(sites.length, 1.05);
  return {
    random,
    start: given.start,
    end: given.end,
    days: given.days,
    intensity: given.intensity,
    outside,
    organisations,
    sites,
    popularSite: (from) => element(sites, rank(from)),
    service: (purpose) => {
      const found = services.get(purpose);
      if (found === undefined) throw new Error(`No service for ${purpose}`);
      return found;
    },
    hostAt: (ip) => hosts.get(ip),
  };
}

/** All hosts of the organisation with one of the jobs. */
export function hostsOf(organisation: Organisation, ...jobs: readonly Job[]): Host[] {
  return organisation.hosts.filter(({ job }) => jobs.includes(job));
}

/** The first host with the job. @throws when there is none. */
export function hostOf(organisation: Organisation, job: Job): Host {
  return element(hostsOf(organisation, job), 0);
}
