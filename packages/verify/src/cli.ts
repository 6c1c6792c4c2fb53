// `tocsin-verify BUNDLE`: checks a publication or an answer to one (zip archive or unpacked folder), and prints what holds
// and what does not. Exits 0 when everything holds, 1 when anything does not or there is nothing to read.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { publicationLines, replyLines } from './check-lines.ts';
import { checkPath } from './path.ts';
import { reasonText } from './sign/reason.ts';
import { parseTrust, type Trust } from './sign/trust.ts';
import { exitCodeOf } from './step.ts';

const usage = `Usage: tocsin-verify BUNDLE [--policy FILE] [--original BUNDLE] [--openings FILE] [--long] [--json] [--exit-step]

BUNDLE is a bundle of Tocsin or an answer to one: the .zip archive, or the folder it was unpacked to.
Recomputes every figure from the rows in it, offline. Exits 0 when all holds, 1 otherwise.

  --policy FILE      whom you trust: a publisher's keys.json from a source you trust, or a file of format tocsin-trust/1
  --original BUNDLE  for an answer: the publication that it answers
  --openings FILE    what the publisher opened for you (docs/challenge.md)
  --long             also list the figures and tables that hold
  --json             everything as JSON
  --exit-step        exit with the number of the first step that failed: 2 archive, 3 manifest, 4 schema, 5 commitments,
                     6 figures, 7 signature, 8 log, 9 witnesses, 10 openings`;

const options = {
  policy: { type: 'string' },
  original: { type: 'string' },
  openings: { type: 'string' },
  long: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'exit-step': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [path, ...more] = positionals;
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (path === undefined || more.length > 0) {
    console.error(usage);
    return 1;
  }
  const trust = values.policy === undefined ? null : trustIn(values.policy);
  if (typeof trust === 'string') {
    console.error(trust);
    return 1;
  }
  const openings = values.openings === undefined ? null : readFileSync(values.openings);
  const result = await checkPath(path, { trust, original: values.original ?? null, openings });
  if (values.json) console.log(JSON.stringify(result, null, 1));
  else {
    const lines =
      result.kind === 'reply'
        ? replyLines(result.check)
        : publicationLines(result.check, { isLong: values.long });
    console.log(lines.join('\n'));
  }
  if (result.check.isVerified) return 0;
  return values['exit-step'] && result.kind === 'publication' ? exitCodeOf(result.check.steps) : 1;
}

/** Whom the reader trusts; a sentence when the file does not say. */
function trustIn(path: string): Trust | string {
  const trust = parseTrust(readFileSync(path));
  return trust.ok ? trust.value : `${path} does not say whom to trust: ${reasonText(trust.reason)}`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
  const { code } = error;
  console.error(
    code.startsWith('ERR_PARSE_ARGS')
      ? `${error.message}\n\n${usage}`
      : code === 'ENOENT'
        ? `No such file or folder: ${'path' in error ? String(error.path) : ''}`
        : `Cannot be read: ${'path' in error ? String(error.path) : ''} (${code})`,
  );
  process.exitCode = 1;
}
