// A made-up investigation in which every text that can come from evidence or from a name is hostile.
import type { Incident } from '../../../../vocabulary/investigation.ts';
import type { Unfigured } from '../../../catalogue/tables.ts';
import { empty } from './others.ts';
import { at, bare, finding, item } from './parts.ts';

/** Text that tries to be markup, to reorder what is read, to break out of attributes, or to be endless. */
export const hostileTexts = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style></title></svg><iframe src=//evil.example>',
  'safe\u202egnp.exe',
  'zero\u200bwidth\u2066isolate\u0000nul\u001b[31mred',
  'a lone \ud800 surrogate',
  '{figure:evidence.records} ]]> <!-- ',
  `/${'%2e%2e/'.repeat(1500)}etc/passwd`,
] as const;

/** Every text that can come from evidence or from a name is hostile. */
export function hostile(): Unfigured {
  const text = (at: number) => hostileTexts[at % hostileTexts.length] ?? '';
  const findings = hostileTexts.map((value, index) =>
    finding(index, {
      detector: index % 2 === 0 ? 'webshell' : '"<odd>',
      technique: text(index),
      host: value,
      peer: text(index + 1),
      peers: [...hostileTexts],
      organisation: value,
      first_seen: at(4, '10:00:00'),
      caveat: value,
      detail: { [value.slice(0, 60)]: value, uri: value, ports: [1, 2], names: [...hostileTexts] },
    }),
  );
  const incident: Incident = {
    ...bare('i-00000000000000ff', text(0)),
    summary: [...hostileTexts],
    organisation: text(1),
    sector: text(2),
    findings: findings.map((entry) => entry.id),
    entry: { host: text(0), from: text(4), time: at(4, '10:00:00'), technique: 'T1190' },
    hosts: hostileTexts.map((ip, index) => ({
      ip,
      role: index % 2 === 0 ? 'entry' : 'implant',
      first_seen: at(4, '10:00:00'),
      findings: [findings[index]?.id ?? ''],
    })),
    outside: hostileTexts.map((value) => ({
      ip: `${value}!`,
      role: 'controller',
      country: value,
      asn: 64500,
      as_name: value,
      first_seen: at(4, '10:00:00'),
      findings: [],
    })),
    stages: [
      {
        tactic: '<b>made up</b>',
        techniques: [...hostileTexts],
        first_seen: at(4, '10:00:00'),
        last_seen: at(4, '10:00:00'),
        findings: [],
      },
    ],
    timeline: hostileTexts.map((value, index) => ({
      time: at(4, '10:00:00'),
      until: at(4, '10:00:01'),
      stage: index % 2 === 0 ? '<b>made up</b>' : 'execution',
      technique: value,
      text: value,
      host: value,
      peer: text(index + 1),
      finding: findings[index]?.id ?? '',
    })),
    edges: hostileTexts.map((value) => ({
      from: value,
      to: `${text(0)}!`,
      kind: 'control',
      flows: 1,
      bytes_out: 2,
      bytes_in: 3,
      first_seen: at(4, '10:00:00'),
      last_seen: at(4, '10:00:00'),
      ports: [443],
    })),
    theft: {
      minimum_bytes: 0,
      best_bytes: 0,
      maximum_bytes: 0,
      to: [{ ip: `${text(0)}!`, bytes: 0 }],
      ledger: [],
      files: [...hostileTexts],
      rules: { minimum: text(0), best: text(1), maximum: text(2) },
    },
  };
  return {
    ...empty(),
    evidence: hostileTexts.map((path, index) =>
      item(
        path,
        { events: 1, rejects: 1 },
        {
          format: text(index),
          note: path,
          container: path,
          rejected: [{ code: path, reason: path, count: 1, first_record: 1 }],
          assumptions: [{ about: path, value: path, text: path }],
        },
      ),
    ),
    constituency: {
      source: 'file',
      organisations: hostileTexts.map((value) => ({ organisation: value, sector: value, prefixes: [value] })),
    },
    sightings: [{ sensors: [text(0), text(5)], flows: 1, clock_offset_s: -0.000_000_1 }],
    findings,
    incidents: [incident],
    limits: [...hostileTexts],
  };
}
