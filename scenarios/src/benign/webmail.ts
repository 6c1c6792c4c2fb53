// The mail server's web side in daily use: telephones that wait for mail, people reading at home, calendar programs.
import { request } from '../conversation.ts';
import type { Sink, Source } from '../flow.ts';
import { hour, type Micros, minute, officeActivity, publicActivity, second } from '../moment.ts';
import { random as atRandom, recurring } from '../source.ts';
import { browser, hostsOf, type Organisation, type World } from '../world.ts';
import { webFlow } from './public-servers.ts';

const door = { port: 443, isTls: true };

/** Telephones and web mail of the staff, all of it inside TLS; the server's access log knows the requests. */
export function webmail(world: World, organisation: Organisation): Source[] {
  const server = hostsOf(organisation, 'mail')[0];
  const staff = hostsOf(organisation, 'workstation').length;
  if (server === undefined) return [];
  const random = world.random.fork(organisation.name, 'webmail');
  const claim = () => world.outside.claim(random, ({ kind }) => kind === 'access');
  const phones = Array.from({ length: Math.max(2, Math.min(60, Math.round(staff * 0.25))) }, (_, at) => {
    const own = random.fork('phone', at);
    const places = [claim(), claim()];
    const user = `user${at + 1}`;
    return recurring(`telephone ${at}`, {
      first: world.start + own.between(0, hour),
      gap: (now) => own.between(20, 40) * minute * (publicActivity(organisation.zone, now) > 0.3 ? 1 : 4),
      act: (now, sink) => {
        const common = {
          host: server.name,
          userAgent: 'Phone-Mail/16.5',
          at: now + 2 * second,
          method: 'POST',
        };
        const uri = `/Microsoft-Server-ActiveSync?Cmd=${own.pick(['Ping', 'Ping', 'Sync'])}&User=${user}&DeviceType=Phone`;
        const asked = request({
          ...common,
          uri,
          requestBytes: own.integer(40, 300),
          responseBytes: own.lognormal(900, 1.5),
        });
        sink.flow(webFlow(own, { at: now, src: own.pick(places), server, door, requests: [asked] }));
      },
    });
  });
  const readers = Array.from({ length: Math.max(3, Math.min(40, Math.round(staff * 0.2))) }, () => ({
    ip: claim(),
    userAgent: browser(random),
  }));
  const read = (at: Micros, sink: Sink) => {
    const reader = random.pick(readers);
    let when = at;
    const paths = [
      '/owa/',
      '/owa/service.svc?action=FindItem',
      '/owa/service.svc?action=GetItem',
      '/owa/service.svc?action=GetFileAttachment',
      '/EWS/Exchange.asmx',
      '/autodiscover/autodiscover.xml',
      '/owa/auth/logon.aspx',
    ];
    const requests = Array.from({ length: 1 + random.poisson(3) }, () => {
      when += random.between(1, 30) * second;
      const uri = random.pick(paths);
      return request({
        at: when,
        host: server.name,
        uri,
        userAgent: reader.userAgent,
        method: uri.includes('action') ? 'POST' : 'GET',
        responseBytes: random.lognormal(25_000, 1.4),
      });
    });
    sink.flow(webFlow(random, { at, src: reader.ip, server, door, requests }));
  };
  const perHour = (at: Micros) =>
    readers.length *
    world.intensity *
    (0.12 * publicActivity(organisation.zone, at) + 0.1 * officeActivity(organisation.zone, at));
  return [...phones, atRandom('web mail', { random, perHour, act: read })];
}
