// Logins by SSH as OpenSSH's sshd logs them. An attempt counts once: what PAM and the closing of the connection say of it
// is kept as it is. https://man.openbsd.org/sshd
import { addressOr, type LogMessage, type Meaning, portOr } from './parts.ts';

const judged =
  /^(Accepted|Failed|Postponed|Partial) ([a-z-]+(?:\/[a-z]+)?) for (invalid user |illegal user )?(.*) from (\S+) port (\d+)(?: ssh\d?)?(?:[: ].*)?$/;
const repeated = /^message repeated (\d+) times: \[ (.*)\]$/;
const closed =
  /^(?:Connection (?:closed|reset) by|Disconnected from|Connection closed by|Received disconnect from) (authenticating|invalid) user (.*) (\S+) port (\d+)(?:.*\[preauth\])?$/;
const tooMany =
  /^(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(.*) from (\S+) port (\d+)/;
/** Processes remembered; sshd has one per connection. */
const mostProcesses = 20_000;

/** A reader of sshd's messages. */
export function openSsh(): (message: LogMessage) => Meaning | null {
  const counted = new Set<string>();
  const remember = (message: LogMessage) => {
    if (message.pid === '') return;
    if (counted.size >= mostProcesses) counted.clear();
    counted.add(`${message.host} ${message.pid}`);
  };
  return (message) => {
    const again = repeated.exec(message.text);
    const text = again?.[2] ?? message.text;
    const login = judged.exec(text);
    if (login !== null) {
      const [, verdict, method = '', unknown, user = '', from = '', port] = login;
      if (verdict === 'Postponed' || verdict === 'Partial') return null;
      remember(message);
      const details = [
        ...(unknown === undefined ? [] : ['no such account']),
        ...(again === null ? [] : [`the same ${again[1] ?? ''} times more`]),
      ];
      return attempt(message, {
        user,
        from,
        port,
        method,
        outcome: verdict === 'Accepted' ? 'success' : 'failure',
        detail: details.join('; '),
      });
    }
    const ending = closed.exec(text);
    if (ending !== null && !counted.has(`${message.host} ${message.pid}`)) {
      const [, kind, user = '', from = '', port] = ending;
      remember(message);
      const detail = kind === 'invalid' ? 'no such account; gave up' : 'gave up';
      return attempt(message, { user, from, port, method: '', outcome: 'failure', detail });
    }
    const exceeded = tooMany.exec(text);
    if (exceeded !== null && !counted.has(`${message.host} ${message.pid}`)) {
      const [, user = '', from = '', port] = exceeded;
      remember(message);
      return attempt(message, {
        user,
        from,
        port,
        method: '',
        outcome: 'failure',
        detail: 'too many attempts',
      });
    }
    return null;
  };
}

function attempt(
  message: LogMessage,
  login: {
    readonly user: string;
    readonly from: string;
    readonly port: string | undefined;
    readonly method: string;
    readonly outcome: 'success' | 'failure';
    readonly detail: string;
  },
): Meaning {
  const ip = addressOr(login.from);
  return {
    table: 'authentication',
    fields: {
      src_ip: ip,
      src_port: portOr(login.port),
      dst_port: 22,
      service: 'ssh',
      username: login.user,
      host: message.host,
      outcome: login.outcome,
      method: login.method,
      detail: ip === '::' ? [`from ${login.from}`, login.detail].filter(Boolean).join('; ') : login.detail,
    },
  };
}
