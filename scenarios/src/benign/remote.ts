// Relaying by trade and remote work: VPN gateway, forward proxy with users abroad, reverse proxy, jump host.
import { ssh, tcp, tls } from '../conversation.ts';
import type { Sink, Source } from '../flow.ts';
import { hour, type Micros, minute, officeActivity, publicActivity, second } from '../moment.ts';
import type { Random } from '../random.ts';
import { random as atRandom } from '../source.ts';
import { hostsOf, type Organisation, type World } from '../world.ts';

const claimMany = (world: World, random: Random, count: number) =>
  Array.from({ length: count }, () => world.outside.claim(random, ({ kind }) => kind === 'access'));

/** Staff at home and abroad: a long tunnel to the gateway, and inside it work from a pool address. */
export function vpn(world: World, organisation: Organisation): Source[] {
  const gateway = hostsOf(organisation, 'vpn')[0];
  const pool = hostsOf(organisation, 'vpn-client');
  if (gateway === undefined || pool.length === 0) return [];
  const random = world.random.fork(organisation.name, 'vpn');
  const homes = claimMany(world, random, pool.length * 2);
  const servers = hostsOf(organisation, 'file-server', 'app-server', 'mail');
  const connect = (at: Micros, sink: Sink) => {
    const inside = random.pick(pool).ip;
    const lengthUs = random.lognormal(90, 0.7) * minute;
    let [out, received] = [9000, 9000];
    for (
      let when = at + 8 * second;
      when < at + lengthUs && when < at + 5 * hour;
      when += random.exponential(8 * minute) + second
    ) {
      const bytes = { out: random.lognormal(9000, 1.1), in: random.lognormal(60_000, 1.3) };
      if (random.chance(0.45)) {
        const site = world.popularSite(random);
        sink.flow(
          tls(random, {
            at: when,
            src: gateway.ip,
            dst: site.ip,
            port: 443,
            serverName: site.name,
            ...bytes,
          }),
        );
      } else {
        sink.flow(
          tcp(random, {
            at: when,
            src: inside,
            dst: random.pick(servers).ip,
            port: 445,
            service: 'gssapi,smb',
            ...bytes,
          }),
        );
      }
      out += bytes.out * 1.08;
      received += bytes.in * 1.08;
    }
    sink.flow(
      tls(random, {
        at,
        src: random.pick(homes),
        dst: gateway.ip,
        port: 443,
        serverName: gateway.name,
        client: 'vpn client',
        out,
        in: received,
        durationUs: lengthUs,
      }),
    );
  };
  const perHour = (at: Micros) =>
    pool.length * 0.25 * world.intensity * publicActivity(organisation.zone, at);
  return [atRandom('vpn', { random, perHour, act: connect })];
}

/** A forward proxy for readers abroad, and a reverse proxy before an application: the same bytes pass on at once. */
export function proxies(world: World, organisation: Organisation): Source[] {
  const random = world.random.fork(organisation.name, 'proxies');
  const users = claimMany(world, random, 60);
  const forward = hostsOf(organisation, 'proxy').map((proxy) =>
    atRandom('forward proxy', {
      random,
      perHour: (at) => 24 * world.intensity * publicActivity(organisation.zone, at),
      act: (at, sink) => {
        const desks = hostsOf(organisation, 'workstation');
        const src = desks.length > 0 && random.chance(0.3) ? random.pick(desks).ip : random.pick(users);
        const bytes = {
          out: random.lognormal(2500, 0.9),
          in: random.lognormal(60_000, 1.4),
          durationUs: random.lognormal(15, 1) * second,
        };
        const site = world.popularSite(random);
        sink.flow(
          tcp(random, {
            at,
            src,
            dst: proxy.ip,
            port: 3128,
            service: 'http',
            out: bytes.out + 900,
            in: bytes.in + 3600,
            durationUs: bytes.durationUs + 40_000,
          }),
        );
        sink.flow(
          tls(random, {
            at: at + 25_000,
            src: proxy.ip,
            dst: site.ip,
            port: 443,
            serverName: site.name,
            ...bytes,
          }),
        );
      },
    }),
  );
  const applications = hostsOf(organisation, 'app-server');
  const reverse = hostsOf(organisation, 'reverse-proxy').map((proxy) =>
    atRandom('reverse proxy', {
      random,
      perHour: (at) => 24 * world.intensity * publicActivity(organisation.zone, at),
      act: (at, sink) => {
        const bytes = { out: random.lognormal(1200, 0.6), in: random.lognormal(24_000, 1.1) };
        sink.flow(
          tls(random, {
            at,
            src: random.pick(users),
            dst: proxy.ip,
            port: 443,
            serverName: `app.${organisation.domain}`,
            ...bytes,
          }),
        );
        if (applications.length > 0) {
          sink.flow(
            tcp(random, {
              at: at + 9_000,
              src: proxy.ip,
              dst: random.pick(applications).ip,
              port: 8080,
              service: 'http',
              ...bytes,
            }),
          );
        }
      },
    }),
  );
  return [...forward, ...reverse];
}

/** Administrators: sessions on the jump host, some from home, and from there to the servers. */
export function administration(world: World, organisation: Organisation): Source[] {
  const jump = hostsOf(organisation, 'jump')[0];
  if (jump === undefined) return [];
  const random = world.random.fork(organisation.name, 'administration');
  const desks = random.sample(hostsOf(organisation, 'workstation'), 2).map(({ ip }) => ip);
  const homes = claimMany(world, random, 2);
  const servers = hostsOf(
    organisation,
    'app-server',
    'database',
    'document',
    'web',
    'update-server',
    'file-server',
    'mail',
  );
  const act = (at: Micros, sink: Sink) => {
    const who = random.integer(0, 1);
    const src = (random.chance(0.75) ? desks : homes)[who] ?? jump.ip;
    const user = `admin${who + 1}`;
    const durationUs = random.lognormal(25, 0.8) * minute;
    const volume = { out: random.lognormal(20_000, 0.8), in: random.lognormal(120_000, 1) };
    sink.flow(
      ssh(random, {
        at,
        src,
        dst: jump.ip,
        port: 22,
        user,
        method: 'publickey',
        isAccepted: true,
        durationUs,
        ...volume,
      }),
    );
    for (const server of random.sample(servers, random.integer(1, 3))) {
      const when = at + random.between(0.05, 0.6) * durationUs;
      const ends = {
        at: when,
        src: jump.ip,
        dst: server.ip,
        durationUs: durationUs * random.between(0.05, 0.35),
      };
      const isDesktop =
        server.job === 'update-server' || server.job === 'file-server' || server.job === 'mail';
      const bytes = { out: volume.out / 3, in: volume.in / 3 };
      if (isDesktop)
        sink.flow(
          tcp(random, { ...ends, port: 3389, service: 'rdp,ssl', out: bytes.out * 6, in: bytes.in * 30 }),
        );
      else
        sink.flow(ssh(random, { ...ends, port: 22, user, method: 'publickey', isAccepted: true, ...bytes }));
    }
  };
  return [
    atRandom('administration', {
      random,
      perHour: (at) => 1.1 * officeActivity(organisation.zone, at) + 0.02,
      act,
    }),
  ];
}
