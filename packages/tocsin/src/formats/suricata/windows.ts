// What Suricata tells of logins and Windows' own protocols: smb, dcerpc, krb5 and ftp records as logins, remote calls,
// shares and files. Takes an EVE record; gives table and fields, or null for one that no table holds.
import { count, type EveObject, isObject, objects, part, Recent, text, texts } from './fields.ts';
import type { Mapped } from './messages.ts';
import { clientFirst } from './ports.ts';
import type { EveRecord } from './record.ts';
import { interfaceName, operationName } from './rpc.ts';

/** Flows remembered at once. */
const remembered = 50_000;

const uidOf = (record: EveRecord): Readonly<Record<string, string | number>> => ({ uid: record.uid });

/** KDC_ERR_PREAUTH_REQUIRED only asks for the password's proof. */
const preauthRequired = /^(?:25|KDC_ERR_PREAUTH_REQUIRED)$/;

export function kerberosEvent(record: EveRecord): Mapped {
  const krb5 = part(record.eve, 'krb5');
  const kind = text(krb5, 'msg_type').toUpperCase();
  const failed = text(krb5, 'failed_request').toUpperCase();
  const error = text(krb5, 'error_code');
  const request = `${kind} ${failed}`;
  const isError = kind.includes('ERROR');
  return {
    table: 'authentication',
    fields: {
      ...uidOf(record),
      ...clientFirst(record.ends, 'krb5'),
      service: 'kerberos',
      username: present(text(krb5, 'cname')),
      domain: present(text(krb5, 'realm')),
      outcome: isError
        ? preauthRequired.test(error)
          ? 'unknown'
          : 'failure'
        : /_REP$|-REP$/.test(kind)
          ? 'success'
          : 'unknown',
      method: /AS[_-]RE/.test(request) ? 'AS' : /TGS[_-]RE/.test(request) ? 'TGS' : '',
      detail: [present(text(krb5, 'sname')), text(krb5, 'encryption'), error]
        .filter((one) => one !== '')
        .join(' '),
    },
  };
}

/** Suricata writes `<empty>` for a name that is not in the message. */
const present = (name: string): string => (name === '<empty>' ? '' : name);

const isGood = (status: string): boolean => status === 'STATUS_SUCCESS' || status === '';

export interface WindowsRecords {
  readonly smb: (record: EveRecord) => Mapped | null;
  readonly dcerpc: (record: EveRecord) => Mapped | null;
  readonly ftp: (record: EveRecord) => Mapped | null;
}

/** Opens with nothing remembered of any flow. */
export function openWindowsRecords(): WindowsRecords {
  /** The one interface a flow was bound to; '' once there were several, as a call does not say which it means. */
  const bound = new Recent<string>(remembered);
  const ftpUsers = new Recent<string>(remembered);

  const call = (record: EveRecord, app: 'smb' | 'dcerpc'): Mapped | null => {
    const rpc = part(record.eve, 'dcerpc');
    const key = `${record.sensor} ${record.uid}`;
    const named = [...objects(rpc.interfaces), ...objects(rpc.interface)].filter(
      (one) => (count(one, 'ack_result') ?? 0) === 0 && text(one, 'uuid') !== '',
    );
    const opnum = count(rpc, 'opnum', 65_535);
    for (const one of named) {
      const uuid = text(one, 'uuid');
      const earlier = record.uid === '' ? undefined : bound.get(key);
      bound.set(key, earlier === undefined || earlier === uuid ? uuid : '');
    }
    const own = named.length === 1 && named[0] ? text(named[0], 'uuid') : '';
    const uuid = own || (record.uid === '' ? '' : (bound.get(key) ?? ''));
    if (opnum === null && named.length === 0) return null;
    return {
      table: 'smb',
      fields: {
        ...uidOf(record),
        ...clientFirst(record.ends, app),
        endpoint: interfaceName(uuid),
        operation: opnum === null ? 'bind' : operationName(uuid, opnum),
        named_pipe: text(part(record.eve, 'smb'), 'filename', 'named_pipe'),
      },
    };
  };

  const smb = (record: EveRecord): Mapped | null => {
    const said = part(record.eve, 'smb');
    if (isObject(said.dcerpc)) return call({ ...record, eve: { ...record.eve, dcerpc: said.dcerpc } }, 'smb');
    if (isObject(record.eve.dcerpc)) return call(record, 'smb');
    const command = text(said, 'command');
    if (/SESSION_SETUP/.test(command)) return smbLogon(record, said);
    if (!isGood(text(said, 'status'))) return null;
    if (/TREE_CONNECT/.test(command)) return shareMapped(record, said);
    if (/(?:^|_)(?:CREATE|NT_CREATE_ANDX|OPEN_ANDX)$/.test(command) && text(said, 'filename') !== '') {
      return fileOpened(record, said);
    }
    return null;
  };

  const ftp = (record: EveRecord): Mapped | null => {
    const said = part(record.eve, 'ftp');
    const command = text(said, 'command').toUpperCase();
    const key = `${record.sensor} ${record.uid}`;
    if (command === 'USER') ftpUsers.set(key, text(said, 'command_data'));
    if (command !== 'PASS') return null;
    const code = texts(said.completion_code).at(-1) ?? '';
    return {
      table: 'authentication',
      fields: {
        ...uidOf(record),
        ...clientFirst(record.ends, 'ftp'),
        service: 'ftp',
        username: record.uid === '' ? '' : (ftpUsers.get(key) ?? ''),
        outcome: /^2/.test(code) ? 'success' : /^[45]/.test(code) ? 'failure' : 'unknown',
        method: 'password',
        detail: code === '' ? '' : `reply ${code}`,
      },
    };
  };
  return { smb, dcerpc: (record) => call(record, 'dcerpc'), ftp };
}

function smbLogon(record: EveRecord, said: EveObject): Mapped | null {
  const ntlm = part(said, 'ntlmssp');
  const status = text(said, 'status');
  const username = text(ntlm, 'user');
  // An exchange that goes on is no outcome, and a logon without a name is nobody's.
  if (username === '' || status === 'STATUS_MORE_PROCESSING_REQUIRED') return null;
  return {
    table: 'authentication',
    fields: {
      ...uidOf(record),
      ...clientFirst(record.ends, 'smb'),
      service: 'ntlm',
      username,
      domain: text(ntlm, 'domain'),
      outcome: status === '' ? 'unknown' : status === 'STATUS_SUCCESS' ? 'success' : 'failure',
      method: 'smb',
      detail: [text(ntlm, 'host') === '' ? '' : `client ${text(ntlm, 'host')}`, status]
        .filter((one) => one !== '')
        .join(' '),
    },
  };
}

const shareTypes = new Map([
  ['FILE', 'DISK'],
  ['PIPE', 'PIPE'],
  ['PRINT', 'PRINT'],
]);

function shareMapped(record: EveRecord, said: EveObject): Mapped | null {
  const share = text(said, 'share', 'named_pipe');
  if (share === '') return null;
  const type = text(said, 'share_type');
  return {
    table: 'smb',
    fields: {
      ...uidOf(record),
      ...clientFirst(record.ends, 'smb'),
      share,
      share_type: shareTypes.get(type) ?? (text(said, 'named_pipe') !== '' ? 'PIPE' : ''),
    },
  };
}

const dispositions = new Map([
  ['FILE_CREATE', 'create'],
  ['FILE_SUPERSEDE', 'write'],
  ['FILE_OVERWRITE', 'write'],
  ['FILE_OVERWRITE_IF', 'write'],
]);

function fileOpened(record: EveRecord, said: EveObject): Mapped | null {
  const filename = text(said, 'filename');
  const pipe = text(said, 'named_pipe');
  const own = { ...uidOf(record), ...clientFirst(record.ends, 'smb') };
  if (pipe !== '') {
    return { table: 'smb', fields: { ...own, named_pipe: filename, share: pipe, share_type: 'PIPE' } };
  }
  return {
    table: 'file',
    fields: {
      ...own,
      action: dispositions.get(text(said, 'disposition')) ?? 'open',
      name: filename,
      path: text(said, 'share'),
      bytes: count(said, 'size'),
      source: 'SMB',
    },
  };
}
