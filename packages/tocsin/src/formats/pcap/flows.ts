// Frames put together to flows, HTTP requests, DNS questions and TLS handshakes. Takes frames in the order of the
// capture; gives events as they become complete. Memory is bounded: flows end after five idle minutes or when the table is full.
import type { Event, FieldValue } from '../../vocabulary/event.ts';
import { instantOfMicros } from '../../vocabulary/instant.ts';
import type { Frame } from './frame.ts';
import { type Conversation, dnsName, type Messages, openMessages } from './messages.ts';

const idleMicros = 300n * 1_000_000n;
/** Flows held at once; a scan of more hosts pushes the longest idle ones out. */
export const flowLimit = 200_000;

interface Side {
  packets: number;
  bytes: number;
  wireBytes: number;
  hasFin: boolean;
  hasReset: boolean;
}

interface Flow {
  readonly number: number;
  readonly protocol: string;
  readonly src: string;
  readonly srcPort: number;
  readonly dst: string;
  readonly dstPort: number;
  readonly first: bigint;
  last: bigint;
  readonly out: Side;
  readonly in: Side;
  hasSyn: boolean;
  hasSynAck: boolean;
  synSequence: string;
  service: string;
}

const side = (): Side => ({ packets: 0, bytes: 0, wireBytes: 0, hasFin: false, hasReset: false });

const fin = 0x01;
const syn = 0x02;
const reset = 0x04;
const ack = 0x10;

/** Both directions of a flow have one key. */
function keyOf(frame: Frame): string {
  if (frame.protocol === 'tcp' || frame.protocol === 'udp') {
    const [near, far] = [`${frame.src} ${frame.srcPort}`, `${frame.dst} ${frame.dstPort}`];
    return near < far ? `${frame.protocol} ${near} ${far}` : `${frame.protocol} ${far} ${near}`;
  }
  const [near, far] = frame.src < frame.dst ? [frame.src, frame.dst] : [frame.dst, frame.src];
  return `${frame.protocol} ${near} ${far}`;
}

/** Protocols of tshark that are no service of their own. */
const carriers = new Set([
  'data',
  'tcp',
  'udp',
  'tcp.segments',
  'malformed',
  '_ws.malformed',
  'x509sat',
  'vssmonitoring',
]);

function serviceOf(frame: Frame): string {
  if (!isPorted(frame)) return '';
  const names = frame.first('frame.protocols').split(':');
  const after = names.lastIndexOf(frame.protocol) + 1;
  const service = after === 0 ? '' : (names.slice(after).find((name) => !carriers.has(name)) ?? '');
  // tshark takes any bytes on port 443 for TLS; only a handshake shows that it is.
  if (service === 'tls' || service === 'ssl') return frame.first('tls.handshake.type') === '' ? '' : 'ssl';
  return service.slice(0, 30);
}

/** How a TCP flow ended, in Zeek's words. @see https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html */
function stateOf(flow: Flow): string {
  if (flow.protocol === 'udp') return flow.in.packets > 0 ? 'SF' : 'S0';
  if (flow.protocol !== 'tcp') return 'OTH';
  if (flow.hasSynAck) {
    if (flow.out.hasReset) return 'RSTO';
    if (flow.in.hasReset) return 'RSTR';
    if (flow.out.hasFin && flow.in.hasFin) return 'SF';
    if (flow.out.hasFin) return 'S2';
    return flow.in.hasFin ? 'S3' : 'S1';
  }
  if (!flow.hasSyn) return 'OTH';
  if (flow.in.hasReset) return 'REJ';
  if (flow.out.hasReset) return 'RSTOS0';
  return flow.out.hasFin ? 'SH' : 'S0';
}

export interface FlowTable {
  /** Takes the next frame; gives what became complete by it. */
  readonly add: (frame: Frame) => readonly Event[];
  /** Gives all that is still open. */
  readonly end: () => readonly Event[];
  readonly turned: () => number;
}

/** Opens an empty table. */
export function openFlows(limit = flowLimit): FlowTable {
  // Kept in order of the last frame: the longest idle flow is the first.
  const flows = new Map<string, Flow>();
  const messages: Messages = openMessages();
  let count = 0;
  let now = 0n;
  let turned = 0;

  const begin = (frame: Frame): Flow => {
    const flags = frame.protocol === 'tcp' ? Number(frame.first('tcp.flags')) : 0;
    const isAnswer = (flags & syn) !== 0 ? (flags & ack) !== 0 : isFromService(frame);
    if (isAnswer && (flags & syn) === 0) turned += 1;
    count += 1;
    return {
      number: count,
      protocol: frame.protocol,
      src: isAnswer ? frame.dst : frame.src,
      srcPort: isAnswer ? frame.dstPort : frame.srcPort,
      dst: isAnswer ? frame.src : frame.dst,
      dstPort: isAnswer ? frame.srcPort : frame.dstPort,
      first: frame.micros,
      last: frame.micros,
      out: side(),
      in: side(),
      hasSyn: false,
      hasSynAck: false,
      synSequence: '',
      service: '',
    };
  };

  const count1 = (flow: Flow, frame: Frame): void => {
    const isOut = frame.src === flow.src && (frame.srcPort === flow.srcPort || !isPorted(frame));
    const way = isOut ? flow.out : flow.in;
    way.packets += 1;
    way.bytes += frame.payloadBytes ?? 0;
    way.wireBytes += frame.wireBytes;
    if (frame.micros > flow.last) flow.last = frame.micros;
    if (flow.service === '') flow.service = serviceOf(frame);
    if (frame.protocol !== 'tcp') return;
    const flags = Number(frame.first('tcp.flags'));
    if (flags & fin) way.hasFin = true;
    if (flags & reset) way.hasReset = true;
    if (flags & syn && !(flags & ack)) {
      flow.hasSyn = true;
      flow.synSequence = frame.first('tcp.seq_raw');
    } else if (flags & syn) flow.hasSynAck = true;
  };

  const finish = (key: string, flow: Flow): readonly Event[] => {
    flows.delete(key);
    const talk = conversationOf(flow);
    return [networkEvent(flow, talk), ...messages.close(flow.number)];
  };

  /** A SYN with another number on the same ports opens a new connection. */
  const isReopened = (flow: Flow, frame: Frame): boolean => {
    if (frame.protocol !== 'tcp') return false;
    const flags = Number(frame.first('tcp.flags'));
    if (!(flags & syn) || flags & ack) return false;
    return flow.synSequence === ''
      ? flow.out.packets + flow.in.packets > 0
      : flow.synSequence !== frame.first('tcp.seq_raw');
  };

  const add = (frame: Frame): readonly Event[] => {
    const done: Event[] = [];
    if (frame.micros > now) now = frame.micros;
    for (const [key, flow] of flows) {
      if (now - flow.last <= idleMicros && flows.size < limit) break;
      done.push(...finish(key, flow));
    }
    const key = keyOf(frame);
    const held = flows.get(key);
    const isStale = held !== undefined && isReopened(held, frame);
    if (held && isStale) done.push(...finish(key, held));
    const flow = held && !isStale ? held : begin(frame);
    flows.delete(key);
    flows.set(key, flow);
    count1(flow, frame);
    done.push(...messages.read(frame, conversationOf(flow)));
    return done;
  };

  const end = (): readonly Event[] => {
    const done: Event[] = [];
    for (const [key, flow] of flows) done.push(...finish(key, flow));
    return done;
  };
  return { add, end, turned: () => turned };
}

const isPorted = (frame: Frame): boolean => frame.protocol === 'tcp' || frame.protocol === 'udp';

/** Without a SYN, a frame from a low port to a high one is a server's. */
function isFromService(frame: Frame): boolean {
  return (
    isPorted(frame) && frame.srcPort < 1024 && frame.srcPort > 0 && frame.dstPort >= 1024 && !dnsName(frame)
  );
}

const conversationOf = (flow: Flow): Conversation => ({
  number: flow.number,
  fields: {
    uid: `flow-${flow.number}`,
    src_ip: flow.src,
    src_port: flow.srcPort,
    dst_ip: flow.dst,
    dst_port: flow.dstPort,
  },
  protocol: flow.protocol,
});

function networkEvent(flow: Flow, talk: Conversation): Event {
  const hasPayload = flow.protocol === 'tcp' || flow.protocol === 'udp';
  const fields: Readonly<Record<string, FieldValue>> = {
    ...talk.fields,
    protocol: flow.protocol,
    service: flow.service,
    duration_s: Number(flow.last - flow.first) / 1e6,
    bytes_out: hasPayload ? flow.out.bytes : null,
    bytes_in: hasPayload ? flow.in.bytes : null,
    packets_out: flow.out.packets,
    packets_in: flow.in.packets,
    wire_bytes_out: flow.out.wireBytes,
    wire_bytes_in: flow.in.wireBytes,
    state: stateOf(flow),
  };
  return { table: 'network', time: instantOfMicros(flow.first), fields };
}
