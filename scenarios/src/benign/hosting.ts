// Customers' servers at a hosting provider: each has visitors, an owner who logs in from outside, and calls to others.
import { ssh, tcp, tls } from '../conversation.ts';
import type { Source } from '../flow.ts';
import { hour, minute, publicActivity, second } from '../moment.ts';
import { random as atRandom, recurring } from '../source.ts';
import { hostsOf, type Organisation, type World } from '../world.ts';

/** The ordinary life of every customer server. */
export function customerServers(world: World, organisation: Organisation): Source[] {
  return hostsOf(organisation, 'customer-server').flatMap((server) => {
    const random = world.random.fork(organisation.name, 'customer', server.ip);
    const owner = world.outside.claim(random);
    const partner = world.outside.claim(random, ({ kind }) => kind === 'cloud');
    const visitors = Array.from({ length: 25 }, () =>
      world.outside.claim(random, ({ kind }) => kind === 'access'),
    );
    const zone = random.pick(['Asia/Shanghai', 'Europe/Berlin', 'America/Chicago', organisation.zone]);
    const serving = atRandom('visitors', {
      random,
      perHour: (at) => 14 * world.intensity * server.vigour * publicActivity(zone, at),
      act: (at, sink) => {
        sink.flow(
          tls(random, {
            at,
            src: random.pick(visitors),
            dst: server.ip,
            port: 443,
            serverName: server.name,
            out: random.lognormal(1800, 0.7),
            in: random.lognormal(30_000, 1.3),
            durationUs: random.lognormal(8, 1) * second,
          }),
        );
        // Some pages make the server ask a payment or map service on its own.
        if (random.chance(0.1)) {
          sink.flow(
            tls(random, {
              at: at + 60_000,
              src: server.ip,
              dst: partner,
              port: 443,
              serverName: 'api.partner.example',
              client: 'library',
              out: 1400,
              in: random.lognormal(3000, 0.5),
            }),
          );
        }
      },
    });
    const owning = recurring('owner', {
      first: world.start + random.between(0, 40) * hour,
      gap: () => random.exponential(40 * hour) + hour,
      act: (at, sink) => {
        const durationUs = random.lognormal(20, 0.8) * minute;
        sink.flow(
          ssh(random, {
            at,
            src: owner,
            dst: server.ip,
            port: 22,
            user: 'deploy',
            method: 'publickey',
            isAccepted: true,
            out: random.lognormal(30_000, 1),
            in: random.lognormal(90_000, 1),
            durationUs,
          }),
        );
        // An owner installs something now and then: outgoing activity inside a session from outside, and innocent.
        if (random.chance(0.5)) {
          const packages = world.service('packages');
          sink.flow(
            tls(random, {
              at: at + durationUs * 0.3,
              src: server.ip,
              dst: packages.ip,
              port: 443,
              serverName: packages.name,
              client: 'package manager',
              out: 3000,
              in: random.lognormal(6_000_000, 1),
            }),
          );
        }
      },
    });
    const saving = recurring('nightly copy', {
      first: world.start + random.between(0, 24) * hour,
      gap: () => 24 * hour,
      act: (at, sink) => {
        const { ip, name } = world.service('cloud-backup');
        sink.flow(
          tcp(random, {
            at,
            src: server.ip,
            dst: ip,
            port: 22,
            service: 'ssh',
            out: random.lognormal(40_000_000, 0.8),
            in: 90_000,
          }),
        );
        sink.flow(
          tls(random, {
            at: at + minute,
            src: server.ip,
            dst: ip,
            port: 443,
            serverName: name,
            client: 'backup agent',
            out: 4000,
            in: 2000,
          }),
        );
      },
    });
    return [serving, owning, saving];
  });
}
