// The policy of a publication: what is shown in full, under pseudonyms or not at all. Takes a YAML file, gives a checked
// policy; an unknown key is an error.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { TocsinError } from '../../ground/errors.ts';

/** A policy is words of people: more is a mistake. */
const mostBytes = 1024 * 1024;
const disclosure = z.enum(['full', 'pseudonym', 'withheld']);
const named = z.enum(['full', 'pseudonym']);

export type Disclosure = z.infer<typeof disclosure>;

/** Labels of TLP 2.0, the widest audience first. */
export const tlpLabels = ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'] as const;
export type TlpLabel = (typeof tlpLabels)[number];

const policy = z.strictObject({
  tlp: z.enum(tlpLabels),
  /** Names, prefixes, addresses and machines of organisations of ours. */
  organisations: z
    .strictObject({
      default: disclosure.default('pseudonym'),
      by_name: z.record(z.string(), disclosure).default({}),
    })
    .prefault({}),
  /** Addresses and names outside. */
  outside: named.default('full'),
  /** Paths of evidence and names of sensors. */
  evidence_names: named.default('pseudonym'),
  /** Names of stolen files. */
  files: z.enum(['full', 'withheld']).default('withheld'),
  /** What findings quote from the logs. */
  details: z.enum(['full', 'withheld']).default('withheld'),
  /** Countries and networks of fewer outside addresses are not stated. */
  smallest_group: z.number().int().min(1).max(1000).default(1),
});

export type Policy = z.infer<typeof policy>;

/** The policy that withholds nothing, under a label. */
export function openPolicy(tlp: TlpLabel): Policy {
  return {
    tlp,
    organisations: { default: 'full', by_name: {} },
    outside: 'full',
    evidence_names: 'full',
    files: 'full',
    details: 'full',
    smallest_group: 1,
  };
}

/** Reads a policy. @throws TocsinError path-missing, publication-policy */
export function readPolicy(path: string): Policy {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
  return policyOf(content, path);
}

/** The policy of a YAML text; `path` is for the message. @throws TocsinError publication-policy */
export function policyOf(content: string, path: string): Policy {
  if (content.length > mostBytes)
    throw new TocsinError('publication-policy', { path, detail: 'it is too large for a policy' });
  let value: unknown;
  try {
    value = parse(content, { maxAliasCount: 0 });
  } catch (error) {
    throw new TocsinError('publication-policy', { path, detail: 'it is not YAML' }, error);
  }
  const read = policy.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new TocsinError(
    'publication-policy',
    { path, detail: `${at}${issue?.message ?? 'no policy'}` },
    read.error,
  );
}
