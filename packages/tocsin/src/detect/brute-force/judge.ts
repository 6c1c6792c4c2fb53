// Candidates of password guessing to findings: which way it ran, whether a guess succeeded, how far it reaches.
import { byText } from '../../ground/ids.ts';
import type { Condition, Direction, EventSelector, FindingDraft, Weight } from '../../vocabulary/finding.ts';
import type { DetectContext } from '../detector.ts';
import {
  directionTo,
  type LoggedTarget,
  pathConditions,
  type TargetColumn,
  targetConditions,
  timeCondition,
} from '../logged-target.ts';

export interface GuessingRow {
  /** Where it was seen: recorded logins, logins of many weak sources, web answers, or flows alone. */
  readonly kind: 'logins' | 'distributed' | 'web' | 'flows';
  readonly source: string;
  readonly target_text: string;
  readonly target_column: TargetColumn;
  readonly service: string;
  readonly failures: number;
  readonly successes: number;
  readonly accounts: number;
  readonly account_names: readonly string[];
  readonly first_seen: string;
  readonly last_seen: string;
  readonly span_s: number;
  readonly event_count: number;
  readonly failures_before_guess: number;
  readonly guessed_account: string;
  readonly guessed_time_text: string | null;
  readonly source_list: readonly string[];
  readonly source_count: number;
  readonly path: string;
  readonly port: number;
  readonly median_bytes: number;
  readonly largest_bytes: number;
}

export const caveat =
  'Failures can come from an outdated stored password or an address many people share. A success after failures is called guessed because of its order in time; the rightful owner may have remembered the password. In flows alone, and on web forms, success is inferred from the shape of the answer.';

/** Score without a success, 0 to 0.75: half for number, a tenth for speed, the rest for the number of accounts. */
export function failureScore(row: Pick<GuessingRow, 'failures' | 'accounts' | 'span_s' | 'kind'>): number {
  const number = 1 - Math.exp(-row.failures / 50);
  const perMinute = row.failures / Math.max(1, row.span_s / 60);
  const speed = Math.min(1, perMinute / 10);
  const accounts = Math.min(1, Math.max(0, row.accounts - 1) / 20);
  // Flows and forms do not say that a login failed; the same number of them says less.
  const evidence = row.kind === 'flows' ? 0.7 : row.kind === 'web' ? 0.8 : 1;
  return evidence * (0.5 * number + 0.1 * speed + 0.15 * accounts);
}

/** Score 0 to 1: that of the failures, lifted above 0.8 (0.7 when only inferred) where a login followed them. */
export function guessingScore(row: GuessingRow): number {
  const failed = failureScore(row);
  if (row.failures_before_guess === 0) return rounded(failed);
  const floor = row.kind === 'logins' ? 0.8 : row.kind === 'distributed' ? 0.5 : 0.7;
  return rounded(Math.min(1, floor + (1 - floor) * failed));
}

function rounded(score: number): number {
  return Math.round(score * 1000) / 1000;
}

function targetOf(row: GuessingRow): LoggedTarget {
  return { column: row.target_column, text: row.target_text };
}

function directionOf(row: GuessingRow, context: DetectContext): Direction | null {
  return directionTo(
    targetOf(row),
    row.kind === 'distributed' ? (row.source_list[0] ?? '::') : row.source,
    context,
  );
}

function weightOf(row: GuessingRow, direction: Direction, parameters: DetectContext['parameters']): Weight {
  const isGuessed = row.failures_before_guess > 0;
  if (direction === 'outbound') return 'supporting';
  if (row.kind === 'distributed') return isGuessed ? 'supporting' : 'background';
  if (direction === 'inbound') return isGuessed ? 'incident' : 'background';
  const perMinute = row.failures / Math.max(1, row.span_s / 60);
  if (row.accounts <= 1 && perMinute < Number(parameters.slow_per_minute)) return 'background';
  const isCertain = row.kind === 'logins' && guessingScore(row) >= Number(parameters.incident_score);
  return direction === 'internal' && isCertain ? 'incident' : 'supporting';
}

function selectorsOf(row: GuessingRow): readonly EventSelector[] {
  const sources: Condition = { column: 'src_ip', op: 'in', values: row.source_list };
  const common = [timeCondition(row), sources, ...targetConditions(targetOf(row))];
  if (row.kind === 'flows') {
    const port: Condition = { column: 'dst_port', op: 'in', values: [row.port] };
    return [{ table: 'network', where: [...common, port, { column: 'bytes_out', op: 'range', from: 1 }] }];
  }
  if (row.kind === 'web') {
    return pathConditions(row.path).map((path) => ({ table: 'http', where: [...common, path] }));
  }
  const service: Condition = { column: 'service', op: 'in', values: [row.service] };
  const outcome: Condition = { column: 'outcome', op: 'in', values: ['failure', 'success'] };
  const isAllNamed = row.kind === 'distributed' && row.accounts === row.account_names.length;
  const accounts: readonly Condition[] = isAllNamed
    ? [{ column: 'username', op: 'in', values: row.account_names }]
    : [];
  return [{ table: 'authentication', where: [...common, service, outcome, ...accounts] }];
}

function draftOf(row: GuessingRow, direction: Direction, weight: Weight): FindingDraft {
  const isOutbound = direction === 'outbound';
  const others = direction === 'local' ? [] : isOutbound ? [row.target_text] : row.source_list;
  const isGuessed = row.failures_before_guess > 0;
  return {
    detector: 'brute-force',
    technique: 'T1110',
    weight,
    direction,
    host: isOutbound ? row.source : row.target_text,
    peer: others.length === 1 ? (others[0] ?? null) : null,
    peers: [...others].sort(byText),
    score: guessingScore(row),
    first_seen: row.first_seen,
    last_seen: row.last_seen,
    event_count: row.event_count,
    detail: {
      seen_in: row.kind,
      service: row.service,
      failures: row.failures,
      successes: row.successes,
      sources: row.source_count,
      guessed: isGuessed,
      // Valid Accounts, once a guessed password works.
      techniques: isGuessed ? ['T1110', 'T1078'] : ['T1110'],
      ...(isGuessed
        ? { guessed_account: row.guessed_account || null, guessed_at: row.guessed_time_text }
        : {}),
      ...(isGuessed && row.kind !== 'distributed'
        ? { failures_before_success: row.failures_before_guess }
        : {}),
      ...(row.accounts > 0 ? { accounts: row.accounts, account_names: row.account_names } : {}),
      ...(row.path === '' ? {} : { path: row.path }),
      ...(row.kind === 'flows'
        ? { port: row.port, median_bytes: row.median_bytes, largest_bytes: row.largest_bytes }
        : {}),
    },
    selectors: selectorsOf(row),
    caveat,
  };
}

/** Several unsuccessful rows on one target and service as one. */
function pooled(rows: readonly GuessingRow[], draft: FindingDraft, maxPeers: number): FindingDraft {
  const peers = [...new Set(rows.flatMap((row) => row.source_list))].sort(byText);
  const sum = (of: (row: GuessingRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const ends = (of: (row: GuessingRow) => string) => rows.map(of).sort(byText);
  return {
    ...draft,
    peer: null,
    peers: peers.slice(0, maxPeers),
    first_seen: ends((row) => row.first_seen)[0] ?? draft.first_seen,
    last_seen: ends((row) => row.last_seen).at(-1) ?? draft.last_seen,
    event_count: sum((row) => row.event_count),
    detail: {
      ...draft.detail,
      failures: sum((row) => row.failures),
      successes: sum((row) => row.successes),
      sources: sum((row) => row.source_count),
    },
    selectors: rows.flatMap(selectorsOf),
  };
}

/** Rows of detect.sql to findings; see the detector for what the score means. */
export function judgeGuessing(rows: readonly GuessingRow[], context: DetectContext): readonly FindingDraft[] {
  const findings: FindingDraft[] = [];
  const noise = new Map<string, GuessingRow[]>();
  const strongestFirst = [...rows].sort(
    (left, right) =>
      right.failures - left.failures ||
      byText(left.target_text, right.target_text) ||
      byText(left.source, right.source) ||
      byText(left.path, right.path) ||
      left.port - right.port ||
      byText(left.kind, right.kind) ||
      byText(left.service, right.service),
  );
  const listed = Number(context.parameters.listed_sources);
  for (const row of strongestFirst) {
    const direction = directionOf(row, context);
    if (direction === null) continue;
    const weight = weightOf(row, direction, context.parameters);
    if (direction !== 'inbound' || weight !== 'background' || row.kind === 'distributed') {
      findings.push(draftOf(row, direction, weight));
      continue;
    }
    const key = JSON.stringify([row.kind, row.target_text, row.service, row.path]);
    const same = noise.get(key) ?? [];
    noise.set(key, same);
    if (same.push(row) <= listed) findings.push(draftOf(row, direction, weight));
  }
  for (const same of noise.values()) {
    const rest = same.slice(listed);
    const [strongest] = rest;
    if (strongest === undefined) continue;
    findings.push(
      pooled(rest, draftOf(strongest, 'inbound', 'background'), Number(context.parameters.max_peers)),
    );
  }
  return findings;
}
