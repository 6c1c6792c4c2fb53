// Suricata's alerts as `sensor_alert` events. Takes an EVE record; gives table and fields. The ends stay as recorded,
// the sender of the packet first; where the record names the opener of the flow, the metadata does.
import { count, type EveObject, isObject, part, text, textOf, texts } from './fields.ts';
import type { Mapped } from './messages.ts';
import type { EveRecord } from './record.ts';

/** Most `key=value` an alert keeps. */
const metadataLimit = 100;
const messageLimit = 1000;

function metadataOf(eve: EveObject): readonly string[] {
  const alert = part(eve, 'alert');
  const kept: string[] = [];
  const keep = (key: string, value: string) => {
    if (value !== '') kept.push(`${key}=${value}`);
  };
  for (const key of ['gid', 'rev']) keep(key, text(alert, key));
  for (const side of ['source', 'target']) {
    for (const name of ['ip', 'port']) keep(`${side}.${name}`, text(part(alert, side), name));
  }
  for (const key of ['app_proto', 'direction', 'xff', 'in_iface', 'community_id']) keep(key, text(eve, key));
  for (const key of ['src_ip', 'src_port', 'dest_ip', 'dest_port'])
    keep(`flow.${key}`, text(part(eve, 'flow'), key));
  const rule = alert.metadata;
  if (isObject(rule))
    for (const [key, values] of Object.entries(rule)) for (const value of texts(values)) keep(key, value);
  // The first versions wrote the metadata as `key value` in a list.
  else for (const pair of texts(rule)) keep(...keyAndValue(pair));
  return kept.slice(0, metadataLimit);
}

function keyAndValue(pair: string): [string, string] {
  const at = pair.search(/[\s:]/);
  return at < 0 ? ['metadata', pair] : [pair.slice(0, at), pair.slice(at + 1).trim()];
}

/** What the packet was about, as far as the record says: the request, the name asked for, the file. */
function messageOf(eve: EveObject): string {
  const http = part(eve, 'http');
  const dns = part(eve, 'dns');
  const asked = Array.isArray(dns.query) ? dns.query : [dns];
  const parts = [
    text(http, 'url') === ''
      ? ''
      : `${text(http, 'http_method')} ${text(http, 'hostname')}${text(http, 'url')}`.trim(),
    ...asked.map((query) => (isObject(query) ? text(query, 'rrname') : '')),
    text(part(eve, 'tls'), 'sni'),
    text(part(eve, 'fileinfo'), 'filename'),
    text(part(eve, 'smtp'), 'mail_from'),
  ];
  const message = parts.filter((one) => one !== '').join('; ');
  return message.slice(0, messageLimit).replace(/[\ud800-\udbff]$/, '');
}

export function alertEvent(record: EveRecord): Mapped {
  const alert = part(record.eve, 'alert');
  return {
    table: 'sensor_alert',
    fields: {
      uid: record.uid,
      ...record.ends,
      protocol: record.protocol,
      signature: text(alert, 'signature'),
      signature_id: textOf(alert.signature_id),
      category: text(alert, 'category'),
      severity: count(alert, 'severity', 255),
      message: messageOf(record.eve),
      action: text(alert, 'action').toLowerCase(),
      metadata: metadataOf(record.eve),
    },
  };
}
