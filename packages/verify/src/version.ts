// Which version of the format a bundle is of. One of another version is refused by name: read as one of this version it would
// seem damaged, and its reader would blame the publisher.
import { type BundleFiles, wholeFile } from './files.ts';
import { commitmentsPath, figuresPath } from './manifest.ts';
import { ContainerError, type ContainerProblem } from './problem.ts';

const heldBytes = 64 * 2 ** 20;

/** What to say of a bundle of another format version than 2; null for one of version 2 and for what is no bundle at all. */
export async function foreignVersion(files: BundleFiles): Promise<ContainerProblem | null> {
  if (files.names.includes(commitmentsPath)) {
    const version = /"schema":"tocsin-commitments-(\d{1,9})"/.exec(await textOf(files, commitmentsPath))?.[1];
    if (version === undefined || version === '2') return null;
    return { code: version === '1' ? 'old-version' : 'other-version', file: null };
  }
  const schemas = files.names.filter((name) => /^data\/tables\/[^/]+\.schema\.json$/.test(name));
  if (!files.names.includes(figuresPath) || schemas.length === 0) return null;
  // Version 1 committed to rows by their digests, without roots. Where there is one, it is a version 2 that lost a file.
  for (const name of schemas) if ((await textOf(files, name)).includes('"root"')) return null;
  return { code: 'old-version', file: null };
}

/** A small file's text, whatever its bytes are; empty when it cannot be read, which the check itself then names. */
async function textOf(files: BundleFiles, name: string): Promise<string> {
  try {
    return new TextDecoder().decode(await wholeFile(files, name, heldBytes));
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    return '';
  }
}
