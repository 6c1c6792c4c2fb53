// Who publishes: a YAML file of a few lines. Takes a path or a text, gives a checked publisher; an unknown key is an
// error.
import { readFileSync } from 'node:fs';
import { isWellFormed } from '@tocsin/verify';
import { parse } from 'yaml';
import { z } from 'zod';
import { TocsinError } from '../../ground/errors.ts';

/** A publisher is a few words: more is a mistake. */
const mostBytes = 64 * 1024;
const line = z
  .string()
  .min(1)
  .max(1000)
  .refine((text) => !/\p{Cc}/u.test(text) && isWellFormed(text) && text.trim() !== '', {
    message: 'one line of text is wanted',
  });
/** Without what URI syntax does not allow, which `new URL` forgives. */
const plainUri = /^[A-Za-z0-9\-._~:/?#@!$&()*+,;=%]+$/;
const webAddress = z
  .url({ protocol: /^https?$/ })
  .max(1000)
  .regex(plainUri);

/** Categories of publishers, as CSAF 2.0 has them (3.2.1.8.1). */
export const publisherCategories = [
  'coordinator',
  'discoverer',
  'other',
  'translator',
  'user',
  'vendor',
] as const;

const publisher = z.strictObject({
  name: line,
  category: z.enum(publisherCategories).default('coordinator'),
  /** A URL under the publisher's own control, by which programs tell publishers apart. */
  namespace: webAddress,
  /** How to reach the publisher. */
  contact: line.optional(),
  /** By what authority the publisher speaks. */
  issuing_authority: line.optional(),
  /** Where the CSAF documents will stand: the folder that holds `white/`, `green/` and so on. */
  csaf_url: z
    .url({ protocol: /^https$/ })
    .max(1000)
    .optional(),
  /** Lists hijacked machines of the constituency among the indicators; they are victims. */
  relays_as_indicators: z.boolean().default(false),
});

export type Publisher = z.infer<typeof publisher>;

/** Reads a publisher. @throws TocsinError path-missing, publisher-file */
export function readPublisher(path: string): Publisher {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
  return publisherOf(content, path);
}

/** The publisher of a YAML text; `path` is for the message. @throws TocsinError publisher-file */
export function publisherOf(content: string, path: string): Publisher {
  if (content.length > mostBytes)
    throw new TocsinError('publisher-file', { path, detail: 'it is too large for a publisher' });
  let value: unknown;
  try {
    value = parse(content, { maxAliasCount: 0 });
  } catch (error) {
    throw new TocsinError('publisher-file', { path, detail: 'it is not YAML' }, error);
  }
  const read = publisher.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new TocsinError(
    'publisher-file',
    { path, detail: `${at}${issue?.message ?? 'no publisher'}` },
    read.error,
  );
}
