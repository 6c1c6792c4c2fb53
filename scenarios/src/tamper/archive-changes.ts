// Changes of the archive that a publication is packed in: what two programs would read in two ways, what would write
// outside a folder, what would fill a disk, what is no archive at all. Gives bytes, the step, and the words.
import type { StepName } from '@tocsin/verify';
import { archive, type Entry, entriesOf, type Files, packed } from './archive.ts';
import { replaced } from './forgery.ts';

export interface ArchiveChange {
  readonly name: string;
  readonly change: (files: Files, bytes: Buffer) => Buffer;
  readonly says: RegExp;
  /** Where it is not the archive that is at fault. */
  readonly step?: StepName;
}

/** The archive with its first entry said to be otherwise. */
function withFirst(files: Files, change: Partial<Entry>): Buffer {
  return archive(entriesOf(files).map((entry, at) => (at === 0 ? { ...entry, ...change } : entry)));
}

function withMore(files: Files, ...more: readonly Entry[]): Buffer {
  return archive([...entriesOf(files), ...more]);
}

const evil = (name: string): Entry => ({ name, content: Buffer.from('evil'), isStored: true });
/** An extra field: tag, length, content. */
function extra(tag: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(tag, 0);
  head.writeUInt16LE(content.length, 2);
  return Buffer.concat([head, content]);
}

function patched(bytes: Buffer, at: number, value: number): Buffer {
  const made = Buffer.from(bytes);
  made[at] = value;
  return made;
}

const zeros = Buffer.alloc(200 * 2 ** 20);
const symlink = 0o120777 * 65_536;
/** A header of another program than Tocsin, which is let vary more. */
const another = { version: 10, date: 0x5a21 } as const;

export const archiveChanges: readonly ArchiveChange[] = [
  {
    name: 'two entries of one name',
    change: (files) => withMore(files, evil('data/report.html')),
    says: /data\/report\.html: the archive holds one name twice/,
  },
  {
    name: 'two entries whose names differ in case alone',
    change: (files) => withMore(files, evil('data/Report.html')),
    says: /data\/Report\.html: the archive holds one name twice/,
  },
  {
    name: 'a path with ..',
    change: (files) => withMore(files, evil('data/../../evil')),
    says: /unsafe file name/,
  },
  {
    name: 'an absolute path',
    change: (files) => withMore(files, evil('/etc/passwd')),
    says: /unsafe file name/,
  },
  { name: 'a backslash', change: (files) => withMore(files, evil('data\\evil')), says: /unsafe file name/ },
  { name: 'a drive letter', change: (files) => withMore(files, evil('C:evil')), says: /unsafe file name/ },
  {
    name: 'a name with a control character',
    change: (files) => withMore(files, evil('data/a\u001b[2J')),
    says: /unsafe file name/,
  },
  { name: 'an empty name', change: (files) => withMore(files, evil('')), says: /unsafe file name/ },
  {
    name: 'a symbolic link, as Tocsin writes headers',
    change: (files) => withFirst(files, { attributes: symlink }),
    says: /bagit\.txt: it is no plain file/,
  },
  {
    name: 'a symbolic link, as another program writes headers',
    change: (files) =>
      archive(entriesOf(files).map((entry) => ({ ...entry, ...another, attributes: symlink }))),
    says: /bagit\.txt: it is no plain file/,
  },
  {
    name: 'a device',
    change: (files) => withFirst(files, { ...another, attributes: 0o020666 * 65_536 }),
    says: /it is no plain file/,
  },
  {
    name: 'a folder that has content',
    change: (files) => withMore(files, { ...evil('data/hidden/'), attributes: 0 }),
    says: /data\/hidden\/: the archive is damaged/,
  },
  {
    name: 'an entry that the manifest does not list',
    change: (files) => withMore(files, evil('data/evil.html')),
    step: 'manifest',
    says: /data\/evil\.html is not listed in manifest-sha256\.txt/,
  },
  {
    name: 'an entry in a folder of its own, beside all others',
    change: (files) => withMore(files, evil('elsewhere/evil.html')),
    step: 'manifest',
    says: /elsewhere\/evil\.html is there, and nothing speaks for it/,
  },
  {
    name: 'an entry of the manifest left out',
    change: (files) => packed(new Map([...files].filter(([name]) => name !== 'data/lineage.json'))),
    step: 'manifest',
    says: /data\/lineage\.json is missing/,
  },
  {
    name: 'another name in the local header',
    change: (files) => withFirst(files, { local: { name: 'bagit.exe' } }),
    says: /bagit\.txt: the archive is damaged/,
  },
  {
    name: 'another size in the local header',
    change: (files) => withFirst(files, { local: { sizeBytes: 7 } }),
    says: /bagit\.txt: the archive is damaged/,
  },
  {
    name: 'another method in the local header',
    change: (files) => withFirst(files, { local: { method: 8 } }),
    says: /bagit\.txt: the archive is damaged/,
  },
  {
    name: 'another checksum in the local header',
    change: (files) => withFirst(files, { local: { crc: 7 } }),
    says: /bagit\.txt: the archive is damaged/,
  },
  {
    name: 'an extra field in the local header alone',
    change: (files) => withFirst(files, { local: { extra: extra(0xcafe, Buffer.from('x')) } }),
    says: /bagit\.txt: the archive is damaged/,
  },
  {
    name: 'a wrong checksum in both headers',
    change: (files) => withFirst(files, { crc: 7 }),
    says: /bagit\.txt: the content does not have the archive's checksum/,
  },
  {
    name: 'entries that overlap',
    change: (files) => withFirst(files, { packedBytes: 4000, sizeBytes: 4000 }),
    says: /files of the archive overlap/,
  },
  {
    name: 'an entry that begins inside another',
    change: (files) =>
      archive(entriesOf(files).map((entry, at) => (at === 1 ? { ...entry, offset: 20 } : entry))),
    says: /the archive is damaged|files of the archive overlap/,
  },
  {
    name: 'a directory that points at one content twice',
    change: (files) => archive([...entriesOf(files), { ...evil('data/again'), offset: 0 }]),
    says: /the archive is damaged/,
  },
  {
    name: 'bytes between two entries',
    change: (files) => withFirst(files, { after: Buffer.from('hidden') }),
    says: /the archive is damaged/,
  },
  {
    name: 'bytes between two entries of another program',
    change: (files) =>
      archive(entriesOf(files).map((entry) => ({ ...entry, ...another, after: Buffer.from('hidden') }))),
    says: /the archive is damaged/,
  },
  {
    name: 'bytes between the last entry and the directory',
    change: (files) => {
      const entries = entriesOf(files);
      return archive(
        entries.map((entry, at) =>
          at === entries.length - 1 ? { ...entry, after: Buffer.from('x') } : entry,
        ),
      );
    },
    says: /the archive is damaged/,
  },
  {
    name: 'bytes before the first entry',
    change: (_, bytes) => Buffer.concat([Buffer.from('#!/bin/sh\n'), bytes]),
    says: /the archive is damaged/,
  },
  {
    name: 'bytes after the end',
    change: (_, bytes) => Buffer.concat([bytes, Buffer.from('trailing')]),
    says: /not a zip archive, or its end is missing/,
  },
  {
    name: 'bytes between the directory and the end',
    change: (files) => archive(entriesOf(files), { before: Buffer.from('gap') }),
    says: /the archive is damaged/,
  },
  {
    name: 'a comment that holds the end of another archive',
    change: (files) => archive(entriesOf(files), { comment: archive([evil('bagit.txt')]) }),
    says: /the archive is damaged/,
  },
  {
    name: 'two archives, one after the other',
    change: (_, bytes) => Buffer.concat([bytes, archive([evil('bagit.txt')])]),
    says: /the archive is damaged/,
  },
  {
    name: 'more entries than the directory has',
    change: (files) => archive(entriesOf(files), { count: files.size + 1 }),
    says: /the archive is damaged/,
  },
  {
    name: 'fewer entries than the directory has',
    change: (files) => archive(entriesOf(files), { count: files.size - 1 }),
    says: /the archive is damaged/,
  },
  {
    name: 'a directory elsewhere',
    change: (files) => archive(entriesOf(files), { directoryAt: 5 }),
    says: /the archive is damaged/,
  },
  {
    name: 'the form for more than 4 GiB, in the size of an entry',
    change: (files) => withFirst(files, { sizeBytes: 0xffffffff }),
    says: /archives of 4 GiB or more are not read/,
  },
  {
    name: 'the form for more than 4 GiB, in the end',
    change: (files) => archive(entriesOf(files), { count: 0xffff }),
    says: /archives of 4 GiB or more are not read/,
  },
  {
    name: 'the form for more than 4 GiB, in an extra field that contradicts the header',
    change: (files) => withFirst(files, { ...another, extra: extra(0x0001, Buffer.alloc(16)) }),
    says: /archives of 4 GiB or more are not read/,
  },
  {
    name: 'another name in an extra field',
    change: (files) =>
      withFirst(files, { ...another, extra: extra(0x7075, Buffer.from('\u0001\0\0\0\0../evil')) }),
    says: /unsafe file name/,
  },
  {
    name: 'an entry that is encrypted',
    change: (files) => withFirst(files, { flags: 1 }),
    says: /encrypted archives are not read/,
  },
  {
    name: 'an entry of strong encryption',
    change: (files) => withFirst(files, { flags: 0x40 }),
    says: /encrypted archives are not read/,
  },
  {
    name: 'a masked directory',
    change: (files) => withFirst(files, { flags: 0x2000 }),
    says: /encrypted archives are not read/,
  },
  {
    name: 'an unknown method',
    change: (files) => withFirst(files, { method: 93 }),
    says: /only stored and deflated content is read/,
  },
  {
    name: 'LZMA',
    change: (files) => withFirst(files, { method: 14 }),
    says: /only stored and deflated content is read/,
  },
  {
    name: 'stored content said to be larger than it is',
    change: (files) => withFirst(files, { sizeBytes: 9_999_999 }),
    says: /the archive is damaged/,
  },
  {
    name: 'a bomb: content that expands beyond what it says',
    change: (files) =>
      withMore(files, { name: 'data/z', content: zeros.subarray(0, 5_000_000), sizeBytes: 100 }),
    says: /data\/z: the content is larger than the limit or than the archive says/,
  },
  {
    name: 'a bomb: a thousand times what it takes',
    change: (files) =>
      archive([
        // Without what is packed already, beside which the rest would seem little.
        ...entriesOf(files)
          .filter(({ name }) => !name.endsWith('.pdf'))
          .map((entry) => ({ ...entry, isStored: false })),
        ...Array.from({ length: 4 }, (_, at) => ({ name: `data/z${at}`, content: zeros })),
      ]),
    says: /packed more tightly than that of any bundle/,
  },
  {
    name: 'a bomb: all files together',
    change: (files) =>
      withMore(
        files,
        ...Array.from(
          { length: 5 },
          (_, at): Entry => ({ ...evil(`data/z${at}`), isStored: false, sizeBytes: 0xfffffff0 }),
        ),
      ),
    says: /larger than the limit|packed more tightly/,
  },
  {
    name: 'too many files',
    change: (files) => withMore(files, ...Array.from({ length: 4097 }, (_, at) => evil(`data/n${at}`))),
    says: /the archive holds too many files/,
  },
  {
    name: 'a file cut short',
    change: (_, bytes) => bytes.subarray(0, bytes.length - 30),
    says: /not a zip archive, or its end is missing/,
  },
  {
    name: 'a file cut in half',
    change: (_, bytes) => bytes.subarray(0, bytes.length / 2),
    says: /not a zip archive, or its end is missing/,
  },
  { name: 'a beginning cut off', change: (_, bytes) => bytes.subarray(100), says: /the archive is damaged/ },
  { name: 'an empty file', change: () => Buffer.alloc(0), says: /not a zip archive/ },
  { name: 'an archive of nothing', change: () => archive([]), says: /this is not a bundle/ },
  {
    name: 'an archive of something else',
    change: () => archive([evil('report.html')]),
    says: /this is not a bundle/,
  },
  {
    name: 'a text',
    change: () => Buffer.from('VERIFIED: Every figure follows from the published rows.\n'),
    says: /not a zip archive/,
  },
  {
    name: 'a gzip file',
    change: () => Buffer.from('1f8b08000000000000030300000000000000000000000000000000', 'hex'),
    says: /not a zip archive/,
  },
  {
    name: 'a bit of the packed content',
    change: (_, bytes) => patched(bytes, 120, (bytes[120] ?? 0) ^ 4),
    says: /does not decompress|checksum|larger than|the archive is damaged/,
  },
  {
    name: 'a bit of the directory',
    change: (_, bytes) => patched(bytes, bytes.readUInt32LE(bytes.length - 6) + 20, 0x77),
    says: /the archive is damaged|overlap/,
  },
  {
    name: 'a bundle inside a bundle',
    change: (files, bytes) => packed(replaced(files, 'data/bundle.tocsin.zip', bytes)),
    step: 'manifest',
    says: /data\/bundle\.tocsin\.zip is not listed/,
  },
];
