// Log sources other than Windows: web servers and proxies, names, Zeek, programs of Unix, and whatever a mapping file
// keeps whole as JSON under the name of its product or service.
import {
  column,
  dictionaryFields,
  type EventSource,
  joinedText,
  type RestOfEvent,
  renamed,
  unescapedJson,
} from './source.ts';
import { programFields } from './windows.ts';

const zeekEndpoints = {
  src_ip: ['id.orig_h'],
  src_port: ['id.orig_p'],
  dst_ip: ['id.resp_h'],
  dst_port: ['id.resp_p'],
} as const;

const query = "if(position(uri, '?') = 0, '', substring(uri, position(uri, '?') + 1))";
const path = "substringIndex(uri, '?', 1)";
const extension = `if(position(${path}, '.') = 0, '', splitByChar('.', ${path})[-1])`;

const web: EventSource = {
  id: 'web',
  table: 'http',
  where: '1',
  fields: {
    ...dictionaryFields('http'),
    ...renamed('http', {
      ...zeekEndpoints,
      src_ip: ['id.orig_h', 'c-ip', 'src_ip', 'ClientIP'],
      dst_ip: ['id.resp_h', 's-ip', 'dst_ip'],
      dst_port: ['id.resp_p', 's-port', 'dst_port'],
      method: ['cs-method'],
      host: ['cs-host', 'r-dns'],
      uri: ['c-uri', 'cs-uri'],
      user_agent: ['c-useragent', 'cs-user-agent', 'cs(user-agent)'],
      referrer: ['cs-referer', 'cs-referrer', 'cs(referer)', 'referer'],
      status: ['sc-status', 'status_code'],
      username: ['cs-username'],
      request_bytes: ['cs-bytes', 'request_body_len'],
      response_bytes: ['sc-bytes', 'response_body_len'],
      mime_type: ['resp_mime_types'],
    }),
    'cs-uri-query': { text: query },
    'c-uri-query': { text: query },
    'cs-uri-stem': { text: path },
    'c-uri-stem': { text: path },
    'c-uri-extension': { text: extension },
    'cs-cookie': { text: "extract(request_headers, '(?im)^cookie: ?([^\\\\r\\\\n]*)')" },
  },
  rest: null,
  keywords: joinedText('http', [
    'method',
    'host',
    'uri',
    'referrer',
    'user_agent',
    'username',
    'request_headers',
  ]),
};

const names: EventSource = {
  id: 'names',
  table: 'dns',
  where: '1',
  fields: {
    ...dictionaryFields('dns'),
    ...renamed('dns', {
      ...zeekEndpoints,
      query_type: ['record_type', 'qtype_name'],
      answers: ['answer'],
      response_code: ['rcode', 'rcode_name'],
    }),
  },
  rest: null,
  keywords: joinedText('dns', ['query', 'query_type', 'response_code', 'answers']),
};

const flows: EventSource = {
  id: 'flows',
  table: 'network',
  where: 'is_repeat = 0',
  fields: {
    ...dictionaryFields('network'),
    ...renamed('network', {
      ...zeekEndpoints,
      protocol: ['proto'],
      duration_s: ['duration'],
      bytes_out: ['orig_bytes'],
      bytes_in: ['resp_bytes'],
      state: ['conn_state'],
    }),
  },
  rest: null,
  keywords: null,
};

const zeek: Readonly<Record<string, readonly EventSource[]>> = {
  conn: [flows],
  http: [web],
  dns: [names],
  smb_files: [
    {
      id: 'zeek-smb_files',
      table: 'file',
      where: "source = 'SMB'",
      fields: { ...dictionaryFields('file'), ...renamed('file', { ...zeekEndpoints, bytes: ['size'] }) },
      rest: null,
      keywords: null,
    },
  ],
  dce_rpc: [
    {
      id: 'zeek-dce_rpc',
      table: 'smb',
      where: "operation != ''",
      fields: { ...dictionaryFields('smb'), ...renamed('smb', zeekEndpoints) },
      rest: null,
      keywords: null,
    },
  ],
  rdp: [logins('rdp', { username: ['cookie'], method: ['security_protocol'], detail: ['result'] })],
  kerberos: [logins('kerberos', { username: ['client'], method: ['request_type'] })],
  ntlm: [logins('ntlm', { domain: ['domainname'], host: ['hostname'] })],
  ssl: [
    {
      id: 'zeek-ssl',
      table: 'tls',
      where: '1',
      fields: {
        ...dictionaryFields('tls'),
        ...renamed('tls', { ...zeekEndpoints, validation: ['validation_status'] }),
      },
      rest: null,
      keywords: null,
    },
  ],
};

function logins(service: string, fields: Readonly<Record<string, readonly string[]>>): EventSource {
  return {
    id: `zeek-${service}`,
    table: 'authentication',
    where: `service = '${service}' AND NOT startsWith(detail, 'event ')`,
    fields: {
      // In Zeek's words `service` is what the ticket is for, which is not kept apart.
      ...Object.fromEntries(
        Object.entries(dictionaryFields('authentication')).filter(([name]) => name !== 'service'),
      ),
      ...renamed('authentication', { ...zeekEndpoints, ...fields }),
    },
    rest: null,
    keywords: null,
  };
}

const unixPrograms: EventSource = {
  id: 'unix-programs',
  table: 'process',
  where: "startsWith(executable, '/')",
  fields: programFields,
  rest: { json: 'detail', pathsOf: (field) => [[field]], wrapped: [], namedLists: [] },
  keywords: joinedText('process', [
    'host',
    'username',
    'executable',
    'command_line',
    'parent_executable',
    'detail',
  ]),
};

const unixFiles: EventSource = {
  id: 'unix-files',
  table: 'file',
  where: "host != '' AND startsWith(name, '/') AND action IN ('create', 'write')",
  fields: {
    ...dictionaryFields('file'),
    ...renamed('file', { host: ['Computer'], name: ['TargetFilename'], source: ['Image'] }),
  },
  rest: null,
  keywords: null,
};

const sshLogins: EventSource = {
  id: 'ssh-logins',
  table: 'authentication',
  where: "service = 'ssh'",
  fields: dictionaryFields('authentication'),
  rest: null,
  keywords: joinedText('authentication', ['service', 'username', 'host', 'outcome', 'method', 'detail']),
};

const alerts: EventSource = {
  id: 'sensor-alerts',
  table: 'sensor_alert',
  where: '1',
  fields: dictionaryFields('sensor_alert'),
  rest: null,
  keywords: null,
};

/** Sources by category, whatever the product. */
export const categories: Readonly<Record<string, readonly EventSource[]>> = {
  webserver: [web],
  proxy: [web],
  dns: [names],
  firewall: [flows],
  antivirus: [alerts],
};

/** Sources of Unix by category. */
export const unixCategories: Readonly<Record<string, readonly EventSource[]>> = {
  process_creation: [unixPrograms],
  file_event: [unixFiles],
};

export const unixServices: Readonly<Record<string, readonly EventSource[]>> = {
  sshd: [sshLogins],
  auth: [sshLogins],
};

export const zeekServices = zeek;

const anyJson: RestOfEvent = {
  json: 'raw',
  // A dotted name is a path, or a name with dots in it.
  pathsOf: (field) => (field.includes('.') ? [field.split('.'), [field]] : [[field]]),
  wrapped: [],
  namedLists: [],
};

/** Records kept whole under one of these stream names: what a mapping file or a text log keeps. */
export function keptWhole(streams: readonly string[]): EventSource {
  const known = [...new Set(streams)];
  return {
    id: `kept-${known.join('-')}`,
    table: 'base_event',
    where: 'has({source_streams:Array(String)}, lower(stream))',
    parameters: { source_streams: known },
    fields: {
      host: column('base_event', 'host'),
      'host.name': column('base_event', 'host'),
      src_ip: column('base_event', 'src_ip'),
      dst_ip: column('base_event', 'dst_ip'),
    },
    rest: anyJson,
    keywords: `concatWithSeparator('\\n', message, ${unescapedJson('raw')})`,
  };
}
