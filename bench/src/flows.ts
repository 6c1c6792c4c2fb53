// Flows to measure with: a network of an organisation as Zeek logs it. The same number of rows gives the same bytes.
import { closeSync, openSync, writeSync } from 'node:fs';

export type Style = 'tsv' | 'json';

/** 2024-08-05T00:00:00Z, seconds. */
const startS = 1_722_816_000;
/** Ten days, whatever the number of rows: more rows are a busier network. */
const spanS = 864_000;
const flushBytes = 4 * 1024 * 1024;

/** Numbers from 0 up to 1 in a fixed order (xorshift32). */
export function createNumbers(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4_294_967_296;
  };
}

interface Flow {
  readonly ts: string;
  readonly uid: string;
  readonly orig: string;
  readonly origPort: number;
  readonly resp: string;
  readonly respPort: number;
  readonly proto: string;
  readonly service: string;
  readonly duration: string;
  readonly origBytes: number;
  readonly respBytes: number;
  readonly state: string;
  readonly history: string;
  readonly origPackets: number;
  readonly respPackets: number;
}

const services = [
  { port: 443, proto: 'tcp', service: 'ssl', share: 0.52 },
  { port: 53, proto: 'udp', service: 'dns', share: 0.78 },
  { port: 80, proto: 'tcp', service: 'http', share: 0.86 },
  { port: 123, proto: 'udp', service: 'ntp', share: 0.89 },
  { port: 445, proto: 'tcp', service: 'gssapi,smb', share: 0.93 },
  { port: 22, proto: 'tcp', service: 'ssh', share: 0.95 },
  { port: 25, proto: 'tcp', service: 'smtp', share: 0.97 },
  { port: 3389, proto: 'tcp', service: '-', share: 1 },
] as const;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Sites by popularity: a few take most of the calls. */
function popular(next: number, count: number): number {
  return Math.min(count - 1, Math.floor(count ** next) - 1);
}

/** Machines of the organisation; each keeps to its own file server and visits what others visit, and a little else. */
const hosts = 500;
const administrators = 6;

/** One of some 300 sites a machine keeps to, most often its first ones; popular sites are among everyone's. */
function favourite(host: number, next: number): number {
  const rank = popular(next, 300);
  const mixed = Math.imul((host + 1) * 2_654_435_761 + rank * 40_503, 2_246_822_519) >>> 0;
  return popular(mixed / 4_294_967_296, 90_000);
}

function flowAt(index: number, rows: number, next: () => number): Flow {
  const host = Math.floor(next() * hosts);
  const ours = `10.${1 + (host >> 8)}.${host & 255}.${10 + (host % 200)}`;
  const kind = next();
  const chosen = services.find(({ share }) => kind < share) ?? services[0];
  const isAdministration = chosen.port === 22 || chosen.port === 3389;
  const isInside = isAdministration || chosen.port === 445 || chosen.port === 53;
  // People return to where they have been; a few calls go to a place that is new to the machine.
  const site = next() < 0.97 ? favourite(host, next()) : popular(next(), 90_000);
  const server = isAdministration ? Math.floor(next() * 40) : chosen.port === 53 ? 0 : 1 + (host % 8);
  const other = isInside
    ? `10.0.${server >> 4}.${10 + (server & 15)}`
    : `${20 + (site % 180)}.${(site >> 3) & 255}.${(site >> 8) & 255}.${1 + (site % 250)}`;
  const isInbound = chosen.port === 25 || (chosen.port === 443 && next() < 0.08);
  const isScan = next() < 0.004;
  const isUpload = next() < 0.0005;
  const lasted = isScan ? 0.01 : -Math.log(1 - next()) * 20;
  const at = startS + (index / rows) * spanS - lasted + next() * 2;
  const [sent, received] = isScan
    ? [0, 0]
    : [Math.floor(300 + next() ** 6 * (isUpload ? 9e7 : 60_000)), Math.floor(900 + next() ** 5 * 4e6)];
  const from = isAdministration ? `10.0.200.${1 + (host % administrators)}` : ours;
  let uid = 'C';
  for (let at = 0; at < 17; at += 1) uid += letters[Math.floor(next() * letters.length)] ?? 'x';
  return {
    ts: at.toFixed(6),
    uid,
    orig: isInbound ? other : from,
    origPort: 1024 + Math.floor(next() * 64_000),
    resp: isInbound ? '10.0.250.20' : other,
    respPort: chosen.port,
    proto: chosen.proto,
    service: isScan ? '-' : chosen.service,
    duration: lasted.toFixed(6),
    origBytes: sent,
    respBytes: received,
    state: isScan ? 'S0' : 'SF',
    history: isScan ? 'S' : 'ShADadFf',
    origPackets: 1 + Math.floor(sent / 1200),
    respPackets: isScan ? 0 : 1 + Math.floor(received / 1400),
  };
}

const names =
  'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents'.split(
    ' ',
  );
const types =
  'time string addr port addr port enum string interval count count string bool bool count string count count count count set[string]'.split(
    ' ',
  );

/** Column names of the TSV, in order. */
export const tsvColumns: readonly string[] = names;
/** Lines before the first row of the TSV. */
export const tsvHeaderLines = 7;

function tsvLine(flow: Flow): string {
  const { origBytes, respBytes, origPackets, respPackets } = flow;
  return `${flow.ts}\t${flow.uid}\t${flow.orig}\t${flow.origPort}\t${flow.resp}\t${flow.respPort}\t${flow.proto}\t${flow.service}\t${flow.duration}\t${origBytes}\t${respBytes}\t${flow.state}\tT\tF\t0\t${flow.history}\t${origPackets}\t${origBytes + 40 * origPackets}\t${respPackets}\t${respBytes + 40 * respPackets}\t-\n`;
}

function jsonLine(flow: Flow): string {
  const { origBytes, respBytes, origPackets, respPackets } = flow;
  return `${JSON.stringify({
    ts: Number(flow.ts),
    uid: flow.uid,
    'id.orig_h': flow.orig,
    'id.orig_p': flow.origPort,
    'id.resp_h': flow.resp,
    'id.resp_p': flow.respPort,
    proto: flow.proto,
    ...(flow.service === '-' ? {} : { service: flow.service }),
    duration: Number(flow.duration),
    orig_bytes: origBytes,
    resp_bytes: respBytes,
    conn_state: flow.state,
    local_orig: true,
    local_resp: false,
    missed_bytes: 0,
    history: flow.history,
    orig_pkts: origPackets,
    orig_ip_bytes: origBytes + 40 * origPackets,
    resp_pkts: respPackets,
    resp_ip_bytes: respBytes + 40 * respPackets,
  })}\n`;
}

/** Writes a conn log of so many rows. */
export function writeFlows(path: string, rows: number, style: Style): void {
  const file = openSync(path, 'w');
  const next = createNumbers(20_240_805);
  let text =
    style === 'json'
      ? ''
      : `#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\t${names.join('\t')}\n#types\t${types.join('\t')}\n`;
  for (let index = 0; index < rows; index += 1) {
    const flow = flowAt(index, rows, next);
    text += style === 'json' ? jsonLine(flow) : tsvLine(flow);
    if (text.length > flushBytes) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
}
