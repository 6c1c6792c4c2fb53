// NetFlow records as nfdump hands them out, made into `network` events. Takes one flow's fields as text or numbers
// from either output form; gives an Outcome. Decides which end opened the conversation, and keeps count of guesses.
import { canonicalAddress } from '../../vocabulary/address.ts';
import type { FieldValue, RejectCode } from '../../vocabulary/event.ts';
import { type Instant, instantOfEpochText, instantOfIso } from '../../vocabulary/instant.ts';
import type { Assumption, Outcome, ParseSettings } from '../format.ts';

/** One record of nfdump, its values still as written. An absent value is ''. */
export interface FlowText {
  readonly first: string;
  readonly last: string;
  /** Seconds (`1.183`) or `[days] hh:mm:ss.mmm`. */
  readonly duration: string;
  readonly protocol: string;
  readonly src: string;
  readonly dst: string;
  readonly srcPort: string;
  readonly dstPort: string;
  readonly icmpType: string;
  readonly icmpCode: string;
  readonly flags: string;
  readonly packets: string;
  readonly bytes: string;
  /** Counts of the opposite way; nfdump writes 0 where the exporter did not give them. */
  readonly reversePackets: string;
  readonly reverseBytes: string;
  readonly router: string;
  readonly isSampled: boolean;
}

export interface FlowReader {
  readonly read: (flow: FlowText) => Outcome;
  /** A time as nfdump writes it; without a zone, the zone of the settings is taken and noted. */
  readonly instant: (text: string) => Instant | null;
  readonly assumptions: () => readonly Assumption[];
}

const protocolNames: Readonly<Record<string, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmp6',
  89: 'ospf',
  103: 'pim',
  112: 'vrrp',
  132: 'sctp',
  'ipv6-icmp': 'icmp6',
  'icmp-v6': 'icmp6',
};

/** Ports at or above 1024 that only a server answers from. */
const servicePorts = new Set([
  1194, 1433, 1521, 1723, 1883, 2049, 2222, 3000, 3128, 3268, 3269, 3306, 3389, 4443, 4444, 5060, 5061, 5222,
  5432, 5601, 5671, 5672, 5800, 5900, 5901, 5985, 5986, 6379, 6443, 6667, 7001, 8000, 8008, 8009, 8080, 8081,
  8088, 8443, 8834, 8888, 9000, 9042, 9090, 9092, 9200, 9300, 9418, 9443, 10_000, 11_211, 27_017, 50_000,
]);

/** Start of Linux's range of client ports; every current system's range lies above 10,000. */
const clientPortsFrom = 32_768;

/** True when traffic from one port to the other is a server's answer to its client. */
export function isAnswerHalf(ports: { readonly from: number; readonly to: number }): boolean {
  const { from, to } = ports;
  if (from === 0 || to < 1024 || to <= from || servicePorts.has(to)) return false;
  return from < 1024 || servicePorts.has(from) || (from < 10_000 && to >= clientPortsFrom);
}

/** The TCP flags of nfdump as their letters: `...AP.SF`, `0x1b` or a number to `APSF`. */
export function flagLetters(text: string): string {
  const bits = /^0x[0-9a-f]{1,4}$/i.test(text) ? Number(text) : /^\d{1,3}$/.test(text) ? Number(text) : null;
  if (bits === null) return text.toUpperCase().replace(/[^CEUAPRSF]/g, '');
  return ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C'].filter((_, at) => (bits >> at) & 1).join('');
}

/** Zeek's word for how a TCP flow ended, as far as the flags of one half tell. */
export function stateOfFlags(letters: string, packets: number | null, isAnswer: boolean): string {
  const has = (flag: string) => letters.includes(flag);
  if (letters === '') return '';
  if (has('S') && !has('A') && !has('F') && !has('R')) return packets !== null && packets <= 3 ? 'S0' : 'OTH';
  if (has('R') && !has('S') && !has('F') && !has('P')) return 'REJ';
  if (has('R')) return has('A') ? (isAnswer ? 'RSTR' : 'RSTO') : isAnswer ? 'OTH' : 'RSTOS0';
  if (has('F')) return 'SF';
  return has('S') && has('A') && packets !== null && packets > 1 ? 'S1' : 'OTH';
}

const countOf = (text: string): number | null | undefined => {
  if (text === '') return null;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
};

const portOf = (text: string): number | undefined => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : text === '' ? 0 : Number.NaN;
  return number <= 65_535 ? number : undefined;
};

/** Type and code of ICMP: own columns, `8.0`, or 256 x type + code. */
function icmpOf(flow: FlowText): { readonly type: number; readonly code: number } | undefined {
  const dotted = /^(\d{1,3})\.(\d{1,3})$/.exec(flow.dstPort);
  const whole = portOf(flow.dstPort);
  const type = flow.icmpType !== '' ? flow.icmpType : (dotted?.[1] ?? String((whole ?? Number.NaN) >> 8));
  const code = flow.icmpCode !== '' ? flow.icmpCode : (dotted?.[2] ?? String((whole ?? Number.NaN) & 255));
  if (!dotted && whole === undefined) return undefined;
  const numbers = { type: portOf(type), code: portOf(code) };
  return numbers.type === undefined || numbers.code === undefined
    ? undefined
    : { type: numbers.type, code: numbers.code };
}

function secondsOf(text: string): number | null {
  if (/^\d{1,10}(?:\.\d{1,6})?$/.test(text)) return Number(text);
  const clock = /^(?:(\d{1,5})d? )?(\d{1,3}):(\d\d):(\d\d(?:\.\d{1,6})?)$/.exec(text);
  if (!clock) return null;
  const [, days = '0', hours, minutes, seconds] = clock;
  // In whole microseconds, so that no sum of binary fractions shows.
  const whole = (Number(days) * 24 + Number(hours)) * 3600 + Number(minutes) * 60;
  return Math.round((whole + Number(seconds)) * 1e6) / 1e6;
}

const rejected = (code: RejectCode, reason: string): Outcome => ({ reject: { code, reason } });

/** Opens a reader for one file's flows; `settings` give the zone of the exporter's clock. */
export function openFlows(settings: ParseSettings): FlowReader {
  let zoneless = 0;
  let turned = 0;
  let sampled = 0;
  let events = 0;

  const instantOf = (text: string): Instant | null => {
    if (/^\d{12,14}$/.test(text)) return instantOfEpochText(`${text.slice(0, -3)}.${text.slice(-3)}`);
    if (/^\d{9,11}\.\d{1,6}$/.test(text)) return instantOfEpochText(text);
    const zoned = instantOfIso(text);
    if (zoned !== null) return zoned;
    const assumed = instantOfIso(text, settings.assumedZoneMinutes);
    if (assumed !== null) zoneless += 1;
    return assumed;
  };

  const read = (flow: FlowText): Outcome => {
    const src = canonicalAddress(flow.src);
    const dst = canonicalAddress(flow.dst);
    if (src === null || dst === null) return rejected('bad-address', 'source or destination address');
    const name = flow.protocol.toLowerCase();
    const protocol = protocolNames[name] ?? (/^[a-z0-9._+-]{1,20}$/.test(name) ? name : '');
    const icmp = protocol.startsWith('icmp') ? icmpOf(flow) : null;
    const srcPort = icmp ? icmp.type : icmp === null ? portOf(flow.srcPort) : undefined;
    const dstPort = icmp ? icmp.code : icmp === null ? portOf(flow.dstPort) : undefined;
    if (srcPort === undefined || dstPort === undefined)
      return rejected('bad-number', 'source or destination port');
    const packets = countOf(flow.packets);
    const bytes = countOf(flow.bytes);
    const backPackets = countOf(flow.reversePackets);
    const backBytes = countOf(flow.reverseBytes);
    if (
      packets === undefined ||
      bytes === undefined ||
      backPackets === undefined ||
      backBytes === undefined
    ) {
      return rejected('bad-number', 'packet or byte count');
    }
    const time = instantOf(flow.first);
    if (time === null) return rejected('bad-time', 'first seen');
    const bothWays = (backPackets ?? 0) > 0 || (backBytes ?? 0) > 0;
    const letters = protocol === 'tcp' ? flagLetters(flow.flags) : '';
    // A SYN without ACK is the opener's own half, whatever the ports say.
    const opens = letters.includes('S') && !letters.includes('A');
    const isPorted = protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';
    const isTurned = isPorted && !opens && isAnswerHalf({ from: srcPort, to: dstPort });
    if (isTurned) turned += 1;
    if (flow.isSampled) sampled += 1;
    events += 1;
    const forward = { packets, bytes };
    const backward = bothWays ? { packets: backPackets, bytes: backBytes } : { packets: null, bytes: null };
    const [out, back] = isTurned ? [backward, forward] : [forward, backward];
    const fields: Record<string, FieldValue> = {
      src_ip: isTurned ? dst : src,
      src_port: isTurned ? dstPort : srcPort,
      dst_ip: isTurned ? src : dst,
      dst_port: isTurned ? srcPort : dstPort,
      protocol,
      duration_s: durationOf(flow, time, instantOf),
      bytes_out: out.bytes,
      bytes_in: back.bytes,
      packets_out: out.packets,
      packets_in: back.packets,
      wire_bytes_out: out.bytes,
      wire_bytes_in: back.bytes,
      state: stateOfFlags(letters, packets, isTurned && !bothWays),
    };
    const router = flow.router === '0.0.0.0' || flow.router === '::' ? null : canonicalAddress(flow.router);
    return { event: { table: 'network', time, ...(router === null ? {} : { sensor: router }), fields } };
  };

  return {
    read,
    instant: instantOf,
    assumptions: () => assumptionsOf({ zoneless, turned, sampled, events }, settings),
  };
}

function durationOf(
  flow: FlowText,
  first: Instant,
  instantOf: (text: string) => Instant | null,
): number | null {
  const given = secondsOf(flow.duration);
  if (given !== null) return given;
  const last = flow.last === '' ? null : instantOf(flow.last);
  if (last === null || last < first) return null;
  return (Date.parse(`${last.slice(0, 23)}Z`) - Date.parse(`${first.slice(0, 23)}Z`)) / 1000;
}

function assumptionsOf(
  seen: {
    readonly zoneless: number;
    readonly turned: number;
    readonly sampled: number;
    readonly events: number;
  },
  settings: ParseSettings,
): readonly Assumption[] {
  const assumptions: Assumption[] = [];
  if (seen.zoneless > 0) {
    assumptions.push({
      about: 'zone',
      value: `UTC${settings.assumedZoneMinutes < 0 ? '-' : '+'}${clock(Math.abs(settings.assumedZoneMinutes))}`,
      text: settings.isZoneSet
        ? 'nfdump writes times without a zone; the zone that was set is taken.'
        : 'nfdump writes times in the local time of the machine it ran on, without a zone; UTC is taken unless a zone is set.',
    });
  }
  if (seen.turned > 0) {
    assumptions.push({
      about: 'direction',
      value: `${seen.turned} of ${seen.events} flows turned round`,
      text: 'A flow from a service port to a client port is taken as the answer: the client is its source, and its bytes count as bytes in.',
    });
  }
  if (seen.events > 0) {
    assumptions.push({
      about: 'bytes',
      value: 'IP bytes',
      text: 'NetFlow counts IP bytes with headers; they stand for the payload, which they exceed by 20 to 60 bytes a packet.',
    });
  }
  if (seen.sampled > 0) {
    assumptions.push({
      about: 'sampling',
      value: `${seen.sampled} of ${seen.events} flows sampled`,
      text: 'The exporter looked at a sample of the packets; packets and bytes are as nfdump gives them, and short flows may be missing.',
    });
  }
  return assumptions;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
