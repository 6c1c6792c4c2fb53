// Sigma rules over the events of an investigation: `--sigma DIR`. Takes the engine and the rules, gives findings and an
// account of every rule: matched, silent, without events, or not usable and why.
import { byText } from '../../ground/ids.ts';
import type { EventsEngine } from '../../store/events/engine.ts';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import type { GivenFinding } from '../given.ts';
import type { AskedRule } from './choice.ts';
import { correlationFindings } from './correlation-run.ts';
import { findingsOf } from './findings.ts';
import { type Linked, linkCorrelations } from './link.ts';
import type { Refusal, RuleSet } from './read.ts';
import { badExpressions, type CompiledRule, compileRules, digestOf } from './rule-set.ts';
import { closeMatches, countEvents, openMatches, scanSource, sourceKey } from './scan.ts';
import type { EventSource } from './source.ts';

export interface SigmaAccount {
  /** Documents in the folder: rules and correlations, usable or not. */
  readonly documents: number;
  /** Rules and correlations that could be evaluated. */
  readonly usable: number;
  /** Of those, rules for which the evidence holds no event of their kind. */
  readonly without_events: number;
  readonly matched: readonly { readonly file: string; readonly title: string; readonly events: number }[];
  readonly not_usable: readonly Refusal[];
  /** Rules that are evaluated over some of the events they ask for but not all. */
  readonly partly_usable: readonly Refusal[];
}

export interface SigmaOutcome {
  readonly findings: readonly GivenFinding[];
  readonly account: SigmaAccount;
}

/** Evaluates rules that have been read. */
export async function evaluateRules(engine: EventsEngine, set: RuleSet): Promise<SigmaOutcome> {
  const bad = await badExpressions(engine, set.rules);
  const compiled = compileRules(set.rules, bad);
  const linked = linkCorrelations(set.correlations, compiled.rules);
  try {
    await openMatches(engine);
    const withEvents = await scanAll(engine, compiled.rules, linked);
    const reported = compiled.rules.filter(({ number }) => !linked.hidden.has(number));
    const sha256Of = digestsOf(compiled.rules);
    const single = await findingsOf(engine, new Map(reported.map(({ number, rule }) => [number, rule])));
    const joint = await correlationFindings(engine, linked, sha256Of);
    const findings = [
      ...single.map(({ number, draft, events }) => ({ draft, events, sqlSha256: sha256Of(number) })),
      ...joint,
    ];
    return {
      findings,
      account: {
        documents: set.documents,
        usable: compiled.rules.length + linked.correlations.length,
        without_events: compiled.rules.filter(({ number }) => !withEvents.has(number)).length,
        matched: matchedRules(findings.map(({ draft }) => draft)),
        not_usable: [...set.refused, ...compiled.refused, ...linked.refused].sort(byFile),
        partly_usable: compiled.partly,
      },
    };
  } finally {
    await closeMatches(engine);
  }
}

/** The digest of a rule's queries by its number; most rules match nothing, and none is asked for. */
function digestsOf(rules: readonly CompiledRule[]): (number: number) => string {
  const byNumber = new Map(rules.map((rule) => [rule.number, rule]));
  const known = new Map<number, string>();
  return (number) => {
    const rule = byNumber.get(number);
    const digest = known.get(number) ?? (rule === undefined ? '' : digestOf(rule));
    known.set(number, digest);
    return digest;
  };
}

const byFile = (left: Refusal, right: Refusal): number =>
  byText(left.file, right.file) || byText(left.title, right.title);

function matchedRules(drafts: readonly FindingDraft[]): SigmaAccount['matched'] {
  const matched = new Map<string, { file: string; title: string; events: number }>();
  for (const { detail, event_count } of drafts) {
    const [file, title] = [String(detail['rule_file']), String(detail['rule'])];
    const key = JSON.stringify([file, title]);
    const known = matched.get(key) ?? { file, title, events: 0 };
    known.events += event_count;
    matched.set(key, known);
  }
  return [...matched.values()].sort(
    (left, right) => byText(left.file, right.file) || byText(left.title, right.title),
  );
}

/** Scans every source that has events; gives the numbers of the rules that had any. */
async function scanAll(
  engine: EventsEngine,
  rules: readonly CompiledRule[],
  linked: Linked,
): Promise<ReadonlySet<number>> {
  const bySource = new Map<string, { readonly source: EventSource; readonly asked: AskedRule[] }>();
  for (const { number, parts } of rules) {
    for (const { source, expression } of parts) {
      const key = sourceKey(source);
      const entry = bySource.get(key) ?? { source, asked: [] };
      entry.asked.push({ number, expression, wanted: linked.wanted.get(number) ?? [] });
      bySource.set(key, entry);
    }
  }
  const withEvents = new Set<number>();
  for (const [, { source, asked }] of [...bySource].sort(([left], [right]) => byText(left, right))) {
    const events = await countEvents(engine, source);
    if (events === 0) continue;
    for (const { number } of asked) withEvents.add(number);
    await scanSource(engine, source, { rules: asked, events });
  }
  return withEvents;
}
