// The cases of sensor-alert, its score, and the real capture of internet noise.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CaseRow,
  type CaseRunner,
  casesBeside,
  openCaseRunner,
  sortedFindings,
} from '../case-runner.ts';
import { alertScore, detector } from './detector.ts';
import { families, familyNamed, otherFamily } from './families.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('sensor-alert on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

describe('alertScore', () => {
  const family = familyNamed('command-and-control');
  it.each([
    ['is highest for a severe alert that recurs', { worst_severity: 1, occasions: 10 }, 0.922],
    ['is lower for a single one', { worst_severity: 1, occasions: 1 }, 0.665],
    ['falls with severity', { worst_severity: 3, occasions: 10 }, 0.415],
    ['takes a sensor without severities as middling', { worst_severity: 0, occasions: 10 }, 0.553],
  ])('%s', (_, group, score) => {
    expect(alertScore(family, group)).toBeCloseTo(score, 3);
  });

  it('never leaves 0 to 1', () => {
    for (const each of [...families, otherFamily]) {
      for (const worst_severity of [0, 1, 2, 3, 4, 9]) {
        const score = alertScore(each, { worst_severity, occasions: 1_000_000 });
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }
    }
  });
});

const capture = new URL('../../../../../../shared/evidence/suricata/eve.json', import.meta.url);
describe('a real capture of internet noise (skipped where shared/evidence is absent)', () => {
  it.skipIf(!existsSync(capture))('684 alerts onto one host are one background finding', async () => {
    const alerts = readFileSync(capture, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"event_type":"alert"'))
      .map((line, at) => alertRow(JSON.parse(line), at));
    const findings = await runner.run(detector, {
      tables: { sensor_alert: alerts },
      constituency: ['192.168.0.0/16'],
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      host: '192.168.1.129',
      weight: 'background',
      direction: 'inbound',
      event_count: 684,
    });
    expect(findings[0]?.peers.length).toBe(new Set(alerts.map((alert) => alert.src_ip)).size);
  });
});

interface EveAlert {
  readonly timestamp: string;
  readonly src_ip: string;
  readonly src_port?: number;
  readonly dest_ip: string;
  readonly dest_port?: number;
  readonly alert: { readonly signature: string; readonly category: string; readonly severity: number };
}

function alertRow(eve: EveAlert, at: number): CaseRow {
  return {
    time: `${eve.timestamp.slice(0, 26)}Z`,
    evidence_id: 'e-eve',
    record: at + 1,
    src_ip: eve.src_ip,
    src_port: eve.src_port ?? 0,
    dst_ip: eve.dest_ip,
    dst_port: eve.dest_port ?? 0,
    signature: eve.alert.signature,
    category: eve.alert.category,
    severity: eve.alert.severity,
  };
}
