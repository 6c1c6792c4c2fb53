// The cases of beacon, and the parts of its score on tables of series and on any series at all.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseRunner, casesBeside, openCaseRunner, sortedFindings } from '../case-runner.ts';
import { detector, weightOf } from './detector.ts';
import {
  beaconScore,
  bowleySkewness,
  evenness,
  presence,
  type Series,
  sizeScore,
  slotsOf,
  timingScore,
} from './score.ts';

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

describe('beacon on its cases', () => {
  it.each(casesBeside(import.meta.url))('$name: $expected.story', async (given) => {
    const findings = sortedFindings(await runner.run(detector, given));
    expect(findings).toMatchObject(given.expected.findings);
    expect(findings).toHaveLength(given.expected.findings.length);
    for (const finding of findings) expect(await runner.countSelected(finding)).toBe(finding.event_count);
  });
});

const steady: Series = {
  flows: 200,
  interval_q1: 60,
  interval_median: 60,
  interval_q3: 60,
  interval_mad: 0,
  size_q1: 800,
  size_median: 800,
  size_q3: 800,
  size_mad: 0,
  slot_counts: Array.from({ length: 24 }, () => 8),
  contact_hours: [],
  contact_counts: [],
  awake_hours: [],
};
/** Intervals spread evenly over `share` of the period to either side: their quartiles lie half as far out. */
const jittered = (share: number): Series => ({
  ...steady,
  interval_q1: 60 * (1 - share / 2),
  interval_q3: 60 * (1 + share / 2),
  interval_mad: (60 * share) / 2,
});

describe('beaconScore', () => {
  it('is 1 for the same size at the same interval all the time', () => {
    expect(beaconScore(steady).total).toBe(1);
  });
  it.each([
    ['30 % jitter', jittered(0.3), 0.85],
    ['50 % jitter', jittered(0.5), 0.75],
    ['sizes that vary by a fifth', { ...steady, size_mad: 160 }, 0.9],
    ['one beat in twenty missed, which no median sees', { ...steady, flows: 190 }, 1],
  ])('passes %s', (_, series, least) => {
    expect(beaconScore(series).total).toBeGreaterThanOrEqual(least);
  });
  it.each([
    [
      'the pauses of a person',
      { ...steady, interval_q1: 2, interval_median: 15, interval_q3: 200, interval_mad: 13, size_mad: 500 },
    ],
    [
      'one burst',
      {
        ...steady,
        interval_median: 20,
        interval_mad: 8,
        interval_q1: 12,
        interval_q3: 40,
        slot_counts: [190, ...Array.from({ length: 22 }, () => 0), 10],
      },
    ],
    ['a handful of contacts', { ...jittered(0.5), flows: 6 }],
  ])('does not pass %s', (_, series) => {
    expect(beaconScore(series).total).toBeLessThan(0.65);
  });
  it('falls with jitter, with uneven sizes and with fewer contacts', () => {
    const totals = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => beaconScore(jittered(share)).total);
    expect([...totals].sort((left, right) => right - left)).toEqual(totals);
    expect(new Set(totals).size).toBe(totals.length);
    expect(beaconScore({ ...steady, size_mad: 400 }).total).toBeLessThan(1);
    expect(beaconScore({ ...steady, flows: 12 }).total).toBeLessThan(1);
  });
  it('judges calls in quick succession by their rate, as their intervals are mere round trips', () => {
    const fast = { ...steady, interval_median: 1, interval_mad: 0.9, interval_q1: 0.1, interval_q3: 5 };
    expect(timingScore(fast)).toBe(0);
    expect(beaconScore(fast).timing).toBe(1);
  });
  it('stays between 0 and 1, in all its parts, whatever the series', () => {
    const positive = fc.double({ min: 0, max: 1e12, noNaN: true });
    const counts = fc.array(fc.nat(1_000_000), { minLength: 24, maxLength: 24 });
    const hours = fc
      .uniqueArray(fc.nat(2000), { maxLength: 100 })
      .map((all) => all.sort((left, right) => left - right));
    const series = fc.record({
      flows: fc.integer({ min: 2, max: 1_000_000 }),
      interval_q1: positive,
      interval_median: positive,
      interval_q3: positive,
      interval_mad: positive,
      size_q1: positive,
      size_median: positive,
      size_q3: positive,
      size_mad: positive,
      slot_counts: counts,
      contact_hours: hours,
      contact_counts: counts,
      awake_hours: hours,
    });
    fc.assert(
      fc.property(series, (any) => {
        const parts = Object.values(beaconScore(any));
        return parts.every((part) => part >= 0 && part <= 1);
      }),
    );
  });
  it('does not depend on the unit of time, above the round trip', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1000, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (scale, share) => {
          const series = jittered(share);
          const scaled = {
            ...series,
            interval_q1: series.interval_q1 * scale,
            interval_median: series.interval_median * scale,
            interval_q3: series.interval_q3 * scale,
            interval_mad: series.interval_mad * scale,
          };
          expect(timingScore(scaled)).toBeCloseTo(timingScore(series), 9);
        },
      ),
    );
  });
});

describe('the parts', () => {
  it.each([
    [10, 20, 30, 0],
    [10, 10, 30, 1],
    [10, 30, 30, -1],
    [29.9, 30, 30.1, 0],
  ])('quartiles %d, %d, %d are skewed by %d', (q1, median, q3, expected) => {
    expect(bowleySkewness(q1, median, q3, 3)).toBe(expected);
  });
  it('a size below 64 bytes is compared with 64', () => {
    expect(sizeScore({ ...steady, size_median: 2, size_mad: 16 })).toBe(0.75);
  });
  it.each([
    ['equal counts', [5, 5, 5, 5], 1, 1],
    ['half of them empty', [5, 0, 5, 0], 0, 0.5],
    ['no contacts', [0, 0], 0, 0],
    ['no slots', [], 0, 0],
  ])('%s are even by %s', (_, counts, even, present) => {
    expect(evenness(counts)).toBe(even);
    expect(presence(counts)).toBe(present);
  });
});

describe('slotsOf', () => {
  // Three days of ten hours, contacts in each of them; the plain 24ths would be empty at night.
  const awake = [0, 1, 2].flatMap((day) => Array.from({ length: 10 }, (_, hour) => day * 24 + 8 + hour));
  const laptop: Series = {
    ...steady,
    slot_counts: Array.from({ length: 24 }, (_, at) => (at % 8 < 3 ? 40 : 0)),
    contact_hours: awake,
    contact_counts: awake.map(() => 12),
    awake_hours: awake,
  };
  it('counts over the hours the host was on', () => {
    expect(slotsOf(laptop)).toEqual(Array.from({ length: 24 }, () => 12));
    expect(beaconScore(laptop).spread).toBe(1);
  });
  it('sees that a host was on and did not call', () => {
    const silentDay = {
      ...laptop,
      contact_hours: awake.slice(0, 10),
      contact_counts: awake.slice(0, 10).map(() => 12),
    };
    expect(presence(slotsOf(silentDay))).toBeLessThan(0.4);
  });
  it('keeps to the plain 24ths over less than a day of activity', () => {
    expect(slotsOf({ ...laptop, awake_hours: awake.slice(0, 23) })).toBe(laptop.slot_counts);
  });
});

describe('weightOf', () => {
  const week = { port: 443, period_s: 604_800, began_after: 0.5 };
  it.each([
    ['an oddity of a newcomer', week, 1, 'incident'],
    ['an oddity of what was there from the first day', { ...week, began_after: 0 }, 1, 'supporting'],
    ['two of them', { ...week, began_after: 0 }, 2, 'incident'],
    [
      'an oddity in a capture too short for habits',
      { ...week, period_s: 3600, began_after: 0 },
      1,
      'incident',
    ],
    ['a rhythm and nothing else', week, 0, 'supporting'],
    ['a mail program that asks for mail', { ...week, port: 993 }, 0, 'background'],
  ] as const)('%s', (_, entry, oddityCount, expected) => {
    expect(weightOf(entry, oddityCount)).toBe(expected);
  });
});
