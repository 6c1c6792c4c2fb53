// System logs as JSON: journald's export, and what rsyslog, syslog-ng, Fluentd and Azure's agents write. The messages
// are read as those of plain syslog are; all else is kept whole.
import { type Instant, instantOfIso, instantOfMicros, instantOfMs } from '../../vocabulary/instant.ts';
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { JsonValues } from '../framing.ts';
import { auditRecord, openAudit } from '../syslog-messages/audit.ts';
import { keptWhole, openMessages } from '../syslog-messages/messages.ts';

type Values = Readonly<Record<string, unknown>>;

/** Names by which writers call the same thing, the surest first. */
const names = {
  time: [
    '__REALTIME_TIMESTAMP',
    '_SOURCE_REALTIME_TIMESTAMP',
    'EventTime',
    'TimeGenerated',
    '@timestamp',
    'timestamp',
    'time',
    'timereported',
  ],
  host: ['_HOSTNAME', 'HostName', 'Computer', 'hostname', 'host', 'fromhost'],
  program: [
    'SYSLOG_IDENTIFIER',
    '_COMM',
    'ProcessName',
    'programname',
    'program',
    'appname',
    'app-name',
    'app_name',
    'ident',
    'syslogtag',
  ],
  pid: ['_PID', 'SYSLOG_PID', 'ProcessID', 'procid', 'pid'],
  text: ['MESSAGE', 'SyslogMessage', 'message', 'msg'],
} as const;

function textOf(values: Values, keys: readonly string[]): string {
  for (const key of keys) {
    const value = values[key];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
    // journald writes a message that is no UTF-8 as its bytes.
    if (Array.isArray(value) && value.every((byte) => typeof byte === 'number' && byte >= 0 && byte < 256))
      return Buffer.from(value as number[]).toString('utf8');
  }
  return '';
}

function valuesOf(text: string): Values | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}

function timeOf(text: string, settings: ParseSettings): Instant | null {
  if (/^\d{15,17}$/.test(text)) return instantOfMicros(BigInt(text));
  if (/^\d{13}$/.test(text)) return instantOfMs(Number(text));
  if (/^\d{10}(?:\.\d{1,9})?$/.test(text)) return instantOfMs(Number(text) * 1000);
  return instantOfIso(text, settings.assumedZoneMinutes);
}

function open(_sample: Sample, settings: ParseSettings): RecordParser {
  const messages = openMessages();
  const audit = openAudit();
  let isZoneAssumed = false;
  const record = (raw: string): Outcome => {
    const values = valuesOf(raw);
    if (values === null) return { reject: { code: 'not-json', reason: 'no JSON object' } };
    const written = textOf(values, names.time);
    const time = timeOf(written, settings);
    if (time === null)
      return { reject: { code: 'bad-time', reason: 'the time is missing or cannot be read' } };
    isZoneAssumed ||= /^\d{4}-/.test(written) && !/(?:Z|[+-]\d\d:?\d\d)$/.test(written.slice(10));
    const host = textOf(values, names.host);
    const tag = /^([^[:\s]*)(?:\[(\d+)\])?:?$/.exec(textOf(values, names.program));
    const message = {
      host,
      program: tag?.[1] ?? '',
      pid: textOf(values, names.pid) || (tag?.[2] ?? ''),
      text: textOf(values, names.text).trimStart(),
    };
    const audited = auditRecord(message.text);
    const { table, fields } =
      (audited === null ? messages.read(message) : audit.read(audited, host)) ?? keptWhole(message, raw);
    return { event: { table, time, ...(host === '' ? {} : { sensor: host }), fields } };
  };
  return { record, assumptions: () => (isZoneAssumed && !settings.isZoneSet ? [zoneAssumed] : []) };
}

const zoneAssumed: Assumption = {
  about: 'zone',
  value: '+00:00',
  text: 'Times in the log name no zone; they are taken as UTC. Set another with --assume-zone.',
};

const judged = 20;

function recognise(sample: Sample): number {
  if (!/^\s*[[{]/.test(sample.text)) return 0;
  const cutter = new JsonValues(sample.text.length + 1);
  let known = 0;
  let seen = 0;
  for (const text of cutter.push(sample.text)) {
    if (seen === judged) break;
    seen += 1;
    const values = valuesOf(text);
    if (values !== null && isLog(values)) known += 1;
  }
  if (known === 0 || known < seen * 0.5) return 0;
  return known >= seen * 0.8 ? 0.7 : 0.55;
}

function isLog(values: Values): boolean {
  if ('EventID' in values || 'event_type' in values || 'winlog' in values) return false;
  return [names.time, names.program, names.text].every((keys) => textOf(values, keys) !== '');
}

export const format: RecordFormat = {
  id: 'syslog-json',
  title: 'System log as JSON (journald, rsyslog, Azure)',
  definedBy: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html',
  kind: 'records',
  framing: 'json-values',
  recognise,
  open,
};
