// `tocsin challenge` and `tocsin open`: which rows of a publication an auditor asks for, and the publisher's answer.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ContainerError, challengeOf, openBundle } from '@tocsin/verify';
import { indicatorText } from '../detect/indicator-match/match.ts';
import { detectors } from '../detect/registry.generated.ts';
import { sigmaText } from '../detect/sigma/findings.ts';
import { TocsinError } from '../ground/errors.ts';
import { readBundle } from '../publish/bundle/read.ts';
import { readPassphrase } from '../publish/keys/passphrase.ts';
import { loadPublicationSecret } from '../publish/keys/publication-secret.ts';
import { openRows } from '../publish/redact/open.ts';
import { secretOf } from '../publish/redact/publication.ts';
import { policyFor } from './publish.ts';

export interface ChallengeCommand {
  readonly publication: string;
  readonly rows: string | null;
}

export interface OpenCommand extends ChallengeCommand {
  /** The full bundle that the publication was made of. */
  readonly original: string;
  readonly policy: string | null;
  readonly tlp: string | null;
  readonly keys: string;
  readonly passphraseFile: string | null;
  readonly out: string;
}

/** The rows that a challenge picks, in lines. @throws TocsinError */
export async function challengeCommand({ publication, rows }: ChallengeCommand): Promise<readonly string[]> {
  const count = countOf(rows);
  const challenge = await readable(publication, async () =>
    challengeOf(await openBundle(bytesOf(publication)), count),
  );
  if (typeof challenge === 'string') throw new TocsinError('usage', { detail: challenge });
  const tables = challenge.tables.flatMap(({ table }) => {
    const picked = challenge.rows.filter((one) => one.table === table).map(({ row }) => row);
    return picked.length === 0 ? [] : [`${table}: ${picked.join(', ')}`];
  });
  return [
    `${challenge.rows.length} of ${challenge.of} rows with withheld cells, picked by the checkpoint (rows count from 1):`,
    ...tables,
    `Ask the publisher for: tocsin open PUBLICATION --rows ${count} --original FULL --policy FILE --keys DIR`,
  ];
}

/** Writes the openings, and gives the lines to show. @throws TocsinError */
export async function openCommand(request: OpenCommand): Promise<readonly string[]> {
  const policy = policyFor(request);
  const passphrase = readPassphrase(request.passphraseFile);
  const count = countOf(request.rows);
  const original = await readBundle(request.original);
  const openings = await readable(request.publication, () =>
    openRows({
      publication: bytesOf(request.publication),
      rows: count,
      original,
      policy,
      detectors: [...detectors, sigmaText, indicatorText],
      secret: secretOf(loadPublicationSecret(request.keys, passphrase), original, policy),
    }),
  );
  writeFileSync(request.out, openings, { mode: 0o600 });
  return [
    `Opened: ${request.out}`,
    'It holds the withheld cells of the rows that were picked: for the auditor, not for the public.',
  ];
}

function countOf(text: string | null): number {
  if (text === null || !/^[1-9]\d{0,5}$/.test(text))
    throw new TocsinError('usage', { detail: '--rows takes how many rows to open' });
  return Number(text);
}

function bytesOf(path: string): Uint8Array {
  if (!existsSync(path)) throw new TocsinError('path-missing', { path });
  return readFileSync(path);
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ContainerError)
      throw new TocsinError('bundle-unreadable', { path, detail: error.message }, error);
    throw error;
  }
}
