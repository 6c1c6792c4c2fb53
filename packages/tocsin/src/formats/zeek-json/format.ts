// Zeek logs as JSON lines, in all the spellings in use: `id.orig_h` or `id_orig_h`, one stream a file or several
// (`_path`, `@stream`), epoch or ISO times. https://docs.zeek.org/en/master/scripts/policy/tuning/json-logs.zeek.html
import { byText } from '../../ground/ids.ts';
import type { BulkFormat, Sample, Segment } from '../format.ts';
import { fieldsOfStream, projectionOf } from '../zeek/projection.ts';
import type { Cells, Spelling } from '../zeek/spelling.ts';
import { mappingOf } from '../zeek/streams.ts';

const streamFields = ['_path', '@stream', '_stream', 'zeek_log_type'] as const;
const sensorFields = ['@system', '_system_name', '_node_name', '_write_sensor', 'sensor'] as const;

/** The record of a line, or null when it is no JSON object. */
function recordOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // Not JSON: the caller goes by what the other lines say, and the load rejects this one.
    return null;
  }
}

/** Fields that only records of one stream have together; the first that fits wins, so the particular come first. */
const marks: readonly (readonly [stream: string, ...fields: string[]])[] = [
  ['conn', 'conn_state'],
  ['smtp', 'helo'],
  ['smtp', 'mailfrom'],
  ['http', 'trans_depth', 'status_code'],
  ['http', 'trans_depth', 'method'],
  ['http', 'trans_depth', 'uri'],
  ['http', 'trans_depth', 'version'],
  ['smtp', 'trans_depth'],
  ['dns', 'trans_id'],
  ['dns', 'query', 'qtype'],
  ['ssl', 'established'],
  ['ssl', 'cipher'],
  ['notice', 'note'],
  ['files', 'fuid', 'seen_bytes'],
  ['ssh', 'auth_attempts'],
  ['ssh', 'hasshVersion'],
  ['ssh', 'client', 'server', 'uid'],
  ['software', 'software_type'],
  ['dce_rpc', 'named_pipe'],
  ['dce_rpc', 'endpoint', 'operation'],
  ['smb_mapping', 'share_type'],
  ['smb_files', 'action', 'name'],
  ['ntlm', 'domainname'],
  ['ntlm', 'hostname', 'username'],
  ['rdp', 'security_protocol'],
  ['rdp', 'cookie'],
  ['kerberos', 'request_type'],
  ['kerberos', 'till'],
  ['x509', 'certificate.serial'],
  ['x509', 'certificate_serial'],
  ['weird', 'name', 'peer'],
  ['dhcp', 'mac'],
  ['pe', 'compile_ts'],
  ['dpd', 'analyzer', 'failure_reason'],
  ['tunnel', 'tunnel_type'],
];

/** The stream of a record that does not name it, told by its fields; `unknown` when none fits. */
export function guessStream(record: Readonly<Record<string, unknown>>): string {
  const found = marks.find(([, ...fields]) => fields.every((field) => field in record));
  return found?.[0] ?? 'unknown';
}

function spellings(field: string): readonly string[] {
  const under = field.replaceAll('.', '_');
  return under === field ? [field] : [field, under];
}

function isZeekRecord(record: Readonly<Record<string, unknown>>): boolean {
  if (!('ts' in record) || typeof record['ts'] === 'object') return false;
  if (streamFields.some((field) => typeof record[field] === 'string')) return true;
  if ('event_type' in record) return false;
  return (
    'uid' in record || 'id.orig_h' in record || 'id_orig_h' in record || guessStream(record) !== 'unknown'
  );
}

const name = (field: string) => `\`${field.replace(/[^\w.@-]/g, '')}\``;

function spellingOf(stream: string, streamField: string | null, where: string | null = null): Spelling {
  const fields = fieldsOfStream(stream);
  const lists = new Set([
    'answers',
    'rcptto',
    'tx_hosts',
    'rx_hosts',
    'conn_uids',
    'resp_mime_types',
    'orig_filenames',
    'resp_filenames',
  ]);
  const texts = fields.filter((field) => !lists.has(field)).flatMap(spellings);
  const names = [...new Set([...texts, ...sensorFields, ...(streamField === null ? [] : [streamField])])];
  const elements = [
    ...names.map((field) => `${name(field)} String`),
    ...fields.filter((field) => lists.has(field)).map((field) => `${name(field)} Array(String)`),
  ];
  const reach = (field: string) => `tupleElement(j, '${field.replace(/[^\w.@-]/g, '')}')`;
  const either = (candidates: readonly string[]) =>
    candidates.map(reach).reduceRight((rest, sql) => `if(${sql} != '', ${sql}, ${rest})`);
  return {
    with: { j: `JSONExtract(line, 'Tuple(${elements.join(', ')})')` },
    text: (field) => (lists.has(field) || !fields.includes(field) ? null : either(spellings(field))),
    list: (field) => (lists.has(field) && fields.includes(field) ? reach(field) : null),
    // A line that is no JSON has no time, and a missing time throws.
    shape: null,
    cells: cellsOf(
      fields.filter((field) => lists.has(field)),
      names,
      where,
    ),
    isWhole: "isValidJSON(line) AND startsWith(trimLeft(line), '{')",
    notWhole: { code: 'not-json', reason: 'the line is no JSON object' },
    sensor: either(sensorFields),
  };
}

/** The same fields where the engine takes the objects apart; a field that is not there is empty. */
function cellsOf(lists: readonly string[], names: readonly string[], where: string | null): Cells {
  const known = new Set([...names, ...lists]);
  const of = (field: string) => spellings(field).filter((cell) => known.has(cell));
  const either = (cells: readonly string[]) =>
    cells.map(name).reduceRight((rest, sql) => `if(${sql} != '', ${sql}, ${rest})`);
  return {
    format: 'JSONEachRow',
    names: [...names, ...lists],
    of,
    text: (field) => (lists.includes(field) || of(field).length === 0 ? null : either(of(field))),
    list: (field) => (lists.includes(field) ? name(field) : null),
    sensor: either(sensorFields),
    lists,
    where,
  };
}

const kindMark = 'stream:';

/** One stream a file goes by its fields; several are told apart record by record. */
function segmentOf(records: readonly Readonly<Record<string, unknown>>[]): Segment {
  const streamField = streamFields.find((field) =>
    records.some((record) => typeof record[field] === 'string'),
  );
  if (streamField === undefined) {
    const projection = projectionOf(commonStream(records), spellingOf(commonStream(records), null), null);
    return { tell: null, projections: () => [projection] };
  }
  // Marked, so that the name of a stream is never taken for one of the reader's own notes on the block.
  const tell = `concat('${kindMark}', JSONExtractString(line, '${streamField}'))`;
  const within = `tupleElement(j, '${streamField}')`;
  return {
    tell,
    projections: (kinds) => {
      const named = kinds.map((kind) => (kind.startsWith(kindMark) ? kind.slice(kindMark.length) : kind));
      const known = named.filter((kind) => mappingOf(kind) !== undefined);
      const all = known.map((stream) =>
        projectionOf(
          stream,
          spellingOf(stream, streamField, `${name(streamField)} = '${stream}'`),
          `${within} = '${stream}'`,
        ),
      );
      if (known.length === named.length) return all;
      const others = `${within} NOT IN ('', ${known.map((stream) => `'${stream}'`).join(', ')})`.replace(
        ', )',
        ')',
      );
      const nameless = commonStream(records);
      const other = projectionOf('other', spellingOf('other', streamField), others);
      return [
        ...all,
        { ...other, columns: { ...other.columns, stream: within } },
        projectionOf(
          nameless,
          spellingOf(nameless, streamField, `${name(streamField)} = ''`),
          `${within} = ''`,
        ),
      ];
    },
  };
}

/** The stream most of the records look like. */
function commonStream(records: readonly Readonly<Record<string, unknown>>[]): string {
  const counts = new Map<string, number>();
  for (const record of records) {
    const stream = guessStream(record);
    counts.set(stream, (counts.get(stream) ?? 0) + 1);
  }
  const ranked = [...counts].sort((left, right) => right[1] - left[1] || byText(left[0], right[0]));
  return ranked[0]?.[0] ?? 'unknown';
}

export const format: BulkFormat = {
  kind: 'bulk',
  id: 'zeek-json',
  title: 'Zeek log, JSON lines',
  definedBy: 'https://docs.zeek.org/en/master/scripts/policy/tuning/json-logs.zeek.html',
  cellFormat: 'JSONEachRow',
  headerMark: null,
  recognise: (sample: Sample) => {
    const records = sample.lines
      .slice(0, 50)
      .map(recordOf)
      .filter((record) => record !== null);
    if (records.length === 0) return 0;
    const share = records.filter(isZeekRecord).length / records.length;
    return share >= 0.5 ? 0.6 + share * 0.35 : 0;
  },
  segment: (_header, sample) => segmentOf(sample.map(recordOf).filter((record) => record !== null)),
};
