// What a message is, what can be made of it, and how messages write addresses and ports.
import { isIP } from 'node:net';
import type { TableName } from '../../vocabulary/dictionary.ts';
import type { FieldValue } from '../../vocabulary/event.ts';
import type { Instant } from '../../vocabulary/instant.ts';

/** A message with what the log says around it. */
export interface LogMessage {
  /** Machine that wrote it, by name; empty when the log does not say. */
  readonly host: string;
  /** Program without path and process id; for Cisco's devices what they call the message (`%ASA-6-605004`). */
  readonly program: string;
  /** Process id; empty when the log does not say. */
  readonly pid: string;
  readonly text: string;
}

export interface Meaning {
  readonly table: TableName;
  /** When it was, where the message itself says it more exactly than the log around it. */
  readonly time?: Instant;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** A login as a message tells of it. */
export interface Login {
  readonly service: string;
  readonly user: string;
  readonly isSuccess: boolean;
  /** Address it came from, as written; none when the log does not say. */
  readonly from?: string | undefined;
  readonly fromPort?: string | undefined;
  /** Address that was asked. */
  readonly to?: string | undefined;
  /** Its port, as written or as the service has it. */
  readonly port?: string | undefined;
  readonly method?: string | undefined;
  readonly detail?: string | undefined;
}

/** A login as an event. A name in the place of the address it came from is kept in the detail. */
export function loginMeaning(host: string, login: Login): Meaning {
  const from = addressOr(login.from ?? '');
  const isNamed = from === '::' && (login.from ?? '') !== '';
  return {
    table: 'authentication',
    fields: {
      src_ip: from,
      src_port: portOr(login.fromPort),
      dst_ip: addressOr(login.to ?? ''),
      dst_port: portOr(login.port),
      service: login.service,
      username: login.user,
      host,
      outcome: login.isSuccess ? 'success' : 'failure',
      method: login.method ?? '',
      detail: isNamed ? joined(`from ${login.from ?? ''}`, login.detail) : (login.detail ?? ''),
    },
  };
}

const joined = (first: string, second: string | undefined): string =>
  second === undefined || second === '' ? first : `${first}; ${second}`;

/** Text of an address without brackets or zone; `::` when it is none. */
export function addressOr(text: string): string {
  if (text === '') return '::';
  const plain = text.startsWith('[') ? text.slice(1).replace(/\]$/, '') : text;
  const zone = plain.indexOf('%');
  const bare = zone < 0 ? plain : plain.slice(0, zone);
  return isIP(bare) > 0 ? bare : '::';
}

/** A port from its text; 0 when it is none. */
export function portOr(text: string | undefined): number {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return 0;
  const port = Number(text);
  return port <= 65_535 ? port : 0;
}

/**
 * What is remembered of the latest conversations of a log: at least the last `most` set, at most twice as many. Two
 * generations, because a Map that loses its oldest key again and again gets slow.
 */
export class Recent<Value> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  readonly #most: number;

  /** @param most how many are remembered for sure, at least 1 */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
