// The address plan: invented networks in invented countries on documentation and benchmark ranges only.
// Gives networks with a number, a name and a country, and hands out each address once.
import { element, type Random } from './random.ts';

export interface Network {
  readonly cidr: string;
  readonly asn: number;
  readonly asName: string;
  readonly country: string;
  readonly kind: 'access' | 'hosting' | 'cloud';
}

/** User-assigned ISO 3166 codes that stand for no place; XK and XX are left out, some data use them. */
export const countries: readonly string[] = 'ABCDEFGHIJLMNOPQRSTUVWYZ'
  .split('')
  .map((letter) => `X${letter}`);

const firstWords = [
  'Northgate',
  'Bluewater',
  'Cedar',
  'Harbour',
  'Summit',
  'Amber',
  'Lattice',
  'Meridian',
  'Orchard',
  'Quartz',
];
const secondWords = { access: 'Telecom', hosting: 'Hosting', cloud: 'Cloud' } as const;

/** RFC 5398 documentation numbers first, then RFC 6996 private use. */
function asNumber(order: number): number {
  if (order < 16) return 64496 + order;
  if (order < 32) return 65536 + order - 16;
  return 4_200_000_000 + order;
}

/** The text of an IPv4 number. */
export function dotted(number: number): string {
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
}

/** The number of a dotted IPv4 address. */
export function undotted(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function span(cidr: string): { readonly first: number; readonly size: number } {
  const [base = '', length = '32'] = cidr.split('/');
  return { first: undotted(base), size: 2 ** (32 - Number(length)) };
}

export interface Outside {
  readonly networks: readonly Network[];
  /** An address nobody has yet, in a network that satisfies the test. @throws when all are taken. */
  readonly claim: (random: Random, isWanted?: (network: Network) => boolean) => string;
  /** An IPv6 address nobody has yet. */
  readonly claim6: (random: Random) => string;
  readonly networkOf: (address: string) => Network;
}

/** Invents the outside world: 64 networks on 198.19.0.0/16, 12 on the documentation /24s, 8 on 2001:db8::/32. */
export function createOutside(random: Random): Outside {
  const cidrs: string[] = [];
  for (let at = 0; at < 64; at += 1) cidrs.push(`${dotted(undotted('198.19.0.0') + at * 1024)}/22`);
  for (const base of ['192.0.2.0', '198.51.100.0', '203.0.113.0']) {
    for (let at = 0; at < 4; at += 1) cidrs.push(`${dotted(undotted(base) + at * 64)}/26`);
  }
  for (let at = 0; at < 8; at += 1) cidrs.push(`2001:db8:${(at + 1).toString(16)}00::/40`);
  const networks = cidrs.map((cidr, order): Network => {
    const kind = random.weighted(['access', 'hosting', 'cloud'] as const, [5, 3, 2]);
    // Every country has a network before any has its second, so that stories can choose freely.
    const country = order < countries.length ? element(countries, order) : random.pick(countries);
    const asName = `${random.pick(firstWords)} ${secondWords[kind]} ${country}${order}`;
    return { cidr, asn: asNumber(order), asName, country, kind };
  });
  const taken = new Set<string>();
  const claimIn = (network: Network): string | null => {
    const { first, size } = span(network.cidr);
    for (let tries = 0; tries < 200; tries += 1) {
      const address = dotted(first + random.integer(1, size - 2));
      if (!taken.has(address)) {
        taken.add(address);
        return address;
      }
    }
    return null;
  };
  const version4 = networks.filter((network) => !network.cidr.includes(':'));
  const version6 = networks.filter((network) => network.cidr.includes(':'));
  return {
    networks,
    claim: (by, isWanted = () => true) => {
      const wanted = version4.filter(isWanted);
      for (const network of by.sample(wanted.length > 0 ? wanted : version4, 40)) {
        const address = claimIn(network);
        if (address !== null) return address;
      }
      throw new Error('No outside address is left; lower the number of hosts');
    },
    claim6: (by) => {
      const prefix = by.pick(version6).cidr.split('::')[0] ?? '';
      const word = () => by.integer(0x1000, 0xffff).toString(16);
      return `${prefix}:${word()}:${word()}:${word()}:${word()}:${word()}`;
    },
    networkOf: (address) => {
      const found = address.includes(':')
        ? version6.find(({ cidr }) => address.startsWith(cidr.slice(0, cidr.indexOf('::'))))
        : version4.find(({ cidr }) => {
            const { first, size } = span(cidr);
            const number = undotted(address);
            return number >= first && number < first + size;
          });
      if (found === undefined) throw new Error('Not an outside address');
      return found;
    },
  };
}
