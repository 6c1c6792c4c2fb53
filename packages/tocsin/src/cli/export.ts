// `tocsin export`: a bundle or an investigation.json in, files in the formats of others out. A label is never lowered,
// and RED is written only when it was asked for by name.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBundle, verifyBundle, wholeFile } from '@tocsin/verify';
import { TocsinError } from '../ground/errors.ts';
import { readBundle } from '../publish/bundle/read.ts';
import type { ExportSettings } from '../publish/exchange/exporter.ts';
import { investigationOf } from '../publish/exchange/investigation.ts';
import { readPublisher } from '../publish/exchange/publisher.ts';
import { exporters } from '../publish/exporters/registry.generated.ts';
import { type TlpLabel, tlpLabels } from '../publish/redact/policy.ts';
import type { Investigation } from '../vocabulary/investigation.ts';

export interface ExportCommand {
  /** A bundle, or an investigation.json. */
  readonly source: string;
  /** A format's word, or `all`. */
  readonly format: string;
  readonly out: string;
  readonly tlp: string | null;
  /** YAML file; null where the publisher is not stated. */
  readonly publisher: string | null;
}

/** The words `--format` takes. */
export const formatWords: readonly string[] = [...exporters.map(({ id }) => id), 'all'];

interface Source {
  readonly investigation: Investigation;
  /** Label under which it was published; null for what was not. */
  readonly label: TlpLabel | null;
}

/** Writes the files and gives the lines to show. @throws TocsinError */
export async function exportCommand(request: ExportCommand): Promise<readonly string[]> {
  const chosen = exporters.filter(({ id }) => request.format === 'all' || request.format === id);
  if (chosen.length === 0)
    throw new TocsinError('usage', { detail: `--format is one of ${formatWords.join(', ')}` });
  const asked = askedLabel(request.tlp);
  const publisher = request.publisher === null ? null : readPublisher(request.publisher);
  const wanting = chosen.filter(({ needsPublisher }) => needsPublisher && publisher === null);
  if (request.format !== 'all' && wanting.length > 0)
    throw new TocsinError('export-refused', { detail: 'this format names its publisher; give --publisher' });
  const { investigation, label } = await sourceOf(request.source);
  const settings: ExportSettings = { tlp: labelFor(asked, label), publisher };
  const files = chosen
    .filter((exporter) => !wanting.includes(exporter))
    .map(({ about, write }) => ({ about, ...write(investigation, settings) }));
  try {
    mkdirSync(request.out, { recursive: true });
    for (const { name, text } of files) writeFileSync(join(request.out, name), text);
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('output-unwritable', { path: request.out, detail }, error);
  }
  return [
    `TLP:${settings.tlp}`,
    ...files.map(({ name, about }) => `${join(request.out, name)}: ${about}`),
    ...wanting.map(({ about }) => `Not written: ${about}, which names its publisher (--publisher).`),
  ];
}

function askedLabel(text: string | null): TlpLabel | null {
  if (text === null) return null;
  const label = tlpLabels.find((known) => known === text.toUpperCase().replace(/^TLP:/, ''));
  if (label === undefined)
    throw new TocsinError('usage', { detail: `--tlp is one of ${tlpLabels.join(', ')}` });
  return label;
}

/** The label of the export: never wider than that of the source, RED only when asked for. */
function labelFor(asked: TlpLabel | null, source: TlpLabel | null): TlpLabel {
  const label = asked ?? source;
  if (label === null)
    throw new TocsinError('export-refused', {
      detail: 'what was not published has no label, and everything in it would be disclosed; give --tlp',
    });
  if (source !== null && tlpLabels.indexOf(label) < tlpLabels.indexOf(source))
    throw new TocsinError('export-refused', {
      detail: `it was published as TLP:${source}, which TLP:${label} would widen`,
    });
  if (label === 'RED' && asked !== 'RED')
    throw new TocsinError('export-refused', { detail: 'it is TLP:RED; confirm with --tlp RED' });
  return label;
}

async function sourceOf(path: string): Promise<Source> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
  const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return isArchive
    ? bundleSource(path, bytes)
    : { investigation: checked(parsed(bytes, path), path), label: null };
}

async function bundleSource(path: string, bytes: Uint8Array): Promise<Source> {
  const { isVerified } = await verifyBundle(bytes);
  if (!isVerified)
    throw new TocsinError('export-refused', {
      detail: 'the bundle does not verify; run `tocsin verify` on it',
    });
  const { investigation } = await readBundle(path);
  return { investigation: checked(investigation, path), label: await publishedLabel(bytes, path) };
}

/** The label of the policy a publication states; null for a bundle that was not published. */
async function publishedLabel(bytes: Uint8Array, path: string): Promise<TlpLabel | null> {
  const files = await openBundle(bytes);
  const name = 'data/policy.json';
  if (!files.names.includes(name)) return null;
  const policy = parsed(await wholeFile(files, name, 1024 * 1024), path);
  const stated = typeof policy === 'object' && policy !== null && 'tlp' in policy ? policy.tlp : null;
  const label = tlpLabels.find((known) => known === stated);
  if (label === undefined)
    throw new TocsinError('bundle-unreadable', { path, detail: 'its policy states no label' });
  return label;
}

function parsed(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new TocsinError('export-refused', { detail: `${path} is neither a bundle nor JSON` }, error);
  }
}

function checked(value: unknown, path: string): Investigation {
  const read = investigationOf(value);
  if ('problem' in read)
    throw new TocsinError('export-refused', { detail: `${path} is no investigation (${read.problem})` });
  return read.investigation;
}
