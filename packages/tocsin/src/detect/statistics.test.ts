// The correction for many tests: what passes a threshold is held to be mostly true.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { falseDiscoveryRates } from './statistics.ts';

it('gives the adjusted values of the published example', () => {
  // The fifteen tests of Benjamini and Hochberg 1995, section 3.2: at 0.05 the first four pass.
  const ps = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1,
  ];
  const rates = falseDiscoveryRates(ps);
  expect(rates.filter((rate) => rate <= 0.05)).toHaveLength(4);
  expect(rates[3]).toBeCloseTo(0.035625, 6);
});

it('leaves a single test as it is, and many alike too', () => {
  expect(falseDiscoveryRates([])).toEqual([]);
  expect(falseDiscoveryRates([0.03])).toEqual([0.03]);
  expect(falseDiscoveryRates([0.02, 0.02, 0.02])).toEqual([0.02, 0.02, 0.02]);
});

it('never lowers a value, keeps their order and does not depend on it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (ps) => {
      const rates = falseDiscoveryRates(ps);
      const pairs = ps.map((p, at) => ({ p, rate: rates[at] ?? Number.NaN }));
      for (const { p, rate } of pairs) {
        expect(rate).toBeGreaterThanOrEqual(p * (1 - 1e-12));
        expect(rate).toBeLessThanOrEqual(1);
      }
      pairs.sort((left, right) => left.p - right.p);
      for (const [at, { rate }] of pairs.entries())
        expect(rate).toBeGreaterThanOrEqual(pairs[at - 1]?.rate ?? 0);
      expect([...falseDiscoveryRates([...ps].reverse())].reverse()).toEqual(rates);
    }),
  );
});
