// Which table a Windows event belongs to. Takes a WindowsRecord, its time and its text as received; gives an Event.
// Event numbers mean something only together with their source, so each source has a table of its own.

import { canonicalAddress } from '../../vocabulary/address.ts';
import type { TableName } from '../../vocabulary/dictionary.ts';
import type { Event, FieldValue } from '../../vocabulary/event.ts';
import type { Instant } from '../../vocabulary/instant.ts';
import { account, address, count, hashes, port, remoteAddress, rest, text } from './fields.ts';
import { dnsResponseCode, isSuccessStatus, logonTypeName } from './logon.ts';
import { messageOf, streamOf } from './message.ts';
import type { WindowsRecord } from './shapes.ts';

interface Mapped {
  readonly table: TableName;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** Null: this record is not what its number promises, and is kept as a base event. */
type Mapping = (record: WindowsRecord) => Mapped | null;

const logonFields = ['TargetUserName', 'TargetDomainName', 'IpAddress', 'IpPort', 'LogonType'] as const;

function authentication(record: WindowsRecord, own: Readonly<Record<string, FieldValue>>): Mapped {
  const { data } = record;
  return {
    table: 'authentication',
    fields: {
      src_ip: remoteAddress(data, 'IpAddress'),
      src_port: port(data, 'IpPort'),
      username: text(data, 'TargetUserName'),
      domain: text(data, 'TargetDomainName'),
      host: record.computer,
      detail: `event ${record.id} ${rest(data, logonFields)}`.trim(),
      ...own,
    },
  };
}

function logon(outcome: string): Mapping {
  return (record) => {
    const method = logonTypeName(text(record.data, 'LogonType'));
    const service = method.includes('remote-interactive') ? 'rdp' : 'windows';
    return authentication(record, { outcome, method, service });
  };
}

function ticket(method: string): Mapping {
  return (record) => {
    const status = text(record.data, 'Status', 'FailureCode', 'ResultCode');
    const outcome =
      record.id === '4771'
        ? 'failure'
        : status === ''
          ? 'unknown'
          : isSuccessStatus(status)
            ? 'success'
            : 'failure';
    return authentication(record, { service: 'kerberos', outcome, method });
  };
}

const ntlmCheck: Mapping = (record) => {
  const status = text(record.data, 'Status', 'ErrorCode');
  const outcome = status === '' ? 'unknown' : isSuccessStatus(status) ? 'success' : 'failure';
  return authentication(record, { service: 'ntlm', outcome, method: 'network' });
};

const processBySecurity: Mapping = (record) => {
  const { data } = record;
  return {
    table: 'process',
    fields: {
      host: record.computer,
      username:
        account(data, 'TargetUserName', 'TargetDomainName') ||
        account(data, 'SubjectUserName', 'SubjectDomainName'),
      pid: count(data, 'NewProcessId'),
      parent_pid: count(data, 'ProcessId'),
      executable: text(data, 'NewProcessName'),
      command_line: text(data, 'CommandLine'),
      parent_executable: text(data, 'ParentProcessName'),
      hashes: [],
      detail: rest(data, ['NewProcessId', 'ProcessId', 'NewProcessName', 'CommandLine', 'ParentProcessName']),
    },
  };
};

const processBySysmon: Mapping = (record) => {
  const { data } = record;
  return {
    table: 'process',
    fields: {
      host: record.computer,
      username: text(data, 'User'),
      pid: count(data, 'ProcessId'),
      parent_pid: count(data, 'ParentProcessId'),
      executable: text(data, 'Image'),
      command_line: text(data, 'CommandLine'),
      parent_executable: text(data, 'ParentImage'),
      hashes: hashes(data),
      detail: rest(data, [
        'User',
        'ProcessId',
        'ParentProcessId',
        'Image',
        'CommandLine',
        'ParentImage',
        'Hashes',
        'UtcTime',
      ]),
    },
  };
};

const protocols: Readonly<Record<string, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  58: 'icmp6',
};

function protocolOf(name: string): string {
  return Object.hasOwn(protocols, name) ? (protocols[name] ?? '') : name.toLowerCase();
}

/** Sysmon 3 names the opener as the source, whether this machine opened the connection (`Initiated`) or not. */
const connectionBySysmon: Mapping = ({ data }) => {
  const fields = {
    src_ip: address(data, 'SourceIp'),
    src_port: port(data, 'SourcePort'),
    dst_ip: address(data, 'DestinationIp'),
    dst_port: port(data, 'DestinationPort'),
    protocol: protocolOf(text(data, 'Protocol')),
  };
  return fields.src_ip === '::' || fields.dst_ip === '::' ? null : { table: 'network', fields };
};

/**
 * 5156 names the opener as the source for outbound connections; for inbound ones Windows names this machine first in
 * some versions and the opener in others, so the port a server answers from decides.
 */
const connectionBySecurity: Mapping = ({ data }) => {
  const source = { ip: address(data, 'SourceAddress'), port: port(data, 'SourcePort') };
  const target = {
    ip: address(data, 'DestAddress', 'DestinationAddress'),
    port: port(data, 'DestPort', 'DestinationPort'),
  };
  if (source.ip === '::' || target.ip === '::') return null;
  const isInbound = /14592|inbound/i.test(text(data, 'Direction'));
  const isTurned =
    isInbound && target.port >= 1024 && target.port > source.port && source.port < 49_152 && source.port > 0;
  const [from, to] = isTurned ? [target, source] : [source, target];
  const protocol = protocolOf(text(data, 'Protocol'));
  return {
    table: 'network',
    fields: { src_ip: from.ip, src_port: from.port, dst_ip: to.ip, dst_port: to.port, protocol },
  };
};

function fileBySysmon(action: string): Mapping {
  return ({ data, computer }) => ({
    table: 'file',
    fields: {
      host: computer,
      action,
      name: text(data, 'TargetFilename'),
      source: text(data, 'Image'),
      hashes: hashes(data),
    },
  });
}

/** What an access mask of a file asks for, the strongest right first. */
function actionOfMask(mask: number | null): string {
  if (mask === null) return 'open';
  if (mask & 0x1_0000) return 'delete';
  return mask & 0x6 ? 'write' : 'open';
}

/** 4663 is about any object; only files belong into `file`. */
const objectAccess: Mapping = ({ data, computer }) => {
  if (!['File', ''].includes(text(data, 'ObjectType'))) return null;
  const action = actionOfMask(count(data, 'AccessMask'));
  return {
    table: 'file',
    fields: { host: computer, action, name: text(data, 'ObjectName'), source: text(data, 'ProcessName') },
  };
};

const shareAccess: Mapping = ({ data, computer }) => ({
  table: 'file',
  fields: {
    src_ip: remoteAddress(data, 'IpAddress'),
    src_port: port(data, 'IpPort'),
    host: computer,
    action: actionOfMask(count(data, 'AccessMask')),
    name: text(data, 'RelativeTargetName'),
    path: text(data, 'ShareName'),
    source: 'smb',
  },
});

/** `type:  5 alias.example;::ffff:192.0.2.1;` to its answers. */
function answersOf(results: string): readonly string[] {
  return results
    .split(';')
    .map((part) => part.replace(/^\s*type:\s{1,4}\d{1,5}\s/, '').trim())
    .filter((part) => part !== '' && part !== '-')
    .map((part) => canonicalAddress(part) ?? part);
}

const dnsQuery: Mapping = ({ data }) => ({
  table: 'dns',
  fields: {
    query: text(data, 'QueryName'),
    response_code: dnsResponseCode(text(data, 'QueryStatus')),
    answers: answersOf(text(data, 'QueryResults')),
  },
});

/** Remote Desktop sessions: `Address` is LOCAL at the console. */
const desktopSession: Mapping = (record) => {
  const [domain = '', name] = text(record.data, 'User').split('\\', 2);
  const src = address(record.data, 'Address');
  return authentication(record, {
    src_ip: src,
    username: name ?? domain,
    domain: name === undefined ? '' : domain,
    outcome: 'success',
    service: src === '::' ? 'windows' : 'rdp',
    method: src === '::' ? 'interactive' : 'remote-interactive',
  });
};

const bySource: Readonly<Record<'sysmon' | 'security' | 'desktop', Readonly<Record<string, Mapping>>>> = {
  sysmon: {
    1: processBySysmon,
    2: fileBySysmon('change-time'),
    3: connectionBySysmon,
    11: fileBySysmon('create'),
    22: dnsQuery,
    23: fileBySysmon('delete'),
    26: fileBySysmon('delete'),
  },
  security: {
    4624: logon('success'),
    4625: logon('failure'),
    4648: (record) =>
      authentication(record, { service: 'windows', outcome: 'unknown', method: 'explicit-credentials' }),
    4663: objectAccess,
    4688: processBySecurity,
    4768: ticket('kerberos-tgt'),
    4769: ticket('kerberos-service'),
    4771: ticket('kerberos-preauth'),
    4776: ntlmCheck,
    5145: shareAccess,
    5156: connectionBySecurity,
  },
  desktop: { 21: desktopSession, 25: desktopSession },
};

function sourceOf(record: WindowsRecord): keyof typeof bySource | null {
  const { channel, provider, data } = record;
  if (/sysmon/i.test(provider) || /sysmon/i.test(channel)) return 'sysmon';
  if (/^security$/i.test(channel) || /security-auditing/i.test(provider)) return 'security';
  if (/TerminalServices-LocalSessionManager/i.test(channel || provider)) return 'desktop';
  if (channel !== '' || provider !== '') return null;
  return data.has('UtcTime') ? 'sysmon' : 'security';
}

function baseEvent(record: WindowsRecord, raw: string): Mapped {
  const { data } = record;
  return {
    table: 'base_event',
    fields: {
      src_ip: address(data, 'IpAddress', 'SourceIp', 'SourceAddress', 'ClientAddress', 'Param3'),
      src_port: port(data, 'IpPort', 'SourcePort'),
      dst_ip: address(data, 'DestinationIp', 'DestAddress'),
      dst_port: port(data, 'DestinationPort', 'DestPort'),
      stream: streamOf(record),
      host: record.computer,
      code: record.id,
      message: messageOf(record),
      raw,
    },
  };
}

const severities: Readonly<Record<string, number>> = {
  critical: 1,
  crit: 1,
  high: 2,
  medium: 3,
  med: 3,
  low: 4,
};

/** A rule's match that another tool reported: its finding, not the event itself. */
function alert(record: WindowsRecord, detection: NonNullable<WindowsRecord['detection']>): Mapped {
  const { data } = record;
  return {
    table: 'sensor_alert',
    fields: {
      src_ip: address(data, 'SrcIP', 'IpAddress', 'SourceIp'),
      src_port: port(data, 'SrcPort', 'IpPort', 'SourcePort'),
      dst_ip: address(data, 'TgtIP', 'DestinationIp'),
      dst_port: port(data, 'TgtPort', 'DestinationPort'),
      signature: detection.rule,
      signature_id: detection.id,
      category: streamOf(record),
      severity: severities[detection.level.toLowerCase()] ?? null,
      message: messageOf(record),
      action: 'logged',
      metadata: [`host=${record.computer}`, `event=${record.id}`],
    },
  };
}

/** The event a Windows record becomes; `raw` is its text as received. */
export function eventOf(record: WindowsRecord, time: Instant, raw: string): Event {
  const source = sourceOf(record);
  const mappings = source === null ? {} : bySource[source];
  const mapping = Object.hasOwn(mappings, record.id) ? mappings[record.id] : undefined;
  const mapped = record.detection
    ? alert(record, record.detection)
    : (mapping?.(record) ?? baseEvent(record, raw));
  return { ...mapped, time, ...(record.computer === '' ? {} : { sensor: record.computer }) };
}
