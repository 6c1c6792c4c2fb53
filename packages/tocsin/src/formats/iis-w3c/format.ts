// W3C extended log files, as Internet Information Services and others write them: a `#Fields` line names the columns
// of the lines that follow and may come again with others. One request a line, to `http`, in the words of the log but
// for `user_agent`: IIS writes its blanks as `+`, and here they are blanks again. What has no column (`time-taken`,
// `X-Forwarded-For` and other fields) stands in `request_headers` under its name there.
import { isIP } from 'node:net';
import { type Instant, instantOfIso } from '../../vocabulary/instant.ts';
import type { Assumption, Outcome, RecordFormat, RecordParser, Sample } from '../format.ts';

interface Layout {
  /** Lower-case field name to its place. */
  readonly at: ReadonlyMap<string, number>;
  readonly width: number;
}

const fieldsMark = '#fields:';

function layoutOf(line: string): Layout | null {
  if (!line.slice(0, fieldsMark.length).toLowerCase().startsWith(fieldsMark) || line.length > 8192)
    return null;
  const names = plainCells(line.slice(fieldsMark.length)).map((name) => name.toLowerCase());
  return { at: new Map(names.map((name, at) => [name, at])), width: names.length };
}

/** Cells by blanks or tabs. IIS quotes none, so a quote in one is what a client sent. */
function plainCells(line: string): string[] {
  return line.trim().split(/[ \t]+/);
}

/** Cells of servers that quote those with blanks in them. */
function quotedCells(line: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (at < line.length) {
    while (line[at] === ' ' || line[at] === '\t') at += 1;
    if (at >= line.length) break;
    const quote = line[at] === '"' ? line.indexOf('"', at + 1) : -1;
    let end = quote >= 0 ? quote + 1 : at;
    while (end < line.length && line[end] !== ' ' && line[end] !== '\t') end += 1;
    cells.push(quote >= 0 && end === quote + 1 ? line.slice(at + 1, quote) : line.slice(at, end));
    at = end;
  }
  return cells;
}

/** Names the path asked for goes by, the most telling first. */
const stemNames = ['cs-uri-stem', 'cs-uri-path', 'cs-uri'];
/** Names a client goes by, the most telling first. */
const clientNames = ['c-ip', 'cs-ip', 'client-ip'];
/** Fields that have a column of their own, or stand in the time. */
const known = new Set([
  ...clientNames,
  'date',
  'time',
  's-ip',
  's-port',
  'c-port',
  'cs-method',
  'cs-uri',
  'cs-uri-stem',
  'cs-uri-path',
  'cs-uri-query',
  'cs-host',
  'cs(host)',
  'cs-username',
  'cs(user-agent)',
  'cs(referer)',
  'sc-status',
  'sc-bytes',
  'cs-bytes',
  'rs(content-type)',
  'sc(content-type)',
]);

function open(): RecordParser {
  let layout: Layout | null = null;
  let date = '';
  let isDateTaken = false;
  const record = (text: string): Outcome => {
    if (text.startsWith('#')) {
      layout = layoutOf(text) ?? layout;
      date = /^#date:\s*(\d{4}-\d\d-\d\d)/i.exec(text)?.[1] ?? date;
      return { header: true };
    }
    if (layout === null) return { reject: { code: 'no-header', reason: 'no #Fields line before it' } };
    let cells = text.includes('"') ? quotedCells(text) : plainCells(text);
    if (cells.length !== layout.width) cells = plainCells(text);
    if (cells.length !== layout.width)
      return { reject: { code: 'not-delimited', reason: `#Fields declares ${layout.width} columns` } };
    isDateTaken ||= !layout.at.has('date');
    return eventOf(layout, cells, date);
  };
  return { record, assumptions: () => (isDateTaken ? [dateTaken] : []) };
}

const dateTaken: Assumption = {
  about: 'date',
  value: '#Date',
  text: 'Some lines name no day; the one of the #Date line above them is taken, also after midnight.',
};

function eventOf({ at }: Layout, cells: readonly string[], date: string): Outcome {
  const cell = (name: string): string => {
    const text = cells[at.get(name) ?? -1] ?? '';
    return text === '-' ? '' : text;
  };
  const time = timeOf(cell('date') || date, cell('time'));
  if (time === null) return { reject: { code: 'bad-time', reason: 'date and time cannot be read' } };
  const client = clientNames.map(cell).find((text) => text !== '') ?? '';
  if (client !== '' && isIP(withoutZone(client)) === 0)
    return { reject: { code: 'bad-address', reason: 'c-ip is no address' } };
  const numbers = ['sc-status', 'sc-bytes', 'cs-bytes', 's-port', 'c-port'] as const;
  const bad = numbers.find((name) => !isCount(cell(name), name.endsWith('bytes') ? 19 : 5));
  if (bad !== undefined)
    return { reject: { code: 'bad-number', reason: `${bad} is no number in its range` } };
  const query = cell('cs-uri-query');
  const stem = stemNames.map(cell).find((text) => text !== '') ?? '';
  return {
    event: {
      table: 'http',
      time,
      fields: {
        src_ip: client === '' ? '::' : withoutZone(client),
        src_port: portOf(cell('c-port')),
        dst_ip: isIP(withoutZone(cell('s-ip'))) > 0 ? withoutZone(cell('s-ip')) : '::',
        dst_port: portOf(cell('s-port')),
        host: cell('cs-host') || cell('cs(host)'),
        username: cell('cs-username'),
        method: cell('cs-method'),
        uri: query === '' || query.startsWith('?') ? stem + query : `${stem}?${query}`,
        referrer: cell('cs(referer)'),
        // A plus that was sent cannot be told from a blank, but for the one crawlers put before their address.
        user_agent: cell('cs(user-agent)').replace(/\+(\+?)/g, ' $1'),
        mime_type: cell('rs(content-type)') || cell('sc(content-type)'),
        status: cell('sc-status') === '' ? null : Number(cell('sc-status')),
        request_bytes: cell('cs-bytes') === '' ? null : BigInt(cell('cs-bytes')),
        response_bytes: cell('sc-bytes') === '' ? null : BigInt(cell('sc-bytes')),
        request_headers: [...at.keys()]
          .filter((name) => !known.has(name) && cell(name) !== '')
          .map((name) => `${name}: ${cell(name)}`)
          .join('\n'),
      },
    },
  };
}

/** Times are in UTC, as the format says. */
function timeOf(date: string, time: string): Instant | null {
  return instantOfIso(`${date} ${time.replace(/^(\d):/, '0$1:')}`, 0);
}

function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? '';
}

function isCount(text: string, digits: number): boolean {
  return (
    text === '' || (text.length <= digits && /^\d+$/.test(text) && (digits > 5 || Number(text) <= 65_535))
  );
}

function portOf(text: string): number {
  return text === '' ? 0 : Number(text);
}

const needed = ['time', 'cs-method'];

function recognise(sample: Sample): number {
  for (const line of sample.lines.slice(0, 40)) {
    const layout = layoutOf(line);
    if (layout === null) continue;
    const isWeb = needed.every((name) => layout.at.has(name));
    return isWeb && stemNames.some((name) => layout.at.has(name)) ? 0.95 : 0;
  }
  return 0;
}

export const format: RecordFormat = {
  id: 'iis-w3c',
  title: 'Web access log in W3C extended format (IIS)',
  definedBy: 'https://www.w3.org/TR/WD-logfile.html',
  kind: 'records',
  framing: 'lines',
  recognise,
  open,
};
