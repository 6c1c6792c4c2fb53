// The computer department's own routine: backups, the internal update server, the vulnerability scanner, databases.
import { tcp, tls } from '../conversation.ts';
import type { Sink, Source } from '../flow.ts';
import { atLocal, day, hour, type Micros, minute, second } from '../moment.ts';
import { planned, recurring } from '../source.ts';
import { hostOf, hostsOf, type Organisation, type World } from '../world.ts';

/** An act on every night of the evidence at the local hour. */
function nightly(
  world: World,
  zone: string,
  localHour: number,
  act: (at: Micros, sink: Sink) => void,
  every = 1,
): Source {
  const plan = [];
  for (let date = -1; date <= world.days; date += every) {
    plan.push({ at: atLocal(zone, world.start + date * day, localHour), act });
  }
  return planned(`nightly at ${localHour}`, plan);
}

/** Servers copy to the backup server, which sends large regular pieces to a cloud store. */
export function backups(world: World, organisation: Organisation): Source[] {
  const backup = hostOf(organisation, 'backup');
  const cloud = world.service('cloud-backup');
  const random = world.random.fork(organisation.name, 'backup');
  const sources = hostsOf(
    organisation,
    'file-server',
    'app-server',
    'database',
    'mail',
    'document',
    'domain-controller',
  );
  const pieceBytes = random.lognormal(180_000_000, 0.5);
  const pieces = random.integer(4, 8);
  return [
    nightly(world, organisation.zone, 0.5, (at, sink) => {
      sources.forEach(({ ip }, order) => {
        const bytes = random.lognormal(120_000_000, 0.8);
        sink.flow(
          tcp(random, {
            at: at + order * 4 * minute,
            src: ip,
            dst: backup.ip,
            port: 9102,
            out: bytes,
            in: bytes / 900,
          }),
        );
      });
    }),
    nightly(world, organisation.zone, 2 + random.next() / 2, (at, sink) => {
      for (let piece = 0; piece < pieces; piece += 1) {
        const out = pieceBytes * random.between(0.85, 1.15);
        const when = at + piece * 6 * minute + random.between(0, 20) * second;
        sink.flow(
          tls(random, {
            at: when,
            src: backup.ip,
            dst: cloud.ip,
            port: 443,
            serverName: cloud.name,
            client: 'backup agent',
            out,
            in: out / 700,
          }),
        );
      }
    }),
  ];
}

/** The update server: desks ask it about twice a day, and in some nights it reaches out to every desk. */
export function internalUpdates(world: World, organisation: Organisation): Source[] {
  const server = hostOf(organisation, 'update-server');
  const vendor = world.service('updates');
  const random = world.random.fork(organisation.name, 'internal updates');
  const desks = hostsOf(organisation, 'workstation');
  const asking = desks.map((desk) => {
    const own = random.fork(desk.ip);
    return recurring(`updates of ${desk.name}`, {
      first: world.start + own.between(0, 11 * hour),
      gap: () => own.between(10, 12) * hour,
      act: (at, sink) => {
        const received = own.chance(0.2) ? own.lognormal(4_000_000, 1) : own.lognormal(3000, 0.3);
        sink.flow(
          tls(own, {
            at,
            src: desk.ip,
            dst: server.ip,
            port: 8531,
            serverName: server.name,
            client: 'update agent',
            out: own.lognormal(2500, 0.3),
            in: received,
          }),
        );
      },
    });
  });
  const pushing = nightly(
    world,
    organisation.zone,
    21.5,
    (at, sink) => {
      desks.forEach((desk, order) => {
        if (!random.chance(0.85)) return;
        const when = at + order * 9 * second + random.between(0, 8) * second;
        sink.flow(
          tcp(random, {
            at: when,
            src: server.ip,
            dst: desk.ip,
            port: 5986,
            service: 'ssl',
            out: random.lognormal(60_000, 0.6),
            in: 6000,
          }),
        );
      });
    },
    2,
  );
  const fetching = nightly(world, organisation.zone, 3.2, (at, sink) => {
    sink.flow(
      tls(random, {
        at,
        src: server.ip,
        dst: vendor.ip,
        port: 443,
        serverName: vendor.name,
        client: 'update server',
        out: 40_000,
        in: random.lognormal(90_000_000, 0.6),
      }),
    );
  });
  return [...asking, pushing, fetching];
}

/** The department's own scanner tries common ports of every inside host, one night in the first week. */
export function vulnerabilityScan(world: World, organisation: Organisation): Source {
  const scanner = hostOf(organisation, 'vulnerability-scanner');
  const random = world.random.fork(organisation.name, 'own scanner');
  const ports = [22, 80, 135, 443, 445, 3389, 8080];
  const open: Readonly<Record<string, readonly number[]>> = {
    workstation: [135, 445],
    'file-server': [445],
    document: [80, 443],
    web: [80, 443],
  };
  return nightly(
    world,
    organisation.zone,
    23,
    (at, sink) => {
      let when = at;
      for (const { ip, job } of organisation.hosts.filter(({ job: each }) => each !== 'vpn-client')) {
        for (const port of ports) {
          when += random.between(0.01, 0.2) * second;
          const isOpen = open[job]?.includes(port) === true;
          sink.flow(
            tcp(random, {
              at: when,
              src: scanner.ip,
              dst: ip,
              port,
              state: isOpen ? 'SF' : random.chance(0.8) ? 'REJ' : 'S0',
              out: 200,
              in: 900,
            }),
          );
        }
      }
    },
    7,
  );
}

/** Application servers keep their database busy. */
export function databaseTraffic(world: World, organisation: Organisation): Source[] {
  const database = hostsOf(organisation, 'database')[0];
  if (database === undefined) return [];
  return hostsOf(organisation, 'app-server', 'document', 'web').map((server) => {
    const random = world.random.fork(organisation.name, 'database', server.ip);
    return recurring(`database of ${server.name}`, {
      first: world.start + random.between(0, 10) * minute,
      gap: () => random.between(10, 20) * minute,
      act: (at, sink) => {
        sink.flow(
          tcp(random, {
            at,
            src: server.ip,
            dst: database.ip,
            port: 5432,
            service: 'postgresql',
            out: random.lognormal(9000, 0.7),
            in: random.lognormal(60_000, 1),
            durationUs: random.lognormal(90, 0.8) * second,
          }),
        );
      },
    });
  });
}
