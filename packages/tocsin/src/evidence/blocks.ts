// A stream of bytes cut into blocks of whole lines, with a bound on the length of a line.

export interface Block {
  /**
   * Whole lines; the last may lack its line end only at the end of the stream. Good until the next block is asked for,
   * which takes the same memory.
   */
  readonly bytes: Buffer;
  /** Position of its first line, counted from 1. */
  readonly firstRecord: number;
  readonly lines: number;
}

export interface TooLong {
  readonly tooLong: true;
  readonly record: number;
}

/** The line in which a stream broke off: nobody knows what its last cell would have been. */
export interface CutOff {
  readonly cutOff: true;
  readonly record: number;
}

const lineEnd = 0x0a;

/** Lines in a buffer; an unterminated last line counts. */
export function countLines(bytes: Buffer): number {
  let lines = 0;
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(lineEnd, at);
    lines += 1;
    if (end < 0) break;
    at = end + 1;
  }
  return lines;
}

/**
 * Blocks of at most about `blockBytes`. A line longer than that is passed over and named. When the stream breaks
 * off, the whole lines it gave are given out before the failure is passed on, and the broken one is named.
 * @param blockBytes size of a block, bytes; also the longest line held in memory
 */
export async function* blocksOf(
  chunks: AsyncIterable<Buffer>,
  blockBytes: number,
): AsyncGenerator<Block | TooLong | CutOff> {
  const cutter = new Cutter(blockBytes);
  let failure: { readonly error: unknown } | null = null;
  const source = chunks[Symbol.asyncIterator]();
  for (;;) {
    const next = await source.next().catch((error: unknown) => {
      failure = { error };
      return null;
    });
    if (next === null || next.done === true) break;
    yield* cutter.push(next.value);
  }
  yield* cutter.end(failure !== null);
  if (failure !== null) throw Object(failure).error;
}

class Cutter {
  readonly #blockBytes: number;
  /** One piece of memory for all blocks: a new one for each would cost as much as reading it. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  #record = 1;
  #isSkipping = false;

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
  }

  *push(chunk: Buffer): Generator<Block | TooLong> {
    let rest = chunk;
    if (this.#isSkipping) {
      const end = rest.indexOf(lineEnd);
      if (end < 0) return;
      yield this.#passOver();
      rest = rest.subarray(end + 1);
    }
    this.#hold(rest);
    if (this.#heldBytes < this.#blockBytes) return;
    const held = this.#held.subarray(0, this.#heldBytes);
    const end = held.lastIndexOf(lineEnd);
    if (end >= 0) yield this.#block(held.subarray(0, end + 1));
    const left = held.length - end - 1;
    this.#isSkipping = left >= this.#blockBytes;
    if (!this.#isSkipping) this.#held.copyWithin(0, end + 1, held.length);
    this.#heldBytes = this.#isSkipping ? 0 : left;
  }

  *end(isBroken: boolean): Generator<Block | TooLong | CutOff> {
    if (this.#isSkipping) yield this.#passOver();
    if (this.#heldBytes === 0) return;
    const rest = this.#held.subarray(0, this.#heldBytes);
    const whole = isBroken ? rest.subarray(0, rest.lastIndexOf(lineEnd) + 1) : rest;
    if (whole.length > 0) yield this.#block(whole);
    if (whole.length < rest.length) {
      yield { cutOff: true, record: this.#record };
      this.#record += 1;
    }
  }

  #hold(bytes: Buffer): void {
    const needed = this.#heldBytes + bytes.length;
    if (needed > this.#held.length) {
      // By doubling, up to what the largest block takes: a small file needs little.
      const larger = Buffer.allocUnsafe(Math.max(needed, Math.min(2 * this.#held.length, this.#blockBytes)));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#heldBytes);
    this.#heldBytes = needed;
  }

  #block(bytes: Buffer): Block {
    const lines = countLines(bytes);
    const block = { bytes, firstRecord: this.#record, lines };
    this.#record += lines;
    return block;
  }

  #passOver(): TooLong {
    this.#isSkipping = false;
    this.#record += 1;
    return { tooLong: true, record: this.#record - 1 };
  }
}
