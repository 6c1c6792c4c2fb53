// The files of a bundle, wherever they lie: in a zip archive (zip.ts) or a folder (folder.ts). Gives names and bytes.
import { ContainerError, type ContainerProblem } from './problem.ts';

/** Bytes that can be read at any place: a buffer, a browser's File, an open file. */
export interface ByteSource {
  readonly sizeBytes: number;
  read(from: number, lengthBytes: number): Promise<Uint8Array>;
}

export interface BundleFiles {
  /** Paths with `/`, in byte order. */
  readonly names: readonly string[];
  /** What is wrong with the container although its files can be read. */
  readonly problems: readonly ContainerProblem[];
  /** Bytes of one file. Throws ContainerError when they cannot be had whole. */
  open(name: string): AsyncIterable<Uint8Array>;
}

/** A ByteSource over bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: (from, lengthBytes) => Promise.resolve(bytes.subarray(from, from + lengthBytes)),
  };
}

/** True for a relative path that stays inside its folder on every system. */
export function isSafePath(path: string): boolean {
  if (path.length === 0 || path.length > 255 || /[\p{Cc}\\:*?"<>|]/u.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/**
 * The same files seen from the folder that holds bagit.txt, when all of them lie in one folder.
 * @throws ContainerError `not-a-bundle` when there is no bagit.txt; what is wrong with the archive where something is.
 */
export function fromRoot(files: BundleFiles): BundleFiles {
  if (files.names.includes('bagit.txt')) return files;
  const [first = ''] = files.names;
  const root = first.slice(0, first.indexOf('/') + 1);
  if (
    root === '' ||
    !files.names.every((name) => name.startsWith(root)) ||
    !files.names.includes(`${root}bagit.txt`)
  ) {
    const [damage] = files.problems;
    throw damage === undefined
      ? new ContainerError('not-a-bundle')
      : new ContainerError(damage.code, damage.file);
  }
  return {
    names: files.names.map((name) => name.slice(root.length)),
    problems: files.problems,
    open: (name) => files.open(root + name),
  };
}

/** All bytes of a file, at most `limitBytes`. @throws ContainerError `too-large`. */
export async function wholeFile(files: BundleFiles, name: string, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of files.open(name)) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw new ContainerError('too-large', name);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
