// The figures of a bundle as data/figures.json states them, and what else the bundle says of them: the digests in
// data/figures.sha256, the copy in investigation.json, the elements of the report. Gives problems that name figures.
import type { FigureDefinition, FigureValue } from './definition.ts';
import type { Problem } from './problem.ts';
import { digestPattern, fieldsOf } from './schema.ts';
import { sha256 } from './sha256.ts';
import { canStandFor, type ShownFigure } from './shown.ts';
import { canonicalJson } from './text.ts';

/** A figure as published. */
export interface PublishedFigure {
  readonly id: string;
  readonly label: string;
  readonly value: FigureValue;
  readonly unit: string;
  readonly definition: FigureDefinition;
  readonly table: string;
  readonly sql_sha256: string;
}

/** A figure as read: its definition and value are not yet judged. */
export interface StatedFigure {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly table: string;
  readonly sql_sha256: string;
  readonly definition: unknown;
  readonly value: unknown;
}

/** The content of data/figures.json. */
export interface FiguresFile {
  readonly schema: string;
  readonly figures: readonly StatedFigure[];
  /** SHA-256 of every other file of data/, but for figures.sha256. */
  readonly commits: ReadonlyMap<string, string>;
}

export const figuresSchema = 'tocsin-figures-1';
export const figureIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/;

const figureKeys = ['definition', 'id', 'label', 'sql_sha256', 'table', 'unit', 'value'];

/** Reads data/figures.json; a sentence when it is none. */
export function readFigures(value: unknown): FiguresFile | string {
  const fields = fieldsOf(value);
  if (!fields || Object.keys(fields).sort().join() !== 'commits,figures,schema')
    return 'the keys are not commits, figures, schema';
  if (fields.schema !== figuresSchema) return `the schema is not ${figuresSchema}`;
  const commits = Object.entries(fieldsOf(fields.commits) ?? {});
  const digests = new Map<string, string>();
  for (const [file, digest] of commits) {
    if (typeof digest !== 'string' || !digestPattern.test(digest)) return 'a commit is no digest';
    digests.set(file, digest);
  }
  if (!Array.isArray(fields.figures)) return 'there is no list of figures';
  const figures: StatedFigure[] = [];
  const ids = new Set<string>();
  for (const [index, item] of fields.figures.entries()) {
    const figure = readFigure(item);
    if (figure === null || ids.has(figure.id))
      return `figure ${index + 1} of the list has not the keys of one, or no id of its own`;
    ids.add(figure.id);
    figures.push(figure);
  }
  return { schema: figuresSchema, figures, commits: digests };
}

function readFigure(value: unknown): StatedFigure | null {
  const fields = fieldsOf(value);
  if (!fields || Object.keys(fields).sort().join() !== figureKeys.join()) return null;
  const { id, label, unit, table, sql_sha256, definition } = fields;
  if (typeof id !== 'string' || !figureIdPattern.test(id)) return null;
  if (typeof label !== 'string' || typeof unit !== 'string' || typeof table !== 'string') return null;
  if (typeof sql_sha256 !== 'string') return null;
  return { id, label, unit, table, sql_sha256, definition, value: fields.value };
}

/** SHA-256 over the canonical JSON of what a figure means: id, label, unit, definition and table; not its value. */
export function figureDigest({ id, label, unit, definition, table }: StatedFigure): string {
  return sha256(canonicalJson({ id, label, unit, definition, table }));
}

/** Holds figures against the digests listed for them. */
export function checkDigests(
  figures: readonly StatedFigure[],
  listed: ReadonlyMap<string, string>,
  problems: Problem[],
): void {
  for (const figure of figures) {
    if (listed.get(figure.id) !== figureDigest(figure))
      problems.push({ code: 'figure-digest', figure: figure.id });
  }
  const ids = new Set(figures.map(({ id }) => id));
  for (const id of listed.keys()) if (!ids.has(id)) problems.push({ code: 'figure-digest', figure: id });
}

/** Holds figures against the copy in investigation.json: the same ones, in the same order, key by key. */
export function checkCopy(figures: readonly StatedFigure[], copy: unknown, problems: Problem[]): void {
  const copied = fieldsOf(copy)?.figures;
  const others = new Map<string, Readonly<Record<string, unknown>>>();
  const ids = new Set(figures.map(({ id }) => id));
  const items: readonly unknown[] = Array.isArray(copied) ? copied : [];
  for (const item of items.slice(0, figures.length + namedProblems)) {
    const fields = fieldsOf(item) ?? {};
    const id = typeof fields.id === 'string' ? fields.id.slice(0, 200) : 'without an id';
    if (others.has(id) || !ids.has(id)) {
      problems.push({ code: 'figure-differs', figure: id, key: 'id' });
    }
    others.set(id, fields);
  }
  for (const figure of figures) {
    const other = others.get(figure.id) ?? {};
    const stated: Readonly<Record<string, unknown>> = { ...figure };
    const keys = [...new Set([...figureKeys, ...Object.keys(other)])];
    const key = keys.find((name) => textOf(stated, name) !== textOf(other, name));
    if (key !== undefined)
      problems.push({ code: 'figure-differs', figure: figure.id, key: other.id === undefined ? 'id' : key });
  }
}

/** A field as text; null where there is none. A key such as `constructor` is a field only where the JSON has it. */
function textOf(fields: Readonly<Record<string, unknown>>, name: string): string | null {
  return Object.hasOwn(fields, name) ? canonicalJson(fields[name]) : null;
}

/** Holds what the report shows against the figures, and against the texts committed to when it was written. */
export function checkReport(
  shown: readonly ShownFigure[],
  committed: unknown,
  figures: readonly StatedFigure[],
  problems: Problem[],
): void {
  checkTexts(shown, committed, problems);
  checkShown(shown, figures, problems);
}

/** Holds what a report shows against the figures: for reports in other languages too, whose texts are not listed. */
export function checkShown(
  shown: readonly ShownFigure[],
  figures: readonly StatedFigure[],
  problems: Problem[],
): void {
  const byId = new Map(figures.map((figure) => [figure.id, figure]));
  const most = problems.length + namedProblems;
  for (const [index, element] of shown.entries()) {
    if (problems.length >= most) break;
    const place = { figure: element.figure.slice(0, 200), occurrence: index + 1 };
    const figure = byId.get(element.figure);
    if (!figure) {
      problems.push({ code: 'report-unknown-figure', ...place });
      continue;
    }
    const expected = canonicalJson(figure.value);
    if (element.value !== expected) {
      problems.push({ code: 'report-value', ...place, expected, found: element.value });
    } else if (typeof figure.value === 'number' && !canStandFor(element.text, figure.value)) {
      problems.push({ code: 'report-text', ...place, expected, found: element.text });
    }
  }
}

/** A text of JSON; of anything else its JSON, because an object of somebody else's may not even become text. */
function plainText(value: unknown): string {
  return typeof value === 'string' ? value : canonicalJson(value ?? null);
}

/** Problems of one kind that are named one by one. */
const namedProblems = 1000;

/** Walks both lists in step, one element ahead, so that one left out or added is named and not all after it. */
function checkTexts(shown: readonly ShownFigure[], committed: unknown, problems: Problem[]): void {
  const texts = (Array.isArray(committed) ? committed : []).map((item) => {
    const { figure, text } = fieldsOf(item) ?? {};
    return { figure: plainText(figure).slice(0, 200), text: plainText(text) };
  });
  const isSame = (one: number, two: number) =>
    shown[one]?.figure === texts[two]?.figure && shown[one]?.text === texts[two]?.text;
  let at = 0;
  let due = 0;
  const most = problems.length + namedProblems;
  while ((at < shown.length || due < texts.length) && problems.length < most) {
    const element = shown[at];
    const text = texts[due];
    if (isSame(at, due)) {
      at += 1;
      due += 1;
    } else if (text && (!element || isSame(at, due + 1))) {
      problems.push({
        code: 'report-text',
        figure: text.figure,
        occurrence: due + 1,
        expected: text.text,
        found: null,
      });
      due += 1;
    } else if (element) {
      const isAdded = !text || isSame(at + 1, due);
      const figure = element.figure.slice(0, 200);
      const expected = isAdded ? null : text.text;
      problems.push({ code: 'report-text', figure, occurrence: at + 1, expected, found: element.text });
      at += 1;
      if (!isAdded) due += 1;
    }
  }
}
