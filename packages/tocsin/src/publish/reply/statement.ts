// What somebody answers to a published report: a YAML file that says who answers, and of each figure, finding or
// incident whether it is accepted, disputed or qualified, why, and how it should be weighed or counted instead.
import { readFileSync } from 'node:fs';
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { TocsinError } from '../../ground/errors.ts';

/** A statement is words of people, not evidence: more is a mistake. */
const mostBytes = 1024 * 1024;
const sentence = z.string().trim().min(1).max(10_000);
const stance = z.enum(['accepted', 'disputed', 'qualified']);

const literal = z.union([z.string(), z.number().int()]);
const filter = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('='), column: z.string(), value: literal }),
  z.strictObject({ op: z.literal('in'), column: z.string(), values: z.array(literal) }),
  z.strictObject({
    op: z.literal('range'),
    column: z.string(),
    from: literal.optional(),
    to: literal.optional(),
  }),
  z.strictObject({ op: z.literal('cidr'), column: z.string(), prefix: z.string() }),
  z.strictObject({ op: z.literal('prefix'), column: z.string(), text: z.string() }),
]);

const toFigure = z.strictObject({
  figure: z.string().min(1),
  says: stance,
  reason: sentence,
  /** Another way of counting the same rows: these filters in place of the publisher's. */
  where: z.array(filter).max(64).optional(),
});
const toFinding = z.strictObject({
  finding: z.string().min(1),
  says: stance,
  reason: sentence,
  /** What the finding should weigh instead. */
  weight: z.enum(['incident', 'supporting', 'background', 'none']).optional(),
});
const toIncident = z.strictObject({ incident: z.string().min(1), says: stance, reason: sentence });
const kinds = { figure: toFigure, finding: toFinding, incident: toIncident } as const;

const statement = z.strictObject({
  by: z.strictObject({
    name: sentence,
    contact: z.string().max(500).optional(),
    /** How the replier is concerned: accused, victim, owner of a relay, another centre. */
    standing: z.string().max(500).optional(),
  }),
  /** Date of the answer as its author gives it, YYYY-MM-DD. */
  date: z.iso.date().optional(),
  summary: sentence,
  responses: z.array(z.looseObject({})).max(1000).default([]),
});

export type Response = z.infer<typeof toFigure> | z.infer<typeof toFinding> | z.infer<typeof toIncident>;
export type Statement = Omit<z.infer<typeof statement>, 'responses'> & {
  readonly responses: readonly Response[];
};

/** Reads a statement. @throws TocsinError `path-missing`, `reply-statement` with the key that is wrong. */
export function readStatement(path: string): Statement {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TocsinError('path-missing', { path }, error);
  }
  const wrong = (detail: string, cause?: unknown) =>
    new TocsinError('reply-statement', { path, detail }, cause);
  if (Buffer.byteLength(text) > mostBytes) throw wrong('longer than 1 MiB');
  const document = parseDocument(text, { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw wrong(problem.message.split('\n')[0] ?? 'not YAML', problem);
  const read = statement.safeParse(plainOf(document, wrong));
  if (!read.success) throw wrong(issueText(read.error, []), read.error);
  const responses = read.data.responses.map((given, at): Response => {
    const kind = (['figure', 'finding', 'incident'] as const).find((key) => key in given);
    if (kind === undefined) throw wrong(`responses.${at}: names no figure, finding or incident`);
    const answer = kinds[kind].safeParse(given);
    if (!answer.success) throw wrong(issueText(answer.error, ['responses', at]), answer.error);
    return answer.data;
  });
  return { ...read.data, responses };
}

/** The values of a document; aliases are unfolded a few times at most: a statement needs none. */
function plainOf(document: Document, wrong: (detail: string, cause: unknown) => TocsinError): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    throw wrong('its aliases unfold too often', error);
  }
}

function issueText({ issues }: z.ZodError, under: readonly PropertyKey[]): string {
  const [issue] = issues;
  const path = [...under, ...(issue?.path ?? [])].map(String).join('.');
  return `${path === '' ? 'the document' : path}: ${issue?.message ?? 'not as described'}`;
}
