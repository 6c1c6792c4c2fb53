// An investigation out of a file of others: checked in every part that an export reads. Takes JSON, gives an
// investigation; what has another shape is refused before anything is written.
import { z } from 'zod';
import type { Investigation } from '../../vocabulary/investigation.ts';

const instant = z
  .string()
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/);
const texts = z.array(z.string());
const port = z.number().int().min(0).max(65_535);
const count = z.number().int().min(0);

const finding = z.looseObject({
  id: z.string(),
  detector: z.string(),
  technique: z.string(),
  score: z.number(),
  first_seen: instant,
  last_seen: instant,
  detail: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))]),
  ),
});

const incident = z.looseObject({
  id: z.string(),
  title: z.string(),
  summary: texts,
  organisation: z.string().nullable(),
  sector: z.string().nullable(),
  first_seen: instant,
  last_seen: instant,
  findings: texts,
  entry: z.looseObject({ host: z.string() }).nullable(),
  hosts: z.array(
    z.looseObject({
      ip: z.string(),
      role: z.enum(['entry', 'implant', 'foothold', 'relay', 'pivot']),
      first_seen: instant,
      findings: texts,
    }),
  ),
  outside: z.array(
    z.looseObject({
      ip: z.string(),
      role: z.enum(['controller', 'hop', 'drop', 'target']),
      country: z.string().nullable(),
      asn: z.number().int().min(0).max(4_294_967_295).nullable(),
      as_name: z.string().nullable(),
      first_seen: instant,
      findings: texts,
    }),
  ),
  stages: z.array(
    z.looseObject({
      tactic: z.string(),
      techniques: texts,
      first_seen: instant,
      last_seen: instant,
      findings: texts,
    }),
  ),
  timeline: z.array(
    z.looseObject({ time: instant, technique: z.string(), text: z.string(), finding: z.string() }),
  ),
  edges: z.array(
    z.looseObject({
      from: z.string(),
      to: z.string(),
      kind: z.enum(['control', 'movement', 'theft', 'intrusion', 'attack']),
      flows: count,
      bytes_out: count,
      bytes_in: count,
      first_seen: instant,
      last_seen: instant,
      ports: z.array(port),
    }),
  ),
  theft: z.looseObject({ files: texts, ledger: z.array(z.looseObject({ victim: z.string() })) }).nullable(),
  relays: z.array(z.looseObject({ host: z.string(), controllers: texts, targets: texts })),
  chains: z.array(
    z.looseObject({ hops: z.array(z.looseObject({ ip: z.string(), from: instant, to: instant })) }),
  ),
});

const figureValue = z.union([
  z.string(),
  z.number(),
  z.null(),
  z.looseObject({ part: z.union([z.string(), z.number()]), whole: z.union([z.string(), z.number()]) }),
  z.array(z.looseObject({ key: z.string(), value: z.union([z.string(), z.number()]) })),
]);

const investigation = z.looseObject({
  schema: z.string(),
  evidence: z.array(z.looseObject({ id: z.string(), last: instant.nullable() })),
  constituency: z.looseObject({ organisations: z.array(z.looseObject({ prefixes: texts })) }),
  findings: z.array(finding),
  incidents: z.array(incident),
  figures: z.array(z.looseObject({ id: z.string(), value: figureValue, unit: z.string() })),
  limits: texts,
});

/** The investigation in a value, or where and why it is none. */
export function investigationOf(
  value: unknown,
): { readonly investigation: Investigation } | { readonly problem: string } {
  const read = investigation.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'no investigation'}` };
  }
  // Only what exports read is checked; the rest is not looked at.
  return { investigation: value as Investigation };
}
