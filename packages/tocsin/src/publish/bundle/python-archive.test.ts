// Archives that could hurt, before anything in them is believed: refused by the Python script and by the verifier.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPython } from '../figures/python.test-data.ts';
import { isVerified, python, type SampleBundles, sampleBundles } from './python.test-data.ts';

let samples: SampleBundles;
let publication: string;

beforeAll(async () => {
  samples = await sampleBundles();
  publication = samples.publication;
});
afterAll(() => samples.remove());

describe.skipIf(!hasPython)('the Python script', () => {
  /** The archive with each place where a name stands overwritten by another of its length. */
  const renamed = (from: string, to: string): Buffer => {
    const bytes = readFileSync(publication);
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1))
      bytes.write(to, at, 'latin1');
    return bytes;
  };

  it.each<[string, () => Buffer, RegExp]>([
    ['a path with ..', () => renamed('data/policy.json', '../../etc/policy'), /unsafe file name/],
    ['an absolute path', () => renamed('data/policy.json', '/etc/policy.json'), /unsafe file name/],
    ['a path of Windows', () => renamed('data/policy.json', 'C:\\a/policy.jso'), /unsafe file name/],
    ['two entries of one name', () => renamed('data/lineage.json', 'data/figures.json'), /one name twice/],
    [
      'names that differ in case only',
      () => renamed('data/lineage.json', 'data/Figures.json'),
      /one name twice/,
    ],
    ['a method that is not read', () => method(12), /only stored and deflated/],
    ['a size that is a lie', bomb, /larger than the archive says|checksum/],
    ['its end cut off', () => readFileSync(publication).subarray(0, -40), /its end is missing|damaged/],
    [
      'bytes behind its end',
      () => Buffer.concat([readFileSync(publication), Buffer.from('x')]),
      /its end is missing/,
    ],
    [
      'bytes before its beginning',
      () => Buffer.concat([Buffer.from('x'), readFileSync(publication)]),
      /damaged/,
    ],
    ['no archive at all', () => Buffer.from('nothing like a zip archive'), /not a zip archive/],
    ['nothing', () => Buffer.of(), /not a zip archive/],
  ])('refuses an archive with %s', async (_, make, said) => {
    const path = join(samples.folder, 'hostile.zip');
    writeFileSync(path, make());
    const { status, stdout, failed } = python(path);
    expect(stdout).toMatch(/^FAILED: This file cannot be read as a bundle/);
    expect([status, failed]).toEqual([1, ['archive']]);
    expect(stdout).toMatch(said);
    expect(await isVerified(path, samples.keys)).toBe(false);
  });

  /** The first entry with another method, in both headers. */
  function method(number: number): Buffer {
    const bytes = readFileSync(publication);
    const directory = bytes.readUInt32LE(bytes.length - 6);
    bytes.writeUInt16LE(number, 8);
    bytes.writeUInt16LE(number, directory + 10);
    return bytes;
  }

  /** A million zero bytes where the headers promise ten. */
  function bomb(): Buffer {
    const name = Buffer.from('bagit.txt');
    const content = deflateRawSync(Buffer.alloc(1_000_000));
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt16LE(33, 8);
    shared.writeUInt32LE(content.length, 14);
    shared.writeUInt32LE(10, 18);
    shared.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(0o100644 * 65_536, 6);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), shared, name, content]);
    const list = Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003'), shared, tail, name]);
    const end = Buffer.alloc(22);
    end.write('PK\u0005\u0006', 0, 'latin1');
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(list.length, 12);
    end.writeUInt32LE(local.length, 16);
    return Buffer.concat([local, list, end]);
  }
});
