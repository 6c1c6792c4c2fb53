// Logins to Cisco's routers, switches and firewalls, and to the networks behind them.
// https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/asa-syslog.html
import { type LogMessage, loginMeaning, type Meaning } from './parts.ts';

const box = /\[([A-Za-z]{1,12}): ?([^\]]*)\]/g;
const asaLogin =
  /^Login (denied|permitted) from ([0-9A-Fa-f.:]+)\/(\d+) to [^\s:]+:([0-9A-Fa-f.:]+)\/(\S+) for user "([^"]*)"/;
const asaRejected = /user authentication Rejected : .{0,300}?: user = (.*) : user IP = ([0-9A-Fa-f.:]+)/;
const asaTunnel =
  /^Group <[^>]*> User <([^>]*)> IP <([^>]*)> Authentication: successful, Session Type: (\S+?)\.?$/;

/** The message of a device; null when it says nothing of a login. */
export function deviceMessage({ host, program, text }: LogMessage): Meaning | null {
  if (/LOGIN_(?:FAILED|SUCCESS)$/.test(program)) {
    const said = new Map<string, string>();
    for (const [, name = '', value = ''] of text.matchAll(box)) said.set(name.toLowerCase(), value);
    const port = said.get('localport');
    return loginMeaning(host, {
      service: serviceOf(port),
      user: said.get('user') ?? '',
      from: said.get('source'),
      port,
      isSuccess: program.endsWith('SUCCESS'),
      detail: said.get('reason'),
    });
  }
  const management = asaLogin.exec(text);
  if (management !== null) {
    const [, verdict, from, fromPort, to, service = '', user = ''] = management;
    return loginMeaning(host, { service, user, from, fromPort, to, isSuccess: verdict === 'permitted' });
  }
  const rejected = asaRejected.exec(text);
  if (rejected !== null)
    return loginMeaning(host, {
      service: 'vpn',
      user: rejected[1] ?? '',
      from: rejected[2],
      isSuccess: false,
    });
  const tunnel = asaTunnel.exec(text);
  if (tunnel === null) return null;
  const [, user = '', from, method] = tunnel;
  return loginMeaning(host, { service: 'vpn', user, from, method, isSuccess: true });
}

function serviceOf(port: string | undefined): string {
  return { 22: 'ssh', 23: 'telnet', 80: 'http', 443: 'https' }[port ?? ''] ?? 'device';
}
