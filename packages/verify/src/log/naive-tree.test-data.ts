// For tests: RFC 6962 written down as its definitions read, without tiles or shortcuts, and tiles made by it.
import { createHash } from 'node:crypto';
import { type TileReader, tilePath, tilesOf } from './tiles.ts';

type Hash = Uint8Array;
const sha = (...parts: readonly Uint8Array[]): Hash => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

function split(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** MTH of section 2.1, over leaf hashes. */
export function naiveRoot(leaves: readonly Hash[]): Hash {
  const [only] = leaves;
  if (only === undefined) return sha();
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  return sha(Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** PATH of section 2.1.1. */
export function naiveInclusion(leaves: readonly Hash[], index: number): readonly Hash[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...naiveInclusion(leaves.slice(0, k), index), naiveRoot(leaves.slice(k))]
    : [...naiveInclusion(leaves.slice(k), index - k), naiveRoot(leaves.slice(0, k))];
}

/** PROOF of section 2.1.2. */
export function naiveConsistency(leaves: readonly Hash[], oldSize: number): readonly Hash[] {
  const sub = (from: readonly Hash[], m: number, isWhole: boolean): readonly Hash[] => {
    if (m === from.length) return isWhole ? [] : [naiveRoot(from)];
    const k = split(from.length);
    return m <= k
      ? [...sub(from.slice(0, k), m, isWhole), naiveRoot(from.slice(k))]
      : [...sub(from.slice(k), m - k, false), naiveRoot(from.slice(0, k))];
  };
  return sub(leaves, oldSize, true);
}

/** A log's hash tiles in memory, each hash computed from the leaves below it. */
export function tilesInMemory(leaves: readonly Hash[]): TileReader {
  const files = new Map<string, Uint8Array>();
  for (const { level, index, width } of tilesOf(leaves.length)) {
    if (level === 'entries') continue;
    const unit = 256 ** level;
    const hashes = Array.from({ length: width }, (_, at) => {
      const first = (index * 256 + at) * unit;
      return naiveRoot(leaves.slice(first, first + unit));
    });
    files.set(tilePath({ level, index, width }), Uint8Array.from(Buffer.concat(hashes)));
  }
  return async (path) => files.get(path) ?? null;
}
