// Hours of hands-on acts against zones: what they may say, and what they must not be made to say.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../vocabulary/instant.ts';
import type { Rhythm } from '../vocabulary/investigation.ts';
import { type HolidayCalendar, nationalHolidays } from './holidays.ts';
import { dice, hourMs, instant, workOf } from './rhythm.support.ts';
import { type Night, nightOf, rhythmOf, sittingsOf, victimsNight } from './rhythm.ts';
import { atMost } from './rhythm-silence.ts';
import { knownZones, localTimes } from './rhythm-zones.ts';

const zones = knownZones;
const seeds = Array.from({ length: 8 }, (_, at) => 17 + at * 101);
const holidays = nationalHolidays();
const noHolidays: HolidayCalendar = () => null;
/** A victim eight hours east of Greenwich sleeps while New York works. */
const nightInTheEast: Night = { fromHour: 10, clock: 'Etc/GMT-8' };
/** Through the end of summer time on 3 November 2024. */
const newYork = { zone: 'America/New_York', from: '2024-09-30', weeks: 9, perDay: 3 } as const;

const rhythmOfActs = (
  acts: readonly Instant[],
  given: { readonly night?: Night; readonly holidays?: HolidayCalendar } = {},
): Rhythm => {
  const rhythm = rhythmOf(acts, { zones, night: given.night ?? null, holidays: given.holidays ?? holidays });
  if (rhythm === null) throw new Error('no rhythm of acts');
  return rhythm;
};
const zoneOf = (rhythm: Rhythm, zone: string) => {
  const found = rhythm.zones.find((candidate) => candidate.zone === zone);
  if (found === undefined) throw new Error(`no verdict on ${zone}`);
  return found;
};
const verdicts = (rhythm: Rhythm) => new Set(rhythm.zones.map(({ verdict }) => verdict));

/** Least and most hours that the clocks of two zones are apart at any of the moments. */
function hoursApart(ms: readonly number[], zone: string, other: string) {
  const theirs = localTimes(ms, other);
  const apart = localTimes(ms, zone).map(({ hour }, at) => {
    const off = Math.abs(hour - (theirs[at]?.hour ?? 0)) % 24;
    return Math.min(off, 24 - off);
  });
  return { least: Math.min(...apart), most: Math.max(...apart) };
}

describe.each(seeds)(
  'acts at 10:00 to 20:00 New York on working days through a change of clocks, seed %i',
  (seed) => {
    const acts = workOf({ ...newYork, seed });
    const rhythm = rhythmOfActs(acts, { night: nightInTheEast });

    it('are consistent with New York', () => {
      expect(zoneOf(rhythm, 'America/New_York').verdict).toBe('consistent');
      expect(rhythm.silent).toBeNull();
    });
    it('do not tell it from Sao Paulo, nor from the night of a victim in the east', () => {
      expect(zoneOf(rhythm, 'America/Sao_Paulo').verdict).toBe('not discriminating');
      expect(rhythm.zones[0]).toMatchObject({ zone: victimsNight, verdict: 'not discriminating' });
    });
    it('exclude every zone more than four hours off, and nothing that is less than an hour off', () => {
      const ms = acts.map((act) => Date.parse(act));
      for (const { zone, verdict } of rhythm.zones.slice(1)) {
        const apart = hoursApart(ms, zone, 'America/New_York');
        if (apart.least > 4.01) expect({ zone, verdict }).toEqual({ zone, verdict: 'excluded' });
        if (apart.most < 0.99) expect({ zone, verdict }).not.toEqual({ zone, verdict: 'excluded' });
      }
    });
  },
);

it.each(seeds)('a wrong lead that is there at all hours does not hide the working day, seed %i', (seed) => {
  const next = dice(seed);
  const stray = Array.from({ length: 35 }, () => instant(Date.UTC(2024, 8, 30) + next() * 63 * 24 * hourMs));
  const acts = [...workOf({ ...newYork, seed, perDay: 100 }), ...stray];
  expect(zoneOf(rhythmOfActs(acts), 'America/New_York').verdict).toBe('consistent');
});

describe.each([
  ['one act a day for nine weeks', { perDay: 1 }],
  ['twenty a day for three weeks', { from: '2024-10-21', weeks: 3, perDay: 20 }],
  ['one every few minutes', { from: '2024-10-21', weeks: 3, perDay: 150 }],
])('whatever the pace: %s', (_, pace) => {
  it.each(seeds)('New York is consistent and the far side of the world excluded, seed %i', (seed) => {
    const rhythm = rhythmOfActs(workOf({ ...newYork, ...pace, seed }), { night: nightInTheEast });
    expect(zoneOf(rhythm, 'America/New_York').verdict).toBe('consistent');
    for (const zone of ['Asia/Shanghai', 'Asia/Tehran', 'Europe/Moscow', 'Pacific/Auckland'])
      expect(zoneOf(rhythm, zone)).toMatchObject({ zone, verdict: 'excluded' });
    expect(rhythm.zones[0]?.verdict).toBe('not discriminating');
  });
});

it.each(seeds)('a week from Sunday to Thursday is a working week too, seed %i', (seed) => {
  const acts = workOf({
    seed,
    zone: 'Asia/Riyadh',
    from: '2024-09-01',
    weeks: 8,
    perDay: 3,
    weekdays: [0, 1, 2, 3, 4],
  });
  const rhythm = rhythmOfActs(acts, { holidays: noHolidays });
  expect(zoneOf(rhythm, 'Asia/Riyadh').verdict).toBe('consistent');
  expect(zoneOf(rhythm, 'America/Los_Angeles').verdict).toBe('excluded');
});

it.each(seeds)('acts by day in the zone of the victim speak against its night, seed %i', (seed) => {
  const acts = workOf({ ...newYork, zone: 'Asia/Shanghai', hours: [9, 18], seed });
  expect(rhythmOfActs(acts, { night: nightInTheEast }).zones[0]).toMatchObject({
    zone: victimsNight,
    verdict: 'excluded',
  });
});

describe('acts that say nothing', () => {
  const start = Date.UTC(2024, 8, 2);
  const every =
    (hours: number, count: number, jitterMinutes = 0) =>
    (seed: number) => {
      const next = dice(seed);
      return Array.from({ length: count }, (_, at) =>
        instant(start + at * hours * hourMs + (next() - 0.5) * 2 * jitterMinutes * 60_000),
      );
    };
  it.each<[string, Rhythm['silent'], (seed: number) => readonly Instant[]]>([
    [
      'spread over all hours by chance',
      'spread',
      (seed) => {
        const next = dice(seed);
        return Array.from({ length: 200 }, () => instant(start + next() * 60 * 24 * hourMs));
      },
    ],
    ['at the same minute every day', 'timer', every(24, 60, 5)],
    ['every eight hours', 'timer', every(8, 180, 5)],
    ['every eight hours, half an hour about', 'no working day', every(8, 180, 30)],
    ['every hour', 'timer', every(1, 800, 1)],
    ['every ten minutes, two about', 'timer', every(1 / 6, 5000, 2)],
    ['every 73 minutes, ten about', 'timer', every(73 / 60, 900, 5)],
    ['every seven hours and a bit', 'spread', every(7.3, 200)],
    [
      'in two shifts',
      'spread',
      (seed) => [8, 20].flatMap((hour) => workOf({ ...newYork, seed, perDay: 2, hours: [hour, hour + 4] })),
    ],
    [
      'by day, but on every day of the week',
      'no working day',
      (seed) => workOf({ ...newYork, seed, weekdays: [0, 1, 2, 3, 4, 5, 6] }),
    ],
    [
      'by a program on a machine that is on in working hours',
      'timer',
      () =>
        Array.from(
          { length: 40 * 48 },
          (_, at) => start + Math.floor(at / 48) * 24 * hourMs + (at % 48) * 10 * 60_000 + 13 * hourMs,
        )
          .filter((ms) => ![0, 6].includes(new Date(ms).getUTCDay()))
          .map(instant),
    ],
    ['too few', 'too few', (seed) => workOf({ ...newYork, seed, weeks: 2, perDay: 1 })],
    [
      'many, but all on three days',
      'too few',
      (seed) => workOf({ ...newYork, seed, weeks: 1, perDay: 300, weekdays: [1, 2, 4] }),
    ],
  ])('%s', (_, silent, acts) => {
    for (const seed of seeds) {
      const rhythm = rhythmOfActs(acts(seed), { night: nightInTheEast });
      expect({ seed, silent: rhythm.silent, verdicts: verdicts(rhythm) }).toEqual({
        seed,
        silent,
        verdicts: new Set(['not discriminating']),
      });
    }
  });
  it('and none at all', () => {
    expect(rhythmOf([], { zones, night: null, holidays })).toBeNull();
  });
});

describe('national holidays', () => {
  // In these weeks: Veterans Day (11 November) and Thanksgiving (28 November).
  const plan = { ...newYork, from: '2024-10-28', weeks: 6, perDay: 3 } as const;
  const off = ['2024-11-11', '2024-11-28'];

  it.each(seeds)(
    'that are kept leave a zone as likely as it was; those worked through make it less so, seed %i',
    (seed) => {
      const acts = workOf({ ...plan, seed });
      const paused = workOf({ ...plan, seed, off });
      const [keeps, works] = [rhythmOfActs(paused), rhythmOfActs(acts)].map((rhythm) =>
        zoneOf(rhythm, 'America/New_York'),
      );
      expect(keeps?.holidays).toEqual({ days: 2, acts: 0 });
      expect(works?.holidays?.days).toBe(2);
      expect(works?.holidays?.acts).toBeGreaterThan(3);
      expect([keeps?.verdict, works?.verdict]).toEqual(['consistent', 'consistent']);
    },
  );

  it('are shown in the chance, though the verdict stays', () => {
    const acts = workOf({ ...plan, seed: 5, perDay: 2 });
    const without = zoneOf(rhythmOfActs(acts, { holidays: noHolidays }), 'America/New_York');
    const calendar: HolidayCalendar = () =>
      new Set([...off, '2024-11-04', '2024-11-05', '2024-11-13', '2024-11-20', '2024-11-21', '2024-11-26']);
    const many = zoneOf(rhythmOfActs(acts, { holidays: calendar }), 'America/New_York');
    expect(many.p).toBeLessThan(without.p);
    expect(without.verdict).toBe('consistent');
    // Days off that nobody took speak against a zone, but alone they never exclude it.
    expect(many.verdict).toBe('not discriminating');
  });

  it('are counted among the hypotheses only where they make a difference', () => {
    const acts = workOf({ ...plan, seed: 5 });
    const ignored = rhythmOfActs(acts, { holidays: noHolidays }).hypotheses;
    expect(rhythmOfActs(acts, { holidays: () => new Set() }).hypotheses).toBe(ignored);
    expect(rhythmOfActs(acts).hypotheses).toBeGreaterThan(ignored);
  });

  it('are left out, and said to be, where they are not known', () => {
    const rhythm = rhythmOfActs(workOf({ ...plan, seed: 5 }), { holidays: noHolidays });
    expect(zoneOf(rhythm, 'America/New_York').holidays).toBeNull();
  });
});

describe('the hours of a victim', () => {
  const office = (from: number) =>
    Array.from({ length: 24 }, (_, hour) => ((hour - from + 24) % 24 < 10 ? 1000 : 20));
  it('are its quiet ones and the clock by which it works', () => {
    expect(nightOf(office(1))).toEqual({ fromHour: 11, clock: 'Etc/GMT-7' });
    expect(nightOf(office(13))).toEqual({ fromHour: 23, clock: 'Etc/GMT+5' });
    expect(nightOf(office(8))?.clock).toBe('UTC');
    for (let hour = 0; hour < 24; hour += 1) {
      const clock = nightOf(office(hour))?.clock ?? '';
      expect(localTimes([Date.UTC(2024, 5, 3, hour)], clock)[0]?.hour).toBe(8);
    }
  });
  it('are none where it never sleeps', () => {
    expect(nightOf(Array.from({ length: 24 }, () => 500))).toBeNull();
  });
});

it('counts a burst as one sitting and a long day by its hours', () => {
  const at = (minute: number) => instant(Date.UTC(2024, 8, 2, 9, 0) + minute * 60_000);
  expect(sittingsOf([at(35), at(0), at(10), at(200)])).toEqual([at(0), at(200)]);
  expect(sittingsOf(Array.from({ length: 30 }, (_, step) => at(step * 10)))).toHaveLength(5);
});

it('knows the offset of the day itself', () => {
  const [summer, winter] = localTimes(
    [Date.UTC(2024, 6, 1, 3), Date.UTC(2024, 0, 1, 12)],
    'America/New_York',
  );
  expect(summer).toEqual({ hour: 23, weekday: 0, day: '2024-06-30' });
  expect(winter?.hour).toBe(7);
});

it('adds up binomial probabilities', () => {
  expect(atMost(10, 10, 0.5)).toBeCloseTo(1, 12);
  expect(atMost(0, 3, 0.5)).toBeCloseTo(0.125, 12);
});
