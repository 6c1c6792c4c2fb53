// System logs as lines: RFC 3164 as it is really written (with or without priority and year), RFC 5424, and the ISO
// times of newer syslog daemons. Logins, mail, programs and packets go to their tables; all else is kept whole.
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { keptWhole, openMessages } from '../syslog-messages/messages.ts';
import { headerOf, type LogHeader } from './header.ts';
import { openTimes } from './times.ts';

const judgedLines = 40;

function recognise(sample: Sample): number {
  const lines = sample.lines.filter((line) => line.trim() !== '').slice(0, judgedLines);
  const known = lines.filter((line) => {
    const header = headerOf(line);
    return header !== null && header.host !== '' && header.program !== '';
  }).length;
  if (known === 0 || known < lines.length * 0.5) return 0;
  return known >= lines.length * 0.8 ? 0.8 : 0.55;
}

function open(_sample: Sample, settings: ParseSettings): RecordParser {
  const times = openTimes(settings);
  const messages = openMessages();
  let last: LogHeader | null = null;
  const record = (line: string): Outcome => {
    const header = headerOf(line);
    if (header === null) {
      // A message of several lines: what is indented belongs to the line before.
      if (last !== null && /^[ \t]/.test(line)) return continued(line, last);
      return { reject: { code: 'pattern-mismatch', reason: 'no line of a system log' } };
    }
    const time = times.read(header.time);
    if (time === null) return { reject: { code: 'bad-time', reason: 'the time in front cannot be read' } };
    last = header;
    const { table, fields } = messages.read(header) ?? keptWhole(header, line);
    return { event: { table, time, ...(header.host === '' ? {} : { sensor: header.host }), fields } };
  };
  const continued = (line: string, header: LogHeader): Outcome => {
    const time = times.last();
    if (time === null)
      return { reject: { code: 'no-header', reason: 'no line before it that it could continue' } };
    const { table, fields } = keptWhole({ ...header, text: line.trim() }, line);
    return { event: { table, time, ...(header.host === '' ? {} : { sensor: header.host }), fields } };
  };
  return { record, assumptions: (): readonly Assumption[] => times.assumptions() };
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
