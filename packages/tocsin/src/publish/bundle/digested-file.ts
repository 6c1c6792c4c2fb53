// A file written line by line whose SHA-256 is known when it is closed. Holds at most about a megabyte.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const heldCharacters = 512 * 1024;

export class DigestedFile {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #held: string[] = [];
  #characters = 0;
  #digest: string | null = null;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Takes a line; true when enough is held that `flush` is due. */
  line(text: string): boolean {
    this.#held.push(text, '\n');
    this.#characters += text.length + 1;
    return this.#characters >= heldCharacters;
  }

  /** Writes what is held. */
  async flush(): Promise<void> {
    const bytes = Buffer.from(this.#held.join(''));
    this.#held = [];
    this.#characters = 0;
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
  }

  /** Writes the rest and closes the file. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
    this.#digest = this.#hash.digest('hex');
  }

  /** SHA-256 of the whole file. @throws Error before it is closed. */
  sha256(): string {
    if (this.#digest === null) throw new Error('the file is still open');
    return this.#digest;
  }
}
