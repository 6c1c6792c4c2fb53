// Any JSON objects (one a line, one after another, or in an array), read as the mapping file of --mapping says.
// A column is a key; a key inside an object is written with a dot.
import type { Outcome, ParseSettings, RecordFormat, RecordParser, Sample } from '../format.ts';
import { JsonValues } from '../framing.ts';
import { columnsNeeded, type Mapping, openMapping, parseMapping, timeColumns } from '../mapping.ts';

type Values = Readonly<Record<string, unknown>>;

function valuesOf(text: string): Values | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return isValues(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a key, or along keys joined by dots; undefined when there is none. */
function valueAt(values: Values, path: string): unknown {
  if (Object.hasOwn(values, path)) return values[path];
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const inner = Object.hasOwn(values, path.slice(0, dot)) ? values[path.slice(0, dot)] : undefined;
    const found = isValues(inner) ? valueAt(inner, path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const judged = 20;

function recognise(sample: Sample, mappingText: string | null = null): number {
  if (mappingText === null || !/^\s*[[{]/.test(sample.text)) return 0;
  const mapping = parseMapping(mappingText, 'the mapping file');
  if (mapping.format === 'csv') return 0;
  const found: Values[] = [];
  for (const text of new JsonValues(sample.text.length + 1).push(sample.text)) {
    const values = valuesOf(text);
    if (values !== null) found.push(values);
    if (found.length === judged) break;
  }
  const timed = found.filter((values) => hasAll(values, timeColumns(mapping))).length;
  // A key may be missing in one record or another, but not in all of them.
  const isWhole = columnsNeeded(mapping).every((name) => found.some((values) => hasAll(values, [name])));
  return timed > 0 && timed >= found.length * 0.5 && isWhole ? 0.5 : 0;
}

function hasAll(values: Values, names: readonly string[]): boolean {
  return names.every((name) => valueAt(values, name) !== undefined);
}

function open(_sample: Sample, settings: ParseSettings): RecordParser {
  if (settings.mapping === null) {
    const reject = { code: 'no-header', reason: 'no mapping explains this file' } as const;
    return { record: () => ({ reject }), assumptions: () => [] };
  }
  const mapping: Mapping = parseMapping(settings.mapping, 'the mapping file');
  const mapped = openMapping(mapping, settings);
  const record = (text: string): Outcome => {
    const values = valuesOf(text);
    if (values === null) return { reject: { code: 'not-json', reason: 'no JSON object' } };
    return mapped.read((name) => valueAt(values, name));
  };
  return { record, assumptions: mapped.assumptions };
}

export const format: RecordFormat = {
  id: 'mapped-json',
  title: 'Any JSON objects, with a mapping file',
  definedBy: 'RFC 8259',
  kind: 'records',
  framing: 'json-values',
  recognise,
  open,
};
