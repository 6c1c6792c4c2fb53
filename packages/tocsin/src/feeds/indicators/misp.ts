// Indicators from MISP: one event, a list of events, or the answer of a search. Takes parsed JSON, gives the attributes
// meant for detection; attributes that are not (`to_ids` false) or deleted are skipped and counted.
import { z } from 'zod';
import { indicatorOf, isKnownType } from './indicator.ts';
import { badRecord, type ListedIndicator, noteOf, type OnSkipped } from './record.ts';

const attribute = z.looseObject({
  type: z.string(),
  value: z.union([z.string(), z.number().transform(String)]),
  to_ids: z.union([z.boolean(), z.string(), z.number()]).default(true),
  deleted: z.union([z.boolean(), z.string(), z.number()]).default(false),
  comment: z.string().nullish(),
});
type Attribute = z.infer<typeof attribute>;

const attributes = z
  .array(z.unknown())
  .nullish()
  .transform((list) => list ?? []);
const event = z.looseObject({
  info: z.string().nullish(),
  Attribute: attributes,
  Object: z
    .array(z.looseObject({ Attribute: attributes, name: z.string().nullish() }))
    .nullish()
    .transform((list) => list ?? []),
});
const wrapped = z.looseObject({ Event: event });

/** True for JSON of MISP's shapes. */
export function isMisp(value: unknown): boolean {
  return eventsIn(value) !== null;
}

function eventsIn(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value))
    return value.length > 0 && value.every((item) => 'Event' in Object(item)) ? value : null;
  const given: Record<string, unknown> = Object(value);
  if ('Event' in given) return [given];
  const { response } = given;
  if (Array.isArray(response)) return response;
  if (response !== undefined && Array.isArray(Object(response).Attribute)) return [{ Event: response }];
  return Array.isArray(given['Attribute']) ? [{ Event: given }] : null;
}

const isYes = (flag: boolean | string | number): boolean =>
  flag === true || flag === 1 || flag === '1' || flag === 'true';

/** @throws TocsinError indicators-file naming event and attribute */
export function* mispIndicators(
  value: unknown,
  { path, onSkipped }: { readonly path: string; readonly onSkipped: OnSkipped },
): Generator<ListedIndicator> {
  let record = 0;
  for (const [at, given] of (eventsIn(value) ?? []).entries()) {
    const parsed = wrapped.safeParse(given);
    if (!parsed.success)
      throw badRecord(
        path,
        `event ${at + 1}`,
        `${parsed.error.issues[0]?.path.join('.') ?? 'it'} is not as MISP writes it`,
      );
    const { info, Attribute: own, Object: objects } = parsed.data.Event;
    for (const item of [...own, ...objects.flatMap((object) => object.Attribute)]) {
      record += 1;
      const read = attribute.safeParse(item);
      if (!read.success) throw badRecord(path, `attribute ${record}`, 'it has no type or no value');
      yield* ofAttribute(read.data, { path, record, onSkipped, info: info ?? '' });
    }
  }
}

interface At {
  readonly path: string;
  readonly record: number;
  readonly onSkipped: OnSkipped;
  readonly info: string;
}

/** `domain|ip` and `filename|sha256` are two values; ports and file names alone are not matched. */
function* ofAttribute(given: Attribute, { path, record, onSkipped, info }: At): Generator<ListedIndicator> {
  if (isYes(given.deleted)) return onSkipped('deleted');
  if (!isYes(given.to_ids)) return onSkipped('not meant for detection');
  const types = given.type.split('|');
  const values = types.length > 1 ? given.value.split('|') : [given.value];
  let found = 0;
  for (const [at, type] of types.entries()) {
    if (!isKnownType(type)) continue;
    const value = values[at] ?? '';
    const indicator = indicatorOf(type, value);
    if (indicator === null)
      throw badRecord(path, `attribute ${record}`, `its value is no ${type.slice(0, 60)}`);
    found += 1;
    yield { ...indicator, type: given.type, record, note: noteOf(info, given.comment) };
  }
  if (found === 0) onSkipped(given.type.slice(0, 60));
  return undefined;
}
