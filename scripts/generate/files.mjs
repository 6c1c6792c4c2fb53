// What is generated, and whether it is current. Takes the root of the project; writes the files or names the stale ones.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { errorsPage, fieldsPage, settingsPage } from './pages.mjs';
import { detectorRegistry, exporterRegistry, formatRegistry } from './registry.mjs';

const source = 'packages/tocsin/src';

/** Every generated file with the text it must have. */
export async function generatedFiles(root) {
  const load = (path) => tsImport(`./${source}/${path}`, pathToFileURL(join(root, 'generate')).href);
  const [dictionary, event, config, errors] = await Promise.all(
    ['vocabulary/dictionary.ts', 'vocabulary/event.ts', 'ground/config.ts', 'ground/errors.ts'].map(load),
  );
  return [
    { path: `${source}/formats/registry.generated.ts`, text: formatRegistry(join(root, source, 'formats')) },
    { path: `${source}/detect/registry.generated.ts`, text: detectorRegistry(join(root, source, 'detect')) },
    {
      path: `${source}/publish/exporters/registry.generated.ts`,
      text: exporterRegistry(join(root, source, 'publish', 'exporters')),
    },
    { path: 'docs/fields.md', text: fieldsPage(dictionary) },
    { path: 'docs/settings.md', text: settingsPage(config.describeSettings()) },
    { path: 'docs/errors.md', text: errorsPage({ ...errors, ...event }) },
  ];
}

/** Paths of the files whose text on disk is not the one they must have. */
export function staleFiles(root, files) {
  return files
    .filter(
      ({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
    )
    .map(({ path }) => path);
}

/** Writes what is stale; gives the paths written. */
export function writeFiles(root, files) {
  const stale = staleFiles(root, files);
  for (const { path, text } of files) if (stale.includes(path)) writeFileSync(join(root, path), text);
  return stale;
}
