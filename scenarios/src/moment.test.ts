// Local clocks of the tz database at each instant's own date.
import { expect, it } from 'vitest';
import { atLocal, instantText, localTime, minutesEast } from './moment.ts';

const micros = (text: string) => Date.parse(text) * 1000;

it.each([
  ['New York in summer', 'America/New_York', '2024-08-05T14:00:00Z', -240],
  ['New York in winter', 'America/New_York', '2024-01-15T14:00:00Z', -300],
  ['India, half an hour off', 'Asia/Kolkata', '2024-08-05T14:00:00Z', 330],
  ['universal time', 'UTC', '2024-08-05T14:00:00Z', 0],
])('knows the offset of %s', (_name, zone, at, expected) => {
  expect(minutesEast(zone, micros(at))).toBe(expected);
});

it('reads the local hour and weekday', () => {
  expect(localTime('Asia/Shanghai', micros('2024-08-04T16:30:00Z'))).toEqual({ hour: 0.5, weekday: 0 });
});

it('finds the instant of a local hour, also on a day when clocks change', () => {
  expect(instantText(atLocal('America/New_York', micros('2024-08-05T00:00:00Z'), 10))).toBe(
    '2024-08-05T14:00:00.000000Z',
  );
  expect(instantText(atLocal('Europe/Berlin', micros('2024-10-27T00:00:00Z'), 10))).toBe(
    '2024-10-27T09:00:00.000000Z',
  );
});
