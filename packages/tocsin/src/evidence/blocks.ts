// A stream of bytes cut into blocks of whole lines, with a bound on the length of a line.

export interface Block {
  /** Whole lines; the last may lack its line end only at the end of the stream. */
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
  #held: Buffer[] = [];
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
    this.#held.push(rest);
    this.#heldBytes += rest.length;
    if (this.#heldBytes < this.#blockBytes) return;
    const joined = Buffer.concat(this.#held);
    const end = joined.lastIndexOf(lineEnd);
    if (end >= 0) yield this.#block(joined.subarray(0, end + 1));
    const left = joined.subarray(end + 1);
    this.#isSkipping = left.length >= this.#blockBytes;
    // A copy: the slice would keep the whole block alive.
    this.#held = this.#isSkipping ? [] : [Buffer.from(left)];
    this.#heldBytes = this.#isSkipping ? 0 : left.length;
  }

  *end(isBroken: boolean): Generator<Block | TooLong | CutOff> {
    if (this.#isSkipping) yield this.#passOver();
    if (this.#heldBytes === 0) return;
    const rest = Buffer.concat(this.#held);
    const whole = isBroken ? rest.subarray(0, rest.lastIndexOf(lineEnd) + 1) : rest;
    if (whole.length > 0) yield this.#block(whole);
    if (whole.length < rest.length) {
      yield { cutOff: true, record: this.#record };
      this.#record += 1;
    }
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
