// Runs the registered detectors over the store and turns their drafts into findings with ids and the events behind.
import { byText, contentId } from '../ground/ids.ts';
import type { EventsEngine, Row } from '../store/events/engine.ts';
import { eventTables } from '../vocabulary/dictionary.ts';
import type { Finding, FindingDraft } from '../vocabulary/finding.ts';
import { rebuildConversations } from './conversations.ts';
import type { Detector } from './detector.ts';
import { maxEventIds } from './event-place.ts';
import { eventsBehind } from './events-behind.ts';
import type { GivenDetection, GivenFinding } from './given.ts';
import {
  type Asked,
  isWatching,
  type ParameterValues,
  rowsFor,
  sqlDigestOf,
  tablesOf,
  valuesOf,
  watchFlows,
} from './questions.ts';
import { detectors } from './registry.generated.ts';
import { side } from './side.ts';

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

/** All findings, in order of time, then id. */
export async function detect(engine: EventsEngine, settings: DetectSettings): Promise<readonly Finding[]> {
  await rebuildConversations(engine);
  const filled = await filledTables(engine);
  const found: Judged[] = [];
  const applicable: readonly Detector[] = detectors.filter((detector) =>
    tablesOf(detector).some((table) => filled.has(table)),
  );
  const asked = applicable.map((detector) => ({ detector, values: valuesOf(detector) }));
  const answers = answersTo(engine, asked, filled);
  for (const [at, { detector, values }] of asked.entries()) {
    settings.onDetector?.(detector.id);
    const rows = await answers[at];
    if (rows !== undefined) found.push(...judged(detector, settings, { rows, values }));
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

/** Rows for each of the asked, in their order, as they come. */
function answersTo<A extends Asked>(
  engine: EventsEngine,
  asked: readonly A[],
  filled: ReadonlySet<string>,
): readonly Promise<readonly Row[]>[] {
  let flows: Promise<void> | undefined;
  const answer = async (one: A) => {
    if (isWatching(one)) {
      flows ??= watchFlows(engine, asked);
      await flows;
    }
    return rowsFor(engine, one, filled);
  };
  // The first that needs the watched flows has them set aside, while those are asked that need none.
  const [first, ...watching] = asked.filter(isWatching);
  const others = asked.filter((one) => !isWatching(one));
  const order = [...(first === undefined ? [] : [first]), ...others, ...watching];
  const answers = side(order, answer);
  return asked.map((one) => answers[order.indexOf(one)] ?? Promise.resolve([]));
}

type Judged = Omit<Finding, 'events'>;

function judged(
  detector: Detector,
  settings: DetectSettings,
  { rows, values }: { readonly rows: readonly Row[]; readonly values: ParameterValues },
): readonly Judged[] {
  const digest = sqlDigestOf(detector);
  const drafts = detector.judge(
    rows.map((row) => detector.row.parse(row)),
    {
      isInside: settings.isInside,
      organisationOf: (ip) => settings.organisationOf(ip)?.organisation ?? null,
      parameters: values,
    },
  );
  return drafts.map((draft) => ({
    ...draft,
    id: findingId(draft),
    organisation: settings.organisationOf(draft.host)?.organisation ?? null,
    sql_sha256: digest,
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
    events,
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
  // Counting whole tables costs nothing: the engine knows how many rows each has.
  const counts = eventTables.map(({ name }) => `SELECT '${name}' AS name, count() AS events FROM ${name}`);
  const rows = await engine.query(`SELECT name FROM (${counts.join(' UNION ALL ')}) WHERE events > 0`);
  return new Set(rows.map((row) => String(row['name'])));
}
