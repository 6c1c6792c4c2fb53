// Lateral movement: one of our machines administers another that nobody else administers.
import { z } from 'zod';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { logRamp, ramp, rounded } from '../statistics.ts';

const row = z.object({
  host: z.string(),
  target: z.string(),
  ports: z.array(z.number()),
  /** Of these, the ways the host takes by habit: to this target, or to many. */
  usual_ports: z.array(z.number()),
  flows: z.number(),
  bytes_out: z.number(),
  bytes_in: z.number(),
  /** The host belongs to another organisation of the constituency than the target. */
  is_neighbour: z.union([z.boolean(), z.number()]).transform(Boolean),
  longest_s: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  days: z.number(),
  clients: z.number(),
  /** Clients without those that only touch it or administer many. */
  users: z.number(),
  reached: z.number(),
  /** Outside addresses the host serves. */
  outsiders: z.number(),
  calls: z.array(z.string()),
  files: z.array(z.string()),
  began_after: z.number(),
});
type Row = z.infer<typeof row>;

const caveat =
  'Administrators, jump hosts and software distribution do the same by trade. It is movement of an intruder only together with what else the two machines do.';

/** ATT&CK technique of a protocol, the most telling first. */
const techniques: readonly (readonly [port: number, technique: string])[] = [
  [5985, 'T1021.006'],
  [5986, 'T1021.006'],
  [3389, 'T1021.001'],
  [5900, 'T1021.005'],
  [445, 'T1021.002'],
  [139, 'T1021.002'],
  [135, 'T1021.003'],
  [22, 'T1021.004'],
];

export const detector = defineDetector<Row>({
  id: 'lateral-movement',
  title: 'Administration of a machine by one that does not usually do so',
  technique: 'T1021',
  tables: ['network', 'smb', 'file'],
  parameters: {
    admin_ports: {
      type: 'Array(UInt16)',
      value: [22, 135, 139, 445, 3389, 5900, 5985, 5986],
      unit: 'ports',
      meaning: 'Services by which a machine is administered.',
    },
    max_clients: {
      type: 'UInt32',
      value: 3,
      unit: 'hosts',
      meaning:
        'A machine administered or used by more hosts than this is a server, and going there is its purpose.',
    },
    max_reached: {
      type: 'UInt32',
      value: 10,
      unit: 'hosts',
      meaning: 'Who administers more machines than this is not counted among the users of a target.',
    },
    min_session_bytes: {
      type: 'UInt64',
      value: 1500,
      unit: 'bytes',
      meaning: 'Average per flow below which a service was only touched, as a scanner does, not used.',
    },
    early_share: {
      type: 'Float64',
      value: 0.1,
      unit: 'share',
      meaning:
        'What was there in this first part of the period may be a habit; who comes later is a newcomer.',
    },
    min_habit_days: {
      type: 'UInt32',
      value: 3,
      unit: 'days',
      meaning: 'Least days of contact that make a habit ...',
    },
    habit_share: {
      type: 'Float64',
      value: 0.4,
      unit: 'share',
      meaning: '... and least part of the days recorded (of the period, for a trade).',
    },
    min_trade_targets: {
      type: 'UInt32',
      value: 8,
      unit: 'hosts',
      meaning: 'Machines a host returns to on so many days in one way before that way is its trade.',
    },
    interactive_ports: {
      type: 'Array(UInt16)',
      value: [22, 3389, 5900, 5985, 5986],
      unit: 'ports',
      meaning: 'Ways in by which a newcomer to a busy server is noted.',
    },
    strong_calls: {
      type: 'String',
      value:
        '(svcctl\\.(create|start|openscmanager|change)|atsvc\\.|itaskscheduler|schrpcregister|winreg\\.(create|set)|iwbemservices\\.execmethod|iremotewinspool|samr\\.setinformationuser|drsuapi\\.drsgetncchanges)',
      unit: 'regular expression',
      meaning: 'Remote calls that start a program or change a machine.',
    },
    max_rows: { type: 'UInt32', value: 5000, unit: 'rows', meaning: 'Most candidates judged.' },
  },
  row,
  scoreMeaning:
    'Number of ways used, rarity of the target as a server, volume, remote calls that start programs, novelty.',
  caveat,
  judge: (rows, { parameters }) =>
    rows
      .flatMap((entry) => {
        const finding = findingOf(entry, weightOf(entry, parameters));
        return entry.is_neighbour ? [finding, arrivalOf(finding, entry)] : [finding];
      })
      .filter((finding) => finding.weight === 'background' || finding.score >= 0.3),
});

/** 0..1: ways taken, rarity of the target as a server, volume, calls that start programs, novelty, and a source without people. */
export function scoreOf(entry: Row): number {
  const ways = ramp(entry.ports.length, 0, 3);
  const rarity = 1 - ramp(entry.users, 1, 4);
  const volume = logRamp(entry.bytes_out + entry.bytes_in, 10_000, 10_000_000);
  const strong = startsPrograms(entry) ? 1 : 0;
  const novelty = ramp(entry.began_after, 0, 0.1);
  const isUnmanned = entry.outsiders > 0 ? 0.1 : 0;
  return rounded(0.25 * ways + 0.2 * rarity + 0.15 * volume + 0.25 * strong + 0.15 * novelty + isUnmanned);
}

const startsPrograms = (entry: Pick<Row, 'calls' | 'files'>): boolean =>
  entry.calls.length > 0 || entry.files.length > 0;

/**
 * Movement is a lead; what only links the findings of two machines is background: a habit, a touch without a session, or
 * a way to a server that serves many.
 */
export function weightOf(entry: Row, parameters: Readonly<Record<string, unknown>>): FindingDraft['weight'] {
  if (startsPrograms(entry)) return 'supporting';
  if (entry.usual_ports.length === entry.ports.length) return 'background';
  const bytes = entry.bytes_out + entry.bytes_in;
  // No bytes at all: the sensor did not count them.
  if (bytes > 0 && bytes < entry.flows * Number(parameters['min_session_bytes'])) return 'background';
  return entry.users > Number(parameters['max_clients']) && entry.longest_s < 60
    ? 'background'
    : 'supporting';
}

function findingOf(entry: Row, weight: FindingDraft['weight']): FindingDraft {
  const technique = techniques.find(([port]) => entry.ports.includes(port))?.[1] ?? 'T1021';
  return {
    detector: 'lateral-movement',
    technique,
    weight,
    direction: entry.is_neighbour ? 'outbound' : 'internal',
    host: entry.host,
    peer: entry.target,
    peers: [entry.target],
    score: scoreOf(entry),
    first_seen: entry.first_seen,
    last_seen: entry.last_seen,
    event_count: entry.flows,
    detail: {
      ports: entry.ports,
      bytes_out: entry.bytes_out,
      bytes_in: entry.bytes_in,
      longest_s: Math.round(entry.longest_s),
      hosts_administering_target: entry.clients,
      targets_of_host: entry.reached,
      usual_ports: entry.usual_ports,
      days: entry.days,
      remote_calls: entry.calls,
      files: entry.files,
      began_after_share: rounded(entry.began_after),
    },
    selectors: [
      {
        table: 'network',
        where: [
          { column: 'src_ip', op: 'in', values: [entry.host] },
          { column: 'dst_ip', op: 'in', values: [entry.target] },
          { column: 'dst_port', op: 'in', values: entry.ports },
          { column: 'protocol', op: 'in', values: ['tcp'] },
        ],
      },
    ],
    caveat,
  };
}

/** The same as the target's organisation sees it: somebody comes in from a neighbour. */
function arrivalOf(finding: FindingDraft, entry: Row): FindingDraft {
  return { ...finding, direction: 'inbound', host: entry.target, peer: entry.host, peers: [entry.host] };
}
