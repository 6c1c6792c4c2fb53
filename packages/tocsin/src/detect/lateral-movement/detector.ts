// Lateral movement: one of our machines administers another that nobody else administers.
import { z } from 'zod';
import type { FindingDraft } from '../../vocabulary/finding.ts';
import { defineDetector } from '../detector.ts';
import { logRamp, ramp, rounded } from '../statistics.ts';

const row = z.object({
  host: z.string(),
  target: z.string(),
  ports: z.array(z.number()),
  flows: z.number(),
  bytes_out: z.number(),
  bytes_in: z.number(),
  longest_s: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  clients: z.number(),
  reached: z.number(),
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
  tables: ['network', 'smb'],
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
    late_share: {
      type: 'Float64',
      value: 0.1,
      unit: 'share',
      meaning: 'Who first comes to a busy server after this part of the period is a newcomer.',
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
      .map((entry) => findingOf(entry, entry.clients > Number(parameters['max_clients'])))
      .filter((finding) => finding.weight === 'background' || finding.score >= 0.3),
});

function scoreOf(entry: Row): number {
  const ways = ramp(entry.ports.length, 0, 3);
  const rarity = 1 - ramp(entry.clients, 1, 4);
  const volume = logRamp(entry.bytes_out + entry.bytes_in, 10_000, 10_000_000);
  const strong = entry.calls.length > 0 || entry.files.length > 0 ? 1 : 0;
  const novelty = ramp(entry.began_after, 0, 0.1);
  return rounded(0.25 * ways + 0.2 * rarity + 0.15 * volume + 0.25 * strong + 0.15 * novelty);
}

/** @param isBusy the target serves many: the finding only links what else is found on both machines */
function findingOf(entry: Row, isBusy: boolean): FindingDraft {
  const technique = techniques.find(([port]) => entry.ports.includes(port))?.[1] ?? 'T1021';
  return {
    detector: 'lateral-movement',
    technique,
    weight: isBusy && entry.calls.length === 0 && entry.files.length === 0 ? 'background' : 'supporting',
    direction: 'internal',
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
        ],
      },
    ],
    caveat,
  };
}
