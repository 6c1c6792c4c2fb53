// System logs: what each program's message becomes, and what is assumed where no year or zone stands.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParseSettings } from '../format.ts';
import { sampleOf } from '../sample.ts';
import { format } from './format.ts';

const settings: ParseSettings = {
  assumedZoneMinutes: 0,
  isZoneSet: false,
  assumedYear: null,
  evidenceLast: '2024-08-20T00:00:00.000000Z',
  mapping: null,
  path: 'auth.log',
};
const read = (lines: readonly string[], change: Partial<ParseSettings> = {}) => {
  const parser = format.open(sampleOf(Buffer.from(lines.join('\n')), true), { ...settings, ...change });
  const outcomes = lines.map((line) => parser.record(line));
  return { outcomes, assumptions: parser.assumptions() };
};
const caseLines = (name: string) =>
  readFileSync(new URL(`cases/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const front = 'Aug  5 10:00:00 host-1';

describe('messages', () => {
  it.each([
    [
      'a password that was wrong',
      'sshd[1]: Failed password for root from 203.0.113.2 port 33 ssh2',
      'authentication',
      {
        src_ip: '203.0.113.2',
        src_port: 33,
        username: 'root',
        outcome: 'failure',
        method: 'password',
        service: 'ssh',
        host: 'host-1',
      },
    ],
    [
      'a login with a key',
      'sshd[1]: Accepted publickey for git from 2001:db8::2 port 33 ssh2: ED25519 SHA256:abc',
      'authentication',
      { src_ip: '2001:db8::2', username: 'git', outcome: 'success', method: 'publickey' },
    ],
    [
      'an account that does not exist',
      'sshd[1]: Failed password for invalid user admin from 203.0.113.2 port 33 ssh2',
      'authentication',
      { username: 'admin', detail: 'no such account' },
    ],
    [
      'a name made to look like an address',
      'sshd[1]: Failed password for invalid user x from 192.0.2.1 port 22 from 203.0.113.2 port 33 ssh2',
      'authentication',
      { src_ip: '203.0.113.2', username: 'x from 192.0.2.1 port 22' },
    ],
    [
      'a message that stands for several',
      'sshd[1]: message repeated 5 times: [ Failed password for root from 203.0.113.2 port 33 ssh2]',
      'authentication',
      { outcome: 'failure', detail: 'the same 5 times more' },
    ],
    [
      'a look-up by the audit system, at its own time',
      'audispd: node=web-1 type=USER_LOGIN msg=audit(1722852000.250:7): pid=9 msg=\'op=login acct="bob" exe="/usr/sbin/sshd" addr=203.0.113.9 res=failed\'',
      'authentication',
      { username: 'bob', host: 'web-1', outcome: 'failure', src_ip: '203.0.113.9' },
    ],
    [
      'a key whose comment is made to look like an address',
      'sshd[1]: Accepted publickey for git from 203.0.113.2 port 33 ssh2: RSA-CERT ID x from 192.0.2.1 port 22 ssh2 (serial 0)',
      'authentication',
      { src_ip: '203.0.113.2', username: 'git' },
    ],
    [
      'one who left when the account was changed',
      'sshd[1]: Disconnecting invalid user adm 203.0.113.2 port 33: Change of username or service not allowed: (adm,ssh-connection) -> (x,ssh-connection) [preauth]',
      'authentication',
      { src_ip: '203.0.113.2', username: 'adm', outcome: 'failure' },
    ],
    [
      'a mailbox opened',
      'dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=203.0.113.5, lip=192.0.2.25, mpid=7',
      'authentication',
      { service: 'imap', username: 'bob', src_ip: '203.0.113.5', dst_ip: '192.0.2.25', outcome: 'success' },
    ],
    [
      'a mailbox not opened',
      'dovecot: imap-login: Disconnected (auth failed, 3 attempts in 12 secs): user=<eve>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.25',
      'authentication',
      { outcome: 'failure', username: 'eve' },
    ],
    [
      'the same in newer words',
      'dovecot: imap-login: Login aborted: Connection closed (auth failed, 1 attempts in 2 secs) (auth_failed): user=<eve>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.25',
      'authentication',
      { outcome: 'failure', username: 'eve' },
    ],
    [
      'a mail relay refused',
      'postfix/smtpd[9]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6',
      'authentication',
      { service: 'smtp', src_ip: '203.0.113.9', outcome: 'failure' },
    ],
    [
      'a mail handed on',
      'postfix/smtp[9]: 4F2A1C0D: to=<x@example.net>, relay=mx.example.net[198.51.100.25]:25, delay=1.2, status=sent (250 ok)',
      'email',
      { rcpt_to: ['x@example.net'], dst_ip: '198.51.100.25', dst_port: 25, uid: '4F2A1C0D' },
    ],
    [
      'a command as another user',
      'sudo:   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/tar czf /tmp/x.tgz /etc',
      'process',
      {
        username: 'root',
        executable: '/usr/bin/tar',
        command_line: '/usr/bin/tar czf /tmp/x.tgz /etc',
        detail: 'sudo by alice',
      },
    ],
    [
      'a command refused',
      'sudo:   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh',
      'authentication',
      { outcome: 'failure', service: 'sudo' },
    ],
    [
      'a packet turned away',
      'kernel: [12.3] [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7 DST=192.0.2.80 LEN=60 PROTO=TCP SPT=4444 DPT=22 SYN',
      'network',
      { src_ip: '203.0.113.7', dst_port: 22, protocol: 'tcp', state: 'S0' },
    ],
    [
      'a packet that answers another, which does not say who opened the conversation',
      'kernel: [12.3] [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7 DST=192.0.2.80 LEN=60 PROTO=TCP SPT=443 DPT=51022 WINDOW=0 RES=0x00 ACK RST URGP=0',
      'base_event',
      { stream: 'syslog-kernel' },
    ],
    [
      'an ICMP error, by its own addresses',
      'kernel: IN=eth0 OUT= SRC=203.0.113.7 DST=192.0.2.80 LEN=60 PROTO=ICMP TYPE=3 CODE=1 [SRC=192.0.2.80 DST=203.0.113.7 PROTO=UDP SPT=9 DPT=53 ]',
      'network',
      { src_ip: '203.0.113.7', src_port: 3, dst_port: 1, protocol: 'icmp' },
    ],
    [
      'a program started on schedule',
      'CRON[12]: (root) CMD (/usr/bin/backup.sh --all)',
      'base_event',
      { stream: 'syslog-cron', message: '(root) CMD (/usr/bin/backup.sh --all)' },
    ],
    [
      'an FTP login',
      'vsftpd[3]: [admin] FAIL LOGIN: Client "203.0.113.4"',
      'authentication',
      { service: 'ftp', outcome: 'failure', username: 'admin' },
    ],
    [
      'anything else',
      'systemd[1]: Started session 1 of user root.',
      'base_event',
      { stream: 'syslog-systemd', message: 'Started session 1 of user root.' },
    ],
  ])('%s', (_, text, table, fields) => {
    expect(read([`${front} ${text}`]).outcomes[0]).toMatchObject({
      event: { table, sensor: 'host-1', fields },
    });
  });

  it('counts an attempt once, however many lines tell of it', () => {
    const { outcomes } = read([
      `${front} sshd[7]: Invalid user a from 203.0.113.2 port 33`,
      `${front} sshd[7]: Failed password for invalid user a from 203.0.113.2 port 33 ssh2`,
      `${front} sshd[7]: Connection closed by invalid user a 203.0.113.2 port 33 [preauth]`,
      `${front} sshd[8]: Invalid user b from 203.0.113.2 port 34`,
      `${front} sshd[8]: Connection closed by invalid user b 203.0.113.2 port 34 [preauth]`,
    ]);
    const attempts = outcomes.filter(
      (outcome) => 'event' in outcome && outcome.event.table === 'authentication',
    );
    expect(attempts).toHaveLength(2);
  });

  const tablesOf = (name: string) =>
    read(caseLines(name)).outcomes.map((outcome) => ('event' in outcome ? outcome.event.table : 'reject'));

  it('counts a look-up of an account when nothing else tells of the attempt, also where a process id comes again', () => {
    expect(tablesOf('older-sshd.log').map((table) => table === 'authentication')).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it('hears PAM only where sshd is silent', () => {
    expect(tablesOf('pam-only.log')).toEqual([
      'authentication',
      'base_event',
      'authentication',
      'authentication',
      'base_event',
      'base_event',
      'authentication',
    ]);
    const { outcomes } = read([...caseLines('pam-only.log'), ...caseLines('older-sshd.log')]);
    expect(outcomes[0]).toMatchObject({ event: { table: 'base_event' } });
  });

  it('joins the lines of a mail to the one that says it was delivered', () => {
    const { outcomes } = read(caseLines('mail.log'));
    const mails = outcomes.flatMap((outcome) =>
      'event' in outcome && outcome.event.table === 'email' ? [outcome.event.fields] : [],
    );
    expect(mails).toMatchObject([
      {
        mail_from: 'bob@example.org',
        rcpt_to: ['x@example.net'],
        bytes: 2048n,
        src_ip: '203.0.113.8',
        dst_ip: '198.51.100.25',
        message_id: '<m1@example.org>',
        status: 'sent (250 ok)',
      },
      { mail_from: 'eve@example.org', rcpt_to: ['y@example.net'], bytes: 512n, src_ip: '203.0.113.8' },
    ]);
  });

  it('reads routers and firewalls', () => {
    const { outcomes } = read(caseLines('devices.log'));
    const logins = outcomes.map((outcome) =>
      'event' in outcome && outcome.event.table === 'authentication'
        ? [outcome.event.fields['service'], outcome.event.fields['username'], outcome.event.fields['outcome']]
        : null,
    );
    expect(logins).toEqual([
      ['ssh', 'admin', 'failure'],
      ['https', 'enable_15', 'success'],
      ['vpn', 'eve', 'failure'],
      ['vpn', 'bob', 'success'],
      ['ssh', 'cisco', 'failure'],
      null,
      ['ssh', 'root', 'failure'],
      ['ssh', '', 'failure'],
      ['ssh', 'root', 'success'],
    ]);
    expect(outcomes[5]).toMatchObject({
      event: { fields: { stream: 'syslog-sys', code: '%SYS-5-CONFIG_I', host: '192.0.2.2' } },
    });
  });

  it('reads the log vsftpd writes by itself, with the files it moved', () => {
    const { outcomes, assumptions } = read(caseLines('vsftpd.log'));
    expect(outcomes[2]).toMatchObject({ event: { table: 'authentication', fields: { outcome: 'success' } } });
    expect(outcomes[4]).toMatchObject({
      event: {
        table: 'file',
        time: '2024-08-05T10:00:20.000000Z',
        fields: { name: '/srv/www/up.php', bytes: 312n, sent_by_src: true },
      },
    });
    expect(assumptions.map(({ about }) => about)).toEqual(['zone']);
  });

  it('does not make a stream of every word in front of a colon', () => {
    const { outcomes } = read(Array.from({ length: 2000 }, (_, at) => `${front} word${at}: text`));
    const streams = new Set(
      outcomes.map((outcome) => ('event' in outcome ? outcome.event.fields['stream'] : '')),
    );
    expect(streams.size).toBeLessThanOrEqual(501);
  });
});

it('leaves the logs of applications alone', () => {
  const lines = Array.from(
    { length: 5 },
    (_, at) => `2024-08-05 10:00:0${at},123 INFO org.example.Main: started`,
  );
  expect(format.recognise(sampleOf(Buffer.from(`${lines.join('\n')}\n`), true))).toBe(0);
});

describe('times', () => {
  const timesOf = (lines: readonly string[], change: Partial<ParseSettings> = {}) =>
    read(lines, change).outcomes.map((outcome) =>
      'event' in outcome ? outcome.event.time.slice(0, 19) : '',
    );

  it('go on into the next year, and a straggler does not take the year with it', () => {
    expect(timesOf(caseLines('new-year.log'), { assumedYear: 2023 })).toEqual([
      '2023-12-31T23:59:58',
      '2024-01-01T00:00:03',
      '2023-12-31T23:59:59',
      '2024-02-29T12:00:00',
    ]);
  });

  it.each([
    [
      'the year of the other evidence',
      'Aug  5 10:00:00',
      '2024-08-20T00:00:00.000000Z',
      '2024-08-05T10:00:00',
    ],
    [
      'the year before, where that lies ahead of all evidence',
      'Dec 10 10:00:00',
      '2024-08-20T00:00:00.000000Z',
      '2023-12-10T10:00:00',
    ],
    ['a year that stands for an unknown one', 'Aug  5 10:00:00', null, '2000-08-05T10:00:00'],
  ])('take %s', (_, time, evidenceLast, expected) => {
    const line = `${time} host-1 sshd[1]: Server listening on 0.0.0.0 port 22.`;
    expect(timesOf([line], { evidenceLast })).toEqual([expected]);
    const about = read([line], { evidenceLast }).assumptions.map((assumption) => assumption.about);
    expect(about).toEqual(['year', 'zone']);
  });

  const listening = 'host-1 sshd[1]: Server listening on 0.0.0.0 port 22.';

  it.each([
    ['of the other evidence', '2023-08-20T00:00:00.000000Z', '2020-02-29T10:00:00'],
    ['that stands for an unknown one', null, '2000-02-29T10:00:00'],
  ])('put 29 February into a leap year at or before the one %s', (_, evidenceLast, expected) => {
    const lines = [`Feb 28 10:00:00 ${listening}`, `Feb 29 10:00:00 ${listening}`];
    expect(timesOf(lines, { evidenceLast })[1]).toBe(expected);
  });

  it('let 29 February lie behind New Year', () => {
    const lines = [`Dec 31 10:00:00 ${listening}`, `Feb 29 10:00:00 ${listening}`];
    expect(timesOf(lines, { evidenceLast: null })).toEqual(['1999-12-31T10:00:00', '2000-02-29T10:00:00']);
  });

  it('reject 29 February in a year that was set and has none, and say what to do', () => {
    const { outcomes } = read([`Feb 29 10:00:00 ${listening}`], { assumedYear: 2023 });
    expect(outcomes[0]).toMatchObject({
      reject: { code: 'bad-time', reason: expect.stringContaining('--assume-year') },
    });
  });

  it('take the year from a line of the same log that names it', () => {
    const lines = [`Dec 31 10:00:00 ${listening}`, `2022-01-01T10:00:00Z ${listening}`];
    expect(timesOf(lines)[0]).toBe('2021-12-31T10:00:00');
  });

  it('do not depend on what stands between them in the same minute', () => {
    const lines = ['59.9', '60', '00.25'].map((second) => `Dec 31 2016 23:59:${second} ${listening}`);
    expect(read(lines).outcomes.map((outcome) => ('event' in outcome ? outcome.event.time : ''))).toEqual([
      '2016-12-31T23:59:59.900000Z',
      '2017-01-01T00:00:00.000000Z',
      '2016-12-31T23:59:00.250000Z',
    ]);
  });

  it('take what was set, and then assume nothing', () => {
    const set = { assumedYear: 2022, assumedZoneMinutes: -300, isZoneSet: true };
    const line = `${front} sshd[1]: Server listening on 0.0.0.0 port 22.`;
    expect(timesOf([line], set)).toEqual(['2022-08-05T15:00:00']);
    expect(read([line], set).assumptions).toEqual([]);
  });

  it.each([
    [
      'RFC 5424',
      '<34>1 2024-08-05T10:00:00.123456+02:00 host-1 sshd 1 - [x@1 a="b]c"] Server listening',
      '2024-08-05T08:00:00',
    ],
    ['an ISO time', '2024-08-05T10:00:00.5+02:00 host-1 sshd[1]: Server listening', '2024-08-05T08:00:00'],
    ['a year behind the day', 'Aug 05 2024 10:00:00 host-1 sshd[1]: Server listening', '2024-08-05T10:00:00'],
  ])('of %s need no year', (_, line, expected) => {
    const { outcomes, assumptions } = read([line]);
    expect(outcomes[0]).toMatchObject({ event: { time: expect.stringContaining(expected) } });
    expect(assumptions.filter(({ about }) => about === 'year')).toEqual([]);
  });
});

it('joins an indented line to the one before, and rejects what is no log line', () => {
  const { outcomes } = read([`${front} app[1]: first`, '    at second', 'no log line']);
  expect(outcomes.map((outcome) => Object.keys(outcome)[0])).toEqual(['event', 'event', 'reject']);
});

it('keeps the name of any account whole', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 60 }).filter((text) => !/[\n\r]/.test(text)),
      (user) => {
        const line = `${front} sshd[1]: Failed password for invalid user ${user} from 203.0.113.2 port 33 ssh2`;
        expect(read([line]).outcomes[0]).toMatchObject({
          event: { fields: { username: user, src_ip: '203.0.113.2' } },
        });
      },
    ),
  );
});

const real = fileURLToPath(new URL('../../../../../../shared/evidence/ssh/OpenSSH_2k.log', import.meta.url));
it.skipIf(!existsSync(real))(
  'reads a real sshd log (../shared/evidence/ssh) as counting its words does',
  () => {
    const lines = readFileSync(real, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '');
    const words = lines.filter((line) =>
      /\]: (?:message repeated \d+ times: \[ )?(?:Failed|Accepted) /.test(line),
    );
    const { outcomes } = read(lines);
    const attempts = outcomes.filter(
      (outcome) => 'event' in outcome && outcome.event.table === 'authentication',
    );
    expect(attempts).toHaveLength(words.length);
    expect(outcomes.filter((outcome) => 'reject' in outcome)).toEqual([]);
  },
);
