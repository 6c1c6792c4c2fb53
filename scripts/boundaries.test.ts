// The boundaries check sees every kind of breach: each is planted alone in a small sound tree and must be named, at its
// line; the tree without it must pass.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { checkBoundaries } from './boundaries/check.mjs';

type Files = Readonly<Record<string, string>>;

const src = 'packages/tocsin/src';

/** A house in which nothing is wrong. */
const sound: Files = {
  [`${src}/main.ts`]: "import './cli/run.ts';\n",
  [`${src}/cli/run.ts`]:
    "import { loadConfig } from '../ground/config.ts';\nimport { detect } from '../detect/run.ts';\n",
  [`${src}/ground/config.ts`]: 'export const loadConfig = () => process.env;\n',
  [`${src}/ground/clock.ts`]: 'export const now = () => Date.now();\n',
  [`${src}/ground/errors.ts`]: 'export const errors = {};\n',
  [`${src}/vocabulary/event.ts`]:
    "import type { Figure } from '@tocsin/verify';\nexport interface Event {}\n",
  [`${src}/store/events/embedded.ts`]:
    "import { Session } from 'chdb';\nimport '../../vocabulary/event.ts';\n",
  [`${src}/evidence/intake.ts`]: "import '../store/events/embedded.ts';\n",
  [`${src}/formats/format.ts`]: "import type { Event } from '../vocabulary/event.ts';\n",
  [`${src}/formats/load.ts`]:
    "import { formats } from './registry.generated.ts';\nimport '../evidence/intake.ts';\n",
  [`${src}/formats/registry.generated.ts`]: "import './alpha/format.ts';\nimport './beta/format.ts';\n",
  [`${src}/formats/alpha/format.ts`]:
    "import type { Format } from '../format.ts';\nimport '../family/shared.ts';\n",
  [`${src}/formats/beta/format.ts`]: "import '../family/shared.ts';\nimport './words.ts';\n",
  [`${src}/formats/beta/words.ts`]: 'const then = new Date(0);\nexport type When = Date;\n',
  [`${src}/formats/family/shared.ts`]:
    'export const shared = Date.UTC(2024, 0, 1) + Date.parse("2024-01-01");\n',
  [`${src}/feeds/networks.ts`]: "import '../evidence/intake.ts';\n",
  [`${src}/detect/run.ts`]: "import '../formats/load.ts';\n",
  [`${src}/detect/run.test.ts`]: "import './case-runner.ts';\nconst began = Date.now();\n",
  [`${src}/detect/case-runner.ts`]: "import { Session } from 'chdb';\nconst path = process.env.PATH;\n",
  [`${src}/publish/sections/one/section.ts`]: 'export const one = 1;\n',
  [`${src}/publish/sections/two/section.ts`]: 'export const two = 2;\n',
  'packages/verify/src/index.ts': "import { readFileSync } from 'node:fs';\nimport './sum.ts';\n",
  'packages/verify/src/sum.ts': 'export const sum = 0;\n',
  'packages/verify/src/sum.test.ts': "import { it } from 'vitest';\nimport './sum.ts';\n",
  'scenarios/src/main.ts':
    "const process = 7;\nexport const pid = process + 1;\nimport '../../packages/tocsin/src/main.ts';\n",
  'bench/src/main.ts':
    "import { DuckDBInstance } from '@duckdb/node-api';\nconst began = performance.now();\n",
};

let root = '';
afterEach(() => rmSync(root, { recursive: true, force: true }));

function build(changes: Files): string {
  root = mkdtempSync(join(tmpdir(), 'tocsin-boundaries-'));
  for (const [path, text] of Object.entries({ ...sound, ...changes })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function breachesOf(changes: Files): readonly string[] {
  return checkBoundaries(build(changes)).breaches.map(
    ({ file, line, rule }: { file: string; line: number; rule: string }) => `${file}:${line} ${rule}`,
  );
}

it('finds nothing wrong with a sound house', () => {
  expect(breachesOf({})).toEqual([]);
});

describe('a lower layer that reaches a higher one is named, however it does so', () => {
  it.each([
    ['static', "import { detect } from '../detect/run.ts';"],
    ['for its effects', "import '../detect/run.ts';"],
    ['type-only', "import type { Finding } from '../detect/run.ts';"],
    ['inline type-only', "import { type Finding } from '../detect/run.ts';"],
    ['re-export', "export { detect } from '../detect/run.ts';"],
    ['re-export of all', "export * from '../detect/run.ts';"],
    ['type re-export', "export type { Finding } from '../detect/run.ts';"],
    ['dynamic', "export const later = () => import('../detect/run.ts');"],
    ['dynamic by a template', 'export const later = () => import(`../detect/run.ts`);'],
    ['import in a type', "export type Finding = import('../detect/run.ts').Finding;"],
    ['typeof import', "export type Detect = typeof import('../detect/run.ts');"],
    ['import = require', "import run = require('../detect/run.ts');"],
    ['require', "const run = require('../detect/run.ts');"],
    ['import.meta.resolve', "const where = import.meta.resolve('../detect/run.ts');"],
    ['require.resolve', "const where = require.resolve('../detect/run.ts');"],
    ['address of a process to start', "const where = new URL('../detect/run.ts', import.meta.url);"],
    ['a JSDoc type', "/** @type {import('../detect/run.ts').Finding} */"],
    ['a reference', '/// <reference path="../detect/run.ts" />'],
  ])('%s', (_, line) => {
    expect(breachesOf({ [`${src}/evidence/walk.ts`]: `// Walks.\n${line}\n` })).toEqual([
      `${src}/evidence/walk.ts:2 layer`,
    ]);
  });
});

describe('each rule names what breaks it', () => {
  const planted: readonly (readonly [string, string, string, string])[] = [
    ['ground knows no vocabulary', `${src}/ground/errors.ts`, "import '../vocabulary/event.ts';", 'layer'],
    [
      'a stage knows no later stage',
      `${src}/formats/sample.ts`,
      "import type { D } from '../detect/run.ts';",
      'layer',
    ],
    [
      'formats and feeds do not know each other',
      `${src}/feeds/provider.ts`,
      "import '../formats/sample.ts';",
      'missing',
    ],
    ['feeds do not know formats', `${src}/feeds/provider.ts`, "import '../formats/format.ts';", 'layer'],
    ['nobody knows main.ts', `${src}/cli/help.ts`, "import type {} from '../main.ts';", 'layer'],
    ['the API does not know the command line', `${src}/api/door.ts`, "import '../cli/run.ts';", 'layer'],
    ['verify is imported by name', `${src}/publish/ask.ts`, "import '../../../verify/src/sum.ts';", 'layer'],
    ['the product does not import itself by name', `${src}/publish/ask.ts`, "import 'tocsin';", 'layer'],
    [
      'the product knows no scenarios',
      `${src}/publish/ask.ts`,
      "import '../../../../scenarios/src/main.ts';",
      'layer',
    ],
    ['the product imports no test', `${src}/publish/ask.ts`, "import '../detect/run.test.ts';", 'layer'],
    [
      'a driver outside store',
      `${src}/detect/ask.ts`,
      "import { createClient } from '@clickhouse/client';",
      'driver',
    ],
    ['a type of a driver', `${src}/detect/ask.ts`, "import type { Session } from 'chdb';", 'driver'],
    ['a part of a driver', `${src}/detect/ask.ts`, "const s = await import('chdb/connection');", 'driver'],
    ["a driver for people's work", `${src}/cases/open.ts`, "import { Kysely } from 'kysely';", 'driver'],
    ['PGlite', `${src}/cases/open.ts`, "export type { PGlite } from '@electric-sql/pglite';", 'driver'],
    ["Node's own SQLite", `${src}/cases/open.ts`, "import 'node:sqlite';", 'driver'],
    ['the bench goes through store too', 'bench/src/load.ts', "import { Session } from 'chdb';", 'driver'],
    [
      'what the bench measures against stays there',
      `${src}/store/other.ts`,
      "import '@duckdb/node-api';",
      'driver',
    ],
    ['process.env', `${src}/detect/ask.ts`, 'const home = process.env.HOME;', 'environment'],
    [
      'process.env by another spelling',
      `${src}/detect/ask.ts`,
      "const home = process['env'];",
      'environment',
    ],
    ['process.env taken apart', `${src}/detect/ask.ts`, 'const { env } = process;', 'environment'],
    ['process handed on', `${src}/detect/ask.ts`, 'read(process);', 'environment'],
    ['globalThis.process', `${src}/detect/ask.ts`, 'const home = globalThis.process?.env;', 'environment'],
    ['env of node:process', `${src}/detect/ask.ts`, "import { env } from 'node:process';", 'environment'],
    ['import.meta.env', `${src}/detect/ask.ts`, 'const mode = import.meta.env.MODE;', 'environment'],
    ['Date.now', `${src}/trace/chain.ts`, 'const at = Date.now();', 'clock'],
    ['new Date()', `${src}/trace/chain.ts`, 'const at = new Date();', 'clock'],
    ['new Date of nothing', `${src}/trace/chain.ts`, 'const at = new Date(...parts);', 'clock'],
    ['Date()', `${src}/trace/chain.ts`, 'const at = Date();', 'clock'],
    ['Date by another name', `${src}/trace/chain.ts`, 'const Moment = Date;', 'clock'],
    ['performance.now', `${src}/trace/chain.ts`, 'const at = performance.now();', 'clock'],
    [
      'performance of node:perf_hooks',
      `${src}/trace/chain.ts`,
      "import { performance } from 'node:perf_hooks';",
      'clock',
    ],
    ['process.hrtime', `${src}/trace/chain.ts`, 'const at = process.hrtime.bigint();', 'clock'],
    ['the clock in verify', 'packages/verify/src/time.ts', 'const at = Date.now();', 'clock'],
    ['the clock in a scenario', 'scenarios/src/time.ts', 'const at = Date.now();', 'clock'],
    ['verify imports a package', 'packages/verify/src/more.ts', "import { z } from 'zod';", 'verify'],
    [
      'verify imports a type of the product',
      'packages/verify/src/more.ts',
      "import type { E } from 'tocsin';",
      'verify',
    ],
    [
      'verify reaches the product by path',
      'packages/verify/src/more.ts',
      "import '../../tocsin/src/ground/errors.ts';",
      'verify',
    ],
    ["verify's tests do not either", 'packages/verify/src/more.test.ts', "import 'tocsin';", 'verify'],
    ['a sibling extension', `${src}/formats/beta/more.ts`, "import '../alpha/format.ts';", 'sibling'],
    [
      "a sibling's type",
      `${src}/formats/beta/more.ts`,
      "import type { A } from '../alpha/format.ts';",
      'sibling',
    ],
    ['a sibling section', `${src}/publish/sections/two/more.ts`, "import '../one/section.ts';", 'sibling'],
    [
      'shared code knows an extension',
      `${src}/formats/pick.ts`,
      "import { format } from './alpha/format.ts';",
      'registry',
    ],
    [
      'a later stage knows an extension',
      `${src}/detect/pick.ts`,
      "import type {} from '../formats/alpha/format.ts';",
      'registry',
    ],
    ['a module only known at run time', `${src}/detect/ask.ts`, 'const d = await import(name);', 'opaque'],
    ['a module built from parts', `${src}/detect/ask.ts`, "const d = await import('./' + name);", 'opaque'],
    ['require of a variable', `${src}/detect/ask.ts`, 'const d = require(name);', 'opaque'],
    [
      'require by another name',
      `${src}/detect/ask.ts`,
      'const load = createRequire(import.meta.url);',
      'opaque',
    ],
    ['an import map', `${src}/detect/ask.ts`, "import '#store';", 'opaque'],
    ['a file that is not there', `${src}/detect/ask.ts`, "import './gone.ts';", 'missing'],
    ['a folder the design does not have', `${src}/utils/text.ts`, 'export {};', 'place'],
    ['a drawer in ground', `${src}/ground/helpers.ts`, 'export {};', 'ground'],
  ];

  it.each(planted)('%s', (_, path, line, rule) => {
    expect(breachesOf({ [path]: `// Planted.\n${sound[path] ?? ''}${line}\n` })).toEqual([
      expect.stringMatching(new RegExp(`^${path}:\\d+ ${rule}$`)),
    ]);
  });

  it('a cycle of two files, also by types alone', () => {
    const changes = {
      [`${src}/trace/chain.ts`]: "import type { Hop } from './hop.ts';\n",
      [`${src}/trace/hop.ts`]: "export type { Chain } from './chain.ts';\n",
    };
    expect(breachesOf(changes)).toEqual([`${src}/trace/chain.ts:1 cycle`]);
  });

  it('a cycle of three, once, with the way round', () => {
    const changes = {
      [`${src}/trace/a.ts`]: "import './b.ts';\n",
      [`${src}/trace/b.ts`]: "import './c.ts';\n",
      [`${src}/trace/c.ts`]: "import './a.ts';\n",
    };
    const { breaches } = checkBoundaries(build(changes));
    expect(breaches).toHaveLength(1);
    expect(breaches[0]?.message).toMatch(/trace\/a\.ts -> .*b\.ts -> .*c\.ts -> .*a\.ts$/);
  });

  it('what tests import stops being for tests alone when the product imports it', () => {
    const change = { [`${src}/detect/run.ts`]: "import '../formats/load.ts';\nimport './case-runner.ts';\n" };
    expect(breachesOf(change)).toEqual([
      `${src}/detect/case-runner.ts:1 driver`,
      `${src}/detect/case-runner.ts:2 environment`,
    ]);
  });

  it('a file that does not parse', () => {
    expect(breachesOf({ [`${src}/trace/broken.ts`]: 'export const = ;\n' })).toEqual([
      expect.stringMatching(/broken\.ts:1 syntax$/),
    ]);
  });
});

it('the command exits 1 and says file, line, rule and reason on its own line', () => {
  const script = fileURLToPath(new URL('./boundaries.mjs', import.meta.url));
  const clean = spawnSync(process.execPath, [script, build({})], { encoding: 'utf8' });
  expect([clean.status, clean.stdout]).toEqual([
    0,
    expect.stringMatching(/^boundaries: \d+ files, 0 breaches\n$/),
  ]);
  rmSync(root, { recursive: true });
  const planted = build({ [`${src}/evidence/walk.ts`]: "import '../detect/run.ts';\n" });
  const broken = spawnSync(process.execPath, [script, planted], { encoding: 'utf8' });
  expect(broken.status).toBe(1);
  expect(broken.stderr).toMatch(
    /^packages\/tocsin\/src\/evidence\/walk\.ts:1 \[layer\] import: evidence must not know detect/,
  );
});
