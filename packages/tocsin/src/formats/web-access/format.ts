// Web access logs: NCSA common and combined as Apache, nginx, Tomcat, Caddy and others write them, with or without a
// virtual host in front and further fields behind. One request a line, to `http`, all as logged: escapes are kept. A
// request that is no HTTP is kept too, whole as `uri` and without a method: such lines are what an attack looks like.
// `request_headers` holds what has no column: `remote-host` (a client by name), `x-forwarded-for`, `field` (no name).
import { isIP } from 'node:net';
import { type Instant, instantOfIso, instantOfParts, offsetMinutes } from '../../vocabulary/instant.ts';
import { zoneAssumed, zonePartlyAssumed } from '../assumed-zone.ts';
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { type Caller, callerOf } from './caller.ts';
import { type FurtherField, lineOf } from './line.ts';

/** Method and target; a request that is no HTTP has no method and is its own target. */
function requestOf(request: string): { readonly method: string; readonly uri: string } {
  if (request === '-') return { method: '', uri: '' };
  const first = request.indexOf(' ');
  const last = request.lastIndexOf(' ');
  const method = request.slice(0, Math.max(0, first));
  const isHttp = last > first && /^HTTP\/\d/.test(request.slice(last + 1, last + 8));
  return isHttp && /^[A-Za-z][A-Za-z_-]{0,31}$/.test(method)
    ? { method, uri: request.slice(first + 1, last) }
    : { method: '', uri: request };
}

function headersOf(caller: Caller, further: readonly FurtherField[]): string {
  if (caller.name === '' && caller.forwarded === '' && further.length === 0) return '';
  return [
    ...(caller.name === '' ? [] : [`remote-host: ${caller.name}`]),
    ...(caller.forwarded === '' ? [] : [`x-forwarded-for: ${caller.forwarded}`]),
    ...further.map(({ name, value }) => {
      if (name !== '') return `${name}: ${value}`;
      return isAddressList(value) ? `x-forwarded-for: ${value}` : `field: ${value}`;
    }),
  ].join('\n');
}

function isAddressList(field: string): boolean {
  return field.length < 1000 && field.split(',').every((part) => isIP(part.trim()) > 0);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const timePattern =
  /^(\d{1,2})\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ([+-]\d{4}))?$/;

/** Reads times, the one before remembered: many lines share a second. */
function openTimes(settings: ParseSettings): {
  readonly read: (text: string) => Instant | null;
  readonly assumptions: () => readonly Assumption[];
} {
  let isZoneAssumed = false;
  let isZoneNamed = false;
  let lastText = '';
  let lastTime: Instant | null = null;
  const parse = (text: string): Instant | null => {
    const match = timePattern.exec(text);
    if (match === null) {
      const time = instantOfIso(text, settings.assumedZoneMinutes);
      const isNamed = /(?:Z|:\d\d(?:[.,]\d+)?\s*[+-]\d\d(?::?\d\d)?)$/.test(text);
      isZoneAssumed ||= time !== null && !isNamed;
      isZoneNamed ||= time !== null && isNamed;
      return time;
    }
    const [, day, month = '', year, hour, minute, second, fraction, zone] = match;
    isZoneAssumed ||= zone === undefined;
    isZoneNamed ||= zone !== undefined;
    return instantOfParts({
      year: Number(year),
      month: months.indexOf(month) + 1,
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      micros: Number((fraction ?? '').slice(0, 6).padEnd(6, '0')),
      offsetMinutes: zone === undefined ? settings.assumedZoneMinutes : offsetMinutes(zone),
    });
  };
  const read = (text: string): Instant | null => {
    if (text !== lastText) {
      lastText = text;
      lastTime = parse(text);
    }
    return lastTime;
  };
  const assumptions = (): readonly Assumption[] => {
    if (!isZoneAssumed || settings.isZoneSet) return [];
    return [isZoneNamed ? zonePartlyAssumed : zoneAssumed];
  };
  return { read, assumptions };
}

function open(_sample: Sample, settings: ParseSettings): RecordParser {
  const times = openTimes(settings);
  const record = (text: string): Outcome => {
    const line = lineOf(text);
    if (line === null) return { reject: { code: 'pattern-mismatch', reason: 'no line of an access log' } };
    const caller = callerOf(line.front);
    if (caller === null)
      return { reject: { code: 'pattern-mismatch', reason: 'no client stands in front of the time' } };
    const time = times.read(line.time);
    if (time === null) return { reject: { code: 'bad-time', reason: 'the time in brackets cannot be read' } };
    return {
      event: {
        table: 'http',
        time,
        ...(caller.sensor === '' ? {} : { sensor: caller.sensor }),
        fields: {
          src_ip: caller.ip,
          src_port: caller.port,
          dst_port: caller.virtualPort,
          host: caller.virtualHost,
          username: caller.username,
          ...requestOf(line.request),
          referrer: line.referrer,
          user_agent: line.agent,
          status: line.status === '-' ? null : Number(line.status),
          response_bytes: line.bytes === '-' ? null : BigInt(line.bytes),
          request_headers: headersOf(caller, line.further),
        },
      },
    };
  };
  return { record, assumptions: times.assumptions };
}

const judgedLines = 40;

/** A line whose client and time look like those of an access log; stricter than reading, which must lose no request. */
function isCertain(text: string): boolean {
  const line = lineOf(text);
  if (line === null || !/^\d{1,4}[-/]/.test(line.time)) return false;
  const caller = callerOf(line.front);
  return caller !== null && /^[\w.:%/-]*$/.test(caller.name);
}

function recognise(sample: Sample): number {
  const lines = sample.lines.filter((line) => line.trim() !== '').slice(0, judgedLines);
  const known = lines.filter(isCertain).length;
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
