// Value modifiers of the Sigma 2 specification. Takes a field's key (`CommandLine|contains|all`) and its values, gives
// the expression they make; throws RuleProblem for what is not supported, with the reason.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
import { parsePrefix } from '../../vocabulary/address.ts';
import { base64Forms, base64Text, utf16Bytes } from './encodings.ts';
import {
  allOf,
  anyOf,
  type Expression,
  type FieldName,
  many,
  type Pattern,
  RuleProblem,
} from './expression.ts';
import { normal, patternOf, plainText } from './pattern.ts';

export type SigmaScalar = string | number | boolean | null;

/** Most forms one value may take: four dashes of five kinds each. */
const maxForms = 625;
const dashes = ['-', '/', '\u2013', '\u2014', '\u2015'] as const;
const dashAtWord = /\B[-/\u2013\u2014\u2015]\b/g;

/** A value on its way through the modifiers. */
interface Value {
  readonly raw: SigmaScalar;
  readonly pattern: Pattern;
  /** Each character of the pattern's text is one byte. */
  readonly isBytes: boolean;
  /** Place of the rule's value it is a form of. */
  readonly origin: number;
}

interface State {
  readonly field: FieldName;
  values: readonly Value[];
  readonly flags: Set<string>;
}

type Modifier = (state: State) => void;

const flag =
  (name: string): Modifier =>
  ({ flags }) =>
    void flags.add(name);

const each =
  (name: string, change: (value: Value) => readonly Value[]): Modifier =>
  (state) => {
    state.values = state.values.flatMap((value) => {
      if (value.raw === null || typeof value.raw === 'boolean')
        throw new RuleProblem(`modifier ${name}`, `the modifier ${name} needs text`);
      return change(value);
    });
  };

function wrapped(value: Value, before: boolean, after: boolean): readonly Value[] {
  const pattern = normal([...(before ? [many] : []), ...value.pattern, ...(after ? [many] : [])]);
  return [{ ...value, pattern }];
}

function text(value: Value, name: string): string {
  const plain = plainText(value.pattern);
  if (plain === null) throw new RuleProblem(`modifier ${name}`, `the modifier ${name} takes no wildcards`);
  return plain;
}

const bytes = (value: Value, name: string): Uint8Array =>
  Buffer.from(text(value, name), value.isBytes ? 'latin1' : 'utf8');

function widened(name: string, order: 'le' | 'be', mark: boolean): Modifier {
  return each(name, (value) => {
    const wide = utf16Bytes(text(value, name), order, mark);
    return [{ ...value, pattern: normal([Buffer.from(wide).toString('latin1')]), isBytes: true }];
  });
}

const asText = (value: Value, held: string): Value => ({ ...value, pattern: normal([held]), isBytes: false });

function withDashes(value: Value): readonly Value[] {
  let forms: Pattern[number][][] = [[]];
  for (const token of value.pattern) {
    const parts = typeof token === 'string' ? token.split(dashAtWord) : [token];
    parts.forEach((part, at) => {
      if (at > 0) forms = forms.flatMap((form) => dashes.map((dash) => [...form, dash]));
      for (const form of forms) form.push(part);
    });
    if (forms.length > maxForms)
      throw new RuleProblem('modifier windash', 'a value has more than four dashes to vary');
  }
  return forms.map((form) => ({ ...value, pattern: normal(form) }));
}

const modifiers: Readonly<Record<string, Modifier>> = {
  contains: (state) => affix(state, 'contains'),
  startswith: (state) => affix(state, 'startswith'),
  endswith: (state) => affix(state, 'endswith'),
  all: flag('all'),
  cased: flag('cased'),
  neq: flag('neq'),
  exists: flag('exists'),
  fieldref: flag('fieldref'),
  cidr: flag('cidr'),
  re: flag('re'),
  i: flag('i'),
  m: flag('m'),
  s: flag('s'),
  lt: flag('<'),
  lte: flag('<='),
  gt: flag('>'),
  gte: flag('>='),
  windash: each('windash', withDashes),
  base64: each('base64', (value) => [asText(value, base64Text(bytes(value, 'base64')))]),
  base64offset: each('base64offset', (value) =>
    base64Forms(bytes(value, 'base64offset')).map((form) => asText(value, form)),
  ),
  wide: widened('wide', 'le', false),
  utf16le: widened('utf16le', 'le', false),
  utf16be: widened('utf16be', 'be', false),
  utf16: widened('utf16', 'le', true),
};

/** Remembers the anchoring for what is no pattern, and applies it to what is. */
function affix(state: State, how: 'contains' | 'startswith' | 'endswith'): void {
  state.flags.add(how);
  if (state.flags.has('re') || state.flags.has('fieldref')) return;
  each(how, (value) => wrapped(value, how !== 'startswith', how !== 'endswith'))(state);
}

const unsupported: Readonly<Record<string, string>> = {
  expand: 'placeholders (expand) have no values here',
  minute: 'the modifier minute compares parts of a date',
  hour: 'the modifier hour compares parts of a date',
  day: 'the modifier day compares parts of a date',
  week: 'the modifier week compares parts of a date',
  month: 'the modifier month compares parts of a date',
  year: 'the modifier year compares parts of a date',
};

/** The expression of `key: values`; an empty field name searches the whole event. @throws RuleProblem */
export function fieldExpression(key: string, values: readonly SigmaScalar[]): Expression {
  const [name = '', ...names] = key.split('|');
  if (values.length === 0) throw new RuleProblem('value', 'a field has an empty list of values');
  const state: State = {
    field: name === '' ? null : name,
    values: values.map((raw, origin) => ({
      raw,
      origin,
      pattern: typeof raw === 'string' ? patternOf(raw) : normal([raw === null ? '' : String(raw)]),
      isBytes: false,
    })),
    flags: new Set(),
  };
  for (const modifier of names) {
    const why = Object.hasOwn(unsupported, modifier) ? unsupported[modifier] : undefined;
    const apply = Object.hasOwn(modifiers, modifier) ? modifiers[modifier] : undefined;
    if (apply === undefined)
      throw new RuleProblem(
        `modifier ${modifier.slice(0, 40)}`,
        why ?? `there is no modifier ${modifier.slice(0, 40)}`,
      );
    apply(state);
  }
  // Any form of a value will do, also where all values must be there.
  const tests = values.map((_, origin) =>
    anyOf(state.values.filter((value) => value.origin === origin).map((value) => testOf(value, state))),
  );
  const whole = state.flags.has('all') ? allOf(tests) : anyOf(flattened(tests));
  return state.flags.has('neq') ? { kind: 'not', of: whole } : whole;
}

/** Alternatives among alternatives are alternatives. */
function flattened(tests: readonly Expression[]): readonly Expression[] {
  return tests.flatMap((test) => (test.kind === 'any' ? test.of : [test]));
}

/** Keywords are searched anywhere in the event. */
export function keywordExpression(values: readonly SigmaScalar[]): Expression {
  return fieldExpression('', values);
}

function testOf(value: Value, { field, flags }: State): Expression {
  if (flags.has('exists')) {
    if (typeof value.raw !== 'boolean')
      throw new RuleProblem('modifier exists', 'exists takes true or false');
    const test: Expression = { kind: 'exists', field: named(field) };
    return value.raw ? test : { kind: 'not', of: test };
  }
  if (flags.has('re')) return regex(value, field, flags);
  if (flags.has('fieldref')) {
    if (typeof value.raw !== 'string' || value.raw === '')
      throw new RuleProblem('modifier fieldref', 'fieldref takes the name of a field');
    const how =
      (['contains', 'startswith', 'endswith'] as const).find((anchor) => flags.has(anchor)) ?? 'equals';
    return { kind: 'reference', field: named(field), other: value.raw, how, isCased: flags.has('cased') };
  }
  if (flags.has('cidr')) {
    const prefix = typeof value.raw === 'string' ? parsePrefix(value.raw) : null;
    if (prefix === null) throw new RuleProblem('modifier cidr', 'cidr takes a network prefix');
    return { kind: 'prefix', field: named(field), prefix };
  }
  const compare = (['<=', '>=', '<', '>'] as const).find((sign) => flags.has(sign));
  if (compare !== undefined) {
    const number = typeof value.raw === 'boolean' || value.raw === null ? Number.NaN : Number(value.raw);
    if (!Number.isFinite(number) || value.raw === '')
      throw new RuleProblem('value', 'a comparison takes a number');
    return { kind: 'number', field: named(field), compare, value: number };
  }
  if (field === null) return keyword(value, flags.has('cased'));
  return { kind: 'text', field, pattern: checkedText(value), isCased: flags.has('cased') };
}

function keyword(value: Value, isCased: boolean): Expression {
  if (value.raw === null || value.raw === '') throw new RuleProblem('value', 'a keyword is empty');
  const [searched] = wrapped(value, true, true);
  return { kind: 'text', field: null, pattern: checkedText(searched ?? value), isCased };
}

/** Bytes that are no text cannot be found in fields, which are text. */
function checkedText({ pattern, isBytes }: Value): Pattern {
  const isText =
    !isBytes || pattern.every((token) => typeof token !== 'string' || /^[\0-\x7f]*$/.test(token));
  if (!isText) throw new RuleProblem('modifier utf16', 'UTF-16 bytes outside base64 are no text');
  return pattern;
}

function named(field: FieldName): string {
  if (field === null) throw new RuleProblem('value', 'this modifier needs a field');
  return field;
}

/** What a linear-time engine has no way to do: looking around, back references, possessive and atomic groups. */
const beyondLinear = /\(\?(?:[=!>]|<[=!])|\\[1-9]|\\k[<{']|[*+?}]\+|\(\?(?:R|\d|&|P>)|\(\?\(/;

function regex(value: Value, field: FieldName, flags: ReadonlySet<string>): Expression {
  if (typeof value.raw !== 'string' && typeof value.raw !== 'number')
    throw new RuleProblem('modifier re', 're takes a regular expression');
  const pattern = String(value.raw);
  if (pattern.length > 4000)
    throw new RuleProblem('regular expression', 'the regular expression is too long');
  // Escapes and classes go first, or an escaped backslash before a digit would be a reference, and `\*+` possessive.
  if (beyondLinear.test(pattern.replace(/\\[^1-9k]/g, 'x').replace(/\[[^\]]+\]/g, 'x')))
    throw new RuleProblem(
      'regular expression',
      'the regular expression looks around or back, which no linear-time engine does',
    );
  const on = ['i', 'm', 's'].filter((name) => flags.has(name)).join('');
  // The engine lets a dot match a line break unless told; the specification wants it told otherwise.
  const off = flags.has('s') ? '' : '-s';
  return { kind: 'regex', field, pattern: `(?${on}${off})${pattern}`.replace('(?)', '') };
}
