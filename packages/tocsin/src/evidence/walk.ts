// The files behind the paths given: every regular file once, in one order whatever the order of the arguments,
// and a word on everything that is none.
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { TocsinError } from '../ground/errors.ts';
import { byText } from '../ground/ids.ts';

export interface FoundFile {
  /** As listed: relative to the folder given, with `/`. */
  readonly path: string;
  /** Where it lies on this machine; never shown. */
  readonly file: string;
  readonly sizeBytes: number;
  /** Why it cannot be read; null for a regular file. */
  readonly note: string | null;
}

/**
 * Walks files and folders. Links are followed; a folder reached twice is walked once.
 * @throws TocsinError path-missing when an argument does not exist
 */
export function walk(paths: readonly string[]): readonly FoundFile[] {
  const found: FoundFile[] = [];
  const walked = new Set<string>();
  const labels = labelsOf(paths.map((path) => resolve(path)));
  for (const [root, label] of labels) {
    let stat: Stats;
    try {
      stat = statSync(root);
    } catch (error) {
      throw new TocsinError('path-missing', { path: label === '' ? basename(root) : label }, error);
    }
    if (stat.isDirectory()) visit(root, label === '' ? '' : `${label}/`, { found, walked });
    else found.push(fileAt(root, label === '' ? basename(root) : label));
  }
  const once = new Map(found.map((entry) => [entry.path, entry]));
  return [...once.values()].sort((left, right) => byText(left.path, right.path));
}

/** A label per argument: nothing for a single folder, else the base name, numbered where two are alike. */
function labelsOf(roots: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...new Set(roots)].sort(byText);
  if (sorted.length === 1) return new Map([[sorted[0] ?? '', '']]);
  const taken = new Set<string>();
  return new Map(
    sorted.map((root) => {
      const name = basename(root);
      let label = name;
      for (let count = 2; taken.has(label); count += 1) label = `${name}~${count}`;
      taken.add(label);
      return [root, label];
    }),
  );
}

interface Progress {
  readonly found: FoundFile[];
  readonly walked: Set<string>;
}

function visit(directory: string, prefix: string, progress: Progress): void {
  const identity = realpathSync(directory);
  if (progress.walked.has(identity)) {
    progress.found.push(
      unreadable(
        `${prefix}`.replace(/\/$/, ''),
        directory,
        'a folder that was already read under another name (a loop of links)',
      ),
    );
    return;
  }
  progress.walked.add(identity);
  let names: string[];
  try {
    names = readdirSync(directory).sort(byText);
  } catch (error) {
    progress.found.push(unreadable(prefix.replace(/\/$/, ''), directory, reasonOf(error)));
    return;
  }
  for (const name of names) {
    const path = join(directory, name);
    let stat: Stats;
    try {
      stat = statSync(path);
    } catch (error) {
      const note = isLink(path)
        ? 'a link that leads nowhere or in a circle'
        : name.includes('\ufffd')
          ? 'its name is no UTF-8; rename it to have it read'
          : reasonOf(error);
      progress.found.push(unreadable(`${prefix}${name}`, path, note));
      continue;
    }
    if (stat.isDirectory()) visit(path, `${prefix}${name}/`, progress);
    else progress.found.push(fileAt(path, `${prefix}${name}`));
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // It vanished between two looks: then it is not there as a link either.
    return false;
  }
}

function fileAt(file: string, path: string): FoundFile {
  const stat = statSync(file);
  if (!stat.isFile()) return unreadable(path, file, 'not a regular file (a pipe, socket or device)');
  return { path, file, sizeBytes: stat.size, note: null };
}

function unreadable(path: string, file: string, note: string): FoundFile {
  return { path, file, sizeBytes: 0, note };
}

/** What the system said, without the path it said it of. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const words: Readonly<Record<string, string>> = {
    EACCES: 'no permission to read it',
    EPERM: 'no permission to read it',
    ELOOP: 'a loop of links',
    EIO: 'the disk failed to read it',
    ENOENT: 'it vanished while being read',
  };
  return words[code] ?? `the system refused it (${code})`;
}
