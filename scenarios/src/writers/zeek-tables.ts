// The columns of Zeek's logs (as Zeek 6 writes them) and how a sighted conversation fills them.

import type { Flow, WebRequest } from '../flow.ts';
import type { Micros } from '../moment.ts';
import { minute } from '../moment.ts';

/** A conversation as one sensor saw it. */
export interface Sighting {
  readonly flow: Flow;
  readonly uid: string;
  /** Added to every instant of the flow: the sensor's clock against the true one. */
  readonly shiftUs: Micros;
  readonly isLocalSource: boolean;
  readonly isLocalDestination: boolean;
}

export type Cell =
  | { readonly time: Micros }
  | { readonly interval: Micros }
  | string
  | number
  | boolean
  | readonly string[]
  | null;

export interface ZeekTable {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
}

const ends = [
  ['ts', 'time'],
  ['uid', 'string'],
  ['id.orig_h', 'addr'],
  ['id.orig_p', 'port'],
  ['id.resp_h', 'addr'],
  ['id.resp_p', 'port'],
] as const;

const columns = (text: string) =>
  text
    .trim()
    .split(/\s+/)
    .map((pair) => {
      const [name = '', type = ''] = pair.split('=');
      return [name, type] as const;
    });

export const connTable: ZeekTable = {
  name: 'conn',
  columns: [
    ...ends,
    ...columns(`proto=enum service=string duration=interval orig_bytes=count resp_bytes=count conn_state=string
      local_orig=bool local_resp=bool missed_bytes=count history=string orig_pkts=count orig_ip_bytes=count
      resp_pkts=count resp_ip_bytes=count tunnel_parents=set[string]`),
  ],
};

export const httpTable: ZeekTable = {
  name: 'http',
  columns: [
    ...ends,
    ...columns(`trans_depth=count method=string host=string uri=string referrer=string version=string
      user_agent=string origin=string request_body_len=count response_body_len=count status_code=count
      status_msg=string info_code=count info_msg=string tags=set[enum] username=string password=string
      proxied=set[string] orig_fuids=vector[string] orig_filenames=vector[string] orig_mime_types=vector[string]
      resp_fuids=vector[string] resp_filenames=vector[string] resp_mime_types=vector[string]`),
  ],
};

export const dnsTable: ZeekTable = {
  name: 'dns',
  columns: [
    ...ends,
    ...columns(`proto=enum trans_id=count rtt=interval query=string qclass=count qclass_name=string qtype=count
      qtype_name=string rcode=count rcode_name=string AA=bool TC=bool RD=bool RA=bool Z=count
      answers=vector[string] TTLs=vector[interval] rejected=bool`),
  ],
};

export const sslTable: ZeekTable = {
  name: 'ssl',
  columns: [
    ...ends,
    ...columns(`version=string cipher=string curve=string server_name=string resumed=bool last_alert=string
      next_protocol=string established=bool ssl_history=string cert_chain_fps=vector[string]
      client_cert_chain_fps=vector[string] sni_matches_cert=bool validation_status=string ja3=string ja3s=string`),
  ],
};

export const sshTable: ZeekTable = {
  name: 'ssh',
  columns: [
    ...ends,
    ...columns(`version=count auth_success=bool auth_attempts=count direction=enum client=string server=string
      cipher_alg=string mac_alg=string compression_alg=string kex_alg=string host_key_alg=string host_key=string`),
  ],
};

function endCells({ flow, uid, shiftUs }: Sighting, at: Micros): Cell[] {
  return [{ time: at + shiftUs }, uid, flow.src, flow.sport, flow.dst, flow.dport];
}

/** The row of conn.log. */
export function connCells(seen: Sighting): Cell[] {
  const { flow } = seen;
  const header = flow.protocol === 'tcp' ? 40 : 28;
  return [
    ...endCells(seen, flow.start),
    flow.protocol,
    flow.service,
    flow.durationUs === null ? null : { interval: flow.durationUs },
    flow.durationUs === null ? null : flow.out,
    flow.durationUs === null ? null : flow.in,
    flow.state,
    seen.isLocalSource,
    seen.isLocalDestination,
    0,
    flow.history,
    flow.outPackets,
    (flow.out ?? 0) + header * flow.outPackets,
    flow.inPackets,
    (flow.in ?? 0) + header * flow.inPackets,
    null,
  ];
}

const statusTexts: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  302: 'Found',
  304: 'Not Modified',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
};

/** The row of http.log for one request, `depth` counted from 1. */
export function httpCells(seen: Sighting, request: WebRequest, depth: number): Cell[] {
  const file = (length: number, side: string): Cell =>
    length === 0 ? null : [`F${side}${seen.uid.slice(1)}${depth}`];
  return [
    ...endCells(seen, request.at),
    depth,
    request.method,
    request.host,
    request.uri,
    request.referrer,
    '1.1',
    request.userAgent,
    null,
    request.requestBytes,
    request.responseBytes,
    request.status,
    statusTexts[request.status] ?? null,
    null,
    null,
    [],
    null,
    null,
    null,
    file(request.requestBytes, 'o'),
    null,
    request.requestBytes === 0 ? null : ['application/octet-stream'],
    file(request.responseBytes, 'r'),
    null,
    request.mimeType === null ? null : [request.mimeType],
  ];
}

const queryTypes = { A: 1, PTR: 12, MX: 15, TXT: 16, AAAA: 28 } as const;

/** The row of dns.log, or null when the flow is no lookup. */
export function dnsCells(seen: Sighting): Cell[] | null {
  const { dns } = seen.flow;
  if (dns === undefined) return null;
  const answers = dns.answers.length === 0 ? null : dns.answers;
  return [
    ...endCells(seen, seen.flow.start),
    'udp',
    dns.id,
    { interval: dns.rttUs },
    dns.query,
    1,
    'C_INTERNET',
    queryTypes[dns.type],
    dns.type,
    dns.rcode === 'NOERROR' ? 0 : 3,
    dns.rcode,
    false,
    false,
    true,
    dns.rcode === 'NOERROR',
    0,
    answers,
    answers === null ? null : answers.map(() => `${((5 * minute) / 1_000_000).toFixed(6)}`),
    false,
  ];
}

/** The row of ssl.log, or null when the flow has no handshake. */
export function sslCells(seen: Sighting): Cell[] | null {
  const { tls } = seen.flow;
  if (tls === undefined) return null;
  const isNew = tls.version === 'TLSv13';
  return [
    ...endCells(seen, seen.flow.start + 21_000),
    tls.version,
    isNew ? 'TLS_AES_256_GCM_SHA384' : 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    isNew ? 'x25519' : 'secp256r1',
    tls.serverName,
    tls.isResumed,
    null,
    isNew ? null : 'http/1.1',
    true,
    isNew ? 'CsiI' : 'CsxkniCIti',
    null,
    null,
    null,
    null,
    tls.ja3,
    tls.ja3s,
  ];
}

/** The row of ssh.log, or null when the flow is no SSH login. */
export function sshCells(seen: Sighting): Cell[] | null {
  const { ssh } = seen.flow;
  if (ssh === undefined) return null;
  return [
    ...endCells(seen, seen.flow.start + 30_000),
    2,
    ssh.isAccepted,
    ssh.attempts,
    seen.isLocalDestination ? (seen.isLocalSource ? null : 'INBOUND') : 'OUTBOUND',
    ssh.client,
    'SSH-2.0-OpenSSH_9.6',
    'chacha20-poly1305@openssh.com',
    'umac-64-etm@openssh.com',
    'none',
    'curve25519-sha256',
    'ssh-ed25519',
    null,
  ];
}
