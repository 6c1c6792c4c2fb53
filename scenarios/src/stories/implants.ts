// Computers under control: each reports to a controller at an interval with jitter, and controllers change.
import { http, lookup, request, tcp, tls } from '../conversation.ts';
import type { Source } from '../flow.ts';
import { instantText, type Micros, minute, officeActivity, second } from '../moment.ts';
import { element, type Random } from '../random.ts';
import { recurring } from '../source.ts';
import type { HostRole, Ledger } from '../truth.ts';
import { type Host, hostsOf, type Organisation, type World } from '../world.ts';

export interface BeaconVariant {
  readonly port: number;
  readonly protocol: 'tls' | 'http' | 'tcp';
  readonly periodS: number;
  /** Gaps are uniform in period * (1 - jitter .. 1 + jitter). */
  readonly jitter: number;
  readonly hasName: boolean;
  /** Computers are switched off outside office hours. */
  readonly isOffAtNight: boolean;
}

/** Draws how implants report. */
export function drawBeacon(random: Random): BeaconVariant {
  const protocol = random.weighted(['tls', 'http', 'tcp'] as const, [6, 2, 2]);
  const ports = { tls: [443, 443, 8443, 4443], http: [80, 8080], tcp: [443, 5555, 9001] }[protocol];
  return {
    protocol,
    port: random.pick(ports),
    periodS: random.pick([90, 180, 300, 600, 900, 1800]),
    jitter: random.pick([0.05, 0.1, 0.2, 0.35]),
    hasName: random.chance(0.6),
    isOffAtNight: random.chance(0.3),
  };
}

/** Controllers in hosting networks. */
export function claimControllers(
  world: World,
  random: Random,
  count: number,
): { readonly ip: string; readonly name: string }[] {
  const words = ['static', 'cdn', 'sync', 'edge', 'assets', 'img'];
  return Array.from({ length: count }, (_, at) => ({
    ip: world.outside.claim(random, ({ kind }) => kind !== 'access'),
    name: `${random.pick(words)}-${random.integer(10, 99)}.delivery${at}.example`,
  }));
}

/** The reports of one implant from `from` on. */
export function beaconing(
  world: World,
  given: {
    readonly random: Random;
    readonly organisation: Organisation;
    readonly host: Host;
    readonly role: HostRole;
    readonly from: Micros;
    readonly variant: BeaconVariant;
    readonly controllers: readonly { readonly ip: string; readonly name: string }[];
    readonly ledger: Ledger;
  },
): Source {
  const { host, variant, ledger, organisation } = given;
  const random = given.random.fork('beacon', host.ip);
  // Half of them move to the next controller somewhere in the time that is left.
  const first = random.integer(0, given.controllers.length - 1);
  const next = (first + 1) % given.controllers.length;
  const change = random.chance(0.5) ? random.between(given.from, world.end) : world.end;
  const used = [
    element(given.controllers, first),
    ...(change < world.end ? [element(given.controllers, next)] : []),
  ];
  const resolver = hostsOf(organisation, 'domain-controller')[0]?.ip;
  const gap = () => variant.periodS * second * random.between(1 - variant.jitter, 1 + variant.jitter);
  const seen = new Set<string>();
  const start = Math.round(given.from);
  return recurring(`beacon of ${host.name}`, {
    first: start,
    gap,
    act: (at, plain) => {
      if (variant.isOffAtNight && at > start + 30 * minute && officeActivity(organisation.zone, at) < 0.05)
        return;
      const controller = element(used, at < change ? 0 : used.length - 1);
      const sink = ledger.record(plain, 'command-and-control');
      if (seen.size === 0) {
        const controllers = used.map(({ ip }) => ip);
        ledger.beacon({
          host: host.ip,
          controllers,
          port: variant.port,
          period_s: variant.periodS,
          jitter: variant.jitter,
          started: instantText(at),
        });
      }
      if (variant.hasName && resolver !== undefined && (!seen.has(controller.ip) || random.chance(0.1))) {
        sink.flow(
          lookup(random, {
            at,
            src: host.ip,
            dst: resolver,
            query: controller.name,
            answers: [controller.ip],
          }),
        );
      }
      seen.add(controller.ip);
      ledger.host(host.ip, given.role, at);
      ledger.outsider(controller.ip, 'controller', at);
      const isTask = random.chance(0.04);
      const out = isTask ? random.lognormal(15_000, 0.8) : random.between(380, 420);
      const received = isTask ? random.lognormal(4000, 0.8) : random.between(180, 200);
      const ends = { at: at + 30_000, src: host.ip, dst: controller.ip, port: variant.port };
      const durationUs = random.lognormal(350_000, 0.3) + (isTask ? 4 * second : 0);
      const name = variant.hasName ? controller.name : controller.ip;
      if (variant.protocol === 'tls') {
        sink.flow(
          tls(random, {
            ...ends,
            out,
            in: received,
            durationUs,
            serverName: variant.hasName ? controller.name : null,
            client: 'implant',
          }),
        );
      } else if (variant.protocol === 'http') {
        const uri = `/assets/${random.integer(100, 999)}.gif`;
        const report = {
          at: ends.at + 40_000,
          host: name,
          uri,
          method: 'POST',
          userAgent: host.userAgent,
          requestBytes: out,
          responseBytes: received,
        };
        sink.flow(
          http(random, { ...ends, durationUs, requests: [request({ ...report, mimeType: 'image/gif' })] }),
        );
      } else {
        sink.flow(tcp(random, { ...ends, out, in: received, durationUs }));
      }
    },
  });
}
