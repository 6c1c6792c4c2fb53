// Packed evidence for tests, made byte by byte so that it can be hostile: zip archives (APPNOTE.TXT) with any names,
// flags and sums, and zstd frames (RFC 8878) of raw and repeated blocks.
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string | Buffer;
  readonly content: string | Buffer;
  /** Stored as it is instead of deflated. */
  readonly isStored?: boolean;
  readonly isEncrypted?: boolean;
  /** Changes the packed bytes after their sum was taken. */
  readonly damage?: (packed: Buffer) => Buffer;
  /** Size the archive claims; the real one unless given. */
  readonly claimedBytes?: number;
}

/** A zip archive of the members, in the order given. */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const content = Buffer.from(member.content);
    const clean = member.isStored === true ? content : deflateRawSync(content);
    const packed = member.damage?.(clean) ?? clean;
    const name = Buffer.from(member.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(
      (member.isEncrypted === true ? 1 : 0) | (typeof member.name === 'string' ? 0x800 : 0),
      2,
    );
    common.writeUInt16LE(member.isStored === true ? 0 : 8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(member.claimedBytes ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, packed]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, entry, name]));
    parts.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}

const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

function block(kind: 0 | 1, sizeBytes: number, isLast: boolean, content: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((isLast ? 1 : 0) | (kind << 1) | (sizeBytes << 3), 0, 3);
  return Buffer.concat([head, content]);
}

/** A zstd frame that holds the content in raw blocks. @param windowByte window descriptor; 0x38 asks for 128 KiB */
export function zstdOf(content: string | Buffer, windowByte = 0x38): Buffer {
  const bytes = Buffer.from(content);
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 65_536) {
    const part = bytes.subarray(at, at + 65_536);
    blocks.push(block(0, part.length, at + 65_536 >= bytes.length, part));
  }
  return Buffer.concat([zstdMagic, Buffer.from([0, windowByte]), ...blocks]);
}

/** A zstd frame of one byte repeated: four bytes for every 64 KiB. */
export function zstdBomb(byte: string, blocks: number): Buffer {
  const parts = Array.from({ length: blocks }, (_, at) =>
    block(1, 65_536, at === blocks - 1, Buffer.from(byte)),
  );
  return Buffer.concat([zstdMagic, Buffer.from([0, 0x38]), ...parts]);
}
