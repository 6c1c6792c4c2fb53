// The first look at a stream: nothing of it is lost to the look, and what is passed over does not stay open.
import { expect, it } from 'vitest';
import { openSample } from './sample.ts';

/** A stream of pieces that tells whether it was let go of. */
function watched(pieces: number): {
  readonly chunks: AsyncIterable<Buffer>;
  readonly isClosed: () => boolean;
} {
  let closed = false;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      for (let at = 0; at < pieces; at += 1) yield Buffer.alloc(40_000, `${at % 10}`);
    } finally {
      closed = true;
    }
  };
  return { chunks: chunks(), isClosed: () => closed };
}

it('gives the whole content after the look', async () => {
  const { chunks } = watched(5);
  const opened = await openSample(chunks);
  const pieces: Buffer[] = [];
  for await (const piece of opened.chunks) pieces.push(piece);
  expect(opened.sample.bytes).toHaveLength(65_536);
  expect(Buffer.concat(pieces).toString()).toBe(
    [0, 1, 2, 3, 4].map((digit) => `${digit}`.repeat(40_000)).join(''),
  );
});

it.each([
  ['before it was read', async () => undefined],
  [
    'in the midst of reading',
    async (rest: AsyncIterable<Buffer>) => {
      for await (const piece of rest) if (piece.length > 0) break;
    },
  ],
])('lets go of a stream that is passed over %s', async (_, read) => {
  const { chunks, isClosed } = watched(1000);
  const opened = await openSample(chunks);
  await read(opened.chunks);
  await opened.close();
  expect(isClosed()).toBe(true);
});
