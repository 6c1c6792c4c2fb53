// Random changes of a publication that know its structure: bytes and ranges of the archive, fields of its headers, lines,
// fields of its JSON, files exchanged; with as much made anew afterwards as a forger might. Takes chance and the files of
// two publications; gives an archive and what was done to it.
import {
  carriedKeysPath,
  manifestPath,
  proofPath,
  rowsPath,
  statementPath,
  tagManifestPath,
  withheldPath,
} from '@tocsin/verify';
import type { Random } from '../random.ts';
import { archive, type Entry, entriesOf, type Files, packed } from './archive.ts';
import { efforts, forged, forgeTags, replaced, tablesOf } from './forgery.ts';

export interface Source {
  readonly bytes: Buffer;
  readonly files: Files;
  /** Files of another publication, of the same names. */
  readonly other: Files;
}

export interface Mutant {
  readonly bytes: Buffer;
  readonly what: string;
}

const numbers = [0, 1, 2, 8, 20, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xfffffffe, 0xffffffff] as const;
const signatures = [0x04034b50, 0x02014b50, 0x06054b50] as const;
const texts = [
  '',
  'x',
  '..',
  '\u0000',
  '\ud800',
  '__proto__',
  'null',
  '1e999',
  '-0',
  '\u202e',
  'constructor',
] as const;

/** One mutant of a publication. */
export function mutant(source: Source, random: Random): Mutant {
  return random.weighted<(source: Source, random: Random) => Mutant>(
    [rawBytes, rawRange, headerField, entries, content],
    [2, 1.5, 2, 2, 6],
  )(source, random);
}

function rawBytes({ bytes }: Source, random: Random): Mutant {
  return { bytes: turned(bytes, random), what: 'bytes of the archive' };
}

/** One to four bytes made others. */
function turned(bytes: Buffer, random: Random): Buffer {
  const made = Buffer.from(bytes);
  if (made.length === 0) return Buffer.from('x');
  for (let count = random.integer(1, 4); count > 0; count -= 1) {
    const at = random.integer(0, made.length - 1);
    const bit = 1 << random.integer(0, 7);
    made[at] = random.chance(0.6) ? (made[at] ?? 0) ^ bit : random.integer(0, 255);
  }
  return made;
}

function rawRange({ bytes }: Source, random: Random): Mutant {
  return { bytes: ranged(bytes, random), what: 'a range of the archive' };
}

/** A range cut out, doubled, moved, zeroed, put in, or all after it cut off. */
function ranged(bytes: Buffer, random: Random): Buffer {
  const from = random.integer(0, bytes.length);
  const to = Math.min(bytes.length, from + random.pick([1, 2, 4, 30, 46, 64, 500]));
  const [before, part, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
  const at = random.integer(0, bytes.length);
  return random.pick([
    () => Buffer.concat([before, after]),
    () => Buffer.concat([before, part, part, after]),
    () => Buffer.concat([before, Buffer.alloc(part.length), after]),
    () => Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]),
    () => Buffer.concat([before, Buffer.from(random.pick(texts)), after]),
    () => Buffer.from(before),
    () => Buffer.concat([part, bytes]),
    () => Buffer.concat([bytes, part]),
  ])();
}

/** A field of a header of the archive. */
function headerField({ bytes }: Source, random: Random): Mutant {
  const made = Buffer.from(bytes);
  const signature = random.pick(signatures);
  const places: number[] = [];
  for (let at = 0; at + 22 <= made.length; at += 1) if (made.readUInt32LE(at) === signature) places.push(at);
  const place = random.pick(places);
  const field = random.integer(0, signature === 0x02014b50 ? 44 : 20);
  const value = random.pick(numbers);
  if (random.chance(0.5) && place + field + 4 <= made.length) made.writeUInt32LE(value, place + field);
  else made.writeUInt16LE(value % 65_536, place + field);
  return { bytes: made, what: `field ${field} of a header` };
}

/** The list of entries: order, names, lies. */
function entries({ files, other }: Source, random: Random): Mutant {
  const list = [...entriesOf(files)];
  const at = random.integer(0, list.length - 1);
  const entry = list[at];
  if (entry === undefined) throw new Error('there are no entries');
  const changed = (change: Partial<Entry>) => list.with(at, { ...entry, ...change });
  const value = random.pick(numbers);
  const otherContent = random.pick([...other.values(), ...files.values()]);
  const [what, made] = random.pick<readonly [string, () => Buffer]>([
    ['another order', () => archive(random.sample(list, list.length))],
    ['an entry twice', () => archive([...list, entry])],
    ['a second entry of a name', () => archive([...list, { ...entry, content: otherContent }])],
    ['an entry left out', () => archive(list.toSpliced(at, 1))],
    [
      'another name',
      () =>
        archive(
          changed({
            name: random.pick([...texts, `${entry.name}/`, `./${entry.name}`, entry.name.toUpperCase()]),
          }),
        ),
    ],
    ['an extra field', () => archive(changed({ extra: Buffer.from([1, 0, 2, 0, 7, 7]), date: 99 }))],
    ['flags', () => archive(changed({ flags: value % 65_536 }))],
    ['attributes', () => archive(changed({ attributes: value, date: random.pick([33, 99]) }))],
    [
      'bytes after an entry',
      () => archive(changed({ after: Buffer.from(random.pick(texts)), flags: random.pick([0, 8]) })),
    ],
    [
      'a lie in the local header',
      () => archive(changed({ local: { sizeBytes: value, name: random.pick([entry.name, 'x']) } })),
    ],
    [
      'a size',
      () => archive(changed(random.pick([{ sizeBytes: value }, { packedBytes: value }, { offset: value }]))),
    ],
    ['a comment', () => archive(list, { comment: Buffer.from(random.pick(texts)) })],
    [
      'an end',
      () =>
        archive(
          list,
          random.pick([{ count: value % 65_536 }, { directoryAt: value }, { directoryBytes: value }]),
        ),
    ],
    ['all in a folder', () => archive(list.map((one) => ({ ...one, name: `folder/${one.name}` })))],
    ['a folder', () => archive([...list, { name: 'data/folder/', content: Buffer.alloc(0) }])],
  ]);
  return { bytes: made(), what };
}

type Change = readonly [string, (files: Files) => Files];

/** What the files say, once or twice changed, with more or less of the rest made anew. */
function content(source: Source, random: Random): Mutant {
  let { files } = source;
  const done: string[] = [];
  for (let count = random.chance(0.2) ? 2 : 1; count > 0; count -= 1) {
    const [what, change] = random.pick(changesOf(source, files, random));
    files = change(files);
    done.push(what);
  }
  const effort = random.pick(['none', 'tags', ...efforts, 'lists', 'tables'] as const);
  return { bytes: packed(anew(files, effort)), what: `${done.join(', ')}; anew: ${effort}` };
}

function anew(files: Files, effort: 'none' | 'tags' | (typeof efforts)[number]): Files {
  if (effort === 'none') return files;
  if (effort === 'tags') return forgeTags(new Map(files));
  try {
    return forged(files, effort);
  } catch {
    // What was changed can no longer be read: a forger goes no further than the lists.
    return forged(files, 'lists');
  }
}

function changesOf({ other }: Source, files: Files, random: Random): readonly Change[] {
  const names = [...files.keys()];
  const name = random.pick(names);
  const bytes = files.get(name) ?? Buffer.alloc(0);
  const second = random.pick(names);
  const table = random.pick(tablesOf(files).length === 0 ? ['flow'] : tablesOf(files));
  const attestation = random.pick([statementPath, proofPath, carriedKeysPath]);
  const set =
    (path: string, made: Buffer): ((from: Files) => Files) =>
    (from) =>
      replaced(from, path, made);
  return [
    [`bytes of ${name}`, set(name, turned(bytes, random))],
    [`a range of ${name}`, set(name, ranged(bytes, random))],
    [`JSON of ${name}`, set(name, Buffer.from(changedJson(bytes.toString(), random)))],
    [`JSON of ${name}`, set(name, Buffer.from(changedJson(bytes.toString(), random)))],
    [`lines of ${name}`, set(name, Buffer.from(changedLines(bytes.toString(), random)))],
    [`${name} as another has it`, set(name, other.get(name) ?? Buffer.alloc(0))],
    [`${name} with the content of ${second}`, set(name, files.get(second) ?? Buffer.alloc(0))],
    [`${name} left out`, (from) => new Map([...from].filter(([one]) => one !== name))],
    [
      `a file more`,
      set(
        random.pick([
          'data/x',
          'x',
          'data/attestations/x',
          'data/tables/x.schema.json',
          '__proto__',
          'data/__proto__',
        ]),
        bytes,
      ),
    ],
    [`rows of ${table}`, (from) => withRows(from, table, random)],
    [
      `lines of ${attestation}`,
      set(attestation, Buffer.from(changedLines(String(files.get(attestation)), random))),
    ],
    [
      `JSON of ${attestation}`,
      set(attestation, Buffer.from(changedJson(String(files.get(attestation)), random))),
    ],
    [
      `the signed payload`,
      set(statementPath, Buffer.from(changedPayload(String(files.get(statementPath)), random))),
    ],
    [
      `lines of ${manifestPath}`,
      set(manifestPath, Buffer.from(changedLines(String(files.get(manifestPath)), random))),
    ],
    [
      `lines of ${tagManifestPath}`,
      set(tagManifestPath, Buffer.from(changedLines(String(files.get(tagManifestPath)), random))),
    ],
  ];
}

/** Rows and what is withheld of them, in step. */
function withRows(files: Files, table: string, random: Random): Files {
  const lines = String(files.get(rowsPath(table)) ?? '')
    .split('\n')
    .slice(0, -1);
  const hidden = String(files.get(withheldPath(table)) ?? '')
    .split('\n')
    .slice(0, -1);
  const order = random.sample(
    lines.map((_, at) => at),
    random.integer(0, lines.length),
  );
  const more = random.chance(0.5) ? [...order, ...order.slice(0, 1)] : order;
  const taken = (from: readonly string[]) => more.map((at) => `${from[at] ?? ''}\n`).join('');
  const made = replaced(files, rowsPath(table), taken(lines));
  return hidden.length === 0 ? made : replaced(made, withheldPath(table), taken(hidden));
}

function changedLines(text: string, random: Random): string {
  const lines = text.split('\n');
  const at = random.integer(0, lines.length - 1);
  const line = lines[at] ?? '';
  return random
    .pick([
      () => lines.toSpliced(at, 1),
      () => lines.toSpliced(at, 0, line),
      () => lines.toSpliced(at, 0, random.pick(texts)),
      () => random.sample(lines, lines.length),
      () => lines.with(at, `${line} `),
      () => lines.with(at, ranged(Buffer.from(line), random).toString()),
      () => lines.with(at, line.replace(/\d/, String(random.integer(0, 9)))),
      () => [...lines, line],
    ])()
    .join('\n');
}

/** A field of JSON changed, put in or taken out; or the text of the JSON, meaning the same. */
function changedJson(text: string, random: Random): string {
  const lines = text.split('\n');
  const at = random.integer(0, Math.max(0, lines.length - 2));
  const isWhole = parsed(text) !== undefined;
  const source = isWhole ? text : (lines[at] ?? '');
  const value = parsed(source);
  if (value === undefined) return ranged(Buffer.from(text), random).toString();
  const made = random.pick([
    () => JSON.stringify(changedValue(value, random, 0)),
    () => JSON.stringify(changedValue(value, random, 0)),
    () => `${JSON.stringify(changedValue(value, random, 0))}\n`,
    () => JSON.stringify(value, null, 2),
    () => source.replace(/"([a-z_]+)":/, (key) => `${key}0,${key}`),
    () => source.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
    () => `${'['.repeat(random.pick([50, 5000, 100_000]))}`,
  ])();
  return isWhole ? made : lines.with(at, made).join('\n');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON as a whole: the caller tries a line of it.
    return undefined;
  }
}

function changedValue(value: unknown, random: Random, depth: number): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.85)) {
    const at = random.integer(0, value.length - 1);
    return random.pick([
      () => value.with(at, changedValue(value[at], random, depth + 1)),
      () => value.with(at, changedValue(value[at], random, depth + 1)),
      () => value.toSpliced(at, 1),
      () => [...value, value[at]],
      () => [...value].reverse(),
    ])();
  }
  if (typeof value === 'object' && value !== null && random.chance(0.9)) {
    const fields = Object.entries(value);
    const at = random.integer(0, Math.max(0, fields.length - 1));
    const [key = 'x', item] = fields[at] ?? [];
    return random.pick([
      () =>
        Object.fromEntries(
          fields.map(([one, old]) => [one, one === key ? changedValue(old, random, depth + 1) : old]),
        ),
      () =>
        Object.fromEntries(
          fields.map(([one, old]) => [one, one === key ? changedValue(old, random, depth + 1) : old]),
        ),
      () => Object.fromEntries(fields.filter(([one]) => one !== key)),
      () => Object.fromEntries([...fields, [random.pick(texts), item]]),
      () => Object.fromEntries([...fields].reverse()),
    ])();
  }
  if (typeof value === 'string' && value.length > 1 && random.chance(0.5))
    return value.replace(/[0-9a-z]/, random.pick(['0', 'a', 'F']));
  if (typeof value === 'number' && random.chance(0.5)) return value + random.pick([-1, 1, 0.5, 2 ** 53]);
  return random.pick<unknown>([
    null,
    true,
    0,
    -1,
    1e300,
    [],
    {},
    ...texts,
    { op: 'count' },
    { toString: null },
    [[[]]],
    'a'.repeat(5000),
  ]);
}

/** The payload inside the envelope, under the old signature. */
function changedPayload(text: string, random: Random): string {
  const envelope = parsed(text);
  if (typeof envelope !== 'object' || envelope === null || !('payload' in envelope)) return text;
  const payload = Buffer.from(String(envelope.payload), 'base64').toString();
  const made = Buffer.from(changedJson(payload, random)).toString('base64');
  return `${JSON.stringify({ ...envelope, payload: made })}\n`;
}
