// Where tiles stand, as the specification's examples say, and what happens when one is missing or wrong.
import { describe, expect, test } from 'vitest';
import { leafHash } from '../merkle.ts';
import { naiveRoot, tilesInMemory } from './naive-tree.test-data.ts';
import { readingLog, splitEntries, TiledTree, tilePath, tilesOf } from './tiles.ts';

test.each([
  { place: { level: 0, index: 0, width: 256 }, path: 'tile/0/000' },
  { place: { level: 0, index: 1_234_067, width: 256 }, path: 'tile/0/x001/x234/067' },
  { place: { level: 1, index: 999, width: 17 }, path: 'tile/1/999.p/17' },
  { place: { level: 2, index: 1000, width: 1 }, path: 'tile/2/x001/000.p/1' },
  { place: { level: 'entries', index: 273, width: 112 }, path: 'tile/entries/273.p/112' },
] as const)('$path', ({ place, path }) => {
  expect(tilePath(place)).toBe(path);
});

describe('the tiles of a tree', () => {
  const counted = (size: number) => {
    const rows = new Map<string, number[]>();
    for (const { level, width } of tilesOf(size))
      rows.set(String(level), [...(rows.get(String(level)) ?? []), width]);
    return rows;
  };

  test('of 70,000: 273 full and one of 112, one full and one of 17, one of 1 (the example of the specification)', () => {
    const rows = counted(70_000);
    expect(rows.get('0')).toEqual([...Array.from({ length: 273 }, () => 256), 112]);
    expect(rows.get('1')).toEqual([256, 17]);
    expect(rows.get('2')).toEqual([1]);
    expect(rows.get('entries')?.length).toBe(274);
  });

  test('of 256: one full and one of 1', () => {
    expect([...counted(256)]).toEqual([
      ['entries', [256]],
      ['0', [256]],
      ['1', [1]],
    ]);
  });

  test('of none: none', () => {
    expect([...tilesOf(0)]).toEqual([]);
  });
});

describe('reading', () => {
  const leaves = Array.from({ length: 300 }, (_, at) => leafHash(Uint8Array.of(at & 255, at >> 8)));
  const whole = tilesInMemory(leaves);

  test('a partial tile that was dropped is read from the full one', async () => {
    const read = (path: string) => (path === 'tile/0/000.p/200' ? Promise.resolve(null) : whole(path));
    expect(await new TiledTree(read, 200).root()).toEqual(naiveRoot(leaves.slice(0, 200)));
  });

  test('a missing tile is named', async () => {
    const read = (path: string) => (path.startsWith('tile/0/001') ? Promise.resolve(null) : whole(path));
    const outcome = await readingLog(() => new TiledTree(read, 300).root());
    expect(outcome.ok ? null : outcome.reason).toEqual({ code: 'tile-missing', detail: 'tile/0/001.p/44' });
  });

  test('a tile that lacks a byte is named', async () => {
    const read = async (path: string) => (await whole(path))?.subarray(1) ?? null;
    const outcome = await readingLog(() => new TiledTree(read, 300).root());
    expect(outcome.ok ? null : outcome.reason.code).toBe('tile-size');
  });

  test.each([-1, 300, 1.5, Number.NaN])('there is no entry %d of 300', async (index) => {
    const outcome = await readingLog(() => new TiledTree(whole, 300).inclusionProof(index));
    expect(outcome.ok ? null : outcome.reason.code).toBe('proof-index');
  });

  test('a bundle with one entry too few is named', async () => {
    const read = () => Promise.resolve(Uint8Array.of(0, 1, 65));
    expect(await new TiledTree(read, 1).entries(0)).toEqual([Uint8Array.of(65)]);
    const outcome = await readingLog(() => new TiledTree(read, 2).entries(0));
    expect(outcome.ok ? null : outcome.reason).toEqual({
      code: 'tile-entries',
      detail: 'tile/entries/000.p/2',
    });
  });

  test('bundles of entries must come out even', () => {
    expect(splitEntries(Uint8Array.of(0, 1, 65, 0, 0))?.map((entry) => entry.length)).toEqual([1, 0]);
    expect(splitEntries(Uint8Array.of(0))).toBeNull();
    expect(splitEntries(Uint8Array.of(0, 2, 65))).toBeNull();
    expect(splitEntries(new Uint8Array())).toEqual([]);
  });
});
