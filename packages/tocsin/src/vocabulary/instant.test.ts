// Times: as text they sort as they are, lose no microsecond, and are refused when there is no such moment.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  instantOfEpochText,
  instantOfIso,
  instantOfMicros,
  instantOfMs,
  instantOfParts,
  microsOf,
  offsetMinutes,
  secondsBetween,
} from './instant.ts';

/** 1900-01-01 to the end of 2298, microseconds. */
const micros = fc.bigInt({ min: -2_208_988_800_000_000n, max: 10_382_256_000_000_000n - 1n });
const two = (value: number) => String(value).padStart(2, '0');

describe('an instant', () => {
  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(micros, (value) => {
        const text = instantOfMicros(value);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        expect(microsOf(text)).toBe(value);
        expect(instantOfIso(text)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('sorts as text as it does in time', () => {
    fc.assert(
      fc.property(micros, micros, (left, right) => {
        expect(instantOfMicros(left) < instantOfMicros(right)).toBe(left < right);
      }),
    );
  });

  it('lies as many seconds after another as was added', () => {
    fc.assert(
      fc.property(micros, fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (value, added) => {
        expect(secondsBetween(instantOfMicros(value), instantOfMicros(value + BigInt(added)))).toBe(
          added / 1e6,
        );
      }),
    );
  });
});

describe('epoch seconds as text', () => {
  it('keep every decimal that fits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10_382_256_000_000_000n }), (value) => {
        const text = `${value / 1_000_000n}.${String(value % 1_000_000n).padStart(6, '0')}`;
        expect(instantOfEpochText(text)).toBe(instantOfMicros(value));
      }),
    );
  });

  it.each<[string, string | null]>([
    ['0', '1970-01-01T00:00:00.000000Z'],
    ['1588205198.89971', '2020-04-30T00:06:38.899710Z'],
    ['1588205198.1234567', '2020-04-30T00:06:38.123456Z'],
    ['-1.5', '1969-12-31T23:59:58.500000Z'],
    ['-0.000001', '1969-12-31T23:59:59.999999Z'],
    ['', null],
    ['-', null],
    ['1e9', null],
    ['1588205198,5', null],
    ['1588205198.', null],
    [' 1', null],
    ['0x10', null],
    ['NaN', null],
    ['99999999999', null],
    ['-99999999999', null],
    ['1588205198000', null],
  ])('%j is %j', (text, expected) => {
    expect(instantOfEpochText(text)).toBe(expected);
  });
});

describe('milliseconds', () => {
  it.each<[number, string | null]>([
    [0, '1970-01-01T00:00:00.000000Z'],
    [-0.5, '1969-12-31T23:59:59.999500Z'],
    [1_588_205_198_899.71, '2020-04-30T00:06:38.899710Z'],
    [-2_208_988_800_000, '1900-01-01T00:00:00.000000Z'],
    [-2_208_988_800_001, null],
    [10_413_792_000_000, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
  ])('%d is %j', (ms, expected) => {
    expect(instantOfMs(ms)).toBe(expected);
  });
});

describe('ISO 8601', () => {
  it('is read with every offset', () => {
    fc.assert(
      fc.property(
        micros,
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        fc.constantFrom('T', ' '),
        fc.constantFrom(':', ''),
        (value, offset, mark, colon) => {
          const local = instantOfMicros(value + BigInt(offset) * 60_000_000n);
          if (local < '1900' || local >= '2299') return;
          const sign = offset < 0 ? '-' : '+';
          const zone = `${sign}${two(Math.floor(Math.abs(offset) / 60))}${colon}${two(Math.abs(offset) % 60)}`;
          expect(instantOfIso(`${local.slice(0, 10)}${mark}${local.slice(11, 26)}${zone}`)).toBe(
            instantOfMicros(value),
          );
          expect(instantOfIso(local.slice(0, 26), offset)).toBe(instantOfMicros(value));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[string, string | null]>([
    ['2024-03-05T01:02:03Z', '2024-03-05T01:02:03.000000Z'],
    ['2024-03-05 01:02:03,5Z', '2024-03-05T01:02:03.500000Z'],
    ['2024-03-05T01:02:03.123456789Z', '2024-03-05T01:02:03.123456Z'],
    ['2024-03-05T01:02:03 +0200', '2024-03-04T23:02:03.000000Z'],
    ['2024-03-05T01:02:03-03', '2024-03-05T04:02:03.000000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000000Z'],
    ['2023-02-29T00:00:00Z', null],
    ['2024-04-31T00:00:00Z', null],
    ['2024-13-01T00:00:00Z', null],
    ['2024-00-01T00:00:00Z', null],
    ['2024-01-00T00:00:00Z', null],
    ['2024-01-01T24:00:00Z', null],
    ['2024-01-01T00:60:00Z', null],
    ['2024-01-01T00:00:61Z', null],
    ['1899-12-31T23:59:59Z', null],
    ['2299-01-01T00:00:00Z', null],
    ['2024-03-05T01:02:03', null],
    ['2024-03-05', null],
    ['2024-03-05T01:02:03Z more', null],
    ['2024-03-05T01:02:03+99:99', null],
    ['', null],
  ])('%j is %j', (text, expected) => {
    expect(instantOfIso(text)).toBe(expected);
  });
});

describe('parts of a date', () => {
  it('are refused exactly when the calendar has no such day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1900, max: 2298 }),
        fc.integer({ min: -1, max: 14 }),
        fc.integer({ min: -1, max: 33 }),
        (year, month, day) => {
          const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
          const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
          const instant = instantOfParts({
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
            micros: 0,
            offsetMinutes: 0,
          });
          expect(instant).toBe(
            day >= 1 && day <= days ? `${year}-${two(month)}-${two(day)}T00:00:00.000000Z` : null,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each<[string, number]>([
    ['Z', 0],
    ['+02:00', 120],
    ['-0330', -210],
    ['+02', 120],
    ['-00:30', -30],
  ])('zone %s is %d minutes', (zone, minutes) => {
    expect(offsetMinutes(zone)).toBe(minutes);
  });
});
