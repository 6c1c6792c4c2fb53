// The BagIt lists of a bundle (RFC 8493): which files there must be, and their SHA-256. Takes the lists' text, gives the
// digests by path; and reads text files strictly.
import type { BundleFiles } from './files.ts';
import { wholeFile } from './files.ts';
import { ContainerError, type Problem } from './problem.ts';
import { sha256 } from './sha256.ts';

import { compareBytes, isTooDeep } from './text.ts';

export const bagitText = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';
export const manifestPath = 'manifest-sha256.txt';
export const tagManifestPath = 'tagmanifest-sha256.txt';
export const figuresPath = 'data/figures.json';
export const figureDigestsPath = 'data/figures.sha256';
export const investigationPath = 'data/investigation.json';
export const reportPath = 'data/report.html';
/** The report in other languages: `data/report.zh-Hans.html`. */
export const otherReportPattern = /^data\/report\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\.html$/;
export const reportFiguresPath = 'data/report-figures.json';
export const lineagePath = 'data/lineage.json';

export const commitmentsPath = 'data/commitments.json';
export const attestationsFolder = 'data/attestations/';
export const commitmentsSchema = 'tocsin-commitments-2';
/** Predicate of the in-toto Statement over data/commitments.json. */
export const publicationPredicateType = 'urn:tocsin:publication:2';
export const statementPath = `${attestationsFolder}statement.dsse.json`;
export const proofPath = `${attestationsFolder}statement.tlog-proof`;
/** The publisher's list of keys as it was, for readers to compare with the one they have from elsewhere. */
export const carriedKeysPath = `${attestationsFolder}keys.json`;
/** Every attestation there is: they stand outside the commitments, so a file of any other name would be nobody's word. */
export const attestationPaths: readonly string[] = [statementPath, proofPath, carriedKeysPath];
export const formatVersion = 2;

/** What a publication commits to, and its attestations are over: every file before it, and every table's rows. */
export function commitmentsOf(
  files: ReadonlyMap<string, string>,
  tables: readonly { readonly table: string; readonly root: string; readonly rows: number }[],
): unknown {
  return {
    schema: commitmentsSchema,
    files: Object.fromEntries(files),
    tables: Object.fromEntries(tables.map(({ table, root, rows }) => [table, { root, rows }])),
  };
}

/** What a file that is read whole may have, so that JSON of nothing but braces still fits the memory. */
const heldBytes = 128 * 2 ** 20;

const namedLines = 100;

/** Lines of a list: digest, two spaces, name. What is not such a line is reported, and the rest still read. */
export function readList(text: string, file: string, problems: Problem[]): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  const lines = text.split('\n');
  if (lines.pop() !== '')
    problems.push({ code: 'file-form', file, line: lines.length + 1, detail: 'the last line has no end' });
  let malformed = 0;
  for (const [index, line] of lines.entries()) {
    const match = /^([0-9a-f]{64}) {2}([^\r]+)$/.exec(line);
    const [, digest = '', name = ''] = match ?? [];
    if (!match || digests.has(name)) {
      malformed += 1;
      // Beyond that it is no list, and naming every line would fill the memory.
      if (malformed > namedLines) break;
      problems.push({
        code: 'file-form',
        file,
        line: index + 1,
        detail: 'not a digest, two spaces and a name of its own',
      });
    } else {
      digests.set(name, digest);
    }
  }
  return digests;
}

/** The list of these digests, by name in byte order: what `readList` reads and `sha256sum -c` checks. */
export function writeList(digests: ReadonlyMap<string, string>): string {
  return [...digests]
    .sort(([one], [two]) => compareBytes(one, two))
    .map(([name, digest]) => `${digest}  ${name}\n`)
    .join('');
}

/** Files as read so far: their digests, and what was wrong with them. */
export class Reading {
  readonly problems: Problem[] = [];
  readonly digests = new Map<string, string>();
  readonly files: BundleFiles;

  constructor(files: BundleFiles) {
    this.files = files;
    this.problems.push(...files.problems);
  }

  /** A file's text; null when it is missing or unreadable, which is then on record. */
  async text(file: string): Promise<string | null> {
    if (!this.files.names.includes(file)) {
      this.problems.push({ code: 'file-missing', file });
      return null;
    }
    try {
      const bytes = await wholeFile(this.files, file, heldBytes);
      this.digests.set(file, sha256(bytes));
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      if (error instanceof ContainerError) this.problems.push(error.problem);
      else if (error instanceof TypeError)
        this.problems.push({ code: 'file-form', file, line: 0, detail: 'not UTF-8' });
      else throw error;
      return null;
    }
  }

  /** A file's JSON; null when it cannot be had, which is then on record. */
  async json(file: string): Promise<unknown> {
    const text = await this.text(file);
    if (text === null) return null;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // Says where the file fails, never what it holds.
      this.problems.push({ code: 'file-form', file, line: 0, detail: 'not JSON' });
      return null;
    }
    if (!isTooDeep(value)) return value;
    this.problems.push({ code: 'file-form', file, line: 0, detail: 'nested too deep' });
    return null;
  }
}
