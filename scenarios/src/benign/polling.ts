// What machines do by themselves at regular times: antivirus, updates, telemetry, time, mail checks, printers.
import { http, lookup, request, tcp, tls, udp } from '../conversation.ts';
import type { Source } from '../flow.ts';
import { hour, minute, second } from '../moment.ts';
import type { Random } from '../random.ts';
import { recurring } from '../source.ts';
import { type Host, hostOf, hostsOf, type Organisation, type World } from '../world.ts';

interface Habit {
  readonly purpose: string;
  readonly host: Host;
  readonly random: Random;
  readonly periodUs: number;
  /** Deviation of each gap as a share of the period. */
  readonly jitter: number;
  readonly out: number;
  readonly in: number;
  readonly resolver?: string;
}

/** Asks an outside service again and again over TLS, now and then looking its name up. */
function poll(world: World, habit: Habit): Source {
  const { random, host, resolver } = habit;
  const { ip, name } = world.service(habit.purpose);
  return recurring(`${habit.purpose} of ${host.name}`, {
    first: world.start + random.between(0, habit.periodUs),
    gap: () => habit.periodUs * Math.max(0.2, 1 + random.normal(0, habit.jitter)),
    act: (at, sink) => {
      if (resolver !== undefined && random.chance(0.3)) {
        sink.flow(lookup(random, { at, src: host.ip, dst: resolver, query: name, answers: [ip] }));
      }
      const sized = { out: habit.out * random.between(0.95, 1.05), in: random.lognormal(habit.in, 0.3) };
      sink.flow(
        tls(random, {
          at: at + 40_000,
          src: host.ip,
          dst: ip,
          port: 443,
          serverName: name,
          client: habit.purpose,
          ...sized,
        }),
      );
    },
  });
}

/** Antivirus, operating system updates and telemetry of every desk; the vendor's cloud for printers and instruments. */
export function outsidePolling(world: World, organisation: Organisation): Source[] {
  const resolver = hostOf(organisation, 'domain-controller').ip;
  return organisation.hosts.flatMap((host) => {
    const random = world.random.fork(organisation.name, 'polling', host.ip);
    const common = { host, random, resolver };
    if (host.job === 'workstation') {
      const antivirus = {
        ...common,
        purpose: 'antivirus',
        periodUs: 2 * hour,
        jitter: 0.01,
        out: 900,
        in: 1800,
      };
      const updates = {
        ...common,
        purpose: 'updates',
        periodUs: 22 * hour,
        jitter: 0.1,
        out: 5000,
        in: 900_000,
      };
      const telemetry = {
        ...common,
        purpose: 'telemetry',
        periodUs: 45 * minute,
        jitter: 0.2,
        out: 2600,
        in: 500,
      };
      return [
        poll(world, antivirus),
        poll(world, updates),
        ...(random.chance(0.5) ? [poll(world, telemetry)] : []),
      ];
    }
    if (host.job === 'printer')
      return [
        poll(world, { ...common, purpose: 'printer-cloud', periodUs: hour, jitter: 0.02, out: 700, in: 900 }),
      ];
    if (host.job === 'instrument')
      return [
        poll(world, {
          ...common,
          purpose: 'instrument-cloud',
          periodUs: 10 * minute,
          jitter: 0.01,
          out: 1800,
          in: 400,
        }),
      ];
    if (host.job === 'customer-server' || host.job === 'app-server') {
      return [
        poll(world, {
          ...common,
          purpose: 'packages',
          periodUs: 24 * hour,
          jitter: 0.03,
          out: 3000,
          in: 2_000_000,
        }),
      ];
    }
    return [];
  });
}

/** Clocks: servers ask a time service outside, desks ask the domain controller. */
export function timeKeeping(world: World, organisation: Organisation): Source[] {
  const controller = hostOf(organisation, 'domain-controller');
  const outside = world.service('time').ip;
  return organisation.hosts
    .filter(({ job }) => job !== 'printer' && job !== 'vpn-client')
    .map((host) => {
      const random = world.random.fork(organisation.name, 'time', host.ip);
      const isDesk = host.job === 'workstation';
      const periodUs = (isDesk ? 8192 : 4096) * second;
      return recurring(`time of ${host.name}`, {
        first: world.start + random.between(0, periodUs),
        gap: () => periodUs + random.normal(0, 2 * second),
        act: (at, sink) => {
          const dst = isDesk && controller.ip !== host.ip ? controller.ip : outside;
          sink.flow(
            udp(random, {
              at,
              src: host.ip,
              sport: 123,
              dst,
              port: 123,
              service: 'ntp',
              out: 48,
              in: 48,
              durationUs: random.lognormal(20_000, 0.6),
            }),
          );
        },
      });
    });
}

/** Mail programs ask the mail server every few minutes while somebody works. */
export function mailChecks(world: World, organisation: Organisation): Source[] {
  const server = hostOf(organisation, 'mail');
  return hostsOf(organisation, 'workstation').map((desk) => {
    const random = world.random.fork(organisation.name, 'mail checks', desk.ip);
    return recurring(`mail of ${desk.name}`, {
      first: world.start + random.between(0, hour),
      gap: () => random.between(25, 40) * minute,
      act: (at, sink) => {
        const received = random.lognormal(9000, 1.4);
        sink.flow(
          tls(random, {
            at,
            src: desk.ip,
            dst: server.ip,
            port: 443,
            serverName: server.name,
            out: random.lognormal(1500, 0.5),
            in: received,
            client: 'mail program',
          }),
        );
      },
    });
  });
}

/** The monitoring server looks at every server; a service outside looks at the public ones. */
export function healthChecks(world: World, organisation: Organisation): Source[] {
  const monitor = hostsOf(organisation, 'monitor')[0];
  const random = world.random.fork(organisation.name, 'health');
  const outside = world.outside.claim(random, ({ kind }) => kind === 'cloud');
  const web = hostsOf(organisation, 'web')[0];
  const sources = [];
  if (monitor !== undefined) {
    const checked = organisation.hosts.filter(
      ({ job }) => job !== 'workstation' && job !== 'vpn-client' && job !== 'monitor',
    );
    const act = recurring('monitoring', {
      first: world.start + 17 * second,
      gap: () => 30 * minute,
      act: (at, sink) => {
        for (const [order, { ip }] of checked.entries()) {
          sink.flow(
            tcp(random, {
              at: at + order * 210_000,
              src: monitor.ip,
              dst: ip,
              port: 161,
              out: 120,
              in: 380,
              durationUs: 8_000,
            }),
          );
        }
      },
    });
    sources.push(act);
  }
  if (web !== undefined) {
    const check = recurring('availability check', {
      first: world.start + 5 * second,
      gap: () => 5 * minute,
      act: (at, sink) => {
        const requests = [
          request({
            at: at + 30_000,
            host: web.name,
            uri: '/healthz',
            userAgent: 'AvailabilityCheck/2.1',
            responseBytes: 2,
            mimeType: 'text/plain',
          }),
        ];
        sink.flow(http(random, { at, src: outside, dst: web.ip, port: 80, requests }));
      },
    });
    sources.push(check);
  }
  return sources;
}
