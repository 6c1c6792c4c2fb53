// One frame as tshark reports it: the fields asked for, and a line of them read back. Takes a line of
// `tshark -T fields`; gives a Frame, or null when the line is not whole.
import { canonicalAddress } from '../../vocabulary/address.ts';
import { instantOfEpochText, microsOf } from '../../vocabulary/instant.ts';

/** Between several occurrences of a field in one frame. An attacker may send it in a text too: see `whole`. */
export const separator = '\x1f';

/** Fields in the order of the columns. */
export const frameFields = [
  'frame.number',
  'frame.time_epoch',
  'frame.len',
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ip.proto',
  'ip.len',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.nxt',
  'ipv6.plen',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags',
  'tcp.seq_raw',
  'tcp.len',
  'tcp.analysis.retransmission',
  'tcp.analysis.keep_alive',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
  'icmp.type',
  'icmp.code',
  'icmpv6.type',
  'icmpv6.code',
  'http.request.method',
  'http.host',
  'http.request.uri',
  'http.user_agent',
  'http.referer',
  'http.request.line',
  'http.response.code',
  'http.content_type',
  'http.content_length_header',
  'http.request_in',
  'dns.id',
  'dns.flags.response',
  'dns.qry.name',
  'dns.qry.type',
  'dns.flags.rcode',
  'dns.response_to',
  'dns.a',
  'dns.aaaa',
  'dns.cname',
  'dns.txt',
  'dns.ptr.domain_name',
  'dns.mx.mail_exchange',
  'dns.ns',
  'tls.handshake.type',
  'tls.handshake.extensions_server_name',
  'tls.handshake.version',
  'tls.handshake.extensions.supported_version',
  'tls.handshake.ciphersuite',
  'tls.handshake.ja3',
  'tls.handshake.ja3s',
] as const;

export type FrameField = (typeof frameFields)[number];

export interface Frame {
  readonly number: number;
  /** Microseconds since the epoch. */
  readonly micros: bigint;
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly srcPort: number;
  readonly dstPort: number;
  /** IP bytes, headers included. */
  readonly wireBytes: number;
  /** Payload of the transport, repeats not counted; null where the transport has none. */
  readonly payloadBytes: number | null;
  /** All values of a field, in order. */
  readonly all: (field: FrameField) => readonly string[];
  /** The field as one text, for a field that can occur once only: a separator in it was sent so. */
  readonly whole: (field: FrameField) => string;
  /** Its first value; '' for none. */
  readonly first: (field: FrameField) => string;
}

/** `no-ip`: a whole line about a frame without an IP address, such as ARP. */
export type ReadFrame = { readonly frame: Frame } | { readonly isWithoutIp: true } | null;

const columnOf = new Map<FrameField, number>(frameFields.map((name, index) => [name, index]));
const protocolNames: Readonly<Record<string, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  58: 'icmp6',
  132: 'sctp',
};

const number = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : 0);

/** Reads one line of tshark; null when it has too few columns or no readable time. */
export function readFrame(line: string): ReadFrame {
  const cells = line.split('\t');
  if (cells.length !== frameFields.length) return null;
  const cell = (field: FrameField): string => cells[columnOf.get(field) ?? -1] ?? '';
  const all = (field: FrameField): readonly string[] =>
    cell(field) === '' ? [] : cell(field).split(separator);
  const first = (field: FrameField): string => all(field)[0] ?? '';
  const time = instantOfEpochText(first('frame.time_epoch'));
  if (time === null) return null;
  // The outer of two addresses of one family (a tunnel, or the packet an ICMP error quotes) comes first.
  const isV4 = first('ip.src') !== '' && !startsWithV6(cell('frame.protocols'));
  const src = canonicalAddress(first(isV4 ? 'ip.src' : 'ipv6.src'));
  const dst = canonicalAddress(first(isV4 ? 'ip.dst' : 'ipv6.dst'));
  if (src === null || dst === null) return { isWithoutIp: true };
  const protocol = protocolOf(isV4 ? first('ip.proto') : '', first, isV4);
  const wireBytes = isV4 ? number(first('ip.len')) : number(first('ipv6.plen')) + 40;
  const ports = portsOf(protocol, first);
  const isRepeat = first('tcp.analysis.retransmission') !== '' || first('tcp.analysis.keep_alive') !== '';
  const payloadBytes =
    protocol === 'tcp'
      ? isRepeat
        ? 0
        : number(first('tcp.len'))
      : protocol === 'udp'
        ? Math.max(0, number(first('udp.length')) - 8)
        : null;
  return {
    frame: {
      number: number(first('frame.number')),
      micros: microsOf(time),
      src,
      dst,
      protocol,
      ...ports,
      // A capture on the sending machine sees segments before they are cut, with a length of 0 in the header.
      wireBytes: wireBytes > 0 ? wireBytes : Math.max(0, number(first('frame.len')) - 14),
      payloadBytes,
      all,
      whole: cell,
      first,
    },
  };
}

function startsWithV6(protocols: string): boolean {
  const v6 = protocols.indexOf(':ipv6');
  const v4 = `${protocols}:`.indexOf(':ip:');
  return v6 >= 0 && (v4 < 0 || v6 < v4);
}

function protocolOf(v4: string, first: (field: FrameField) => string, isV4: boolean): string {
  if (isV4) return protocolNames[v4] ?? (v4 === '' ? '' : `ip-${v4}`);
  // IPv6 may put extension headers in between, so what follows them decides.
  const next = first('ipv6.nxt');
  const named = protocolNames[next];
  if (named !== undefined) return named;
  if (first('tcp.srcport') !== '') return 'tcp';
  if (first('udp.srcport') !== '') return 'udp';
  return first('icmpv6.type') === '' ? (next === '' ? '' : `ip-${next}`) : 'icmp6';
}

function portsOf(protocol: string, first: (field: FrameField) => string) {
  const pairs: Readonly<Record<string, readonly [FrameField, FrameField]>> = {
    tcp: ['tcp.srcport', 'tcp.dstport'],
    udp: ['udp.srcport', 'udp.dstport'],
    icmp: ['icmp.type', 'icmp.code'],
    icmp6: ['icmpv6.type', 'icmpv6.code'],
  };
  const pair = pairs[protocol];
  return pair
    ? { srcPort: number(first(pair[0])), dstPort: number(first(pair[1])) }
    : { srcPort: 0, dstPort: 0 };
}
