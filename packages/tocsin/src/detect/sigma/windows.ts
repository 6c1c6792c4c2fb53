// Windows events as Sigma names them (category or service) and where our tables hold them: programs, logons, files,
// names and flows in tables of their own, all else whole in base_event. Follows formats/windows, which fills them.
import { logonTypeName } from '../../formats/windows/logon.ts';
import {
  column,
  dictionaryFields,
  type EventSource,
  type FieldSql,
  joinedText,
  type RestOfEvent,
  renamed,
  unescapedJson,
} from './source.ts';
import { streamsOfService } from './windows-channels.ts';

/** Windows writes `-` for none, and logons from the machine itself are held without an address. */
const dash = ['-'] as const;
const noAddress = ['-', '127.0.0.1', '::1'] as const;

/** Where a record's shapes (formats/windows/shapes.ts) keep a value of the event's data. */
function dataPaths(field: string): readonly (readonly string[])[] {
  return [
    ['Event', 'EventData', field],
    ['EventData', field],
    ['winlog', 'event_data', field],
    ['event_data', field],
    [field],
    [`winlog.event_data.${field}`],
    ['winlog', 'user_data', field],
  ];
}

const headerPaths: Readonly<Record<string, readonly (readonly string[])[]>> = {
  provider_name: [
    ['Event', 'System', 'Provider', '#attributes', 'Name'],
    ['Event', 'System', 'Provider', '@Name'],
    ['Event', 'System', 'Provider_attributes', 'Name'],
    ['System', 'Provider', '#attributes', 'Name'],
    ['winlog', 'provider_name'],
    ['winlog.provider_name'],
    ['SourceName'],
    ['ProviderName'],
    ['source_name'],
    ['Provider'],
  ],
  channel: [
    ['Event', 'System', 'Channel'],
    ['System', 'Channel'],
    ['winlog', 'channel'],
    ['winlog.channel'],
    ['Channel'],
    ['log_name'],
    ['LogName'],
  ],
  level: [['Event', 'System', 'Level'], ['System', 'Level'], ['winlog', 'level'], ['Level']],
  security_userid: [
    ['Event', 'System', 'Security', '#attributes', 'UserID'],
    ['System', 'Security', '#attributes', 'UserID'],
  ],
  message: [['Event', 'RenderingInfo', 'Message'], ['Message'], ['message']],
};

const wholeRecord: RestOfEvent = {
  json: 'raw',
  pathsOf: (field) => {
    const name = field.toLowerCase();
    return (Object.hasOwn(headerPaths, name) ? headerPaths[name] : undefined) ?? dataPaths(field);
  },
  wrapped: [['Event', 'UserData'], ['UserData']],
  namedLists: [
    ['Event', 'EventData', 'Data'],
    ['EventData', 'Data'],
  ],
  noneTexts: dash,
};

const detail: RestOfEvent = {
  json: 'detail',
  pathsOf: (field) => [[field]],
  wrapped: [],
  namedLists: [],
  noneTexts: dash,
};

const fixed = (text: string): FieldSql => ({ text: `'${text}'` });

const hostNames = ['Computer', 'ComputerName', 'Hostname'] as const;

/** Defender names its fields in words (`Threat Name`); rules leave the spaces out. */
const inWords: RestOfEvent = {
  ...wholeRecord,
  pathsOf: (field) => [
    ...wholeRecord.pathsOf(field.replace(/([a-z])([A-Z])/g, '$1 $2')),
    ...wholeRecord.pathsOf(field),
  ],
};

/** Records kept whole, of some streams. */
function kept(id: string, streams: string, more: Partial<EventSource> = {}): EventSource {
  return {
    id,
    table: 'base_event',
    where: 'match(stream, {source_streams:String})',
    parameters: { source_streams: streams },
    fields: renamed('base_event', { host: hostNames, code: ['EventID'] }),
    rest: wholeRecord,
    keywords: `concatWithSeparator('\\n', message, ${unescapedJson('raw')})`,
    ...more,
  };
}

const ofSysmon = (numbers: readonly string[]): string => `^windows-sysmon-(${numbers.join('|')})$`;

const sysmonEvents = (category: string, ...numbers: readonly string[]): readonly EventSource[] => [
  kept(`sysmon-${category}`, ofSysmon(numbers), { eventIds: numbers }),
];

/** Programs started under Windows: their paths do not begin with a slash. */
const isWindowsProgram = "NOT startsWith(executable, '/')";
const isAudited = `position(detail, '"SubjectUserSid"') > 0`;

const hash = (algorithm: string): FieldSql => ({
  text: `substring(arrayFirst(h -> startsWith(lower(h), '${algorithm}='), hashes), ${algorithm.length + 2})`,
});

/** The audit log gives the label's number where Sysmon gives its name. */
const integrity: FieldSql = {
  text: (valueAt) => `coalesce(${valueAt(['IntegrityLevel'])}, transform(${valueAt(['MandatoryLabel'])},
      ['S-1-16-0', 'S-1-16-4096', 'S-1-16-8192', 'S-1-16-12288', 'S-1-16-16384'],
      ['Untrusted', 'Low', 'Medium', 'High', 'System'], ''), '')`,
};

const logonId: FieldSql = {
  text: (valueAt) =>
    `coalesce(${['LogonId', 'SubjectLogonId', 'TargetLogonId'].map((name) => valueAt([name])).join(', ')}, '')`,
  noneTexts: dash,
};

export const programFields: Readonly<Record<string, FieldSql>> = {
  ...dictionaryFields('process'),
  ...renamed('process', {
    host: hostNames,
    executable: ['Image', 'NewProcessName'],
    command_line: ['CommandLine', 'ProcessCommandLine'],
    parent_executable: ['ParentImage', 'ParentProcessName'],
    username: ['User'],
    pid: ['ProcessId'],
    parent_pid: ['ParentProcessId'],
    hashes: ['Hashes'],
  }),
  eventid: { text: `if(${isAudited}, '4688', '1')` },
  logonid: logonId,
  integritylevel: integrity,
  md5: hash('md5'),
  sha1: hash('sha1'),
  sha256: hash('sha256'),
  imphash: hash('imphash'),
};

const programWords = [
  'host',
  'username',
  'executable',
  'command_line',
  'parent_executable',
  'hashes',
  'detail',
] as const;

const programs: EventSource = {
  id: 'windows-programs',
  table: 'process',
  where: isWindowsProgram,
  fields: programFields,
  rest: detail,
  keywords: joinedText('process', programWords),
  eventIds: ['1', '4688'],
};

const programsOf = (id: string, event: string, where: string): EventSource => ({
  ...programs,
  id,
  where: `${isWindowsProgram} AND ${where}`,
  fields: { ...programFields, eventid: fixed(event) },
  eventIds: [event],
});

const logonTypes = Array.from({ length: 14 }, (_, type) => String(type)).filter(
  (type) => logonTypeName(type) !== type,
);
const quotedList = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(', ')}]`;
const logonNumbers = ['4624', '4625', '4648', '4768', '4769', '4771', '4776'] as const;

const logons: EventSource = {
  id: 'windows-logons',
  table: 'authentication',
  where: "startsWith(detail, 'event ')",
  fields: {
    ...dictionaryFields('authentication'),
    ...renamed('authentication', {
      host: hostNames,
      username: ['TargetUserName'],
      domain: ['TargetDomainName'],
    }),
    ipaddress: { ...column('authentication', 'src_ip'), noneTexts: noAddress },
    ipport: { ...column('authentication', 'src_port'), noneTexts: ['-', '0'] },
    eventid: { text: "extract(detail, '^event ([0-9]+)')" },
    logontype: {
      text: `transform(toString(method), ${quotedList(logonTypes.map(logonTypeName))}, ${quotedList(logonTypes)}, '')`,
    },
  },
  rest: {
    ...detail,
    json: "if(position(detail, '{') = 0, '', substring(detail, position(detail, '{')))",
    noneTexts: noAddress,
  },
  keywords: joinedText('authentication', [
    'service',
    'username',
    'domain',
    'host',
    'outcome',
    'method',
    'detail',
  ]),
  eventIds: logonNumbers,
};

const ofAFile = "host != '' AND src_ip = toIPv6('::')";
const fileWords = joinedText('file', ['host', 'action', 'name', 'path', 'hashes', 'source']);

/** Files Sysmon saw; what it does not hold (who, in which program's command line) cannot be asked for. */
const files = (category: string, action: string, event: string): readonly EventSource[] => [
  {
    id: `sysmon-${category}`,
    table: 'file',
    where: `${ofAFile} AND path = '' AND action = '${action}'`,
    fields: {
      ...dictionaryFields('file'),
      ...renamed('file', {
        host: hostNames,
        name: ['TargetFilename'],
        source: ['Image'],
        hashes: ['Hashes'],
      }),
      eventid: fixed(event),
    },
    rest: null,
    keywords: fileWords,
    eventIds: [event],
  },
];

const auditedFiles: readonly EventSource[] = [
  {
    id: 'security-4663',
    table: 'file',
    where: `${ofAFile} AND path = '' AND action IN ('open', 'write')`,
    fields: {
      ...dictionaryFields('file'),
      ...renamed('file', { host: hostNames, name: ['ObjectName'], source: ['ProcessName'] }),
      objecttype: fixed('File'),
      eventid: fixed('4663'),
    },
    rest: null,
    keywords: fileWords,
    eventIds: ['4663'],
  },
  {
    id: 'security-5145',
    table: 'file',
    where: "host != '' AND source = 'smb'",
    fields: {
      ...dictionaryFields('file'),
      ...renamed('file', { host: hostNames, name: ['RelativeTargetName'], path: ['ShareName'] }),
      ipaddress: { ...column('file', 'src_ip'), noneTexts: noAddress },
      ipport: { ...column('file', 'src_port'), noneTexts: ['-', '0'] },
      eventid: fixed('5145'),
    },
    rest: null,
    keywords: fileWords,
    eventIds: ['5145'],
  },
];

const connections: EventSource = {
  id: 'windows-connections',
  table: 'network',
  where: 'is_repeat = 0',
  fields: {
    ...dictionaryFields('network'),
    ...renamed('network', {
      src_ip: ['SourceIp'],
      src_port: ['SourcePort'],
      dst_ip: ['DestinationIp'],
      dst_port: ['DestinationPort'],
    }),
    // Direction is stated once, in the dictionary: the source opened the flow.
    initiated: { text: "if(dictHas('constituency', src_ip), 'true', 'false')" },
    sourceisipv6: { text: "if(startsWith(toString(src_ip), '::ffff:'), 'false', 'true')" },
    destinationisipv6: { text: "if(startsWith(toString(dst_ip), '::ffff:'), 'false', 'true')" },
  },
  rest: null,
  keywords: null,
  eventIds: ['3'],
};

const auditedConnections: EventSource = {
  ...connections,
  id: 'security-5156',
  // A flow with a name of its own came from a network sensor.
  where: "is_repeat = 0 AND uid = ''",
  fields: {
    ...renamed('network', {
      src_ip: ['SourceAddress'],
      src_port: ['SourcePort'],
      dst_ip: ['DestAddress'],
      dst_port: ['DestPort'],
      sensor: hostNames,
    }),
    eventid: fixed('5156'),
  },
  eventIds: ['5156'],
};

const names: EventSource = {
  id: 'windows-names',
  table: 'dns',
  where: '1',
  fields: {
    ...dictionaryFields('dns'),
    ...renamed('dns', { query: ['QueryName'], answers: ['QueryResults'], sensor: hostNames }),
  },
  rest: null,
  keywords: joinedText('dns', ['query', 'answers']),
  eventIds: ['22'],
};

const powershell = (category: string, number: string): readonly EventSource[] => [
  kept(`powershell-${category}`, `^windows-powershell(core)?-${number}$`, {
    eventIds: [number],
  }),
];

const registry = (category: string, numbers: readonly string[]): readonly EventSource[] =>
  sysmonEvents(category, ...numbers);

/** Sources by category. */
export const windowsCategories: Readonly<Record<string, readonly EventSource[]>> = {
  process_creation: [programs],
  network_connection: [connections],
  dns_query: [names],
  file_event: files('file_event', 'create', '11'),
  file_change: files('file_change', 'change-time', '2'),
  file_delete: files('file_delete', 'delete', '23'),
  file_delete_detected: files('file_delete_detected', 'delete', '26'),
  sysmon_status: sysmonEvents('sysmon_status', '4', '16'),
  process_termination: sysmonEvents('process_termination', '5'),
  driver_load: sysmonEvents('driver_load', '6'),
  image_load: sysmonEvents('image_load', '7'),
  create_remote_thread: sysmonEvents('create_remote_thread', '8'),
  raw_access_thread: sysmonEvents('raw_access_thread', '9'),
  process_access: sysmonEvents('process_access', '10'),
  registry_add: registry('registry_add', ['12']),
  registry_delete: registry('registry_delete', ['12']),
  registry_set: registry('registry_set', ['13']),
  registry_rename: registry('registry_rename', ['14']),
  registry_event: registry('registry_event', ['12', '13', '14']),
  create_stream_hash: sysmonEvents('create_stream_hash', '15'),
  pipe_created: sysmonEvents('pipe_created', '17', '18'),
  wmi_event: sysmonEvents('wmi_event', '19', '20', '21'),
  clipboard_change: sysmonEvents('clipboard_change', '24'),
  process_tampering: sysmonEvents('process_tampering', '25'),
  file_block_executable: sysmonEvents('file_block_executable', '27'),
  file_block_shredding: sysmonEvents('file_block_shredding', '28'),
  file_executable_detected: sysmonEvents('file_executable_detected', '29'),
  sysmon_error: sysmonEvents('sysmon_error', '255'),
  ps_module: powershell('ps_module', '4103'),
  ps_script: powershell('ps_script', '4104'),
  ps_classic_start: powershell('ps_classic_start', '400'),
  ps_classic_provider_start: powershell('ps_classic_provider_start', '600'),
  ps_classic_script: powershell('ps_classic_script', '800'),
};

const bySysmon = ['1', '2', '3', '11', '22', '23', '26'] as const;
const byAudit = [...logonNumbers, '4688', '5145', '5156'] as const;

/** The sources of a service; null for a service of Windows that is not known. */
export function windowsService(service: string): readonly EventSource[] | null {
  const streams = streamsOfService(service);
  if (streams === null) return null;
  if (service === 'security') {
    return [
      kept('security', streams, { neverEventIds: byAudit }),
      logons,
      programsOf('security-4688', '4688', isAudited),
      ...auditedFiles,
      auditedConnections,
    ];
  }
  if (service === 'sysmon') {
    return [
      kept('sysmon', streams, { neverEventIds: bySysmon }),
      programsOf('sysmon-1', '1', `NOT ${isAudited}`),
      ...files('file_change', 'change-time', '2'),
      ...files('file_event', 'create', '11'),
      ...files('file_delete', 'delete', '23'),
      ...files('file_delete_detected', 'delete', '26'),
      { ...connections, id: 'sysmon-3' },
      { ...names, id: 'sysmon-22' },
    ];
  }
  return [kept(service, streams, service === 'windefend' ? { rest: inWords } : {})];
}

/** Every Windows event, for rules that name the product alone. */
export const anyWindows: readonly EventSource[] = [
  kept('windows', '^windows-'),
  programs,
  logons,
  ...auditedFiles,
  ...files('file_event', 'create', '11'),
];
