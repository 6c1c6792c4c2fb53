// For tests: appends one entry to a log in a process of its own and kills that process, without any chance to tidy up,
// right before or right after its n-th renaming of a file. Arguments: log, keys, text of the payload, n, before|after.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [dir = '', keysDir = '', payload = '', nth = '0', when = 'before'] = process.argv.slice(2);
const rename = fs.renameSync;
let renamed = 0;
fs.renameSync = (from, to) => {
  renamed += 1;
  const isNow = renamed === Number(nth);
  if (isNow && when === 'before') process.kill(process.pid, 'SIGKILL');
  rename(from, to);
  if (isNow) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();

const { openKeys } = await import('../keys/key-ring.ts');
const { appendToLog } = await import('./append.ts');
await appendToLog(dir, { payload: new TextEncoder().encode(payload) }, openKeys(keysDir));
