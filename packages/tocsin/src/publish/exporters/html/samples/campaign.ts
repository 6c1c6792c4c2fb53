// A made-up campaign of eleven days: a web server breached, an update server abused, hundreds of implants, data taken.
import { sha256 } from '../../../../ground/ids.ts';
import type { Finding } from '../../../../vocabulary/finding.ts';
import type { HostRole, Incident, OutsideRole } from '../../../../vocabulary/investigation.ts';
import type { Unfigured } from '../../../catalogue/tables.ts';
import { at, finding, item } from './parts.ts';
import { sampleRhythm } from './rhythm.ts';

const incidentId = 'i-5f1c2d9a77b0e3c4';
const hop = '203.0.113.24';
const controllers = ['198.51.100.7', '198.51.100.61', '2001:db8:40:1::5'] as const;
const drops = ['192.0.2.80', '192.0.2.143'] as const;
const web = '10.20.1.10';
const update = '10.20.3.3';
const fileServer = '10.20.4.21';
const implants = Array.from(
  { length: 240 },
  (_, index) => `10.20.${16 + Math.floor(index / 120)}.${10 + (index % 120)}`,
);
const targets = Array.from({ length: 42 }, (_, index) => `203.0.113.${100 + index}`);

/** The campaign. */
export function campaign(): Unfigured {
  const joined = campaignFindings();
  const background = Array.from({ length: 110 }, (_, index) =>
    finding(1000 + index, {
      detector: index % 4 === 0 ? 'web-exploit' : 'scan',
      technique: index % 4 === 0 ? 'T1190' : 'T1595.001',
      weight: 'background',
      direction: 'inbound',
      host: `10.20.1.${10 + (index % 6)}`,
      peer: `198.51.100.${100 + index}`,
      first_seen: at(3 + (index % 11), `${String(index % 24).padStart(2, '0')}:10:00`),
      score: 0.1,
    }),
  );
  const id = (detector: string) =>
    joined.filter((entry) => entry.detector === detector).map((entry) => entry.id);
  const stage = (
    tactic: string,
    techniques: readonly string[],
    ids: readonly string[],
    from: string,
    to: string,
  ) => ({
    tactic,
    techniques,
    first_seen: from,
    last_seen: to,
    findings: ids,
  });
  const ledger = [4, 5, 6, 8, 9, 10, 11, 12, 13].flatMap((day, index) =>
    drops.flatMap((destination, which) =>
      which === 1 && index < 4
        ? []
        : [
            {
              victim: which === 0 ? fileServer : update,
              destination,
              day: `2024-03-${String(day).padStart(2, '0')}`,
              minimum_bytes: 380_000_000 * (index + 1) + 11 * day,
              best_bytes: 402_000_000 * (index + 1) + 17 * day,
              maximum_bytes: 455_000_000 * (index + 1) + 23 * day,
              flows: 6 + index,
            },
          ],
    ),
  );
  const total = (pick: (row: (typeof ledger)[number]) => number) =>
    ledger.reduce((sum, row) => sum + pick(row), 0);
  const host = (ip: string, role: HostRole, first: string, findings: readonly string[]) => ({
    ip,
    role,
    first_seen: first,
    findings,
  });
  const outside = (
    ip: string,
    role: OutsideRole,
    country: string | null,
    asn: number | null,
    name: string | null,
    first: string,
    findings: readonly string[],
  ) => ({
    ip,
    role,
    country,
    asn,
    as_name: name,
    first_seen: first,
    findings,
  });
  const edge = (
    from: string,
    to: string,
    kind: Incident['edges'][number]['kind'],
    flows: number,
    bytes: readonly [number, number],
    ports: readonly number[],
  ) => ({
    from,
    to,
    kind,
    flows,
    bytes_out: bytes[0],
    bytes_in: bytes[1],
    first_seen: at(3, '22:31:09'),
    last_seen: at(14, '04:58:40'),
    ports,
  });
  const incident: Incident = {
    id: incidentId,
    title: `Data theft through the update server ${update}, steered from outside`,
    summary: [
      `An intruder came in through the web server ${web} from ${hop} on 3 March 2024 and left a web shell there.`,
      `From it the update server ${update} was taken over and {figure:incident.${incidentId}.hosts.implant} machines were given an implant that reports to {figure:incident.${incidentId}.outside.controller} controllers.`,
      `Over {figure:incident.${incidentId}.theft.days} days {figure:incident.${incidentId}.theft.best} left for {figure:incident.${incidentId}.theft.destinations} outside addresses; one of our machines was also used to attack others.`,
    ],
    organisation: 'Institute for Advanced Materials',
    sector: 'research',
    first_seen: at(3, '22:31:09'),
    last_seen: at(14, '04:58:40'),
    findings: joined.map((entry) => entry.id),
    entry: { host: web, from: hop, time: at(3, '22:31:09'), technique: 'T1190' },
    hosts: [
      host(web, 'entry', at(3, '22:31:09'), [...id('web-exploit'), ...id('webshell')]),
      host(update, 'pivot', at(3, '23:50:00'), id('lateral-movement').slice(0, 3)),
      host(fileServer, 'foothold', at(4, '00:12:00'), id('lateral-movement').slice(1, 4)),
      host('10.20.4.22', 'foothold', at(4, '00:19:00'), id('lateral-movement').slice(2, 4)),
      host('10.20.9.9', 'relay', at(6, '12:00:00'), id('scan').slice(0, 2)),
      ...implants.map((ip, index) =>
        host(
          ip,
          'implant',
          at(5, `0${2 + Math.floor(index / 100)}:${String(index % 60).padStart(2, '0')}:30`),
          id('beacon').slice(index, index + 1),
        ),
      ),
    ],
    outside: [
      outside(
        controllers[0],
        'controller',
        'NL',
        64500,
        'EXAMPLE-HOSTING Rack 7',
        at(5, '02:00:30'),
        id('beacon').slice(0, 9),
      ),
      outside(
        controllers[1],
        'controller',
        'US',
        64511,
        'DOC-CLOUD',
        at(5, '02:01:30'),
        id('beacon').slice(0, 9),
      ),
      outside(controllers[2], 'controller', null, null, null, at(7, '11:01:30'), id('beacon').slice(9, 12)),
      outside(hop, 'hop', 'BR', 64496, 'Provedor de Exemplo', at(3, '22:31:09'), id('web-exploit')),
      outside(drops[0], 'drop', 'SG', 64499, 'SAMPLE-STORAGE', at(4, '02:00:00'), id('exfiltration')),
      outside(drops[1], 'drop', 'DE', 64501, 'Beispielnetz', at(9, '02:00:00'), id('exfiltration').slice(3)),
      ...targets.map((ip) =>
        outside(ip, 'target', 'FR', 64502, 'EXEMPLE', at(6, '12:00:00'), id('scan').slice(0, 1)),
      ),
    ],
    stages: [
      stage('initial-access', ['T1190'], id('web-exploit'), at(3, '22:31:09'), at(3, '22:58:00')),
      stage('persistence', ['T1505.003'], id('webshell'), at(3, '22:44:00'), at(13, '01:00:00')),
      stage(
        'lateral-movement',
        ['T1021.002', 'T1072'],
        id('lateral-movement'),
        at(3, '23:50:00'),
        at(5, '04:10:00'),
      ),
      stage('command-and-control', ['T1071', 'T1572'], id('beacon'), at(5, '02:00:30'), at(14, '04:58:40')),
      stage('exfiltration', ['T1048'], id('exfiltration'), at(4, '02:00:00'), at(13, '05:00:00')),
      stage('impact', ['T1595.001', 'T9999'], id('scan'), at(6, '12:00:00'), at(6, '19:00:00')),
    ],
    timeline: joined.map((entry) => ({
      time: entry.first_seen,
      until: entry.last_seen,
      stage: stageOf(entry.detector),
      technique: entry.technique,
      text: sentences[entry.detector]?.(entry) ?? 'Something was seen.',
      host: entry.host,
      peer: entry.peer,
      finding: entry.id,
    })),
    edges: [
      edge(hop, web, 'intrusion', 418, [2_400_000, 9_100_000], [80, 443]),
      edge(web, update, 'movement', 12, [88_000_000, 1_200_000], [445, 5985]),
      edge(update, fileServer, 'movement', 9, [4_000_000, 11_800_000_000], [445]),
      edge(update, '10.20.4.22', 'movement', 3, [1_000_000, 800_000], [135, 445]),
      edge(web, controllers[2], 'control', 300, [41_000_000, 72_000_000], [443]),
      ...implants.flatMap((ip, index) => [
        edge(update, ip, 'movement', 2, [6_300_000, 40_000], [445]),
        edge(
          ip,
          index % 2 === 0 || index > 30 ? controllers[0] : controllers[1],
          'control',
          700 + index,
          [9_000_000, 4_000_000],
          [443],
        ),
      ]),
      edge(
        fileServer,
        drops[0],
        'theft',
        90,
        [total((row) => (row.destination === drops[0] ? row.best_bytes : 0)), 60_000_000],
        [443],
      ),
      edge(
        update,
        drops[1],
        'theft',
        50,
        [total((row) => (row.destination === drops[1] ? row.best_bytes : 0)), 20_000_000],
        [8443],
      ),
      edge(controllers[2], '10.20.9.9', 'control', 44, [5_000_000, 3_000_000], [22]),
      ...targets.map((ip) => edge('10.20.9.9', ip, 'attack', 90, [100_000, 8_000], [22, 3389])),
    ],
    theft: {
      minimum_bytes: total((row) => row.minimum_bytes),
      best_bytes: total((row) => row.best_bytes),
      maximum_bytes: total((row) => row.maximum_bytes),
      to: drops.map((ip) => ({ ip, bytes: total((row) => (row.destination === ip ? row.best_bytes : 0)) })),
      ledger,
      files: [
        'alloys/2024/Patent draft – final (3).docx',
        'alloys/creep_tests_600C.xlsx',
        'hr/contracts.zip',
        ...Array.from({ length: 20 }, (_, index) => `cad/turbine_blade_rev${index + 1}.stp`),
      ],
      rules: {
        minimum: 'Payload of flows to destinations that at least two detectors name, seen complete.',
        best: 'Payload of all flows to these destinations in the direction out, doubly seen flows once.',
        maximum: 'The same with headers and cut-off flows, as bytes on the wire.',
      },
    },
    rhythm: sampleRhythm(),
    relays: [],
    chains: [],
  };
  return {
    schema: 'https://tocsin.dev/schema/investigation-1',
    evidence: [
      item('border/conn.2024-03.log.gz', { events: 1_204_331, headers: 9 }, { compression: 'gzip' }),
      item('border/http.2024-03.log', { events: 310_022, rejects: 14, headers: 9 }),
      item('core/conn.log', { events: 884_120, headers: 9 }),
      item(
        'web01/access.log',
        { events: 90_310, rejects: 3 },
        {
          format: 'access-log',
          assumptions: [
            {
              about: 'zone',
              value: '+00:00',
              text: 'The log names no zone; UTC was taken. Set another with --zone.',
            },
          ],
        },
      ),
      item('mail.zip', { events: 0 }, { format: 'archive', compression: 'zip' }),
      item(
        'mail.zip/tracking.csv',
        { events: 4_020, headers: 1 },
        { container: 'mail.zip', format: 'generic' },
      ),
      item(
        'notes/readme.docx',
        { events: 0 },
        { format: 'unknown', note: 'No format was recognised in its content.' },
      ),
      item(
        'border/conn.copy.log',
        { events: 0 },
        {
          duplicate_of: `e-${sha256('core/conn.log').slice(0, 16)}`,
          id: `e-${sha256('core/conn.log').slice(0, 16)}`,
          sha256: sha256('core/conn.log'),
        },
      ),
    ],
    constituency: {
      source: 'file',
      organisations: [
        {
          organisation: 'Institute for Advanced Materials',
          sector: 'research',
          prefixes: ['10.20.0.0/16', '2001:db8:aaaa::/48'],
        },
      ],
    },
    sightings: [{ sensors: ['border', 'core'], flows: 1804, clock_offset_s: 2.514_031 }],
    findings: [...joined, ...background].sort((left, right) =>
      left.first_seen < right.first_seen
        ? -1
        : left.first_seen > right.first_seen
          ? 1
          : left.id < right.id
            ? -1
            : 1,
    ),
    incidents: [incident],
    limits: [
      'Traffic inside the office network passes no sensor, so movement there shows only in part.',
      'The content of encrypted sessions was not seen.',
    ],
  };
}

const sentences: Readonly<Record<string, (entry: Finding) => string>> = {
  'web-exploit': (entry) => `An attack on the web application of ${entry.host} was answered unlike others.`,
  webshell: (entry) => `A script on ${entry.host} was called by one outside address only.`,
  'lateral-movement': (entry) =>
    `${entry.host} wrote to the administrative share of ${entry.peer ?? 'another machine'} and started a service.`,
  beacon: (entry) => `${entry.host} began to report to ${entry.peer ?? 'outside'} at regular intervals.`,
  exfiltration: (entry) => `${entry.host} sent far more than usual to ${entry.peer ?? 'outside'}.`,
  scan: (entry) => `${entry.host} tried the remote logins of many outside addresses.`,
};

function stageOf(detector: string): string {
  const stages: Readonly<Record<string, string>> = {
    'web-exploit': 'initial-access',
    webshell: 'persistence',
    'lateral-movement': 'lateral-movement',
    beacon: 'command-and-control',
    exfiltration: 'exfiltration',
    scan: 'impact',
  };
  return stages[detector] ?? 'execution';
}

function campaignFindings(): readonly Finding[] {
  return [
    finding(1, {
      detector: 'web-exploit',
      technique: 'T1190',
      direction: 'inbound',
      host: web,
      peer: hop,
      first_seen: at(3, '22:31:09'),
      last_seen: at(3, '22:58:00'),
      score: 0.91,
    }),
    finding(2, {
      detector: 'webshell',
      technique: 'T1505.003',
      direction: 'inbound',
      host: web,
      peer: hop,
      first_seen: at(3, '22:44:00'),
      last_seen: at(13, '01:00:00'),
      score: 0.88,
      detail: { path: '/upload/../images/.thumb.aspx' },
    }),
    finding(3, {
      detector: 'lateral-movement',
      technique: 'T1021.002',
      direction: 'internal',
      host: web,
      peer: update,
      first_seen: at(3, '23:50:00'),
      last_seen: at(4, '00:05:00'),
    }),
    finding(4, {
      detector: 'lateral-movement',
      technique: 'T1021.002',
      direction: 'internal',
      host: update,
      peer: fileServer,
      first_seen: at(4, '00:12:00'),
      last_seen: at(4, '00:44:00'),
    }),
    finding(5, {
      detector: 'lateral-movement',
      technique: 'T1021.002',
      direction: 'internal',
      host: update,
      peer: '10.20.4.22',
      first_seen: at(4, '00:19:00'),
      last_seen: at(4, '00:21:00'),
    }),
    finding(6, {
      detector: 'lateral-movement',
      technique: 'T1072',
      direction: 'internal',
      host: update,
      peers: implants,
      first_seen: at(5, '01:58:00'),
      last_seen: at(5, '04:10:00'),
      score: 0.97,
      event_count: 480,
    }),
    ...implants.map((ip, index) =>
      finding(100 + index, {
        detector: 'beacon',
        technique: index % 9 === 0 ? 'T1572' : 'T1071',
        host: ip,
        peer: index % 2 === 0 || index > 30 ? controllers[0] : controllers[1],
        first_seen: at(5, `0${2 + Math.floor(index / 100)}:${String(index % 60).padStart(2, '0')}:30`),
        last_seen: at(14, '04:58:40'),
      }),
    ),
    ...[4, 5, 6, 8, 9, 10, 11, 12, 13].map((day, index) =>
      finding(500 + index, {
        detector: 'exfiltration',
        technique: 'T1048',
        host: index < 5 ? fileServer : update,
        peer: drops[index < 5 ? 0 : 1],
        first_seen: at(day, '02:00:00'),
        last_seen: at(day, '05:00:00'),
      }),
    ),
    ...Array.from({ length: 12 }, (_, index) =>
      finding(600 + index, {
        detector: 'scan',
        technique: 'T1595.001',
        weight: 'supporting',
        host: '10.20.9.9',
        peers: targets,
        first_seen: at(6, `1${Math.floor(index / 2)}:${index % 2 === 0 ? '00' : '30'}:00`),
        last_seen: at(6, `1${Math.floor(index / 2)}:${index % 2 === 0 ? '20' : '55'}:00`),
      }),
    ),
    ...Array.from({ length: 20 }, (_, index) =>
      finding(700 + index, {
        detector: 'lateral-movement',
        technique: 'T1021.002',
        weight: 'supporting',
        direction: 'internal',
        host: implants[index] ?? web,
        peer: implants[index + 1] ?? web,
        first_seen: at(7, `0${index % 9}:00:00`),
        last_seen: at(7, `0${index % 9}:30:00`),
      }),
    ),
  ];
}
