// Investigations for the tests of exchange formats: those of the report's tests, the same redacted, and a small one with
// a relay, a steered neighbour, a listed address and two organisations.

import type { Investigation } from '../../vocabulary/investigation.ts';
import type { Unfigured } from '../catalogue/tables.ts';
import { campaign } from '../exporters/html/samples/campaign.ts';
import { withFigures } from '../exporters/html/samples/figures.ts';
import { hostile } from '../exporters/html/samples/hostile.ts';
import { empty, quiet, several } from '../exporters/html/samples/others.ts';
import { at, bare, finding } from '../exporters/html/samples/parts.ts';
import { type Policy, policyOf, type TlpLabel } from '../redact/policy.ts';
import { ordered, pseudonymsOf, redacted } from '../redact/redaction.ts';
import type { ExportSettings } from './exporter.ts';
import { publisherOf } from './publisher.ts';

export const publisher = publisherOf(
  'name: CERT of Nowhere\nnamespace: https://cert.example\ncontact: cert@cert.example\ncsaf_url: https://cert.example/csaf/\n',
  'publisher.yaml',
);

export const settings = (tlp: TlpLabel = 'GREEN', more: Partial<ExportSettings> = {}): ExportSettings => ({
  tlp,
  publisher,
  ...more,
});

/** A relay of City Works, steered by an outsider and by a machine of Lakeside, which attacks a third party. */
export function neighbours(): Unfigured {
  const relay = finding(1, {
    detector: 'relay',
    technique: 'T1090',
    direction: 'inbound',
    host: '203.0.113.9',
    peer: '198.51.100.4',
    peers: ['198.51.100.4', '203.0.113.77'],
    first_seen: at(5, '01:00:00'),
    last_seen: at(6, '02:00:00'),
    score: 0.91,
    organisation: 'City Works',
  });
  const listed = finding(2, {
    detector: 'indicator-match',
    technique: 'T1071',
    host: '203.0.113.9',
    peer: '198.51.100.200',
    first_seen: at(5, '03:00:00'),
    detail: { listed_record: 4, listings: 1 },
  });
  const tunnel = finding(3, {
    detector: 'dns-tunnel',
    technique: 'T1071.004',
    host: '203.0.113.9',
    first_seen: at(5, '04:00:00'),
    detail: { domain: 'Tunnel-Site.example' },
    score: 0.7,
  });
  const shell = finding(4, {
    detector: 'webshell',
    technique: 'T1505.003',
    host: '203.0.113.9',
    first_seen: at(5, '04:00:00'),
    detail: { path: "/a'b\\c.php" },
    score: 0.8,
  });
  const outside = (
    ip: string,
    role: 'controller' | 'hop' | 'drop' | 'target',
    findings: readonly string[],
  ) => ({
    ip,
    role,
    country: 'NL',
    asn: 64_500,
    as_name: 'EXAMPLE',
    first_seen: at(5, '01:00:00'),
    findings,
  });
  return {
    ...empty(),
    constituency: {
      source: 'file',
      organisations: [
        { organisation: 'City Works', sector: 'local government', prefixes: ['203.0.113.0/28'] },
        { organisation: 'Lakeside', sector: 'energy', prefixes: ['203.0.113.64/27'] },
      ],
    },
    findings: [relay, listed, tunnel, shell],
    incidents: [
      {
        ...bare('i-00000000000000aa', 'A hijacked machine of City Works'),
        summary: ['The machine 203.0.113.9 was steered from 198.51.100.4 against 192.0.2.50.'],
        organisation: 'City Works',
        sector: 'local government',
        first_seen: at(5, '01:00:00'),
        last_seen: at(6, '02:00:00'),
        findings: [relay.id, listed.id, tunnel.id, shell.id],
        hosts: [{ ip: '203.0.113.9', role: 'relay', first_seen: at(5, '01:00:00'), findings: [relay.id] }],
        outside: [
          outside('198.51.100.4', 'controller', [relay.id]),
          outside('203.0.113.77', 'controller', [relay.id]),
          outside('198.51.100.200', 'controller', [listed.id]),
          outside('192.0.2.50', 'target', [relay.id]),
          outside('192.168.7.7', 'hop', [relay.id]),
          outside('files.example', 'drop', [relay.id]),
        ],
        stages: [
          {
            tactic: 'command-and-control',
            techniques: ['T1090', 'T1071.004', 'T9999.999', 'made up'],
            first_seen: at(5, '01:00:00'),
            last_seen: at(6, '02:00:00'),
            findings: [relay.id, tunnel.id],
          },
        ],
        edges: [
          {
            from: '198.51.100.4',
            to: '203.0.113.9',
            kind: 'intrusion',
            flows: 7,
            bytes_out: 100,
            bytes_in: 200,
            first_seen: at(5, '01:00:00'),
            last_seen: at(5, '02:00:00'),
            ports: [22],
          },
          {
            from: '203.0.113.9',
            to: '192.0.2.50',
            kind: 'attack',
            flows: 9,
            bytes_out: 100,
            bytes_in: 200,
            first_seen: at(5, '01:30:00'),
            last_seen: at(5, '02:00:00'),
            ports: [22, 445],
          },
        ],
        relays: [
          {
            host: '203.0.113.9',
            controllers: ['198.51.100.4', '203.0.113.77'],
            targets: ['192.0.2.50'],
            p: 0.001,
            signals: ['abuse'],
          },
        ],
        chains: [
          {
            score: 0.5,
            hops: [
              {
                ip: '198.51.100.4',
                role: 'controller',
                from: at(5, '01:00:00'),
                to: at(5, '02:00:00'),
                score: 1,
                reasons: [],
              },
              {
                ip: '203.0.113.9',
                role: 'relay',
                from: at(5, '01:00:00'),
                to: at(5, '02:00:00'),
                score: 1,
                reasons: [],
              },
            ],
          },
        ],
      },
    ],
    limits: ['What is not in the evidence cannot be seen.'],
  };
}

const hiding: Policy = policyOf('tlp: GREEN\n', 'policy.yaml');
export const secretPolicy: Policy = policyOf('tlp: GREEN\noutside: pseudonym\n', 'policy.yaml');

/** As a publication shows it. */
export function published(sample: Unfigured, policy: Policy = hiding): Investigation {
  const names = pseudonymsOf(policy, withFigures(sample), new Uint8Array(32).fill(7));
  return withFigures(ordered(redacted(sample, policy, names), policy));
}

/** Every sample by name. */
export const samples: readonly (readonly [string, Investigation])[] = [
  ['a campaign', withFigures(campaign())],
  ['a campaign, redacted', published(campaign())],
  ['a campaign, redacted inside and outside', published(campaign(), secretPolicy)],
  ['nothing at all', withFigures(empty())],
  ['no incident', withFigures(quiet())],
  ['several incidents', withFigures(several())],
  ['several incidents, redacted', published(several())],
  ['neighbours', withFigures(neighbours())],
  ['neighbours, redacted', published(neighbours())],
  ['hostile texts', withFigures(hostile())],
];

/** The sample of a name. */
export function sampleNamed(name: string): Investigation {
  const found = samples.find(([known]) => known === name);
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found[1];
}
