// Merkle proofs against the public cases, an independent verifier, and a naive tree.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leafHash, nodeHash, treeRoot, verifyConsistency, verifyInclusion } from '../merkle.ts';
import { decodeBase64 } from '../sign/encoding.ts';
import { naiveConsistency, naiveInclusion, naiveRoot, tilesInMemory } from './naive-tree.test-data.ts';
import { TiledTree } from './tiles.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/merkle/${name}`, import.meta.url), 'utf8'));
const hash = (text: string | null) => decodeBase64(text ?? '') ?? new Uint8Array();

interface InclusionCase {
  readonly file: string;
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyCase {
  readonly file: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

describe('transparency-dev/merkle', () => {
  const inclusion = read('inclusion.json') as readonly InclusionCase[];
  const consistency = read('consistency.json') as readonly ConsistencyCase[];

  test('there are 196 cases, of both verdicts', () => {
    expect(inclusion.length + consistency.length).toBe(196);
    expect([...inclusion, ...consistency].filter(({ wantErr }) => !wantErr).length).toBe(12);
  });

  test.each(inclusion)('inclusion/$file', ({ leafIdx, treeSize, root, leafHash: leaf, proof, wantErr }) => {
    const claim = {
      index: leafIdx,
      size: treeSize,
      leaf: hash(leaf),
      proof: (proof ?? []).map(hash),
      root: hash(root),
    };
    expect(verifyInclusion(claim)).toBe(!wantErr);
  });

  test.each(consistency)('consistency/$file', ({ size1, size2, root1, root2, proof, wantErr }) => {
    const claim = {
      oldSize: size1,
      newSize: size2,
      oldRoot: hash(root1),
      newRoot: hash(root2),
      proof: (proof ?? []).map(hash),
    };
    expect(verifyConsistency(claim)).toBe(!wantErr);
  });
});

describe('tiles against a naive tree', () => {
  const leaves = Array.from({ length: 600 }, (_, at) => leafHash(Uint8Array.of(at & 255, at >> 8)));

  test('the root of every size from 0 to 300 is the naive one', async () => {
    for (let size = 0; size <= 300; size += 1) {
      const part = leaves.slice(0, size);
      const expected = naiveRoot(part);
      expect(treeRoot(part)).toEqual(expected);
      expect(await new TiledTree(tilesInMemory(part), size).root()).toEqual(expected);
    }
  });

  test('every inclusion proof read from tiles is the naive one, verifies, and does not for another index', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat({ max: 299 }), async (size, pick) => {
        const index = pick % size;
        const part = leaves.slice(0, size);
        const tree = new TiledTree(tilesInMemory(part), size);
        const proof = await tree.inclusionProof(index);
        expect(proof).toEqual(naiveInclusion(part, index));
        const root = naiveRoot(part);
        const leaf = part[index] ?? new Uint8Array();
        expect(await tree.leaf(index)).toEqual(leaf);
        expect(verifyInclusion({ index, size, leaf, proof, root })).toBe(true);
        const other = (index + 1) % size;
        if (size > 1) expect(verifyInclusion({ index: other, size, leaf, proof, root })).toBe(false);
        expect(verifyInclusion({ index, size, leaf, proof, root: leafHash(root) })).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('every consistency proof read from tiles is the naive one, and does not hold for another history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat({ max: 599 }), async (newSize, pick) => {
        const oldSize = 1 + (pick % newSize);
        const part = leaves.slice(0, newSize);
        const proof = await new TiledTree(tilesInMemory(part), newSize).consistencyProof(oldSize);
        expect(proof).toEqual(naiveConsistency(part, oldSize));
        const oldRoot = naiveRoot(part.slice(0, oldSize));
        const newRoot = naiveRoot(part);
        const claim = { oldSize, newSize, oldRoot, newRoot, proof };
        expect(verifyConsistency(claim)).toBe(true);
        const forked = naiveRoot([leafHash(oldRoot), ...part.slice(1, oldSize)]);
        expect(verifyConsistency({ ...claim, oldRoot: forked })).toBe(false);
        expect(verifyConsistency({ ...claim, newRoot: forked })).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('a tree of more than 65,536 entries, whose tiles have three levels', async () => {
    const many = Array.from({ length: 65_800 }, (_, at) =>
      leafHash(Uint8Array.of(at & 255, (at >> 8) & 255, at >> 16)),
    );
    const tree = new TiledTree(tilesInMemory(many), many.length);
    const root = naiveRoot(many);
    expect(await tree.root()).toEqual(root);
    for (const index of [0, 255, 256, 65_535, 65_536, 65_799]) {
      const leaf = many[index] ?? new Uint8Array();
      const proof = await tree.inclusionProof(index);
      expect(verifyInclusion({ index, size: many.length, leaf, proof, root })).toBe(true);
    }
  });
});

test("sigstore's independent verifier accepts the same inclusion proofs, and refuses a swapped one", async () => {
  const require = createRequire(import.meta.url);
  // Its package exports the verification of whole bundles only; this is the function that one calls for the tree.
  const { verifyMerkleInclusion } = require('@sigstore/verify/dist/tlog/merkle.js') as {
    readonly verifyMerkleInclusion: (entry: object, checkpoint: object) => void;
  };
  const bodies = Array.from({ length: 77 }, (_, at) => Buffer.from(`entry ${at}`));
  const leaves = bodies.map((body) => leafHash(body));
  const tree = new TiledTree(tilesInMemory(leaves), leaves.length);
  const rootHash = Buffer.from(await tree.root());
  for (const index of [0, 1, 38, 63, 64, 76]) {
    const hashes = (await tree.inclusionProof(index)).map((one) => Buffer.from(one));
    const entry = (proof: readonly Buffer[]) => ({
      canonicalizedBody: bodies[index],
      inclusionProof: { logIndex: String(index), treeSize: String(leaves.length), rootHash, hashes: proof },
    });
    const checkpoint = { logSize: BigInt(leaves.length), logHash: rootHash };
    expect(() => verifyMerkleInclusion(entry(hashes), checkpoint)).not.toThrow();
    const [first, second, ...rest] = hashes;
    if (first === undefined || second === undefined) throw new Error('proofs of 77 entries have more hashes');
    expect(() => verifyMerkleInclusion(entry([second, first, ...rest]), checkpoint)).toThrow();
  }
});

test('a node is not a leaf: the two are hashed apart', () => {
  const one = leafHash(Uint8Array.of(1));
  const two = leafHash(Uint8Array.of(2));
  expect(nodeHash(one, two)).not.toEqual(leafHash(Uint8Array.of(...one, ...two)));
});
