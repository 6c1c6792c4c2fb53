// Mail servers: logins by IMAP, POP3 and SMTP (Dovecot, Cyrus, Courier, Postfix) and mail handed over (Postfix).
// https://doc.dovecot.org/ https://www.postfix.org/postconf.5.html
import { addressOr, type LogMessage, type Meaning, portOr } from './parts.ts';

/** The message of a mail program; null when it says nothing of a login or a mail. */
export function mailMessage(message: LogMessage): Meaning | null {
  const name = message.program.toLowerCase();
  if (name.startsWith('postfix')) return postfix(message, name);
  if (name === 'dovecot' || /^(?:imap|pop3|managesieve|submission)-login$/.test(name))
    return dovecot(message);
  return /^(?:imapd|pop3d|imaps|pop3s|imap|pop3)(?:-ssl)?$/.test(name) ? courierOrCyrus(message, name) : null;
}

const dovecotLogin =
  /^(?:(imap|pop3|managesieve|submission)-login: )?(?:Info: )?(Login aborted|Login|Aborted login|Disconnected)\b(.{0,200}?)[:,]? user=<([^>]*)>(.*)$/;

function dovecot(message: LogMessage): Meaning | null {
  const match = dovecotLogin.exec(message.text);
  if (match === null) return null;
  const [, service, verdict = '', why = '', user = '', rest = ''] = match;
  const isFailure =
    verdict !== 'Login' && /auth failed|auth_failed|Authentication|unknown user|password/i.test(why + rest);
  if (verdict !== 'Login' && !isFailure) return null;
  return login(message, {
    service: service ?? message.program.toLowerCase().replace(/-login$/, ''),
    user,
    from: /\brip=([^,\s]+)/.exec(rest)?.[1] ?? '',
    to: /\blip=([^,\s]+)/.exec(rest)?.[1] ?? '',
    port: /\blport=(\d+)/.exec(rest)?.[1],
    method: /\bmethod=([A-Za-z0-9-]+)/.exec(rest)?.[1] ?? '',
    isSuccess: verdict === 'Login',
    detail: why.trim().replace(/^[(: ]+|[): ]+$/g, ''),
  });
}

function courierOrCyrus(message: LogMessage, name: string): Meaning | null {
  const courier =
    /^LOGIN(?: (FAILED))?, (?:user|method)=([^,]*),(?: user=([^,]*),)? ip=\[([^\]]+)\](?:, port=\[(\d+)\])?/.exec(
      message.text,
    );
  const cyrus = /^(login|badlogin): \S* ?\[([^\]]+)\] (\S+) (\S+)/.exec(message.text);
  const service = name.startsWith('pop') ? 'pop3' : 'imap';
  const common = { service, to: '', port: undefined, method: '', detail: '' };
  if (courier !== null) {
    const [, failed, first = '', second, from = ''] = courier;
    return login(message, { ...common, user: second ?? first, from, isSuccess: failed === undefined });
  }
  if (cyrus === null) return null;
  const [, verdict, from = '', third = '', fourth = ''] = cyrus;
  return verdict === 'login'
    ? login(message, { ...common, user: third, method: fourth, from, isSuccess: true })
    : login(message, { ...common, user: fourth, method: third, from, isSuccess: false });
}

function postfix(message: LogMessage, name: string): Meaning | null {
  const daemon = name.split('/').at(-1) ?? '';
  const { text } = message;
  const refused = /^warning: \S*\[([^\]]+)\]: SASL (\S+) authentication failed:?(.*)$/.exec(text);
  if (refused !== null) {
    const [, from = '', method = '', why = ''] = refused;
    const user = /sasl_username=(\S+)/.exec(why)?.[1] ?? '';
    return login(message, {
      service: 'smtp',
      user,
      from,
      to: '',
      port: undefined,
      method,
      isSuccess: false,
      detail: why.trim(),
    });
  }
  const accepted = /client=\S*\[([^\]]+)\](?::\d+)?, sasl_method=([^,]+), sasl_username=(\S+)/.exec(text);
  if (accepted !== null) {
    const [, from = '', method = '', user = ''] = accepted;
    return login(message, {
      service: 'smtp',
      user,
      from,
      to: '',
      port: undefined,
      method,
      isSuccess: true,
      detail: '',
    });
  }
  const queue = /^([0-9A-Za-z]{5,20}): (.*)$/.exec(text);
  if (queue === null) return null;
  const [, uid = '', rest = ''] = queue;
  if (daemon === 'qmgr') {
    const sent = /^from=<([^>]*)>, size=(\d{1,19})/.exec(rest);
    if (sent === null) return null;
    return { table: 'email', fields: { uid, mail_from: sent[1] ?? '', bytes: BigInt(sent[2] ?? 0) } };
  }
  const handed = /^to=<([^>]*)>,(?: orig_to=<[^>]*>,)? relay=([^,]*), .{0,400}?status=(.*)$/.exec(rest);
  if (handed === null) return null;
  const [, recipient = '', relay = '', status = ''] = handed;
  const next = /\[([^\]]+)\](?::(\d+))?$/.exec(relay);
  return {
    table: 'email',
    fields: {
      uid,
      rcpt_to: [recipient],
      status,
      dst_ip: addressOr(next?.[1] ?? ''),
      dst_port: portOr(next?.[2]),
    },
  };
}

function login(
  message: LogMessage,
  said: {
    readonly service: string;
    readonly user: string;
    readonly from: string;
    readonly to: string;
    readonly port: string | undefined;
    readonly method: string;
    readonly isSuccess: boolean;
    readonly detail: string;
  },
): Meaning {
  return {
    table: 'authentication',
    fields: {
      src_ip: addressOr(said.from),
      dst_ip: addressOr(said.to),
      dst_port: portOr(said.port),
      service: said.service,
      username: said.user,
      host: message.host,
      outcome: said.isSuccess ? 'success' : 'failure',
      method: said.method,
      detail: said.detail,
    },
  };
}
