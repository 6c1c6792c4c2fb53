// Opens a bundle that lies on disk: a zip archive read in place, or an unpacked folder. Node only; nothing else in the
// verifier touches a file system.
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openBundle, refusal, type Verification, verifyFiles } from './bundle.ts';
import { type BundleFiles, fromRoot } from './files.ts';
import { ContainerError } from './problem.ts';
import { compareBytes } from './text.ts';

const mostFiles = 4096;

/**
 * Checks the bundle at a path.
 * @throws the file system's error when nothing is there or it cannot be read.
 */
export async function verifyPath(path: string): Promise<Verification> {
  try {
    if ((await stat(path)).isDirectory()) return await verifyFiles(fromRoot(await openFolder(path)));
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
      return await verifyFiles(files);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ContainerError) return refusal(error);
    throw error;
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
