// Visitors of the public servers: readers, interfaces called by partners, crawlers, the document system's own users.
import { http, request, tls } from '../conversation.ts';
import type { Sink, Source, WebRequest } from '../flow.ts';
import { type Micros, minute, officeActivity, publicActivity, second } from '../moment.ts';
import { element, type Random, zipf } from '../random.ts';
import { random as atRandom, recurring } from '../source.ts';
import { browser, type Host, hostsOf, type Organisation, type World } from '../world.ts';

/** How the document system is reached; TLS hides the URIs from sensors. */
export interface DocumentDoor {
  readonly port: number;
  readonly isTls: boolean;
}

/** One conversation with a web server, plain or inside TLS. */
export function webFlow(
  random: Random,
  given: {
    readonly at: Micros;
    readonly src: string;
    readonly server: Host;
    readonly dst?: string;
    readonly door: DocumentDoor;
    readonly requests: readonly WebRequest[];
  },
) {
  const { requests, door, server, src, at } = given;
  const ends = { at, src, dst: given.dst ?? server.ip, port: door.port, requests };
  if (!door.isTls) return http(random, ends);
  const sum = (of: (each: WebRequest) => number) => requests.reduce((total, each) => total + of(each), 0);
  const out = sum((each) => each.requestBytes + each.uri.length + each.userAgent.length + 210);
  const durationUs = (requests.at(-1)?.at ?? at) - at + 200_000;
  return tls(random, {
    ...ends,
    serverName: server.name,
    out,
    in: sum((each) => each.responseBytes + 260),
    durationUs,
    client: requests[0]?.userAgent ?? '',
  });
}

const pages = [
  '/',
  '/about',
  '/news',
  '/contact',
  '/people',
  '/research',
  '/publications',
  '/jobs',
  '/events',
  '/style.css',
  '/logo.svg',
  '/app.js',
];

/** Readers of the public web site, most of them from a few places, a few on IPv6, and steady crawlers. */
export function visitors(world: World, organisation: Organisation): Source[] {
  const random = world.random.fork(organisation.name, 'visitors');
  const people = Array.from({ length: 220 }, () => ({
    ip: random.chance(0.08)
      ? world.outside.claim6(random)
      : world.outside.claim(random, ({ kind }) => kind === 'access'),
    userAgent: browser(random),
  }));
  const rank = zipf(people.length, 0.8);
  const crawlers = Array.from({ length: 3 }, (_, at) => ({
    ip: world.outside.claim(random, ({ kind }) => kind === 'cloud'),
    userAgent: `Mozilla/5.0 (compatible; ExampleBot${at}/2.0; +http://bot${at}.example)`,
  }));
  return hostsOf(organisation, 'web').flatMap((server) => {
    const visit = (at: Micros, sink: Sink) => {
      const person = element(people, rank(random));
      const is6 = person.ip.includes(':');
      let when = at;
      const requests = Array.from({ length: 1 + random.poisson(2.5) }, (_, order) => {
        when += random.between(0.05, 6) * second;
        const uri = random.pick(pages);
        const isMissing = random.chance(0.02);
        const answer = isMissing
          ? { status: 404, responseBytes: 196 }
          : { status: random.chance(0.1) ? 304 : 200, responseBytes: random.lognormal(14_000, 1) };
        return request({
          at: when,
          host: server.name,
          uri: isMissing ? '/favicon.ico' : uri,
          userAgent: person.userAgent,
          referrer: order === 0 ? null : `http://${server.name}/`,
          mimeType: 'text/html',
          ...answer,
        });
      });
      const door = random.chance(0.5) ? { port: 443, isTls: true } : { port: 80, isTls: false };
      const dst = is6 && server.ip6 !== undefined ? { dst: server.ip6 } : {};
      sink.flow(
        webFlow(random, {
          at,
          src: is6 && server.ip6 === undefined ? element(crawlers, 0).ip : person.ip,
          server,
          ...dst,
          door,
          requests,
        }),
      );
    };
    const crawl = crawlers.map((crawler, order) =>
      recurring(`crawler ${order}`, {
        first: world.start + random.between(0, 40) * minute,
        gap: () => random.exponential(40 * minute) + minute,
        act: (at, sink) => {
          const requests = random.sample(pages, 4).map((uri, each) =>
            request({
              at: at + (each + 1) * 2 * second,
              host: server.name,
              uri,
              userAgent: crawler.userAgent,
              responseBytes: random.lognormal(14_000, 1),
              mimeType: 'text/html',
            }),
          );
          sink.flow(
            webFlow(random, { at, src: crawler.ip, server, door: { port: 80, isTls: false }, requests }),
          );
        },
      }),
    );
    const reading = atRandom('visitors', {
      random,
      perHour: (at) => 36 * world.intensity * publicActivity(organisation.zone, at),
      act: visit,
    });
    return [reading, ...crawl];
  });
}

/** The document system in use: staff and a few partners read and upload; two partners' programs call its interface. */
export function documentSystem(world: World, organisation: Organisation, door: DocumentDoor): Source[] {
  const server = hostsOf(organisation, 'document')[0];
  if (server === undefined) return [];
  const random = world.random.fork(organisation.name, 'documents');
  const partners = Array.from({ length: 14 }, () => ({
    ip: world.outside.claim(random, ({ kind }) => kind === 'access'),
    userAgent: browser(random),
  }));
  const users = [...hostsOf(organisation, 'workstation'), ...partners];
  const use = (at: Micros, sink: Sink) => {
    const user = random.pick(users);
    let when = at;
    const requests = Array.from({ length: 2 + random.poisson(2) }, () => {
      when += random.between(0.3, 20) * second;
      const common = { at: when, host: server.name, userAgent: user.userAgent };
      const number = random.integer(1000, 9999);
      const kind = random.weighted(
        ['list', 'view', 'download', 'upload', 'login'] as const,
        [30, 30, 20, 8, 12],
      );
      if (kind === 'list')
        return request({
          ...common,
          uri: `/docs/list?folder=${random.integer(1, 80)}`,
          responseBytes: random.lognormal(9000, 0.6),
          mimeType: 'text/html',
        });
      if (kind === 'view')
        return request({
          ...common,
          uri: `/docs/view?id=${number}`,
          responseBytes: random.lognormal(30_000, 0.8),
          mimeType: 'text/html',
        });
      if (kind === 'download')
        return request({
          ...common,
          uri: `/docs/download/${number}.pdf`,
          responseBytes: random.lognormal(700_000, 1.1),
          mimeType: 'application/pdf',
        });
      if (kind === 'upload')
        return request({
          ...common,
          method: 'POST',
          uri: '/docs/upload',
          requestBytes: random.lognormal(500_000, 1),
          responseBytes: 350,
          mimeType: 'text/html',
        });
      return request({
        ...common,
        method: 'POST',
        uri: '/docs/login',
        requestBytes: 64,
        status: random.chance(0.1) ? 401 : 302,
        responseBytes: 120,
      });
    });
    sink.flow(webFlow(random, { at, src: user.ip, server, door, requests }));
  };
  const programs = [0, 1].map((order) => {
    const ip = world.outside.claim(random, ({ kind }) => kind === 'hosting');
    return recurring(`partner program ${order}`, {
      first: world.start + random.between(0, 30) * minute,
      gap: () => 30 * minute + random.normal(0, 3 * second),
      act: (at, sink) => {
        const common = { host: server.name, userAgent: `partner-sync/${order + 1}.4` };
        const requests = [
          request({
            ...common,
            at: at + 90_000,
            method: 'POST',
            uri: `/docs/api/v2/partner${order}/sync`,
            requestBytes: random.lognormal(1800, 0.3),
            responseBytes: random.lognormal(5000, 0.6),
            mimeType: 'application/json',
          }),
        ];
        sink.flow(webFlow(random, { at, src: ip, server, door, requests }));
      },
    });
  });
  const using = atRandom('document users', {
    random,
    perHour: (at) => users.length * 0.5 * world.intensity * officeActivity(organisation.zone, at),
    act: use,
  });
  return [using, ...programs];
}
