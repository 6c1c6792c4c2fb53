// `tocsin publish`: a full bundle in, the published one out, after a look at what its readers will and will not see.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indicatorText } from '../detect/indicator-match/match.ts';
import { detectors } from '../detect/registry.generated.ts';
import { sigmaText } from '../detect/sigma/findings.ts';
import type { Clock } from '../ground/clock.ts';
import { TocsinError } from '../ground/errors.ts';
import { readBundle } from '../publish/bundle/read.ts';
import { exportAll } from '../publish/exchange/all.ts';
import { readPublisher } from '../publish/exchange/publisher.ts';
import { type KeyRing, openKeys } from '../publish/keys/key-ring.ts';
import { signOpenPgp } from '../publish/keys/openpgp.ts';
import { readPassphrase } from '../publish/keys/passphrase.ts';
import { loadPublicationSecret } from '../publish/keys/publication-secret.ts';
import { initLog } from '../publish/log/append.ts';
import { hasLog } from '../publish/log/folder.ts';
import { openPolicy, type Policy, readPolicy, type TlpLabel, tlpLabels } from '../publish/redact/policy.ts';
import { previewLines } from '../publish/redact/preview.ts';
import { type Prepared, prepare, secretOf, writePublication } from '../publish/redact/publication.ts';

export interface PublishCommand {
  readonly bundle: string;
  /** YAML file; null withholds nothing, under the label of `tlp`. */
  readonly policy: string | null;
  readonly tlp: string | null;
  readonly keys: string;
  readonly passphraseFile: string | null;
  readonly log: string | null;
  readonly corrects: string | null;
  /** YAML file of the publisher, whom CSAF documents name; null writes none. */
  readonly publisher: string | null;
  readonly out: string;
  readonly clock: Clock;
  readonly isPreview: boolean;
}

/** Gives the lines to show. @throws TocsinError */
export async function publishCommand(request: PublishCommand): Promise<readonly string[]> {
  const policy = policyFor(request);
  const passphrase = readPassphrase(request.passphraseFile);
  if (!existsSync(request.bundle)) throw new TocsinError('path-missing', { path: request.bundle });
  const publisher = request.publisher === null ? null : readPublisher(request.publisher);
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
  const exchange = exportAll(prepared.investigation, { tlp: policy.tlp, publisher });
  const path = await writePublication({
    original,
    prepared,
    policy,
    secret,
    attesting: { keys, log: request.log, corrects: indexOf(request.corrects) },
    out: request.out,
    exchange,
  });
  const signatures = await signaturesOf(exchange, keys, request.clock);
  writeBeside(request.out, prepared, new Map([...exchange, ...signatures]));
  return [
    ...lines,
    `Published: ${path}`,
    `Beside it: the report, and the publication in ${String(exchange.size)} exchange formats (docs/exchange.md).`,
    ...(publisher === null ? ['No CSAF: it names its publisher (--publisher).'] : []),
    ...(publisher !== null && signatures.size === 0
      ? ['CSAF is not signed: the keys hold no OpenPGP key (docs/keys.md).']
      : []),
    request.log === null
      ? 'It is not in a log: readers cannot tell whether others were shown something else (--log).'
      : `Logged in ${request.log}: serve that folder as static files.`,
  ];
}

/** Detached signatures of the CSAF documents, as their receivers look for them; none without an OpenPGP key. */
async function signaturesOf(
  exchange: ReadonlyMap<string, Uint8Array>,
  keys: KeyRing,
  clock: Clock,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const signatures = new Map<string, Uint8Array>();
  if (keys.list.openpgp === null) return signatures;
  for (const [name, bytes] of exchange)
    if (/-(?:sir|advisory)\.json$/.test(name))
      signatures.set(`${name}.asc`, Buffer.from(await signOpenPgp(keys, bytes, clock)));
  return signatures;
}

/** Writes what a web server offers beside the publication. @throws TocsinError output-unwritable */
function writeBeside(out: string, { reports }: Prepared, files: ReadonlyMap<string, Uint8Array>): void {
  const folder = join(out, 'exchange');
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    writeFileSync(join(out, 'report.html'), reports.html);
    for (const [name, bytes] of reports.others) writeFileSync(join(out, name), bytes);
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('output-unwritable', { path: out, detail }, error);
  }
}

/** The policy of a file, or the one that withholds nothing under a label. @throws TocsinError */
export function policyFor({ policy, tlp }: Pick<PublishCommand, 'policy' | 'tlp'>): Policy {
  return policy === null ? openPolicy(labelOf(tlp)) : readPolicy(policy);
}

function labelOf(text: string | null): TlpLabel {
  const label = tlpLabels.find((known) => known === text?.toUpperCase().replace(/^TLP:/, ''));
  if (label === undefined)
    throw new TocsinError('usage', {
      detail: `publishing needs --policy, or --tlp with one of ${tlpLabels.join(', ')}`,
    });
  return label;
}

function indexOf(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text))
    throw new TocsinError('usage', { detail: "--corrects takes the number of the log's entry" });
  return Number(text);
}
