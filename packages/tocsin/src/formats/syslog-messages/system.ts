// The system itself: changes of account (sudo, su), logins at a terminal, packets the kernel logged.
// https://www.sudo.ws/docs/man/sudoers.man/ https://netfilter.org/
import { isIP } from 'node:net';
import { type LogMessage, loginMeaning, type Meaning, portOr } from './parts.ts';

const sudoCommand =
  /^\s*(\S+) : (?:([^;]{1,80}?) ; )?(?:.{0,400}? ; )?USER=(\S+) ; (?:.{0,400}? ; )?COMMAND=(.*)$/;
const suVerdict =
  /^(Successful|FAILED) su for (\S+) by (\S+)|^(FAILED SU )?\(to (\S+)\) (\S+) on |^(BAD SU )(\S+) to (\S+) on /;

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
  const [, word, firstAs, firstBy, failed, secondAs, secondBy, bad, thirdBy, thirdAs] = verdict;
  return account(message, {
    user: firstBy ?? secondBy ?? thirdBy ?? '',
    as: firstAs ?? secondAs ?? thirdAs ?? '',
    isSuccess: bad === undefined && failed === undefined && word !== 'FAILED',
    detail: '',
  });
}

function account(
  { host, program }: LogMessage,
  said: { readonly user: string; readonly as: string; readonly isSuccess: boolean; readonly detail: string },
): Meaning {
  return loginMeaning(host, {
    service: program.toLowerCase(),
    user: said.as,
    method: 'password',
    isSuccess: said.isSuccess,
    detail: [`by ${said.user}`, said.detail].filter((part) => part !== '').join('; '),
  });
}

const refusedAtTerminal =
  /^FAILED LOGIN (?:SESSION|\(?\d{1,4}\)?),? (?:FROM|on) '?([^\s']{1,64})'?(?: from '?([^\s']{1,255})'?)? FOR '?([^']*?)'?, /;
const letInAtTerminal =
  /^(ROOT )?LOGIN {1,2}on '?([^\s']{1,64})'?(?: by (\S{1,255}))?(?: from '?([^\s']{1,255})'?)?/i;

/** The login program: someone at a terminal, or by telnet. */
export function loginMessage({ host, text }: LogMessage): Meaning | null {
  const refused = refusedAtTerminal.exec(text);
  if (refused !== null) {
    const [, place = '', from, user = ''] = refused;
    return loginMeaning(host, {
      service: 'login',
      user,
      from: from ?? (isIP(place) > 0 ? place : undefined),
      isSuccess: false,
      detail: `terminal ${place}`,
    });
  }
  const letIn = letInAtTerminal.exec(text);
  if (letIn === null) return null;
  const [, root, place = '', user, from] = letIn;
  return loginMeaning(host, {
    service: 'login',
    user: user ?? (root === undefined ? '' : 'root'),
    from,
    isSuccess: true,
    detail: `terminal ${place}`,
  });
}

/**
 * A packet netfilter logged: the first of a conversation, or one that was turned away. A TCP packet that answers
 * another does not say who opened the conversation and is kept whole.
 */
export function kernelMessage({ text }: LogMessage): Meaning | null {
  if (!text.includes(' SRC=') || !text.includes(' DST=')) return null;
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (const word of text.split(' ')) {
    const at = word.indexOf('=');
    if (at < 0) flags.add(word);
    // An ICMP error quotes the packet it answers behind its own values.
    else if (!values.has(word.slice(0, at))) values.set(word.slice(0, at), word.slice(at + 1));
  }
  const value = (name: string) => values.get(name) ?? '';
  const [src, dst, protocol] = [value('SRC'), value('DST'), value('PROTO')];
  if (isIP(src) === 0 || isIP(dst) === 0) return null;
  if (protocol === 'TCP' && (flags.has('ACK') || flags.has('RST'))) return null;
  const isBlocked = /\b(?:BLOCK|BLOCKED|DROP|DROPPED|DENY|DENIED|REJECT|REJECTED)\b/i.test(text);
  const isIcmp = /^ICMP/i.test(protocol);
  return {
    table: 'network',
    fields: {
      src_ip: src,
      dst_ip: dst,
      src_port: portOr(isIcmp ? value('TYPE') : value('SPT')),
      dst_port: portOr(isIcmp ? value('CODE') : value('DPT')),
      protocol: /^ICMPv6$/i.test(protocol) ? 'icmp' : protocol.toLowerCase(),
      // A packet that was turned away had no answer.
      state: isBlocked ? 'S0' : '',
      packets_out: 1,
      packets_in: isBlocked ? 0 : null,
    },
  };
}
