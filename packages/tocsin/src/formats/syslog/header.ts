// The front of a syslog line: priority, time, host, program and process id, and the message behind them.
import type { LogMessage } from '../syslog-messages/messages.ts';

/** A time as the line writes it. */
export type TimeText =
  | { readonly kind: 'iso'; readonly text: string }
  | {
      readonly kind: 'month-day';
      readonly month: number;
      readonly day: number;
      readonly clock: string;
      /** Null when the line names none. */
      readonly year: number | null;
    };

export interface LogHeader extends LogMessage {
  readonly time: TimeText;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthDay =
  /^(?:<\d{1,3}>)?\*?([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))? (\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: (\d{4}))?:? /;
const iso = /^(?:<\d{1,3}>)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) /;
const rfc5424 =
  /^<\d{1,3}>\d{1,2} (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)|-) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64}) /;
const tag = /^([^\s:[\]]{1,128})(?:\[([^\]]{1,64})\])?:(?: |$)/;
const hostName = /^[A-Za-z0-9_.:%-]{1,255}$/;

/** The parts of a line; null when it does not begin as a syslog line does. */
export function headerOf(line: string): LogHeader | null {
  const structured = rfc5424.exec(line);
  if (structured !== null) return structuredHeader(line, structured);
  const dated = monthDay.exec(line);
  if (dated !== null) {
    const [front, month = '', day, before, clock = '', after] = dated;
    if (!months.includes(month)) return null;
    const year = before ?? after;
    const time: TimeText = {
      kind: 'month-day',
      month: months.indexOf(month) + 1,
      day: Number(day),
      clock,
      year: year === undefined ? null : Number(year),
    };
    return { time, ...rest(line.slice(front.length)) };
  }
  const dateFirst = iso.exec(line);
  if (dateFirst === null) return null;
  const [front, text = ''] = dateFirst;
  return { time: { kind: 'iso', text }, ...rest(line.slice(front.length)) };
}

function structuredHeader(line: string, match: RegExpExecArray): LogHeader | null {
  const [front, time = '', host = '', program = '', pid = ''] = match;
  if (time === '-') return null;
  const nil = (text: string) => (text === '-' ? '' : text);
  return {
    time: { kind: 'iso', text: time },
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
function rest(text: string): LogMessage {
  const blank = text.indexOf(' ');
  const first = blank < 0 ? text : text.slice(0, blank);
  const isHost = !first.endsWith(':') && !first.includes('[') && hostName.test(first);
  const host = isHost ? first : '';
  const message = isHost ? text.slice(first.length).replace(/^ {1,2}/, '') : text;
  const named = tag.exec(message);
  if (named === null) return { host, program: '', pid: '', text: message };
  const [whole, program = '', pid = ''] = named;
  return { host, program: bareProgram(program), pid, text: message.slice(whole.length) };
}

/** A program by its name: folders say nothing, but Postfix names its daemons after a slash. */
function bareProgram(name: string): string {
  return name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name;
}
