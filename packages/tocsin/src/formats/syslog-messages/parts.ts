// What a message is, what can be made of it, and how messages write addresses and ports.
import { isIP } from 'node:net';
import type { TableName } from '../../vocabulary/dictionary.ts';
import type { FieldValue } from '../../vocabulary/event.ts';

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
      detail: [isNamed ? `from ${login.from ?? ''}` : '', login.detail ?? '']
        .filter((part) => part !== '')
        .join('; '),
    },
  };
}

/** Text of an address without brackets or zone; `::` when it is none. */
export function addressOr(text: string): string {
  const bare = (text.startsWith('[') ? text.slice(1).replace(/\]$/, '') : text).split('%', 1)[0] ?? '';
  return isIP(bare) > 0 ? bare : '::';
}

/** A port from its text; 0 when it is none. */
export function portOr(text: string | undefined): number {
  const port = Number(text ?? '');
  return /^\d{1,5}$/.test(text ?? '') && port <= 65_535 ? port : 0;
}

/** What is remembered of the latest conversations of a log; the longest unknown one goes first when there are too many. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #most: number;

  /** @param most how many are remembered, at least 1 */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    if (this.#values.size >= this.#most && !this.#values.has(key)) {
      const [oldest] = this.#values.keys();
      if (oldest !== undefined) this.#values.delete(oldest);
    }
    this.#values.set(key, value);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
