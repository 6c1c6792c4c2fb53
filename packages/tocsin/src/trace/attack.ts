// What a technique means for an incident: its ATT&CK tactic, and what kind of link it makes between two machines.
// https://attack.mitre.org/tactics/enterprise/
import type { Finding } from '../vocabulary/finding.ts';

/** Tactics in the order of the matrix. */
export const tactics = [
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'defense-evasion',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
] as const;
export type Tactic = (typeof tactics)[number];

/** The tactic a technique mostly serves; sub-techniques follow their technique unless named. */
const tacticOf: Readonly<Record<string, Tactic>> = {
  T1595: 'reconnaissance',
  T1133: 'initial-access',
  T1189: 'initial-access',
  T1190: 'initial-access',
  T1195: 'initial-access',
  T1078: 'initial-access',
  T1566: 'initial-access',
  T1047: 'execution',
  T1059: 'execution',
  T1072: 'execution',
  T1569: 'execution',
  T1203: 'execution',
  T1204: 'execution',
  T1505: 'persistence',
  T1136: 'persistence',
  T1053: 'persistence',
  T1098: 'persistence',
  T1543: 'persistence',
  T1546: 'persistence',
  T1547: 'persistence',
  T1068: 'privilege-escalation',
  T1134: 'privilege-escalation',
  T1548: 'privilege-escalation',
  T1027: 'defense-evasion',
  T1036: 'defense-evasion',
  T1055: 'defense-evasion',
  T1070: 'defense-evasion',
  T1112: 'defense-evasion',
  T1205: 'defense-evasion',
  T1218: 'defense-evasion',
  T1562: 'defense-evasion',
  T1564: 'defense-evasion',
  T1003: 'credential-access',
  T1110: 'credential-access',
  T1552: 'credential-access',
  T1555: 'credential-access',
  T1558: 'credential-access',
  T1046: 'discovery',
  T1018: 'discovery',
  T1021: 'lateral-movement',
  T1210: 'lateral-movement',
  T1570: 'lateral-movement',
  T1114: 'collection',
  T1560: 'collection',
  T1005: 'collection',
  T1074: 'collection',
  T1071: 'command-and-control',
  T1090: 'command-and-control',
  T1095: 'command-and-control',
  T1102: 'command-and-control',
  T1105: 'command-and-control',
  T1219: 'command-and-control',
  T1568: 'command-and-control',
  T1571: 'command-and-control',
  T1572: 'command-and-control',
  T1573: 'command-and-control',
  T1041: 'exfiltration',
  T1048: 'exfiltration',
  T1567: 'exfiltration',
  T1486: 'impact',
  T1490: 'impact',
  T1498: 'impact',
  T1496: 'impact',
};

/** The tactic of a technique id; `discovery` for one this table does not know. */
export function tacticFor(technique: string): Tactic {
  return tacticOf[technique] ?? tacticOf[technique.split('.')[0] ?? ''] ?? 'discovery';
}

export type LinkKind =
  /** Our host calls an outside address that steers it. */
  | 'control'
  /** Data leaves to an outside address. */
  | 'theft'
  /** An outside address breaks in or uses what it broke. */
  | 'intrusion'
  /** An outside address uses our host against third parties. */
  | 'steering'
  /** From one of ours to another. */
  | 'movement'
  /** From one of ours against third parties. */
  | 'attack'
  /** Says something of the host alone. */
  | 'none';

type Movement = Pick<Finding, 'technique' | 'direction' | 'peer' | 'peers' | 'weight' | 'detail'>;

/** Machines a finding of movement leads to: the one it names, or all that were reached together. */
export function reachedBy(finding: Movement): readonly string[] {
  if (linkOf(finding) !== 'movement') return [];
  if (finding.peer !== null) return [finding.peer];
  return finding.weight === 'background' ? [] : finding.peers;
}

/** Of many reached together, so many must behave anew before all of them count as taken. */
const certainShare = 0.9;

/** Machines a finding of movement shows to be taken; of many reached together all, or none when too many went on as before. */
export function movedTo(finding: Movement): readonly string[] {
  const { hosts_reached: reached, hosts_behaving_anew: anew } = finding.detail;
  const isDoubtful =
    finding.peer === null &&
    typeof reached === 'number' &&
    typeof anew === 'number' &&
    anew < reached * certainShare;
  return isDoubtful ? [] : reachedBy(finding);
}

/** The link a finding makes, by its direction and tactic. */
export function linkOf(finding: Pick<Finding, 'technique' | 'direction'>): LinkKind {
  const tactic = tacticFor(finding.technique);
  switch (finding.direction) {
    case 'outbound':
      if (tactic === 'exfiltration') return 'theft';
      if (tactic === 'command-and-control') return 'control';
      return tactic === 'reconnaissance' || tactic === 'initial-access' || tactic === 'credential-access'
        ? 'attack'
        : 'none';
    case 'inbound':
      if (tactic === 'exfiltration' || tactic === 'collection') return 'theft';
      if (tactic === 'command-and-control') return 'steering';
      return tactic === 'reconnaissance' ? 'none' : 'intrusion';
    case 'internal':
      return tactic === 'discovery' ? 'none' : 'movement';
    default:
      return 'none';
  }
}
