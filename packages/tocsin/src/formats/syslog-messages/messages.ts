// What a program's message in a system log says: logins, mail handed over, programs started, packets let through or not.
// Shared by the formats that carry such messages. A message nobody here knows stays whole as a `base_event`.
import { auditRecord, openAudit } from './audit.ts';
import { deviceMessage } from './devices.ts';
import { ftpMessage } from './ftp.ts';
import { openMail } from './mail.ts';
import { onlyPam, pamFailure } from './pam.ts';
import type { LogMessage, Meaning } from './parts.ts';
import { dropbearMessage, openSsh } from './ssh.ts';
import { kernelMessage, loginMessage, privilegeMessage } from './system.ts';

export type { LogMessage, Meaning };

export interface MessageReader {
  /** What the message says; one that says nothing known is kept whole, with `raw`, the record it stood in. */
  readonly read: (message: LogMessage, raw: string) => Meaning;
  /** The message kept whole, unread. */
  readonly keep: (message: LogMessage, raw: string) => Meaning;
}

type Reading = (message: LogMessage) => Meaning | null;

/** Longer messages are kept whole unread: syslog daemons cut them off before, and reading must stay cheap. */
const mostReadChars = 8_192;

/**
 * A reader for one log: it remembers which attempts it has counted.
 * @param beginning the log's first messages, to tell which programs speak of logins themselves
 */
export function openMessages(beginning: readonly LogMessage[]): MessageReader {
  const spoken = new Set<string>();
  const own = openOwn(spoken);
  const rehearsed = openOwn(spoken);
  for (const message of beginning) if (message.text.length <= mostReadChars) rehearsed(message);
  const alone = onlyPam(beginning, spoken);
  const streams = openStreams();
  const keep = (message: LogMessage, raw: string) => keptWhole(message, raw, streams(message.program));
  return {
    keep,
    read: (message, raw) => {
      const said = message.text.length > mostReadChars ? null : own(message);
      if (said !== null) return said;
      const pam = alone.size === 0 ? null : pamFailure(message);
      if (pam !== null && alone.has(pam.service) && !spoken.has(pam.service)) return pam.meaning;
      return keep(message, raw);
    },
  };
}

/** Reads each program's own words, and notes in `spoken` who tells of logins. */
function openOwn(spoken: Set<string>): Reading {
  const ssh = openSsh();
  const mail = openMail();
  const audit = openAudit();
  const audited: Reading = ({ text, host }) => {
    const record = auditRecord(text.replace(/^(?:\[ *\d{1,10}\.\d{1,9}\] )?audit: /, ''));
    const meaning = record === null ? null : audit.read(record, record.node || host);
    if (record === null || meaning === null) return null;
    // The program's own word on a login goes before the audit system's.
    if (meaning.table === 'authentication' && spoken.has(String(meaning.fields['service']))) return null;
    return record.time === null ? meaning : { ...meaning, time: record.time };
  };
  const readings = new Map<string, Reading>([
    ['sshd', ssh],
    ['sshd-session', ssh],
    ['sshd-auth', ssh],
    ['dropbear', dropbearMessage],
    ['kernel', (message) => kernelMessage(message) ?? audited(message)],
    ['sudo', privilegeMessage],
    ['su', privilegeMessage],
    ['login', loginMessage],
    ['vsftpd', ftpMessage],
    ['proftpd', ftpMessage],
    ['pure-ftpd', ftpMessage],
    ['audit', audited],
    ['auditd', audited],
    ['audispd', audited],
    ['audisp-syslog', audited],
    ['auoms', audited],
  ]);
  return (message) => {
    if (message.program.startsWith('%')) return deviceMessage(message);
    const name = message.program.toLowerCase();
    const meaning = (readings.get(name) ?? mail)(message);
    if (meaning?.table === 'authentication') spoken.add(name.startsWith('sshd') ? 'sshd' : name);
    return meaning;
  };
}

function keptWhole(message: LogMessage, raw: string, stream: string): Meaning {
  const { host, text, program } = message;
  return {
    table: 'base_event',
    fields: { stream, host, message: text, raw, ...(program.startsWith('%') ? { code: program } : {}) },
  };
}

const mostStreamChars = 48;
/** Names of programs told apart in one log; a log whose messages begin with anything must not make a stream of each. */
const mostStreams = 500;

/** `syslog-` and the program, within the letters a name of a stream has; for Cisco's devices the facility. */
function openStreams(): (program: string) => string {
  const known = new Map<string, string>();
  return (program) => {
    const before = known.get(program);
    if (before !== undefined) return before;
    if (known.size >= mostStreams) return 'syslog';
    const bare = program.startsWith('%') ? program.slice(1).split('-', 1).join('') : program;
    const name = bare
      .toLowerCase()
      .replace(/[^a-z0-9._/-]/g, '')
      .slice(0, mostStreamChars);
    const stream = name === '' ? 'syslog' : `syslog-${name}`;
    known.set(program, stream);
    return stream;
  };
}
