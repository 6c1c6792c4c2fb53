// Adds entries to the tiles of a log: takes the folder, its size and the new entries; writes the bundles and hash tiles
// that change, and gives the new root. Only files beyond the published size are written or replaced.
import { leafHash, mostEntryBytes, nodeHash, type TiledTree, tilePath, tileWidth } from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { dropLogFile, treeOf, writeLogFile } from './folder.ts';

const hashBytes = 32;

/** Writes the tiles of a tree of `size` and the new entries, and gives its root. Existing tiles must be sound. */
export async function growTiles(
  dir: string,
  size: number,
  entries: readonly Uint8Array[],
): Promise<Uint8Array> {
  const before = treeOf(dir, size);
  await growEntries(dir, before, entries);
  let added: readonly Uint8Array[] = entries.map(leafHash);
  let count = size;
  for (let level = 0; added.length > 0; level += 1) {
    const first = Math.floor(count / tileWidth);
    const kept = await hashesOf(before, level, first, count % tileWidth);
    const row = [...kept, ...added];
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += tileWidth) {
      const hashes = row.slice(at, at + tileWidth);
      const index = first + at / tileWidth;
      writeLogFile(dir, tilePath({ level, index, width: hashes.length }), Buffer.concat(hashes));
      if (hashes.length === tileWidth) above.push(rootOfTile(hashes));
    }
    count = Math.floor(count / tileWidth);
    added = above;
  }
  return treeOf(dir, size + entries.length).root();
}

async function growEntries(dir: string, before: TiledTree, entries: readonly Uint8Array[]): Promise<void> {
  const first = Math.floor(before.size / tileWidth);
  const kept = before.size % tileWidth === 0 ? [] : await before.entries(first);
  const row = [...kept, ...entries];
  for (let at = 0; at < row.length; at += tileWidth) {
    const bundle = row.slice(at, at + tileWidth);
    const path = tilePath({ level: 'entries', index: first + at / tileWidth, width: bundle.length });
    writeLogFile(dir, path, Buffer.concat(bundle.flatMap((entry) => [lengthOf(entry), entry])));
  }
}

function lengthOf(entry: Uint8Array): Uint8Array {
  if (entry.length > mostEntryBytes)
    throw new TocsinError('log-refused', { detail: 'an entry is too long', reason: 'entry-form' });
  return Uint8Array.of(entry.length >> 8, entry.length & 0xff);
}

/** The first `width` hashes of a tile of the tree so far. */
async function hashesOf(
  tree: TiledTree,
  level: number,
  index: number,
  width: number,
): Promise<readonly Uint8Array[]> {
  if (width === 0) return [];
  const bytes = await tree.tile(level, index);
  return Array.from({ length: width }, (_, at) => bytes.slice(at * hashBytes, (at + 1) * hashBytes));
}

function rootOfTile(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const pairs = row;
    row = Array.from({ length: pairs.length / 2 }, (_, at) =>
      nodeHash(pairs[2 * at] ?? new Uint8Array(), pairs[2 * at + 1] ?? new Uint8Array()),
    );
  }
  return row[0] ?? new Uint8Array();
}

/** Removes partial tiles whose full tile is published; the tile format allows it, and readers fall back to the full one. */
export function dropPartials(dir: string, oldSize: number, newSize: number): void {
  for (let level = 0, from = oldSize, to = newSize; to > 0; level += 1) {
    const first = Math.floor(from / tileWidth);
    if (from % tileWidth > 0 && Math.floor(to / tileWidth) > first) {
      dropLogFile(dir, `${tilePath({ level, index: first, width: tileWidth })}.p`);
      if (level === 0)
        dropLogFile(dir, `${tilePath({ level: 'entries', index: first, width: tileWidth })}.p`);
    }
    from = Math.floor(from / tileWidth);
    to = Math.floor(to / tileWidth);
  }
}
