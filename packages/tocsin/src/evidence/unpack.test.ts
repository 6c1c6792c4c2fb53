// What comes out of compressed evidence: all of it, or what came before the damage or the limit, and never more.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { zipOf, zstdBomb, zstdOf } from './packed.support.ts';
import { type Compression, CutShort, compressionOf, type ExpansionLimits, unpacked } from './unpack.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-unpack-'));
afterAll(() => rmSync(folder, { recursive: true }));

const wide: ExpansionLimits = { maxExpandedBytes: 1e9, maxRatio: 200 };

/** What a file of these bytes gives, and how it ended. */
async function read(
  bytes: Buffer,
  limits: ExpansionLimits = wide,
): Promise<{ readonly content: Buffer; readonly end: 'whole' | CutShort['code'] }> {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  const parts: Buffer[] = [];
  try {
    for await (const part of unpacked(path, compressionOf(bytes), limits)) parts.push(part);
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
    return { content: Buffer.concat(parts), end: error.code };
  }
  return { content: Buffer.concat(parts), end: 'whole' };
}

// Lines that do not compress to nothing, so that a cut lies between them.
const lines = Array.from(
  { length: 50_000 },
  (_, at) => `${at} ${(at * 2_654_435_761) % 4_294_967_296}\n`,
).join('');

describe('compression is told by the first bytes', () => {
  it.each<[string, Buffer, Compression]>([
    ['gzip', gzipSync('x'), 'gzip'],
    ['zstd', zstdOf('x'), 'zstd'],
    ['zip', zipOf([{ name: 'a', content: 'x' }]), 'zip'],
    ['an empty zip', zipOf([]), 'zip'],
    ['text', Buffer.from('PK is a name'), 'none'],
    ['nothing', Buffer.alloc(0), 'none'],
    ['the beginning of gzip', Buffer.from([0x1f, 0x8b]), 'none'],
  ])('%s', (_, bytes, expected) => {
    expect(compressionOf(bytes)).toBe(expected);
  });
});

describe('whole evidence', () => {
  it.each<[string, Buffer]>([
    ['plain', Buffer.from(lines)],
    ['gzip', gzipSync(lines)],
    [
      'gzip of several members, as rotation and bgzip write it',
      Buffer.concat([gzipSync(lines.slice(0, 1000)), gzipSync(''), gzipSync(lines.slice(1000))]),
    ],
    ['gzip padded with zeros, as tapes do', Buffer.concat([gzipSync(lines), Buffer.alloc(512)])],
    ['zstd', zstdOf(lines)],
    ['zstd of several frames', Buffer.concat([zstdOf(lines.slice(0, 1000)), zstdOf(lines.slice(1000))])],
  ])('%s comes out as it went in', async (_, bytes) => {
    const { content, end } = await read(bytes);
    expect([end, content.toString() === lines]).toEqual(['whole', true]);
  });

  it('of any bytes comes out as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
        async (parts) => {
          const all = Buffer.concat(parts);
          expect((await read(Buffer.concat(parts.map((part) => gzipSync(part))))).content).toEqual(all);
          expect((await read(Buffer.concat(parts.map((part) => zstdOf(Buffer.from(part)))))).content).toEqual(
            all,
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('damaged evidence gives what came before the damage', () => {
  const packed = gzipSync(lines);
  it.each<[string, Buffer, number]>([
    ['gzip that breaks off', packed.subarray(0, packed.length - 20_000), 300_000],
    ['gzip that lacks its last byte', packed.subarray(0, packed.length - 1), lines.length],
    [
      'gzip followed by a member that is none',
      Buffer.concat([packed, Buffer.from([0x1f, 0x8b, 0x08, 0xff, 0xff])]),
      lines.length - 262_144,
    ],
    ['zstd that breaks off', zstdOf(lines).subarray(0, 500_000), 400_000],
  ])('%s', async (_, bytes, atLeast) => {
    const { content, end } = await read(bytes);
    expect(end).toBe('damaged-archive');
    expect(content.length).toBeGreaterThanOrEqual(atLeast);
    expect(lines.startsWith(content.toString())).toBe(true);
  });

  it('and says so when a byte was changed', async () => {
    for (const at of [20, packed.length >> 1, packed.length - 6]) {
      const changed = Buffer.from(packed);
      changed.writeUInt8(changed.readUInt8(at) ^ 0xff, at);
      expect((await read(changed)).end, `byte ${at}`).toBe('damaged-archive');
    }
  });

  it('even when there is hardly a beginning', async () => {
    for (const size of [4, 8, 12]) {
      expect(await read(packed.subarray(0, size)), `${size} bytes`).toEqual({
        content: Buffer.alloc(0),
        end: 'damaged-archive',
      });
    }
  });

  it('and passes on a failure of the disk as it is', async () => {
    const read = async () => {
      for await (const _ of unpacked(join(folder, 'none'), 'none', wide));
    };
    await expect(read()).rejects.toThrow('ENOENT');
  });
});

describe('a bomb', () => {
  const mebibyte = 1024 * 1024;

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(Buffer.alloc(3 * mebibyte, 'a'))],
    ['zstd', zstdBomb('a', 48)],
  ])('of %s stops at the size limit', async (_, bytes) => {
    const { content, end } = await read(bytes, { maxExpandedBytes: mebibyte, maxRatio: 1e9 });
    expect(end).toBe('expansion-limit');
    expect(content.length).toBeLessThanOrEqual(mebibyte);
    expect(content.every((byte) => byte === 0x61)).toBe(true);
  });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(Buffer.alloc(80 * mebibyte))],
    ['zstd', zstdBomb('a', 1280)],
  ])('of %s stops by its ratio once it is past the size where that means anything', async (_, bytes) => {
    const { content, end } = await read(bytes, { maxExpandedBytes: 1e12, maxRatio: 200 });
    expect(end).toBe('expansion-limit');
    expect(content.length).toBeLessThanOrEqual(64 * mebibyte);
    expect(content.length).toBeGreaterThan(60 * mebibyte);
  });

  it('is no short log that packs well', async () => {
    const { content, end } = await read(gzipSync(Buffer.alloc(30 * mebibyte, 'a')), {
      maxExpandedBytes: 1e12,
      maxRatio: 200,
    });
    expect([end, content.length]).toEqual(['whole', 30 * mebibyte]);
  });

  it('may not ask for a window of gigabytes', async () => {
    expect(await read(zstdOf('x', 0xf8))).toEqual({ content: Buffer.alloc(0), end: 'damaged-archive' });
  });

  it('is no plain file, however large', async () => {
    expect((await read(Buffer.from(lines), { maxExpandedBytes: 10, maxRatio: 1 })).end).toBe('whole');
  });
});
