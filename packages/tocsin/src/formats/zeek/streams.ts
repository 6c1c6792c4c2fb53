// Zeek's log streams and the columns they fill: one table of facts for both of Zeek's spellings (TSV and JSON).
// Field names as in Zeek's own documentation; https://docs.zeek.org/en/master/logs/index.html
import type { TableName } from '../../vocabulary/dictionary.ts';

/** How the text of a Zeek field becomes the value of a column. */
export type Reading =
  | 'text'
  /** text in lower case */
  | 'word'
  | 'address'
  | 'port'
  | 'count'
  | 'small-count'
  | 'seconds'
  | 'list'
  | 'flag';

/** Column to Zeek fields in order of preference, with the reading. A constant stands as `{ constant }`. */
export type ColumnSource =
  | { readonly fields: readonly string[]; readonly as: Reading }
  | { readonly constant: string }
  /** SQL over `{field}` placeholders, for the few columns that are made of several fields. */
  | { readonly sql: string; readonly fields: readonly string[] };

export interface StreamMapping {
  readonly table: TableName;
  readonly columns: Readonly<Record<string, ColumnSource>>;
}

const text = (...fields: string[]): ColumnSource => ({ fields, as: 'text' });
const word = (...fields: string[]): ColumnSource => ({ fields, as: 'word' });
const count = (...fields: string[]): ColumnSource => ({ fields, as: 'count' });
const list = (...fields: string[]): ColumnSource => ({ fields, as: 'list' });

const endpoints: Readonly<Record<string, ColumnSource>> = {
  src_ip: { fields: ['id.orig_h', 'src'], as: 'address' },
  src_port: { fields: ['id.orig_p'], as: 'port' },
  dst_ip: { fields: ['id.resp_h', 'dst'], as: 'address' },
  dst_port: { fields: ['id.resp_p', 'p'], as: 'port' },
};
const conversation = { uid: text('uid'), ...endpoints };
const hashes: ColumnSource = {
  fields: ['md5', 'sha1', 'sha256'],
  sql: "arrayFilter(h -> NOT endsWith(h, '='), [concat('MD5=', {md5}), concat('SHA1=', {sha1}), concat('SHA256=', {sha256})])",
};

export const streams: Readonly<Record<string, StreamMapping>> = {
  conn: {
    table: 'network',
    columns: {
      ...conversation,
      protocol: word('proto'),
      service: text('service'),
      duration_s: { fields: ['duration'], as: 'seconds' },
      bytes_out: count('orig_bytes'),
      bytes_in: count('resp_bytes'),
      packets_out: count('orig_pkts'),
      packets_in: count('resp_pkts'),
      wire_bytes_out: count('orig_ip_bytes'),
      wire_bytes_in: count('resp_ip_bytes'),
      state: text('conn_state'),
      history: text('history'),
    },
  },
  http: {
    table: 'http',
    columns: {
      ...conversation,
      method: text('method'),
      host: text('host'),
      uri: text('uri'),
      referrer: text('referrer'),
      user_agent: text('user_agent'),
      status: { fields: ['status_code'], as: 'small-count' },
      request_bytes: count('request_body_len'),
      response_bytes: count('response_body_len'),
      username: text('username'),
      mime_type: { fields: ['resp_mime_types'], sql: '{resp_mime_types:list}[1]' },
      file_names: {
        fields: ['orig_filenames', 'resp_filenames'],
        sql: 'arrayConcat({orig_filenames:list}, {resp_filenames:list})',
      },
    },
  },
  dns: {
    table: 'dns',
    columns: {
      ...conversation,
      protocol: word('proto'),
      query: text('query'),
      query_type: text('qtype_name'),
      response_code: text('rcode_name'),
      answers: list('answers'),
    },
  },
  ssl: {
    table: 'tls',
    columns: {
      ...conversation,
      version: text('version'),
      cipher: text('cipher'),
      server_name: text('server_name'),
      subject: text('subject'),
      issuer: text('issuer'),
      ja3: text('ja3'),
      ja3s: text('ja3s'),
      validation: text('validation_status'),
    },
  },
  files: {
    table: 'file',
    columns: {
      // The file runs from tx to rx; older Zeek gives sets of hosts, newer the endpoints.
      uid: { fields: ['uid', 'conn_uids'], sql: "if({uid} != '', {uid}, {conn_uids:list}[1])" },
      src_ip: {
        fields: ['id.orig_h', 'tx_hosts'],
        sql: "toIPv6(multiIf({id.orig_h} != '', {id.orig_h}, empty({tx_hosts:list}), '::', {tx_hosts:list}[1]))",
      },
      src_port: { fields: ['id.orig_p'], as: 'port' },
      dst_ip: {
        fields: ['id.resp_h', 'rx_hosts'],
        sql: "toIPv6(multiIf({id.resp_h} != '', {id.resp_h}, empty({rx_hosts:list}), '::', {rx_hosts:list}[1]))",
      },
      dst_port: { fields: ['id.resp_p'], as: 'port' },
      action: { constant: 'transfer' },
      name: text('filename'),
      mime_type: text('mime_type'),
      bytes: count('seen_bytes'),
      sent_by_src: {
        fields: ['is_orig', 'id.orig_h'],
        sql: "multiIf({id.orig_h} = '', 1, {is_orig} IN ('T', 'true'), 1, {is_orig} IN ('F', 'false'), 0, NULL)",
      },
      hashes,
      source: text('source'),
    },
  },
  ssh: {
    table: 'authentication',
    columns: {
      ...conversation,
      service: { constant: 'ssh' },
      outcome: {
        fields: ['auth_success'],
        sql: "multiIf({auth_success} IN ('T', 'true'), 'success', {auth_success} IN ('F', 'false'), 'failure', 'unknown')",
      },
      detail: { fields: ['client', 'server'], sql: "concat({client}, ' -> ', {server})" },
    },
  },
  rdp: {
    table: 'authentication',
    columns: {
      ...conversation,
      service: { constant: 'rdp' },
      username: text('cookie'),
      outcome: {
        fields: ['result'],
        sql: "multiIf(lower({result}) LIKE '%succe%', 'success', lower({result}) LIKE '%fail%', 'failure', 'unknown')",
      },
      method: text('security_protocol'),
      detail: text('result'),
    },
  },
  kerberos: {
    table: 'authentication',
    columns: {
      ...conversation,
      service: { constant: 'kerberos' },
      username: text('client'),
      outcome: {
        fields: ['success'],
        sql: "multiIf({success} IN ('T', 'true'), 'success', {success} IN ('F', 'false'), 'failure', 'unknown')",
      },
      method: text('request_type'),
      detail: { fields: ['service', 'error_msg'], sql: "concat({service}, ' ', {error_msg})" },
    },
  },
  ntlm: {
    table: 'authentication',
    columns: {
      ...conversation,
      service: { constant: 'ntlm' },
      username: text('username'),
      domain: text('domainname'),
      host: text('hostname'),
      outcome: {
        fields: ['success'],
        sql: "multiIf({success} IN ('T', 'true'), 'success', {success} IN ('F', 'false'), 'failure', 'unknown')",
      },
    },
  },
  smtp: {
    table: 'email',
    columns: {
      ...conversation,
      helo: text('helo'),
      mail_from: text('mailfrom'),
      rcpt_to: list('rcptto'),
      subject: text('subject'),
      message_id: text('msg_id'),
      status: text('last_reply'),
    },
  },
  smb_files: {
    table: 'file',
    columns: {
      ...conversation,
      action: { fields: ['action'], sql: "replaceOne(lower({action}), 'smb::file_', '')" },
      name: text('name'),
      path: text('path'),
      bytes: count('size'),
      source: { constant: 'SMB' },
    },
  },
  smb_mapping: {
    table: 'smb',
    columns: { ...conversation, share: text('path'), share_type: text('share_type') },
  },
  dce_rpc: {
    table: 'smb',
    columns: {
      ...conversation,
      endpoint: text('endpoint'),
      operation: text('operation'),
      named_pipe: text('named_pipe'),
    },
  },
  notice: {
    table: 'sensor_alert',
    columns: {
      ...conversation,
      protocol: word('proto'),
      signature: text('note'),
      category: { constant: 'zeek-notice' },
      message: { fields: ['msg', 'sub'], sql: "trimRight(concat({msg}, ' ', {sub}))" },
      action: { constant: 'logged' },
    },
  },
  intel: {
    table: 'sensor_alert',
    columns: {
      ...conversation,
      signature: { constant: 'Intel::Notice' },
      category: { constant: 'zeek-intel' },
      message: {
        fields: ['seen.indicator', 'seen.where'],
        sql: "concat({seen.indicator}, ' ', {seen.where})",
      },
      action: { constant: 'logged' },
    },
  },
};

/** The mapping of a stream by the name a log gives it; undefined for one this project keeps whole. */
export function mappingOf(stream: string): StreamMapping | undefined {
  // A name out of evidence may be that of something every object has, such as `constructor`.
  return Object.hasOwn(streams, stream) ? streams[stream] : undefined;
}

/** Endpoints of a stream no table holds. */
export const otherStream: Readonly<Record<string, ColumnSource>> = endpoints;

/** All of Zeek's field names this project reads in some stream; tells a Zeek record from other JSON. */
export function fieldsOf(columns: Readonly<Record<string, ColumnSource>>): readonly string[] {
  return [...new Set(Object.values(columns).flatMap((source) => ('fields' in source ? source.fields : [])))];
}
