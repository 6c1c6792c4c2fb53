// Hours of hands-on acts against zones: what they may say, and what they must not be made to say.
import { describe, expect, it } from 'vitest';
import { instantOfMicros } from '../vocabulary/instant.ts';
import { atMost, localTimes, nightOf, rhythmOf, sittingsOf } from './rhythm.ts';

const zones = Intl.supportedValuesOf('timeZone');
const hourMs = 3_600_000;
const instant = (ms: number) => instantOfMicros(BigInt(Math.round(ms)) * 1000n);

/** Acts at 10:00 to 20:00 New York, Monday to Friday, through the change to winter time. */
function newYorkActs(): string[] {
  const acts: string[] = [];
  for (let day = 0; day < 70; day += 1) {
    const midnight = Date.UTC(2024, 8, 2) + day * 24 * hourMs;
    const [offset] = localTimes([midnight + 16 * hourMs], 'America/New_York');
    const weekday = new Date(midnight).getUTCDay();
    if (weekday === 0 || weekday === 6 || offset === undefined) continue;
    const utcOfLocalMidnight = midnight + (16 - offset.hour) * hourMs;
    const hour = 10 + ((day * 37) % 100) / 10.1;
    acts.push(instant(utcOfLocalMidnight + hour * hourMs));
  }
  return acts;
}

const verdictsOf = (acts: readonly string[], night: { readonly fromHour: number } | null = null) => {
  const rhythm = rhythmOf(acts, { zones, night });
  return new Map(rhythm?.zones.map(({ zone, verdict }) => [zone, verdict]));
};

describe('acts at 10:00 to 20:00 New York on working days', () => {
  const acts = newYorkActs();
  const verdicts = verdictsOf(acts, { fromHour: 14 });

  it('are consistent with New York', () => {
    expect(verdicts.get('America/New_York')).toBe('consistent');
  });
  it('do not tell it from its neighbours, nor from the night of a victim in China', () => {
    expect(verdicts.get('America/Sao_Paulo')).toBe('not discriminating');
    expect(verdicts.get("the victim's night (UTC)")).toBe('not discriminating');
  });
  it('exclude every zone more than four hours off', () => {
    const ms = acts.map((act) => Date.parse(act));
    const newYork = localTimes(ms, 'America/New_York');
    for (const zone of zones) {
      const local = localTimes(ms, zone);
      const apart = Math.max(
        ...local.map(({ hour }, at) => {
          const off = Math.abs(hour - (newYork[at]?.hour ?? 0)) % 24;
          return Math.min(off, 24 - off);
        }),
      );
      if (apart > 4.01) expect({ zone, verdict: verdicts.get(zone) }).toEqual({ zone, verdict: 'excluded' });
    }
  });
});

describe('acts that say nothing', () => {
  it.each([
    [
      'spread over all hours',
      Array.from({ length: 200 }, (_, at) => instant(Date.UTC(2024, 8, 2) + at * 7.3 * hourMs)),
    ],
    [
      'at the same minute every day',
      Array.from({ length: 60 }, (_, at) => instant(Date.UTC(2024, 8, 2, 14, 5) + at * 24 * hourMs)),
    ],
    ['too few', newYorkActs().slice(0, 8)],
  ])('%s', (_, acts) => {
    expect(new Set(verdictsOf(acts, { fromHour: 14 }).values())).toEqual(new Set(['not discriminating']));
  });
  it('and none at all', () => {
    expect(rhythmOf([], { zones, night: null })).toBeNull();
  });
});

it('finds the quiet hours of a victim, and none where it never sleeps', () => {
  const office = Array.from({ length: 24 }, (_, hour) => (hour >= 1 && hour < 11 ? 1000 : 20));
  expect(nightOf(office)?.fromHour).toBe(11);
  expect(nightOf(Array.from({ length: 24 }, () => 500))).toBeNull();
});

it('counts acts that follow each other closely as one sitting', () => {
  const at = (minute: number) => instant(Date.UTC(2024, 8, 2, 9, 0) + minute * 60_000);
  expect(sittingsOf([at(0), at(10), at(35), at(200)])).toEqual([at(0), at(200)]);
});

it('knows the offset of the day itself', () => {
  const [summer, winter] = localTimes(
    [Date.UTC(2024, 6, 1, 12), Date.UTC(2024, 0, 1, 12)],
    'America/New_York',
  );
  expect([summer?.hour, winter?.hour]).toEqual([8, 7]);
});

it('adds up binomial probabilities', () => {
  expect(atMost(10, 10, 0.5)).toBeCloseTo(1, 12);
  expect(atMost(0, 3, 0.5)).toBeCloseTo(0.125, 12);
});
