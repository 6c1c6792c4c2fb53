// Blocks of whole lines: nothing is lost, every line keeps its number, whatever the chunks the bytes came in.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, blocksOf, type CutOff, countLines, type TooLong } from './blocks.ts';

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let step = 0; at < bytes.length; step += 1) {
    const size = sizes[step % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function cut(
  bytes: Buffer,
  sizes: readonly number[],
  blockBytes: number,
): Promise<(Block | CutOff | TooLong)[]> {
  const blocks: (Block | CutOff | TooLong)[] = [];
  // A block is good until the next one: keep a copy.
  for await (const block of blocksOf(chunksOf(bytes, sizes), blockBytes))
    blocks.push('bytes' in block ? { ...block, bytes: Buffer.from(block.bytes) } : block);
  return blocks;
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

describe('blocks of lines', () => {
  it('are together what came in, end at line ends and number their lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 20, unit: fc.constantFrom('a', 'é', '\r', '\0') }), {
          maxLength: 40,
        }),
        fc.boolean(),
        chunksSizesAnd(fc.integer({ min: 64, max: 200 })),
        async (lines, isEnded, [sizes, blockBytes]) => {
          const bytes = Buffer.from(lines.join('\n') + (isEnded ? '\n' : ''));
          const blocks = await cut(bytes, sizes, blockBytes);
          let record = 1;
          for (const [at, block] of blocks.entries()) {
            if (!('bytes' in block)) throw new Error('no line is too long or cut here');
            expect(block.firstRecord).toBe(record);
            expect(block.lines).toBe(countLines(block.bytes));
            if (at < blocks.length - 1) expect(block.bytes.at(-1)).toBe(0x0a);
            record += block.lines;
          }
          expect(
            Buffer.concat(blocks.map((block) => ('bytes' in block ? block.bytes : Buffer.alloc(0)))),
          ).toEqual(bytes);
        },
      ),
    );
  });

  it('are bounded, and a line that is longer is passed over under its own number', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        chunkSizes,
        async (lengths, isEnded, sizes) => {
          const blockBytes = 100;
          const lines = lengths.map((length, at) => String.fromCharCode(97 + (at % 26)).repeat(length));
          const bytes = Buffer.from(lines.join('\n') + (isEnded ? '\n' : ''));
          const kept = new Map<number, string>();
          const passed: number[] = [];
          for (const block of await cut(bytes, sizes, blockBytes)) {
            if (!('bytes' in block)) {
              passed.push(block.record);
              continue;
            }
            expect(block.bytes.length).toBeLessThan(2 * blockBytes + 40);
            const text = block.bytes.toString();
            const own = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
            for (const [at, line] of own.entries()) kept.set(block.firstRecord + at, line);
          }
          for (const [at, line] of lines.entries()) {
            const record = at + 1;
            const isLastAndEmpty = record === lines.length && line === '' && !isEnded;
            if (isLastAndEmpty) continue;
            expect(kept.has(record), `line ${record} once`).not.toBe(passed.includes(record));
            if (kept.has(record)) expect(kept.get(record)).toBe(line);
            // What fits is kept, what is over twice the bound is not; between them either may happen.
            if (line.length < blockBytes) expect(kept.has(record)).toBe(true);
          }
        },
      ),
    );
  });

  it.each<[string, string, number]>([
    ['no bytes', '', 0],
    ['one unterminated line', 'a', 1],
    ['one line', 'a\n', 1],
    ['a blank last line', 'a\n\n', 2],
    ['only line ends', '\n\n\n', 3],
  ])('counts the lines of %s', (_, text, expected) => {
    expect(countLines(Buffer.from(text))).toBe(expected);
  });

  it('gives the whole lines before the evidence breaks off, names the broken one, then the failure', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('a\nb\nhal');
      throw new Error('the disk is gone');
    };
    const seen: string[] = [];
    const read = async () => {
      for await (const block of blocksOf(broken(), 1000))
        seen.push('bytes' in block ? block.bytes.toString() : `cut in line ${block.record}`);
    };
    await expect(read()).rejects.toThrow('the disk is gone');
    expect(seen).toEqual(['a\nb\n', 'cut in line 3']);
  });
});

function chunksSizesAnd<T>(other: fc.Arbitrary<T>): fc.Arbitrary<[number[], T]> {
  return fc.tuple(chunkSizes, other);
}
