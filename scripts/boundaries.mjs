// `npm run boundaries`: names every import, clock or environment access that breaks the rules of ARCHITECTURE.md.
// Takes an optional root folder; exits 1 when there is a breach.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBoundaries } from './boundaries/check.mjs';

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..');
const { files, breaches } = checkBoundaries(root);
for (const { file, line, rule, message } of breaches) console.error(`${file}:${line} [${rule}] ${message}`);
console.log(`boundaries: ${files} files, ${breaches.length} breaches`);
if (breaches.length > 0 || files === 0) process.exitCode = 1;
