// Builds single conversations with consistent packets, history and states: tcp, udp, tls, web, dns, ssh.
// Takes a generator and what is known; gives a Flow.
import { createHash } from 'node:crypto';
import type { Flow, SshLogin, State, WebRequest } from './flow.ts';
import { type Micros, second } from './moment.ts';
import type { Random } from './random.ts';

export interface Ends {
  readonly at: Micros;
  readonly src: string;
  readonly dst: string;
  readonly port: number;
}

export interface Volume {
  readonly out: number;
  readonly in: number;
  readonly durationUs: number;
}

const histories: Readonly<Record<State, string>> = {
  SF: 'ShADadFf',
  S0: 'S',
  S1: 'ShADad',
  REJ: 'Sr',
  RSTO: 'ShADadR',
  RSTR: 'ShADadr',
  OTH: 'C',
};

const packets = (bytes: number) => Math.ceil(bytes / 1400);

/** Seconds a transfer takes at a link's usual speed, in microseconds. */
export function transferUs(random: Random, bytes: number): number {
  return Math.round((0.04 + bytes / random.lognormal(3_000_000, 0.5)) * second);
}

/** A finished, refused or unanswered TCP conversation. */
export function tcp(
  random: Random,
  ends: Ends & Partial<Volume> & { readonly service?: string; readonly state?: State },
): Flow {
  const state = ends.state ?? 'SF';
  const isOpened = state !== 'S0' && state !== 'REJ';
  const out = Math.round(ends.out ?? 0);
  const received = Math.round(ends.in ?? 0);
  const common = {
    start: Math.round(ends.at),
    src: ends.src,
    sport: random.integer(32768, 60999),
    dst: ends.dst,
    dport: ends.port,
    protocol: 'tcp' as const,
    state,
    history: histories[state],
  };
  if (!isOpened) {
    const tries = state === 'S0' ? random.integer(1, 3) : 1;
    const durationUs =
      state === 'REJ' ? random.integer(200, 90_000) : tries === 1 ? null : 2 ** tries * 750_000;
    const counted = durationUs === null ? null : 0;
    const inPackets = state === 'REJ' ? 1 : 0;
    return { ...common, service: null, durationUs, out: counted, in: counted, outPackets: tries, inPackets };
  }
  const outPackets = 3 + packets(out) + Math.floor(packets(received) / 2);
  const inPackets = 2 + packets(received) + Math.floor(packets(out) / 2);
  const durationUs = Math.max(1000, Math.round(ends.durationUs ?? transferUs(random, out + received)));
  return { ...common, service: ends.service ?? null, durationUs, out, in: received, outPackets, inPackets };
}

/** A UDP exchange, or a lone datagram when nothing came back. */
export function udp(
  random: Random,
  ends: Ends & Volume & { readonly service?: string; readonly sport?: number },
): Flow {
  const isAnswered = ends.in > 0;
  return {
    start: Math.round(ends.at),
    durationUs: isAnswered || ends.durationUs > 0 ? Math.round(ends.durationUs) : null,
    src: ends.src,
    sport: ends.sport ?? random.integer(32768, 60999),
    dst: ends.dst,
    dport: ends.port,
    protocol: 'udp',
    service: ends.service ?? null,
    out: Math.round(ends.out),
    in: Math.round(ends.in),
    state: isAnswered ? 'SF' : 'S0',
    history: isAnswered ? 'Dd' : 'D',
    outPackets: Math.max(1, Math.ceil(ends.out / 1100)),
    inPackets: Math.ceil(ends.in / 1100),
  };
}

/** A fingerprint text that is the same for the same kind of software. */
export function fingerprint(kind: string): string {
  return createHash('md5').update(kind).digest('hex');
}

/** A TLS conversation; `out` and `in` are what the application sent, the handshake comes on top. */
export function tls(
  random: Random,
  ends: Ends &
    Partial<Volume> & {
      readonly serverName: string | null;
      readonly client?: string;
      readonly requests?: readonly WebRequest[];
      readonly state?: State;
    },
): Flow {
  const isResumed = random.chance(0.45);
  const volume = {
    out: (ends.out ?? 0) + (isResumed ? 620 : 780) + random.integer(0, 240),
    in: (ends.in ?? 0) + (isResumed ? 320 : random.integer(3100, 5400)),
  };
  const base = tcp(random, { ...ends, ...volume, service: 'ssl' });
  const handshake = {
    serverName: ends.serverName,
    version: random.chance(0.7) ? ('TLSv13' as const) : ('TLSv12' as const),
    isResumed,
    ja3: fingerprint(ends.client ?? 'browser'),
    ja3s: fingerprint(`server ${ends.serverName ?? ends.dst}`),
  };
  const requests = ends.requests === undefined ? {} : { requests: ends.requests };
  return { ...base, tls: handshake, ...requests };
}

/** A plain HTTP conversation that carries the requests; header bytes come on top of the bodies. */
export function http(
  random: Random,
  ends: Ends & { readonly requests: readonly WebRequest[]; readonly durationUs?: number },
): Flow {
  const sum = (of: (request: WebRequest) => number) =>
    ends.requests.reduce((total, request) => total + of(request), 0);
  const out = sum((request) => request.requestBytes + request.uri.length + request.userAgent.length + 210);
  const received = sum((request) => request.responseBytes + 260);
  const last = ends.requests.at(-1)?.at ?? ends.at;
  const durationUs = ends.durationUs ?? last - ends.at + transferUs(random, out + received);
  return {
    ...tcp(random, { ...ends, out, in: received, durationUs, service: 'http' }),
    requests: ends.requests,
  };
}

/** A request with the fields a browser would send, unless given otherwise. */
export function request(
  given: Pick<WebRequest, 'at' | 'host' | 'uri' | 'userAgent'> & Partial<WebRequest>,
): WebRequest {
  return {
    method: 'GET',
    status: 200,
    requestBytes: 0,
    responseBytes: 0,
    referrer: null,
    mimeType: null,
    ...given,
    at: Math.round(given.at),
    ...(given.responseBytes === undefined ? {} : { responseBytes: Math.round(given.responseBytes) }),
    ...(given.requestBytes === undefined ? {} : { requestBytes: Math.round(given.requestBytes) }),
  };
}

/** A name looked up at a resolver. */
export function lookup(
  random: Random,
  ends: Omit<Ends, 'port'> & {
    readonly query: string;
    readonly answers: readonly string[];
    readonly type?: 'A' | 'AAAA' | 'MX' | 'PTR' | 'TXT';
  },
): Flow {
  const rttUs = Math.round(random.lognormal(9_000, 0.8));
  const out = ends.query.length + 18;
  const received = out + ends.answers.reduce((sum, answer) => sum + 12 + answer.length, 0);
  const flow = udp(random, { ...ends, port: 53, out, in: received, durationUs: rttUs, service: 'dns' });
  const rcode = ends.answers.length === 0 ? ('NXDOMAIN' as const) : ('NOERROR' as const);
  const id = random.integer(1, 65535);
  return {
    ...flow,
    dns: { id, query: ends.query, type: ends.type ?? 'A', answers: ends.answers, rcode, rttUs },
  };
}

/** An SSH conversation: a session when accepted, else a short refusal after the attempts. */
export function ssh(
  random: Random,
  ends: Ends & Partial<Volume> & Partial<SshLogin> & { readonly user: string; readonly isAccepted: boolean },
): Flow {
  const attempts = ends.attempts ?? 1;
  const login: SshLogin = {
    user: ends.user,
    method: ends.method ?? 'password',
    isAccepted: ends.isAccepted,
    isKnownUser: ends.isKnownUser ?? true,
    attempts,
    client: ends.client ?? 'SSH-2.0-OpenSSH_8.9p1',
  };
  const out = (ends.out ?? 0) + 1900 + 140 * attempts + random.integer(0, 90);
  const received = (ends.in ?? 0) + 2300 + 60 * attempts + random.integer(0, 90);
  const durationUs = ends.durationUs ?? Math.round(random.lognormal(2.4, 0.3) * attempts * second);
  return { ...tcp(random, { ...ends, out, in: received, durationUs, service: 'ssh' }), ssh: login };
}
