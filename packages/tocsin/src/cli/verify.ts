// `tocsin verify`: a publication or an answer to one, step by step; with the raw evidence, the whole investigation again.
import { existsSync, readFileSync } from 'node:fs';
import {
  ContainerError,
  checkPath,
  exitCodeOf,
  type PathCheck,
  parseTrust,
  publicationLines,
  reasonText,
  replyLines,
  type Trust,
} from '@tocsin/verify';
import { TocsinError } from '../ground/errors.ts';
import { readBundle } from '../publish/bundle/read.ts';
import { isSame } from '../publish/reply/comparison.ts';
import type { Surroundings } from './investigate.ts';
import { type RerunRequest, rerun, rerunLines } from './rerun.ts';

export interface VerifyRequest {
  readonly bundle: string;
  /** File that says whom the reader trusts: a keys.json, or tocsin-trust/1. */
  readonly policy: string | null;
  /** For an answer: the publication it answers. */
  readonly original: string | null;
  /** What the publisher opened for an auditor. */
  readonly openings: string | null;
  /** Raw evidence to investigate anew. */
  readonly evidence: string | null;
  readonly given: Omit<RerunRequest, 'published' | 'paths'>;
  readonly isJson: boolean;
  readonly isLong: boolean;
  /** Exit with the code of the step that failed instead of 1. */
  readonly isByStep: boolean;
}

/** Gives what to print and the exit status. @throws TocsinError */
export async function verifyCommand(
  request: VerifyRequest,
  around: Surroundings,
): Promise<{ readonly text: string; readonly status: number }> {
  const { bundle, isJson, isLong } = request;
  const result = await checked(request);
  const { check } = result;
  const lines = [
    ...(result.kind === 'reply' ? replyLines(result.check) : publicationLines(result.check, { isLong })),
  ];
  let status = check.isVerified
    ? 0
    : result.kind === 'publication' && request.isByStep
      ? exitCodeOf(result.check.steps)
      : 1;
  let again: Awaited<ReturnType<typeof rerun>> | null = null;
  if (request.evidence !== null && result.kind === 'publication') {
    const { investigation } = await readBundle(bundle);
    again = await rerun({ published: investigation, paths: [request.evidence], ...request.given }, around);
    lines.push('', ...rerunLines(again));
    if (!isSame(again)) status = status === 0 ? 1 : status;
  }
  if (!isJson) return { text: lines.join('\n'), status };
  return {
    text: JSON.stringify({ ...result, ...(again === null ? {} : { rerun: again }) }, null, 1),
    status,
  };
}

async function checked({ bundle, policy, original, openings }: VerifyRequest): Promise<PathCheck> {
  for (const path of [bundle, original, openings])
    if (path !== null && !existsSync(path)) throw new TocsinError('path-missing', { path });
  try {
    return await checkPath(bundle, {
      trust: policy === null ? null : trustIn(policy),
      original,
      openings: openings === null ? null : readFileSync(openings),
    });
  } catch (error) {
    if (error instanceof ContainerError)
      throw new TocsinError('bundle-unreadable', { path: original ?? bundle, detail: error.message }, error);
    throw error;
  }
}

function trustIn(path: string): Trust {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
  const trust = parseTrust(bytes);
  if (!trust.ok) throw new TocsinError('trust-unusable', { path, detail: reasonText(trust.reason) });
  return trust.value;
}
