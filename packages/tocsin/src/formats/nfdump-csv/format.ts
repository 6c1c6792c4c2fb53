// CSV of nfdump: `-o csv` of 1.6 and 1.7, `-o csv` of 1.7.5 and later, `-o csv-fast`, and own lists of columns.
// One flow a line; the column names, a `Summary` block and blank lines are headers. Gives `network` events.
import { isIP } from 'node:net';
import type { Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { type FlowText, openFlows } from '../nfdump/flow.ts';

type Column = Exclude<keyof FlowText, 'isSampled'>;

/** Column names in lower case, of every version, to what they hold. */
const columnNames: Readonly<Record<string, Column>> = {
  ts: 'first',
  firstseen: 'first',
  te: 'last',
  lastseen: 'last',
  td: 'duration',
  duration: 'duration',
  pr: 'protocol',
  proto: 'protocol',
  sa: 'src',
  srcaddr: 'src',
  da: 'dst',
  dstaddr: 'dst',
  sp: 'srcPort',
  srcport: 'srcPort',
  dp: 'dstPort',
  dstport: 'dstPort',
  icmptype: 'icmpType',
  icmpcode: 'icmpCode',
  flg: 'flags',
  flags: 'flags',
  ipkt: 'packets',
  packets: 'packets',
  inpackets: 'packets',
  ibyt: 'bytes',
  bytes: 'bytes',
  inbytes: 'bytes',
  opkt: 'reversePackets',
  outpackets: 'reversePackets',
  obyt: 'reverseBytes',
  outbytes: 'reverseBytes',
  ra: 'router',
  routerip: 'router',
};

/** Columns of `-o csv -q` (1.6 and 1.7), which has no header; what follows `obyt` is not read. */
const quietHeader = 'ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt';

interface Layout {
  readonly at: ReadonlyMap<Column, number>;
  /** Columns the header names; 0 when a row may have any number from the known ones up. */
  readonly width: number;
}

const cellsOf = (line: string): string[] => line.split(',').map((cell) => cell.trim());

/** The layout a header line declares, or null when it is none of nfdump's. */
function layoutOf(line: string): Layout | null {
  if (line.length > 4096) return null;
  const names = cellsOf(line).map((name) => name.toLowerCase());
  const at = new Map<Column, number>();
  names.forEach((name, index) => {
    const column = Object.hasOwn(columnNames, name) ? columnNames[name] : undefined;
    if (column !== undefined && !at.has(column)) at.set(column, index);
  });
  const needed: readonly Column[] = ['first', 'src', 'dst'];
  const isNfdump = names.some((name) => ['ts', 'tsr', 'firstseen'].includes(name));
  return isNfdump && needed.every((column) => at.has(column)) ? { at, width: names.length } : null;
}

function isQuietRow(line: string): boolean {
  const cells = cellsOf(line.slice(0, 4096));
  return (
    cells.length >= 40 &&
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(cells[0] ?? '') &&
    isIP(cells[3] ?? '') > 0 &&
    isIP(cells[4] ?? '') > 0
  );
}

function recognise(sample: Sample): number {
  const first = sample.lines.find((line) => line.trim() !== '') ?? '';
  if (layoutOf(first)) return 0.95;
  return isQuietRow(first) ? 0.8 : 0;
}

function open(sample: Sample, settings: ParseSettings): RecordParser {
  const flows = openFlows(settings);
  const first = sample.lines.find((line) => line.trim() !== '') ?? '';
  const quiet = layoutOf(quietHeader);
  let layout: Layout | null = isQuietRow(first) && quiet ? { at: quiet.at, width: 0 } : null;
  let isSummary = false;

  const record = (text: string): Outcome => {
    const line = text.trim();
    if (line === '' || /^No match(?:ed|ing) flows$/.test(line) || line.startsWith('Command line switch'))
      return { header: true };
    // A flow begins with a time or a number, never with a letter.
    const declared = /^[a-z]/i.test(line) ? layoutOf(line) : null;
    if (declared) {
      layout = declared;
      isSummary = false;
      return { header: true };
    }
    if (line === 'Summary' || line.startsWith('Summary:')) {
      isSummary = true;
      return { header: true };
    }
    if (isSummary) return { header: true };
    if (!layout) return { reject: { code: 'no-header', reason: 'no line of column names before it' } };
    const cells = line.split(',');
    if (layout.width === 0 ? cells.length < 15 : cells.length !== layout.width) {
      return { reject: { code: 'not-delimited', reason: `${layout.width || 15} columns are declared` } };
    }
    const { at } = layout;
    const cell = (column: Column): string => (cells[at.get(column) ?? -1] ?? '').trim();
    return flows.read({
      first: cell('first'),
      last: cell('last'),
      duration: cell('duration'),
      protocol: cell('protocol'),
      src: cell('src'),
      dst: cell('dst'),
      srcPort: cell('srcPort'),
      dstPort: cell('dstPort'),
      icmpType: cell('icmpType'),
      icmpCode: cell('icmpCode'),
      flags: cell('flags'),
      packets: cell('packets'),
      bytes: cell('bytes'),
      reversePackets: cell('reversePackets'),
      reverseBytes: cell('reverseBytes'),
      router: cell('router'),
      isSampled: false,
    });
  };
  return { record, assumptions: flows.assumptions };
}

export const format: RecordFormat = {
  id: 'nfdump-csv',
  title: 'NetFlow/IPFIX as CSV of nfdump',
  definedBy: 'https://github.com/phaag/nfdump',
  kind: 'records',
  framing: 'lines',
  recognise,
  open,
};
