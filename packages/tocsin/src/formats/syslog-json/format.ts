// System logs as JSON: journald's export, and what rsyslog, syslog-ng, Fluentd, Filebeat and Azure's agents write. The
// messages are read as those of plain syslog are, also where one is a whole syslog line; all else is kept whole.
import {
  type Instant,
  instantOfEpochText,
  instantOfIso,
  instantOfMicros,
  instantOfMs,
} from '../../vocabulary/instant.ts';
import { zoneAssumed, zonePartlyAssumed } from '../assumed-zone.ts';
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { JsonValues } from '../framing.ts';
import { headerOf } from '../syslog-messages/header.ts';
import { type LogMessage, openMessages } from '../syslog-messages/messages.ts';
import { instantNear } from '../syslog-messages/times.ts';

type Values = Readonly<Record<string, unknown>>;

/** Names by which writers call the same thing, the surest first. A dot leads into a nested object. */
const names = {
  time: [
    '__REALTIME_TIMESTAMP',
    '_SOURCE_REALTIME_TIMESTAMP',
    'EventTime',
    'TimeGenerated',
    '@timestamp',
    'timestamp',
    'timereported',
    'time',
    'date',
    'DATE',
    'ISODATE',
  ],
  host: [
    '_HOSTNAME',
    'HostName',
    'Computer',
    'host.hostname',
    'host.name',
    'hostname',
    'host',
    'HOST',
    'fromhost',
    'agent.hostname',
    'beat.hostname',
  ],
  program: [
    'SYSLOG_IDENTIFIER',
    '_COMM',
    'ProcessName',
    'programname',
    'program',
    'PROGRAM',
    'appname',
    'app-name',
    'app_name',
    'APP-NAME',
    'log.syslog.appname',
    'process.name',
    'ident',
    'syslogtag',
    'tag',
  ],
  pid: ['_PID', 'SYSLOG_PID', 'ProcessID', 'log.syslog.procid', 'process.pid', 'procid', 'PID', 'pid'],
  text: ['MESSAGE', 'SyslogMessage', 'message', 'msg', 'log'],
} as const;

function valueAt(values: Values, key: string): unknown {
  if (Object.hasOwn(values, key)) return values[key];
  const dot = key.indexOf('.');
  if (dot < 0) return undefined;
  const inner = values[key.slice(0, dot)];
  return isValues(inner) ? valueAt(inner, key.slice(dot + 1)) : undefined;
}

function textOf(values: Values, keys: readonly string[]): string {
  for (const key of keys) {
    const value = valueAt(values, key);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
    if (!Array.isArray(value) || value.length === 0) continue;
    const parts: readonly unknown[] = value;
    // journald gives a field that occurs twice as a list, and a message that is no UTF-8 as its bytes.
    if (typeof parts[0] === 'string') return parts[0];
    const bytes = parts.filter((byte) => typeof byte === 'number').filter((byte) => byte >= 0 && byte < 256);
    if (bytes.length === parts.length) return Buffer.from(bytes).toString('utf8');
  }
  return '';
}

const isValues = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object of a record; for an export of Elasticsearch's index the document in it. */
function valuesOf(text: string): Values | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isValues(parsed)) return null;
    const document = parsed['_source'];
    return isValues(document) ? document : parsed;
  } catch {
    // No JSON: the caller rejects it.
    return null;
  }
}

function timeOf(text: string, settings: ParseSettings): Instant | null {
  if (/^\d{15,17}$/.test(text)) return instantOfMicros(BigInt(text));
  if (/^\d{13}$/.test(text)) return instantOfMs(Number(text));
  if (/^\d{10}(?:\.\d{1,9})?$/.test(text)) return instantOfEpochText(text);
  return instantOfIso(text, settings.assumedZoneMinutes);
}

const hasZone = (text: string): boolean =>
  !/^\d{4}-/.test(text) || /(?:Z|[+-]\d\d:?\d\d)$/.test(text.slice(10));

/** The message in a record. */
function messageOf(values: Values): LogMessage {
  const tag = /^([^[:\s]*)(?:\[(\d+)\])?:?$/.exec(textOf(values, names.program));
  const text = textOf(values, names.text);
  return {
    host: textOf(values, names.host),
    program: tag?.[1] ?? '',
    pid: textOf(values, names.pid) || (tag?.[2] ?? ''),
    text: startedText(values, text) ?? text.trimStart(),
  };
}

/** Programs started, as the journal keeps the audit system's records of them; its logins stand there anyway. */
function startedText(values: Values, text: string): string | null {
  const type = values['_AUDIT_TYPE_NAME'];
  if (values['_TRANSPORT'] !== 'audit' || (type !== 'EXECVE' && type !== 'SYSCALL')) return null;
  const micros = textOf(values, ['_SOURCE_REALTIME_TIMESTAMP', '__REALTIME_TIMESTAMP']);
  const seconds = `${micros.slice(0, -6)}.${micros.slice(-6)}`;
  return `type=${type} audit(${seconds}:${textOf(values, ['_AUDIT_ID'])}): ${text.replace(/^[A-Z_]+ /, '')}`;
}

function open(sample: Sample, settings: ParseSettings): RecordParser {
  const messages = openMessages(beginningOf(sample).map((values) => wholeMessage(messageOf(values)).message));
  let isZoneAssumed = false;
  let isZoneNamed = false;
  const record = (raw: string): Outcome => {
    const values = valuesOf(raw);
    if (values === null) return { reject: { code: 'not-json', reason: 'no JSON object' } };
    const written = textOf(values, names.time);
    const received = timeOf(written, settings);
    if (received === null)
      return { reject: { code: 'bad-time', reason: 'the time is missing or cannot be read' } };
    const { message, line } = wholeMessage(messageOf(values));
    // The line's own time is when it happened; the record's may be when it was collected.
    const own = line === null ? null : instantNear(line.time, received, settings.assumedZoneMinutes);
    const lacksZone =
      own === null ? !hasZone(written) : line?.time.kind !== 'iso' || !hasZone(line.time.text);
    const { table, fields, time } = messages.read(message, raw);
    isZoneAssumed ||= lacksZone;
    isZoneNamed ||= !lacksZone || time !== undefined;
    const sensor = message.host === '' ? {} : { sensor: message.host };
    return { event: { table, time: time ?? own ?? received, ...sensor, fields } };
  };
  const assumptions = (): readonly Assumption[] => {
    if (!isZoneAssumed || settings.isZoneSet) return [];
    return [isZoneNamed ? zonePartlyAssumed : zoneAssumed];
  };
  return { record, assumptions };
}

/** The message, and the line it is where a collector packed a whole syslog line into the record. */
function wholeMessage(message: LogMessage): {
  readonly message: LogMessage;
  readonly line: ReturnType<typeof headerOf>;
} {
  const line = /^(?:<|[A-Z][a-z]{2} |\d{4}-)/.test(message.text) ? headerOf(message.text) : null;
  if (line === null || line.program === '') return { message, line: null };
  const { host, program, pid, text } = line;
  return { message: { host: host || message.host, program, pid, text }, line };
}

const judged = 20;

function beginningOf(sample: Sample): readonly Values[] {
  if (!/^\s*[[{]/.test(sample.text)) return [];
  const cutter = new JsonValues(sample.text.length + 1);
  return [...cutter.push(sample.text)].map(valuesOf).filter((values) => values !== null);
}

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

/** What only records of other kinds have. */
const foreign = ['EventID', 'event_type', 'winlog', 'id.orig_h', 'id_orig_h', 'SourceName', 'Channel'];
/** What a record of the Elastic Common Schema has when the process it names is the one that wrote a log. */
const logged = ['log', 'syslog', 'system', 'journald'];

function isLog(values: Values): boolean {
  if (foreign.some((key) => Object.hasOwn(values, key))) return false;
  if (textOf(values, names.time) === '') return false;
  if (isValues(values['process']) && !logged.some((key) => Object.hasOwn(values, key))) return false;
  const { message } = wholeMessage(messageOf(values));
  return message.program !== '' && message.text !== '';
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
