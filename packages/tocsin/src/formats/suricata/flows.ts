// Suricata's flow and netflow records as `network` events. Takes an EVE record; gives the event's fields, or null for
// a netflow record that repeats what a flow record of the same sensor says. Keeps count of what was assumed.
import type { Event, FieldValue } from '../../vocabulary/event.ts';
import { type Instant, secondsBetween } from '../../vocabulary/instant.ts';
import { isAnswerHalf, stateOfFlags } from '../nfdump/flow.ts';
import type { Assumption } from '../outcome.ts';
import { BadValue, count, type EveObject, part, Recent, text } from './fields.ts';
import { type Ends, type EveRecord, swapped, type Times } from './record.ts';

export interface FlowRecords {
  readonly flow: (record: EveRecord) => Event;
  readonly netflow: (record: EveRecord) => Event | null;
  readonly assumptions: () => readonly Assumption[];
}

/** Flows and sensors remembered at once. */
const remembered = 50_000;

const ethernetHeader = 14;
const transportHeaders = new Map([
  ['tcp', 20],
  ['udp', 8],
  ['icmp', 8],
  ['icmp6', 8],
  ['sctp', 12],
]);

interface Counts {
  readonly frames: number | null;
  readonly frameBytes: number | null;
}

interface Sizes {
  readonly packets: number | null;
  readonly wire: number | null;
  readonly payload: number | null;
}

/** IP bytes and payload out of what Suricata counts: whole Ethernet frames, the least possible headers taken off. */
function sizesOf({ frames, frameBytes }: Counts, record: EveRecord, carriesPayload: boolean): Sizes {
  if (frames === null || frameBytes === null) return { packets: frames, wire: null, payload: null };
  const wire = Math.max(0, frameBytes - frames * ethernetHeader);
  const network = record.ends.src_ip.includes(':') ? 40 : 20;
  const headers = frames * (network + (transportHeaders.get(record.protocol) ?? 0));
  return { packets: frames, wire, payload: carriesPayload ? Math.max(0, wire - headers) : 0 };
}

const fin = 0x01;
const syn = 0x02;
const reset = 0x04;
const ack = 0x10;

const flagsOf = (tcp: EveObject, name: string): number | null => {
  const hex = text(tcp, name);
  return /^[0-9a-f]{1,2}$/i.test(hex) ? Number.parseInt(hex, 16) : null;
};

/** The flags of one half as their letters, for those that tell what opened and ended it. */
function flagLettersOf(eve: EveObject): string {
  const bits = flagsOf(part(eve, 'tcp'), 'tcp_flags');
  if (bits === null) return '';
  return ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C'].filter((_, at) => (bits >> at) & 1).join('');
}

/** How a flow ended, in Zeek's words, where the record makes it certain; else ''. */
export function stateOf(record: EveRecord, answers: number | null): string {
  if (answers === null || record.ends.src_ip === '::') return '';
  if (record.protocol === 'udp') return answers > 0 ? 'SF' : 'S0';
  if (record.protocol !== 'tcp') return '';
  const tcp = part(record.eve, 'tcp');
  const out = flagsOf(tcp, 'tcp_flags_ts');
  const back = flagsOf(tcp, 'tcp_flags_tc');
  // Without a session object Suricata saw no more of it than the first packet of an attempt.
  if (out === null || back === null) return answers === 0 && !('tcp' in record.eve) ? 'S0' : '';
  if (!hasOpened(out, answers)) return answers > 0 || out !== 0 ? 'OTH' : '';
  if (!(back & syn)) {
    if (back & reset) return 'REJ';
    if (answers > 0) return 'OTH';
    if (out & reset) return 'RSTOS0';
    return out & fin ? 'SH' : 'S0';
  }
  if (out & reset) return back & reset ? '' : 'RSTO';
  if (back & reset) return 'RSTR';
  if (out & fin) return back & fin ? 'SF' : 'S2';
  return back & fin ? 'S3' : 'S1';
}

/** States in which no handshake was completed, so that nothing but headers and padding can have passed. */
const unopened = new Set(['S0', 'REJ', 'RSTOS0', 'SH']);

/** Suricata's names for application protocols that Zeek and the detectors call otherwise. */
const services = new Map([
  ['tls', 'ssl'],
  ['dcerpc', 'dce_rpc'],
  ['failed', ''],
  ['unknown', ''],
]);

function serviceOf(eve: EveObject): string {
  const name = text(eve, 'app_proto', 'app_proto_tc', 'app_proto_ts').toLowerCase();
  return services.get(name) ?? name;
}

function durationOf(span: EveObject, start: Instant | null, end: Instant | null): number | null {
  if (start !== null && end !== null && end >= start) return secondsBetween(start, end);
  return count(span, 'age');
}

/** Opens a reader of one file's flows. */
export function openFlows(times: Times): FlowRecords {
  const openers = new Recent<string>(remembered);
  const sensorsWithFlows = new Recent<true>(remembered);
  let flows = 0;
  let turned = 0;
  let repeats = 0;

  const begin = (record: EveRecord, span: EveObject) => {
    if (record.ends.src_ip === '::' || record.ends.dst_ip === '::')
      throw new BadValue('bad-address', 'ends of a flow');
    const start = times.of(span, 'start');
    const end = times.of(span, 'end');
    const fields: Readonly<Record<string, FieldValue>> = {
      uid: record.uid,
      protocol: record.protocol,
      service: serviceOf(record.eve),
      duration_s: durationOf(span, start, end),
    };
    return { time: start ?? record.time, fields };
  };

  const flow = (record: EveRecord): Event => {
    const span = part(record.eve, 'flow');
    const { time, fields } = begin(record, span);
    const toServer = { frames: count(span, 'pkts_toserver'), frameBytes: count(span, 'bytes_toserver') };
    const toClient = { frames: count(span, 'pkts_toclient'), frameBytes: count(span, 'bytes_toclient') };
    const { ends } = record;
    // Of a conversation it did not see begin, Suricata takes the first packet's sender for the client.
    const isTurned =
      isMidway(record, toClient.frames) && isAnswerHalf({ from: ends.src_port, to: ends.dst_port });
    const state = stateOf(record, toClient.frames);
    const isIdle = record.protocol === 'tcp' && unopened.has(state);
    const near = sizesOf(toServer, record, !isIdle);
    const far = sizesOf(toClient, record, !isIdle);
    flows += 1;
    if (isTurned) turned += 1;
    sensorsWithFlows.set(record.sensor, true);
    const ways = isTurned ? { out: far, back: near } : { out: near, back: far };
    return {
      table: 'network',
      time,
      fields: {
        ...fields,
        ...(isTurned ? swapped(ends) : ends),
        ...sizeFields(ways),
        state: isTurned && record.protocol === 'udp' ? '' : state,
      },
    };
  };

  const netflow = (record: EveRecord): Event | null => {
    if (sensorsWithFlows.get(record.sensor)) {
      repeats += 1;
      return null;
    }
    const span = part(record.eve, 'netflow');
    const { time, fields } = begin(record, span);
    const { ends } = record;
    const half = { frames: count(span, 'pkts'), frameBytes: count(span, 'bytes') };
    const letters = flagLettersOf(record.eve);
    // A SYN without ACK is the opener's own half, whatever the ports say.
    const isTurned = isAnswer(record, letters.includes('S') && !letters.includes('A'));
    const state = record.protocol === 'tcp' ? stateOfFlags(letters, half.frames, isTurned) : '';
    const sizes = sizesOf(half, record, !unopened.has(state));
    const nothing: Sizes = { packets: null, wire: null, payload: null };
    flows += 1;
    const ways = isTurned ? { out: nothing, back: sizes } : { out: sizes, back: nothing };
    return {
      table: 'network',
      time,
      fields: { ...fields, ...(isTurned ? swapped(ends) : ends), ...sizeFields(ways), state },
    };
  };

  /** The half from client to server is written first; of one that stands alone, the ports tell. */
  const isAnswer = ({ uid, ends, sensor }: EveRecord, opens: boolean): boolean => {
    const key = `${sensor} ${uid}`;
    const opener = uid === '' ? undefined : openers.get(key);
    if (opener !== undefined) return opener === endText(swapped(ends));
    const isGuess = !opens && isAnswerHalf({ from: ends.src_port, to: ends.dst_port });
    if (isGuess) turned += 1;
    if (uid !== '') openers.set(key, endText(isGuess ? swapped(ends) : ends));
    return isGuess;
  };

  return { flow, netflow, assumptions: () => assumptionsOf({ flows, turned, repeats }) };
}

const endText = (ends: Ends): string => `${ends.src_ip} ${ends.src_port} ${ends.dst_ip} ${ends.dst_port}`;

/** True when the client's own SYN was seen: one with ACK, and nothing from the other side, is an answer to it. */
const hasOpened = (flags: number, answers: number | null): boolean =>
  (flags & syn) !== 0 && !((flags & ack) !== 0 && answers === 0);

/** True when the record shows that the conversation began before what was seen of it: it may run either way. */
function isMidway({ protocol, eve }: EveRecord, answers: number | null): boolean {
  if (protocol === 'udp') return answers === 0;
  const out = flagsOf(part(eve, 'tcp'), 'tcp_flags_ts');
  return protocol === 'tcp' && out !== null && !hasOpened(out, answers);
}

function sizeFields(ways: {
  readonly out: Sizes;
  readonly back: Sizes;
}): Readonly<Record<string, FieldValue>> {
  return {
    bytes_out: ways.out.payload,
    bytes_in: ways.back.payload,
    packets_out: ways.out.packets,
    packets_in: ways.back.packets,
    wire_bytes_out: ways.out.wire,
    wire_bytes_in: ways.back.wire,
  };
}

function assumptionsOf(seen: {
  readonly flows: number;
  readonly turned: number;
  readonly repeats: number;
}): readonly Assumption[] {
  const assumptions: Assumption[] = [];
  if (seen.flows > 0) {
    assumptions.push({
      about: 'bytes',
      value: 'payload estimated from frames',
      text: 'Suricata counts whole Ethernet frames: 14 bytes a packet are taken off for the IP bytes, and the least possible IP and transport headers for the payload, which options and padding make up to 40 bytes a packet too high; a TCP flow that was never opened counts as without payload.',
    });
  }
  if (seen.turned > 0) {
    assumptions.push({
      about: 'direction',
      value: `${seen.turned} of ${seen.flows} flows turned round`,
      text: 'A flow without a question or an opening that runs from a service port to a client port is taken as the answer to one that was not seen: the client is its source.',
    });
  }
  if (seen.repeats > 0) {
    assumptions.push({
      about: 'flows',
      value: `${seen.repeats} netflow records not counted`,
      text: 'The sensor wrote its flows as flow records too: its netflow records are kept as they are, so that no byte counts twice.',
    });
  }
  return assumptions;
}
