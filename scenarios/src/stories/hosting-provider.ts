// The hosting provider: a dozen hijacked servers are steered from outside, mostly from one country, and used to scan,
// to break into and to tunnel to targets in three others; some relay through a server of a university.
import type { Sink, Source } from '../flow.ts';
import { type Micros, minute } from '../moment.ts';
import { element, type Random } from '../random.ts';
import { drawClockOffset } from '../recorder.ts';
import { planned } from '../source.ts';
import { hostsOf, type World } from '../world.ts';
import { handsOn, operatorZones } from './operator.ts';
import { breakIn, type RelayUse, type SteeringVariant, steer } from './relaying.ts';
import type { Story } from './story.ts';

export interface HostingVariant extends SteeringVariant {
  readonly relays: number;
  /** Relays whose orders pass on to a server of the university. */
  readonly chained: number;
  /** Controllers in the first country, and in two others. */
  readonly controllers: readonly [number, number, number];
  readonly uses: readonly RelayUse[];
  readonly entry: 'guessed-login' | 'unseen';
  readonly sessionsPerDay: number;
  readonly operatorZone: string;
  /** Share of the targets in the first target country. */
  readonly mainTargetShare: number;
  readonly targets: number;
  readonly style: 'tsv' | 'json';
}

function draw(random: Random): HostingVariant {
  return {
    relays: 12,
    chained: random.integer(1, 2),
    controllers: [random.integer(5, 11), random.integer(1, 2), 1],
    uses: random.sample(['scan', 'brute-force', 'tunnel'] as const, random.integer(2, 3)),
    entry: random.chance(0.6) ? 'guessed-login' : 'unseen',
    steering: random.pick(['ssh', 'tls', 'tcp'] as const),
    steeringPort: random.pick([22, 443, 8443, 2222, 1080]),
    tunnels: random.pick(['paired', 'inside-session'] as const),
    tunnelPorts: random.sample([443, 22, 80, 3389, 993], 2),
    scanPort: random.pick([22, 23, 445, 3389, 8291]),
    scanned: random.integer(40, 160),
    guessedPort: random.pick([22, 3389]),
    guesses: random.integer(30, 120),
    pieceBytes: random.pick([30_000, 400_000, 4_000_000]),
    sessionsPerDay: random.between(0.8, 2),
    operatorZone: random.pick(operatorZones),
    mainTargetShare: random.between(0.7, 0.9),
    targets: random.integer(60, 200),
    style: random.chance(0.8) ? 'tsv' : 'json',
  };
}

function attack(
  world: World,
  variant: HostingVariant,
  ledgerOf: Parameters<Story<HostingVariant>['attack']>[2],
): Source[] {
  const provider = element(world.organisations, 0);
  const university = element(world.organisations, 1);
  const random = world.random.fork('attack');
  const hours = { zone: variant.operatorZone, window: [10, 20] as const };
  const ledger = ledgerOf(provider.name);
  const farLedger = ledgerOf(university.name);
  ledger.keepsHours(hours.zone, hours.window);
  farLedger.keepsHours(hours.zone, hours.window);
  const countries = random.sample(
    [...new Set(world.outside.networks.slice(0, 23).map(({ country }) => country))],
    6,
  );
  const claim = (country: string) => world.outside.claim(random, (network) => network.country === country);
  const controllers = variant.controllers.map((count, at) =>
    Array.from({ length: count }, () => claim(element(countries, at))),
  );
  const rest = (1 - variant.mainTargetShare) / 2;
  const targets = Array.from({ length: variant.targets }, () =>
    claim(random.weighted(countries.slice(3, 6), [variant.mainTargetShare, rest, rest])),
  );
  const servers = hostsOf(provider, 'customer-server');
  const relays = random.sample(
    servers,
    Math.min(variant.relays, Math.max(2, Math.floor(servers.length / 2))),
  );
  const far = random.sample(hostsOf(university, 'customer-server'), variant.chained);
  const plan: { at: Micros; act: (at: Micros, sink: Sink) => void }[] = [];
  const chooseController = () => random.pick(random.weighted(controllers, [0.8, 0.13, 0.07]));

  relays.forEach((host, order) => {
    const firstDay = random.integer(0, Math.max(0, Math.floor(world.days * 0.4)));
    const taken = handsOn(world, hours, random, firstDay);
    const own = [chooseController(), chooseController()];
    if (variant.entry === 'guessed-login') {
      plan.push({
        at: taken,
        act: (at, sink) => breakIn({ random, ledger, controller: element(own, 0), host }, at, sink),
      });
    }
    const uses = random.sample(variant.uses, random.integer(1, variant.uses.length));
    const next = far[order];
    for (let date = firstDay; date < world.days; date += 1) {
      // The first sittings come for certain, so that every hijacked server is used.
      const count =
        date <= firstDay + 1
          ? Math.max(1, random.poisson(variant.sessionsPerDay))
          : random.poisson(variant.sessionsPerDay);
      for (let session = 0; session < count; session += 1) {
        const at = Math.max(taken + 20 * minute, handsOn(world, hours, random, date));
        plan.push({
          at,
          act: (when, sink) => {
            const controller = random.pick(own);
            const common = { random, variant, uses, targets };
            const onward = next === undefined ? {} : { onward: { host: next, ledger: farLedger } };
            steer({ ...common, controller, host, ledger, ...onward }, when, sink);
          },
        });
      }
    }
  });
  return [
    planned(
      'attack',
      plan.map(({ at, act }) => ({ at: Math.round(at), act })),
    ),
  ];
}

const server = (job: Parameters<typeof hostsOf>[1], count: number) => ({ job: job ?? 'web', count });

export const hostingProvider: Story<HostingVariant> = {
  name: 'hosting-provider',
  draw,
  door: () => ({ port: 443, isTls: true }),
  organisations: (hosts) => [
    {
      name: 'Plainview Hosting',
      sector: 'hosting',
      domain: 'plainview.example',
      zone: 'Asia/Shanghai',
      country: 'XB',
      staff: [
        ...(
          [
            'domain-controller',
            'file-server',
            'mail',
            'web',
            'vpn',
            'proxy',
            'reverse-proxy',
            'app-server',
            'jump',
            'monitor',
            'backup',
          ] as const
        ).map((job) => server(job, 1)),
        server('vpn-client', 3),
        server('workstation', 8),
        server('customer-server', Math.max(8, hosts - 22)),
      ],
    },
    {
      name: 'University of the Lakes',
      sector: 'education',
      domain: 'lakes.example',
      zone: 'Europe/Warsaw',
      country: 'XC',
      staff: [
        ...(['domain-controller', 'file-server', 'mail', 'web', 'vpn', 'proxy', 'jump'] as const).map((job) =>
          server(job, 1),
        ),
        server('vpn-client', 3),
        server('workstation', 8),
        server('customer-server', 4),
      ],
    },
  ],
  recording: (world, variant) => ({
    sensors: world.organisations.map((organisation, order) => ({
      folder: order === 0 ? 'provider' : 'university',
      organisation,
      place: 'perimeter' as const,
      clockOffsetUs: order === 0 ? 0 : drawClockOffset(world.random.label),
      style: variant.style,
    })),
    hostLogs: world.organisations.map((organisation, order) => ({
      path: `${order === 0 ? 'provider' : 'university'}/web-access.log`,
      host: element(hostsOf(organisation, 'web'), 0),
      kind: 'access' as const,
      zone: 'UTC',
    })),
  }),
  attack,
};
