// One EVE record out of its text, whichever shipper wrapped it. Takes the text; gives the record's common parts.
import { type Instant, instantOfIso } from '../../vocabulary/instant.ts';
import {
  address,
  BadValue,
  count,
  type EveObject,
  isObject,
  part,
  protocolOf,
  Recent,
  text,
} from './fields.ts';

export interface Ends {
  readonly src_ip: string;
  readonly src_port: number;
  readonly dst_ip: string;
  readonly dst_port: number;
}

export interface EveRecord {
  /** `event_type` in lower case. */
  readonly type: string;
  readonly eve: EveObject;
  /** As received, the shipper's wrapping included. */
  readonly raw: string;
  readonly time: Instant;
  /** As recorded. */
  readonly ends: Ends;
  readonly protocol: string;
  /** Suricata's `flow_id`; '' for none. */
  readonly uid: string;
  readonly sensor: string;
}

/** Names under which shippers keep the line they read, as text. */
const lineNames = ['message', 'full_log', '_raw', 'MESSAGE', 'log', 'line', 'original'];
/** Names under which they keep the parsed record (AWS Network Firewall, Elasticsearch, Splunk, filebeat). */
const partNames = ['event', '_source', 'result', 'suricata', 'eve'];
const deepest = 4;

const isEve = (value: EveObject): boolean =>
  typeof value.event_type === 'string' && value.timestamp !== undefined;

/** The EVE record in a JSON value, unwrapped; null when it holds none. */
export function unwrapped(value: unknown, depth = 0): EveObject | null {
  if (!isObject(value)) return null;
  if (isEve(value)) return value;
  if (depth === deepest) return null;
  for (const name of lineNames) {
    const line = value[name];
    if (typeof line !== 'string' || !line.includes('event_type')) continue;
    const inner = unwrapped(jsonIn(line), depth + 1);
    if (inner) return named(inner, value);
  }
  for (const name of partNames) {
    const inner = unwrapped(value[name], depth + 1);
    if (inner) return named(inner, value);
  }
  return null;
}

/** The record with the name its shipper gives the sensor, where it has none of its own. */
function named(eve: EveObject, wrapper: EveObject): EveObject {
  if (sensorOf(eve) !== '') return eve;
  const sensor =
    text(part(wrapper, 'host'), 'name', 'hostname') ||
    text(wrapper, 'firewall_name', 'sensor_name') ||
    (typeof wrapper.host === 'string' ? wrapper.host : '');
  return sensor === '' ? eve : { ...eve, host: sensor };
}

function sensorOf(eve: EveObject): string {
  const host = eve.host;
  if (typeof host === 'string' && host !== '') return host;
  return text(part(eve, 'host'), 'name', 'hostname') || text(eve, 'sensor_name');
}

/** The JSON value in a line, after the head syslog puts before it; undefined for none. */
export function jsonIn(line: string): unknown {
  const start = line.startsWith('{') ? 0 : line.indexOf('{');
  if (start < 0) return undefined;
  try {
    const value: unknown = JSON.parse(start === 0 ? line : line.slice(start));
    return value;
  } catch {
    return undefined; // The caller rejects it.
  }
}

/** How times without a zone are read. */
export interface Times {
  /** The instant of the first name that holds one, null when none does. @throws BadValue when it cannot be read */
  readonly of: (of: EveObject, name: string) => Instant | null;
  readonly zoneless: () => number;
}

/** A time as Suricata writes it: to the minute, seconds with six decimals, zone. */
const usualTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:[0-5]\d\.\d{6})([+-]\d\d:?\d\d|Z)$/;

/** Opens a reader of times; those without a zone are taken to be `zoneMinutes` east of UTC and counted. */
export function openTimes(zoneMinutes: number): Times {
  let zoneless = 0;
  const minutes = new Recent<string>(1000);

  /** As `instantOfIso`, reckoning the zone once for all times of one minute. */
  const instantOf = (value: string): Instant | null => {
    const parts = usualTime.exec(value);
    if (!parts) return instantOfIso(value);
    const [, minute = '', rest = '', zone = ''] = parts;
    const held = minutes.get(minute + zone);
    if (held !== undefined) return `${held}${rest}Z`;
    const whole = instantOfIso(`${minute}:00${zone}`);
    if (whole === null) return null;
    minutes.set(minute + zone, whole.slice(0, 16));
    return `${whole.slice(0, 16)}${rest}Z`;
  };

  return {
    of: (of, name) => {
      const value = of[name];
      if (value === undefined || value === null || value === '') return null;
      if (typeof value !== 'string') throw new BadValue('bad-time', name);
      const zoned = instantOf(value);
      if (zoned !== null) return zoned;
      const assumed = instantOfIso(value, zoneMinutes);
      if (assumed === null) throw new BadValue('bad-time', name);
      zoneless += 1;
      return assumed;
    },
    zoneless: () => zoneless,
  };
}

/** The parts all records share. @throws BadValue when one cannot be read */
export function commonParts(eve: EveObject, raw: string, times: Times): EveRecord {
  const time = times.of(eve, 'timestamp');
  if (time === null) throw new BadValue('bad-time', 'timestamp');
  const protocol = protocolOf(eve);
  const isIcmp = protocol.startsWith('icmp');
  return {
    type: text(eve, 'event_type').toLowerCase(),
    eve,
    raw,
    time,
    ends: {
      src_ip: address(eve, 'src_ip'),
      src_port: count(eve, isIcmp ? 'icmp_type' : 'src_port', 65_535) ?? 0,
      dst_ip: address(eve, 'dest_ip'),
      dst_port: count(eve, isIcmp ? 'icmp_code' : 'dest_port', 65_535) ?? 0,
    },
    protocol,
    uid: flowId(eve, raw),
    sensor: sensorOf(eve),
  };
}

/** Flow ids of old versions have 64 bits: such a one is taken from the text, whole. */
function flowId(eve: EveObject, raw: string): string {
  const value = eve.flow_id;
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return text(eve, 'flow_id');
  return /"flow_id\\?"\s{0,9}:\s{0,9}(\d{16,20})/.exec(raw)?.[1] ?? String(value);
}

/** The other way round. */
export function swapped(ends: Ends): Ends {
  return { src_ip: ends.dst_ip, src_port: ends.dst_port, dst_ip: ends.src_ip, dst_port: ends.src_port };
}
