// What a line of the log says: the digest of a signed payload, and which earlier entry it corrects. One form only
// (canonical JSON), so that anyone with the payload can write the entry down again and find its hash.

import { sha256 } from '../sha256.ts';
import { isRecord } from '../sign/dsse.ts';
import { decodeText, encodeText } from '../sign/encoding.ts';
import { accept, type Outcome, refuse } from '../sign/reason.ts';
import { canonicalJson } from '../text.ts';

export const entryFormat = 'tocsin-log-entry/1';
/** The tile format gives an entry two bytes of length. */
export const mostEntryBytes = 65_535;

export interface LogEntry {
  /** SHA-256 of the payload of the DSSE envelope, 64 lower-case hex digits. */
  readonly payloadSha256: string;
  readonly payloadType: string;
  /** The index of the entry that this one corrects, or null. The corrected entry stays. */
  readonly corrects: number | null;
}

/** The entry for a payload. */
export function entryOf(payload: Uint8Array, payloadType: string, corrects: number | null = null): LogEntry {
  return { payloadSha256: sha256(payload), payloadType, corrects };
}

/** The bytes that are logged. */
export function formatEntry({ payloadSha256, payloadType, corrects }: LogEntry): Uint8Array {
  return encodeText(
    canonicalJson({
      format: entryFormat,
      payload_sha256: payloadSha256,
      payload_type: payloadType,
      ...(corrects === null ? {} : { corrects }),
    }),
  );
}

/** Reads an entry; bytes that are not the one form of what they say are refused. */
export function parseEntry(bytes: Uint8Array): Outcome<LogEntry> {
  const text = bytes.length > mostEntryBytes ? null : decodeText(bytes);
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return refuse('entry-form', 'no JSON');
  }
  if (!isRecord(json) || json['format'] !== entryFormat) return refuse('entry-form', 'format');
  const { payload_sha256: payloadSha256, payload_type: payloadType, corrects = null } = json;
  if (typeof payloadSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(payloadSha256))
    return refuse('entry-form', 'payload_sha256');
  if (typeof payloadType !== 'string' || payloadType === '') return refuse('entry-form', 'payload_type');
  if (corrects !== null && (typeof corrects !== 'number' || !Number.isSafeInteger(corrects) || corrects < 0))
    return refuse('entry-form', 'corrects');
  const entry = { payloadSha256, payloadType, corrects };
  return decodeText(formatEntry(entry)) === text ? accept(entry) : refuse('entry-form', 'not canonical');
}
