// Compiles both packages to dist/ and puts beside the code what is not TypeScript: the detectors' SQL,
// the migrations, the report's style sheets and templates; and builds the verifier's page.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildVerifyPage } from './verify-page.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const run = spawnSync(process.execPath, [compiler, '-b', 'packages/verify', 'packages/tocsin'], {
  cwd: root,
  stdio: 'inherit',
});
if (run.status !== 0) process.exit(run.status ?? 1);

const carried = /\.(sql|css|svg|typ|client\.js)$/;
/** Fixtures of extensions; `cases/` right under src is a stage. */
const fixture = /^[^/\\]+[/\\][^/\\]+[/\\]cases[/\\]/;
for (const name of ['tocsin', 'verify']) {
  const source = join(root, 'packages', name, 'src');
  for (const entry of readdirSync(source, { recursive: true })) {
    const path = String(entry);
    if (carried.test(path) && !fixture.test(path)) {
      cpSync(join(source, path), join(root, 'packages', name, 'dist', path));
    }
  }
}

const digest = await buildVerifyPage(root);
console.log(`packages/verify/dist/verify.html: SHA-256 ${digest}`);
