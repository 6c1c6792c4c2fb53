// Mail between the organisation and everybody else: messages in and out, a list that fans out, an automatic forward.
import { lookup, tcp } from '../conversation.ts';
import type { Sink, Source } from '../flow.ts';
import { type Micros, officeActivity, second } from '../moment.ts';
import { element, type Random, zipf } from '../random.ts';
import { random as atRandom } from '../source.ts';
import { type Host, hostsOf, type Organisation, type World } from '../world.ts';

interface Message {
  readonly at: Micros;
  readonly bytes: number;
}

function deliver(random: Random, from: string, to: string, message: Message) {
  const durationUs = random.lognormal(2.5, 0.7) * second;
  return tcp(random, {
    at: message.at,
    src: from,
    dst: to,
    port: 25,
    service: 'smtp',
    out: message.bytes,
    in: 600,
    durationUs,
  });
}

/** All of a mail server's exchange with other servers. */
export function mailExchange(world: World, organisation: Organisation): Source[] {
  const random = world.random.fork(organisation.name, 'mail');
  const others = Array.from({ length: 70 }, () =>
    world.outside.claim(random, ({ kind }) => kind !== 'access'),
  );
  const rank = zipf(others.length, 0.9);
  const peer = () => element(others, rank(random));
  const forwardTo = element(others, 2);
  return hostsOf(organisation, 'mail').map((server: Host) => {
    const send = (sink: Sink, to: string, message: Message) => {
      const name = `mx.site${others.indexOf(to)}.example`;
      if (random.chance(0.5)) {
        const dst = world.service('resolver').ip;
        sink.flow(
          lookup(random, {
            at: message.at - 60_000,
            src: server.ip,
            dst,
            query: name.slice(3),
            type: 'MX',
            answers: [name],
          }),
        );
      }
      sink.flow(deliver(random, server.ip, to, message));
    };
    const act = (at: Micros, sink: Sink) => {
      const bytes = random.lognormal(28_000, 1.5);
      const kind = random.weighted(['in', 'out', 'list', 'forward'] as const, [50, 35, 2, 5]);
      if (kind !== 'out') sink.flow(deliver(random, peer(), server.ip, { at, bytes }));
      const later = () => at + random.between(1, 5) * second;
      if (kind === 'out') send(sink, peer(), { at: later(), bytes });
      if (kind === 'forward') send(sink, forwardTo, { at: later(), bytes: bytes + 420 });
      if (kind === 'list') {
        const size = random.integer(8, 25);
        for (let sent = 0; sent < size; sent += 1)
          send(sink, peer(), { at: later() + sent * 350_000, bytes: bytes + 300 });
      }
    };
    const people = hostsOf(organisation, 'workstation').length + 5;
    const perHour = (at: Micros) =>
      people * world.intensity * (0.15 + 1.2 * officeActivity(organisation.zone, at));
    return atRandom('mail exchange', { random, perHour, act });
  });
}
