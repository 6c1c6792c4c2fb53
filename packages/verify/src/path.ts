// Opens a bundle that lies on disk: a zip archive read in place, or an unpacked folder. Node only; nothing else in the
// verifier touches a file system.
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openBundle, refusal, type Verification, verifyFiles } from './bundle.ts';
import { type BundleFiles, fromRoot } from './files.ts';
import { ContainerError } from './problem.ts';
import { type PublicationCheck, verifyPublication } from './publication.ts';
import { isReply, type ReplyVerification, verifyReply } from './reply.ts';
import type { Trust } from './sign/trust.ts';
import { compareBytes } from './text.ts';

const mostFiles = 4096;

/**
 * Does something with the files of the bundle at a path: a zip archive or an unpacked folder.
 * @throws ContainerError; the file system's error when nothing is there or it cannot be read.
 */
export async function withFiles<T>(path: string, use: (files: BundleFiles) => Promise<T>): Promise<T> {
  if ((await stat(path)).isDirectory()) return use(fromRoot(await openFolder(path)));
  const file = await open(path);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new ContainerError('not-a-zip');
    const files = await openBundle({
      sizeBytes: status.size,
      read: async (from, lengthBytes) => {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(lengthBytes), 0, lengthBytes, from);
        return buffer.subarray(0, bytesRead);
      },
    });
    return await use(files);
  } finally {
    await file.close();
  }
}

/**
 * Checks the bundle at a path.
 * @throws the file system's error when nothing is there or it cannot be read.
 */
export async function verifyPath(path: string): Promise<Verification> {
  try {
    return await withFiles(path, verifyFiles);
  } catch (error) {
    if (error instanceof ContainerError) return refusal(error);
    throw error;
  }
}

/** What lies at a path, checked: a publication, or an answer to one. */
export type PathCheck =
  | { readonly kind: 'publication'; readonly check: PublicationCheck }
  | { readonly kind: 'reply'; readonly check: ReplyVerification };

export interface PathTrust {
  /** Null when the reader names nobody. */
  readonly trust: Trust | null;
  /** For an answer: path of the publication it answers, or null. */
  readonly original: string | null;
  /** For a publication: what its publisher opened for an auditor, or null. */
  readonly openings?: Uint8Array | null;
}

/**
 * Checks a publication or an answer at a path, with its attestations.
 * @throws the file system's error; ContainerError when the publication an answer is held against cannot be read.
 */
export async function checkPath(
  path: string,
  { trust, original, openings = null }: PathTrust,
): Promise<PathCheck> {
  try {
    return await withFiles(path, async (files): Promise<PathCheck> => {
      if (!isReply(files))
        return { kind: 'publication', check: await verifyPublication(async () => files, trust, openings) };
      const keys = trust?.keys ?? null;
      const check =
        original === null
          ? await verifyReply(files, { original: null, keys })
          : await withFiles(original, (answered) => verifyReply(files, { original: answered, keys }));
      return { kind: 'reply', check };
    });
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    const refused = async (): Promise<BundleFiles> => {
      throw error;
    };
    return { kind: 'publication', check: await verifyPublication(refused, trust) };
  }
}

/** The files of a folder. @throws ContainerError for links, devices and more than 4096 files. */
async function openFolder(folder: string): Promise<BundleFiles> {
  const names: string[] = [];
  const walk = async (under: string): Promise<void> => {
    for (const entry of await readdir(join(folder, under), { withFileTypes: true })) {
      const name = under === '' ? entry.name : `${under}/${entry.name}`;
      if (entry.isDirectory()) await walk(name);
      else if (entry.isFile()) names.push(name);
      else throw new ContainerError('not-a-file', name);
      if (names.length > mostFiles) throw new ContainerError('too-many-files');
    }
  };
  await walk('');
  return {
    names: names.sort(compareBytes),
    problems: [],
    open: (name) => createReadStream(join(folder, name)),
  };
}
