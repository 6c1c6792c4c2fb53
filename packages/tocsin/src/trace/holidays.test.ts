// National holidays by zone: whole days, of the one country a zone belongs to.
import { describe, expect, it } from 'vitest';
import { nationalHolidays } from './holidays.ts';
import { knownZones } from './rhythm-zones.ts';

const holidays = nationalHolidays();

describe('the holidays of a zone', () => {
  it.each([
    ['a day that moves', 'America/New_York', '2024-11-28'],
    ['the same in every zone of a country', 'America/Los_Angeles', '2024-11-28'],
    ['a zone whose name is newer than the platform', 'Asia/Kolkata', '2024-08-15'],
    ['a name of four parts of old', 'America/Argentina/Buenos_Aires', '2024-07-09'],
    ['each day of several', 'Asia/Shanghai', '2024-10-02'],
    ['a day of another calendar', 'Asia/Riyadh', '2024-04-10'],
    ['a day that moved to a Monday', 'Europe/London', '2022-12-27'],
  ])('hold %s', (_, zone, day) => {
    expect([...(holidays(zone, Number(day.slice(0, 4))) ?? [])]).toContain(day);
  });
  it.each([
    ['days of a part of the country', 'Europe/Berlin', '2024-06-20'],
    ['half days', 'Asia/Shanghai', '2024-03-08'],
    ['days that are observed at work', 'America/New_York', '2024-02-14'],
    ['days of the neighbour', 'America/Toronto', '2024-11-28'],
  ])('do not hold %s', (_, zone, day) => {
    expect([...(holidays(zone, 2024) ?? [])]).not.toContain(day);
  });
  it('are not known for a zone of no country', () => {
    expect(holidays('UTC', 2024)).toBeNull();
    expect(holidays('Etc/GMT+5', 2024)).toBeNull();
  });
  it('are known for most zones, and are days of that year', () => {
    const known = knownZones.filter((zone) => holidays(zone, 2024) !== null);
    expect(known.length).toBeGreaterThan(350);
    for (const zone of known)
      for (const day of holidays(zone, 2024) ?? []) expect(day).toMatch(/^2024-\d\d-\d\d$|^2025-01-0\d$/);
  });
});
