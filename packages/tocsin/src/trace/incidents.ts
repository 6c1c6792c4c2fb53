// From findings to incidents: grouped, given roles, stages, a timeline, a ledger of the theft, and three sentences.
import { byText, contentId } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import type { Finding } from '../vocabulary/finding.ts';
import type { Incident, IncidentHost, Theft, TimelineEntry } from '../vocabulary/investigation.ts';
import { tacticFor, tactics } from './attack.ts';
import { chainsOf, linksOf, pairsOf } from './chains.ts';
import { clusterFindings } from './cluster.ts';
import { contactsOf } from './contacts.ts';
import { edgesOf } from './edges.ts';
import { enteredAt, firstCaller, firstVisit, visitsOf } from './entered.ts';
import { nights, rhythmOfIncident } from './hands-on.ts';
import { relaysOf } from './relays.ts';
import type { Night } from './rhythm.ts';
import { type Entry, entryOf, hostRoles, type OutsidePart, outsideRoles, stagesOf } from './roles.ts';
import { type TheftFlow, theftOf } from './theft.ts';

export interface Owner {
  readonly country: string | null;
  readonly asn: number | null;
  readonly as_name: string | null;
}

export interface TraceSettings {
  readonly organisationOf: (ip: string) => { readonly organisation: string; readonly sector: string } | null;
  /** Who holds outside addresses. */
  readonly ownersOf: (addresses: readonly string[]) => Promise<ReadonlyMap<string, Owner>>;
  /** Title of a detector by its id. */
  readonly titleOf: (detector: string) => string;
}

export interface Traced {
  readonly incidents: readonly Incident[];
  readonly theftFlows: readonly TheftFlow[];
}

const nobody: Owner = { country: null, asn: null, as_name: null };
const maxTimeline = 400;

/** All incidents, in order of their first event. */
export async function traceIncidents(
  engine: EventsEngine,
  findings: readonly Finding[],
  settings: TraceSettings,
): Promise<Traced> {
  const groups = clusterFindings(findings);
  // A machine of another organisation of ours that broke in, or was broken into, is no outside party: its own incident
  // tells of it.
  const parties = groups.map((group) =>
    outsideRoles(group).filter(
      ({ ip, role }) => (role !== 'hop' && role !== 'target') || settings.organisationOf(ip) === null,
    ),
  );
  const addresses = [...new Set(parties.flat().map((party) => party.ip))].sort(byText);
  const owners = addresses.length === 0 ? new Map<string, Owner>() : await settings.ownersOf(addresses);
  // A chain may run through several organisations: all that belongs to any incident is looked at.
  const core = groups.flat();
  const quiet = groups.length === 0 ? new Map<string, Night>() : await nights(engine);
  const links = linksOf(core);
  const contacts = await contactsOf(engine, pairsOf(links));
  const visits = visitsOf(core);
  const entered = await enteredAt(engine, visits);
  const beginnings = new Map(
    visits.flatMap(({ finding, source, target }) => {
      const time = finding.peers.length === 1 ? entered.get(`${source} ${target}`) : undefined;
      return time === undefined ? [] : [[finding.id, time] as const];
    }),
  );
  const incidents: Incident[] = [];
  const theftFlows: TheftFlow[] = [];
  for (const [at, group] of groups.entries()) {
    const id = contentId('i', group.map((finding) => finding.id).sort(byText));
    const organisation = group[0]?.organisation ?? null;
    const neighbours = visits.filter(
      ({ finding }) => finding.organisation !== organisation && finding.weight === 'incident',
    );
    const entry = earlier(
      await whoEntered(engine, entryOf(group, beginnings), group),
      firstVisit(neighbours, entered, { organisation, hosts: new Set(group.map(({ host }) => host)) }),
    );
    const hosts = hostRoles(group, entry, new Set(neighbours.map(({ target }) => target)));
    const outside = parties[at] ?? [];
    const taken = await theftOf(engine, {
      incident: id,
      findings: group,
      hosts: hosts.map((host) => host.ip),
      outside: [...new Set(outside.filter((party) => party.role !== 'target').map((party) => party.ip))],
    });
    for (const flow of taken?.flows ?? []) theftFlows.push(flow);
    const relays = relaysOf(group);
    const home = settings.organisationOf(entry?.host ?? hosts[0]?.ip ?? '');
    incidents.push({
      id,
      title: titleOf(group, { hosts, outside, theft: taken?.theft ?? null }),
      summary: summaryOf({
        id,
        entry,
        hosts,
        outside,
        theft: taken?.theft ?? null,
        organisation: home?.organisation ?? null,
        isRelaying: relays.length > 0,
      }),
      organisation: home?.organisation ?? group[0]?.organisation ?? null,
      sector: home?.sector ?? null,
      first_seen: group.map((finding) => finding.first_seen).sort(byText)[0] ?? '',
      last_seen:
        group
          .map((finding) => finding.last_seen)
          .sort(byText)
          .at(-1) ?? '',
      findings: group.map((finding) => finding.id),
      entry,
      hosts,
      outside: outside.map((party) => ({ ...party, ...ownerFields(owners.get(party.ip)) })),
      stages: stagesOf(group, tactics),
      timeline: timelineOf(group, settings.titleOf),
      edges: await edgesOf(engine, group),
      theft: taken?.theft ?? null,
      rhythm: await rhythmOfIncident(engine, group, quiet.get(home?.organisation ?? '') ?? null),
      relays,
      chains: chainsOf(links, new Set(hosts.map((host) => host.ip)), contacts),
    });
  }
  return { incidents, theftFlows };
}

/** What another organisation's evidence shows to have come first counts, unless a break-in from outside did. */
function earlier(own: Entry | null, visit: Entry | null): Entry | null {
  if (visit === null || (own !== null && own.time <= visit.time)) return own;
  return visit;
}

/** The way in with the one of several who came first. */
async function whoEntered(
  engine: EventsEngine,
  entry: Entry | null,
  group: readonly Finding[],
): Promise<Entry | null> {
  if (entry === null || entry.from === null) return entry;
  const told = group.find(
    ({ host, technique, direction, peers }) =>
      host === entry.host && technique === entry.technique && direction === 'inbound' && peers.length > 1,
  );
  if (told === undefined || !told.peers.includes(entry.from)) return entry;
  const from = await firstCaller(engine, { host: entry.host, callers: told.peers, at: entry.time });
  return { ...entry, from: from ?? entry.from };
}

function ownerFields(owner: Owner = nobody): Owner {
  return { country: owner.country, asn: owner.asn, as_name: owner.as_name };
}

function titleOf(
  findings: readonly Finding[],
  { hosts, outside, theft }: Pick<Story, 'hosts' | 'outside' | 'theft'>,
): string {
  const entered = hosts.find((host) => host.role === 'entry') ?? hosts[0];
  const has = (role: string) => outside.some((party) => party.role === role);
  const deeds = [
    ...(has('hop') ? ['intrusion'] : []),
    ...(has('controller') ? ['remote control'] : []),
    ...(theft === null || theft.best_bytes === 0 ? [] : ['theft of data']),
    ...(findings.some(
      (finding) => tacticFor(finding.technique) === 'credential-access' && finding.direction === 'local',
    )
      ? ['theft of credentials']
      : []),
    ...(has('target') ? ['attacks on third parties'] : []),
  ];
  const isCommanded = findings.some(
    ({ technique, direction }) => tacticFor(technique) === 'execution' && direction === 'local',
  );
  const last = deeds.pop() ?? (isCommanded ? 'commands of an intruder' : 'suspicious activity');
  const words = deeds.length === 0 ? last : `${deeds.join(', ')} and ${last}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} at ${entered?.ip ?? 'an unknown host'}`;
}

interface Story {
  readonly id: string;
  readonly entry: Entry | null;
  readonly hosts: readonly IncidentHost[];
  readonly outside: readonly OutsidePart[];
  readonly theft: Theft | null;
  readonly organisation: string | null;
  readonly isRelaying: boolean;
}

/** Three sentences; every count in them is a figure. */
function summaryOf({ id, entry, hosts, outside, theft, organisation, isRelaying }: Story): readonly string[] {
  const figure = (name: string) => `{figure:incident.${id}.${name}}`;
  const sentences: string[] = [];
  if (entry !== null) {
    const place = organisation === null ? entry.host : `${entry.host} of ${organisation}`;
    const isBreakIn = tacticFor(entry.technique) !== 'command-and-control';
    const from = entry.from === null ? '' : isBreakIn ? ` from ${entry.from}` : ` by ${entry.from}`;
    const deed = !isBreakIn
      ? 'is the first machine seen under remote control'
      : entry.from === null
        ? 'shows the first sign of the intruder'
        : 'was broken into';
    sentences.push(`${place} ${deed}${from} at ${entry.time.slice(0, 19)}Z (${entry.technique}).`);
  }
  const movedTo = new Set(hosts.map((host) => host.ip)).size - 1;
  const steering = [
    ...new Set(outside.filter((party) => party.role === 'controller').map((party) => party.ip)),
  ];
  const hands = steering.length === 0 ? '' : `, steered from ${named(steering)}`;
  const spread =
    movedTo === 0
      ? `No other machine of ours is seen to be involved${hands}.`
      : `The incident spans ${figure('hosts')} machines of ours${hands}.`;
  const use = `Machines of ours were used against third parties${hands}: ${figure('relays')} relays, ${figure('relays.targets')} targets.`;
  sentences.push(isRelaying ? use : spread);
  if (theft !== null && theft.best_bytes > 0) {
    const to = theft.to.map((entryTo) => entryTo.ip);
    sentences.push(
      `About ${figure('theft.best')} left for ${named(to)} (at least ${figure('theft.minimum')}, at most ${figure('theft.maximum')}).`,
    );
  }
  return sentences;
}

/** Up to three addresses by name; the rest is in the tables. */
function named(addresses: readonly string[]): string {
  return addresses.length <= 3 ? addresses.join(', ') : `${addresses.slice(0, 3).join(', ')} and others`;
}

function timelineOf(
  findings: readonly Finding[],
  title: (detector: string) => string,
): readonly TimelineEntry[] {
  return findings.slice(0, maxTimeline).map((finding) => ({
    time: finding.first_seen,
    until: finding.last_seen,
    stage: tacticFor(finding.technique),
    technique: finding.technique,
    text: title(finding.detector),
    host: finding.host,
    peer: finding.peer,
    finding: finding.id,
  }));
}
