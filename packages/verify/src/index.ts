// The public face of the verifier: the figure format, its evaluation, and the check of a whole bundle. Runs in Node
// and in a browser; only `verifyPath` needs a file system, and loads what it needs when it is called.
import type { Verification } from './bundle.ts';
import type { PathCheck, PathTrust } from './path.ts';

export { openBundle, type Verification, verifyBundle, verifyFiles } from './bundle.ts';
export * from './challenge.ts';
export { publicationLines, replyLines } from './check-lines.ts';
export { type Column, type ColumnType, columnTypes, isCell, isTime, namePattern } from './column.ts';
export * from './commitment.ts';
export type * from './definition.ts';
export { type Accumulator, accumulate, evaluate, histogramKeys, TooManyCellsError } from './evaluate.ts';
export { figureDigest, figureIdPattern, figuresSchema, type PublishedFigure } from './figures.ts';
export { type BundleFiles, type ByteSource, wholeFile } from './files.ts';
export * from './log/checkpoint.ts';
export * from './log/cosignature.ts';
export * from './log/entry.ts';
export * from './log/note.ts';
export * from './log/policy.ts';
export * from './log/proof.ts';
export * from './log/tiles.ts';
export * from './log/verifier-key.ts';
export {
  attestationsFolder,
  bagitText,
  carriedKeysPath,
  commitmentsOf,
  commitmentsPath,
  figureDigestsPath,
  figuresPath,
  investigationPath,
  lineagePath,
  manifestPath,
  proofPath,
  publicationPredicateType,
  reportFiguresPath,
  reportPath,
  statementPath,
  tagManifestPath,
  writeList,
} from './manifest.ts';
export * from './merkle.ts';
export * from './openings.ts';
export type { PathCheck, PathTrust } from './path.ts';
export { ContainerError, type Problem, type ProblemCode } from './problem.ts';
export * from './publication.ts';
export * from './reply.ts';
export { problemText, reportLines } from './report.ts';
export { disclosedColumns, RowForm, readColumns, type TableSchema } from './schema.ts';
export { type ShownFigure, shownFigures } from './shown.ts';
export * from './sign/dsse.ts';
export * from './sign/ed25519.ts';
export * from './sign/encoding.ts';
export * from './sign/key-list.ts';
export * from './sign/public-key.ts';
export * from './sign/reason.ts';
export * from './sign/statement.ts';
export * from './sign/trust.ts';
export * from './step.ts';
export { leavesPath, rowsPath, schemaPath, withheldPath } from './table.ts';
export { canonicalJson, compareBytes, integerOut, isWellFormed } from './text.ts';
export {
  checkDefinition,
  DefinitionError,
  type DefinitionProblem,
  type DefinitionProblemCode,
  definitionLimits,
  type TableColumns,
} from './validate.ts';
export { crc32 } from './zip.ts';

/**
 * Checks the bundle at a path of the file system (Node only): a zip archive or an unpacked folder.
 * @throws the file system's error when nothing is there or it cannot be read.
 */
export async function verifyPath(path: string): Promise<Verification> {
  const node = await import('./path.ts');
  return node.verifyPath(path);
}

/**
 * Checks a publication or an answer at a path of the file system, with its attestations (Node only).
 * @throws the file system's error when nothing is there or it cannot be read.
 */
export async function checkPath(path: string, trust: PathTrust): Promise<PathCheck> {
  const node = await import('./path.ts');
  return node.checkPath(path, trust);
}
