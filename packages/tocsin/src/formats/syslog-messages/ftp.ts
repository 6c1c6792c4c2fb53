// Logins by FTP as vsftpd, ProFTPD and Pure-FTPd log them.
import { addressOr, type LogMessage, type Meaning } from './parts.ts';

const vsftpd = /^\[([^\]]*)\] (OK|FAIL) LOGIN: Client "([^"]+)"/;
const proftpd =
  /\[([0-9a-fA-F.:]+)\]\)?(?:: | - )USER ([^:]*?)(?: \(Login failed\))?: (Login successful|.{0,80}(?:incorrect|no such user|denied|failed).{0,80})/i;
const pureFtpd =
  /^\(([^)]*)\) \[(?:INFO|WARNING|NOTICE)\] (?:(\S+) is now logged in|Authentication failed for user \[([^\]]*)\])/;

/** The message of an FTP server; null when it says nothing of a login. */
export function ftpMessage(message: LogMessage): Meaning | null {
  const first = vsftpd.exec(message.text);
  if (first !== null) return login(message, first[1] ?? '', first[3] ?? '', first[2] === 'OK');
  const second = proftpd.exec(message.text);
  if (second !== null)
    return login(message, second[2] ?? '', second[1] ?? '', second[3] === 'Login successful');
  const third = pureFtpd.exec(message.text);
  if (third === null) return null;
  return login(
    message,
    third[2] ?? third[3] ?? '',
    (third[1] ?? '').split('@').at(-1) ?? '',
    third[2] !== undefined,
  );
}

function login(message: LogMessage, user: string, from: string, isSuccess: boolean): Meaning {
  return {
    table: 'authentication',
    fields: {
      src_ip: addressOr(from.replace(/^::ffff:/i, '')),
      dst_port: 21,
      service: 'ftp',
      username: user,
      host: message.host,
      outcome: isSuccess ? 'success' : 'failure',
      method: 'password',
    },
  };
}
