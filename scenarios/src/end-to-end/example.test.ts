// The example that ships with the project, from the command to the verified bundle, against its true answer.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../evaluate/compare.ts';
import type { Truth } from '../truth.ts';
import { type Investigated, investigate, isReconciled, tocsin } from './tocsin.ts';

const example = fileURLToPath(new URL('../../example/', import.meta.url));
const given = { constituency: join(example, 'constituency.csv'), networks: join(example, 'networks.csv') };
const truth: Truth = JSON.parse(readFileSync(join(example, 'truth.json'), 'utf8'));

describe('the example', () => {
  let run: Investigated;
  beforeAll(async () => {
    run = await investigate([join(example, 'evidence')], given);
  });

  it('is one incident with exactly the machines and outside parties of the true answer', () => {
    const { hits, falseIncidents } = compare(truth, run.investigation);
    expect(run.investigation.incidents).toHaveLength(1);
    expect(falseIncidents).toEqual([]);
    for (const aspect of [
      'entry host',
      'any host',
      'any outside',
      'implant',
      'controller',
      'drop',
    ] as const) {
      expect({ aspect, ...hits[aspect] }).toMatchObject({ missed: [], invented: [] });
    }
  });

  it('measures the theft within a tenth, and its bounds hold the truth', () => {
    const { theft } = compare(truth, run.investigation);
    expect(theft.isInside).toBe(true);
    expect(Math.abs(theft.error ?? 1)).toBeLessThan(0.1);
  });

  it('reads every file whole', () => {
    expect(isReconciled(run.investigation)).toBe(true);
    const counted = run.investigation.evidence.map(({ path, format, rejects }) => ({
      path,
      format,
      rejects,
    }));
    expect(counted.filter(({ format, rejects }) => format === 'unknown' || rejects > 0)).toEqual([]);
    for (const { path, records } of truth.files.filter((file) => /\.log(\.gz)?$/.test(file.path))) {
      const item = run.investigation.evidence.find((entry) => path.endsWith(entry.path));
      expect({ path, events: item?.events }).toEqual({ path, events: records });
    }
  });

  it('ends with what happened and where the report lies', () => {
    expect(run.stdout).toContain('was broken into from');
    expect(run.stdout).toContain(`Report: ${join(run.out, 'report.html')}`);
  });

  it('verifies, and names what was changed in it', async () => {
    const whole = await tocsin(['verify', join(run.out, 'bundle.tocsin.zip')]);
    expect(whole.status, whole.stdout + whole.stderr).toBe(0);
    const bytes = readFileSync(join(run.out, 'bundle.tocsin.zip'));
    for (const share of [0.2, 0.5, 0.8]) {
      const changed = Buffer.from(bytes);
      const at = Math.floor(changed.length * share);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const path = join(mkdtempSync(join(tmpdir(), 'tocsin-scenario-')), 'changed.zip');
      writeFileSync(path, changed);
      const verdict = await tocsin(['verify', path]);
      expect(verdict.status).toBe(1);
      expect(verdict.stdout + verdict.stderr).toMatch(/\S/);
    }
  });

  it('gives the same bytes from the same evidence in another place and order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'));
    const entries = readdirSync(join(example, 'evidence'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(example, 'evidence').length + 1))
      .sort()
      .reverse();
    for (const path of entries) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      copyFileSync(join(example, 'evidence', path), join(folder, path));
    }
    const again = await investigate([folder], given);
    const bytesOf = (out: string) => readFileSync(join(out, 'investigation.json'), 'utf8');
    expect(bytesOf(again.out) === bytesOf(run.out)).toBe(true);
    expect(
      readFileSync(join(again.out, 'bundle.tocsin.zip')).equals(
        readFileSync(join(run.out, 'bundle.tocsin.zip')),
      ),
    ).toBe(true);
  });
});
