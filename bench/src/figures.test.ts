// What the benchmark concludes from its measurements, and that it measures the same flows each time.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exponentOf, markdownTable, median } from './figures.ts';
import { tsvColumns, writeFlows } from './flows.ts';

const home = mkdtempSync(join(tmpdir(), 'bench-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the exponent of growth', () => {
  it.each([
    ['1 where twice the rows take twice the time', 1],
    ['2 where twice the rows take four times the time', 2],
    ['0 where the rows do not matter', 0],
  ])('is %s', (_, power) => {
    const points = [1e6, 3e6, 1e7].map((rows) => ({ rows, seconds: 3 * rows ** power }));
    expect(exponentOf(points)).toBeCloseTo(power, 9);
  });
  it('is unknown of one size', () => {
    expect(exponentOf([{ rows: 1e6, seconds: 2 }])).toBeNaN();
  });
});

it('takes the middle of several runs', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('aligns a table', () => {
  expect(markdownTable(['what', 'x'], [['a', '10']])).toBe('| what |  x |\n| ---- | -: |\n| a    | 10 |');
});

describe('the flows', () => {
  const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  it('are the same each time, in both styles', () => {
    for (const style of ['tsv', 'json'] as const) {
      const [first, second] = [join(home, `1.${style}`), join(home, `2.${style}`)];
      writeFlows(first, 2000, style);
      writeFlows(second, 2000, style);
      expect(digest(first)).toBe(digest(second));
    }
  });
  it('are as many as asked for, with every column', () => {
    const path = join(home, 'flows.tsv');
    writeFlows(path, 500, 'tsv');
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    expect(lines).toHaveLength(500);
    for (const line of lines) expect(line.split('\t')).toHaveLength(tsvColumns.length);
  });
});
