// What a program's message in a system log says: logins, mail handed over, programs started, packets let through or not.
// Shared by the formats that carry such messages. A message nobody here knows stays whole as a `base_event`.
import { ftpMessage } from './ftp.ts';
import { mailMessage } from './mail.ts';
import type { LogMessage, Meaning } from './parts.ts';
import { openSsh } from './ssh.ts';
import { kernelMessage, privilegeMessage, scheduledMessage } from './system.ts';

export type { LogMessage, Meaning };

export interface MessageReader {
  /** What the message says; null when it is of no known kind. */
  readonly read: (message: LogMessage) => Meaning | null;
}

/** A reader for one log: it remembers which attempts it has counted. */
export function openMessages(): MessageReader {
  const ssh = openSsh();
  return {
    read: (message) => {
      const name = message.program.toLowerCase();
      if (name === 'sshd' || name.startsWith('sshd-')) return ssh(message);
      if (name === 'kernel') return kernelMessage(message);
      if (name === 'sudo' || name === 'su') return privilegeMessage(message);
      if (name === 'cron' || name === 'crond') return scheduledMessage(message);
      if (/^(?:vsftpd|proftpd|pure-ftpd)$/.test(name)) return ftpMessage(message);
      return mailMessage(message);
    },
  };
}

/** The message kept whole. */
export function keptWhole(message: LogMessage, raw: string): Meaning {
  return {
    table: 'base_event',
    fields: { stream: streamOf(message.program), host: message.host, message: message.text, raw },
  };
}

const mostStreams = 48;

/** `syslog-` and the program, within the letters a name of a stream has. */
function streamOf(program: string): string {
  const name = program
    .toLowerCase()
    .replace(/[^a-z0-9._/-]/g, '')
    .slice(0, mostStreams);
  return name === '' ? 'syslog' : `syslog-${name}`;
}
