// Alerts and notices of other sensors (Suricata, Zeek), one finding per host of ours, direction and family.
// What the internet throws at a host is one background finding of that host, whatever the number of sources.
import { z } from 'zod';
import { byText } from '../../ground/ids.ts';
import type { Condition, EventSelector, Weight } from '../../vocabulary/finding.ts';
import { type DetectContext, defineDetector, type FindingDraft, type Parameter } from '../detector.ts';
import { timeCondition } from '../logged-target.ts';
import { type Family, families, familyNamed, internetNoise, otherFamily } from './families.ts';

const parameters = {
  family_patterns: {
    type: 'Array(String)',
    value: families.map((family) => family.pattern),
    unit: 'Hyperscan patterns',
    meaning:
      'One per family, tried against `signature | category` in lower case; the first that matches wins.',
  },
  family_names: {
    type: 'Array(String)',
    value: families.map((family) => family.name),
    unit: 'names',
    meaning: 'Names of the families, in the order of their patterns.',
  },
  other_family: {
    type: 'String',
    value: otherFamily.name,
    unit: 'name',
    meaning: 'Family of alerts that no pattern takes.',
  },
  noise_families: {
    type: 'Array(String)',
    value: [...families, otherFamily]
      .filter((family) => family.reach.inbound === 'background')
      .map((family) => family.name),
    unit: 'names',
    meaning: 'Families whose inbound alerts are pooled into one finding per host.',
  },
  noise_family: {
    type: 'String',
    value: internetNoise.name,
    unit: 'name',
    meaning: 'Name of that pool.',
  },
  answer_families: {
    type: 'Array(String)',
    value: families.filter((family) => family.firesOnAnswer).map((family) => family.name),
    unit: 'names',
    meaning: 'Families whose rules also fire on the outside answer to a conversation our host opened.',
  },
  server_ports: {
    type: 'Array(String)',
    value: ['53', '80', '443', '465', '587', '993', '1080', '4443', '8000', '8080', '8443', '8888'],
    unit: 'port numbers',
    meaning: 'Source ports that tell such an answer.',
  },
  first_client_port: {
    type: 'UInt16',
    value: 10_000,
    unit: 'port number',
    meaning: 'Lowest destination port of such an answer; ports below it are services of ours.',
  },
  occasion_s: {
    type: 'UInt32',
    value: 600,
    unit: 'seconds',
    meaning: 'Alerts within one such slot of time count as one occasion.',
  },
  incident_alerts: {
    type: 'UInt32',
    value: 2,
    unit: 'alerts of severity 1',
    meaning: 'From so many on, a family that can open an incident does.',
  },
  max_peers: { type: 'UInt32', value: 1000, unit: 'addresses', meaning: 'Other sides listed per finding.' },
  max_signatures: { type: 'UInt32', value: 500, unit: 'signatures', meaning: 'Signatures listed per group.' },
  max_groups: { type: 'UInt32', value: 5000, unit: 'groups', meaning: 'Groups judged, most severe first.' },
} satisfies Record<string, Parameter>;

const row = z.strictObject({
  host: z.string(),
  host_is_address: z.coerce.boolean(),
  direction: z.enum(['inbound', 'outbound', 'internal', 'local']),
  topic: z.string(),
  alerts: z.number(),
  severe_alerts: z.number(),
  blocked_alerts: z.number(),
  worst_severity: z.number(),
  occasions: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  peer_count: z.number(),
  peers: z.array(z.string()),
  by_signature: z.unknown(),
  signatures: z.array(z.string()),
  signature_alerts: z.array(z.number()),
  signature_count: z.number(),
  families: z.array(z.string()),
  alerts_as_src: z.number(),
});
type AlertGroup = z.infer<typeof row>;

const severityFactor: Readonly<Record<number, number>> = { 1: 1, 2: 0.7, 3: 0.45, 4: 0.3 };
/** A sensor that gives no severity (Zeek) is taken as lying between 2 and 3. */
const severityUnknown = 0.6;

/** Score of a group, 0 to 1: strength of the family, times severity, times how often it recurred. */
export function alertScore(family: Family, group: Pick<AlertGroup, 'worst_severity' | 'occasions'>): number {
  const severity = severityFactor[group.worst_severity] ?? severityUnknown;
  const recurrence = 1 - 0.3 / Math.max(1, group.occasions);
  return Math.round(family.strength * severity * recurrence * 1000) / 1000;
}

function weightOf(family: Family, group: AlertGroup, incidentAlerts: number): Weight {
  const reach = family.reach[group.direction];
  if (reach !== 'incident-when-severe') return reach;
  return group.severe_alerts >= incidentAlerts ? 'incident' : 'supporting';
}

function selectorsOf(group: AlertGroup): readonly EventSelector[] {
  const where: Condition[] = [
    timeCondition(group),
    { column: 'signature', op: 'in', values: group.signatures },
  ];
  if (!group.host_is_address) {
    where.push({ column: 'sensor', op: 'in', values: [group.host] });
    return [{ table: 'sensor_alert', where }];
  }
  const side = (own: string, other: string): EventSelector => {
    const isListed = group.peers.length > 0 && group.peers.length === group.peer_count;
    const peer: Condition[] = isListed ? [{ column: other, op: 'in', values: group.peers }] : [];
    return {
      table: 'sensor_alert',
      where: [...where, { column: own, op: 'in', values: [group.host] }, ...peer],
    };
  };
  const asSrc = group.alerts_as_src > 0 ? [side('src_ip', 'dst_ip')] : [];
  const asDst = group.alerts_as_src < group.alerts ? [side('dst_ip', 'src_ip')] : [];
  return [...asSrc, ...asDst];
}

function judgeGroup(group: AlertGroup, context: DetectContext): FindingDraft {
  const family = familyNamed(group.topic);
  const bySignature = group.signatures
    .map((signature, at) => ({ signature, alerts: group.signature_alerts[at] ?? 0 }))
    .sort((left, right) => right.alerts - left.alerts || byText(left.signature, right.signature));
  return {
    detector: 'sensor-alert',
    technique: family.technique,
    weight: weightOf(family, group, Number(context.parameters.incident_alerts)),
    direction: group.direction,
    host: group.host,
    peer: group.peer_count === 1 ? (group.peers[0] ?? null) : null,
    peers: [...group.peers].sort(byText),
    score: alertScore(family, group),
    first_seen: group.first_seen,
    last_seen: group.last_seen,
    event_count: group.alerts,
    detail: {
      family: group.topic,
      families: group.families,
      peer_count: group.peer_count,
      severe_alerts: group.severe_alerts,
      blocked_alerts: group.blocked_alerts,
      worst_severity: group.worst_severity === 0 ? null : group.worst_severity,
      occasions: group.occasions,
      signature_count: group.signature_count,
      top_signatures: bySignature.slice(0, 10).map((entry) => entry.signature),
    },
    selectors: selectorsOf(group),
    caveat,
  };
}

const caveat =
  'Repeats what another sensor said, with that sensor’s own false alarms; the rule, not the traffic, was judged. Inbound alerts say what was tried, not what happened.';

export const detector = defineDetector<AlertGroup>({
  id: 'sensor-alert',
  title: 'Alerts of other sensors',
  technique: 'T1071',
  tables: ['sensor_alert'],
  parameters,
  row,
  scoreMeaning:
    'How much the alerts say against the host itself: strength of the rule family, times severity, times recurrence. 0 is internet noise, near 1 is a severe, repeated command-and-control alert.',
  caveat,
  judge: (rows, context) => rows.map((group) => judgeGroup(group, context)),
});
