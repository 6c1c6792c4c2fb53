// Aftermaths: which reaches are followed by new calls beyond chance, and which are not.
import { describe, expect, it } from 'vitest';
import { type AftermathRow, type AftermathSettings, aftermathsOf } from './aftermath.ts';

const settings: AftermathSettings = {
  windowS: 86_400,
  waveGapS: 3600,
  minHosts: 3,
  minTouchedShare: 0.8,
  maxP: 0.01,
};
const began = '2024-03-04T00:00:00.000000Z';
const named = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => `10.0.16.${from + at}`);
const row = (
  kind: AftermathRow['kind'],
  address: string,
  entries: readonly (readonly [host: string, from: number])[],
  amount = 10,
): AftermathRow => ({
  kind,
  address,
  port: 0,
  way: 'push',
  items: entries.map(([host, from]) => ({ host, from, to: from + 7200, amount })),
  began,
});
const everybody = row(
  'host',
  '::',
  named(1, 40).map((host) => [host, 0]),
);
const each = (hosts: readonly string[], from: number, apart = 60) =>
  hosts.map((host, at) => [host, from + at * apart] as const);

describe('aftermaths', () => {
  it('finds machines that are reached and then share a new call', () => {
    const reached = named(1, 10);
    const found = aftermathsOf(
      [
        everybody,
        row('reach', '10.0.1.5', each(reached, 1000)),
        row('destination', '203.0.113.1', each(reached, 5000)),
      ],
      settings,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ hosts: [...reached].sort(), callers: [...reached].sort(), waves: 1 });
  });

  it('lists those reached in the same wave that stay silent, and not those of a wave nothing followed', () => {
    const found = aftermathsOf(
      [
        everybody,
        row('reach', '10.0.1.5', [...each(named(1, 10), 1000), ...each(named(20, 10), 500_000)]),
        row('destination', '203.0.113.1', each(named(1, 8), 5000)),
      ],
      settings,
    );
    expect(found[0]?.hosts).toEqual([...named(1, 10)].sort());
    expect(found[0]?.callers).toHaveLength(8);
  });

  it('adds the controller that later takes the place of the first, and leaves a popular newcomer out', () => {
    const found = aftermathsOf(
      [
        everybody,
        row('reach', '10.0.1.5', each(named(1, 10), 1000)),
        row('destination', '203.0.113.1', each(named(1, 10), 5000)),
        row('destination', '203.0.113.2', each(named(1, 7), 400_000)),
        row('destination', '203.0.113.3', each(named(1, 40), 3000)),
      ],
      settings,
    );
    expect(found[0]?.destinations.map(({ address }) => address)).toEqual(['203.0.113.1', '203.0.113.2']);
  });

  it('finds controllers that the machines reached change over to days later', () => {
    const found = aftermathsOf(
      [
        everybody,
        row('reach', '10.0.1.5', each(named(1, 10), 1000)),
        row('destination', '203.0.113.1', [...each(named(1, 5), 5000), ...each(named(6, 5), 400_000)]),
        row('destination', '203.0.113.2', [...each(named(6, 5), 5000), ...each(named(1, 5), 400_000)]),
      ],
      settings,
    );
    expect(found[0]?.callers).toHaveLength(10);
    expect(found[0]?.destinations).toHaveLength(2);
  });

  it.each<[string, AftermathRow[]]>([
    [
      'all were reached',
      [
        row('reach', '10.0.1.5', each(named(1, 40), 1000)),
        row('destination', '203.0.113.1', each(named(1, 30), 9000)),
      ],
    ],
    [
      'others call as well',
      [
        row('reach', '10.0.1.5', each(named(1, 10), 1000)),
        row('destination', '203.0.113.1', each(named(1, 15), 5000)),
      ],
    ],
    [
      'the call came first',
      [
        row('reach', '10.0.1.5', each(named(1, 10), 50_000)),
        row('destination', '203.0.113.1', each(named(1, 10), 5000)),
      ],
    ],
    [
      'it came days later',
      [
        row('reach', '10.0.1.5', each(named(1, 10), 1000)),
        row('destination', '203.0.113.1', each(named(1, 10), 300_000)),
      ],
    ],
    [
      'only two share it',
      [
        row('reach', '10.0.1.5', each(named(1, 10), 1000)),
        row('destination', '203.0.113.1', each(named(1, 2), 5000)),
      ],
    ],
  ])('stays silent when %s', (_, rows) => {
    expect(aftermathsOf([everybody, ...rows], settings)).toEqual([]);
  });

  it('asks more of a coincidence the more was tried', () => {
    const few = [
      row('reach', '10.0.1.5', each(named(1, 8), 1000)),
      row('destination', '203.0.113.1', each(named(1, 4), 5000)),
    ];
    const more = Array.from({ length: 60 }, (_, at) =>
      row('destination', `198.51.100.${at}`, each(named(30, 4), 5000)),
    );
    expect(aftermathsOf([everybody, ...few], settings)).toHaveLength(1);
    expect(aftermathsOf([everybody, ...few, ...more], settings)).toEqual([]);
  });
});
