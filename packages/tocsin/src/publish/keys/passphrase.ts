// The passphrase of a keys folder, from a file that only its owner may read (an agent or a mounted secret writes it).
import { basename, dirname } from 'node:path';
import { TocsinError } from '../../ground/errors.ts';
import { readSecret } from './folder.ts';

/** OpenSSL's PKCS#8 stretches a passphrase little (2,048 rounds): it must be long enough by itself. */
const fewestCharacters = 20;

/** The first line of a file; null when no file is named. @throws TocsinError keys-unusable */
export function readPassphrase(path: string | null): string | null {
  if (path === null) return null;
  const dir = dirname(path);
  const content = readSecret(dir, `${dir}/${basename(path)}`).toString('utf8');
  const [line = ''] = content.split(/\r?\n/, 1);
  if (line.length < fewestCharacters)
    throw new TocsinError('keys-unusable', {
      path: dir,
      detail: `the passphrase in ${basename(path)} has fewer than ${fewestCharacters} characters`,
    });
  return line;
}
