// Receives evidence: hashes every file as it is, opens archives, and gives the items to be read, in one order.
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { byText } from '../ground/ids.ts';
import { type ArchiveLimits, type ArchiveMember, unpackZip } from './archive.ts';
import { type Compression, CutShort, compressionOf } from './unpack.ts';
import { type FoundFile, reasonOf, walk } from './walk.ts';

export interface ReceivedItem {
  readonly id: string;
  readonly path: string;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly compression: Compression;
  /** Id of the archive it came in. */
  readonly container: string | null;
  /** archive: opened, its members follow; file: to be read; unreadable: neither. */
  readonly kind: 'archive' | 'file' | 'unreadable';
  readonly note: string | null;
}

export interface IntakeSettings extends ArchiveLimits {
  readonly scratch: string;
  readonly maxDepth: number;
  /** Called with each item's path and size as it is hashed. */
  readonly onItem?: (path: string, bytes: number) => void;
}

/**
 * Receives everything under the paths. The order is that of the listed paths, whatever the order of the arguments.
 * @throws TocsinError path-missing
 */
export async function receive(
  paths: readonly string[],
  settings: IntakeSettings,
): Promise<readonly ReceivedItem[]> {
  const items: ReceivedItem[] = [];
  const desk = new Desk(settings);
  for (const found of walk(paths)) {
    const budget = { bytes: settings.maxExpandedBytes };
    items.push(...(await desk.take(found, { container: null, depth: 0, budget })));
  }
  return items.sort((left, right) => byText(left.path, right.path));
}

/** Id of an evidence item: the first half of its SHA-256 is enough to tell items of a case apart. */
export function evidenceId(sha256: string): string {
  return `e-${sha256.slice(0, 16)}`;
}

/** Where an item lies: in which archive, how deep, and what its outermost archive may still unpack to. */
interface Place {
  readonly container: string | null;
  readonly depth: number;
  readonly budget: { bytes: number };
}

class Desk {
  readonly #settings: IntakeSettings;
  #archives = 0;

  constructor(settings: IntakeSettings) {
    this.#settings = settings;
  }

  async take(found: FoundFile, place: Place): Promise<readonly ReceivedItem[]> {
    const { container, depth } = place;
    const blank = { path: found.path, file: found.file, container, bytes: found.sizeBytes };
    if (found.note !== null) return [unreadable(blank, found.note)];
    this.#settings.onItem?.(found.path, found.sizeBytes);
    let sha256: string;
    let compression: Compression;
    try {
      sha256 = await hashFile(found.file);
      compression = compressionOf(headOf(found.file));
    } catch (error) {
      return [unreadable(blank, reasonOf(error))];
    }
    const id = evidenceId(sha256);
    const item: ReceivedItem = { ...blank, id, sha256, compression, kind: 'file', note: null };
    if (compression !== 'zip') return [item];
    if (depth >= this.#settings.maxDepth) {
      return [
        {
          ...item,
          kind: 'unreadable',
          note: `archives within archives are opened ${this.#settings.maxDepth} deep; this one was not opened`,
        },
      ];
    }
    return this.#open(item, place);
  }

  async #open(archive: ReceivedItem, { depth, budget }: Place): Promise<readonly ReceivedItem[]> {
    this.#archives += 1;
    const scratch = join(this.#settings.scratch, `archive-${this.#archives}`);
    mkdirSync(scratch, { recursive: true });
    let members: readonly ArchiveMember[];
    try {
      members = await unpackZip(archive.file, scratch, { ...this.#settings, maxExpandedBytes: budget.bytes });
    } catch (error) {
      if (!(error instanceof CutShort)) throw error;
      return [{ ...archive, kind: 'unreadable', note: 'the archive is damaged and could not be opened' }];
    }
    for (const member of members) budget.bytes -= member.sizeBytes;
    const items: ReceivedItem[] = [{ ...archive, kind: 'archive' }];
    for (const member of members) {
      const path = `${archive.path}/${member.name}`;
      if (member.file === null) {
        const blank = { path, file: '', container: archive.id, bytes: member.sizeBytes };
        items.push(unreadable(blank, member.note ?? 'it could not be unpacked'));
        continue;
      }
      const found = { path, file: member.file, sizeBytes: member.sizeBytes, note: null };
      const taken = await this.take(found, { container: archive.id, depth: depth + 1, budget });
      items.push(
        ...taken.map((item) =>
          item.path === path && member.note !== null ? { ...item, note: member.note } : item,
        ),
      );
    }
    return items;
  }
}

function unreadable(
  item: Pick<ReceivedItem, 'path' | 'file' | 'container' | 'bytes'>,
  note: string,
): ReceivedItem {
  const sha256 = createHash('sha256').update(`unreadable:${item.path}`).digest('hex');
  return { ...item, id: evidenceId(sha256), sha256: '', compression: 'none', kind: 'unreadable', note };
}

function headOf(file: string): Uint8Array {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(16);
    return head.subarray(0, readSync(descriptor, head, 0, 16, 0));
  } finally {
    closeSync(descriptor);
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file);
  try {
    // One piece of memory for the whole file.
    const piece = Buffer.allocUnsafe(1024 * 1024);
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
