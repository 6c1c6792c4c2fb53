// Logins and transfers by FTP as vsftpd, ProFTPD and Pure-FTPd log them.
import { addressOr, type LogMessage, loginMeaning, type Meaning } from './parts.ts';

const vsftpd = /^\[([^\]]*)\] (OK|FAIL) LOGIN: Client "([^"]+)"/;
const vsftpdTransfer =
  /^\[([^\]]*)\] OK (UPLOAD|DOWNLOAD|DELETE): Client "([^"]+)", "((?:[^"\\]|\\.)*)"(?:, (\d{1,19}) bytes)?/;
const proftpd =
  /\[([0-9a-fA-F.:]+)\]\)?(?:: | - )USER ([^:]*?)(?: \(Login failed\))?: (Login successful|.{0,80}(?:incorrect|no such user|denied|failed).{0,80})/i;
const pureFtpd =
  /^\(([^)]*)\) \[(?:INFO|WARNING|NOTICE)\] (?:(\S+) is now logged in|Authentication failed for user \[([^\]]*)\])/;

/** The message of an FTP server; null when it says nothing of a login or a file. */
export function ftpMessage(message: LogMessage): Meaning | null {
  const first = vsftpd.exec(message.text);
  if (first !== null) return login(message, first[1] ?? '', first[3] ?? '', first[2] === 'OK');
  const moved = vsftpdTransfer.exec(message.text);
  if (moved !== null) {
    const [, , what, from = '', name = '', bytes] = moved;
    return {
      table: 'file',
      fields: {
        src_ip: addressOr(bare(from)),
        dst_port: 21,
        host: message.host,
        action: what === 'DELETE' ? 'delete' : 'transfer',
        name,
        bytes: bytes === undefined ? null : BigInt(bytes),
        sent_by_src: what === 'DELETE' ? null : what === 'UPLOAD',
        source: 'ftp',
      },
    };
  }
  const second = proftpd.exec(message.text);
  if (second !== null)
    return login(message, second[2] ?? '', second[1] ?? '', second[3] === 'Login successful');
  const third = pureFtpd.exec(message.text);
  if (third === null) return null;
  const [, who = '', inside, refused] = third;
  return login(message, inside ?? refused ?? '', who.split('@').at(-1) ?? '', inside !== undefined);
}

/** An address without the prefix of one that was mapped. */
const bare = (address: string): string => address.replace(/^::ffff:/i, '');

function login({ host }: LogMessage, user: string, from: string, isSuccess: boolean): Meaning {
  return loginMeaning(host, {
    service: 'ftp',
    user,
    from: bare(from),
    port: '21',
    method: 'password',
    isSuccess,
  });
}
