// What PAM says of a failed login. It speaks of attempts that the program mostly tells of itself: it is heard only where
// the program is silent. https://github.com/linux-pam/linux-pam
import { type LogMessage, loginMeaning, type Meaning } from './parts.ts';

export interface PamFailure {
  /** Service as PAM names it: sshd, login. */
  readonly service: string;
  readonly meaning: Meaning;
}

const front =
  /^(?:pam_unix\(([\w.-]{1,40}):auth\): |\(pam_unix\) |PAM )?(?:authentication failure|(\d{1,6}) more authentication failures?);? (.*)$/;
/** Programs of older systems are logged as `sshd(pam_unix)`. */
const olderProgram = /^([\w.-]{1,40})\(pam_unix\)$/;

const named: Readonly<Record<string, string>> = {
  sshd: 'ssh',
  remote: 'telnet',
  vsftpd: 'ftp',
  proftpd: 'ftp',
};

/** The failure a message tells of; null when it tells of none. */
export function pamFailure(message: LogMessage): PamFailure | null {
  const { text, program, host } = message;
  if (!text.includes('authentication failure')) return null;
  const match = front.exec(text);
  if (match === null) return null;
  const [, inside, more, rest = ''] = match;
  const service = inside ?? olderProgram.exec(program)?.[1] ?? (text.startsWith('PAM ') ? program : '');
  if (service === '') return null;
  const value = (name: string) => new RegExp(`(?:^| )${name}=(\\S*)`).exec(rest)?.[1] ?? '';
  const terminal = value('tty');
  const details = [
    'told by PAM',
    ...(more === undefined ? [] : [`the same ${more} times more`]),
    ...(terminal === '' ? [] : [`terminal ${terminal}`]),
  ];
  return {
    service,
    meaning: loginMeaning(host, {
      service: named[service] ?? service,
      user: value('user'),
      from: value('rhost'),
      isSuccess: false,
      detail: details.join('; '),
    }),
  };
}

/** Services whose own word stands in the same log or in the mail log, so that PAM's would count twice. */
const toldElsewhere = new Set([
  'su',
  'su-l',
  'sudo',
  'sudo-i',
  'runuser',
  'cron',
  'crond',
  'atd',
  'polkit-1',
  'systemd-user',
  'dovecot',
  'imap',
  'pop',
  'pop3',
  'sieve',
  'smtp',
  'smtpd',
]);

/**
 * Decides whether PAM is heard. `spoken` holds programs and services that tell of logins themselves; it may grow.
 * @returns the services whose failures PAM alone tells of at the beginning of the log
 */
export function onlyPam(beginning: readonly LogMessage[], spoken: ReadonlySet<string>): ReadonlySet<string> {
  const silent = new Set<string>();
  for (const message of beginning) {
    // Another module may let in whom this one turned away.
    if (/^pam_(?:sss|krb5|ldap|winbind)\(/.test(message.text)) return new Set();
    const service = pamFailure(message)?.service;
    if (service !== undefined && !toldElsewhere.has(service) && !spoken.has(service)) silent.add(service);
  }
  return silent;
}
