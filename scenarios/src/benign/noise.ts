// The weather of the internet: scanners knock at public addresses, guess passwords and try old exploits everywhere.
import { http, request, ssh, tcp } from '../conversation.ts';
import type { Source } from '../flow.ts';
import { minute, second } from '../moment.ts';
import type { Random } from '../random.ts';
import { random as atRandom, recurring } from '../source.ts';
import { type Host, hostsOf, type Organisation, type World } from '../world.ts';

const knockedPorts = [21, 22, 23, 80, 443, 445, 1433, 3306, 3389, 5060, 5900, 6379, 8080, 8443, 9200];
const triedUris = [
  '/.env',
  '/wp-login.php',
  '/phpmyadmin/index.php',
  '/cgi-bin/../../../../etc/passwd',
  '/index.php?id=1%27%20OR%20%271%27=%271',
  '/actuator/health',
  '/boaform/admin/formLogin',
  '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php',
];
const guessedUsers = ['root', 'admin', 'test', 'oracle', 'ubuntu', 'git', 'postgres', 'user'];

function knock(random: Random, at: number, src: string, host: Host) {
  const state = random.weighted(['S0', 'REJ', 'RSTO'] as const, [70, 25, 5]);
  return tcp(random, { at, src, dst: host.ip, port: random.pick(knockedPorts), state });
}

/** Everything that strangers send to the public addresses without success. */
export function internetNoise(world: World, organisation: Organisation): Source[] {
  const random = world.random.fork(organisation.name, 'noise');
  const strangers = Array.from({ length: 150 }, () => world.outside.claim(random));
  const shown = hostsOf(
    organisation,
    'mail',
    'web',
    'document',
    'vpn',
    'proxy',
    'reverse-proxy',
    'jump',
    'customer-server',
  );
  const webServers = hostsOf(organisation, 'web', 'document');
  const sshServers = hostsOf(organisation, 'jump', 'customer-server');
  const knocking = atRandom('knocking', {
    random,
    perHour: () => 24 * world.intensity + shown.length,
    act: (at, sink) => sink.flow(knock(random, at, random.pick(strangers), random.pick(shown))),
  });
  const sweeping = recurring('sweep', {
    first: world.start + random.exponential(300 * minute),
    gap: () => random.exponential(600 * minute) + minute,
    act: (at, sink) => {
      const src = random.pick(strangers);
      for (const [order, host] of shown.entries()) sink.flow(knock(random, at + order * 130_000, src, host));
    },
  });
  const trying = atRandom('old exploits', {
    random,
    perHour: () => (webServers.length > 0 ? 0.7 : 0),
    act: (at, sink) => {
      const server = random.pick(webServers);
      const userAgent = random.pick(['curl/7.58.0', 'Mozilla/5.0 zgrab/0.x', 'python-requests/2.31.0']);
      const requests = random.sample(triedUris, random.integer(1, 6)).map((uri, order) =>
        request({
          at: at + (order + 1) * 400_000,
          host: server.name,
          uri,
          userAgent,
          status: 404,
          responseBytes: 196,
          mimeType: 'text/html',
        }),
      );
      sink.flow(http(random, { at, src: random.pick(strangers), dst: server.ip, port: 80, requests }));
    },
  });
  const guessing = recurring('password guessing', {
    first: world.start + random.exponential(200 * minute),
    gap: () => random.exponential(360 * minute) + minute,
    act: (at, sink) => {
      if (sshServers.length === 0) return;
      const [src, server] = [random.pick(strangers), random.pick(sshServers)];
      let when = at;
      for (let left = random.integer(3, 40); left > 0; left -= 1) {
        when += random.between(2, 15) * second;
        const user = random.pick(guessedUsers);
        sink.flow(
          ssh(random, {
            at: when,
            src,
            dst: server.ip,
            port: 22,
            user,
            isAccepted: false,
            isKnownUser: user === 'root',
            attempts: random.integer(1, 3),
            client: 'SSH-2.0-Go',
          }),
        );
      }
    },
  });
  return [knocking, sweeping, trying, guessing];
}
