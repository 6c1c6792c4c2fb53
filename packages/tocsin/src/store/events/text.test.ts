// Results as text: no byte is lost, no two byte strings become the same text, and lines are cut where they end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonTextOf, rowsOf, wholeLines } from './text.ts';

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let step = 0; at < bytes.length; step += 1) {
    const size = sizes[step % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** Bytes as the engine writes them inside JSON text: only quotes, backslashes and controls escaped. */
function jsonLine(value: Uint8Array): Buffer {
  const parts = Array.from(value, (byte) => {
    if (byte === 0x22 || byte === 0x5c) return Buffer.from([0x5c, byte]);
    return byte < 0x20 ? Buffer.from(`\\u${byte.toString(16).padStart(4, '0')}`) : Buffer.from([byte]);
  });
  return Buffer.concat([Buffer.from('{"v":"'), ...parts, Buffer.from('"}\n')]);
}

describe('bytes of a result', () => {
  it.each<[string, number[], string]>([
    ['text stays as it is', [...Buffer.from('é😀')], 'é😀'],
    ['a byte that is no text is shown by its number', [0x41, 0xff, 0x42], 'A\\xffB'],
    ['a sequence that breaks off', [0xc3, 0x41], '\\xc3A'],
    ['a sequence that ends the text', [0xe2, 0x82], '\\xe2\\x82'],
    ['a surrogate is no character', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['an overlong form is no character', [0xc0, 0xaf], '\\xc0\\xaf'],
    ['beyond the last character', [0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
    ['text around such bytes', [...Buffer.from('é'), 0xff, ...Buffer.from('😀')], 'é\\xff😀'],
  ])('%s', (_, bytes, expected) => {
    expect(rowsOf(jsonLine(Buffer.from(bytes)))).toEqual([{ v: expected }]);
  });

  it('become JSON text whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (value) => {
        const [row] = rowsOf(jsonLine(value));
        const text = String(row?.v);
        // Read back by hand: \xNN is a byte, the rest is UTF-8. Ambiguous only where the text itself says \xNN.
        if (Buffer.from(value).toString('latin1').includes('\\x')) return;
        const back = text
          .split(/(\\x[0-9a-f]{2})/)
          .map((part) =>
            /^\\x[0-9a-f]{2}$/.test(part) ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part, 'utf8'),
          );
        expect(Buffer.concat(back)).toEqual(Buffer.from(value));
      }),
    );
  });

  it('that are text are not changed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(jsonTextOf(Buffer.from(text, 'utf8'))).toBe(Buffer.from(text, 'utf8').toString('utf8'));
      }),
    );
  });
});

describe('a stream of lines', () => {
  it('is cut at line ends only, whatever its chunks, and loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 8 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (lines, sizes, isEnded) => {
          const text = lines.join('\n') + (isEnded ? '\n' : '');
          const batches: string[] = [];
          for await (const batch of wholeLines(cut(Buffer.from(text), sizes)))
            batches.push(Buffer.from(batch).toString());
          expect(batches.join('')).toBe(text);
          expect(batches.slice(0, -1).every((batch) => batch.endsWith('\n'))).toBe(true);
        },
      ),
    );
  });

  it('that breaks off fails', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"a":1}\n{"a"');
      throw new Error('gone');
    };
    const read = async () => {
      for await (const batch of wholeLines(broken())) rowsOf(batch);
    };
    await expect(read()).rejects.toThrow('gone');
  });
});
