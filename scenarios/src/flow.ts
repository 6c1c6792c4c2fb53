// The words of the generator: one conversation on the wire with what a sensor could tell about it.
// `out` runs from source to destination. Nothing here says whether a conversation is an attack.
import type { Micros } from './moment.ts';

export type Protocol = 'tcp' | 'udp' | 'icmp';
export type State = 'SF' | 'S0' | 'S1' | 'REJ' | 'RSTO' | 'RSTR' | 'OTH';

export interface WebRequest {
  readonly at: Micros;
  readonly method: string;
  readonly host: string;
  readonly uri: string;
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly userAgent: string;
  readonly referrer: string | null;
  readonly mimeType: string | null;
}

export interface DnsLookup {
  readonly id: number;
  readonly query: string;
  readonly type: 'A' | 'AAAA' | 'MX' | 'PTR' | 'TXT';
  readonly answers: readonly string[];
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly rttUs: number;
}

export interface TlsHandshake {
  readonly serverName: string | null;
  readonly version: 'TLSv12' | 'TLSv13';
  readonly isResumed: boolean;
  readonly ja3: string;
  readonly ja3s: string;
}

export interface SshLogin {
  readonly user: string;
  readonly method: 'password' | 'publickey';
  readonly isAccepted: boolean;
  readonly isKnownUser: boolean;
  readonly attempts: number;
  readonly client: string;
}

export interface Flow {
  readonly start: Micros;
  /** Null for a lone packet. */
  readonly durationUs: number | null;
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly protocol: Protocol;
  readonly service: string | null;
  /** Payload bytes from source to destination; null when none were counted. */
  readonly out: number | null;
  readonly in: number | null;
  readonly state: State;
  readonly history: string;
  readonly outPackets: number;
  readonly inPackets: number;
  /** Requests inside; a sensor reads them only when there is no `tls`, the server's access log always. */
  readonly requests?: readonly WebRequest[];
  readonly dns?: DnsLookup;
  readonly tls?: TlsHandshake;
  readonly ssh?: SshLogin;
}

/** Where sources put what happened. */
export interface Sink {
  readonly flow: (flow: Flow) => void;
}

/** Something that acts over time. `emit` is called for each window once, in order of time. */
export interface Source {
  readonly name: string;
  readonly emit: (window: { readonly from: Micros; readonly to: Micros }, sink: Sink) => void;
}
