// The people behind an attack: the hours they keep, and the addresses abroad they come from.
import { atLocal, day, hour, localTime, type Micros } from '../moment.ts';
import { element, type Random } from '../random.ts';
import type { TrueChain } from '../truth.ts';
import type { World } from '../world.ts';

export interface Hours {
  readonly zone: string;
  /** Local hours between which hands-on acts begin. */
  readonly window: readonly [number, number];
}

/** Zones on all sides of the world; none is special. */
export const operatorZones = [
  'America/New_York',
  'America/Sao_Paulo',
  'Europe/Berlin',
  'Africa/Nairobi',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Pacific/Auckland',
] as const;

/** An instant in the operators' hours on the day (counted from 0) or the next working day, inside the evidence. */
export function handsOn(world: World, hours: Hours, random: Random, date: number): Micros {
  const [from, to] = hours.window;
  for (let offset = 0; offset <= 14; offset += 1) {
    // Forward first; near the end of the evidence, back.
    const tried = offset <= 7 ? date + offset : date - (offset - 7);
    const at = atLocal(hours.zone, world.start + tried * day, random.between(from, to - 0.5));
    const isInside = at > world.start + 2 * hour && at < world.end - 2 * hour;
    if (isInside && localTime(hours.zone, at).weekday < 5) return at;
  }
  return world.start + Math.round((world.end - world.start) * random.between(0.3, 0.7));
}

/** Whole days from `first` to `last`, `count` of them spread evenly, each once. */
export function spreadDays(first: number, last: number, count: number): number[] {
  const days = new Set<number>();
  for (let at = 0; at < count; at += 1) {
    days.add(Math.floor(first + (count === 1 ? 0 : ((last - first) * at) / (count - 1))));
  }
  return [...days];
}

export interface Springboards {
  /** The address from which the operators reach the victim at the instant. */
  readonly lastHop: (at: Micros) => string;
  readonly visible: readonly string[];
  readonly chain: (
    at: Micros,
    inside: readonly { readonly ip: string; readonly role: string }[],
  ) => TrueChain;
}

/** Up to five hops in different countries, of which the evidence shows only the last; the last one changes over time. */
export function springboards(
  world: World,
  random: Random,
  given: { readonly hops: number; readonly lastHops: number },
): Springboards {
  const used = new Set<string>();
  const claim = () => {
    const ip = world.outside.claim(random, ({ kind, country }) => kind !== 'access' && !used.has(country));
    used.add(world.outside.networkOf(ip).country);
    return ip;
  };
  const hidden = Array.from({ length: Math.max(0, given.hops - 1) }, claim);
  const visible = Array.from({ length: given.lastHops }, claim);
  const lastHop = (at: Micros) => {
    const share = (at - world.start) / (world.end - world.start + 1);
    return element(visible, Math.min(visible.length - 1, Math.max(0, Math.floor(share * visible.length))));
  };
  return {
    lastHop,
    visible,
    chain: (at, inside) => ({
      hops: [
        ...hidden.map((ip) => ({ ip, role: 'hop', is_in_evidence: false })),
        { ip: lastHop(at), role: 'hop', is_in_evidence: true },
        ...inside.map((hop) => ({ ...hop, is_in_evidence: true })),
      ],
    }),
  };
}
