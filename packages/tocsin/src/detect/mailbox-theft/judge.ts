// From what addresses took of a mail server to findings: who is outstanding, who is so by trade, and how sure that is.
import { byText } from '../../ground/ids.ts';
import type { EventSelector, FindingDraft } from '../../vocabulary/finding.ts';
import type { DetectContext } from '../detector.ts';
import { type TargetColumn, targetConditions } from '../logged-target.ts';
import { logRamp, ramp, rounded } from '../statistics.ts';

/** What one address took of one mail server. */
export interface ReaderRow {
  readonly target_text: string;
  readonly target_column: TargetColumn;
  readonly reader: string;
  /** Table its takings were counted from. */
  readonly source: 'network' | 'http';
  readonly events: number;
  readonly bytes_taken: number;
  readonly bytes_sent: number;
  /** Taken in the median conversation or request. */
  readonly median_event: number;
  readonly days: readonly string[];
  readonly day_bytes: readonly number[];
  readonly first_seen: string;
  readonly last_seen: string;
  /** Addresses outside that take anything of the server. */
  readonly clients: number;
  /** Best day of three clients in four, bytes. */
  readonly usual_day: number;
  /** Median conversation of three clients in four, bytes. */
  readonly usual_event: number;
  readonly accounts: number;
  readonly account_names: readonly string[];
  /** Kinds of program that named an account. */
  readonly agents: number;
  /** Other addresses from which the mailbox was read, where it named just one. */
  readonly elsewhere: readonly string[];
  readonly is_website: boolean;
  /** Requests of the reader that logs know. */
  readonly requests: number;
  readonly began_after: number;
}
type Row = ReaderRow;

export const caveat =
  'Volume does not say whose mail was read: a migration, a new backup service or somebody who sets up a mail program looks alike. Addresses that read are the last visible hop.';

/** Readers per mail server: newcomers open an incident or lead to one, who was there from the start is background. */
export function judgeReaders(rows: readonly Row[], context: DetectContext): readonly FindingDraft[] {
  const limit = limitsOf(context);
  const servers = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.target_column} ${row.target_text} ${row.source}`;
    servers.set(key, [...(servers.get(key) ?? []), row]);
  }
  return [...servers]
    .sort(([left], [right]) => byText(left, right))
    .flatMap(([, group]) => {
      const readers = group.filter((row) => takesMuch(row, limit) || readsMany(row, limit));
      const clients = Math.max(...group.map((row) => row.clients));
      const lumps = group.filter(
        (row) => !readers.includes(row) && row.began_after > limit('early_share') && takesLumps(row, limit),
      );
      const newcomers = readers.filter((row) => row.began_after > limit('early_share'));
      const isOrdinary = newcomers.length > Math.max(limit('max_readers'), clients / 20);
      const known = isOrdinary ? readers : readers.filter((row) => !newcomers.includes(row));
      return [
        ...(isOrdinary || newcomers.length === 0
          ? []
          : [findingOf(newcomers, weightOf(newcomers, limit), context)]),
        // Each for itself: whether one is more than somebody with a large attachment, only other findings can say.
        ...(lumps.length > limit('max_readers')
          ? []
          : lumps.map((row) => findingOf([row], 'supporting', context))),
        ...(known.length === 0 ? [] : [findingOf(known, 'background', context)]),
      ];
    });
}

type Limit = (name: string) => number;
const limitsOf =
  ({ parameters }: DetectContext): Limit =>
  (name) =>
    Number(parameters[name]);

/** The level from which on a day is outstanding for the server's clients, bytes. */
const outstandingDay = (row: Row, limit: Limit): number =>
  Math.max(limit('min_day_bytes'), row.usual_day * limit('min_times_usual'));

/** True for who does hardly anything but take: most of its days are outstanding, and so is its median conversation. */
export function takesMuch(row: Row, limit: Limit): boolean {
  const outstanding = row.day_bytes.filter((bytes) => bytes >= outstandingDay(row, limit)).length;
  return (
    outstanding * 2 > row.day_bytes.length &&
    row.median_event >= row.usual_event * limit('min_times_usual_event') &&
    row.bytes_taken > row.bytes_sent
  );
}

/** True for who takes little more than others in a day, but all of it in few great readings. */
export function takesLumps(row: Row, limit: Limit): boolean {
  const least = Math.max(limit('min_day_bytes'), row.usual_day * limit('min_times_usual_lump'));
  return (
    row.day_bytes.filter((bytes) => bytes >= least).length * 2 > row.day_bytes.length &&
    row.median_event >= row.usual_event * limit('min_times_usual_lump_event') &&
    row.bytes_taken > row.bytes_sent
  );
}

/** True for one program that reads the mailboxes of many; an office behind one address shows many programs. */
export function readsMany(row: Row, limit: Limit): boolean {
  return row.accounts >= limit('min_accounts') && row.agents <= limit('max_agents');
}

function outstandingDays(readers: readonly Row[], limit: Limit): readonly string[] {
  const days = readers.flatMap((row) =>
    row.days.filter((_, at) => (row.day_bytes[at] ?? 0) >= outstandingDay(row, limit)),
  );
  return [...new Set(days)].sort(byText);
}

function weightOf(readers: readonly Row[], limit: Limit): FindingDraft['weight'] {
  if (readers.some((row) => readsMany(row, limit))) return 'incident';
  // A mailbox that is also read from where nobody takes much is read by its owner.
  const taking = new Set(readers.map((row) => row.reader));
  const strangers = readers.filter((row) => row.elsewhere.every((address) => taking.has(address)));
  const isUsualKnown = readers.some((row) => row.clients >= limit('min_clients') + readers.length);
  return isUsualKnown && outstandingDays(strangers, limit).length >= limit('min_days')
    ? 'incident'
    : 'supporting';
}

const most = (values: readonly number[]): number => Math.max(0, ...values);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function findingOf(
  readers: readonly Row[],
  weight: FindingDraft['weight'],
  context: DetectContext,
): FindingDraft {
  const limit = limitsOf(context);
  const [row] = [...readers].sort(
    (left, right) => right.bytes_taken - left.bytes_taken || byText(left.reader, right.reader),
  );
  if (row === undefined) throw new Error('a finding of no readers');
  const days = outstandingDays(readers, limit);
  const beyond = most(readers.map((each) => most(each.day_bytes) / Math.max(1, outstandingDay(each, limit))));
  const accounts = most(readers.map((each) => each.accounts));
  const peers = [...new Set(readers.map((each) => each.reader))].sort(byText);
  return {
    detector: 'mailbox-theft',
    technique: 'T1114.002',
    weight,
    direction: 'inbound',
    host: row.target_text,
    peer: row.reader,
    peers,
    score: rounded(
      0.5 +
        0.2 * logRamp(beyond, 1, 20) +
        0.2 * ramp(days.length, 1, limit('min_days') + 2) +
        0.1 * ramp(accounts, 1, limit('min_accounts')),
    ),
    first_seen: readers.map((each) => each.first_seen).sort(byText)[0] ?? '',
    last_seen:
      readers
        .map((each) => each.last_seen)
        .sort(byText)
        .at(-1) ?? '',
    event_count: sum(readers.map((each) => (each.source === 'network' ? each.events : 0) + each.requests)),
    detail: {
      bytes_taken: sum(readers.map((each) => each.bytes_taken)),
      bytes_sent: sum(readers.map((each) => each.bytes_sent)),
      days,
      usual_best_day_bytes: Math.round(row.usual_day),
      usual_conversation_bytes: Math.round(row.usual_event),
      clients_of_server: row.clients,
      mailboxes: accounts,
      mailbox_names: [...new Set(readers.flatMap((each) => each.account_names))].sort(byText).slice(0, 20),
      counted_from: row.source,
      began_after_share: rounded(Math.min(...readers.map((each) => each.began_after))),
    },
    selectors: selectorsOf(row, peers, context),
    caveat,
  };
}

function selectorsOf(
  row: Row,
  peers: readonly string[],
  { parameters }: DetectContext,
): readonly EventSelector[] {
  const portsOf = (name: string) => {
    const value = parameters[name];
    return Array.isArray(value) ? value.map(Number) : [];
  };
  const ports = [...portsOf('mailbox_ports'), ...(row.is_website ? [] : portsOf('web_ports'))];
  const readers = { column: 'src_ip', op: 'in', values: peers } as const;
  const requests: EventSelector = {
    table: 'http',
    where: [...targetConditions({ column: row.target_column, text: row.target_text }), readers],
  };
  if (row.source === 'http') return [requests];
  return [
    {
      table: 'network',
      where: [
        readers,
        { column: 'dst_ip', op: 'in', values: [row.target_text] },
        { column: 'dst_port', op: 'in', values: ports },
        { column: 'bytes_in', op: 'range', from: 1 },
      ],
    },
    requests,
  ];
}
