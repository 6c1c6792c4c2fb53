// The boundaries check over a whole tree. Takes the root folder; gives every breach with file, line, rule and reason.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { findCycles } from './cycles.mjs';
import { driverHome, groundModules, journey, placesOf, product } from './places.mjs';
import { readSource } from './source.mjs';

/**
 * @typedef {{ file: string, line: number, rule: string, message: string }} Breach
 * @typedef {{ path: string, reaches: readonly (import('./source.mjs').Reach & { target: string | null })[],
 *   asks: readonly import('./source.mjs').Ask[], errors: readonly string[] }} Module
 */

const byText = (left, right) => (left < right ? -1 : left > right ? 1 : 0);

const isTest = (path) => /\.test\.[cm]?[jt]s$/.test(path);
const isSupport = (path) => /\.support\.[cm]?[jt]s$/.test(path);
const isGenerated = (path) => path.endsWith('.generated.ts');

/** All breaches under a root, by file and line. @returns {{ files: number, breaches: readonly Breach[] }} */
export function checkBoundaries(root) {
  const modules = new Map(sourcesUnder(root).map((path) => [path, readModule(root, path)]));
  const forTests = testOnly(modules);
  const tree = { root, forTests, placeOf: placesOf([...modules.keys()]) };
  const breaches = [];
  for (const module of modules.values()) {
    const report = (line, rule, message) => breaches.push({ file: module.path, line, rule, message });
    for (const error of module.errors) report(1, 'syntax', error);
    checkPlace(tree, module, report);
    for (const reach of module.reaches) checkReach(tree, module, reach, report);
    if (!forTests.has(module.path)) checkAsks(module, report);
  }
  for (const cycle of findCycles(importGraph(modules))) {
    breaches.push({
      file: cycle[0],
      line: lineOfEdge(modules.get(cycle[0]), cycle[1] ?? cycle[0]),
      rule: 'cycle',
      message: `imports itself through ${[...cycle, cycle[0]].join(' -> ')}`,
    });
  }
  breaches.sort((left, right) => byText(left.file, right.file) || left.line - right.line);
  return { files: modules.size, breaches };
}

/** Source files of every workspace, sorted. */
function sourcesUnder(root) {
  const packages = join(root, 'packages');
  const names = existsSync(packages) ? readdirSync(packages).map((name) => `packages/${name}`) : [];
  const found = [];
  const enter = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!['node_modules', 'dist'].includes(entry.name)) enter(path);
      } else if (/\.[cm]?[jt]sx?$/.test(entry.name)) found.push(path);
    }
  };
  for (const workspace of [...names, 'scenarios', 'bench']) {
    if (existsSync(join(root, workspace, 'src'))) enter(`${workspace}/src`);
  }
  return found.sort(byText);
}

/** @returns {Module} */
function readModule(root, path) {
  const source = readSource(path, readFileSync(join(root, path), 'utf8'));
  const reaches = source.reaches.map((reach) => ({
    ...reach,
    target: reach.specifier?.startsWith('.') ? posix.join(dirname(path), reach.specifier) : null,
  }));
  return { path, reaches, asks: source.asks, errors: source.errors };
}

/**
 * Files that serve tests alone: tests, *.support files, and what only those import. No list: a file stops being one
 * as soon as the product imports it.
 */
function testOnly(modules) {
  const importers = new Map([...modules.keys()].map((path) => [path, []]));
  for (const { path, reaches } of modules.values()) {
    for (const { target } of reaches)
      if (target !== null && target !== path) importers.get(target)?.push(path);
  }
  const forTests = new Set([...modules.keys()].filter((path) => isTest(path) || isSupport(path)));
  for (let before = -1; before !== forTests.size; ) {
    before = forTests.size;
    for (const [path, by] of importers) {
      if (by.length > 0 && by.every((importer) => forTests.has(importer))) forTests.add(path);
    }
  }
  return forTests;
}

function checkPlace(tree, { path }, report) {
  const place = tree.placeOf(path);
  if (place.layer !== null && place.rank < 0) {
    report(1, 'place', `packages/tocsin/src has no place for ${place.layer}; the folders are ${journey}`);
  }
  if (place.layer === 'ground') {
    const name = path.slice(`${product}ground/`.length).replace(/(\.test)?\.ts$/, '');
    if (!groundModules.includes(name)) {
      report(
        1,
        'ground',
        `ground/ is a closed list (${groundModules.join(', ')}): ${name} belongs with what uses it`,
      );
    }
  }
}

function checkReach(tree, module, reach, report) {
  const say = (rule, message) => report(reach.line, rule, `${reach.how}: ${message}`);
  if (reach.specifier === null) {
    say('opaque', 'the module is not named by a plain string, so nobody can see what is imported');
    return;
  }
  if (reach.target === null) checkPackage(tree, module.path, reach, say);
  else if (!existsSync(join(tree.root, reach.target))) say('missing', `${reach.target} does not exist`);
  else checkFile(tree, module.path, reach.target, say);
}

/** Rules for packages and builtins. */
function checkPackage(tree, path, { specifier }, say) {
  const { workspace } = tree.placeOf(path);
  const isForTests = tree.forTests.has(path);
  if (workspace === 'packages/verify' && !specifier.startsWith('node:')) {
    const isTestTool = isForTests && !/^(?:tocsin|@tocsin)(?:\/|$)/.test(specifier);
    const isCurve = /^@noble\/(?:curves|hashes)\//.test(specifier);
    if (!isTestTool && !isCurve)
      say(
        'verify',
        `verify imports nothing but itself, node: builtins and @noble's curves and hashes, not ${specifier}`,
      );
  }
  const home = driverHome(specifier);
  if (home !== null && !path.startsWith(home) && !isForTests) {
    say('driver', `${specifier} speaks to a database; only ${home} may import it`);
  }
  if (specifier.startsWith('#') || specifier.startsWith('/') || specifier.startsWith('file:')) {
    say('opaque', `${specifier} is resolved elsewhere; write a relative path`);
  }
  if (workspace === 'packages/tocsin' && /^(?:tocsin|@tocsin\/(?!verify$).*)(?:\/|$)/.test(specifier)) {
    say(
      'layer',
      `the product reaches itself by relative paths and verify as @tocsin/verify, not as ${specifier}`,
    );
  }
}

/** Rules for files of the tree. */
function checkFile({ placeOf, forTests }, path, target, say) {
  const from = placeOf(path);
  const to = placeOf(target);
  if (from.workspace !== to.workspace) {
    checkWorkspaces(from, to, target, say);
    return;
  }
  if (from.layer !== null && to.layer !== null && from.layer !== to.layer && from.rank >= 0 && to.rank >= 0) {
    if (to.rank > from.rank) {
      say('layer', `${from.layer} must not know ${to.layer}, which comes after it (${journey})`);
    } else if (to.rank === from.rank) {
      say(
        'layer',
        `${from.layer} and ${to.layer} stand side by side and do not know each other (${journey})`,
      );
    }
  }
  if (to.extension !== null && to.extension !== from.extension) {
    if (to.kind === from.kind) {
      say('sibling', `an extension never imports a sibling; move what both need out of ${to.extension}`);
    } else if (to.isRegistered && !isGenerated(path) && !forTests.has(path)) {
      say(
        'registry',
        `shared code must not know ${to.extension}; it finds it through the generated registry`,
      );
    }
  }
  if (forTests.has(target) && (isTest(target) || isSupport(target)) && !forTests.has(path)) {
    say('layer', `${target} serves tests alone`);
  }
}

function checkWorkspaces(from, to, target, say) {
  if (from.workspace === 'packages/verify') {
    say('verify', `verify imports nothing but itself and node: builtins, not ${target}`);
  } else if (to.workspace === 'packages/verify') {
    say('layer', `verify is imported by its name, @tocsin/verify, not by ${target}`);
  } else if (from.workspace.startsWith('packages/')) {
    say('layer', `${from.workspace} must not know ${to.workspace}`);
  }
}

function checkAsks({ path, asks }, report) {
  const isBench = path.startsWith('bench/');
  for (const { asks: asked, what, line } of asks) {
    if (asked === 'environment' && path !== `${product}ground/config.ts`) {
      report(
        line,
        'environment',
        `${what}: only ground/config reads the environment; take the value as a parameter`,
      );
    }
    if (asked === 'time' && path !== `${product}ground/clock.ts` && !isBench) {
      report(line, 'clock', `${what}: only ground/clock reads the time; take a Clock as a parameter`);
    }
  }
}

function importGraph(modules) {
  const graph = new Map();
  for (const { path, reaches } of modules.values()) {
    const targets = reaches
      .filter(({ target, how }) => target !== null && modules.has(target) && how !== 'module address')
      .map(({ target }) => target);
    graph.set(path, [...new Set(targets)].sort(byText));
  }
  return graph;
}

const lineOfEdge = (module, target) => module?.reaches.find((reach) => reach.target === target)?.line ?? 1;
