// The archive reader: reads what ordinary programs write, refuses what could hurt.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, crc32 as platformCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesSource } from './files.ts';
import { type ContainerCode, ContainerError } from './problem.ts';
import { crc32, openZip, type ZipLimits, zipLimits } from './zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-zip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Part {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly method?: number;
  readonly flags?: number;
  /** What the headers say, where that is not the truth. */
  readonly saidBytes?: number;
  readonly offset?: number;
}

/** An archive made by hand, lies included. */
function archive(...parts: readonly Part[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content = '', method = 8, flags = 0, saidBytes, offset } of parts) {
    const bytes = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(flags, 2);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt16LE(0x5a21, 8);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(saidBytes ?? bytes.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), shared, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset ?? at, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003'), shared, tail, Buffer.from(name)]),
    );
    locals.push(local);
    at += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, list, end]);
}

async function contents(bytes: Uint8Array, limits: ZipLimits = zipLimits): Promise<Record<string, string>> {
  const files = await openZip(bytesSource(bytes), limits);
  const out: Record<string, string> = {};
  for (const name of files.names) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of files.open(name)) chunks.push(chunk);
    out[name] = Buffer.concat(chunks).toString('latin1');
  }
  return out;
}

async function refusal(bytes: Uint8Array, limits: ZipLimits = zipLimits): Promise<ContainerCode | null> {
  try {
    await contents(bytes, limits);
    return null;
  } catch (error) {
    if (error instanceof ContainerError) return error.problem.code;
    throw error;
  }
}

describe('an archive', () => {
  it('gives back its files, stored and deflated', async () => {
    const bytes = archive(
      { name: 'b/c.txt', content: 'x'.repeat(100_000) },
      { name: 'a', content: 'stored', method: 0 },
    );
    expect(await contents(bytes)).toEqual({ a: 'stored', 'b/c.txt': 'x'.repeat(100_000) });
  });

  it('gives back what python3 packed, whatever the content', async () => {
    const path = join(folder, 'python.zip');
    const script =
      'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], "w")\n' +
      'z.writestr("d/", b"")\n' +
      'z.writestr("d/one", bytes(range(256)) * 2000, zipfile.ZIP_DEFLATED)\n' +
      'z.writestr("two", b"", zipfile.ZIP_STORED)\nz.comment = b"a comment"\nz.close()';
    const run = spawnSync('python3', ['-c', script, path]);
    if (run.error) return console.warn('skipped: there is no python3');
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
    expect(await contents(readFileSync(path))).toEqual({ 'd/one': all.repeat(2000), two: '' });
  });

  const bomb = Buffer.alloc(50_000_000);
  const cases: readonly [string, () => Buffer, ContainerCode, ZipLimits?][] = [
    ['that is none', () => Buffer.from('PK no'), 'not-a-zip'],
    ['that is empty', () => Buffer.alloc(0), 'not-a-zip'],
    ['with a path upwards', () => archive({ name: '../x' }), 'unsafe-name'],
    ['with a path upwards inside', () => archive({ name: 'a/../../x' }), 'unsafe-name'],
    ['with an absolute path', () => archive({ name: '/etc/x' }), 'unsafe-name'],
    ['with a drive', () => archive({ name: 'C:x' }), 'unsafe-name'],
    ['with backslashes', () => archive({ name: '..\\x' }), 'unsafe-name'],
    ['with a control character in a name', () => archive({ name: 'a\u001b[2J' }), 'unsafe-name'],
    [
      'with a name that is no UTF-8',
      () =>
        Buffer.from(archive({ name: 'qq' }).toString('latin1').replaceAll('qq', '\u00ff\u00ff'), 'latin1'),
      'unsafe-name',
    ],
    ['with one name twice', () => archive({ name: 'a' }, { name: 'a' }), 'duplicate-name'],
    ['with one name twice where case folds', () => archive({ name: 'a' }, { name: 'A' }), 'duplicate-name'],
    [
      'whose files overlap',
      () => archive({ name: 'a', content: archive({ name: 'b' }), method: 0 }, { name: 'b', offset: 31 }),
      'overlap-refused',
    ],
    [
      'whose directory points at another file',
      () => archive({ name: 'a', content: 'x' }, { name: 'b', content: 'x', offset: 0 }),
      'zip-damaged',
    ],
    ['that is encrypted', () => archive({ name: 'a', flags: 1 }), 'encrypted-refused'],
    ['packed with another method', () => archive({ name: 'a', method: 12 }), 'method-refused'],
    [
      'that expands beyond what it says',
      () => archive({ name: 'a', content: bomb, saidBytes: 1000 }),
      'too-large',
    ],
    [
      'that expands to less than it says',
      () => archive({ name: 'a', content: 'x', saidBytes: 1000 }),
      'zip-checksum',
    ],
    [
      'with a file beyond the limit',
      () => archive({ name: 'a', content: bomb }),
      'too-large',
      { ...zipLimits, fileBytes: 49_999_999 },
    ],
    [
      'whose files together are beyond the limit',
      () => archive({ name: 'a', content: bomb }, { name: 'b', content: bomb }),
      'too-large',
      { ...zipLimits, totalBytes: 99_999_999 },
    ],
    [
      'with too many files',
      () => archive({ name: 'a' }, { name: 'b' }, { name: 'c' }),
      'too-many-files',
      { ...zipLimits, files: 2 },
    ],
    ['in the form for more than 4 GiB', () => archive({ name: 'a', saidBytes: 0xffffffff }), 'zip64-refused'],
    [
      'with bytes after its end',
      () => Buffer.concat([archive({ name: 'a' }), Buffer.from('x')]),
      'not-a-zip',
    ],
    [
      'with its directory elsewhere',
      () => Buffer.concat([Buffer.from('x'), archive({ name: 'a' })]),
      'zip-damaged',
    ],
  ];
  it.each(cases)('%s is refused', async (_, bytes, code, limits) => {
    const given = bytes();
    const files = await openZip(bytesSource(given), limits).catch(() => null);
    const found = (await refusal(given, limits)) ?? files?.problems[0]?.code ?? null;
    expect(found).toBe(code);
  });

  it('of any bytes at all is read or refused, and never anything else', async () => {
    const sound = archive(
      { name: 'a', content: 'hello hello hello' },
      { name: 'b', content: 'x', method: 0 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(sound.length),
        async (changes, kept) => {
          const bytes = Buffer.from(sound);
          for (const [at, value] of changes) bytes.writeUInt8(value, at);
          await refusal(kept % 3 === 0 ? bytes.subarray(0, kept) : bytes);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('crc32', () => {
  it('is that of the platform, in one piece or in several', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (one, two) => {
        const whole = Buffer.concat([one, two]);
        expect(crc32(two, crc32(one))).toBe(platformCrc32(whole));
      }),
    );
  });
});
