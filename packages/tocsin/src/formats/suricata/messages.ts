// What Suricata's application parsers saw: http, dns, tls, fileinfo and smtp records, each as an event of its table,
// from client to server. Takes an EVE record; gives table and fields.
import type { TableName } from '../../vocabulary/dictionary.ts';
import type { FieldValue } from '../../vocabulary/event.ts';
import { count, type EveObject, objects, part, text, textOf, texts } from './fields.ts';
import { clientFirst, serverEnd } from './ports.ts';
import { type EveRecord, swapped } from './record.ts';

export interface Mapped {
  readonly table: TableName;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** `name` to the value of the first header of that name, in lower case; '' for none. */
function headerOf(headers: readonly EveObject[], name: string): string {
  const found = headers.find((header) => text(header, 'name').toLowerCase() === name);
  return found ? text(found, 'value') : '';
}

/** Request headers Suricata writes as fields of their own when told to. */
const requestHeaders = [
  'accept',
  'accept_charset',
  'accept_encoding',
  'accept_language',
  'authorization',
  'cookie',
  'from',
  'max_forwards',
  'origin',
  'org_src_ip',
  'proxy_authorization',
  'range',
  'te',
  'true_client_ip',
  'via',
  'x_bluecoat_via',
  'x_forwarded_proto',
  'x_requested_with',
];
const ownColumns = new Set(['host', ':authority', ':method', ':path', ':scheme', 'user-agent', 'referer']);

function headerLines(http: EveObject, headers: readonly EveObject[]): string {
  const lines = headers
    .filter((header) => !ownColumns.has(text(header, 'name').toLowerCase()))
    .map((header) => `${text(header, 'name')}: ${text(header, 'value')}`);
  for (const name of requestHeaders) {
    const value = text(http, name);
    if (value !== '') lines.push(`${name.replaceAll('_', '-')}: ${value}`);
  }
  const forwarded = text(http, 'xff', 'x_forwarded_for');
  if (forwarded !== '') lines.push(`x-forwarded-for: ${forwarded}`);
  return lines.join('\n');
}

/** Content type without its parameters. */
const mimeType = (contentType: string): string => contentType.split(';', 1)[0]?.trim() ?? '';

export function httpEvent(record: EveRecord): Mapped {
  const http = part(record.eve, 'http');
  const headers = objects(http.request_headers);
  const answers = objects(http.response_headers);
  return {
    table: 'http',
    fields: {
      uid: record.uid,
      ...record.ends,
      method: text(http, 'http_method') || headerOf(headers, ':method'),
      host: text(http, 'hostname') || headerOf(headers, 'host') || headerOf(headers, ':authority'),
      uri: text(http, 'url') || headerOf(headers, ':path'),
      referrer: text(http, 'http_refer', 'http_referer') || headerOf(headers, 'referer'),
      user_agent: text(http, 'http_user_agent') || headerOf(headers, 'user-agent'),
      status: count(http, 'status', 65_535),
      response_bytes: count(http, 'length'),
      mime_type: mimeType(text(http, 'http_content_type') || headerOf(answers, 'content-type')),
      request_headers: headerLines(http, headers),
    },
  };
}

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

/** Answers of any version: a list of records, values grouped by type, or the one record of the first version. */
function answersOf(dns: EveObject): readonly string[] {
  const listed = objects(dns.answers);
  if (listed.length > 0) return listed.map(answerText).filter((answer) => answer !== '');
  const grouped = Object.values(part(dns, 'grouped')).flatMap((values) => texts(values));
  return grouped.length > 0 ? grouped : texts(dns.rdata);
}

/** Data of a record; where Suricata took it apart (SOA, SRV, SSHFP), the parts as JSON. */
function answerText(answer: EveObject): string {
  const data = text(answer, 'rdata');
  if (data !== '') return data;
  const parts = objects(answer[text(answer, 'rrtype').toLowerCase()]);
  return parts.length === 0 ? '' : textOf(parts[0]);
}

export function dnsEvent(record: EveRecord): Mapped {
  const dns = part(record.eve, 'dns');
  // The third version, and alerts, name the question in a list.
  const question = objects(dns.queries)[0] ?? objects(dns.query)[0] ?? dns;
  const kind = text(dns, 'type').toLowerCase();
  const isAnswer = kind !== 'query' && kind !== 'request';
  const code = text(dns, 'rcode');
  return {
    table: 'dns',
    fields: {
      uid: record.uid,
      ...clientFirst(record.ends, 'dns'),
      protocol: record.protocol,
      query: text(question, 'rrname') || text(dns, 'rrname'),
      query_type: text(question, 'rrtype') || text(dns, 'rrtype'),
      response_code: isAnswer ? (/^\d{1,2}$/.test(code) ? (responseCodes[Number(code)] ?? code) : code) : '',
      answers: isAnswer ? answersOf(dns) : [],
    },
  };
}

/** Versions in the words of Zeek, where Suricata's differ. */
const tlsVersions = new Map([
  ['SSLv2', 'SSLv2'],
  ['SSLv3', 'SSLv3'],
  ['TLSv1', 'TLSv10'],
  ['TLS 1.0', 'TLSv10'],
  ['TLS 1.1', 'TLSv11'],
  ['TLS 1.2', 'TLSv12'],
  ['TLS 1.3', 'TLSv13'],
]);

export function tlsEvent(record: EveRecord): Mapped {
  const tls = part(record.eve, 'tls');
  const version = text(tls, 'version');
  return {
    table: 'tls',
    fields: {
      uid: record.uid,
      ...record.ends,
      version: tlsVersions.get(version) ?? version,
      cipher: text(tls, 'cipher', 'cipher_suite'),
      server_name: text(tls, 'sni'),
      subject: text(tls, 'subject'),
      issuer: text(tls, 'issuerdn', 'issuer'),
      ja3: text(part(tls, 'ja3'), 'hash') || (typeof tls.ja3 === 'string' ? tls.ja3 : ''),
      ja3s: text(part(tls, 'ja3s'), 'hash') || (typeof tls.ja3s === 'string' ? tls.ja3s : ''),
    },
  };
}

/** A QUIC handshake is one of TLS; records that show nothing of it are null. */
export function quicEvent(record: EveRecord): Mapped | null {
  const quic = part(record.eve, 'quic');
  const [server_name, ja3, ja3s] = [
    text(quic, 'sni'),
    text(part(quic, 'ja3'), 'hash'),
    text(part(quic, 'ja3s'), 'hash'),
  ];
  if (`${server_name}${ja3}${ja3s}` === '') return null;
  const own = { version: `QUIC ${text(quic, 'version')}`.trim(), server_name, ja3, ja3s };
  return { table: 'tls', fields: { uid: record.uid, ...clientFirst(record.ends, 'quic'), ...own } };
}

function hashesOf(file: EveObject): readonly string[] {
  return ['md5', 'sha1', 'sha256'].flatMap((name) => {
    const hex = text(file, name);
    return /^[0-9a-f]{32,64}$/i.test(hex) ? [`${name.toUpperCase()}=${hex}`] : [];
  });
}

/** A fileinfo record runs from the file's sender to its receiver; the event from client to server. */
export function fileEvent(record: EveRecord): Mapped {
  const { eve, ends } = record;
  const file = part(eve, 'fileinfo');
  const http = part(eve, 'http');
  const app =
    text(eve, 'app_proto').toLowerCase() ||
    ['http', 'smb', 'smtp', 'nfs'].find((name) => Object.hasOwn(eve, name)) ||
    '';
  const asksOnly = /^(?:GET|HEAD)$/i.test(text(http, 'http_method'));
  const server = serverEnd(ends, app, count(http, 'http_port', 65_535)) ?? (asksOnly ? 'src' : null);
  const isTurned = server === 'src';
  return {
    table: 'file',
    fields: {
      uid: record.uid,
      ...(isTurned ? swapped(ends) : ends),
      action: 'transfer',
      name: text(file, 'filename'),
      path: text(part(eve, 'smb'), 'share'),
      mime_type: mimeType(text(file, 'mimetype') || text(http, 'http_content_type')) || text(file, 'magic'),
      bytes: count(file, 'size'),
      // What a GET brings comes from the server, whichever packet the record was written at.
      sent_by_src: asksOnly ? 0 : isTurned ? 0 : 1,
      hashes: hashesOf(file),
      source: app.replace('-', '_').toUpperCase(),
    },
  };
}

/** Envelope address without its angle brackets. */
const mailbox = (address: string): string => address.replace(/^\s*</, '').replace(/>\s*$/, '');

export function emailEvent(record: EveRecord): Mapped {
  const smtp = part(record.eve, 'smtp');
  const email = part(record.eve, 'email');
  return {
    table: 'email',
    fields: {
      uid: record.uid,
      ...clientFirst(record.ends, 'smtp'),
      helo: text(smtp, 'helo'),
      mail_from: mailbox(text(smtp, 'mail_from')),
      rcpt_to: texts(smtp.rcpt_to).map(mailbox),
      subject: text(email, 'subject'),
      message_id: text(email, 'message_id'),
    },
  };
}
