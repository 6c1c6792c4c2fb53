// Sets of small numbers, a bit each: of classes, and of a sample's events. Pure; no set is changed but by `add`.

export type Bits = Uint32Array;

/** The set of none of so many numbers. */
export const noneOf = (count: number): Bits => new Uint32Array((count + 31) >>> 5);

/** Puts a number into a set. */
export function add(set: Bits, at: number): void {
  set[at >>> 5] = (set[at >>> 5] ?? 0) | (1 << (at & 31));
}

export function has(set: Bits, at: number): boolean {
  return (((set[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1;
}

/** What is in one of the sets. */
export function union(none: Bits, sets: readonly Bits[]): Bits {
  const out = none.slice();
  for (const set of sets)
    for (let word = 0; word < out.length; word += 1) out[word] = (out[word] ?? 0) | (set[word] ?? 0);
  return out;
}

/** What is in every one of the sets. */
export function intersection(all: Bits, sets: readonly Bits[]): Bits {
  const out = all.slice();
  for (const set of sets)
    for (let word = 0; word < out.length; word += 1) out[word] = (out[word] ?? 0) & (set[word] ?? 0);
  return out;
}

export const inverted = (set: Bits): Bits => set.map((word) => ~word);

/** Whether all of the one is in the other. */
export function isBelow(set: Bits, other: Bits): boolean {
  for (let word = 0; word < set.length; word += 1) {
    if (((set[word] ?? 0) & ~(other[word] ?? 0)) !== 0) return false;
  }
  return true;
}

/** How many numbers two sets share. */
export function sharedBy(set: Bits, other: Bits): number {
  let count = 0;
  for (let word = 0; word < set.length; word += 1) count += bitsIn((set[word] ?? 0) & (other[word] ?? 0));
  return count;
}

/** The numbers below `count` that are in a set, in order. */
export function numbersIn(set: Bits, count: number): readonly number[] {
  const out: number[] = [];
  for (const [index, word] of set.entries()) {
    for (let bit = 0; word !== 0 && bit < 32; bit += 1) {
      const at = index * 32 + bit;
      if (((word >>> bit) & 1) === 1 && at < count) out.push(at);
    }
  }
  return out;
}

/** Bits set in a word: Hacker's Delight, figure 5-2. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
