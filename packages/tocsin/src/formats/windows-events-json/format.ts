// Windows events as JSON over several lines: one array (PowerShell, Chainsaw) or objects one after another
// (evtx_dump, Hayabusa). One event per JSON object; what they become is the same as in `windows-events`.
import type { RecordFormat, Sample } from '../format.ts';
import { bare, jsonOf, openRecords } from '../windows/records.ts';
import { type WindowsRecord, windowsRecord } from '../windows/shapes.ts';

const judgedObjects = 5;

/** Texts of the first whole JSON objects, skipping what stands between them. */
function firstObjects(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let isInText = false;
  for (let at = 0; at < text.length && found.length < judgedObjects; at += 1) {
    const character = text[at];
    if (isInText) {
      if (character === '\\') at += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = depth > 0;
    else if (character === '{') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) found.push(text.slice(start, at + 1));
    }
  }
  return found;
}

function windowsObjects(sample: Sample): readonly WindowsRecord[] {
  return firstObjects(sample.text)
    .map((text) => windowsRecord(jsonOf(text)))
    .filter((record) => record !== null);
}

/** True when the first line is a whole object: then every line is one, which `windows-events` reads faster. */
function isJsonLines(sample: Sample): boolean {
  const first = bare(sample.lines.find((line) => line.trim() !== '') ?? sample.text.slice(0, 4096));
  return first.startsWith('{') && first.endsWith('}') && jsonOf(first) !== undefined;
}

function recognise(sample: Sample): number {
  const start = sample.text.slice(0, 200).trimStart();
  if (!/^(?:Record \d{1,12}\s|[[{])/.test(start) || isJsonLines(sample)) return 0;
  const objects = firstObjects(sample.text);
  if (objects.length === 0) return 0;
  return windowsObjects(sample).length * 2 > objects.length ? 0.9 : 0;
}

export const format: RecordFormat = {
  id: 'windows-events-json',
  title: 'Windows events as a JSON array or pretty-printed JSON',
  definedBy: 'https://learn.microsoft.com/windows/win32/wes/eventschema-schema',
  kind: 'records',
  framing: 'json-values',
  recognise,
  open: (sample, settings) => openRecords(windowsObjects(sample), settings),
};
