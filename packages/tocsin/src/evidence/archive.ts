// Members of a zip archive, each written to the scratch directory by a name of our own, within bounds.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { byText } from '../ground/ids.ts';
import { bounded, CutShort, type ExpansionLimits } from './unpack.ts';

export interface ArchiveMember {
  /** Name in the archive, for listing only. */
  readonly name: string;
  /** Where its content was put; null when it could not be unpacked. */
  readonly file: string | null;
  readonly sizeBytes: number;
  /** Why there is nothing, or less than all. */
  readonly note: string | null;
}

export interface ArchiveLimits extends ExpansionLimits {
  readonly maxMembers: number;
}

function open(file: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false, decodeStrings: true }, (error, zip) => {
      if (error) reject(error);
      else resolve(zip);
    });
  });
}

function entriesOf(zip: yauzl.ZipFile, limit: number): Promise<{ entries: yauzl.Entry[]; failure: unknown }> {
  return new Promise((resolve) => {
    const entries: yauzl.Entry[] = [];
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.push(entry);
      if (entries.length > limit) resolve({ entries, failure: null });
      else zip.readEntry();
    });
    zip.on('end', () => resolve({ entries, failure: null }));
    zip.on('error', (failure: unknown) => resolve({ entries, failure }));
    zip.readEntry();
  });
}

/**
 * Unpacks an archive into a directory, member by member in order of their names.
 * @throws CutShort damaged-archive when it cannot be opened
 */
export async function unpackZip(
  file: string,
  scratch: string,
  limits: ArchiveLimits,
): Promise<readonly ArchiveMember[]> {
  const zip = await open(file).catch((error: unknown) => {
    throw new CutShort('damaged-archive', error);
  });
  try {
    const { entries, failure } = await entriesOf(zip, limits.maxMembers);
    const files = entries.filter((entry) => !entry.fileName.endsWith('/'));
    const members: ArchiveMember[] = [];
    let total = 0;
    for (const [at, entry] of files.slice(0, limits.maxMembers).entries()) {
      const member = await unpackMember(zip, entry, join(scratch, `member-${at}`), {
        ...limits,
        maxExpandedBytes: limits.maxExpandedBytes - total,
      });
      total += member.sizeBytes;
      members.push(member);
    }
    if (entries.length > limits.maxMembers || failure !== null) {
      const note =
        failure === null
          ? `the archive has more than ${limits.maxMembers} members; the rest was not read`
          : 'the archive is damaged; its further members were not read';
      members.push({ name: '(further members)', file: null, sizeBytes: 0, note });
    }
    return members.sort((left, right) => byText(left.name, right.name));
  } finally {
    zip.close();
  }
}

async function unpackMember(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  target: string,
  limits: ExpansionLimits,
): Promise<ArchiveMember> {
  const refused = (note: string): ArchiveMember => ({ name: entry.fileName, file: null, sizeBytes: 0, note });
  if ((entry.generalPurposeBitFlag & 1) !== 0) return refused('the member is encrypted');
  let sizeBytes = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const packed = entry.compressedSize;
    for await (const chunk of bounded(chunks, { limits, packed: () => packed })) {
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  try {
    const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      zip.openReadStream(entry, (error, readable) => (error ? reject(error) : resolve(readable)));
    });
    await pipeline(counted(Readable.from(stream)), createWriteStream(target));
    return { name: entry.fileName, file: target, sizeBytes, note: null };
  } catch (error) {
    const isBomb = error instanceof CutShort && error.code === 'expansion-limit';
    const note = isBomb
      ? 'the member expands beyond the limit; only its beginning was read'
      : 'the member is damaged; only what could be unpacked was read';
    return { name: entry.fileName, file: target, sizeBytes, note };
  }
}
