// Web access logs: NCSA common and combined as Apache, nginx, Tomcat, Caddy and others write them, with or without a
// virtual host in front and further fields behind. One request a line, to `http`. A request that is no HTTP is kept as
// it stands: such lines are what an attack looks like.
import { isIP } from 'node:net';
import { type Instant, instantOfIso, instantOfParts, offsetMinutes } from '../../vocabulary/instant.ts';
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';

interface Line {
  /** What stands before the time, by blanks. */
  readonly front: readonly string[];
  readonly time: string;
  readonly request: string;
  readonly status: string;
  readonly bytes: string;
  /** Quoted fields after the size. */
  readonly quoted: readonly string[];
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const timePattern =
  /^(\d{1,2})\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ([+-]\d{4}))?$/;
const escapedQuotes = /^"((?:[^"\\]|\\.)*)" (\d{3}|-) (\d{1,19}|-)(?= |$)/;
// Tomcat does not escape a quote in a request: it ends where status and size follow.
const plainQuotes = /^"(.*?)" (\d{3}|-) (\d{1,19}|-)(?= |$)/;
const maxFront = 2048;

function lineOf(text: string): Line | null {
  const open = text.indexOf(' [');
  if (open < 1 || open > maxFront) return null;
  const close = text.indexOf('] "', open);
  if (close < 0 || close - open > 48) return null;
  const rest = text.slice(close + 2);
  const match = escapedQuotes.exec(rest) ?? plainQuotes.exec(rest);
  if (!match) return null;
  const [whole, request = '', status = '', bytes = ''] = match;
  return {
    front: text.slice(0, open).split(' '),
    time: text.slice(open + 2, close),
    request,
    status,
    bytes,
    quoted: quotedIn(rest.slice(whole.length)),
  };
}

/** The quoted fields of what is left of a line; others (times, sizes, names of upstreams) stand between them. */
function quotedIn(text: string): readonly string[] {
  const found: string[] = [];
  for (let at = text.indexOf('"'); at >= 0 && found.length < 16; at = text.indexOf('"', at)) {
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    found.push(text.slice(at + 1, end));
    at = end + 1;
  }
  return found;
}

interface Caller {
  readonly ip: string;
  /** Name, where the log has resolved the address. */
  readonly name: string;
  readonly virtualHost: string;
  readonly port: number;
  readonly username: string;
  readonly forwarded: string;
}

/** `host ident user`, with a virtual host or a list of forwarding addresses before it. */
function callerOf(front: readonly string[]): Caller | null {
  const words = [...front];
  const addresses: string[] = [];
  while (words[0]?.endsWith(',')) addresses.push((words.shift() ?? '').slice(0, -1));
  if (addresses.length > 0) addresses.push(words.shift() ?? '');
  const hasVirtualHost =
    addresses.length === 0 &&
    words.length >= 4 &&
    (isIP(words[1] ?? '') > 0 || /:\d{1,5}$/.test(words[0] ?? ''));
  const [virtualHost, port] = hasVirtualHost ? hostAndPort(words.shift() ?? '') : ['', 0];
  const [client = '', ...identAndUser] = addresses.length > 0 ? [addresses[0], ...words] : words;
  if (client === '' || identAndUser.length < 2) return null;
  const user = identAndUser.slice(1).join(' ');
  const ip = bareAddress(client);
  return {
    ip: ip ?? '::',
    name: ip === null && client !== '-' ? client : '',
    virtualHost,
    port,
    username: user === '-' || user === '""' ? '' : user,
    forwarded: addresses.join(', '),
  };
}

function bareAddress(text: string): string | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return isIP(bare) > 0 ? bare : null;
}

function hostAndPort(text: string): readonly [host: string, port: number] {
  const match = /^(.*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2] ?? 0);
  return match && port <= 65_535 && isIP(text) !== 6 ? [match[1] ?? '', port] : [text, 0];
}

/** Method and target; a request that is no HTTP has no method and is its own target. */
function requestOf(request: string): { readonly method: string; readonly uri: string } {
  const sent = request.replaceAll('\\"', '"');
  const match = /^([A-Za-z][A-Za-z_-]{0,31}) (.*)$/s.exec(sent);
  const [, method = '', rest = ''] = match ?? [];
  if (match === null) return { method: '', uri: sent === '-' ? '' : sent };
  const version = rest.lastIndexOf(' ');
  return {
    method,
    uri: /^HTTP\/\d/.test(rest.slice(version + 1)) && version >= 0 ? rest.slice(0, version) : rest,
  };
}

/** Referrer, user agent and what else is known by its looks. */
function headersOf({ quoted }: Line): {
  readonly referrer: string;
  readonly agent: string;
  readonly others: readonly string[];
} {
  const plain = quoted.map((field) => (field === '-' ? '' : field.replaceAll('\\"', '"')));
  const [first = '', second, ...more] = plain;
  if (second === undefined) {
    const isReferrer = /^https?:\/\//i.test(first);
    return { referrer: isReferrer ? first : '', agent: isReferrer ? '' : first, others: [] };
  }
  return { referrer: first, agent: second, others: more.filter((field) => field !== '') };
}

function open(_sample: Sample, settings: ParseSettings): RecordParser {
  let isZoneAssumed = false;
  let lastText = '';
  let lastTime: Instant | null = null;
  const timeOf = (text: string): Instant | null => {
    if (text === lastText) return lastTime;
    lastText = text;
    const match = timePattern.exec(text);
    if (match === null) {
      lastTime = instantOfIso(text, settings.assumedZoneMinutes);
      isZoneAssumed ||= lastTime !== null && !/(?:Z|[+-]\d\d:?\d\d)$/.test(text);
      return lastTime;
    }
    const [, day, month = '', year, hour, minute, second, fraction, zone] = match;
    isZoneAssumed ||= zone === undefined;
    lastTime = instantOfParts({
      year: Number(year),
      month: months.indexOf(month) + 1,
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      micros: Number((fraction ?? '').slice(0, 6).padEnd(6, '0')),
      offsetMinutes: zone === undefined ? settings.assumedZoneMinutes : offsetMinutes(zone),
    });
    return lastTime;
  };
  const record = (text: string): Outcome => {
    const line = lineOf(text);
    if (line === null) return { reject: { code: 'pattern-mismatch', reason: 'no line of an access log' } };
    const caller = callerOf(line.front);
    if (caller === null)
      return {
        reject: { code: 'pattern-mismatch', reason: 'client, identity and user do not stand in front' },
      };
    const time = timeOf(line.time);
    if (time === null) return { reject: { code: 'bad-time', reason: 'the time in brackets cannot be read' } };
    const { method, uri } = requestOf(line.request);
    const { referrer, agent, others } = headersOf(line);
    const headers = [
      ...(caller.name === '' ? [] : [`remote-host: ${caller.name}`]),
      ...(caller.forwarded === '' ? [] : [`x-forwarded-for: ${caller.forwarded}`]),
      ...others.map((field) => (isAddressList(field) ? `x-forwarded-for: ${field}` : `field: ${field}`)),
    ];
    return {
      event: {
        table: 'http',
        time,
        fields: {
          src_ip: caller.ip,
          dst_port: caller.port,
          host: caller.virtualHost,
          username: caller.username,
          method,
          uri,
          referrer,
          user_agent: agent,
          status: line.status === '-' ? null : Number(line.status),
          response_bytes: line.bytes === '-' ? null : BigInt.asUintN(64, BigInt(line.bytes)),
          request_headers: headers.join('\n'),
        },
      },
    };
  };
  return { record, assumptions: () => (isZoneAssumed && !settings.isZoneSet ? [utcAssumed] : []) };
}

const utcAssumed: Assumption = {
  about: 'zone',
  value: '+00:00',
  text: 'The log names no zone; its times are taken as UTC. Set another with --assume-zone.',
};

function isAddressList(field: string): boolean {
  return field.length < 1000 && field.split(',').every((part) => isIP(part.trim()) > 0);
}

const judgedLines = 40;

function recognise(sample: Sample): number {
  const lines = sample.lines.filter((line) => line.trim() !== '').slice(0, judgedLines);
  const known = lines.filter((line) => {
    const parsed = lineOf(line);
    return parsed !== null && callerOf(parsed.front) !== null && /^\d{1,4}[-/]/.test(parsed.time);
  }).length;
  if (known === 0 || known < lines.length * 0.5) return 0;
  return known >= lines.length * 0.8 ? 0.9 : 0.6;
}

export const format: RecordFormat = {
  id: 'web-access',
  title: 'Web access log, common or combined (Apache, nginx, Tomcat)',
  definedBy: 'https://httpd.apache.org/docs/2.4/mod/mod_log_config.html',
  kind: 'records',
  framing: 'lines',
  recognise,
  open,
};
