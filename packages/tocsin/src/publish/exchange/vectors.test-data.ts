// Schemas, definitions and events of others that the tests hold exports against: packages/tocsin/vectors, each folder
// with its origin and licence.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../vectors/', import.meta.url));

/** A JSON file of the vectors, by its path there. */
export function vector<Value>(path: string): Value {
  return JSON.parse(readFileSync(`${folder}${path}`, 'utf8'));
}

/** Paths of all JSON files below a folder of the vectors, in order. */
export function vectorsIn(under: string): readonly string[] {
  return readdirSync(`${folder}${under}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => `${under}/${path}`)
    .sort();
}
