// Lines of a byte stream, without holding the stream: takes chunks, gives each line's bytes without its newline.

/** A line that is too long to be held. */
export class LongLineError extends Error {}

/**
 * Reads line by line. The last line must end with a newline too; when it does not, `isEnded` is false in the end.
 * @throws LongLineError for a line of more than `limitBytes`.
 */
export class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #limitBytes: number;
  readonly #onChunk: (chunk: Uint8Array) => void;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  isEnded = true;

  constructor(
    stream: AsyncIterable<Uint8Array>,
    limitBytes: number,
    onChunk: (chunk: Uint8Array) => void = () => {},
  ) {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#limitBytes = limitBytes;
    this.#onChunk = onChunk;
  }

  /** The next line; null after the last. Answers without a promise while the chunk at hand has lines. */
  next(): Uint8Array | null | Promise<Uint8Array | null> {
    const newline = this.#chunk.indexOf(10, this.#at);
    if (newline < 0) return this.#across();
    const line = this.#chunk.subarray(this.#at, newline);
    this.#at = newline + 1;
    return line;
  }

  async #across(): Promise<Uint8Array | null> {
    const parts = [this.#chunk.subarray(this.#at)];
    let lengthBytes = parts[0]?.length ?? 0;
    while (true) {
      const { done, value } = await this.#chunks.next();
      if (done) {
        this.#chunk = new Uint8Array(0);
        this.#at = 0;
        if (lengthBytes === 0) return null;
        this.isEnded = false;
        return joined(parts, lengthBytes);
      }
      this.#onChunk(value);
      const newline = value.indexOf(10);
      const part = newline < 0 ? value : value.subarray(0, newline);
      parts.push(part);
      lengthBytes += part.length;
      if (lengthBytes > this.#limitBytes)
        throw new LongLineError(`a line of more than ${this.#limitBytes} bytes`);
      if (newline < 0) continue;
      this.#chunk = value;
      this.#at = newline + 1;
      return joined(parts, lengthBytes);
    }
  }
}

function joined(parts: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const whole = new Uint8Array(lengthBytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
