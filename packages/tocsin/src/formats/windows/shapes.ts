// The many JSON shapes of one Windows event, read into one. Takes any JSON value; gives a WindowsRecord, or null when
// it is no Windows event. Knows EVTX exports, winlogbeat, flat records (NXLog, Mordor, Azure) and detections around them.

type Json = Readonly<Record<string, unknown>>;

/** Values of an event's data by name, as text. */
export type EventData = ReadonlyMap<string, string>;

export interface WindowsRecord {
  /** Event number as decimal text. */
  readonly id: string;
  readonly channel: string;
  readonly provider: string;
  /** Machine that wrote the event. */
  readonly computer: string;
  readonly data: EventData;
  /** Text rendered by Windows, '' when not exported. */
  readonly message: string;
  /** When the event log wrote it, by schema in UTC (SystemTime, winlogbeat's @timestamp, TimeGenerated). */
  readonly logged: string;
  /** The same as another program wrote it, which may be local time (EventTime, TimeCreated of flat records). */
  readonly local: string;
  /** When a collector received it. */
  readonly received: string;
  /** Rule that a tool (Hayabusa, Chainsaw) found to match; null for a plain event. */
  readonly detection: { readonly rule: string; readonly level: string; readonly id: string } | null;
}

const objectOf = (value: unknown): Json | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? // A non-null, non-array object of JSON.parse has text keys and unknown values.
      (value as Json)
    : null;

/** A scalar as text; the text of `{"#text": ...}` and its kin; '' for anything else. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const node = objectOf(value);
  if (!node) return '';
  const inner = node['#text'] ?? node._text ?? node.text ?? node.$t ?? node.Value ?? node._ ?? '';
  return typeof inner === 'object' ? '' : textOf(inner);
}

/** An XML attribute, wherever the export put it. */
function attribute(parent: Json, element: string, name: string): string {
  const node = objectOf(parent[element]);
  const separate = objectOf(parent[`${element}_attributes`]);
  const own = objectOf(node?.['#attributes'] ?? node?._attributes ?? node?.$ ?? node?.['@attributes']);
  return textOf(
    own?.[name] ??
      node?.[`@${name}`] ??
      node?.[`-${name}`] ??
      node?.[`@_${name}`] ??
      separate?.[name] ??
      node?.[name],
  );
}

const first = (node: Json, names: readonly string[]): string => {
  for (const name of names) {
    const text = textOf(node[name]);
    if (text !== '') return text;
  }
  return '';
};

const idNames = ['EventID', 'EventId', 'EventCode', 'event_id', 'eventID', 'Id'] as const;
const channelNames = ['Channel', 'channel', 'log_name', 'LogName', 'EventLog', 'Logfile', 'logname'] as const;
const providerNames = [
  'Provider',
  'ProviderName',
  'SourceName',
  'provider_name',
  'source_name',
  'EventSourceName',
  'Source',
  'SourceModuleName',
  'source',
] as const;
const computerNames = [
  'Hostname',
  'Computer',
  'computer_name',
  'MachineName',
  'ComputerName',
  'HostName',
  'Host',
  'host',
  'agent_hostname',
] as const;
const localNames = [
  'EventTime',
  'TimeCreated',
  'TimeCreatedUtc',
  'time_created',
  'Timestamp',
  'timestamp',
] as const;

/** Frame fields of flat records; all else there is the event's data. */
const frameNames = new Set<string>([
  ...idNames,
  ...channelNames,
  ...providerNames,
  ...computerNames,
  ...localNames,
  '@timestamp',
  '@version',
  'TimeGenerated',
  'Message',
  'message',
  'EventReceivedTime',
  'EventData',
  'event_data',
  'ProviderGuid',
  'Keywords',
  'Level',
  'Severity',
  'SeverityValue',
  'Task',
  'Opcode',
  'OpcodeValue',
  'Version',
  'SourceModuleType',
  'RecordNumber',
  'ThreadID',
  'ExecutionProcessID',
  'TenantId',
  'SourceSystem',
  'EventLevel',
  'EventLevelName',
  'EventOriginId',
  'ManagementGroupName',
  'Type',
  '_ResourceId',
  'tags',
  'port',
]);

/** Adds the named values of `EventData`, `UserData` or Azure's text of either. */
function addData(value: unknown, data: Map<string, string>, depth = 0): void {
  if (data.size > 500 || depth > 4) return;
  if (typeof value === 'string') {
    addDataText(value, data);
    return;
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      const node = objectOf(item);
      const name = node ? nameOf(node) : '';
      data.set(name === '' ? `param${index + 1}` : name, node ? textOf(node) : textOf(item));
    });
    return;
  }
  const node = objectOf(value);
  if (!node) return;
  for (const [name, held] of Object.entries(node)) {
    if (
      name.startsWith('#') ||
      name.startsWith('@') ||
      name.startsWith('xmlns') ||
      name.endsWith('_attributes')
    )
      continue;
    const inner = objectOf(held);
    if (name === 'Data' && (inner || Array.isArray(held))) addDataElement(held, data, depth);
    else if (inner && textOf(inner) === '' && !('#text' in inner)) addData(inner, data, depth + 1);
    else if (Array.isArray(held)) data.set(name, held.map(textOf).join(','));
    else data.set(name, textOf(held));
  }
}

/** `Data` as one element, a list of elements, or `{"#text": [...]}`. */
function addDataElement(held: unknown, data: Map<string, string>, depth: number): void {
  const inner = objectOf(held);
  if (!inner) {
    addData(held, data, depth + 1);
    return;
  }
  const texts = inner['#text'];
  if (Array.isArray(texts)) addData(texts, data, depth + 1);
  else addData([inner], data, depth + 1);
}

const nameOf = (node: Json): string => attribute({ Data: node }, 'Data', 'Name');

const dataElement = /<Data Name=["']([^"'<>]{1,200})["']\s?>([^<]*)<\/Data>/g;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function addDataText(text: string, data: Map<string, string>): void {
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    try {
      const value: unknown = JSON.parse(trimmed);
      addData(typeof value === 'string' ? null : value, data, 1);
    } catch {
      data.set('EventData', text); // Not JSON after all: kept as it is.
    }
  } else if (trimmed.startsWith('<')) {
    for (const [, name = '', held = ''] of trimmed.matchAll(dataElement)) {
      data.set(
        name,
        held.replace(/&(lt|gt|quot|apos|amp);/g, (whole, entity: string) => entities[entity] ?? whole),
      );
    }
  } else if (trimmed !== '') data.set('EventData', text);
}

const record = (id: string, parts: Omit<WindowsRecord, 'id'>): WindowsRecord | null =>
  /^\d{1,9}$/.test(id) ? { id, ...parts } : null;

/** `{"System": {...}, "EventData": {...}}`: exports of EVTX files. */
function fromExport(event: Json, around: Json): WindowsRecord | null {
  const system = objectOf(event.System);
  if (!system) return null;
  const data = new Map<string, string>();
  addData(event.EventData, data);
  addData(event.UserData, data);
  addData(event.ProcessingErrorData, data);
  const rendering = objectOf(event.RenderingInfo);
  return record(textOf(system.EventID), {
    channel: textOf(system.Channel),
    provider: attribute(system, 'Provider', 'Name') || textOf(system.Provider),
    computer: textOf(system.Computer),
    data,
    message: textOf(rendering?.Message) || first(event, ['Message']) || first(around, ['Message']),
    logged: attribute(system, 'TimeCreated', 'SystemTime') || textOf(system.TimeCreated),
    local: '',
    received: first(around, ['@timestamp']),
    detection: null,
  });
}

/** winlogbeat, nested or with dotted names; before version 7 without the `winlog` object. */
function fromBeat(whole: Json): WindowsRecord | null {
  const nested = objectOf(whole.winlog);
  const isOld = !nested && objectOf(whole.event_data) !== null;
  const value = (name: string): unknown =>
    nested ? nested[name] : isOld ? whole[name === 'channel' ? 'log_name' : name] : whole[`winlog.${name}`];
  const event = objectOf(whole.event);
  const id = textOf(value('event_id')) || textOf(event?.code) || textOf(whole['event.code']);
  const data = new Map<string, string>();
  addData(value('event_data'), data);
  addData(value('user_data'), data);
  if (!nested && !isOld) {
    for (const [name, held] of Object.entries(whole)) {
      const dotted = /^winlog\.(?:event_data|user_data)\.(.{1,200})$/.exec(name);
      if (dotted?.[1] !== undefined) data.set(dotted[1], textOf(held));
    }
  }
  const host = objectOf(whole.host);
  return record(id, {
    channel: textOf(value('channel')),
    provider: textOf(value('provider_name')) || textOf(value('source_name')),
    computer: textOf(value('computer_name')) || textOf(host?.name) || textOf(whole['host.name']),
    data,
    message: first(whole, ['message', 'Message']),
    logged: first(whole, ['@timestamp']),
    local: '',
    received: textOf(event?.created) || textOf(whole['event.created']),
    detection: null,
  });
}

/** True when the frame's names are those of Windows: an `id` or `event_id` alone is everybody's. */
function isWindowsFrame(whole: Json, channel: string): boolean {
  if ('EventID' in whole || 'EventId' in whole || 'EventCode' in whole || 'eventID' in whole) {
    return channel !== '' || first(whole, providerNames) !== '' || 'Computer' in whole || 'Hostname' in whole;
  }
  return 'event_id' in whole ? channel !== '' : 'LogName' in whole && 'ProviderName' in whole;
}

/** NXLog, Mordor, Azure Log Analytics, PowerShell's ConvertTo-Json: everything on one level. */
function fromFlat(whole: Json): WindowsRecord | null {
  const id = first(whole, idNames);
  const channel = first(whole, channelNames);
  const provider = first(whole, providerNames) || attribute(whole, 'Provider', 'Name');
  const hasTime = [...localNames, '@timestamp', 'TimeGenerated', 'UtcTime', 'EventReceivedTime'].some(
    (name) => name in whole,
  );
  if (id === '' || !hasTime || !isWindowsFrame(whole, channel)) return null;
  const data = new Map<string, string>();
  for (const [name, held] of Object.entries(whole)) {
    if (!frameNames.has(name) && typeof held !== 'object') data.set(name, textOf(held));
  }
  addData(whole.EventData, data);
  addData(whole.event_data, data);
  const rule = first(whole, ['RuleTitle']);
  addData(whole.Details, data);
  addData(whole.ExtraFieldInfo, data);
  return record(id, {
    channel,
    provider,
    computer: first(whole, computerNames),
    data,
    message: first(whole, ['Message', 'message', 'RenderedDescription', 'Details']),
    logged: first(whole, ['TimeGenerated']),
    local: first(whole, localNames),
    received: first(whole, ['@timestamp', 'EventReceivedTime']),
    detection: rule === '' ? null : { rule, level: first(whole, ['Level']), id: first(whole, ['RuleID']) },
  });
}

/** Reads a parsed JSON value as a Windows event; null when it has none of the known shapes. */
export function windowsRecord(value: unknown): WindowsRecord | null {
  const outer = objectOf(value);
  if (!outer) return null;
  const whole = objectOf(outer._source) ?? outer;
  const document = objectOf(objectOf(whole.document)?.data);
  if (document) {
    const inner = windowsRecord(document);
    const rule = first(whole, ['name']);
    const detection = { rule, level: first(whole, ['level']), id: first(whole, ['id']) };
    return inner && { ...inner, detection: rule === '' ? null : detection };
  }
  const event = objectOf(whole.Event);
  if (event?.System !== undefined) return fromExport(event, whole);
  if (objectOf(whole.System)) return fromExport(whole, whole);
  // Zeek and Suricata carry neither; their own marks keep a stray `id` of theirs out.
  if ('_path' in whole || '@stream' in whole || ('event_type' in whole && 'flow_id' in whole)) return null;
  if (objectOf(whole.winlog) || 'winlog.event_id' in whole || 'winlog.channel' in whole)
    return fromBeat(whole);
  if (objectOf(whole.event_data) && 'log_name' in whole) return fromBeat(whole);
  return fromFlat(whole);
}
