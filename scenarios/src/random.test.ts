// Seeded randomness: repeatable, independent by name, and of the distributions it claims.
import { describe, expect, it } from 'vitest';
import { createRandom, zipf } from './random.ts';

const many = (draw: () => number) => Array.from({ length: 20_000 }, draw);
const mean = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length;

describe('a seeded generator', () => {
  it('gives the same numbers for the same label and others for another', () => {
    const [a, b, c] = [createRandom('x/1'), createRandom('x/1'), createRandom('x/2')];
    const first = Array.from({ length: 5 }, a.next);
    expect(Array.from({ length: 5 }, b.next)).toEqual(first);
    expect(Array.from({ length: 5 }, c.next)).not.toEqual(first);
  });

  it('forks by name, not by what was drawn before', () => {
    const [fresh, used] = [createRandom('x'), createRandom('x')];
    many(used.next);
    expect(used.fork('a', 1).next()).toBe(fresh.fork('a', 1).next());
    expect(fresh.fork('a', 1).next()).not.toBe(fresh.fork('a', 2).next());
  });

  const random = createRandom('distributions');
  it.each([
    ['uniform', () => random.next(), 0.5, 0.02],
    ['normal', () => random.normal(10, 3), 10, 0.1],
    ['exponential', () => random.exponential(4), 4, 0.15],
    ['Poisson, few', () => random.poisson(2.5), 2.5, 0.1],
    ['Poisson, many', () => random.poisson(200), 200, 1],
    ['Pareto', () => random.pareto(1, 3), 1.5, 0.1],
  ])('has the mean of its distribution: %s', (_name, draw, expected, tolerance) => {
    expect(Math.abs(mean(many(draw)) - expected)).toBeLessThan(tolerance);
  });

  it('draws low ranks more often, as Zipf says', () => {
    const rank = zipf(50, 1);
    const counts = new Array<number>(50).fill(0);
    for (const at of many(() => rank(random))) counts[at] = (counts[at] ?? 0) + 1;
    const [first = 0, second = 0] = counts;
    expect(first / second).toBeGreaterThan(1.7);
    expect(first / second).toBeLessThan(2.3);
  });

  it('samples different elements', () => {
    const taken = random.sample([1, 2, 3, 4], 9);
    expect(taken.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });
});
