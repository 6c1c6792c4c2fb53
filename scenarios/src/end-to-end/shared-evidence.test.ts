// Real captures that nobody here wrote, with what is known of them. They lie beside the project, not in it; where they
// are absent these tests are skipped and say so.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Investigated, investigate, isReconciled, tocsin } from './tocsin.ts';

const evidence = fileURLToPath(new URL('../../../../shared/evidence/', import.meta.url));
const isHere = existsSync(evidence);
const folder = (name: string) => join(evidence, name);

function constituency(cidr: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'tocsin-scenario-')), 'constituency.csv');
  writeFileSync(path, `organisation,sector,cidr,contact\nThe organisation,test,${cidr},cert@example.org\n`);
  return path;
}

describe.skipIf(!isHere)('real captures (../shared/evidence)', () => {
  describe('an intrusion seen by two sensors', () => {
    let run: Investigated;
    beforeAll(async () => {
      run = await investigate([folder('apt29-day1')], { constituency: constituency('10.0.0.0/16') });
    });

    it('is one incident: steered from outside, moved inside, and data taken', () => {
      const [incident, ...others] = run.investigation.incidents;
      expect(others).toEqual([]);
      expect(incident?.outside).toContainEqual(
        expect.objectContaining({ ip: '192.168.0.5', role: 'controller' }),
      );
      expect(incident?.outside).toContainEqual(expect.objectContaining({ ip: '192.168.0.4' }));
      expect(incident?.edges).toContainEqual(
        expect.objectContaining({ from: '10.0.1.4', to: '10.0.1.6', kind: 'movement' }),
      );
      expect(incident?.hosts.map(({ ip }) => ip).sort()).toEqual(['10.0.1.4', '10.0.1.6']);
    });

    it('puts control before movement before theft', () => {
      const [incident] = run.investigation.incidents;
      const began = (from: string, to: string) =>
        incident?.edges.find((edge) => edge.from === from && edge.to === to)?.first_seen ?? '';
      expect(began('10.0.1.4', '192.168.0.5') < began('10.0.1.4', '10.0.1.6')).toBe(true);
      expect(incident?.timeline.map(({ time }) => time)).toEqual(
        incident?.timeline.map(({ time }) => time).toSorted(),
      );
    });

    it('bounds the theft around what is known to have left', () => {
      const theft = run.investigation.incidents[0]?.theft;
      const known = 2_187_099;
      expect(theft?.minimum_bytes).toBeLessThanOrEqual(known);
      expect(theft?.maximum_bytes).toBeGreaterThanOrEqual(known);
      expect(Math.abs((theft?.best_bytes ?? 0) / known - 1)).toBeLessThan(0.15);
    });

    it('counts flows that both sensors saw once', () => {
      expect(run.investigation.sightings).toHaveLength(1);
      const edge = run.investigation.incidents[0]?.edges.find(({ to }) => to === '10.0.1.6');
      const sum = (edge?.bytes_out ?? 0) + (edge?.bytes_in ?? 0);
      expect(sum).toBeGreaterThan(4_842_935);
      expect(sum).toBeLessThan(2 * 4_842_935);
    });

    it('verifies', async () => {
      const verdict = await tocsin(['verify', join(run.out, 'bundle.tocsin.zip')]);
      expect(verdict.status, verdict.stdout).toBe(0);
    });
  });

  it('names the one controller of a remote-access trojan and none of the benign peers', async () => {
    const { investigation } = await investigate([folder('ctu-sme-11')], {
      constituency: constituency('192.168.1.0/24'),
    });
    const outside = investigation.incidents.flatMap((incident) => incident.outside.map(({ ip }) => ip));
    expect(outside).toEqual(['66.63.168.35']);
    expect(isReconciled(investigation)).toBe(true);
  });

  it('sees that an attack on a Java server succeeded, by the shells that the server then started', async () => {
    const { investigation } = await investigate([folder('log4shell')]);
    const shells = investigation.findings.filter(({ detector }) => detector === 'service-shell');
    expect(shells.map(({ host, weight }) => [host, weight])).toEqual([
      ['UBUNTU5', 'incident'],
      ['WORKSTATION5', 'incident'],
    ]);
    expect(shells.map(({ detail }) => detail['addresses_named'])).toEqual([['192.168.2.6'], ['192.168.3.5']]);
    expect(investigation.incidents.map(({ entry }) => entry?.host)).toEqual(['UBUNTU5', 'WORKSTATION5']);
    expect(isReconciled(investigation)).toBe(true);
  });

  it('makes no incident of intrusion alerts from all over the internet', async () => {
    const { investigation } = await investigate([folder('suricata')], {
      constituency: constituency('192.168.1.0/24'),
    });
    expect(investigation.incidents.flatMap((incident) => incident.outside).length).toBeLessThan(5);
    expect(investigation.evidence[0]?.events).toBe(1489);
    expect(isReconciled(investigation)).toBe(true);
  });

  it.each([
    ['horizontal', 'T1046'],
    ['vertical', 'T1046'],
  ])('finds the %s scan', async (name) => {
    const { investigation } = await investigate([folder(`scan/${name}`)]);
    expect(investigation.findings.filter(({ detector }) => detector === 'scan')).toHaveLength(1);
    expect(isReconciled(investigation)).toBe(true);
  });

  it('finds who guessed passwords in an sshd log without year or zone, and says what it assumed', async () => {
    const { investigation } = await investigate([folder('ssh')]);
    const guessing = investigation.findings.filter(({ detector }) => detector === 'brute-force');
    expect(guessing.flatMap(({ peers }) => peers)).toEqual(
      expect.arrayContaining(['183.62.140.253', '103.99.0.122']),
    );
    expect(investigation.evidence[0]?.assumptions.map(({ about }) => about).sort()).toEqual(
      expect.arrayContaining(['year', 'zone']),
    );
    expect(investigation.incidents).toEqual([]);
  });

  it.each(['windows', 'log4shell', 'mixed-capture'])('reads %s whole', async (name) => {
    const { investigation } = await investigate([folder(name)]);
    expect(isReconciled(investigation)).toBe(true);
    expect(investigation.evidence.reduce((sum, item) => sum + item.events, 0)).toBeGreaterThan(0);
  });
});
