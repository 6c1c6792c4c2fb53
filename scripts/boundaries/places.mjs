// Where a file stands in the house: its workspace, its layer, the extension it belongs to. The one place that says
// which folder may import which.

/** Folders of packages/tocsin/src, lowest first; those of one line do not import each other. */
const layers = [
  ['ground'],
  ['vocabulary'],
  ['store'],
  ['evidence'],
  ['formats', 'feeds'],
  ['detect'],
  ['trace'],
  ['cases'],
  ['attribute'],
  ['publish'],
  ['cli', 'api'],
  ['main.ts'],
];

/** The journey in words, for messages. */
export const journey = layers.map((names) => names.join('/')).join(' <- ');

export const product = 'packages/tocsin/src/';

/**
 * Folders that hold extensions: a subfolder is one when it has the entry file; any other is shared by its neighbours.
 * `isRegistered`: reached through a generated registry only.
 */
const extensionKinds = [
  { root: `${product}formats/`, entry: 'format.ts', isRegistered: true },
  { root: `${product}feeds/`, entry: 'feed.ts', isRegistered: true },
  { root: `${product}detect/`, entry: 'detector.ts', isRegistered: true },
  { root: `${product}publish/sections/`, entry: 'section.ts', isRegistered: false },
  { root: `${product}publish/exporters/`, entry: 'exporter.ts', isRegistered: true },
];

/** ground/ is a closed list, so that it never becomes a drawer for odds and ends. */
export const groundModules = ['clock', 'config', 'errors', 'ids', 'log'];

/** Packages that speak to a database, and the one folder each belongs in. */
const drivers = [
  { name: /^(?:chdb|@chdb\/.+|@clickhouse\/.+)$/, home: `${product}store/` },
  { name: /^(?:@electric-sql\/.+|pg|pg-.+|postgres|kysely|kysely-.+)$/, home: `${product}store/` },
  { name: /^(?:sqlite3|better-sqlite3|node:sqlite)$/, home: `${product}store/` },
  // Not an engine of ours: what the bench measures against.
  { name: /^(?:duckdb|@duckdb\/.+)$/, home: 'bench/' },
];

/** The home of a database driver; null when the package is none. */
export function driverHome(specifier) {
  const parts = specifier.split('/');
  const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return drivers.find((driver) => driver.name.test(name))?.home ?? null;
}

/**
 * @typedef {{ workspace: string, layer: string | null, rank: number, extension: string | null, kind: string | null,
 *   isRegistered: boolean }} Place `rank` is -1 for an unknown folder of the product
 */

/** Gives the place of any path of a tree (relative to its root, forward slashes), from the list of its source files. */
export function placesOf(paths) {
  const extensions = new Map();
  for (const kind of extensionKinds) {
    for (const path of paths) {
      if (path.startsWith(kind.root) && path.slice(kind.root.length).split('/')[1] === kind.entry) {
        extensions.set(path.slice(0, -kind.entry.length - 1), kind);
      }
    }
  }
  /** @returns {Place} */
  return (path) => {
    const parts = path.split('/');
    const layer = path.startsWith(product) ? (path.slice(product.length).split('/')[0] ?? '') : null;
    const extension = [...extensions.keys()].find((folder) => path.startsWith(`${folder}/`)) ?? null;
    const kind = extensions.get(extension);
    return {
      workspace: parts[0] === 'packages' ? parts.slice(0, 2).join('/') : (parts[0] ?? ''),
      layer,
      rank: layers.findIndex((names) => layer !== null && names.includes(layer)),
      kind: kind?.root ?? null,
      extension,
      isRegistered: kind?.isRegistered ?? false,
    };
  };
}
