// Ways into a public document server and the use of a webshell there; everything in it is inert text in a log.
import { type DocumentDoor, webFlow } from '../benign/public-servers.ts';
import { request, ssh } from '../conversation.ts';
import type { Sink, WebRequest } from '../flow.ts';
import { type Micros, second } from '../moment.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../truth.ts';
import type { Host } from '../world.ts';

export interface Intruder {
  readonly from: string;
  readonly userAgent: string;
  readonly random: Random;
  readonly server: Host;
  readonly door: DocumentDoor;
  readonly ledger: Ledger;
}

type Step = Pick<WebRequest, 'uri'> & Partial<WebRequest>;

/** Sends the requests one after another with pauses in seconds; gives the instant of the last. */
function send(
  by: Intruder,
  given: {
    readonly at: Micros;
    readonly stage: string;
    readonly pauseS: readonly [number, number];
    readonly steps: readonly Step[];
  },
  plain: Sink,
): Micros {
  const sink = by.ledger.record(plain, given.stage);
  let at = given.at;
  for (const step of given.steps) {
    at = Math.round(at + by.random.between(...given.pauseS) * second);
    const asked = request({
      host: by.server.name,
      userAgent: by.userAgent,
      mimeType: 'text/html',
      ...step,
      at: at + 50_000,
    });
    sink.flow(webFlow(by.random, { at, src: by.from, server: by.server, door: by.door, requests: [asked] }));
    by.ledger.outsider(by.from, 'hop', at);
  }
  return at;
}

/** Looks around: ordinary pages and guesses at names that are not there. */
export function lookAround(by: Intruder, at: Micros, sink: Sink): Micros {
  const names = [
    'admin',
    'manage',
    'backup.zip',
    'api/v1/user',
    'version',
    'install',
    'console',
    'docs/admin/login',
    'docs/help',
    'upload.jsp',
    'test',
    'old',
  ];
  const steps = by.random.sample(names, by.random.integer(5, 12)).map((name): Step => {
    const isThere = name.startsWith('docs/');
    return { uri: `/${name}`, status: isThere ? 200 : 404, responseBytes: isThere ? 2400 : 196 };
  });
  return send(by, { at, stage: 'reconnaissance', pauseS: [0.4, 6], steps }, sink);
}

/** Uses a flaw of the document system: reads a file outside its folder, then writes one. */
export function exploit(by: Intruder, at: Micros, sink: Sink): Micros {
  const traversal = by.random.pick([
    '/docs/download?file=../../../../WEB-INF/web.xml',
    '/docs/view?id=1%20UNION%20SELECT%20name,hash%20FROM%20users--',
    '/docs/..;/admin/config.xml',
    '/docs/preview?template=..%2f..%2f..%2fetc%2fpasswd',
  ]);
  const steps: Step[] = [
    { uri: traversal, status: by.random.chance(0.5) ? 500 : 404, responseBytes: 512 },
    { uri: traversal, status: 200, responseBytes: by.random.integer(3000, 9000), mimeType: 'text/plain' },
  ];
  const done = send(by, { at, stage: 'initial-access', pauseS: [2, 30], steps }, sink);
  by.ledger.enter({ host: by.server.ip, from: by.from, at: done, technique: 'T1190' });
  return done;
}

/** Signs in at the administrators' page from outside, after some failures. */
export function adminLogin(
  by: Intruder,
  given: { readonly at: Micros; readonly failures: number },
  sink: Sink,
): Micros {
  const login = { method: 'POST', uri: '/docs/admin/login', requestBytes: 71 };
  const steps: Step[] = [
    ...Array.from({ length: given.failures }, () => ({ ...login, status: 401, responseBytes: 310 })),
    { ...login, status: 302, responseBytes: 0 },
    { uri: '/docs/admin/settings', responseBytes: 8400 },
    { uri: '/docs/admin/users', responseBytes: 15_200 },
  ];
  const done = send(by, { at: given.at, stage: 'initial-access', pauseS: [1, 7], steps }, sink);
  by.ledger.enter({
    host: by.server.ip,
    from: by.from,
    at: done,
    technique: given.failures > 5 ? 'T1110' : 'T1078',
  });
  return done;
}

/** Guesses the password of the server's SSH and gets in. */
export function sshLogin(
  by: Intruder,
  given: { readonly at: Micros; readonly failures: number },
  plain: Sink,
): Micros {
  const sink = by.ledger.record(plain, 'initial-access');
  const ends = { src: by.from, dst: by.server.ip, port: 22, user: 'admin', client: 'SSH-2.0-libssh2_1.11.0' };
  let at = given.at;
  for (let left = given.failures; left > 0; left -= 1) {
    sink.flow(ssh(by.random, { ...ends, at, isAccepted: false, attempts: 2 }));
    at = Math.round(at + by.random.between(4, 20) * second);
  }
  const durationUs = by.random.between(300, 1500) * second;
  sink.flow(ssh(by.random, { ...ends, at, isAccepted: true, out: 14_000, in: 60_000, durationUs }));
  by.ledger.outsider(by.from, 'hop', given.at);
  by.ledger.enter({ host: by.server.ip, from: by.from, at, technique: 'T1110' });
  return at + durationUs;
}

/** Uploads the webshell through the document system. */
export function uploadWebshell(
  by: Intruder,
  given: { readonly at: Micros; readonly uri: string },
  sink: Sink,
): Micros {
  const name = given.uri.slice(given.uri.lastIndexOf('/') + 1);
  const upload = by.random.pick([
    `/docs/upload?path=../../static/img/&name=${name}`,
    `/docs/upload.do?dir=..%2f..%2fstatic%2fimg&filename=${name}`,
  ]);
  const steps: Step[] = [
    { method: 'POST', uri: upload, requestBytes: by.random.integer(1800, 9000), responseBytes: 41 },
    { uri: given.uri, responseBytes: 0 },
  ];
  return send(by, { at: given.at, stage: 'persistence', pauseS: [5, 40], steps }, sink);
}

/** A sitting at the webshell; each command is a hands-on act. Gives the instant of the last. */
export function useWebshell(
  by: Intruder,
  given: { readonly at: Micros; readonly uri: string; readonly commands: number },
  sink: Sink,
): Micros {
  let at = given.at;
  for (let done = 0; done < given.commands; done += 1) {
    const isQuery = by.random.chance(0.25);
    const step: Step = {
      method: isQuery ? 'GET' : 'POST',
      uri: isQuery
        ? `${given.uri}?c=${by.random.pick(['whoami', 'ipconfig', 'dir', 'tasklist', 'net+view'])}`
        : given.uri,
      requestBytes: isQuery ? 0 : by.random.integer(120, 2400),
      responseBytes: Math.round(by.random.lognormal(1800, 1)),
    };
    at = send(by, { at, stage: 'execution', pauseS: [4, 90], steps: [step] }, sink);
    by.ledger.act(at);
  }
  return at;
}
