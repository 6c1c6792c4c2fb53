// `tocsin publish`: a full bundle in, the published one out, after a look at what its readers will and will not see.
import { existsSync } from 'node:fs';
import { indicatorText } from '../detect/indicator-match/match.ts';
import { detectors } from '../detect/registry.generated.ts';
import { sigmaText } from '../detect/sigma/findings.ts';
import { TocsinError } from '../ground/errors.ts';
import { readBundle } from '../publish/bundle/read.ts';
import { openKeys } from '../publish/keys/key-ring.ts';
import { readPassphrase } from '../publish/keys/passphrase.ts';
import { loadPublicationSecret } from '../publish/keys/publication-secret.ts';
import { initLog } from '../publish/log/append.ts';
import { hasLog } from '../publish/log/folder.ts';
import { openPolicy, readPolicy, type TlpLabel, tlpLabels } from '../publish/redact/policy.ts';
import { previewLines } from '../publish/redact/preview.ts';
import { prepare, secretOf, writePublication } from '../publish/redact/publication.ts';

export interface PublishCommand {
  readonly bundle: string;
  /** YAML file; null withholds nothing, under the label of `tlp`. */
  readonly policy: string | null;
  readonly tlp: string | null;
  readonly keys: string;
  readonly passphraseFile: string | null;
  readonly log: string | null;
  readonly corrects: string | null;
  readonly out: string;
  readonly isPreview: boolean;
}

/** Gives the lines to show. @throws TocsinError */
export async function publishCommand(request: PublishCommand): Promise<readonly string[]> {
  const policy = request.policy === null ? openPolicy(labelOf(request.tlp)) : readPolicy(request.policy);
  const passphrase = readPassphrase(request.passphraseFile);
  if (!existsSync(request.bundle)) throw new TocsinError('path-missing', { path: request.bundle });
  const original = await readBundle(request.bundle);
  const secret = secretOf(loadPublicationSecret(request.keys, passphrase), original, policy);
  const prepared = await prepare({
    original,
    policy,
    detectors: [...detectors, sigmaText, indicatorText],
    secret,
  });
  const lines = previewLines(prepared, policy);
  if (request.isPreview) return [...lines, 'Nothing was written: this is the preview.'];
  const keys = openKeys(request.keys, passphrase);
  if (request.log !== null && !hasLog(request.log)) await initLog(request.log, keys);
  const path = await writePublication({
    original,
    prepared,
    policy,
    secret,
    attesting: { keys, log: request.log, corrects: indexOf(request.corrects) },
    out: request.out,
    others: new Map(),
  });
  return [
    ...lines,
    `Published: ${path}`,
    request.log === null
      ? 'It is not in a log: readers cannot tell whether others were shown something else (--log).'
      : `Logged in ${request.log}: serve that folder as static files.`,
  ];
}

function labelOf(text: string | null): TlpLabel {
  const label = tlpLabels.find((known) => known === text?.toUpperCase().replace(/^TLP:/, ''));
  if (label === undefined)
    throw new TocsinError('usage', {
      detail: `publish needs --policy, or --tlp with one of ${tlpLabels.join(', ')}`,
    });
  return label;
}

function indexOf(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text))
    throw new TocsinError('usage', { detail: "--corrects takes the number of the log's entry" });
  return Number(text);
}
