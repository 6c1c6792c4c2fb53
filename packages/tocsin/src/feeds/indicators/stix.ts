// Indicators from a STIX 2.1 bundle: patterns of simple equality (joined by OR), and observed addresses, names, URLs and
// files. Takes parsed JSON, gives indicators; patterns that say more are skipped and counted, not half understood.
// https://docs.oasis-open.org/cti/stix/v2.1/
import { z } from 'zod';
import { indicatorOf } from './indicator.ts';
import { badRecord, type ListedIndicator, noteOf, type OnSkipped } from './record.ts';

const bundle = z.looseObject({ type: z.literal('bundle'), objects: z.array(z.unknown()).default([]) });
const object = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  revoked: z.boolean().default(false),
  pattern: z.string().optional(),
  pattern_type: z.string().default('stix'),
  value: z.string().optional(),
  hashes: z.record(z.string(), z.string()).optional(),
});

/** True for JSON that calls itself a bundle. */
export function isStix(value: unknown): boolean {
  return Object(value).type === 'bundle';
}

/** @throws TocsinError indicators-file naming the object */
export function* stixIndicators(
  value: unknown,
  { path, onSkipped }: { readonly path: string; readonly onSkipped: OnSkipped },
): Generator<ListedIndicator> {
  const parsed = bundle.safeParse(value);
  if (!parsed.success) throw badRecord(path, 'bundle', 'its objects are no list');
  for (const [at, given] of parsed.data.objects.entries()) {
    const record = at + 1;
    const read = object.safeParse(given);
    if (!read.success)
      throw badRecord(
        path,
        `object ${record}`,
        `${read.error.issues[0]?.path.join('.') || 'it'} is not as STIX writes it`,
      );
    const { type, revoked, pattern, pattern_type, name, description } = read.data;
    const note = noteOf(name, description);
    if (revoked) {
      onSkipped('revoked');
    } else if (type === 'indicator') {
      const terms = pattern_type === 'stix' ? patternTerms(pattern ?? '') : null;
      if (terms === null)
        onSkipped(
          pattern_type === 'stix' ? 'pattern beyond equality' : `pattern ${pattern_type.slice(0, 40)}`,
        );
      for (const term of terms ?? []) {
        const indicator = indicatorOf(term.type, term.value);
        if (indicator === null)
          throw badRecord(path, `object ${record}`, `its pattern's value is no ${term.type}`);
        yield { ...indicator, type: term.type, record, note };
      }
    } else yield* observed(read.data, { path, record, note });
  }
}

const valued: ReadonlySet<string> = new Set(['ipv4-addr', 'ipv6-addr', 'domain-name', 'url', 'email-addr']);

function* observed(
  { type, value, hashes }: z.infer<typeof object>,
  { path, record, note }: { readonly path: string; readonly record: number; readonly note: string },
): Generator<ListedIndicator> {
  if (valued.has(type)) {
    const indicator = indicatorOf(type, value ?? '');
    if (indicator === null) throw badRecord(path, `object ${record}`, `its value is no ${type}`);
    yield { ...indicator, type, record, note };
  } else if (type === 'file') {
    for (const [algorithm, hash] of Object.entries(hashes ?? {})) {
      const indicator = indicatorOf(algorithm, hash);
      if (indicator !== null) yield { ...indicator, type: algorithm, record, note };
    }
  }
}

interface Term {
  readonly type: string;
  readonly value: string;
}

/** What each path of a pattern compares. */
const typeOfPath: Readonly<Record<string, string>> = {
  'ipv4-addr:value': 'ipv4-addr',
  'ipv6-addr:value': 'ipv6-addr',
  'network-traffic:src_ref.value': 'ip',
  'network-traffic:dst_ref.value': 'ip',
  'domain-name:value': 'domain-name',
  'url:value': 'url',
  'email-addr:value': 'email-addr',
  'email-message:from_ref.value': 'email-addr',
  'email-message:sender_ref.value': 'email-addr',
};

const comparison =
  /^\s*([a-z][a-z0-9-]{1,60}:[\w.'-]{1,100})\s*(=|ISSUBSET|IN)\s*(?:'((?:[^'\\]|\\.){0,4000})'|\(([^()]{0,20000})\))\s*/;

/** The terms of a pattern, any of which is enough; null when it says more than that. */
export function patternTerms(pattern: string): readonly Term[] | null {
  if (pattern.length > 100_000) return null;
  const terms: Term[] = [];
  let rest = pattern.trim();
  let depth = 0;
  for (let expects = 'term'; ; ) {
    if (expects === 'term') {
      const opened = /^[[(]\s*/.exec(rest);
      if (opened) {
        depth += 1;
        rest = rest.slice(opened[0].length);
        continue;
      }
      const [whole, name = '', operator = '', value, list] = comparison.exec(rest) ?? [];
      if (whole === undefined) return null;
      const type = typeOf(name, operator);
      const values =
        value === undefined ? quotedIn(list ?? '') : operator === 'IN' ? null : [unescaped(value)];
      if (type === null || values === null || (operator === 'IN') !== (value === undefined)) return null;
      terms.push(...values.map((held) => ({ type, value: held })));
      rest = rest.slice(whole.length);
      expects = 'joint';
      continue;
    }
    const closed = /^[\])]\s*/.exec(rest);
    if (closed) {
      depth -= 1;
      rest = rest.slice(closed[0].length);
      continue;
    }
    if (rest === '') return depth === 0 ? terms : null;
    const joint = /^OR\s*/.exec(rest);
    if (!joint) return null;
    rest = rest.slice(joint[0].length);
    expects = 'term';
  }
}

function typeOf(name: string, operator: string): string | null {
  const known = Object.hasOwn(typeOfPath, name) ? (typeOfPath[name] ?? null) : null;
  if (operator === 'ISSUBSET')
    return known === 'ipv4-addr' || known === 'ipv6-addr' || known === 'ip' ? 'ip' : null;
  if (known !== null) return known;
  const [, algorithm] = /^file:hashes\.'?(MD5|SHA-1|SHA-256|SHA-512|SHA1|SHA256|SHA512)'?$/i.exec(name) ?? [];
  return algorithm ?? null;
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1');

function quotedIn(list: string): readonly string[] | null {
  const values = [...list.matchAll(/'((?:[^'\\]|\\.){0,4000})'/g)].map(([, held = '']) => unescaped(held));
  const isWhole = list.replace(/'(?:[^'\\]|\\.){0,4000}'/g, '').replace(/[\s,]/g, '') === '';
  return values.length > 0 && isWhole ? values : null;
}
