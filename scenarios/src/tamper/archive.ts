// Zip archives made by hand, every lie a header can tell included. Takes files and what their headers say; gives bytes.
import { deflateRawSync } from 'node:zlib';
import { compareBytes, crc32 } from '@tocsin/verify';

/** What one header says; anything left out is as Tocsin writes it, and true. */
export interface Header {
  readonly name?: string;
  readonly version?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly date?: number;
  readonly crc?: number;
  readonly packedBytes?: number;
  readonly sizeBytes?: number;
  readonly extra?: Buffer;
}

export interface Entry extends Header {
  readonly name: string;
  readonly content: Uint8Array;
  /** How it is really packed: stored is fast, deflated is what Tocsin writes. */
  readonly isStored?: boolean;
  /** What the local header says where it differs from the directory. */
  readonly local?: Header;
  readonly attributes?: number;
  readonly offset?: number;
  /** Bytes put between this entry and the next. */
  readonly after?: Uint8Array;
}

export interface End {
  readonly count?: number;
  readonly directoryAt?: number;
  readonly directoryBytes?: number;
  readonly comment?: Buffer;
  /** Bytes between the directory and its end record. */
  readonly before?: Buffer;
}

const plainFile = 0o100644 * 65_536;

function shared(name: Buffer, said: Required<Omit<Header, 'name'>>): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(said.version, 0);
  bytes.writeUInt16LE(said.flags, 2);
  bytes.writeUInt16LE(said.method, 4);
  bytes.writeUInt16LE(said.date, 8);
  bytes.writeUInt32LE(said.crc, 10);
  bytes.writeUInt32LE(said.packedBytes, 14);
  bytes.writeUInt32LE(said.sizeBytes, 18);
  bytes.writeUInt16LE(name.length, 22);
  bytes.writeUInt16LE(said.extra.length, 24);
  return bytes;
}

/** An archive of entries in the order given. */
export function archive(entries: readonly Entry[], end: End = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { content, isStored = false, local = {}, attributes, offset, after, ...header } of entries) {
    const isPlain = isStored || content.length === 0;
    const packed = isPlain ? Buffer.from(content) : deflateRawSync(content);
    const truth = {
      version: 20,
      flags: 0,
      method: isPlain ? 0 : 8,
      date: 33,
      crc: crc32(content),
      packedBytes: packed.length,
      sizeBytes: content.length,
      extra: Buffer.alloc(0),
    };
    const said = { ...truth, ...header };
    const name = Buffer.from(header.name);
    const localSaid = { ...said, ...local };
    const localName = Buffer.from(local.name ?? header.name);
    const before = Buffer.concat([
      Buffer.from('PK\u0003\u0004'),
      shared(localName, localSaid),
      localName,
      localSaid.extra,
      packed,
      after ?? Buffer.alloc(0),
    ]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(attributes ?? plainFile, 6);
    tail.writeUInt32LE(offset ?? at, 10);
    const head = Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003'), shared(name, said)]);
    directory.push(Buffer.concat([head, tail, name, said.extra]));
    parts.push(before);
    at += before.length;
  }
  const list = Buffer.concat(directory);
  return Buffer.concat([
    ...parts,
    list,
    end.before ?? Buffer.alloc(0),
    endRecord(entries.length, at, list.length, end),
  ]);
}

function endRecord(count: number, at: number, listBytes: number, said: End): Buffer {
  const comment = said.comment ?? Buffer.alloc(0);
  const bytes = Buffer.alloc(22);
  bytes.write('PK\u0005\u0006', 0, 'latin1');
  bytes.writeUInt16LE(said.count ?? count, 8);
  bytes.writeUInt16LE(said.count ?? count, 10);
  bytes.writeUInt32LE(said.directoryBytes ?? listBytes, 12);
  bytes.writeUInt32LE(said.directoryAt ?? at, 16);
  bytes.writeUInt16LE(comment.length, 20);
  return Buffer.concat([bytes, comment]);
}

export type Files = ReadonlyMap<string, Buffer>;

/** The entries of a bundle as Tocsin orders them. */
export function entriesOf(files: Files): readonly Entry[] {
  return [...files]
    .sort(([left], [right]) => compareBytes(left, right))
    .map(([name, content]) => ({ name, content, isStored: true }));
}

/** The archive of a bundle, its content stored. */
export function packed(files: Files): Buffer {
  return archive(entriesOf(files));
}
