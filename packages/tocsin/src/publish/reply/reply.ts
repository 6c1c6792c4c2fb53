// The answer to a published report as a document: each figure, finding and incident it speaks of as it was published,
// what the replier says of it and why, and what the replier's own way of counting gives over the same rows.
import { canonicalJson, DefinitionError, type FigureDefinition, type FigureValue } from '@tocsin/verify';
import { TocsinError } from '../../ground/errors.ts';
import { sha256 } from '../../ground/ids.ts';
import type { Finding } from '../../vocabulary/finding.ts';
import type { Investigation } from '../../vocabulary/investigation.ts';
import type { ReadBundle } from '../bundle/read.ts';
import type { Response, Statement } from './statement.ts';

export const replySchema = 'urn:tocsin:reply:1';

export type Stance = Response['says'];

/** What is said of one figure. */
export interface FigureReply {
  readonly kind: 'figure';
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  /** As published. */
  readonly value: FigureValue;
  readonly definition: FigureDefinition;
  readonly says: Stance;
  readonly reason: string;
  /** The replier's own way of counting, over the rows of the original; null when there is none. */
  readonly own: { readonly definition: FigureDefinition; readonly value: FigureValue } | null;
}

export interface FindingReply {
  readonly kind: 'finding';
  readonly id: string;
  readonly detector: string;
  readonly host: string;
  readonly peer: string | null;
  readonly weight: Finding['weight'];
  readonly says: Stance;
  readonly reason: string;
  readonly own_weight: Finding['weight'] | 'none' | null;
}

export interface IncidentReply {
  readonly kind: 'incident';
  readonly id: string;
  readonly title: string;
  readonly says: Stance;
  readonly reason: string;
}

export interface ReplyDocument {
  readonly schema: typeof replySchema;
  readonly original: {
    /** SHA-256 of the bundle's tag manifest: names the publication, however it is packed. */
    readonly content_sha256: string;
    readonly investigation_sha256: string;
    readonly titles: readonly string[];
  };
  readonly by: { readonly name: string; readonly contact: string | null; readonly standing: string | null };
  readonly date: string | null;
  readonly summary: string;
  readonly responses: readonly (FigureReply | FindingReply | IncidentReply)[];
  /** What evidence that the replier added shows on its own; the investigation itself lies beside. */
  readonly added: {
    readonly bundle_sha256: string;
    readonly evidence: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
    readonly titles: readonly string[];
  } | null;
}

/** Evidence the replier added, investigated. */
export interface Added {
  readonly investigation: Investigation;
  readonly bundle: Uint8Array;
}

/**
 * Makes the document.
 * @throws TocsinError `reply-statement` for what the original does not have, or a way of counting its rows do not allow
 */
export async function replyTo(
  original: ReadBundle,
  statement: Statement,
  added: Added | null,
  path: string,
): Promise<ReplyDocument> {
  const responses: ReplyDocument['responses'][number][] = [];
  for (const [at, response] of statement.responses.entries()) {
    const wrong = (detail: string, cause?: unknown) =>
      new TocsinError('reply-statement', { path, detail: `responses.${at}: ${detail}` }, cause);
    responses.push(await answer(original, response, wrong));
  }
  const { by } = statement;
  return {
    schema: replySchema,
    original: {
      content_sha256: original.contentSha256,
      investigation_sha256: sha256(canonicalJson(original.investigation)),
      titles: original.investigation.incidents.map(({ title }) => title),
    },
    by: { name: by.name, contact: by.contact ?? null, standing: by.standing ?? null },
    date: statement.date ?? null,
    summary: statement.summary,
    responses,
    added:
      added === null
        ? null
        : {
            bundle_sha256: sha256(Buffer.from(added.bundle)),
            evidence: added.investigation.evidence.map(({ path, sha256, bytes }) => ({
              path,
              sha256,
              bytes,
            })),
            titles: added.investigation.incidents.map(({ title }) => title),
          },
  };
}

async function answer(
  original: ReadBundle,
  response: Response,
  wrong: (detail: string, cause?: unknown) => TocsinError,
): Promise<ReplyDocument['responses'][number]> {
  const { says, reason } = response;
  if ('finding' in response) {
    const finding = original.investigation.findings.find(({ id }) => id === response.finding);
    if (finding === undefined) throw wrong(`the bundle has no finding ${response.finding}`);
    const { id, detector, host, peer, weight } = finding;
    return {
      kind: 'finding',
      id,
      detector,
      host,
      peer,
      weight,
      says,
      reason,
      own_weight: response.weight ?? null,
    };
  }
  if ('incident' in response) {
    const incident = original.investigation.incidents.find(({ id }) => id === response.incident);
    if (incident === undefined) throw wrong(`the bundle has no incident ${response.incident}`);
    return { kind: 'incident', id: incident.id, title: incident.title, says, reason };
  }
  const figure = original.figures.find(({ id }) => id === response.figure);
  if (figure === undefined) throw wrong(`the bundle has no figure ${response.figure}`);
  const { id, label, unit, value, definition } = figure;
  const base = { kind: 'figure', id, label, unit, value, definition, says, reason } as const;
  if (response.where === undefined) return { ...base, own: null };
  const own = { ...definition, where: response.where } as FigureDefinition;
  try {
    return { ...base, own: { definition: own, value: await original.compute(own) } };
  } catch (error) {
    if (error instanceof DefinitionError) throw wrong(`where: ${error.message}`, error);
    throw error;
  }
}
