// Rare paths to findings: each sign of a web shell and each sign of ordinary use, and what they come to together.
import { byText } from '../../ground/ids.ts';
import type { Direction, EventSelector, FindingDraft } from '../../vocabulary/finding.ts';
import type { DetectContext } from '../detector.ts';
import { pathConditions, type TargetColumn, targetConditions, timeCondition } from '../logged-target.ts';

export interface ShellRow {
  readonly server_text: string;
  readonly server_column: TargetColumn;
  readonly path: string;
  /** The path ends in what a server runs. */
  readonly script: boolean;
  /** Answered requests; refused ones are not in any of these figures. */
  readonly calls: number;
  readonly posts: number;
  /** Calls whose query string gives commands. */
  readonly commands: number;
  /** Calls with a referrer. */
  readonly referred: number;
  readonly inside_calls: number;
  readonly clients: number;
  readonly outside_clients: number;
  readonly client_list: readonly string[];
  readonly agents: number;
  readonly answer_sizes: number;
  /** Bytes; -1 when the log has no sizes. */
  readonly largest_answer: number;
  readonly first_seen: string;
  readonly last_seen: string;
  /** A request to write it was answered 201. */
  readonly created: boolean;
  readonly days: number;
  /** Times of the first 500 calls, sorted. */
  readonly call_ms: readonly number[];
  readonly record_evidence: readonly string[];
  readonly record_numbers: readonly number[];
  readonly example_uris: readonly string[];
  readonly site_requests: number;
  readonly site_clients: number;
  readonly site_referred: number;
  readonly site_first_ms: number;
  readonly site_last_ms: number;
  /** Requests of the callers to the site, and the pictures and style sheets among them. */
  readonly caller_requests: number;
  readonly caller_assets: number;
}

export const caveat =
  'Told by who asks for the path and how, not by its content: a private tool of an administrator or a partner’s interface can look the same. Look at the file on the server before concluding.';

/** Strength of each sign, 0 to 1. Signs add up as chances of independent events do. */
const strength = {
  script: 0.2,
  commands: 0.6,
  posted: 0.2,
  rare: 0.2,
  unlinked: 0.25,
  noAssets: 0.15,
  late: 0.2,
  oddFolder: 0.45,
  oddName: 0.25,
  created: 0.5,
  variedAnswers: 0.2,
} as const;

/** What is left of the score for each sign of ordinary use. */
const remainder = { regular: 0.5, sinceStart: 0.6, linked: 0.4, wellKnown: 0.3, notScript: 0.7 } as const;

/** Folders that hold what users upload or browsers fetch, and no program. */
const passiveFolder =
  /\/(?:uploads?|images?|img|pictures?|css|fonts?|static|assets|media|attachments?|files?|temp|tmp|cache|avatars?|aspnet_client|userfiles|icons?)\/|\/owa\/auth\/(?!logon|logoff|error|expiredpassword|redir|signout|timeoutlogoff|frowny|getidtoken|prem|current)[^/]+\.aspx$|\/ecp\/auth\/(?!timeoutlogout)[^/]+\.aspx$/i;
/** Forms people log in by, and paths of widely used software that programs call. */
const wellKnown =
  /\/[^/]*(?:log[-_]?[io]n|sign[-_]?in)[^/]*$|\/(?:wp-cron|xmlrpc|admin-ajax|wp-login|cron|ipn|callback|webhook|notify)\.php$|\/(?:autodiscover|ews|oab|rpc|microsoft-server-activesync|owa\/service\.svc|ecp\/ddi)\b/i;
/** A name nobody chose for its meaning: one to three characters, or letters and digits mixed. */
const meaninglessName =
  /\/(?:[a-z0-9]{1,3}|(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{5,16}|[b-df-hj-np-tv-z]{5,16})\.[a-z0-9]{2,5}$/i;
const wellKnownShort = /\/(?:api|rss|faq|map|ipn|ads|log|sso|xml|rpc|get|add|run)\.[a-z0-9]{2,5}$/i;

/**
 * How much the intervals between calls vary: median absolute deviation over median; null below five intervals.
 * A program on a timer stays near 0, people are around 1.
 * @param times milliseconds, sorted
 */
export function intervalVariation(times: readonly number[]): number | null {
  const intervals = times.slice(1).map((time, at) => time - (times[at] ?? time));
  if (intervals.length < 5) return null;
  const middle = median(intervals);
  if (middle === 0) return 1;
  return median(intervals.map((interval) => Math.abs(interval - middle))) / middle;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? 0)) / 2;
}

/**
 * True when the calls come from a program on a timer: intervals alike, filling a long enough time.
 * @param times milliseconds, sorted
 */
export function isOnTimer(
  times: readonly number[],
  limits: { readonly maxVariation: number; readonly leastSpanMs: number },
): boolean {
  const variation = intervalVariation(times);
  const first = times[0];
  const last = times.at(-1);
  if (variation === null || first === undefined || last === undefined) return false;
  const spanMs = last - first;
  const usual = median(times.slice(1).map((time, at) => time - (times[at] ?? time)));
  const isFilled = usual * (times.length - 1) >= spanMs / 2;
  return variation < limits.maxVariation && isFilled && spanMs >= limits.leastSpanMs;
}

export interface Weighing {
  readonly score: number;
  readonly signs: readonly string[];
  readonly against: readonly string[];
}

type Named<T> = readonly (readonly [keyof T & string, boolean])[];

/** The signs of a row and the score, 0 to 1, they come to. */
export function weighShell(row: ShellRow, parameters: DetectContext['parameters']): Weighing {
  const limit = (name: string) => Number(parameters[name]);
  const siteMs = row.site_last_ms - row.site_first_ms;
  const firstMs = row.call_ms[0] ?? row.site_first_ms;
  const position = siteMs > 0 ? (firstMs - row.site_first_ms) / siteMs : 0;
  const isEarly = position < limit('early_share');
  const isTimed = isOnTimer(row.call_ms, {
    maxVariation: limit('max_regular_variation'),
    leastSpanMs: Math.min(limit('min_timer_span_s') * 1000, siteMs / 2),
  });
  // In a log without referrers their absence says nothing.
  const hasReferrers = row.site_referred > 0;
  const isVaried = row.largest_answer >= 0 && row.answer_sizes >= 3 && row.answer_sizes * 3 >= row.calls;
  const isOddFolder = row.script && passiveFolder.test(row.path);
  const present: Named<typeof strength> = [
    ['script', row.script],
    ['commands', row.commands > 0],
    ['posted', row.posts * 2 >= row.calls],
    ['rare', row.site_clients >= limit('min_site_clients')],
    ['unlinked', hasReferrers && row.referred === 0],
    ['noAssets', row.caller_assets === 0],
    ['late', !isEarly],
    ['oddFolder', isOddFolder],
    ['oddName', row.script && meaninglessName.test(row.path) && !wellKnownShort.test(row.path)],
    ['created', row.created],
    ['variedAnswers', isVaried],
  ];
  const ordinary: Named<typeof remainder> = [
    ['regular', isTimed && row.commands === 0],
    // Where no program belongs, one that was there from the start may have been put there before.
    ['sinceStart', isEarly && row.commands === 0 && !isOddFolder],
    ['linked', row.referred * 2 > row.calls],
    // A name is easily borrowed: it excuses nothing where no program belongs.
    ['wellKnown', wellKnown.test(row.path) && !isOddFolder],
    ['notScript', !row.script && row.commands === 0],
  ];
  const signs = present.filter(([, holds]) => holds).map(([name]) => name);
  const against = ordinary.filter(([, holds]) => holds).map(([name]) => name);
  const missed = signs.reduce((left, name) => left * (1 - strength[name]), 1);
  const kept = against.reduce((left, name) => left * remainder[name], 1);
  return { score: Math.round((1 - missed) * kept * 1000) / 1000, signs, against };
}

/** Most records named one by one; the SQL gives one more when there are more. */
const maxRecords = 200;

/** What counts as an answer, here as in the SQL. */
const answeredStatuses: readonly number[] = [...Array.from({ length: 100 }, (_, at) => 200 + at), 500];

function selectorsOf(row: ShellRow): readonly EventSelector[] {
  if (row.calls > maxRecords) {
    return pathConditions(row.path).map((path) => ({
      table: 'http',
      where: [
        timeCondition(row),
        ...targetConditions({ column: row.server_column, text: row.server_text }),
        path,
        { column: 'status', op: 'in', values: answeredStatuses },
      ],
    }));
  }
  const byEvidence = new Map<string, number[]>();
  row.record_evidence.forEach((evidence, at) => {
    const records = byEvidence.get(evidence) ?? [];
    byEvidence.set(evidence, records);
    records.push(row.record_numbers[at] ?? 0);
  });
  return [...byEvidence].map(([evidence, records]) => ({
    table: 'http',
    where: [
      timeCondition(row),
      { column: 'evidence_id', op: 'in', values: [evidence] },
      { column: 'record', op: 'in', values: records },
    ],
  }));
}

function draftOf(row: ShellRow, weighing: Weighing, context: DetectContext): FindingDraft {
  const direction: Direction = row.outside_clients > 0 ? 'inbound' : 'internal';
  const isIncident = weighing.score >= Number(context.parameters.incident_score);
  return {
    detector: 'webshell',
    technique: 'T1505.003',
    weight: isIncident ? 'incident' : 'supporting',
    direction,
    host: row.server_text,
    peer: row.client_list.length === 1 ? (row.client_list[0] ?? null) : null,
    peers: [...row.client_list].sort(byText),
    score: weighing.score,
    first_seen: row.first_seen,
    last_seen: row.last_seen,
    event_count: row.calls,
    detail: {
      path: row.path,
      signs: weighing.signs,
      against: weighing.against,
      calls: row.calls,
      posts: row.posts,
      calls_with_commands: row.commands,
      clients: row.clients,
      site_clients: row.site_clients,
      site_requests: row.site_requests,
      days: row.days,
      examples: row.example_uris,
    },
    selectors: selectorsOf(row),
    caveat,
  };
}

/** Signs of a path that does something for its caller; without one a rare page is only a rare page. */
const acting: readonly string[] = ['commands', 'posted', 'created', 'oddFolder'];

/** Rows of detect.sql to findings: those that act and whose score reaches the minimum. */
export function judgeShells(rows: readonly ShellRow[], context: DetectContext): readonly FindingDraft[] {
  const least = Number(context.parameters.min_score);
  return rows
    .map((row) => ({ row, weighing: weighShell(row, context.parameters) }))
    .filter(({ weighing }) => weighing.score >= least && weighing.signs.some((sign) => acting.includes(sign)))
    .map(({ row, weighing }) => draftOf(row, weighing, context));
}
