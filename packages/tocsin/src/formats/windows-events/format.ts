// Windows events as JSON lines: NXLog and Mordor, winlogbeat, Azure Log Analytics, EVTX exports, Hayabusa, Chainsaw.
// One event a line. Logons, programs, connections, files and names asked go to their tables; all else is kept whole.
import type { RecordFormat, Sample } from '../format.ts';
import { bare, jsonOf, openRecords } from '../windows/records.ts';
import { type WindowsRecord, windowsRecord } from '../windows/shapes.ts';

const judgedLines = 30;

/** Windows events among the sample's first lines. */
function windowsLines(sample: Sample): {
  readonly records: readonly WindowsRecord[];
  readonly lines: number;
} {
  const records: WindowsRecord[] = [];
  let lines = 0;
  for (const line of sample.lines) {
    const text = bare(line);
    if (text === '') continue;
    if (lines === judgedLines) break;
    lines += 1;
    if (!text.startsWith('{')) continue;
    const record = windowsRecord(jsonOf(text));
    if (record) records.push(record);
  }
  return { records, lines };
}

/** A first event longer than the sample, which then holds nothing else: told by its names alone. */
function isOneLongEvent(sample: Sample): boolean {
  return (
    sample.lines.length <= 1 &&
    sample.bytes.length >= 32_768 &&
    sample.text.startsWith('{"') &&
    /"(?:EventID|event_id|winlog\.event_id)"\s?:/.test(sample.text) &&
    /"(?:Channel|channel|log_name|winlog\.channel)"\s?:/.test(sample.text)
  );
}

function recognise(sample: Sample): number {
  const { records, lines } = windowsLines(sample);
  const share = lines === 0 ? 0 : records.length / lines;
  if (share >= 0.5) return share >= 0.8 ? 0.95 : 0.6;
  return isOneLongEvent(sample) ? 0.6 : 0;
}

export const format: RecordFormat = {
  id: 'windows-events',
  title: 'Windows events as JSON lines',
  definedBy: 'https://learn.microsoft.com/windows/win32/wes/eventschema-schema',
  kind: 'records',
  framing: 'lines',
  recognise,
  open: (sample, settings) => openRecords(windowsLines(sample).records, settings),
};
