import type { Format } from './format.ts';
import { format as f1 } from './zeek-json/format.ts';
import { format as f2 } from './zeek-tsv/format.ts';
export const formats: readonly Format[] = [f1, f2];
