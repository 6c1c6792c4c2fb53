// `tocsin-verify BUNDLE`: checks a bundle (zip archive or unpacked folder), prints what holds and what does not.
// Exits 0 when everything holds, 1 when anything does not or there is no bundle to read.
import { verifyPath } from './path.ts';
import { reportLines } from './report.ts';

const usage = `Usage: tocsin-verify BUNDLE

BUNDLE is a bundle of Tocsin: the .zip archive, or the folder it was unpacked to.
Recomputes every figure from the rows in it, offline. Exits 0 when all holds, 1 otherwise.`;

async function main(words: readonly string[]): Promise<number> {
  const [path, ...more] = words;
  if (path === '--help' || path === '-h') {
    console.log(usage);
    return 0;
  }
  if (path === undefined || path.startsWith('-') || more.length > 0) {
    console.error(usage);
    return 1;
  }
  try {
    const verification = await verifyPath(path);
    console.log(reportLines(verification).join('\n'));
    return verification.isVerified ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
    console.error(
      error.code === 'ENOENT' ? `No such file or folder: ${path}` : `Cannot be read: ${path} (${error.code})`,
    );
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
