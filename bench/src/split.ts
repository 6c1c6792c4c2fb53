// Plain Node: the file cut into lines and each line into its fields (or parsed as JSON), nothing kept.
import { startWatch } from './stopwatch.ts';
import type { Timing } from './timing.ts';

/** Reads every line and looks at one field of each, so that nothing is left out as unused. */
export async function splitLines(bytes: AsyncIterable<Buffer>, isJson: boolean): Promise<Timing> {
  const watch = startWatch();
  let rows = 0;
  let total = 0;
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('#')) continue;
      total += isJson ? Number(JSON.parse(line).orig_bytes) : Number(line.split('\t')[9]);
      rows += 1;
    }
  }
  // No flow has a negative size: a sum below nothing would be a defect of the generator.
  if (total < 0) throw new Error('sizes below nothing');
  return { rows, ...watch(), steps: {} };
}
