// Matches to findings: one per rule, machine of ours and direction, pointing at the records that matched. Takes rows of
// `sigma_match`, gives FindingDrafts of the same shape as every detector's.
import type { EventsEngine } from '../../store/events/engine.ts';
import type { FindingDraft, Weight } from '../../vocabulary/finding.ts';
import { rounded } from '../statistics.ts';
import { groupsOf } from './listed.ts';
import type { Level, RuleHead } from './rule.ts';

export const sigmaText = {
  id: 'sigma',
  title: 'Sigma rules given by the user',
  technique: 'T1059',
  scoreMeaning:
    'The level the author of the rule gave it, lowered when the rule is experimental; Tocsin has not weighed the rule against this network.',
  caveat:
    'A rule of others matched: it says what its author says, with its false alarms. Whether the act was hostile does not follow from the match.',
} as const;

/** Findings of one rule, those with most events first. */
const maxFindings = 500;

/** Findings of the rules, by the number they were asked under. */
export async function findingsOf(
  engine: EventsEngine,
  rules: ReadonlyMap<number, RuleHead>,
): Promise<
  readonly { readonly number: number; readonly draft: FindingDraft; readonly events: readonly string[] }[]
> {
  if (rules.size === 0) return [];
  const groups = await groupsOf(engine, { rules: [...rules.keys()], mostGroups: maxFindings });
  return groups.flatMap((group) => {
    const rule = rules.get(group.rule);
    if (rule === undefined) return [];
    const draft = draftOf(rule, {
      host: group.host,
      direction: group.direction,
      peers: group.peers,
      first_seen: group.firstSeen,
      last_seen: group.lastSeen,
      event_count: group.eventCount,
      selectors: group.selectors,
      detail: { peer_count: group.peerCount, listed_events: group.listedEvents },
    });
    return [{ number: group.rule, draft, events: group.events }];
  });
}

const levelScore: Readonly<Record<Level, number>> = {
  critical: 0.9,
  high: 0.7,
  medium: 0.4,
  low: 0.2,
  informational: 0.05,
};

/** Only a critical rule past its trial opens an incident; a high one joins; what is below is listed. */
export function weightOf({ level, status }: Pick<RuleHead, 'level' | 'status'>): Weight {
  if (level === 'critical') return status === 'experimental' ? 'supporting' : 'incident';
  return level === 'high' ? 'supporting' : 'background';
}

/** Technique for rules whose tags name a tactic only. */
const techniqueOfTactic: Readonly<Record<string, string>> = {
  reconnaissance: 'T1595',
  'initial-access': 'T1190',
  execution: 'T1059',
  persistence: 'T1505',
  'privilege-escalation': 'T1068',
  'defense-evasion': 'T1070',
  'credential-access': 'T1003',
  discovery: 'T1018',
  'lateral-movement': 'T1021',
  collection: 'T1005',
  'command-and-control': 'T1071',
  exfiltration: 'T1041',
  impact: 'T1496',
};

/** ATT&CK technique of a rule: the first its tags name, else one that stands for the tactic they name. */
export function techniqueOf(tags: readonly string[]): string {
  for (const tag of tags) {
    const [, technique] = /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag) ?? [];
    if (technique !== undefined) return technique.toUpperCase();
  }
  for (const tag of tags) {
    const tactic = tag
      .toLowerCase()
      .replace(/^attack\./, '')
      .replaceAll('_', '-');
    const technique = Object.hasOwn(techniqueOfTactic, tactic) ? techniqueOfTactic[tactic] : undefined;
    if (technique !== undefined) return technique;
  }
  return sigmaText.technique;
}

/** A finding of a rule; the parts are where and when it matched. */
export function draftOf(
  rule: RuleHead,
  parts: Pick<
    FindingDraft,
    'host' | 'direction' | 'peers' | 'first_seen' | 'last_seen' | 'event_count' | 'selectors' | 'detail'
  >,
): FindingDraft {
  const [peer] = parts.peers;
  return {
    detector: sigmaText.id,
    technique: techniqueOf(rule.tags),
    weight: weightOf(rule),
    peer: parts.peers.length === 1 ? (peer ?? null) : null,
    score: rounded(levelScore[rule.level] * (rule.status === 'experimental' ? 0.8 : 1)),
    caveat: sigmaText.caveat,
    ...parts,
    detail: {
      rule: rule.title,
      rule_id: rule.id,
      rule_file: rule.file,
      level: rule.level,
      status: rule.status,
      tags: rule.tags,
      ...parts.detail,
    },
  };
}
