// Writes a counter-report: the document, the page, the evidence it adds as a bundle of its own, and the signature over
// all of it, as one deterministic zip archive of the same shape as a publication.
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  bagitText,
  canonicalJson,
  compareBytes,
  manifestPath,
  replyAddedPath,
  replyPagePath,
  replyPath,
  replyPredicateType,
  replyStatementPath,
  tagManifestPath,
  writeList,
} from '@tocsin/verify';
import { sha256 } from '../../ground/ids.ts';
import { ZipWriter } from '../bundle/zip.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { signStatement } from '../keys/sign.ts';
import type { ReplyDocument } from './reply.ts';

export interface ReplyContent {
  /** Where the archive goes; replaced whole, or not at all. */
  readonly out: string;
  readonly document: ReplyDocument;
  readonly page: string;
  /** Bundle of the evidence that was added; null when there is none. */
  readonly added: Uint8Array | null;
  /** Who signs; null leaves it unsigned. */
  readonly keys: KeyRing | null;
}

/** Writes the archive. @throws TocsinError keys-unusable; the file system's errors */
export async function writeReply({ out, document, page, added, keys }: ReplyContent): Promise<void> {
  const payload = new Map<string, Uint8Array>([
    [replyPath, Buffer.from(`${canonicalJson(document)}\n`)],
    [replyPagePath, Buffer.from(page)],
  ]);
  if (added !== null) payload.set(replyAddedPath, added);
  if (keys !== null) payload.set(replyStatementPath, Buffer.from(signed(payload, document, keys)));
  const manifest = writeList(digestsOf(payload));
  const tags = new Map<string, Uint8Array>([
    ['bagit.txt', Buffer.from(bagitText)],
    [manifestPath, Buffer.from(manifest)],
  ]);
  const files = new Map([...payload, ...tags, [tagManifestPath, Buffer.from(writeList(digestsOf(tags)))]]);
  await mkdir(dirname(out), { recursive: true });
  const part = join(dirname(out), `.${basename(out)}.part`);
  const zip = await ZipWriter.create(part);
  try {
    for (const [name, bytes] of [...files].sort(([left], [right]) => compareBytes(left, right)))
      await zip.add(name, [bytes]);
  } catch (error) {
    await zip.abandon();
    await rm(part, { force: true });
    throw error;
  }
  await zip.close();
  await rename(part, out);
}

function signed(
  payload: ReadonlyMap<string, Uint8Array>,
  { original }: ReplyDocument,
  keys: KeyRing,
): string {
  return signStatement(
    {
      subjects: [...digestsOf(payload)].map(([name, digest]) => ({ name, sha256: digest })),
      predicateType: replyPredicateType,
      predicate: { answers: original.content_sha256 },
    },
    keys,
  );
}

function digestsOf(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, string> {
  return new Map(
    [...files]
      .sort(([left], [right]) => compareBytes(left, right))
      .map(([name, bytes]): [string, string] => [name, sha256(bytes)]),
  );
}
