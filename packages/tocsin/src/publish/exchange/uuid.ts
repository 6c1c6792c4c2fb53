// Names that stay the same: UUIDs of version 5 (RFC 9562, 5.5), the SHA-1 of a namespace and a name.
import { createHash } from 'node:crypto';
import { canonicalJson } from '@tocsin/verify';
import type { ExportSettings } from './exporter.ts';

/**
 * The namespace of everything Tocsin names in exchange formats: the UUID of version 5 of `urn:tocsin:exchange` in the
 * namespace of URLs.
 */
export const exchangeNamespace = '4c714ade-0634-5451-a2da-f8f3e74c0b0d';

/** The UUID of version 5 of a name in a namespace. */
export function uuidOf(namespace: string, name: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name);
  const hex = digest.digest('hex').slice(0, 32);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

/**
 * A UUID for one thing of an export. Publisher and label are part of the name, so that two exports that show a thing
 * differently do not pass for versions of each other.
 */
export function nameOf({ publisher, tlp }: ExportSettings, kind: string, seed: readonly string[]): string {
  const speaker = publisher === null ? [] : [publisher.namespace, publisher.name];
  return uuidOf(exchangeNamespace, canonicalJson([kind, speaker, tlp, ...seed]));
}
