// Merkle trees of RFC 6962. Takes leaf hashes, gives roots and proofs, and checks proofs. Every hash has 32 bytes.
// @see RFC 6962, section 2.1; RFC 9162, sections 2.1.3.2 and 2.1.4.2 (the algorithms of verification)
import { hashBytes } from './hash.ts';
import { concatBytes, equalBytes } from './sign/encoding.ts';

const leafTag = Uint8Array.of(0);
const nodeTag = Uint8Array.of(1);

/** As a plain Uint8Array: Node's own hash gives a Buffer, whose `slice` and JSON are different. */
function digest(message: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = hashBytes(message);
  return new Uint8Array(buffer, byteOffset, length);
}

/** The hash of a leaf: SHA-256 of a zero byte and its content. */
export function leafHash(content: Uint8Array): Uint8Array {
  return digest(concatBytes(leafTag, content));
}

/** The hash of a node: SHA-256 of a one byte and the hashes of its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return digest(concatBytes(nodeTag, left, right));
}

/** The root of a tree without leaves: SHA-256 of no bytes. */
export function rootOfNothing(): Uint8Array {
  return digest(new Uint8Array());
}

/** The next level: pairs are hashed, a last one without a partner goes up as it is. */
function parents(level: readonly Uint8Array[]): readonly Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at] ?? leafTag;
    const right = level[at + 1];
    above.push(right === undefined ? left : nodeHash(left, right));
  }
  return above;
}

/** The root over leaf hashes, in their order. */
export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves;
  while (level.length > 1) level = parents(level);
  return level[0] ?? rootOfNothing();
}

/** The hashes beside the way from a leaf to the root, the leaf's sibling first. @throws RangeError for no such index */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError(`no leaf ${index} of ${leaves.length}`);
  const proof: Uint8Array[] = [];
  let at = index;
  for (let level = leaves; level.length > 1; level = parents(level), at = Math.floor(at / 2)) {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling !== undefined) proof.push(sibling);
  }
  return proof;
}

/**
 * The hashes that show that the tree over all leaves continues the one over the first `oldSize`.
 * @throws RangeError when `oldSize` is not 1 to the number of leaves
 */
export function consistencyProof(leaves: readonly Uint8Array[], oldSize: number): readonly Uint8Array[] {
  if (!Number.isSafeInteger(oldSize) || oldSize < 1 || oldSize > leaves.length)
    throw new RangeError(`no earlier size ${oldSize} of ${leaves.length}`);
  const walk = (from: number, to: number, isLeftEdge: boolean): readonly Uint8Array[] => {
    if (oldSize === to) return isLeftEdge ? [] : [treeRoot(leaves.slice(from, to))];
    let half = 1;
    while (half * 2 < to - from) half *= 2;
    const middle = from + half;
    return oldSize <= middle
      ? [...walk(from, middle, isLeftEdge), treeRoot(leaves.slice(middle, to))]
      : [...walk(middle, to, false), treeRoot(leaves.slice(from, middle))];
  };
  return walk(0, leaves.length, true);
}

export interface InclusionClaim {
  /** Below `size`. */
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** True when the proof leads from the leaf at the index to the root of a tree of that size. */
export function verifyInclusion({ index, size, leaf, proof, root }: InclusionClaim): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leaf, ...proof])) return false;
  let node = leaf;
  let at = index;
  let last = size - 1;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(node, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(node, root);
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * True when the proof shows that the new tree begins with the leaves of the old one. The old one must have a leaf: every
 * tree continues an empty one, and there is nothing to prove.
 */
export function verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof }: ConsistencyClaim): boolean {
  if (!isCount(oldSize) || !isCount(newSize) || oldSize < 1 || oldSize > newSize) return false;
  if (!areHashes(proof)) return false;
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  let at = oldSize - 1;
  let last = newSize - 1;
  while (at % 2 === 1) {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  // An old tree that is a complete left part is not repeated in the proof.
  const [first, ...rest] = at === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined) return false;
  let oldNode = first;
  let newNode = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldNode = nodeHash(sibling, oldNode);
      newNode = nodeHash(sibling, newNode);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newNode = nodeHash(newNode, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(oldNode, oldRoot) && equalBytes(newNode, newRoot);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === 32);
}
