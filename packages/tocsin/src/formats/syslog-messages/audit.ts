// Records of the Linux audit system: programs started and logins, in auditd's own lines and as AUOMS joins them.
// https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment
import { instantOfEpochText } from '../../vocabulary/instant.ts';
import { addressOr, type Meaning } from './parts.ts';

export interface AuditRecord {
  readonly type: string;
  /** Instant of the event; null when it cannot be read. */
  readonly time: string | null;
  readonly serial: string;
  /** Machine the record names; empty when it names none. */
  readonly node: string;
  readonly fields: ReadonlyMap<string, string>;
}

const front =
  /^(?:node=(\S{1,255}) )?type=([A-Z0-9_[\]]{1,64}) (?:msg=)?audit\((\d{1,11}\.\d{1,9}):(\d{1,20})\): ?/;

/** The record of a line; null when it is none. */
export function auditRecord(line: string): AuditRecord | null {
  const match = front.exec(line);
  if (match === null) return null;
  const [whole, node = '', type = '', time = '', serial = ''] = match;
  const fields = fieldsOf(line.slice(whole.length));
  return { type, time: instantOfEpochText(time), serial, node: node || (fields.get('node') ?? ''), fields };
}

/** `key=value` with values in quotes, in hex, or (after `msg='`) nested one level. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const pattern = /([A-Za-z_][\w-]{0,63})=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/g;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, key = '', quoted, nested, bare = ''] = match;
    if (nested !== undefined) for (const [name, value] of fieldsOf(nested)) fields.set(name, value);
    else if (!fields.has(key)) fields.set(key, quoted ?? bare);
    if (fields.size > 400) break;
  }
  const title = /(?:^| )(?:cmdline|proctitle)="?(.*?)"?(?: (?:redactors|containerid|key)=|$)/.exec(text)?.[1];
  if (title !== undefined && !/^[0-9A-F]+$/.test(title)) fields.set('commandline', title);
  return fields;
}

export interface AuditReader {
  readonly read: (record: AuditRecord, host: string) => Meaning | null;
}

/** A reader for one log: a program's arguments come in a record after the call that started it. */
export function openAudit(): AuditReader {
  let call: AuditRecord | null = null;
  return {
    read: (record, host) => {
      if (record.type === 'SYSCALL') {
        call = record;
        return null;
      }
      if (record.type === 'USER_LOGIN') return login(record, host);
      if (record.type === 'EXECVE')
        return started(record, call?.serial === record.serial ? call : null, host);
      return record.type === 'AUOMS_EXECVE' ? started(record, record, host) : null;
    },
  };
}

function started(record: AuditRecord, call: AuditRecord | null, host: string): Meaning {
  const value = (name: string) => record.fields.get(name) ?? call?.fields.get(name) ?? '';
  const joined = record.fields.get('commandline') ?? argumentsOf(record);
  const success = value('success');
  return {
    table: 'process',
    fields: {
      host,
      username: value('effective_user') || value('user') || value('EUID') || value('UID') || value('uid'),
      pid: wholeOf(value('pid')),
      parent_pid: wholeOf(value('ppid')),
      executable: value('exe') || (joined.split(' ', 1)[0] ?? ''),
      command_line: joined,
      detail: success === 'no' ? 'did not start' : '',
    },
  };
}

/** a0, a1 and so on; hex where an argument holds what quotes cannot. */
function argumentsOf({ fields }: AuditRecord): string {
  const parts: string[] = [];
  for (let at = 0; at < 200; at += 1) {
    const part = fields.get(`a${at}`);
    if (part === undefined) break;
    parts.push(
      /^(?:[0-9A-F]{2})+$/.test(part) && part.length > 2 ? Buffer.from(part, 'hex').toString('utf8') : part,
    );
  }
  return parts.join(' ');
}

function login({ fields }: AuditRecord, host: string): Meaning {
  const account = fields.get('acct') ?? fields.get('id') ?? '';
  const result = fields.get('res') ?? '';
  return {
    table: 'authentication',
    fields: {
      src_ip: addressOr(fields.get('addr') ?? ''),
      service: (fields.get('exe') ?? '').split('/').at(-1) ?? '',
      username: account,
      host,
      outcome: /^(?:success|1|yes)$/.test(result) ? 'success' : 'failure',
      method: fields.get('op') ?? '',
      detail: fields.get('terminal') ?? '',
    },
  };
}

function wholeOf(text: string): number | null {
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}
