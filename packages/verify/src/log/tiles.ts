// The static files of a log (C2SP tlog-tiles): where each stands, and how hashes, roots and proofs are read from them.
// Takes a reader of paths, so that a folder, a web server or a map in memory serve alike. Nothing read is trusted: what
// is proved from tiles must lead to the root of a signed checkpoint.
// @see https://c2sp.org/tlog-tiles
import { nodeHash, rootOfNothing } from '../merkle.ts';
import { accept, type Outcome, type Reason, type RefusalCode } from '../sign/reason.ts';

export const tileWidth = 256;
const hashBytes = 32;

/** Gives the bytes at a path of the log, or null when there are none. */
export type TileReader = (path: string) => Promise<Uint8Array | null>;

/** A hash tile of a level, or a bundle of entries. */
export type TileLevel = number | 'entries';

export interface TilePlace {
  readonly level: TileLevel;
  readonly index: number;
  /** Entries in it, 1 to 256; less than 256 is a partial tile. */
  readonly width: number;
}

/** The path of a tile within the log, e.g. `tile/1/x001/234.p/17`. */
export function tilePath({ level, index, width }: TilePlace): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width < tileWidth ? `.p/${width}` : ''}`;
}

/** Every tile and bundle of entries that a tree of `size` has, full ones included, lowest level first. */
export function* tilesOf(size: number): Generator<TilePlace> {
  yield* rowOf('entries', size);
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / tileWidth))
    yield* rowOf(level, count);
}

function* rowOf(level: TileLevel, count: number): Generator<TilePlace> {
  for (let index = 0; index * tileWidth < count; index += 1)
    yield { level, index, width: Math.min(tileWidth, count - index * tileWidth) };
}

/** A log that cannot be read; carries the reason. */
export class LogReadError extends Error {
  readonly reason: Reason;

  constructor(code: RefusalCode, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'LogReadError';
    this.reason = { code, detail };
  }
}

/** Runs what reads a log and turns its LogReadError into a refusal. */
export async function readingLog<T>(read: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return accept(await read());
  } catch (error) {
    if (error instanceof LogReadError) return { ok: false, reason: error.reason };
    throw error;
  }
}

/** The tree of a log at one size, read tile by tile; a few hundred tiles are kept. */
export class TiledTree {
  readonly size: number;
  readonly #read: TileReader;
  readonly #kept = new Map<string, Uint8Array>();

  constructor(read: TileReader, size: number) {
    this.#read = read;
    this.size = size;
  }

  /** The root over the first `size` entries (default: all), 32 bytes. @throws LogReadError */
  async root(size: number = this.size): Promise<Uint8Array> {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size)
      throw new LogReadError('proof-index', `${size} of ${this.size}`);
    return size === 0 ? rootOfNothing() : this.#range(0, size);
  }

  /** The hash of the entry at an index below the size. @throws LogReadError */
  async leaf(index: number): Promise<Uint8Array> {
    return this.#range(index, index + 1);
  }

  /** RFC 6962, 2.1.1: the hashes beside the way from the entry to the root, the leaf's first. @throws LogReadError */
  async inclusionProof(index: number): Promise<readonly Uint8Array[]> {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.size)
      throw new LogReadError('proof-index', `${index} of ${this.size}`);
    const proof: Uint8Array[] = [];
    let from = 0;
    let to = this.size;
    while (to - from > 1) {
      const middle = from + largestPowerBelow(to - from);
      if (index < middle) {
        proof.push(await this.#range(middle, to));
        to = middle;
      } else {
        proof.push(await this.#range(from, middle));
        from = middle;
      }
    }
    return proof.reverse();
  }

  /** RFC 6962, 2.1.2: that this tree continues the one of `oldSize` entries (1 to the size). @throws LogReadError */
  async consistencyProof(oldSize: number): Promise<readonly Uint8Array[]> {
    if (!Number.isSafeInteger(oldSize) || oldSize < 1 || oldSize > this.size)
      throw new LogReadError('proof-index', `${oldSize} of ${this.size}`);
    const proof: Uint8Array[] = [];
    let from = 0;
    let to = this.size;
    while (oldSize < to) {
      const middle = from + largestPowerBelow(to - from);
      if (oldSize <= middle) {
        proof.push(await this.#range(middle, to));
        to = middle;
      } else {
        proof.push(await this.#range(from, middle));
        from = middle;
      }
    }
    // The old tree is a node of its own unless it is the left edge, whose hash the reader has.
    if (from > 0) proof.push(await this.#range(from, to));
    return proof.reverse();
  }

  /** The entries of one bundle, by its index. @throws LogReadError */
  async entries(index: number): Promise<readonly Uint8Array[]> {
    const width = Math.min(tileWidth, this.size - index * tileWidth);
    if (width <= 0) throw new LogReadError('proof-index', `bundle ${index}`);
    const place: TilePlace = { level: 'entries', index, width };
    const { bytes, isFull } = await this.#fetch(place);
    const entries = splitEntries(bytes);
    if (entries === null || (isFull ? entries.length !== tileWidth : entries.length !== width))
      throw new LogReadError('tile-entries', tilePath(place));
    return entries.slice(0, width);
  }

  async #range(from: number, to: number): Promise<Uint8Array> {
    const count = to - from;
    const half = largestPowerBelow(count);
    if (count === 1 || 2 * half === count) return this.#subtree(from, count);
    return nodeHash(await this.#range(from, from + half), await this.#range(from + half, to));
  }

  /** A complete subtree: `count` is a power of two and `from` a multiple of it. */
  async #subtree(from: number, count: number): Promise<Uint8Array> {
    let level = 0;
    let unit = 1;
    while (unit * tileWidth <= count) {
      unit *= tileWidth;
      level += 1;
    }
    const first = from / unit;
    const tile = await this.tile(level, Math.floor(first / tileWidth));
    const start = (first % tileWidth) * hashBytes;
    let row = Array.from({ length: count / unit }, (_, at) =>
      tile.subarray(start + at * hashBytes, start + (at + 1) * hashBytes),
    );
    while (row.length > 1) {
      const above: Uint8Array[] = [];
      for (let at = 0; at < row.length; at += 2)
        above.push(nodeHash(row[at] ?? new Uint8Array(), row[at + 1] ?? new Uint8Array()));
      row = above;
    }
    return row[0] ?? new Uint8Array();
  }

  /** The hashes of a tile, at most as many as this size has; more follow when only the full tile exists. @throws LogReadError */
  async tile(level: number, index: number): Promise<Uint8Array> {
    const width = Math.min(tileWidth, Math.floor(this.size / tileWidth ** level) - index * tileWidth);
    const path = tilePath({ level, index, width });
    const kept = this.#kept.get(path);
    if (kept !== undefined) return kept;
    const { bytes, isFull } = await this.#fetch({ level, index, width });
    if (bytes.length !== (isFull ? tileWidth : width) * hashBytes) throw new LogReadError('tile-size', path);
    if (this.#kept.size >= 256) this.#kept.clear();
    this.#kept.set(path, bytes);
    return bytes;
  }

  /** A log may have dropped a partial tile once the full one exists. */
  async #fetch(place: TilePlace): Promise<{ readonly bytes: Uint8Array; readonly isFull: boolean }> {
    const asked = await this.#read(tilePath(place));
    if (asked !== null) return { bytes: asked, isFull: place.width === tileWidth };
    const full = place.width < tileWidth ? await this.#read(tilePath({ ...place, width: tileWidth })) : null;
    if (full === null) throw new LogReadError('tile-missing', tilePath(place));
    return { bytes: full, isFull: true };
  }
}

/** The largest power of two below `count` (1 for 1 and 2). */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** The entries of a bundle: each a big-endian length of two bytes and that many bytes; null when it does not come out. */
export function splitEntries(bytes: Uint8Array): readonly Uint8Array[] | null {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return null;
    const end = at + 2 + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (end > bytes.length) return null;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
