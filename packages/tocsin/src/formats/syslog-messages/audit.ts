// Records of the Linux audit system: programs started and logins, in auditd's own lines and as AUOMS joins them.
// https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment
import { type Instant, instantOfEpochText } from '../../vocabulary/instant.ts';
import { loginMeaning, type Meaning, Recent } from './parts.ts';

export interface AuditRecord {
  readonly type: string;
  /** Instant of the event; null when it cannot be read. */
  readonly time: Instant | null;
  readonly serial: string;
  /** Machine the record names; empty when it names none. */
  readonly node: string;
  /** Values as meant: without quotes, and read where they were written in hex. */
  readonly fields: ReadonlyMap<string, string>;
}

const front =
  /^(?:node=(\S{1,255}) )?type=([A-Z0-9_[\]]{1,64}) (?:msg=)?audit\((\d{1,11}\.\d{1,9}):(\d{1,20})\): ?/;

/** Types as the kernel's own log numbers them. */
const numbered: Readonly<Record<string, string>> = {
  1100: 'USER_AUTH',
  1112: 'USER_LOGIN',
  1300: 'SYSCALL',
  1309: 'EXECVE',
};

/** True when a line begins as a record does. */
export function isAuditRecord(line: string): boolean {
  return front.test(line);
}

/** The record of a line; null when it is none. */
export function auditRecord(line: string): AuditRecord | null {
  const match = front.exec(line);
  if (match === null) return null;
  const [whole, node = '', type = '', time = '', serial = ''] = match;
  // What the enriched format adds stands behind a group separator.
  const fields = fieldsOf(line.slice(whole.length).replaceAll('\x1d', ' '));
  return {
    type: numbered[type] ?? type,
    time: instantOfEpochText(time),
    serial,
    node: node || (fields.get('node') ?? ''),
    fields,
  };
}

/** Values that stand in hex, unquoted, where quotes cannot hold them. */
const inHex = /^(?:acct|exe|comm|cwd|name|proctitle|cmd|a\d{1,4}(?:\[\d{1,4}\])?)$/;
const mostFields = 4000;

/** `key=value` with values in quotes, in hex, or (after `msg='`) nested one level. */
function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  const pattern = /([A-Za-z_][\w-]{0,63}(?:\[\d{1,4}\])?)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/g;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, key = '', quoted, nested, bare = ''] = match;
    if (nested !== undefined) for (const [name, value] of fieldsOf(nested)) fields.set(name, value);
    else if (!fields.has(key)) fields.set(key, quoted ?? (inHex.test(key) ? fromHex(bare) : bare));
    if (fields.size > mostFields) break;
  }
  const title = /(?:^| )cmdline="?(.*?)"?(?: (?:redactors|containerid|key)=|$)/.exec(text)?.[1];
  if (title !== undefined) fields.set('commandline', title);
  return fields;
}

/** Text of hex digits; anything else as it is. */
function fromHex(text: string): string {
  if (text.length < 2 || !/^(?:[0-9A-F]{2})+$/.test(text)) return text;
  return Buffer.from(text, 'hex').toString('utf8').replaceAll('\0', ' ');
}

export interface AuditReader {
  /** What a record says; null when it is to be kept whole. */
  readonly read: (record: AuditRecord, host: string) => Meaning | null;
}

/** Events and processes remembered: records of several events may alternate. */
const mostRemembered = 5000;

/** A reader for one log: a program's arguments come in a record after the call that started it. */
export function openAudit(): AuditReader {
  const calls = new Recent<AuditRecord>(mostRemembered);
  const started = new Recent<boolean>(mostRemembered);
  const attempts = openAttempts();
  return {
    read: (record, host) => {
      const { type, serial } = record;
      const key = `${host} ${serial}`;
      if (type === 'SYSCALL') {
        calls.set(key, record);
        return null;
      }
      if (type === 'USER_LOGIN' || type === 'USER_AUTH')
        return attempts(record, host) ? login(record, host) : null;
      if (type === 'AUOMS_EXECVE') return programStart(record, record, host);
      // Many arguments fill several records of one event; the first one tells of the start.
      if (type !== 'EXECVE' || started.get(key) === true) return null;
      started.set(key, true);
      return programStart(record, calls.get(key) ?? null, host);
    },
  };
}

/** What was counted of a process that logs someone in. */
interface Attempts {
  /** Refusals by PAM that the program itself has not repeated yet. */
  byPam: number;
  /** Refusals counted by the lookup of an account that PAM has not repeated yet. */
  byLookup: number;
  isRefused: boolean;
  isLetIn: boolean;
}

/**
 * Tells which records are attempts of their own: PAM, the program and the login as a whole each have a record of the
 * same one.
 */
function openAttempts(): (record: AuditRecord, host: string) => boolean {
  const processes = new Recent<Attempts>(mostRemembered);
  return ({ type, fields }, host) => {
    const key = `${host} ${fields.get('pid') ?? ''} ${fields.get('exe') ?? ''} ${fields.get('addr') ?? ''}`;
    let known = processes.get(key);
    if (known === undefined) {
      known = { byPam: 0, byLookup: 0, isRefused: false, isLetIn: false };
      processes.set(key, known);
    }
    const isPam = (fields.get('op') ?? '').startsWith('PAM:');
    if (isLetIn(fields)) {
      if (type === 'USER_LOGIN') processes.delete(key);
      const isNew = isPam || !known.isLetIn;
      known.isLetIn = true;
      return isNew;
    }
    if (type === 'USER_LOGIN') {
      if (known.isRefused) return false;
      known.isRefused = true;
      known.byLookup += 1;
      return true;
    }
    if (isPam) {
      known.byPam += 1;
      known.isRefused = true;
      if (known.byLookup === 0) return true;
      known.byLookup -= 1;
      return false;
    }
    // Keys are no matter of PAM.
    if (known.byPam > 0 && !/key|hostbased|gssapi/.test(fields.get('op') ?? '')) {
      known.byPam -= 1;
      return false;
    }
    known.isRefused = true;
    return true;
  };
}

const isLetIn = (fields: ReadonlyMap<string, string>): boolean =>
  /^(?:success|1|yes)$/.test(fields.get('res') ?? '');

function programStart(record: AuditRecord, call: AuditRecord | null, host: string): Meaning {
  const value = (name: string) => record.fields.get(name) ?? call?.fields.get(name) ?? '';
  const joined = record.fields.get('commandline') ?? argumentsOf(record);
  const account =
    value('effective_user') ||
    value('EUID') ||
    value('euid') ||
    value('user') ||
    value('UID') ||
    value('uid');
  return {
    table: 'process',
    fields: {
      host,
      username: account,
      pid: wholeOf(value('pid')),
      parent_pid: wholeOf(value('ppid')),
      executable: value('exe') || (joined.split(' ', 1)[0] ?? ''),
      command_line: joined,
      detail: value('success') === 'no' ? 'did not start' : '',
    },
  };
}

/** a0, a1 and so on; a long argument comes in pieces, a2[0], a2[1]. */
function argumentsOf({ fields }: AuditRecord): string {
  const parts: string[] = [];
  for (let at = 0; at < mostFields; at += 1) {
    const whole = fields.get(`a${at}`) ?? piecesOf(fields, at);
    if (whole === null) break;
    parts.push(whole);
  }
  return parts.join(' ');
}

function piecesOf(fields: ReadonlyMap<string, string>, at: number): string | null {
  let joined: string | null = null;
  for (let piece = 0; piece < mostFields; piece += 1) {
    const text = fields.get(`a${at}[${piece}]`);
    if (text === undefined) break;
    joined = (joined ?? '') + text;
  }
  return joined;
}

function login({ fields }: AuditRecord, host: string): Meaning {
  const program = (fields.get('exe') ?? '').split('/').at(-1) ?? '';
  return loginMeaning(host, {
    service: program,
    user: fields.get('acct') ?? fields.get('id') ?? fields.get('ID') ?? '',
    from: fields.get('addr') === '?' ? undefined : fields.get('addr'),
    fromPort: fields.get('rport'),
    isSuccess: isLetIn(fields),
    method: fields.get('op') ?? '',
    detail: fields.get('terminal') ?? '',
  });
}

function wholeOf(text: string): number | null {
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}
