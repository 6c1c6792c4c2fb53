// Exposure: touched and untouched machines compared call by call.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atLeast, choices, exposureOf } from './exposure.ts';

const windowS = 86_400;
const named = (count: number) => Array.from({ length: count }, (_, at) => `10.0.0.${at + 1}`);
const equal = (hosts: readonly string[]) => new Map(hosts.map((host) => [host, 10]));

describe('exposure', () => {
  const all = named(40);
  const touched = all.slice(0, 10);
  const touches = touched.map((host, at) => ({ host, at: 1000 + at }));

  it('is beyond chance when those reached call and the others do not', () => {
    const calls = touched.map((host, at) => ({ host, at: 5000 + at * 60 }));
    const exposure = exposureOf({ touches, calls, curiosity: equal(all), windowS });
    expect(exposure.touchedCallers).toEqual(touched);
    expect(exposure.expected).toBeLessThan(2);
    // One way in which ten of forty are just those ten: the reciprocal of 40 over 10.
    expect(exposure.p).toBeCloseTo(1 / choices(40, 10), 12);
  });

  it('is nothing when everybody was reached', () => {
    const everybody = all.map((host) => ({ host, at: 1000 }));
    const calls = all.map((host, at) => ({ host, at: 5000 + at }));
    expect(exposureOf({ touches: everybody, calls, curiosity: equal(all), windowS }).p).toBe(1);
  });

  it('is nothing when those reached merely call as others do', () => {
    const calls = all.map((host, at) => ({ host, at: 5000 + ((at * 13) % 40) * 60 }));
    expect(exposureOf({ touches, calls, curiosity: equal(all), windowS }).p).toBeGreaterThan(0.2);
  });

  it('takes it for less when those reached are the ones that call everything new', () => {
    const calls = touched.slice(0, 4).map((host, at) => ({ host, at: 5000 + at }));
    const curious = new Map(all.map((host) => [host, touched.includes(host) ? 300 : 5]));
    const plain = exposureOf({ touches, calls, curiosity: equal(all), windowS }).p;
    expect(exposureOf({ touches, calls, curiosity: curious, windowS }).p).toBeGreaterThan(plain * 10);
  });

  it.each([
    ['before it was reached', 999, 0],
    ['at the very time', 1000, 1],
    ['at the end of the window', 1000 + windowS, 1],
    ['after it', 1001 + windowS, 0],
  ])('counts a call %s', (_, at, count) => {
    const calls = [{ host: '10.0.0.1', at }];
    const exposure = exposureOf({
      touches: [{ host: '10.0.0.1', at: 1000 }],
      calls,
      curiosity: equal(all),
      windowS,
    });
    expect(exposure.touchedCallers).toHaveLength(count);
    expect(exposure.expected).toBeCloseTo(count / 40, 12);
  });

  it('counts a machine once, however often it was reached', () => {
    const often = [0, 100, 200, 300].flatMap((later) =>
      touches.map(({ host, at }) => ({ host, at: at + later })),
    );
    const calls = touched.map((host, at) => ({ host, at: 5000 + at }));
    const question = { calls, curiosity: equal(all), windowS };
    expect(exposureOf({ ...question, touches: often })).toEqual(exposureOf({ ...question, touches }));
  });

  it('gives the same whatever the order of what it is given', () => {
    const calls = touched.map((host, at) => ({ host, at: 5000 + at }));
    const question = { curiosity: equal(all), windowS };
    expect(exposureOf({ ...question, touches: [...touches].reverse(), calls: [...calls].reverse() })).toEqual(
      exposureOf({ ...question, touches, calls }),
    );
  });
});

describe('atLeast', () => {
  it('agrees with counting every outcome', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 9 }),
        (chances, count) => {
          let sum = 0;
          for (let outcome = 0; outcome < 2 ** chances.length; outcome += 1) {
            const hits = chances.map((_, at) => ((outcome >> at) & 1) === 1);
            if (hits.filter(Boolean).length >= count)
              sum += chances.reduce(
                (product, chance, at) => product * (hits[at] === true ? chance : 1 - chance),
                1,
              );
          }
          expect(atLeast(count, chances)).toBeCloseTo(sum, 9);
        },
      ),
    );
  });
});
