// Short names and texts for Windows events that are kept whole. Takes a WindowsRecord; gives the stream name
// (`windows-sysmon-10`) and one useful line of text.
import { shortened, text } from './fields.ts';
import type { WindowsRecord } from './shapes.ts';

const messageLength = 1000;

/** `windows-<channel>-<id>`, the channel without its vendor and `Operational`: `windows-powershell-4104`. */
export function streamOf(record: WindowsRecord): string {
  const channel = (record.channel || record.provider)
    .slice(0, 100)
    .replace(/\/Operational$/i, '')
    .toLowerCase()
    .replace(/^microsoft-windows-|^windows /, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `windows-${channel === '' ? 'unknown' : channel.slice(0, 60)}-${record.id}`;
}

/** Fields that tell an event in one line: `{Name}` stands for a value. By source, then number. */
const templates: Readonly<Record<string, string>> = {
  'sysmon-4': '{State}',
  'sysmon-5': '{Image}',
  'sysmon-6': '{ImageLoaded} {Signature} {SignatureStatus}',
  'sysmon-7': '{Image} -> {ImageLoaded} {SignatureStatus}',
  'sysmon-8': '{SourceImage} -> {TargetImage} {StartModule} {StartFunction}',
  'sysmon-9': '{Image} -> {Device}',
  'sysmon-10': '{SourceImage} -> {TargetImage} {GrantedAccess}',
  'sysmon-12': '{Image} {EventType} {TargetObject}',
  'sysmon-13': '{Image} {EventType} {TargetObject} {Details}',
  'sysmon-14': '{Image} {EventType} {TargetObject} {NewName}',
  'sysmon-15': '{Image} -> {TargetFilename}',
  'sysmon-17': '{Image} {EventType} {PipeName}',
  'sysmon-18': '{Image} {EventType} {PipeName}',
  'sysmon-25': '{Image} {Type}',
  'security-1102': 'audit log cleared by {SubjectDomainName}\\{SubjectUserName}',
  'security-4634': '{TargetDomainName}\\{TargetUserName} logged off',
  'security-4656': '{ProcessName} -> {ObjectName} {AccessMask}',
  'security-4663': '{ProcessName} -> {ObjectName} {AccessMask}',
  'security-4672': '{SubjectDomainName}\\{SubjectUserName} {PrivilegeList}',
  'security-4697': '{ServiceName}: {ServiceFileName}',
  'security-4698': '{TaskName} {TaskContent}',
  'security-4702': '{TaskName} {TaskContentNew}',
  'security-4720': '{TargetDomainName}\\{TargetUserName} created by {SubjectUserName}',
  'security-4732': '{MemberSid} added to {TargetUserName} by {SubjectUserName}',
  'security-5140': '{ShareName} from {IpAddress} by {SubjectUserName}',
  'system-104': '{Channel} log cleared by {SubjectUserName}',
  'system-7045': '{ServiceName}: {ImagePath} {AccountName}',
  'powershell-4103': '{Payload}',
  'powershell-4104': '{ScriptBlockText}',
};

/** One line of at most 1,000 characters; made from the data where a template knows how, else from Windows' own text. */
export function messageOf(record: WindowsRecord): string {
  const template = templates[streamOf(record).slice('windows-'.length)];
  if (template !== undefined) {
    let filled = 0;
    const line = template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const held = text(record.data, name);
      if (held !== '') filled += 1;
      return held.slice(0, messageLength);
    });
    if (filled > 0) return shortened(line, messageLength);
  }
  const [head = ''] = record.message.trimStart().slice(0, messageLength).split(/\r?\n/, 1);
  if (head.trim() !== '') return shortened(head, messageLength);
  const pairs: string[] = [];
  for (const [name, held] of record.data) {
    if (held !== '' && held !== '-') pairs.push(`${name}=${held.slice(0, 200)}`);
    if (pairs.length === 20) break;
  }
  return shortened(pairs.join(' '), messageLength);
}
