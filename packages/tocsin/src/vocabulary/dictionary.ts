// The field dictionary: the one source of the events tables' DDL, of the documentation page and of what
// parsers may fill. Direction is stated here, once: `src` opened the conversation, `out` runs from src to dst.

export type ColumnType =
  | 'String'
  | 'LowCardinality(String)'
  | 'Array(String)'
  | 'IPv6'
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'Nullable(UInt16)'
  | 'Nullable(UInt64)'
  | 'Nullable(Float64)'
  | 'Nullable(UInt8)'
  | "DateTime64(6, 'UTC')";

export interface Field {
  readonly name: string;
  readonly type: ColumnType;
  /** Unit of the value; absent where the value has none. */
  readonly unit?: string;
  readonly meaning: string;
  /** Attribute of the OCSF class this exports to. */
  readonly ocsf: string;
  /** Field of the Elastic Common Schema, as rules name it. */
  readonly ecs: string;
}

export interface EventTable {
  readonly name: string;
  /** OCSF class name and uid. */
  readonly ocsfClass: string;
  readonly ocsfUid: number;
  readonly meaning: string;
  /** Fields of this table, after the common ones. */
  readonly fields: readonly Field[];
}

const field = (
  name: string,
  type: ColumnType,
  meaning: string,
  names: { readonly ocsf: string; readonly ecs: string },
  unit?: string,
): Field => ({ name, type, meaning, ...names, ...(unit === undefined ? {} : { unit }) });

/** Columns every events table begins with. `event_id` is computed: `<evidence_id>:<record>`. */
export const commonFields: readonly Field[] = [
  field(
    'evidence_id',
    'LowCardinality(String)',
    'Evidence item the record was read from: `e-` and the first 16 hex digits of its SHA-256.',
    { ocsf: 'metadata.log_provider', ecs: 'log.file.path' },
  ),
  field(
    'record',
    'UInt64',
    'Position of the record in that item, counted from 1 over all its lines (or frames, or JSON values).',
    { ocsf: 'metadata.sequence', ecs: 'event.sequence' },
  ),
  field(
    'sensor',
    'LowCardinality(String)',
    'Who recorded it: the name in the record, else the evidence path.',
    { ocsf: 'metadata.product.name', ecs: 'observer.name' },
  ),
  field(
    'time',
    "DateTime64(6, 'UTC')",
    'When it began, in UTC.',
    { ocsf: 'time', ecs: '@timestamp' },
    'microseconds',
  ),
];

const conversation: readonly Field[] = [
  field(
    'src_ip',
    'IPv6',
    'Address that opened the conversation; IPv4 is held as IPv4-mapped. `::` when the log does not say.',
    { ocsf: 'src_endpoint.ip', ecs: 'source.ip' },
  ),
  field('src_port', 'UInt16', 'Port of src; 0 when the log does not say. For ICMP its type.', {
    ocsf: 'src_endpoint.port',
    ecs: 'source.port',
  }),
  field('dst_ip', 'IPv6', 'Address that was asked.', { ocsf: 'dst_endpoint.ip', ecs: 'destination.ip' }),
  field('dst_port', 'UInt16', 'Port of dst. For ICMP its code.', {
    ocsf: 'dst_endpoint.port',
    ecs: 'destination.port',
  }),
];

const uid = field(
  'uid',
  'String',
  "The sensor's own name of the conversation; joins conn, http, ssl and files of one sensor.",
  { ocsf: 'connection_info.uid', ecs: 'event.id' },
);
const low = 'LowCardinality(String)' as const;
const count = 'Nullable(UInt64)' as const;

export const eventTables: readonly EventTable[] = [
  {
    name: 'network',
    ocsfClass: 'Network Activity',
    ocsfUid: 4001,
    meaning: 'A flow between two endpoints.',
    fields: [
      uid,
      ...conversation,
      field('protocol', low, 'Transport protocol in lower case: tcp, udp, icmp.', {
        ocsf: 'connection_info.protocol_name',
        ecs: 'network.transport',
      }),
      field('service', low, 'Application protocol as the sensor recognised it.', {
        ocsf: 'app_name',
        ecs: 'network.protocol',
      }),
      field(
        'duration_s',
        'Nullable(Float64)',
        'From first to last packet.',
        { ocsf: 'duration', ecs: 'event.duration' },
        'seconds',
      ),
      field(
        'bytes_out',
        count,
        'Payload from src to dst.',
        { ocsf: 'traffic.bytes_out', ecs: 'source.bytes' },
        'bytes',
      ),
      field(
        'bytes_in',
        count,
        'Payload from dst to src.',
        { ocsf: 'traffic.bytes_in', ecs: 'destination.bytes' },
        'bytes',
      ),
      field(
        'packets_out',
        count,
        'Packets from src to dst.',
        { ocsf: 'traffic.packets_out', ecs: 'source.packets' },
        'packets',
      ),
      field(
        'packets_in',
        count,
        'Packets from dst to src.',
        { ocsf: 'traffic.packets_in', ecs: 'destination.packets' },
        'packets',
      ),
      field(
        'wire_bytes_out',
        count,
        'IP bytes from src to dst, headers included.',
        { ocsf: 'traffic.bytes_out', ecs: 'source.bytes' },
        'bytes',
      ),
      field(
        'wire_bytes_in',
        count,
        'IP bytes from dst to src, headers included.',
        { ocsf: 'traffic.bytes_in', ecs: 'destination.bytes' },
        'bytes',
      ),
      field(
        'state',
        low,
        "How it ended, in Zeek's words (SF, S0, REJ, RSTO ...); empty when the log does not say.",
        { ocsf: 'connection_info.tcp_flags', ecs: 'network.state' },
      ),
      field('history', low, "Zeek's history of the connection.", {
        ocsf: 'connection_info.history',
        ecs: 'zeek.connection.history',
      }),
      field(
        'is_repeat',
        'UInt8',
        '1 when another sensor recorded the same flow and that sighting is the one that counts.',
        { ocsf: 'metadata.is_duplicate', ecs: 'event.duplicate' },
      ),
    ],
  },
  {
    name: 'http',
    ocsfClass: 'HTTP Activity',
    ocsfUid: 4002,
    meaning: 'One HTTP request and its answer.',
    fields: [
      uid,
      ...conversation,
      field('method', low, 'Request method as sent.', {
        ocsf: 'http_request.http_method',
        ecs: 'http.request.method',
      }),
      field('host', 'String', 'Host header or virtual host.', {
        ocsf: 'http_request.url.hostname',
        ecs: 'url.domain',
      }),
      field('uri', 'String', 'Request target as sent, percent-encoding kept.', {
        ocsf: 'http_request.url.path',
        ecs: 'url.original',
      }),
      field('referrer', 'String', 'Referer header.', {
        ocsf: 'http_request.referrer',
        ecs: 'http.request.referrer',
      }),
      field('user_agent', 'String', 'User-Agent header.', {
        ocsf: 'http_request.user_agent',
        ecs: 'user_agent.original',
      }),
      field('status', 'Nullable(UInt16)', 'Status code of the answer.', {
        ocsf: 'http_response.code',
        ecs: 'http.response.status_code',
      }),
      field(
        'request_bytes',
        count,
        'Body (or whole request where the log counts that) from client to server.',
        { ocsf: 'http_request.length', ecs: 'http.request.body.bytes' },
        'bytes',
      ),
      field(
        'response_bytes',
        count,
        'Body from server to client.',
        { ocsf: 'http_response.length', ecs: 'http.response.body.bytes' },
        'bytes',
      ),
      field('username', 'String', 'Account the server logged.', {
        ocsf: 'actor.user.name',
        ecs: 'user.name',
      }),
      field('mime_type', low, 'Content type of the answer.', {
        ocsf: 'http_response.content_type',
        ecs: 'http.response.mime_type',
      }),
      field('request_headers', 'String', 'Other request headers the sensor kept, as `name: value` lines.', {
        ocsf: 'http_request.http_headers',
        ecs: 'http.request.headers',
      }),
      field('file_names', 'Array(String)', 'File names named in the transfer.', {
        ocsf: 'file.name',
        ecs: 'file.name',
      }),
    ],
  },
  {
    name: 'dns',
    ocsfClass: 'DNS Activity',
    ocsfUid: 4003,
    meaning: 'One DNS question and its answers.',
    fields: [
      uid,
      ...conversation,
      field('protocol', low, 'Transport protocol.', {
        ocsf: 'connection_info.protocol_name',
        ecs: 'network.transport',
      }),
      field('query', 'String', 'Name asked for, as sent.', {
        ocsf: 'query.hostname',
        ecs: 'dns.question.name',
      }),
      field('query_type', low, 'Record type by name (A, TXT).', {
        ocsf: 'query.type',
        ecs: 'dns.question.type',
      }),
      field('response_code', low, 'NOERROR, NXDOMAIN and so on; empty when unanswered.', {
        ocsf: 'rcode',
        ecs: 'dns.response_code',
      }),
      field('answers', 'Array(String)', 'Answers as text.', {
        ocsf: 'answers.rdata',
        ecs: 'dns.answers.data',
      }),
    ],
  },
  {
    name: 'tls',
    ocsfClass: 'Network Activity',
    ocsfUid: 4001,
    meaning: 'A TLS handshake seen inside a flow of `network` (same uid); adds no bytes of its own.',
    fields: [
      uid,
      ...conversation,
      field('version', low, 'Version agreed on.', { ocsf: 'tls.version', ecs: 'tls.version' }),
      field('cipher', low, 'Cipher suite agreed on.', { ocsf: 'tls.cipher', ecs: 'tls.cipher' }),
      field('server_name', 'String', 'SNI of the client.', {
        ocsf: 'tls.sni',
        ecs: 'tls.client.server_name',
      }),
      field('subject', 'String', "Subject of the server's certificate.", {
        ocsf: 'tls.certificate.subject',
        ecs: 'tls.server.subject',
      }),
      field('issuer', 'String', 'Its issuer.', { ocsf: 'tls.certificate.issuer', ecs: 'tls.server.issuer' }),
      field('ja3', 'String', 'JA3 hash of the client.', { ocsf: 'tls.ja3_hash', ecs: 'tls.client.ja3' }),
      field('ja3s', 'String', 'JA3S hash of the server.', { ocsf: 'tls.ja3s_hash', ecs: 'tls.server.ja3s' }),
      field('validation', low, 'Outcome of certificate validation as the sensor put it.', {
        ocsf: 'tls.certificate.status',
        ecs: 'tls.server.validation',
      }),
    ],
  },
  {
    name: 'authentication',
    ocsfClass: 'Authentication',
    ocsfUid: 3002,
    meaning: 'An attempt to log in.',
    fields: [
      uid,
      ...conversation,
      field('service', low, 'What was logged in to: ssh, rdp, kerberos, ntlm, windows, imap.', {
        ocsf: 'service.name',
        ecs: 'service.name',
      }),
      field('username', 'String', 'Account tried.', { ocsf: 'user.name', ecs: 'user.name' }),
      field('domain', 'String', 'Domain or realm of the account.', {
        ocsf: 'user.domain',
        ecs: 'user.domain',
      }),
      field('host', 'String', 'Machine that recorded or was logged in to, by name.', {
        ocsf: 'dst_endpoint.hostname',
        ecs: 'host.name',
      }),
      field('outcome', low, 'success, failure or unknown.', { ocsf: 'status', ecs: 'event.outcome' }),
      field('method', low, 'password, publickey, keyboard-interactive; for Windows the logon type.', {
        ocsf: 'auth_protocol',
        ecs: 'event.action',
      }),
      field('detail', 'String', 'The rest of what the log says.', { ocsf: 'status_detail', ecs: 'message' }),
    ],
  },
  {
    name: 'email',
    ocsfClass: 'Email Activity',
    ocsfUid: 4009,
    meaning: 'A mail handed over.',
    fields: [
      uid,
      ...conversation,
      field('helo', 'String', 'Name the client gave.', { ocsf: 'smtp_hello', ecs: 'email.helo' }),
      field('mail_from', 'String', 'Envelope sender.', {
        ocsf: 'email.smtp_from',
        ecs: 'email.from.address',
      }),
      field('rcpt_to', 'Array(String)', 'Envelope recipients.', {
        ocsf: 'email.smtp_to',
        ecs: 'email.to.address',
      }),
      field('subject', 'String', 'Subject header as sent.', { ocsf: 'email.subject', ecs: 'email.subject' }),
      field('message_id', 'String', 'Message-ID header.', {
        ocsf: 'email.message_uid',
        ecs: 'email.message_id',
      }),
      field('status', 'String', 'Last reply of the server.', { ocsf: 'status_detail', ecs: 'event.reason' }),
      field('bytes', count, 'Size of the message.', { ocsf: 'email.size', ecs: 'email.size' }, 'bytes'),
    ],
  },
  {
    name: 'process',
    ocsfClass: 'Process Activity',
    ocsfUid: 1007,
    meaning: 'A program started on a machine.',
    fields: [
      field('host', 'String', 'Machine, by name.', { ocsf: 'device.hostname', ecs: 'host.name' }),
      field('username', 'String', 'Account it runs as.', { ocsf: 'actor.user.name', ecs: 'user.name' }),
      field('pid', count, 'Process id.', { ocsf: 'process.pid', ecs: 'process.pid' }),
      field('parent_pid', count, 'Process id of the parent.', {
        ocsf: 'process.parent_process.pid',
        ecs: 'process.parent.pid',
      }),
      field('executable', 'String', 'Path of the program.', {
        ocsf: 'process.file.path',
        ecs: 'process.executable',
      }),
      field('command_line', 'String', 'Command line as recorded.', {
        ocsf: 'process.cmd_line',
        ecs: 'process.command_line',
      }),
      field('parent_executable', 'String', 'Path of the parent program.', {
        ocsf: 'process.parent_process.file.path',
        ecs: 'process.parent.executable',
      }),
      field('hashes', 'Array(String)', 'Hashes of the program as `ALGORITHM=hex`.', {
        ocsf: 'process.file.hashes',
        ecs: 'process.hash',
      }),
      field('detail', 'String', 'The rest of what the log says.', { ocsf: 'unmapped', ecs: 'message' }),
    ],
  },
  {
    name: 'file',
    ocsfClass: 'File System Activity',
    ocsfUid: 1001,
    meaning: 'A file seen in transfer, opened, written or deleted.',
    fields: [
      uid,
      ...conversation,
      field('host', 'String', 'Machine, by name, when it was recorded there.', {
        ocsf: 'device.hostname',
        ecs: 'host.name',
      }),
      field('action', low, 'transfer, open, create, write, delete, rename; SMB actions in lower case.', {
        ocsf: 'activity_name',
        ecs: 'event.action',
      }),
      field('name', 'String', 'File name or path as logged.', { ocsf: 'file.name', ecs: 'file.name' }),
      field('path', 'String', 'Share or folder.', { ocsf: 'file.path', ecs: 'file.path' }),
      field('mime_type', low, 'Content type.', { ocsf: 'file.mime_type', ecs: 'file.mime_type' }),
      field('bytes', count, 'Size, or bytes seen.', { ocsf: 'file.size', ecs: 'file.size' }, 'bytes'),
      field('sent_by_src', 'Nullable(UInt8)', '1 when the file ran from src to dst.', {
        ocsf: 'connection_info.direction',
        ecs: 'network.direction',
      }),
      field('hashes', 'Array(String)', 'Hashes as `ALGORITHM=hex`.', {
        ocsf: 'file.hashes',
        ecs: 'file.hash',
      }),
      field('source', low, 'Protocol or program that carried it.', {
        ocsf: 'app_name',
        ecs: 'event.provider',
      }),
    ],
  },
  {
    name: 'smb',
    ocsfClass: 'SMB Activity',
    ocsfUid: 4006,
    meaning: 'A Windows remote call or share mapping.',
    fields: [
      uid,
      ...conversation,
      field('endpoint', low, 'DCE/RPC interface by name (svcctl, atsvc, drsuapi).', {
        ocsf: 'dce_rpc.rpc_interface',
        ecs: 'zeek.dce_rpc.endpoint',
      }),
      field('operation', low, 'Operation on it.', { ocsf: 'dce_rpc.command', ecs: 'zeek.dce_rpc.operation' }),
      field('named_pipe', 'String', 'Pipe or port it ran over.', {
        ocsf: 'share',
        ecs: 'zeek.dce_rpc.named_pipe',
      }),
      field('share', 'String', 'Share mapped.', { ocsf: 'share', ecs: 'zeek.smb_mapping.path' }),
      field('share_type', low, 'DISK, PIPE or PRINT.', {
        ocsf: 'share_type',
        ecs: 'zeek.smb_mapping.share_type',
      }),
    ],
  },
  {
    name: 'sensor_alert',
    ocsfClass: 'Detection Finding',
    ocsfUid: 2004,
    meaning: 'An alert or notice another sensor raised.',
    fields: [
      uid,
      ...conversation,
      field('protocol', low, 'Transport protocol.', {
        ocsf: 'evidences.connection_info.protocol_name',
        ecs: 'network.transport',
      }),
      field('signature', low, 'What it calls the matter.', { ocsf: 'finding_info.title', ecs: 'rule.name' }),
      field('signature_id', low, 'Its number there.', { ocsf: 'finding_info.uid', ecs: 'rule.id' }),
      field('category', low, 'Its class there.', { ocsf: 'finding_info.types', ecs: 'rule.category' }),
      field(
        'severity',
        'Nullable(UInt8)',
        '1 (most severe) to 4, as Suricata counts; none when the sensor gives none.',
        { ocsf: 'severity_id', ecs: 'event.severity' },
      ),
      field('message', 'String', 'Its text.', { ocsf: 'message', ecs: 'message' }),
      field('action', low, 'allowed, blocked or logged.', { ocsf: 'action', ecs: 'event.action' }),
      field('metadata', 'Array(String)', 'Further `key=value` of the rule.', {
        ocsf: 'unmapped',
        ecs: 'rule.metadata',
      }),
    ],
  },
  {
    name: 'base_event',
    ocsfClass: 'Base Event',
    ocsfUid: 0,
    meaning: 'A record of a kind that no other table holds, kept whole.',
    fields: [
      ...conversation,
      field('stream', low, 'Kind of record as the source names it (x509, weird, windows-4104).', {
        ocsf: 'type_name',
        ecs: 'event.dataset',
      }),
      field('host', 'String', 'Machine, by name.', { ocsf: 'device.hostname', ecs: 'host.name' }),
      field('code', low, 'Event number or name at the source.', {
        ocsf: 'metadata.event_code',
        ecs: 'event.code',
      }),
      field('message', 'String', 'Its text.', { ocsf: 'message', ecs: 'message' }),
      field('raw', 'String', 'The record as received.', { ocsf: 'raw_data', ecs: 'event.original' }),
    ],
  },
];

export type TableName =
  | 'network'
  | 'http'
  | 'dns'
  | 'tls'
  | 'authentication'
  | 'email'
  | 'process'
  | 'file'
  | 'smb'
  | 'sensor_alert'
  | 'base_event';

/** The table of that name. @throws Error when the dictionary has none, a defect. */
export function eventTable(name: string): EventTable {
  const table = eventTables.find((candidate) => candidate.name === name);
  if (!table) throw new Error(`the dictionary has no table ${name}`);
  return table;
}

/** All columns of a table in storage order, the common ones first. */
export function columnsOf(table: EventTable): readonly Field[] {
  return [...commonFields, ...table.fields];
}
