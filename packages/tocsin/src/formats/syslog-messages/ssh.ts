// Logins by SSH as OpenSSH's sshd and Dropbear log them. An attempt counts once: what PAM, the user's lookup and the
// closing of the connection say of it is kept as it is. https://man.openbsd.org/sshd https://matt.ucc.asn.au/dropbear/
import { type Login, type LogMessage, loginMeaning, type Meaning, Recent } from './parts.ts';

/** What is known of one connection: sshd has a process for each. */
interface Connection {
  /** Port it came from; empty in logs that do not say. */
  readonly port: string;
  readonly to: string;
  readonly toPort: string;
  /** Account that does not exist, before anything else was said of it. */
  unknownUser: string | null;
  isCounted: boolean;
  /** Attempts PAM told of and sshd has not yet. */
  byPam: number;
}

const verdictFront = /^(Accepted|Failed) ([a-z-]+(?:\/[a-z]+)?) for (invalid user |illegal user )?/;
const verdictEnd = /^(\S+) port (\d+)(?: ssh\d?)?(?:[: ].*)?$/;
const repeated = /^message repeated (\d+) times: \[ ?(.*)\]$/;
const lookedUp = /^(?:Invalid|Illegal) user (.*) from (\S+)(?: port (\d+))?$/;
const opened = /^Connection from (\S+) port (\d+)(?: on (\S+) port (\d+))?/;
const pamError =
  /^error: PAM: [A-Za-z ]{1,80} for (illegal user |invalid user )?(.*) from (\S+)(?: via (\S+))?$/;
const endedFront =
  /^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) (authenticating|invalid) user /;
const endedEnd = /^(\S+) port (\d+)(?::.*)?(?: \[preauth\])?$/;
/** How older versions end a connection. */
const endedUnnamed =
  /^(?:error: )?(?:Connection closed by|Received disconnect from) ([^\s:]+)(?::.*)? \[preauth\]$/;
const tooMany =
  /^(?:error: )?maximum authentication attempts exceeded for (invalid user )?(.*) from (\S+) port (\d+)/;
const dropbear =
  /^(bad (?:PAM )?password attempt|login attempt for nonexistent user|(?:PAM )?(?:password|pubkey|blank password) auth succeeded)(?: for '([^']*)')?(?: with [^\n]{0,200}?)? from (\S+):(\d+)$/i;

const mostConnections = 20_000;

/** A reader of sshd's messages. */
export function openSsh(): (message: LogMessage) => Meaning | null {
  const connections = new Recent<Connection>(mostConnections);
  const connectionOf = ({ host, pid }: LogMessage, port: string): Connection => {
    const key = `${host} ${pid}`;
    const known = pid === '' ? undefined : connections.get(key);
    // A process id comes again; a connection keeps its port.
    if (known !== undefined && (known.port === port || known.port === '' || port === '')) return known;
    const fresh = { port, to: '', toPort: '', unknownUser: null, isCounted: false, byPam: 0 };
    if (pid !== '') connections.set(key, fresh);
    return fresh;
  };
  const attempt = (message: LogMessage, connection: Connection, login: Omit<Login, 'service'>): Meaning => {
    connection.isCounted = true;
    const { to, toPort } = connection;
    return loginMeaning(message.host, { ...login, service: 'ssh', to, port: toPort === '' ? '22' : toPort });
  };
  const verdict = (message: LogMessage, text: string, times: string | undefined): Meaning | null => {
    const said = verdictOf(text);
    if (said === null) return null;
    const { method, user, from, port, isSuccess, isUnknown } = said;
    const connection = connectionOf(message, port);
    // PAM told of this one just before.
    if (method.startsWith('keyboard-interactive') && !isSuccess && connection.byPam > 0) {
      connection.byPam -= 1;
      return null;
    }
    const unknown = isUnknown ? 'no such account' : '';
    const more = times === undefined ? '' : `the same ${times} times more`;
    return attempt(message, connection, {
      user,
      from,
      fromPort: port,
      method,
      isSuccess,
      detail: unknown === '' || more === '' ? unknown + more : `${unknown}; ${more}`,
    });
  };
  return (message) => {
    const again = message.text.startsWith('message repeated') ? repeated.exec(message.text) : null;
    const text = again?.[2] ?? message.text;
    if (text.startsWith('Failed ') || text.startsWith('Accepted ')) return verdict(message, text, again?.[1]);
    const start = text.startsWith('Connection from ') ? opened.exec(text) : null;
    if (start !== null) {
      const [, , port = '', to = '', toPort = ''] = start;
      const fresh = { port, to, toPort, unknownUser: null, isCounted: false, byPam: 0 };
      if (message.pid !== '') connections.set(`${message.host} ${message.pid}`, fresh);
      return null;
    }
    const unknown = text.startsWith('I') ? lookedUp.exec(text) : null;
    if (unknown !== null) {
      const [, user = '', , port = ''] = unknown;
      const connection = connectionOf(message, port);
      // The lookup begins a connection; without a port only that tells it from the one before.
      connection.unknownUser = user;
      if (port === '') connection.isCounted = false;
      return null;
    }
    const pam = text.startsWith('error: PAM: ') ? pamError.exec(text) : null;
    if (pam !== null) {
      const [, isUnknown, user = '', from = ''] = pam;
      const connection = connectionOf(message, '');
      connection.byPam += 1;
      const detail = isUnknown === undefined ? '' : 'no such account';
      const fromPort = connection.port;
      const method = 'keyboard-interactive';
      return attempt(message, connection, { user, from, fromPort, method, isSuccess: false, detail });
    }
    const ended = endOf(text);
    if (ended !== null) {
      const { user, from, port, detail } = ended;
      const connection = connectionOf(message, port);
      if (connection.isCounted) return null;
      return attempt(message, connection, { user, from, fromPort: port, isSuccess: false, detail });
    }
    const unnamed = endedUnnamed.exec(text);
    if (unnamed !== null) {
      const connection = connectionOf(message, '');
      if (connection.isCounted || connection.unknownUser === null) return null;
      return attempt(message, connection, {
        user: connection.unknownUser,
        from: unnamed[1],
        isSuccess: false,
        detail: 'no such account; gave up',
      });
    }
    return null;
  };
}

interface Verdict {
  readonly isSuccess: boolean;
  readonly method: string;
  readonly isUnknown: boolean;
  readonly user: string;
  readonly from: string;
  readonly port: string;
}

/** `Failed METHOD for [invalid user ]USER from ADDRESS port PORT`, where USER is whatever the other side sent. */
function verdictOf(text: string): Verdict | null {
  const front = verdictFront.exec(text);
  if (front === null) return null;
  const [whole, word, method = '', unknown] = front;
  const isSuccess = word === 'Accepted';
  // An account that exists has no blank in its name, but what follows (a key's comment) may repeat these words.
  const isLast = !isSuccess;
  const found = addressBehind(text.slice(whole.length), ' from ', verdictEnd, isLast);
  return found === null ? null : { ...found, isSuccess, method, isUnknown: unknown !== undefined };
}

/** How a connection ended before anyone was let in; null when the text is none of that. */
function endOf(text: string): {
  readonly user: string;
  readonly from: string;
  readonly port: string;
  readonly detail: string;
} | null {
  const front = endedFront.exec(text);
  if (front !== null) {
    const found = addressBehind(text.slice(front[0].length), ' ', endedEnd, true);
    const detail = front[1] === 'invalid' ? 'no such account; gave up' : 'gave up';
    return found === null ? null : { ...found, detail };
  }
  const exceeded = tooMany.exec(text);
  if (exceeded === null) return null;
  const [, , user = '', from = '', port = ''] = exceeded;
  return { user, from, port, detail: 'too many attempts' };
}

/** How often a mark may stand in a name before the line is kept whole. */
const mostMarks = 64;

/** Cuts `USER<mark>ADDRESS port PORT ...` where the rest fits `pattern`, from the end or from the beginning. */
function addressBehind(
  text: string,
  mark: string,
  pattern: RegExp,
  isLast: boolean,
): { readonly user: string; readonly from: string; readonly port: string } | null {
  let at = isLast ? text.lastIndexOf(mark) : text.indexOf(mark);
  for (let tries = 0; at >= 0 && tries < mostMarks; tries += 1) {
    const match = pattern.exec(text.slice(at + mark.length));
    if (match !== null) return { user: text.slice(0, at), from: match[1] ?? '', port: match[2] ?? '' };
    if (isLast && at === 0) break;
    at = isLast ? text.lastIndexOf(mark, at - 1) : text.indexOf(mark, at + 1);
  }
  return null;
}

/** The message of Dropbear, the SSH server of small devices; null when it says nothing of a login. */
export function dropbearMessage({ host, text }: LogMessage): Meaning | null {
  const match = dropbear.exec(text);
  if (match === null) return null;
  const [, what = '', user = '', from, fromPort] = match;
  return loginMeaning(host, {
    service: 'ssh',
    user,
    from,
    fromPort,
    port: '22',
    method: /pubkey/i.test(what) ? 'publickey' : 'password',
    isSuccess: /succeeded$/i.test(what),
    detail: /nonexistent/i.test(what) ? 'no such account' : '',
  });
}
