// The front of a system log's line: priority, time, host, program and process id, and the message behind them.
// Takes a line, gives its parts; null when it does not begin as such a line does.
import type { LogMessage } from './parts.ts';

/** A time as the line writes it. */
export type TimeText =
  | { readonly kind: 'iso'; readonly text: string }
  | {
      readonly kind: 'month-day';
      readonly month: number;
      readonly day: number;
      /** `hh:mm:ss`, with a fraction or without. */
      readonly clock: string;
      /** Null when the line names none. */
      readonly year: number | null;
      /** True when the line says that it is UTC. */
      readonly isUtc: boolean;
    }
  /** RFC 5424 lets a line have no time. */
  | { readonly kind: 'none' };

export interface LogHeader extends LogMessage {
  readonly time: TimeText;
}

const months = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, at) => [
    name,
    at + 1,
  ]),
);
const monthDay =
  /^(?:<\d{1,3}>)?[*.]?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))? (\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: (\d{4}))?(?: ([A-Z]{2,5})(?=:))?:? /;
const iso = /^(?:<\d{1,3}>)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) /;
const rfc5424 =
  /^<\d{1,3}>\d{1,2} (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)|-) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64}) /;
/** The colon may be left out behind a process id, as ProFTPD does. */
const tag = /^([^\s:[\]]{1,128})(?:\[([^\]]{1,64})\](?::|(?= ))|:)(?: |$)/;
/** What Cisco's devices name a message: facility, severity and mnemonic. */
const mnemonic = /(?:^|[ :])(%[A-Z][A-Z0-9_]{0,40}(?:-[A-Z0-9_]{1,40}){0,2}-[0-7]-[A-Z0-9_]{1,60}): /;
const nativeVsftpd = /^\[pid (\d{1,10})\] /;
const hostName = /^[A-Za-z0-9_.:%-]{1,255}$/;
/** How far into a message a mnemonic is looked for, characters. */
const mnemonicWithin = 160;

/** The parts of a line; null when it does not begin as a line of a system log does. */
export function headerOf(line: string): LogHeader | null {
  const isNumbered = line.startsWith('<');
  const structured = isNumbered ? rfc5424.exec(line) : null;
  if (structured !== null) return structuredHeader(line, structured);
  const dated = monthDay.exec(line);
  if (dated !== null) {
    const [front, name = '', day, before, clock = '', after, zone] = dated;
    const month = months.get(name);
    if (month === undefined) return null;
    const year = before ?? after;
    const time: TimeText = {
      kind: 'month-day',
      month,
      day: Number(day),
      clock,
      year: year === undefined ? null : Number(year),
      isUtc: zone === 'UTC' || zone === 'GMT',
    };
    return withTime(time, rest(line.slice(front.length)));
  }
  const dateFirst = iso.exec(line);
  if (dateFirst === null) return null;
  const [front, text = ''] = dateFirst;
  return withTime({ kind: 'iso', text }, rest(line.slice(front.length)));
}

function withTime(time: TimeText, { host, program, pid, text }: LogMessage): LogHeader {
  return { time, host, program, pid, text };
}

function structuredHeader(line: string, match: RegExpExecArray): LogHeader {
  const [front, time = '', host = '', program = '', pid = ''] = match;
  const nil = (text: string) => (text === '-' ? '' : text);
  return {
    time: time === '-' ? { kind: 'none' } : { kind: 'iso', text: time },
    host: nil(host),
    program: bareProgram(nil(program)),
    pid: nil(pid),
    text: afterStructuredData(line.slice(front.length)).replace(/^\ufeff/, ''),
  };
}

/** What follows the structured data: `-`, or elements in brackets with quoted values. */
function afterStructuredData(text: string): string {
  if (text.startsWith('-')) return text.slice(1).trimStart();
  let at = 0;
  while (text[at] === '[') {
    let isQuoted = false;
    for (at += 1; at < text.length; at += 1) {
      if (text[at] === '\\') at += 1;
      else if (text[at] === '"') isQuoted = !isQuoted;
      else if (text[at] === ']' && !isQuoted) break;
    }
    at += 1;
  }
  return text.slice(at).trimStart();
}

/** `host program[pid]: message`; some devices leave the host or the program out. */
function rest(behind: string): LogMessage {
  const native = nativeVsftpd.exec(behind);
  if (native !== null)
    return { host: '', program: 'vsftpd', pid: native[1] ?? '', text: behind.slice(native[0].length) };
  const blank = behind.indexOf(' ');
  const first = blank < 0 ? behind : behind.slice(0, blank);
  const isHost =
    !first.endsWith(':') && !first.includes('[') && !first.startsWith('%') && hostName.test(first);
  const host = isHost ? first : '';
  const message = isHost ? behind.slice(first.length).replace(/^ {1,2}(?:: )?/, '') : behind;
  const device = message.includes('%') ? mnemonic.exec(message.slice(0, mnemonicWithin)) : null;
  if (device !== null) {
    const [whole, program = ''] = device;
    return { host, program, pid: '', text: message.slice(device.index + whole.length) };
  }
  // How the login program of older systems names itself: `-- root[2421]: ROOT LOGIN ON tty2`.
  const isLogin = message.startsWith('-- ');
  const named = tag.exec(isLogin ? message.slice(3) : message);
  if (named === null) return { host, program: '', pid: '', text: message };
  const [whole, program = '', pid = ''] = named;
  const text = message.slice(whole.length + (isLogin ? 3 : 0));
  return { host, program: isLogin ? 'login' : bareProgram(program), pid, text };
}

/** A program by its name: folders say nothing, but Postfix names its daemons after a slash. */
function bareProgram(name: string): string {
  return name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name;
}
