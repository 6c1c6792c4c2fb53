// A reader of zip archives (PKWARE APPNOTE 6.3.10) that trusts nothing: stored and deflated files only, every bound
// checked before and while reading, local headers held against the directory. Takes a ByteSource, gives BundleFiles.
import { type BundleFiles, type ByteSource, isSafePath } from './files.ts';
import { ContainerError, type ContainerProblem } from './problem.ts';
import { compareBytes } from './text.ts';

export interface ZipLimits {
  readonly files: number;
  readonly fileBytes: number;
  readonly totalBytes: number;
}

export const zipLimits: ZipLimits = { files: 4096, fileBytes: 2 ** 32 - 1, totalBytes: 16 * 2 ** 30 };

/**
 * Every row has 32 bytes that do not compress in the list of leaves, so no bundle is packed more tightly than this.
 * Archives of a few megabytes' content are let be: they do no harm.
 */
const tightest = { ratio: 256, fromBytes: 64 * 2 ** 20 } as const;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
  /** Version, flags, method, time and date: what the local header repeats. */
  readonly repeated: string;
  /** Where the content begins, and where the entry ends. */
  readonly data: number;
  readonly end: number;
}

const endLength = 22;
const directoryHeader = 46;
const localHeader = 30;
const chunkBytes = 64 * 1024;
/** 1980-01-01 00:00, version 2.0, no flags: how Tocsin writes every header. */
const tocsinHeader = /^20,0,[08],0,33$/;
const unixFile = 0o100644 * 65_536;

/**
 * Opens an archive.
 * @throws ContainerError when it cannot be read safely.
 */
export async function openZip(source: ByteSource, limits: ZipLimits = zipLimits): Promise<BundleFiles> {
  const { directory, directoryAt, count } = await readDirectory(source, limits);
  const problems: ContainerProblem[] = [];
  const entries = new Map<string, Entry>();
  const seen = new Set<string>();
  let totalBytes = 0;
  let at = 0;
  const all: Entry[] = [];
  for (let index = 0; index < count; index += 1) {
    const { header, next, isAsWritten } = readHeader(directory, at);
    at = next;
    // Windows and macOS fold case: two names that differ only in case would become one file there.
    const folded = header.name.toLowerCase();
    if (seen.has(folded)) throw new ContainerError('duplicate-name', header.name);
    seen.add(folded);
    totalBytes += header.sizeBytes;
    if (header.sizeBytes > limits.fileBytes || totalBytes > limits.totalBytes) {
      throw new ContainerError('too-large', header.name);
    }
    const entry = await locate(source, header, directoryAt);
    if (entry === null || !isAsWritten) problems.push({ code: 'zip-damaged', file: header.name });
    if (entry === null) continue;
    all.push(entry);
    if (!header.name.endsWith('/')) entries.set(header.name, entry);
  }
  if (at !== directory.byteLength) throw new ContainerError('zip-damaged');
  if (totalBytes > tightest.fromBytes && totalBytes > source.sizeBytes * tightest.ratio)
    throw new ContainerError('bomb-refused');
  problems.push(...gaps(all, directoryAt));
  return {
    names: [...entries.keys()].sort(compareBytes),
    problems,
    open: (name) => {
      const entry = entries.get(name);
      if (!entry) throw new RangeError(`no file ${name}`);
      return content(source, entry);
    },
  };
}

/**
 * Bytes between the entries that belong to none, where another content could hide: only the data descriptor that an
 * entry announces may stand there. What could not be located was named before.
 * @throws ContainerError when entries overlap
 */
function gaps(entries: readonly Entry[], directoryAt: number): readonly ContainerProblem[] {
  const found: ContainerProblem[] = [];
  let end = 0;
  let before: Entry | null = null;
  for (const entry of [...entries].sort((one, two) => one.offset - two.offset)) {
    if (entry.offset < end) throw new ContainerError('overlap-refused', entry.name);
    if (!isClosed(entry.offset - end, before)) found.push({ code: 'zip-damaged', file: entry.name });
    end = entry.end;
    before = entry;
  }
  if (end > directoryAt) throw new ContainerError('overlap-refused');
  if (!isClosed(directoryAt - end, before)) found.push({ code: 'zip-damaged', file: null });
  return found;
}

function isClosed(gapBytes: number, before: Entry | null): boolean {
  const isDescribed = before !== null && (before.flags & 8) !== 0 && !tocsinHeader.test(before.repeated);
  return gapBytes === 0 || (isDescribed && [12, 16, 20, 24].includes(gapBytes));
}

async function readDirectory(source: ByteSource, limits: ZipLimits) {
  if (source.sizeBytes < endLength) throw new ContainerError('not-a-zip');
  const tailBytes = Math.min(source.sizeBytes, endLength + 65_535);
  const tail = await viewOf(source, source.sizeBytes - tailBytes, tailBytes);
  let end = tailBytes - endLength;
  while (
    end >= 0 &&
    (tail.getUint32(end, true) !== 0x06054b50 ||
      tail.getUint16(end + 20, true) !== tailBytes - end - endLength)
  ) {
    end -= 1;
  }
  if (end < 0) throw new ContainerError('not-a-zip');
  const endAt = source.sizeBytes - tailBytes + end;
  // A comment that holds an end of its own: two programs would open two different archives.
  for (let at = end + 4; at + 4 <= tailBytes; at += 1)
    if (tail.getUint32(at, true) === 0x06054b50) throw new ContainerError('zip-damaged');
  const count = tail.getUint16(end + 10, true);
  const lengthBytes = tail.getUint32(end + 12, true);
  const directoryAt = tail.getUint32(end + 16, true);
  if (count === 0xffff || directoryAt === 0xffffffff || lengthBytes === 0xffffffff) {
    throw new ContainerError('zip64-refused');
  }
  const isWhole = tail.getUint32(end + 4, true) === 0 && tail.getUint16(end + 8, true) === count;
  if (!isWhole || directoryAt + lengthBytes !== endAt) throw new ContainerError('zip-damaged');
  if (count > limits.files || lengthBytes > limits.files * 1024) throw new ContainerError('too-many-files');
  return { directory: await viewOf(source, directoryAt, lengthBytes), directoryAt, count };
}

function readHeader(directory: DataView, at: number) {
  if (at + directoryHeader > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
    throw new ContainerError('zip-damaged');
  }
  const nameBytes = directory.getUint16(at + 28, true);
  const extraBytes = directory.getUint16(at + 30, true);
  const otherBytes = extraBytes + directory.getUint16(at + 32, true);
  const next = at + directoryHeader + nameBytes + otherBytes;
  if (next > directory.byteLength) throw new ContainerError('zip-damaged');
  const name = nameOf(directory, at + directoryHeader, nameBytes);
  const flags = directory.getUint16(at + 8, true);
  if ((flags & 0x2041) !== 0) throw new ContainerError('encrypted-refused', name);
  const repeated = [6, 8, 10, 12, 14].map((offset) => directory.getUint16(at + offset, true)).join(',');
  const header = {
    name,
    flags,
    repeated,
    method: directory.getUint16(at + 10, true),
    crc: directory.getUint32(at + 16, true),
    packedBytes: directory.getUint32(at + 20, true),
    sizeBytes: directory.getUint32(at + 24, true),
    offset: directory.getUint32(at + 42, true),
  };
  if ([header.packedBytes, header.sizeBytes, header.offset].includes(0xffffffff)) {
    throw new ContainerError('zip64-refused', name);
  }
  if (header.method !== 0 && header.method !== 8) throw new ContainerError('method-refused', name);
  if (header.method === 0 && header.sizeBytes !== header.packedBytes)
    throw new ContainerError('zip-damaged', name);
  const isFolder = name.endsWith('/');
  if (isFolder && header.sizeBytes !== 0) throw new ContainerError('zip-damaged', name);
  const kind = (directory.getUint32(at + 38, true) >>> 16) & 0o170000;
  if (kind !== 0 && kind !== (isFolder ? 0o040000 : 0o100000)) throw new ContainerError('not-a-file', name);
  checkExtra(directory, { from: at + directoryHeader + nameBytes, lengthBytes: extraBytes }, name);
  // Where the rest says that Tocsin wrote it, the fields that stand only here must say so too.
  const isAsWritten =
    !tocsinHeader.test(repeated) ||
    (directory.getUint16(at + 4, true) === 0x0314 &&
      otherBytes === 0 &&
      directory.getUint16(at + 34, true) === 0 &&
      directory.getUint16(at + 36, true) === 0 &&
      directory.getUint32(at + 38, true) === unixFile);
  return { header, next, isAsWritten };
}

/** Extra fields that tell some programs another size or another name than the header: what they open is not this. */
function checkExtra(
  view: DataView,
  { from, lengthBytes }: { readonly from: number; readonly lengthBytes: number },
  name: string,
): void {
  const end = from + lengthBytes;
  for (let at = from; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    const tag = view.getUint16(at, true);
    if (tag === 0x0001) throw new ContainerError('zip64-refused', name);
    if (tag === 0x7075) throw new ContainerError('unsafe-name', name);
  }
}

function nameOf(directory: DataView, at: number, nameBytes: number): string {
  const bytes = new Uint8Array(directory.buffer, directory.byteOffset + at, nameBytes);
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8: no bundle has such a name, and no system agrees on what it would be.
    throw new ContainerError('unsafe-name');
  }
  if (!isSafePath(name.endsWith('/') ? name.slice(0, -1) : name)) throw new ContainerError('unsafe-name');
  return name;
}

/** The entry with the place of its content; null when its local header says another thing than the directory. */
async function locate(
  source: ByteSource,
  header: Omit<Entry, 'data' | 'end'>,
  directoryAt: number,
): Promise<Entry | null> {
  if (header.offset + localHeader > directoryAt) throw new ContainerError('zip-damaged', header.name);
  const local = await viewOf(source, header.offset, localHeader);
  const nameBytes = local.getUint16(26, true);
  const extraBytes = local.getUint16(28, true);
  const data = header.offset + localHeader + nameBytes + extraBytes;
  const end = data + header.packedBytes;
  if (end > directoryAt) throw new ContainerError('overlap-refused', header.name);
  const name = new TextDecoder().decode(await source.read(header.offset + localHeader, nameBytes));
  const repeated = [4, 6, 8, 10, 12].map((offset) => local.getUint16(offset, true)).join(',');
  const sizes = [14, 18, 22].map((offset) => local.getUint32(offset, true));
  const isLater = (header.flags & 8) !== 0 && sizes.every((size) => size === 0);
  const isSame =
    local.getUint32(0, true) === 0x04034b50 &&
    name === header.name &&
    repeated === header.repeated &&
    (isLater || sizes.join() === [header.crc, header.packedBytes, header.sizeBytes].join()) &&
    (extraBytes === 0 || !tocsinHeader.test(repeated));
  return isSame ? { ...header, data, end } : null;
}

async function viewOf(source: ByteSource, from: number, lengthBytes: number): Promise<DataView> {
  const bytes = await source.read(from, lengthBytes);
  if (bytes.length !== lengthBytes) throw new ContainerError('zip-damaged');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

async function* content(source: ByteSource, entry: Entry): AsyncGenerator<Uint8Array> {
  const packed = packedChunks(source, entry);
  const chunks = entry.method === 0 ? packed : inflated(packed, entry.name);
  let crc = 0;
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > entry.sizeBytes) throw new ContainerError('too-large', entry.name);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (sizeBytes !== entry.sizeBytes || crc !== entry.crc)
    throw new ContainerError('zip-checksum', entry.name);
}

async function* packedChunks(source: ByteSource, entry: Entry): AsyncGenerator<Uint8Array> {
  for (let at = entry.data; at < entry.end; at += chunkBytes) {
    yield await source.read(at, Math.min(chunkBytes, entry.end - at));
  }
}

async function* inflated(packed: AsyncGenerator<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream('deflate-raw');
  const reader = stream.readable.getReader();
  const fed = feed(packed, stream.writable.getWriter());
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } catch (error) {
    // Node reports damaged data as TypeError or as an error with a zlib code; what else fails is not of the data.
    if (error instanceof ContainerError) throw error;
    throw new ContainerError('zip-compression', name);
  } finally {
    await reader.cancel().catch(() => undefined);
    await fed;
  }
}

/** Writes all chunks; the reading side reports what goes wrong, so nothing is thrown here. */
async function feed(
  packed: AsyncGenerator<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  try {
    for await (const chunk of packed) await writer.write(chunk);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  }
}

const crcTable = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as zip has it, of the bytes after those that gave `before` (0 at the beginning). */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
