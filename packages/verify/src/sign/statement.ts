// in-toto Statements, version 1: which files (subjects, by digest) something is said of, and what (the predicate).
// @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
import { canonicalJson } from '../text.ts';
import { isRecord } from './dsse.ts';
import { decodeText, encodeText } from './encoding.ts';
import { accept, type Outcome, refuse } from './reason.ts';

export const statementPayloadType = 'application/vnd.in-toto+json';
export const statementType = 'https://in-toto.io/Statement/v1';
const mostSubjects = 4096;

export interface Subject {
  readonly name: string;
  /** SHA-256, 64 lower-case hex digits. */
  readonly sha256: string;
}

export interface Statement {
  readonly subjects: readonly Subject[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** The statement as the one line of canonical JSON that is signed. */
export function formatStatement({ subjects, predicateType, predicate }: Statement): Uint8Array {
  const subject = subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));
  return encodeText(canonicalJson({ _type: statementType, subject, predicateType, predicate }));
}

/** Reads a payload that was verified. Other digests than SHA-256 and unknown keys are passed over, as the format says. */
export function parseStatement(payload: Uint8Array): Outcome<Statement> {
  const text = decodeText(payload);
  let json: unknown = null;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return refuse('statement-json');
  }
  if (!isRecord(json)) return refuse('statement-json');
  if (json['_type'] !== statementType) return refuse('statement-type');
  const listed = json['subject'];
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > mostSubjects)
    return refuse('statement-subject');
  const subjects: Subject[] = [];
  for (const [at, entry] of listed.entries()) {
    const digest = isRecord(entry) && isRecord(entry['digest']) ? entry['digest']['sha256'] : null;
    const name = isRecord(entry) ? entry['name'] : null;
    if (typeof name !== 'string' || typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest))
      return refuse('statement-subject', `subject ${at}`);
    subjects.push({ name, sha256: digest });
  }
  const { predicateType, predicate = {} } = json;
  if (typeof predicateType !== 'string' || predicateType === '') return refuse('statement-predicate');
  if (!isRecord(predicate)) return refuse('statement-predicate');
  return accept({ subjects, predicateType, predicate });
}
