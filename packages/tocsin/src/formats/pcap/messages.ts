// HTTP requests, DNS questions and TLS handshakes seen in frames, each joined with its answer. Takes a frame and the
// flow it belongs to; gives events. What waits for an answer is bounded and is given without one when its flow ends.
import type { Event, FieldValue } from '../../vocabulary/event.ts';
import { instantOfMicros } from '../../vocabulary/instant.ts';
import type { Frame, FrameField } from './frame.ts';

export interface Conversation {
  readonly number: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly protocol: string;
}

/** Requests of one flow that may wait for an answer; the oldest then goes without. */
const waitingLimit = 1000;

interface Waiting {
  readonly event: Event;
  /** `http 24` or `dns 7`: kind and frame or transaction that an answer names. */
  readonly key: string;
}

interface Handshake {
  readonly time: bigint;
  readonly fields: Record<string, FieldValue>;
}

export interface Messages {
  readonly read: (frame: Frame, talk: Conversation) => readonly Event[];
  /** Gives what of a flow still waits. */
  readonly close: (flow: number) => readonly Event[];
}

/** The DNS name a frame asks for; '' for none. */
export const dnsName = (frame: Frame): string =>
  frame.all('dns.qry.type').length === 1 ? frame.whole('dns.qry.name') : frame.first('dns.qry.name');

const queryTypes: Readonly<Record<string, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  10: 'NULL',
  12: 'PTR',
  13: 'HINFO',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  43: 'DS',
  48: 'DNSKEY',
  64: 'SVCB',
  65: 'HTTPS',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
};
const responseCodes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];
const answerFields: readonly FrameField[] = [
  'dns.cname',
  'dns.a',
  'dns.aaaa',
  'dns.txt',
  'dns.ptr.domain_name',
  'dns.mx.mail_exchange',
  'dns.ns',
];
const tlsVersions: Readonly<Record<string, string>> = {
  '0x0300': 'SSLv3',
  '0x0301': 'TLSv10',
  '0x0302': 'TLSv11',
  '0x0303': 'TLSv12',
  '0x0304': 'TLSv13',
};

const isTrue = (text: string): boolean => text === '1' || text === 'True';
const countOf = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);

/** Opens with nothing waiting. */
export function openMessages(): Messages {
  const waiting = new Map<number, Waiting[]>();
  const handshakes = new Map<number, Handshake>();

  const wait = (flow: number, item: Waiting): readonly Event[] => {
    const list = waiting.get(flow) ?? [];
    list.push(item);
    waiting.set(flow, list);
    const oldest = list.length > waitingLimit ? list.shift() : undefined;
    return oldest ? [oldest.event] : [];
  };

  /** Takes the first waiting item that fits; undefined for none. */
  const take = (flow: number, fits: (item: Waiting) => boolean): Event | undefined => {
    const list = waiting.get(flow);
    const at = list?.findIndex(fits) ?? -1;
    return at < 0 ? undefined : list?.splice(at, 1)[0]?.event;
  };

  const readHttp = (frame: Frame, talk: Conversation): readonly Event[] => {
    const done: Event[] = [];
    const methods = frame.all('http.request.method');
    methods.forEach((method, index) => {
      const event = requestEvent(frame, talk, { method, index, of: methods.length });
      done.push(...wait(talk.number, { event, key: `http ${frame.number}` }));
    });
    if (frame.first('http.response.code') !== '') {
      const asked = frame.first('http.request_in');
      const isAsked = (item: Waiting) =>
        item.key === `http ${asked}` || (asked === '' && item.key.startsWith('http '));
      const request = take(talk.number, isAsked);
      if (request) done.push(withAnswer(request, frame));
    }
    return done;
  };

  const readDns = (frame: Frame, talk: Conversation): readonly Event[] => {
    const name = dnsName(frame);
    if (name === '') return [];
    const key = `dns ${frame.first('dns.id')} ${name.toLowerCase()}`;
    const isResponse = isTrue(frame.first('dns.flags.response'));
    const asked = isResponse ? take(talk.number, (item) => item.key === key) : undefined;
    const type = frame.first('dns.qry.type');
    const event: Event = asked ?? {
      table: 'dns',
      time: instantOfMicros(frame.micros),
      fields: { ...talk.fields, protocol: talk.protocol, query: name, query_type: queryTypes[type] ?? type },
    };
    if (!isResponse) return wait(talk.number, { event, key });
    const code = frame.first('dns.flags.rcode');
    const answers = answerFields.flatMap((field) => frame.all(field));
    const response = { response_code: responseCodes[Number(code)] ?? code, answers };
    return [{ ...event, fields: { ...event.fields, ...response } }];
  };

  const readTls = (frame: Frame, talk: Conversation): void => {
    const types = frame.all('tls.handshake.type');
    const isClient = types.includes('1');
    const isServer = types.includes('2');
    if (!isClient && !isServer) return;
    const held = handshakes.get(talk.number) ?? { time: frame.micros, fields: { ...talk.fields } };
    handshakes.set(talk.number, held);
    if (isClient) {
      held.fields.server_name = frame.first('tls.handshake.extensions_server_name');
      held.fields.ja3 = frame.first('tls.handshake.ja3');
    } else {
      const version =
        frame.first('tls.handshake.extensions.supported_version') || frame.first('tls.handshake.version');
      held.fields.version = tlsVersions[version] ?? version;
      held.fields.cipher = frame.first('tls.handshake.ciphersuite');
      held.fields.ja3s = frame.first('tls.handshake.ja3s');
    }
  };

  const close = (flow: number): readonly Event[] => {
    const events = (waiting.get(flow) ?? []).map((item) => item.event);
    const handshake = handshakes.get(flow);
    if (handshake)
      events.push({ table: 'tls', time: instantOfMicros(handshake.time), fields: handshake.fields });
    waiting.delete(flow);
    handshakes.delete(flow);
    return events;
  };

  const read = (frame: Frame, talk: Conversation): readonly Event[] => {
    readTls(frame, talk);
    return [...readHttp(frame, talk), ...readDns(frame, talk)];
  };
  return { read, close };
}

function requestEvent(
  frame: Frame,
  talk: Conversation,
  request: { readonly method: string; readonly index: number; readonly of: number },
): Event {
  // With several requests in one frame, a field belongs to one of them only when each request has it.
  const own = (field: FrameField): string => {
    if (request.of === 1) return frame.whole(field);
    const values = frame.all(field);
    return values.length === request.of ? (values[request.index] ?? '') : '';
  };
  const named = /^(?:host|user-agent|referer):/i;
  const headers = request.of === 1 ? frame.all('http.request.line').map(line) : [];
  return {
    table: 'http',
    time: instantOfMicros(frame.micros),
    fields: {
      ...talk.fields,
      method: request.method,
      host: own('http.host'),
      uri: own('http.request.uri'),
      referrer: own('http.referer'),
      user_agent: own('http.user_agent'),
      request_headers: headers.filter((header) => header !== '' && !named.test(header)).join('\n'),
      request_bytes: countOf(own('http.content_length_header')),
    },
  };
}

/** tshark writes the line end of a header as `\r\n` in letters. */
const line = (text: string): string => text.replace(/(?:\\r|\\n|\s)+$/, '');

function withAnswer(request: Event, frame: Frame): Event {
  const status = Number(frame.first('http.response.code'));
  return {
    ...request,
    fields: {
      ...request.fields,
      status: status >= 0 && status <= 65_535 ? status : null,
      response_bytes: countOf(frame.first('http.content_length_header')),
      mime_type: frame.first('http.content_type').split(';', 1)[0]?.trim() ?? '',
    },
  };
}
