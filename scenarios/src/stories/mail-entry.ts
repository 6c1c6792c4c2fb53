// A mail server entered through a flaw of its web side, and mailboxes read from there; inert text in a log.
import { webFlow } from '../benign/public-servers.ts';
import { request } from '../conversation.ts';
import type { Sink, WebRequest } from '../flow.ts';
import { type Micros, second } from '../moment.ts';
import type { Intruder } from './web-entry.ts';

const routes = {
  autodiscover: [
    '/autodiscover/autodiscover.json?@mail.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@mail.example',
    '/autodiscover/autodiscover.json?@mail.example/powershell/?X-Rps-CAT=AAAA',
  ],
  ecp: [
    '/ecp/y.js',
    '/ecp/DDI/DDIService.svc/GetObject?msExchEcpCanary=x&schema=OABVirtualDirectory',
    '/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=x&schema=ResetOABVirtualDirectory',
  ],
} as const;

export type MailFlaw = keyof typeof routes;

/** Uses the flaw, then leaves a webshell beside the sign-in pages. Gives the instant of the last request. */
export function enterMailServer(
  by: Intruder,
  given: { readonly at: Micros; readonly flaw: MailFlaw; readonly shell: string },
  plain: Sink,
): Micros {
  const sink = by.ledger.record(plain, 'initial-access');
  let at = given.at;
  const ask = (step: Pick<WebRequest, 'uri' | 'method'> & Partial<WebRequest>) => {
    at = Math.round(at + by.random.between(2, 40) * second);
    const asked = request({
      host: by.server.name,
      userAgent: by.userAgent,
      requestBytes: 700,
      responseBytes: 1900,
      ...step,
      at: at + 60_000,
    });
    sink.flow(webFlow(by.random, { at, src: by.from, server: by.server, door: by.door, requests: [asked] }));
  };
  for (const uri of routes[given.flaw]) {
    for (let tried = by.random.integer(1, 3); tried > 0; tried -= 1)
      ask({ method: 'POST', uri, status: tried > 1 ? 500 : 200 });
  }
  by.ledger.enter({ host: by.server.ip, from: by.from, at, technique: 'T1190' });
  by.ledger.outsider(by.from, 'hop', given.at);
  ask({ method: 'POST', uri: given.shell });
  return at;
}

/** Reads mailboxes in one long conversation: many requests, whose answers are what is taken. */
export function readMailboxes(
  by: Intruder,
  given: { readonly at: Micros; readonly bytes: number; readonly interface: 'ews' | 'mapi' },
  plain: Sink,
): void {
  const sink = by.ledger.record(plain, 'exfiltration');
  const uri = given.interface === 'ews' ? '/EWS/Exchange.asmx' : '/mapi/emsmdb/?MailboxId=0001@mail.example';
  let at = given.at;
  for (let left = given.bytes; left > 0; ) {
    let when = at;
    const requests: WebRequest[] = [];
    for (let order = by.random.integer(3, 12); order > 0 && left > 0; order -= 1) {
      const responseBytes = Math.min(left, Math.round(by.random.lognormal(2_500_000, 0.7)));
      left -= responseBytes;
      when = Math.round(when + by.random.between(1, 12) * second);
      requests.push(
        request({
          at: when,
          method: 'POST',
          host: by.server.name,
          uri,
          userAgent: by.userAgent,
          requestBytes: by.random.integer(600, 1500),
          responseBytes,
        }),
      );
    }
    const flow = webFlow(by.random, { at, src: by.from, server: by.server, door: by.door, requests });
    sink.flow(flow);
    by.ledger.steal(flow, 'read');
    by.ledger.outsider(by.from, 'drop', at);
    at = Math.round(when + by.random.between(5, 90) * second);
  }
}
