// What was seen, as observed data: the flows between machines of an incident, and the files the logs name in a theft.
// A machine that is shown under a pseudonym is not stated; a flow of which neither side can be stated is left out.
import { byText } from '../../../ground/ids.ts';
import type { Instant } from '../../../vocabulary/instant.ts';
import type { Incident } from '../../../vocabulary/investigation.ts';
import { earlierOf, laterOf } from '../../exchange/times.ts';
import { type Observable, observableOf } from '../../exchange/value.ts';
import type { Draft } from './draft.ts';

/** The most a count of STIX may say. */
export const mostCounted = 999_999_999;
const longestFileName = 1024;

/** Observed flows of a machine: ids of the observed data, and how many flows they stand for. */
export interface Seen {
  readonly refs: readonly string[];
  readonly flows: number;
  readonly first: Instant;
  readonly last: Instant;
}

type Edge = Incident['edges'][number];

/** Puts the flows of an incident in; gives, by the value of each machine, where it was observed. */
export function observeTraffic(draft: Draft, incident: Incident): ReadonlyMap<string, Seen> {
  const seen = new Map<
    string,
    { readonly refs: Set<string>; flows: number; first: Instant; last: Instant }
  >();
  const edges = [...incident.edges].sort((left, right) => byText(orderOf(left), orderOf(right)));
  for (const edge of edges) {
    const ref = observeEdge(draft, incident, edge);
    if (ref === null) continue;
    const { first_seen: first, last_seen: last } = edge;
    for (const side of [observableOf(edge.from), observableOf(edge.to)]) {
      if (side === null) continue;
      const before = seen.get(side.value) ?? { refs: new Set<string>(), flows: 0, first, last };
      before.refs.add(ref);
      before.flows += Math.max(1, edge.flows);
      before.first = earlierOf(before.first, first);
      before.last = laterOf(before.last, last);
      seen.set(side.value, before);
    }
  }
  return new Map(
    [...seen].map(([value, { refs, ...where }]) => [value, { ...where, refs: [...refs].sort(byText) }]),
  );
}

function observeEdge(draft: Draft, incident: Incident, edge: Edge): string | null {
  const from = observableOf(edge.from);
  const to = observableOf(edge.to);
  const some = from ?? to;
  if (some === null || edge.last_seen < edge.first_seen) return null;
  const src = from === null ? {} : { src_ref: putMachine(draft, from) };
  const dst = to === null ? {} : { dst_ref: putMachine(draft, to) };
  // Several ports are several flows, whose bytes the edge does not tell apart.
  const [port] = edge.ports;
  const isOnePort = edge.ports.length === 1 && isPort(port);
  const isIpv6 = some.kind === 'ipv6-addr' || (to ?? some).kind === 'ipv6-addr';
  const traffic = draft.observable(
    'network-traffic',
    {
      start: edge.first_seen,
      end: edge.last_seen,
      ...src,
      ...dst,
      ...(isOnePort ? { dst_port: port } : {}),
      protocols: [isIpv6 ? 'ipv6' : 'ipv4'],
    },
    {
      is_active: false,
      ...(isCount(edge.bytes_out) ? { src_byte_count: edge.bytes_out } : {}),
      ...(isCount(edge.bytes_in) ? { dst_byte_count: edge.bytes_in } : {}),
    },
  );
  return draft.domain(
    {
      type: 'observed-data',
      seed: [incident.id, edge.kind, edge.from, edge.to, traffic],
      since: edge.first_seen,
    },
    {
      first_observed: edge.first_seen,
      last_observed: edge.last_seen,
      number_observed: Math.min(mostCounted, Math.max(1, edge.flows)),
      object_refs: [traffic, ...Object.values(src), ...Object.values(dst)].filter(
        (ref, at, all) => all.indexOf(ref) === at,
      ),
    },
  );
}

/** Puts the object of an address or a domain name in; gives its id. */
export function putMachine(draft: Draft, { kind, value }: Observable): string {
  return draft.observable(kind, { value });
}

/** Puts the files in that the logs name in the theft; gives the id of the observed data, null without any. */
export function observeFiles(draft: Draft, incident: Incident): string | null {
  const names = [...new Set(incident.theft?.files ?? [])].filter(
    (name) => name !== '' && name.length <= longestFileName && !/\p{Surrogate}/u.test(name),
  );
  if (names.length === 0 || incident.last_seen < incident.first_seen) return null;
  return draft.domain(
    { type: 'observed-data', seed: [incident.id, 'files'], since: incident.first_seen },
    {
      first_observed: incident.first_seen,
      last_observed: incident.last_seen,
      number_observed: 1,
      object_refs: names.sort(byText).map((name) => draft.observable('file', { name })),
    },
  );
}

function isPort(port: number | undefined): port is number {
  return port !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function orderOf({ kind, from, to, first_seen }: Edge): string {
  return [kind, from, to, first_seen].join('\u0000');
}
