// Examines a whole log from its files alone: signature, every tile against the tiles below it, every entry, every
// correction. Takes the folder and the keys to believe; gives what is wrong, named, and the entries.
import {
  encodeBase64,
  equalBytes,
  judgeCheckpoint,
  type LogEntry,
  type LogPolicy,
  leafHash,
  nodeHash,
  parseCheckpoint,
  parseEntry,
  type Reason,
  readingLog,
  type SignedCheckpoint,
  tilePath,
  tileWidth,
} from '@tocsin/verify';
import { readCheckpointFile, treeOf } from './folder.ts';

export interface CheckedEntry extends LogEntry {
  readonly index: number;
  /** The index of the entry that corrects this one, the last if there are several; null when there is none. */
  readonly correctedBy: number | null;
}

export interface LogCheck {
  readonly checkpoint: SignedCheckpoint | null;
  readonly entries: readonly CheckedEntry[];
  readonly problems: readonly Reason[];
}

/** Examines a log. The tiles are read from the bottom up, in memory that grows with the size (32 bytes an entry). */
export async function checkLog(dir: string, policy: LogPolicy): Promise<LogCheck> {
  const parsed = parseCheckpoint(readCheckpointFile(dir));
  if (!parsed.ok) return { checkpoint: null, entries: [], problems: [parsed.reason] };
  const checkpoint = parsed.value;
  const judged = judgeCheckpoint(checkpoint, policy);
  const problems: Reason[] = judged.ok ? [] : [judged.reason];
  const tree = treeOf(dir, checkpoint.size);
  const leaves: Uint8Array[] = [];
  const entries: LogEntry[] = [];
  for (let index = 0; index * tileWidth < checkpoint.size; index += 1) {
    const bundle = await readingLog(() => tree.entries(index));
    if (!bundle.ok) return { checkpoint, entries: [], problems: [...problems, bundle.reason] };
    for (const bytes of bundle.value) {
      const at = leaves.length;
      leaves.push(leafHash(bytes));
      const entry = parseEntry(bytes);
      if (!entry.ok) problems.push({ ...entry.reason, detail: `entry ${at}: ${entry.reason.detail ?? ''}` });
      else if (entry.value.corrects !== null && entry.value.corrects >= at)
        problems.push({ code: 'entry-form', detail: `entry ${at} corrects a later one` });
      entries.push(entry.ok ? entry.value : { payloadSha256: '', payloadType: '', corrects: null });
    }
  }
  problems.push(...(await checkTiles(tree, leaves)));
  const root = await readingLog(() => tree.root());
  if (!root.ok) problems.push(root.reason);
  else if (!equalBytes(root.value, checkpoint.root))
    problems.push({ code: 'log-root', detail: encodeBase64(root.value) });
  return { checkpoint, entries: withCorrections(entries), problems };
}

/** Every hash of every tile against those computed from the entries. */
async function checkTiles(
  tree: ReturnType<typeof treeOf>,
  leaves: readonly Uint8Array[],
): Promise<readonly Reason[]> {
  let expected = leaves;
  for (let level = 0; expected.length > 0; level += 1) {
    for (let index = 0; index * tileWidth < expected.length; index += 1) {
      const row = expected.slice(index * tileWidth, (index + 1) * tileWidth);
      const tile = await readingLog(() => tree.tile(level, index));
      if (!tile.ok) return [tile.reason];
      if (!equalBytes(tile.value.subarray(0, row.length * 32), Buffer.concat(row)))
        return [{ code: 'tile-mismatch', detail: tilePath({ level, index, width: row.length }) }];
    }
    expected = Array.from({ length: Math.floor(expected.length / tileWidth) }, (_, at) =>
      foldFull(expected, at * tileWidth),
    );
  }
  return [];
}

/** The root over 256 hashes from a place on. */
function foldFull(hashes: readonly Uint8Array[], from: number): Uint8Array {
  let row = hashes.slice(from, from + tileWidth);
  while (row.length > 1)
    row = Array.from({ length: row.length / 2 }, (_, at) =>
      nodeHash(row[2 * at] ?? new Uint8Array(), row[2 * at + 1] ?? new Uint8Array()),
    );
  return row[0] ?? new Uint8Array();
}

function withCorrections(entries: readonly LogEntry[]): readonly CheckedEntry[] {
  const correctedBy = new Map<number, number>();
  for (const [index, { corrects }] of entries.entries())
    if (corrects !== null) correctedBy.set(corrects, index);
  return entries.map((entry, index) => ({ ...entry, index, correctedBy: correctedBy.get(index) ?? null }));
}
