// The system itself: changes of account (sudo, su), programs started on schedule, packets the kernel logged.
// https://www.sudo.ws/docs/man/sudoers.man/ https://netfilter.org/
import { isIP } from 'node:net';
import { type LogMessage, type Meaning, portOr } from './parts.ts';

const sudoCommand =
  /^\s*(\S+) : (?:(.{1,80}?) ; )?(?:.{0,400}? ; )?USER=(\S+) ; (?:.{0,400}? ; )?COMMAND=(.*)$/;
const suVerdict = /^(Successful|FAILED) su for (\S+) by (\S+)|^(FAILED SU )?\(to (\S+)\) (\S+) on /;

/** sudo and su: a program started, or an account taken on. */
export function privilegeMessage(message: LogMessage): Meaning | null {
  const { host, text, program } = message;
  const command = sudoCommand.exec(text);
  if (command !== null) {
    const [, user = '', before = '', as = '', line = ''] = command;
    const isRefused = /incorrect password|not allowed|NOT in sudoers|authentication failure/i.test(before);
    if (isRefused) return account(message, { user, as, isSuccess: false, detail: before });
    return {
      table: 'process',
      fields: {
        host,
        username: as,
        executable: line.split(' ', 1)[0] ?? '',
        command_line: line,
        detail: `sudo by ${user}`,
      },
    };
  }
  const verdict = suVerdict.exec(text);
  if (verdict === null || program.toLowerCase() !== 'su') return null;
  const as = verdict[2] ?? verdict[5] ?? '';
  const user = verdict[3] ?? verdict[6] ?? '';
  const isSuccess = verdict[1] === 'Successful' || (verdict[1] === undefined && verdict[4] === undefined);
  return account(message, { user, as, isSuccess, detail: '' });
}

function account(
  { host, program }: LogMessage,
  said: { readonly user: string; readonly as: string; readonly isSuccess: boolean; readonly detail: string },
): Meaning {
  return {
    table: 'authentication',
    fields: {
      service: program.toLowerCase(),
      username: said.as,
      host,
      outcome: said.isSuccess ? 'success' : 'failure',
      method: 'password',
      detail: [`by ${said.user}`, said.detail].filter((part) => part !== '').join('; '),
    },
  };
}

/** A program cron started. */
export function scheduledMessage({ host, text }: LogMessage): Meaning | null {
  const match = /^\(([^)]*)\) CMD \((.*)\)$/.exec(text);
  if (match === null) return null;
  const [, user = '', line = ''] = match;
  return {
    table: 'process',
    fields: {
      host,
      username: user,
      executable: line.trim().split(' ', 1)[0] ?? '',
      command_line: line.trim(),
      detail: 'cron',
    },
  };
}

/** A packet netfilter logged: the first of a conversation, or one that was turned away. */
export function kernelMessage({ text }: LogMessage): Meaning | null {
  if (!text.includes(' SRC=') || !text.includes(' DST=')) return null;
  const words = text.split(' ');
  const value = (name: string) =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const [src, dst] = [value('SRC'), value('DST')];
  if (isIP(src) === 0 || isIP(dst) === 0) return null;
  const isBlocked = /\b(?:BLOCK|BLOCKED|DROP|DROPPED|DENY|DENIED|REJECT|REJECTED)\b/i.test(text);
  const isIcmp = /^ICMP/i.test(value('PROTO'));
  return {
    table: 'network',
    fields: {
      src_ip: src,
      dst_ip: dst,
      src_port: portOr(isIcmp ? value('TYPE') : value('SPT')),
      dst_port: portOr(isIcmp ? value('CODE') : value('DPT')),
      protocol: value('PROTO')
        .toLowerCase()
        .replace(/^icmpv6$/, 'icmp'),
      // A packet that was turned away had no answer.
      state: isBlocked ? 'S0' : '',
      packets_out: 1,
      packets_in: isBlocked ? 0 : null,
    },
  };
}
