// EVE JSON of Suricata, versions 3 to 8, bare or inside a shipper's record. One record per JSON object.
// Flows, requests, names asked, handshakes, files, mails, logins and alerts go to their tables; all else is kept whole.
import type { Event } from '../../vocabulary/event.ts';
import type { Assumption, Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { JsonValues } from '../framing.ts';
import { alertEvent } from '../suricata/alert.ts';
import { BadValue, isObject, part, text } from '../suricata/fields.ts';
import { openFlows } from '../suricata/flows.ts';
import {
  dnsEvent,
  emailEvent,
  fileEvent,
  httpEvent,
  type Mapped,
  quicEvent,
  tlsEvent,
} from '../suricata/messages.ts';
import { commonParts, type EveRecord, jsonIn, openTimes, unwrapped } from '../suricata/record.ts';
import { kerberosEvent, openWindowsRecords } from '../suricata/windows.ts';

const judgedRecords = 30;
const sampleRecordLimit = 65_536;

/** True for a record that only Suricata writes: it names its kind, and says more of it or of the packet. */
function isSuricatas(value: unknown): boolean {
  const eve = unwrapped(value);
  if (!eve) return false;
  const says = (name: string): boolean => Object.hasOwn(eve, name);
  return (
    says(text(eve, 'event_type').toLowerCase()) || (says('src_ip') && (says('dest_ip') || says('flow_id')))
  );
}

function recognise(sample: Sample): number {
  const cutter = new JsonValues(sampleRecordLimit);
  let records = 0;
  let suricatas = 0;
  for (const record of cutter.push(sample.text)) {
    records += 1;
    if (isSuricatas(jsonIn(record))) suricatas += 1;
    if (records === judgedRecords) break;
  }
  const share = records === 0 ? 0 : suricatas / records;
  if (share >= 0.5) return share >= 0.8 ? 0.95 : 0.6;
  return records === 0 && isOneLongRecord(sample.text) ? 0.6 : 0;
}

/** A first record (of statistics) longer than the sample, which then holds nothing else: told by its names alone. */
function isOneLongRecord(start: string): boolean {
  return (
    start.length >= 32_768 &&
    /^[\s[]{0,9}\{\s{0,9}"timestamp"\s?:/.test(start) &&
    /"event_type"\s?:\s?"stats"/.test(start)
  );
}

type Mapping = (record: EveRecord) => Mapped | null;

function open(_sample: Sample, settings: ParseSettings): RecordParser {
  const times = openTimes(settings.assumedZoneMinutes);
  const flows = openFlows(times);
  const windows = openWindowsRecords();
  const mappings: ReadonlyMap<string, Mapping> = new Map<string, Mapping>([
    ['alert', alertEvent],
    ['http', httpEvent],
    ['dns', dnsEvent],
    ['tls', tlsEvent],
    ['quic', quicEvent],
    ['fileinfo', fileEvent],
    ['smtp', emailEvent],
    ['email', emailEvent],
    ['krb5', kerberosEvent],
    ['smb', windows.smb],
    ['dcerpc', windows.dcerpc],
    ['ftp', windows.ftp],
  ]);

  const eventOf = (record: EveRecord): Event => {
    const own = record.eve[record.type];
    // A record that lacks the object its kind is named after has nothing to map.
    if (!isObject(own) && record.type !== 'email' && record.type !== 'smtp') return baseEvent(record);
    if (record.type === 'flow') return flows.flow(record);
    if (record.type === 'netflow') return flows.netflow(record) ?? baseEvent(record);
    const mapped = mappings.get(record.type)?.(record);
    return mapped ? { ...mapped, time: record.time } : baseEvent(record);
  };

  const record = (raw: string): Outcome => {
    if (raw.trim() === '') return { header: true };
    const value = jsonIn(raw);
    if (value === undefined) return { reject: notJson(raw) };
    const eve = unwrapped(value);
    if (!eve) return { reject: { code: 'pattern-mismatch', reason: 'no event_type and timestamp' } };
    try {
      const common = commonParts(eve, raw, times);
      const event = eventOf(common);
      return { event: common.sensor === '' ? event : { ...event, sensor: common.sensor } };
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      return { reject: { code: error.code, reason: error.message } };
    }
  };
  return {
    record,
    assumptions: () => [...zoneAssumption(times.zoneless(), settings), ...flows.assumptions()],
  };
}

const notJson = (raw: string) =>
  raw.trimStart().startsWith('{') && !raw.trimEnd().endsWith('}')
    ? ({ code: 'cut-off', reason: 'a JSON object that does not end' } as const)
    : ({ code: 'not-json', reason: 'no JSON object' } as const);

/** A record of a kind no table holds, kept whole. */
function baseEvent(record: EveRecord): Event {
  const { eve, type } = record;
  const own = part(eve, type);
  const ssh = ['client', 'server'].map((side) => text(part(own, side), 'software_version'));
  return {
    table: 'base_event',
    time: record.time,
    fields: {
      ...record.ends,
      stream: `suricata-${type}`,
      code: text(own, 'event', 'command', 'event_type', 'msg_type'),
      message: type === 'ssh' ? ssh.join(' -> ') : text(own, 'cookie', 'reason', 'filename'),
      raw: record.raw,
    },
  };
}

function zoneAssumption(zoneless: number, settings: ParseSettings): readonly Assumption[] {
  if (zoneless === 0) return [];
  const minutes = Math.abs(settings.assumedZoneMinutes);
  const two = (number: number): string => String(number).padStart(2, '0');
  return [
    {
      about: 'zone',
      value: `UTC${settings.assumedZoneMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
      text: settings.isZoneSet
        ? 'Some times have no zone; the zone that was set is taken.'
        : 'Some times have no zone; UTC is taken unless a zone is set.',
    },
  ];
}

export const format: RecordFormat = {
  id: 'suricata-eve',
  title: 'EVE JSON of Suricata',
  definedBy: 'https://docs.suricata.io/en/latest/output/eve/eve-json-format.html',
  kind: 'records',
  framing: 'json-values',
  recognise,
  open,
};
