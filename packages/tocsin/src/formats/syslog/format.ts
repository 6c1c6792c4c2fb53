// System logs as lines: RFC 3164 as it is really written (with or without priority and year), RFC 5424, and the ISO
// times of newer syslog daemons. Logins, mail, programs and packets go to their tables; all else is kept whole.
// A line that is indented goes on the message before it and is kept under that message's program and time.
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { headerOf, type LogHeader, type TimeText } from '../syslog-messages/header.ts';
import { openMessages } from '../syslog-messages/messages.ts';
import { openTimes } from '../syslog-messages/times.ts';

const judgedLines = 40;
/** What stands behind the time in the logs of applications, where a system log has the host. */
const level = /^(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|SEVERE|CRITICAL|FINE|FINER|FINEST)$/i;

function isLogLine(line: string): boolean {
  const header = headerOf(line);
  if (header === null || header.program === '') return false;
  if (header.program.startsWith('%')) return true;
  return header.host === '' ? header.program === 'vsftpd' : !level.test(header.host);
}

function recognise(sample: Sample): number {
  const lines = sample.lines.filter((line) => line.trim() !== '').slice(0, judgedLines);
  const known = lines.filter(isLogLine).length;
  if (known === 0 || known < lines.length * 0.5) return 0;
  return known >= lines.length * 0.8 ? 0.8 : 0.55;
}

function open(sample: Sample, settings: ParseSettings): RecordParser {
  const beginning = sample.lines.map(headerOf).filter((header) => header !== null);
  const times = openTimes(
    settings,
    beginning.map((header) => header.time),
  );
  const messages = openMessages(beginning);
  let last: LogHeader | null = null;
  const record = (line: string): Outcome => {
    const header = headerOf(line);
    if (header === null) {
      if (/^[ \t]/.test(line)) return continued(line);
      return { reject: { code: 'pattern-mismatch', reason: 'no line of a system log' } };
    }
    const time = times.read(header.time);
    if (time === null) return { reject: { code: 'bad-time', reason: whyNoTime(header.time) } };
    last = header;
    const { host } = header;
    const { table, fields, time: ownTime } = messages.read(header, line);
    if (ownTime !== undefined) times.foundElsewhere();
    return { event: { table, time: ownTime ?? time, ...(host === '' ? {} : { sensor: host }), fields } };
  };
  const continued = (line: string): Outcome => {
    const time = times.last();
    if (time === null || last === null)
      return { reject: { code: 'no-header', reason: 'no line before it that it could continue' } };
    const { host, program } = last;
    const { table, fields } = messages.keep({ host, program, pid: '', text: line.trim() }, line);
    return { event: { table, time, ...(host === '' ? {} : { sensor: host }), fields } };
  };
  return { record, assumptions: (): readonly Assumption[] => times.assumptions() };
}

function whyNoTime(time: TimeText): string {
  return time.kind === 'month-day' && time.month === 2 && time.day === 29
    ? 'its year has no 29 February; set the year of the first line with --assume-year'
    : 'the time in front is missing or cannot be read';
}

export const format: RecordFormat = {
  id: 'syslog',
  title: 'System log: sshd, mail, sudo, kernel (syslog lines)',
  definedBy: 'RFC 3164, RFC 5424',
  kind: 'records',
  framing: 'lines',
  lacksYear: true,
  recognise,
  open,
};
