// The first look at an evidence item: enough bytes to recognise its format, put back before the reading begins.
import { isUtf8 } from 'node:buffer';
import type { Sample } from './format.ts';

const sampleBytes = 65_536;

/** Text of bytes without loss: UTF-8 where valid, else Latin-1. */
export function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}

/** The sample for the beginning of a file; an unfinished last line is left out unless it is the only one. */
export function sampleOf(head: Buffer, isWhole: boolean): Sample {
  const end = isWhole ? head.length : head.lastIndexOf(0x0a) + 1;
  const bytes = end > 0 ? head.subarray(0, end) : head;
  const text = textOf(bytes);
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  return { bytes, text, lines };
}

export interface Opened {
  readonly sample: Sample;
  /** The whole content, the sample included. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Lets go of the stream, read to its end or not: what is passed over must not stay open. */
  readonly close: () => Promise<void>;
}

/** Reads the sample off a stream and gives both. A stream that fails at once gives an empty sample. */
export async function openSample(chunks: AsyncIterable<Buffer>): Promise<Opened> {
  const source = chunks[Symbol.asyncIterator]();
  const read: Buffer[] = [];
  let readBytes = 0;
  let failure: { readonly error: unknown } | null = null;
  let isWhole = false;
  while (readBytes < sampleBytes && !isWhole && failure === null) {
    const next = await source.next().catch((error: unknown) => {
      failure = { error };
      return null;
    });
    if (next === null || next.done === true) isWhole = true;
    else {
      read.push(next.value);
      readBytes += next.value.length;
    }
  }
  const head = Buffer.concat(read);
  const again = async function* (): AsyncGenerator<Buffer> {
    yield head;
    if (failure !== null) throw Object(failure).error;
    if (isWhole) return;
    yield* { [Symbol.asyncIterator]: () => source };
  };
  const sampled = head.subarray(0, sampleBytes);
  return {
    sample: sampleOf(sampled, isWhole && head.length <= sampleBytes),
    chunks: again(),
    close: async () => void (await source.return?.()),
  };
}
