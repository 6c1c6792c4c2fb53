// Sets as bits: what numbers a set has, over the bounds of words too.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { add, has, intersection, isBelow, noneOf, numbersIn, sharedBy, union } from './bits.ts';

const count = 100;
const numbers = fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }));
const setOf = (of: readonly number[]) => {
  const set = noneOf(count);
  for (const one of of) add(set, one);
  return set;
};

it('gives what sets of numbers give', () => {
  fc.assert(
    fc.property(numbers, numbers, (left, right) => {
      const [one, other] = [setOf(left), setOf(right)];
      const sorted = (of: readonly number[]) => [...of].sort((a, b) => a - b);
      const both = left.filter((number) => right.includes(number));
      expect(numbersIn(one, count)).toEqual(sorted(left));
      expect(numbersIn(union(one, [other]), count)).toEqual(sorted([...new Set([...left, ...right])]));
      expect(numbersIn(intersection(one, [other]), count)).toEqual(sorted(both));
      expect(sharedBy(one, other)).toBe(both.length);
      expect(isBelow(one, other)).toBe(both.length === left.length);
      expect(left.every((number) => has(one, number))).toBe(true);
    }),
  );
});
