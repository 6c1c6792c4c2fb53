// Which format a sample is of: the surest, a tie going to the smaller id. Names of files are never asked.
import { byText } from '../ground/ids.ts';
import type { Format, Sample } from './format.ts';
import { formats } from './registry.generated.ts';

const sureEnough = 0.5;
/** With a mapping file, what merely looks tabular is worth trying. */
const sureEnoughMapped = 0.3;

/** The format of a sample; null when none is sure enough. */
export function recogniseFormat(sample: Sample, hasMapping: boolean): Format | null {
  const ranked = formats
    .map((format: Format) => ({ format, confidence: format.recognise(sample) }))
    .filter((candidate) => candidate.confidence >= (hasMapping ? sureEnoughMapped : sureEnough))
    .sort((left, right) => right.confidence - left.confidence || byText(left.format.id, right.format.id));
  return ranked[0]?.format ?? null;
}
