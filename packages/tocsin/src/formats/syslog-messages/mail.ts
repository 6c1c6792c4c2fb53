// Mail servers: logins by IMAP, POP3 and SMTP (Dovecot, Cyrus, Courier, Postfix) and mail handed over (Postfix, Sendmail).
// A mail's lines are joined by its queue id: the one that says it was delivered becomes the event.
// https://doc.dovecot.org/ https://www.postfix.org/postconf.5.html
import { addressOr, type LogMessage, loginMeaning, type Meaning, portOr, Recent } from './parts.ts';

/** What is known of a mail in the queue before it is delivered. */
interface Queued {
  readonly src: string;
  readonly srcPort: number;
  readonly from: string;
  readonly messageId: string;
  readonly bytes: bigint | null;
}

const unknownMail: Queued = { src: '::', srcPort: 0, from: '', messageId: '', bytes: null };
const mostQueued = 20_000;

/** A reader of the messages of mail programs; it gives null when a message says nothing of a login or a delivery. */
export function openMail(): (message: LogMessage) => Meaning | null {
  const queue = new Recent<Queued>(mostQueued);
  return (message) => {
    const name = message.program.toLowerCase();
    if (name.startsWith('postfix')) return postfix(message, queue);
    if (name === 'dovecot' || /^(?:imap|pop3|managesieve|submission)-login$/.test(name))
      return dovecot(message);
    if (name === 'sendmail' || name === 'sm-mta') return sendmail(message, queue);
    const isBoxServer = /^(?:cyrus\/)?(?:imapd|pop3d|imaps|pop3s|imap|pop3|imapd-ssl|pop3d-ssl)$/.test(name);
    return isBoxServer ? courierOrCyrus(message, name) : null;
  };
}

const dovecotLogin =
  /^(?:(imap|pop3|managesieve|submission)-login: )?(?:Info: )?(Login aborted|Login|Logged in|Aborted login|Disconnected)\b(.{0,200}?)[:,]? user=<([^>]*)>(.*)$/;

function dovecot(message: LogMessage): Meaning | null {
  const match = dovecotLogin.exec(message.text);
  if (match === null) return null;
  const [, service, verdict = '', why = '', user = '', rest = ''] = match;
  const isSuccess = verdict === 'Login' || verdict === 'Logged in';
  if (!isSuccess && !/auth failed|auth_failed|Authentication|unknown user|password/i.test(why + rest))
    return null;
  return loginMeaning(message.host, {
    service: service ?? message.program.toLowerCase().replace(/-login$/, ''),
    user,
    from: /\brip=([^,\s]+)/.exec(rest)?.[1],
    fromPort: /\brport=(\d+)/.exec(rest)?.[1],
    to: /\blip=([^,\s]+)/.exec(rest)?.[1],
    port: /\blport=(\d+)/.exec(rest)?.[1],
    method: /\bmethod=([A-Za-z0-9-]+)/.exec(rest)?.[1],
    isSuccess,
    detail: why.trim().replace(/^[(: ]+|[): ]+$/g, ''),
  });
}

const courierLogin =
  /^LOGIN(?: (FAILED))?, (?:user|method)=([^,]*),(?: user=([^,]*),)? ip=\[([^\]]+)\](?:, port=\[(\d+)\])?/;
const cyrusLogin = /^(login|badlogin): \S* ?\[([^\]]+)\] (\S+) (\S+)/;

function courierOrCyrus({ host, text }: LogMessage, name: string): Meaning | null {
  const service = name.includes('pop') ? 'pop3' : 'imap';
  const courier = courierLogin.exec(text);
  if (courier !== null) {
    const [, failed, first = '', second, from, fromPort] = courier;
    return loginMeaning(host, {
      service,
      user: second ?? first,
      from,
      fromPort,
      isSuccess: failed === undefined,
    });
  }
  const cyrus = cyrusLogin.exec(text);
  if (cyrus === null) return null;
  const [, verdict, from, third = '', fourth = ''] = cyrus;
  if (verdict === 'login')
    return loginMeaning(host, { service, user: third, method: fourth, from, isSuccess: true });
  // A refused login by SASL names no account.
  const user = fourth.startsWith('[') ? '' : fourth;
  return loginMeaning(host, { service, user, method: third, from, isSuccess: false });
}

const refusedSasl = /^warning: \S*\[([^\]]+)\](?::\d+)?: SASL (\S+) authentication failed:?(.*)$/;
const queueLine = /^([0-9A-Za-z]{5,20}): (.*)$/;
const client = /^client=\S*\[([^\]]+)\](?::(\d+))?(.*)$/;
const accepted = /^, sasl_method=([^,]+), sasl_username=(\S+)/;
const queuedFrom = /^from=<([^>]*)>, size=(\d{1,19})/;
const delivered =
  /^to=<([^>]*)>,(?: orig_to=<[^>]*>,)? relay=([^,]*), .{0,400}?status=((?:sent|bounced|expired).*)$/;

function postfix({ host, text }: LogMessage, queue: Recent<Queued>): Meaning | null {
  const refused = refusedSasl.exec(text);
  if (refused !== null) {
    const [, from, method, why = ''] = refused;
    const user = /sasl_username=(\S+)/.exec(why)?.[1] ?? '';
    return loginMeaning(host, { service: 'smtp', user, from, method, isSuccess: false, detail: why.trim() });
  }
  const line = queueLine.exec(text);
  if (line === null) return null;
  const [, uid = '', rest = ''] = line;
  const key = `${host} ${uid}`;
  const mail = queue.get(key) ?? unknownMail;
  const caller = client.exec(rest);
  if (caller !== null) {
    const [, from = '', fromPort, more = ''] = caller;
    queue.set(key, { ...mail, src: addressOr(from), srcPort: portOr(fromPort) });
    const login = accepted.exec(more);
    if (login === null) return null;
    const [, method, user = ''] = login;
    return loginMeaning(host, { service: 'smtp', user, from, fromPort, method, isSuccess: true });
  }
  if (rest.startsWith('message-id=')) {
    queue.set(key, { ...mail, messageId: rest.slice(11) });
    return null;
  }
  if (rest === 'removed') {
    queue.delete(key);
    return null;
  }
  const sent = queuedFrom.exec(rest);
  if (sent !== null) {
    queue.set(key, { ...mail, from: sent[1] ?? '', bytes: BigInt(sent[2] ?? 0) });
    return null;
  }
  const done = delivered.exec(rest);
  if (done === null) return null;
  const [, recipient = '', relay = '', status = ''] = done;
  const next = /\[([^\]]+)\](?::(\d+))?$/.exec(relay);
  return handedOver(uid, mail, { recipients: [recipient], status, to: next?.[1], port: next?.[2] });
}

const sendmailFrom = /^from=<?([^>,]*)>?, size=(\d{1,19}),(.*)$/;
const sendmailTo = /^to=([^=]*), .{0,400}?stat=((?:Sent|User unknown|Service unavailable|Host unknown).*)$/;

function sendmail({ host, text }: LogMessage, queue: Recent<Queued>): Meaning | null {
  const line = queueLine.exec(text);
  if (line === null) return null;
  const [, uid = '', rest = ''] = line;
  const key = `${host} ${uid}`;
  const queued = sendmailFrom.exec(rest);
  if (queued !== null) {
    const [, from = '', bytes, more = ''] = queued;
    const src = addressOr(/relay=[^,]*\[([^\]]+)\]/.exec(more)?.[1] ?? '');
    const messageId = /msgid=([^,]*)/.exec(more)?.[1] ?? '';
    queue.set(key, { src, srcPort: 0, from, messageId, bytes: BigInt(bytes ?? 0) });
    return null;
  }
  const done = sendmailTo.exec(rest);
  if (done === null) return null;
  const [, to = '', status = ''] = done;
  const recipients = to
    .replace(/, [a-z]+$/, '')
    .split(',')
    .map((one) => one.trim().replace(/^<|>$/g, ''));
  const next = /relay=[^,]*\[([^\]]+)\]/.exec(rest)?.[1];
  return handedOver(uid, queue.get(key) ?? unknownMail, { recipients, status, to: next, port: undefined });
}

function handedOver(
  uid: string,
  mail: Queued,
  delivery: {
    readonly recipients: readonly string[];
    readonly status: string;
    readonly to: string | undefined;
    readonly port: string | undefined;
  },
): Meaning {
  return {
    table: 'email',
    fields: {
      uid,
      src_ip: mail.src,
      src_port: mail.srcPort,
      dst_ip: addressOr(delivery.to ?? ''),
      dst_port: portOr(delivery.port),
      mail_from: mail.from,
      rcpt_to: delivery.recipients,
      message_id: mail.messageId,
      status: delivery.status,
      bytes: mail.bytes,
    },
  };
}
