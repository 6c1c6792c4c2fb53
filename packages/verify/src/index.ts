// The public face of the verifier: the figure format, its evaluation, and the check of a whole bundle. Runs in Node
// and in a browser; only `verifyPath` needs a file system, and loads what it needs when it is called.
import type { Verification } from './bundle.ts';

export { openBundle, type Verification, verifyBundle, verifyFiles } from './bundle.ts';
export { type Column, type ColumnType, columnTypes, isCell, isTime, namePattern } from './column.ts';
export type * from './definition.ts';
export { type Accumulator, accumulate, evaluate, histogramKeys, TooManyCellsError } from './evaluate.ts';
export { figureDigest, figureIdPattern, figuresSchema, type PublishedFigure } from './figures.ts';
export type { BundleFiles, ByteSource } from './files.ts';
export {
  bagitText,
  figureDigestsPath,
  figuresPath,
  investigationPath,
  lineagePath,
  manifestPath,
  reportFiguresPath,
  reportPath,
  tagManifestPath,
  writeList,
} from './manifest.ts';
export { ContainerError, type Problem, type ProblemCode } from './problem.ts';
export { problemText, reportLines } from './report.ts';
export { RowForm, readColumns, type TableSchema } from './schema.ts';
export { type ShownFigure, shownFigures } from './shown.ts';
export { leavesPath, rowsPath, schemaPath } from './table.ts';
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
