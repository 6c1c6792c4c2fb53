// Bytes of evidence as they were before compression, as a stream with a bound on how far they may expand.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';

export interface ExpansionLimits {
  readonly maxExpandedBytes: number;
  /** Expanded over packed; judged once 64 MiB have come out, as a short repetitive log may well pack as tightly. */
  readonly maxRatio: number;
}

const pieceBytes = 1024 * 1024;
const graceBytes = 64 * 1024 * 1024;
/** zstd frames may ask for a window of up to 2 GiB; logs need no more than this. */
const zstdWindowBytes = 128 * 1024 * 1024;

export type Compression = 'none' | 'gzip' | 'zstd' | 'zip';

/** The stream stopped before its end; what came before is good. */
export class CutShort extends Error {
  readonly code: 'expansion-limit' | 'damaged-archive';
  constructor(code: 'expansion-limit' | 'damaged-archive', cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** Tells compression by its first bytes (RFC 1952, RFC 8878, APPNOTE.TXT). */
export function compressionOf(head: Uint8Array): Compression {
  const [a, b, c, d] = head;
  if (a === 0x1f && b === 0x8b && c === 0x08) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  if (a === 0x50 && b === 0x4b && ((c === 3 && d === 4) || (c === 5 && d === 6))) return 'zip';
  return 'none';
}

/** The content of a file that is plain, gzip or zstd. @throws CutShort */
export function unpacked(
  file: string,
  compression: Compression,
  limits: ExpansionLimits,
): AsyncIterable<Buffer> {
  if (compression === 'none') return pieces(file);
  const bytes = createReadStream(file, { highWaterMark: pieceBytes });
  return bounded(expanded(bytes, compression), { limits, packed: () => bytes.bytesRead });
}

/** A file as it is. Each piece is good until the next is asked for, but for the first ones, which a sample may keep. */
async function* pieces(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file);
  try {
    let piece = Buffer.allocUnsafe(pieceBytes);
    for (let read = 0; ; ) {
      if (read > 0 && read <= pieceBytes) piece = Buffer.allocUnsafe(pieceBytes);
      const { bytesRead } = await handle.read(piece, 0, pieceBytes);
      if (bytesRead === 0) return;
      read += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Expands a stream that is plain, gzip or zstd. */
export function expanded(bytes: NodeJS.ReadableStream, compression: Compression): AsyncIterable<Buffer> {
  if (compression === 'gzip') return gunzip(bytes);
  if (compression === 'zstd') return unzstd(bytes);
  return buffers(bytes);
}

async function* buffers(bytes: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
}

async function* gunzip(bytes: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  const gunzipped = createGunzip({ chunkSize: 256 * 1024 });
  bytes.on('error', (error) => gunzipped.destroy(error));
  try {
    yield* buffers(bytes.pipe(gunzipped));
  } catch (error) {
    throw new CutShort('damaged-archive', error);
  }
}

async function* unzstd(bytes: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  let out: Buffer[] = [];
  const decompress = new Decompress((chunk) => out.push(Buffer.from(chunk)));
  let isFirst = true;
  try {
    for await (const chunk of buffers(bytes)) {
      if (isFirst && zstdWindow(chunk) > zstdWindowBytes) throw new Error('window too large');
      isFirst = false;
      // Small bites: each may expand a thousandfold and comes out at once.
      for (let at = 0; at < chunk.length; at += 65536) {
        decompress.push(chunk.subarray(at, at + 65536));
        yield* out;
        out = [];
      }
    }
    decompress.push(new Uint8Array(0), true);
    yield* out;
  } catch (error) {
    throw new CutShort('damaged-archive', error);
  }
}

/** Window a zstd frame asks for, in bytes (RFC 8878, 3.1.1.1.2). */
function zstdWindow(head: Uint8Array): number {
  const descriptor = head[4] ?? 0;
  if ((descriptor & 0x20) !== 0) return 0;
  const window = head[5] ?? 0;
  const base = 2 ** (10 + (window >> 3));
  return base + (base / 8) * (window & 7);
}

/** Ends a stream that expands beyond the limits. @throws CutShort */
export async function* bounded(
  chunks: AsyncIterable<Buffer>,
  expansion: { readonly limits: ExpansionLimits; readonly packed: () => number } | null,
): AsyncGenerator<Buffer> {
  let expandedBytes = 0;
  for await (const chunk of chunks) {
    expandedBytes += chunk.length;
    if (expansion !== null) {
      const { limits } = expansion;
      const isOver = expandedBytes > limits.maxExpandedBytes;
      const isBomb =
        expandedBytes > graceBytes && expandedBytes > limits.maxRatio * Math.max(1, expansion.packed());
      if (isOver || isBomb) throw new CutShort('expansion-limit');
    }
    yield chunk;
  }
}
