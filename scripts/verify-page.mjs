// Builds the verifier's page: one HTML file with its script and style inside, each named by its hash in the page's
// content security policy, so that nothing else can run in it. Prints the SHA-256 to publish beside it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Writes the page of a checkout to packages/verify/dist/verify.html and gives its SHA-256. */
export async function buildVerifyPage(root) {
  const folder = join(root, 'packages', 'verify');
  const bundled = await build({
    entryPoints: [join(folder, 'page', 'page.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2023',
    minify: true,
    // Readers outside ASCII would depend on how the page is served.
    charset: 'ascii',
    legalComments: 'none',
    write: false,
    external: ['node:*'],
    logLevel: 'error',
  });
  // Inside a script element this would end it.
  const script = bundled.outputFiles[0].text.replaceAll('</script', '<\\/script');
  const style = readFileSync(join(folder, 'page', 'page.css'), 'utf8');
  const hashOf = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  const parts = { style, script, 'script-hash': hashOf(script), 'style-hash': hashOf(style) };
  const page = readFileSync(join(folder, 'page', 'page.html'), 'utf8').replace(
    /\{\{(style|script|script-hash|style-hash)\}\}/g,
    (_, name) => parts[name],
  );
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'dist', 'verify.html'), page);
  return createHash('sha256').update(page).digest('hex');
}
