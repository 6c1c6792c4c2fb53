// Text in UTF-16 (as Windows tools write it) to UTF-8, and the byte order mark off; everything else passes unchanged.
import type { Tally } from './tally.ts';

/** Encodings told by a byte order mark, https://www.unicode.org/faq/utf_bom.html */
function markedEncoding(head: Buffer): 'utf-16le' | 'utf-16be' | 'utf-8' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 'utf-8' : null;
}

/** The stream in UTF-8 where it is marked as another encoding; notes what was converted as an assumption. */
export async function* asUtf8(chunks: AsyncIterable<Buffer>, tally: Tally): AsyncGenerator<Buffer> {
  let encoding: ReturnType<typeof markedEncoding> = null;
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let isFirst = true;
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (isFirst && bytes.length > 0) {
      isFirst = false;
      encoding = markedEncoding(bytes);
      if (encoding === 'utf-8') bytes = bytes.subarray(3);
      if (encoding === 'utf-16le' || encoding === 'utf-16be') {
        decoder = new TextDecoder(encoding);
        tally.assume([
          {
            about: 'encoding',
            value: encoding,
            text: `The file is marked as ${encoding.toUpperCase()} and was read as that.`,
          },
        ]);
      }
    }
    yield decoder === null ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }), 'utf8');
  }
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield Buffer.from(rest, 'utf8');
}
