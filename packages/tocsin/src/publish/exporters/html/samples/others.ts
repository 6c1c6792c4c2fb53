// Made-up investigations of nothing, of noise only, and of several incidents.
import type { Incident } from '../../../../vocabulary/investigation.ts';
import type { Unfigured } from '../../../catalogue/tables.ts';
import { campaign } from './campaign.ts';
import { at, bare, finding } from './parts.ts';

/** No evidence, no findings, nothing. */
export function empty(): Unfigured {
  return {
    schema: 'https://tocsin.dev/schema/investigation-1',
    evidence: [],
    constituency: { source: 'assumed', organisations: [] },
    sightings: [],
    findings: [],
    incidents: [],
    limits: [],
  };
}

/** Logs were read, and only the noise of the internet was found. */
export function quiet(): Unfigured {
  const full = campaign();
  return {
    ...full,
    incidents: [],
    findings: full.findings.filter((entry) => entry.weight === 'background'),
    sightings: [],
  };
}

/** Three incidents: the campaign, one of a single minute, one that no host of ours is known of. */
export function several(): Unfigured {
  const full = campaign();
  const minute = finding(900, {
    detector: 'beacon',
    technique: 'T1071',
    host: '10.77.0.5',
    peer: '192.0.2.9',
    organisation: 'City Works',
    first_seen: at(9, '10:00:00'),
    last_seen: at(9, '10:00:42'),
  });
  const lone = finding(901, {
    detector: 'scan',
    technique: 'T1595.001',
    host: 'ws-12',
    first_seen: at(9, '10:00:00'),
  });
  const small: Incident = {
    ...bare('i-0000000000000002', 'A controlled workstation'),
    summary: ['The workstation 10.77.0.5 reported to 192.0.2.9 for less than a minute.'],
    organisation: 'City Works',
    findings: [minute.id],
    hosts: [{ ip: '10.77.0.5', role: 'implant', first_seen: minute.first_seen, findings: [minute.id] }],
    outside: [
      {
        ip: '192.0.2.9',
        role: 'controller',
        country: 'NL',
        asn: 64500,
        as_name: null,
        first_seen: minute.first_seen,
        findings: [minute.id],
      },
    ],
    timeline: [
      {
        time: minute.first_seen,
        until: minute.last_seen,
        stage: 'command-and-control',
        technique: 'T1071',
        text: 'The workstation began to report.',
        host: '10.77.0.5',
        peer: '192.0.2.9',
        finding: minute.id,
      },
    ],
  };
  return {
    ...full,
    findings: [...full.findings, minute, lone],
    incidents: [
      ...full.incidents,
      small,
      { ...bare('i-0000000000000003', 'An incident without machines'), findings: [lone.id] },
    ],
  };
}
