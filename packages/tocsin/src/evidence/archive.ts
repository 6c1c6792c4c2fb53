// Members of a zip archive, each written to the scratch directory by a name of our own, within bounds.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
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
    // Names are decoded here: yauzl ends the whole archive at the first name that leads out of it.
    yauzl.open(file, { lazyEntries: true, autoClose: false, decodeStrings: false }, (error, zip) => {
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
    const files = entries
      .map((entry) => ({ entry, name: nameOf(entry) }))
      .filter(({ name }) => !name.endsWith('/'));
    const members: ArchiveMember[] = [];
    let total = 0;
    for (const [at, packed] of files.slice(0, limits.maxMembers).entries()) {
      const member = await unpackMember(zip, packed, join(scratch, `member-${at}`), {
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

/** A member's name as it is listed: with `/`, and never leading out of the archive. */
function nameOf(entry: yauzl.Entry): string {
  const name = yauzl.getFileNameLowLevel(
    entry.generalPurposeBitFlag,
    entry.fileNameRaw,
    entry.extraFields,
    false,
  );
  const parts = name.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  return `${parts.join('/')}${name.endsWith('/') ? '/' : ''}` || '(no name)';
}

interface PackedMember {
  readonly entry: yauzl.Entry;
  readonly name: string;
}

async function unpackMember(
  zip: yauzl.ZipFile,
  { entry, name }: PackedMember,
  target: string,
  limits: ExpansionLimits,
): Promise<ArchiveMember> {
  const refused = (note: string): ArchiveMember => ({ name, file: null, sizeBytes: 0, note });
  if ((entry.generalPurposeBitFlag & 1) !== 0) return refused('the member is encrypted');
  let sizeBytes = 0;
  let sum = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const packed = entry.compressedSize;
    for await (const chunk of bounded(chunks, { limits, packed: () => packed })) {
      sizeBytes += chunk.length;
      sum = crc32(chunk, sum);
      yield chunk;
    }
  };
  try {
    const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      zip.openReadStream(entry, (error, readable) => (error ? reject(error) : resolve(readable)));
    });
    await pipeline(counted(Readable.from(stream)), createWriteStream(target));
    const isSame = sum === entry.crc32;
    return { name, file: target, sizeBytes, note: isSame ? null : 'the member differs from its checksum' };
  } catch (error) {
    const isBomb = error instanceof CutShort && error.code === 'expansion-limit';
    const note = isBomb
      ? 'the member expands beyond the limit; only its beginning was read'
      : 'the member is damaged; only what could be unpacked was read';
    return { name, file: target, sizeBytes, note };
  }
}
