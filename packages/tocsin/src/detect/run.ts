// Runs the registered detectors over the store and turns their drafts into findings with ids and the events behind.
import { readFileSync } from 'node:fs';
import { byText, contentId, sha256 } from '../ground/ids.ts';
import type { EventsEngine, Row } from '../store/events/engine.ts';
import { eventTables } from '../vocabulary/dictionary.ts';
import type { Finding, FindingDraft } from '../vocabulary/finding.ts';
import { rebuildConversations } from './conversations.ts';
import type { Detector, Parameter } from './detector.ts';
import { eventsBehind } from './events-behind.ts';
import type { GivenDetection, GivenFinding } from './given.ts';
import { detectors } from './registry.generated.ts';

export interface DetectSettings {
  readonly isInside: (ip: string) => boolean;
  readonly organisationOf: (ip: string) => { readonly organisation: string } | null;
  /** Called as each detector begins. */
  readonly onDetector?: (id: string) => void;
  /** Called when the built-in ones have judged, before the events behind their findings are fetched. */
  readonly onJudged?: () => void;
  /** Detections with what the user gave, run after the built-in ones. */
  readonly given?: readonly GivenDetection[];
}

/** Event ids kept with a finding; its `event_count` has them all. */
const maxEventIds = 100;

/** All findings, in order of time, then id. */
export async function detect(engine: EventsEngine, settings: DetectSettings): Promise<readonly Finding[]> {
  await rebuildConversations(engine);
  const filled = await filledTables(engine);
  const found: Judged[] = [];
  const applicable: readonly Detector[] = detectors.filter((detector) =>
    detector.tables.some((table) => filled.has(table)),
  );
  const answers = side(questionsAtOnce, applicable, (detector) => asked(engine, detector));
  for (const [at, detector] of applicable.entries()) {
    settings.onDetector?.(detector.id);
    const answer = await answers[at];
    if (answer !== undefined) found.push(...judged(detector, settings, answer));
  }
  settings.onJudged?.();
  const findings = [...(await withEvents(engine, found))];
  for (const detection of settings.given ?? []) {
    settings.onDetector?.(detection.text.id);
    for (const found of await detection.find(engine)) findings.push(givenFinding(found, settings));
  }
  return findings.sort(
    (left, right) => byText(left.first_seen, right.first_seen) || byText(left.id, right.id),
  );
}

interface Answer {
  readonly rows: readonly Row[];
  readonly sql: string;
  readonly parameters: Readonly<Record<string, Parameter['value']>>;
}

/** Questions the engine works on side by side: one waits for memory or disk while the other computes. */
const questionsAtOnce = 2;

/** Works on the items in order, `limit` at once; the promises are theirs, and a failure waits until it is wanted. */
function side<T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): readonly Promise<R>[] {
  const waiting: (() => Promise<void>)[] = [];
  const results = items.map(
    (item) =>
      new Promise<R>((resolve, reject) => {
        waiting.push(() => work(item).then(resolve, reject));
      }),
  );
  for (const result of results) result.catch(() => undefined);
  const lane = async (): Promise<void> => {
    for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) await start();
  };
  for (let at = 0; at < limit; at += 1) void lane();
  return results;
}

/** Puts a detector's question to the engine. */
async function asked(engine: EventsEngine, detector: Detector): Promise<Answer> {
  const sql = readFileSync(new URL(`./${detector.id}/detect.sql`, import.meta.url), 'utf8');
  const parameters = Object.fromEntries(
    Object.entries(detector.parameters).map(([name, parameter]) => [name, parameter.value]),
  );
  return { rows: await engine.query(sql, parameters), sql, parameters };
}

type Judged = Omit<Finding, 'events'>;

function judged(detector: Detector, settings: DetectSettings, answer: Answer): readonly Judged[] {
  const { rows, sql, parameters } = answer;
  const drafts = detector.judge(
    rows.map((row) => detector.row.parse(row)),
    {
      isInside: settings.isInside,
      organisationOf: (ip) => settings.organisationOf(ip)?.organisation ?? null,
      parameters,
    },
  );
  return drafts.map((draft) => ({
    ...draft,
    id: findingId(draft),
    organisation: settings.organisationOf(draft.host)?.organisation ?? null,
    sql_sha256: sha256(sql),
  }));
}

/** The findings of all detectors with the events behind each, which are fetched together. */
async function withEvents(engine: EventsEngine, found: readonly Judged[]): Promise<readonly Finding[]> {
  const events = await eventsBehind(engine, found, maxEventIds);
  return found.map((finding, at) => ({ ...finding, events: events[at] ?? [] }));
}

/** Two rules may find the same events: what was asked and found belongs to the id too. */
function givenFinding({ draft, events, sqlSha256 }: GivenFinding, settings: DetectSettings): Finding {
  return {
    ...draft,
    id: contentId('f', [findingId(draft), sqlSha256, JSON.stringify(draft.detail)]),
    organisation: settings.organisationOf(draft.host)?.organisation ?? null,
    events: events.slice(0, maxEventIds),
    sql_sha256: sqlSha256,
  };
}

/** The same finding over the same evidence always has the same id, whatever else was found. */
function findingId(draft: FindingDraft): string {
  return contentId('f', [
    draft.detector,
    draft.host,
    draft.peer ?? '',
    draft.direction,
    draft.first_seen,
    draft.last_seen,
    JSON.stringify(draft.selectors),
  ]);
}

async function filledTables(engine: EventsEngine): Promise<ReadonlySet<string>> {
  const filled = new Set<string>();
  for (const { name } of eventTables) {
    const [row] = await engine.query(`SELECT count() AS events FROM (SELECT 1 FROM ${name} LIMIT 1)`);
    if (Number(row?.['events']) > 0) filled.add(name);
  }
  return filled;
}
