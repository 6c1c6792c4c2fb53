// What servers write themselves: combined access logs and sshd's syslog lines, on their own clocks.
import type { Flow, WebRequest } from '../flow.ts';
import { type Micros, minute, minutesEast, second } from '../moment.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (number: number) => String(number).padStart(2, '0');

function parts(zone: string, at: Micros) {
  const east = minutesEast(zone, at);
  const date = new Date(Math.floor((at + east * minute) / 1000));
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const month = months[date.getUTCMonth()] ?? '';
  return { east, day: date.getUTCDate(), month, year: date.getUTCFullYear(), time };
}

/** Quotes and control characters as Apache's httpd writes them. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** A line of the combined log format. */
export function accessLine(client: string, request: WebRequest, zone: string): string {
  const { east, day, month, year, time } = parts(zone, request.at);
  const size = Math.abs(east);
  const offset = `${east < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
  const bytes = request.responseBytes === 0 ? '-' : String(request.responseBytes);
  return [
    client,
    '-',
    '-',
    `[${two(day)}/${month}/${year}:${time} ${offset}]`,
    quoted(`${request.method} ${request.uri} HTTP/1.1`),
    request.status,
    bytes,
    quoted(request.referrer ?? '-'),
    quoted(request.userAgent),
  ].join(' ');
}

/** sshd's lines about a login, each with its instant. The process number derives from the connection. */
export function sshdLines(
  flow: Flow,
  host: string,
  zone: string,
): readonly { readonly at: Micros; readonly text: string }[] {
  const login = flow.ssh;
  if (login === undefined) return [];
  const process = 1000 + ((flow.sport * 7919 + Math.floor(flow.start / second)) % 60000);
  const line = (at: Micros, message: string) => {
    const { month, day, time } = parts(zone, at);
    return {
      at,
      text: `${month} ${String(day).padStart(2, ' ')} ${time} ${host} sshd[${process}]: ${message}`,
    };
  };
  const from = `${flow.src} port ${flow.sport} ssh2`;
  const user = login.isKnownUser ? login.user : `invalid user ${login.user}`;
  const end = flow.start + (flow.durationUs ?? second);
  const failed = login.isAccepted ? login.attempts - 1 : login.attempts;
  const lines = [];
  if (!login.isKnownUser)
    lines.push(
      line(flow.start + second / 2, `Invalid user ${login.user} from ${flow.src} port ${flow.sport}`),
    );
  for (let tried = 1; tried <= failed; tried += 1) {
    lines.push(
      line(Math.min(end, flow.start + tried * 2 * second), `Failed password for ${user} from ${from}`),
    );
  }
  if (login.isAccepted) {
    const at = Math.min(end, flow.start + (failed * 2 + 1) * second);
    lines.push(line(at, `Accepted ${login.method} for ${login.user} from ${from}`));
    lines.push(line(at, `pam_unix(sshd:session): session opened for user ${login.user} by (uid=0)`));
    lines.push(line(end, `pam_unix(sshd:session): session closed for user ${login.user}`));
  } else {
    lines.push(
      line(
        end,
        `Connection closed by authenticating user ${login.user} ${flow.src} port ${flow.sport} [preauth]`,
      ),
    );
  }
  return lines;
}
