// People at their desks: pages of popular sites, calls, uploads to file sharing, print jobs, files, logins.
import { http, lookup, request, tcp, tls, udp } from '../conversation.ts';
import type { Sink, Source } from '../flow.ts';
import { atLocal, day, type Micros, minute, officeActivity, second } from '../moment.ts';
import type { Random } from '../random.ts';
import { random as atRandom, planned } from '../source.ts';
import { type Host, hostOf, hostsOf, type Organisation, type World } from '../world.ts';

/** One page of a popular site: its name looked up, then a few connections to it and to others it embeds. */
function visitPage(
  world: World,
  random: Random,
  given: { readonly at: Micros; readonly from: Host; readonly resolver: string; readonly sink: Sink },
) {
  const { from, resolver, sink } = given;
  const parts = 1 + random.poisson(0.7);
  let at = given.at;
  for (let part = 0; part < parts; part += 1) {
    const site = world.popularSite(random);
    const ends = { at, src: from.ip, dst: site.ip };
    if (random.chance(0.5)) {
      sink.flow(lookup(random, { at, src: from.ip, dst: resolver, query: site.name, answers: [site.ip] }));
      if (random.chance(0.25)) {
        const upstream = world.service('resolver').ip;
        sink.flow(
          lookup(random, {
            at: at + 900,
            src: resolver,
            dst: upstream,
            query: site.name,
            answers: [site.ip],
          }),
        );
      }
    }
    ends.at += 30_000;
    if (random.chance(0.08)) {
      const page = request({
        at: ends.at + 20_000,
        host: site.name,
        uri: `/${random.pick(['', 'index.html', 'news', 'images/logo.png', 'search?q=term'])}`,
        userAgent: from.userAgent,
        responseBytes: random.lognormal(18_000, 1.2),
        mimeType: 'text/html',
      });
      sink.flow(http(random, { ...ends, port: 80, requests: [page] }));
    } else {
      const received = random.lognormal(45_000, 1.5);
      const durationUs = random.lognormal(14, 1.3) * second;
      sink.flow(
        tls(random, {
          ...ends,
          port: 443,
          serverName: site.name,
          out: random.lognormal(2200, 0.9),
          in: received,
          durationUs,
          client: from.userAgent,
        }),
      );
    }
    at += random.between(0.2, 4) * second;
  }
}

/** Browsing of every workstation in office hours. */
export function browsing(world: World, organisation: Organisation): Source {
  const desks = hostsOf(organisation, 'workstation');
  const random = world.random.fork(organisation.name, 'browsing');
  const resolver = hostOf(organisation, 'domain-controller').ip;
  const vigours = desks.map(({ vigour }) => vigour);
  return atRandom('browsing', {
    random,
    perHour: (at) => desks.length * 8 * world.intensity * officeActivity(organisation.zone, at),
    act: (at, sink) =>
      visitPage(world, random, { at, from: random.weighted(desks, vigours), resolver, sink }),
  });
}

/** Video calls: half an hour of datagrams both ways, on working days. */
export function videoCalls(world: World, organisation: Organisation): Source {
  const desks = hostsOf(organisation, 'workstation');
  const random = world.random.fork(organisation.name, 'calls');
  const { ip, name } = world.service('conference');
  return atRandom('video calls', {
    random,
    perHour: (at) => desks.length * 0.12 * officeActivity(organisation.zone, at),
    act: (at, sink) => {
      const src = random.pick(desks).ip;
      const durationUs = random.lognormal(28, 0.6) * minute;
      const rate = random.lognormal(110_000, 0.5);
      const bytes = (rate * durationUs) / second;
      sink.flow(
        tls(random, { at, src, dst: ip, port: 443, serverName: name, out: 9000, in: 14000, durationUs }),
      );
      sink.flow(
        udp(random, {
          at: at + second,
          src,
          dst: ip,
          port: 3478,
          out: bytes * random.between(0.4, 1),
          in: bytes,
          durationUs,
        }),
      );
    },
  });
}

/** A few people send large files to a sharing service now and then. */
export function largeUploads(world: World, organisation: Organisation): Source {
  const random = world.random.fork(organisation.name, 'uploads');
  const people = random.sample(hostsOf(organisation, 'workstation'), 3);
  const { ip, name } = world.service('file-sharing');
  return atRandom('large uploads', {
    random,
    perHour: (at) => people.length * 0.06 * officeActivity(organisation.zone, at),
    act: (at, sink) => {
      const from = random.pick(people);
      const out = Math.min(3e9, random.lognormal(60_000_000, 1.1));
      sink.flow(
        tls(random, {
          at,
          src: from.ip,
          dst: ip,
          port: 443,
          serverName: name,
          out,
          in: out / 300,
          client: from.userAgent,
        }),
      );
    },
  });
}

/** Files opened and saved on the file servers, and print jobs. */
export function filesAndPrinting(world: World, organisation: Organisation): Source {
  const desks = hostsOf(organisation, 'workstation');
  const servers = hostsOf(organisation, 'file-server');
  const printers = hostsOf(organisation, 'printer');
  const random = world.random.fork(organisation.name, 'files');
  return atRandom('files and printing', {
    random,
    perHour: (at) => desks.length * 1.6 * world.intensity * officeActivity(organisation.zone, at),
    act: (at, sink) => {
      const src = random.pick(desks).ip;
      if (printers.length > 0 && random.chance(0.1)) {
        sink.flow(
          tcp(random, {
            at,
            src,
            dst: random.pick(printers).ip,
            port: 9100,
            out: random.lognormal(400_000, 1),
            in: 300,
          }),
        );
        return;
      }
      const reads = random.lognormal(250_000, 1.8);
      const writes = random.lognormal(60_000, 1.8);
      sink.flow(
        tcp(random, {
          at,
          src,
          dst: random.pick(servers).ip,
          port: 445,
          service: 'gssapi,smb',
          out: writes,
          in: reads,
          durationUs: random.lognormal(240, 1) * second,
        }),
      );
    },
  });
}

/** Morning logins: Kerberos, directory and policy shares, each working day about when people arrive. */
export function logins(world: World, organisation: Organisation): Source {
  const random = world.random.fork(organisation.name, 'logins');
  const controllers = hostsOf(organisation, 'domain-controller');
  const plan = [];
  for (let date = -1; date <= world.days; date += 1) {
    for (const desk of hostsOf(organisation, 'workstation')) {
      const at = atLocal(organisation.zone, world.start + date * day, random.normal(8.6, 0.5));
      const isIn = random.chance(officeActivity(organisation.zone, at + 90 * minute) > 0.5 ? 0.93 : 0.05);
      const act = (when: Micros, sink: Sink) => {
        const ends = { src: desk.ip, dst: random.pick(controllers).ip };
        sink.flow(
          tcp(random, {
            ...ends,
            at: when,
            port: 88,
            service: 'krb_tcp',
            out: 1500,
            in: 1700,
            durationUs: 9_000,
          }),
        );
        sink.flow(
          tcp(random, {
            ...ends,
            at: when + 300_000,
            port: 389,
            service: 'ldap_tcp',
            out: random.lognormal(4000, 0.4),
            in: random.lognormal(9000, 0.5),
          }),
        );
        sink.flow(
          tcp(random, {
            ...ends,
            at: when + 900_000,
            port: 445,
            service: 'gssapi,smb',
            out: random.lognormal(6000, 0.3),
            in: random.lognormal(30_000, 0.5),
            durationUs: 20 * second,
          }),
        );
      };
      if (isIn) plan.push({ at, act });
    }
  }
  return planned('logins', plan);
}
