// Which format a sample is of: the surest, a tie going to the smaller id. Names of files are never asked.
import { byText } from '../ground/ids.ts';
import type { Format, Sample } from './format.ts';
import { formats } from './registry.generated.ts';

const sureEnough = 0.5;
/** The format of a sample; null when none is sure enough. `mapping` is the text of the mapping file. */
export function recogniseFormat(sample: Sample, mapping: string | null): Format | null {
  const ranked = formats
    .map((format: Format) => ({ format, confidence: format.recognise(sample, mapping) }))
    .filter((candidate) => candidate.confidence >= sureEnough)
    .sort((left, right) => right.confidence - left.confidence || byText(left.format.id, right.format.id));
  return ranked[0]?.format ?? null;
}
