// `npm run generate`: writes the registries of formats and detectors and the generated pages of docs/. With --check it
// writes nothing, names what is stale and exits 1.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles, staleFiles, writeFiles } from './generate/files.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const unknown = process.argv.slice(2).filter((argument) => argument !== '--check');
const files = await generatedFiles(root);
if (unknown.length > 0) {
  console.error(`unknown argument ${unknown[0]}; the only one is --check`);
  process.exitCode = 1;
} else if (process.argv.includes('--check')) {
  const stale = staleFiles(root, files);
  for (const path of stale) console.error(`${path} is stale: run npm run generate`);
  console.log(`generate: ${files.length} files, ${stale.length} stale`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  const written = writeFiles(root, files);
  for (const path of written) console.log(`wrote ${path}`);
  console.log(`generate: ${files.length} files, ${written.length} written`);
}
