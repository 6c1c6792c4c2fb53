// Who asked, from what stands before the time: `client identity user`, with a virtual host, forwarding addresses or a
// syslog header before it. Takes that text, gives the client with all the log says of it.
import { isIP } from 'node:net';

export interface Caller {
  /** Address of the client; `::` where the log names it otherwise. */
  readonly ip: string;
  readonly port: number;
  /** Name, where the log has resolved the address. */
  readonly name: string;
  readonly virtualHost: string;
  readonly virtualPort: number;
  readonly username: string;
  /** Forwarding addresses that stand in front, as logged. */
  readonly forwarded: string;
  /** Machine of a syslog header; empty without one. */
  readonly sensor: string;
}

const syslogHeader =
  /^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[^ ]{8,32}) ([^ ]{1,255}) [^ :]{1,64}: /;

/** The caller; null when no client stands there. */
export function callerOf(front: string): Caller | null {
  const header = syslogHeader.exec(front);
  const { forwarded, words } = forwardedOf(header === null ? front : front.slice(header[0].length));
  const virtual = hasVirtualHost(words, forwarded) ? hostAndPort(words.shift() ?? '') : noHost;
  const [client = '', ...identAndUser] = words;
  const address = addressOf(client);
  // Some logs leave out identity, or identity and user; only an address is then surely a client.
  if (client === '' || (address === null && identAndUser.length < 2)) return null;
  const user = identAndUser.slice(1).join(' ');
  return {
    ip: address?.ip ?? '::',
    port: address?.port ?? 0,
    name: address === null && client !== '-' ? client : '',
    virtualHost: virtual.host,
    virtualPort: virtual.port,
    username: user === '-' || user === '""' ? '' : user,
    forwarded,
    sensor: header?.[1] ?? '',
  };
}

/**
 * Forwarding addresses in front, quoted or joined by commas, and the words after them. Where no client follows them,
 * the first of them is the client.
 */
function forwardedOf(front: string): { readonly forwarded: string; readonly words: string[] } {
  const quoted = /^"([^"]{1,1000})" (.*)$/s.exec(front);
  if (quoted !== null) {
    const [, forwarded = '', rest = ''] = quoted;
    const words = rest.split(' ');
    if (addressOf(words[0] ?? '') === null) words.unshift(forwarded.split(',', 1)[0]?.trim() ?? '');
    return { forwarded: forwarded === '-' ? '' : forwarded, words };
  }
  const words = front.split(' ');
  let listed = 0;
  while (words[listed]?.endsWith(',')) listed += 1;
  if (listed === 0) return { forwarded: '', words };
  const list = words.slice(0, listed + 1);
  return { forwarded: list.join(' '), words: [list[0]?.slice(0, -1) ?? '', ...words.slice(listed + 1)] };
}

/** True when a virtual host stands before the client. A user name may hold blanks, an identity is hardly ever sent. */
function hasVirtualHost(words: readonly string[], forwarded: string): boolean {
  const [first = '', second = '', third = ''] = words;
  if (forwarded !== '' || words.length < 2) return false;
  if (isIP(second) > 0) return true;
  if (words.length < 4 || isIP(first) > 0 || second === '-') return false;
  return third === '-' || /:\d{1,5}$/.test(first);
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const noHost: HostAndPort = { host: '', port: 0 };

function hostAndPort(text: string): HostAndPort {
  if (text === '-') return noHost;
  const match = /^(.*):(\d{1,5})$/s.exec(text);
  const port = Number(match?.[2] ?? 0);
  return match && port <= 65_535 && isIP(text) !== 6
    ? { host: match[1] ?? '', port }
    : { host: text, port: 0 };
}

/** An address, in brackets or not, with the client's port or not; null when it is none. */
function addressOf(text: string): { readonly ip: string; readonly port: number } | null {
  if (isIP(text) > 0) return { ip: text, port: 0 };
  const { host, port } = hostAndPort(text);
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return isIP(bare) > 0 ? { ip: bare, port } : null;
}
