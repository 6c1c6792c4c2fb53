// Loads an evidence item record by record through its format's parser.
import { isUtf8 } from 'node:buffer';
import { blocksOf } from '../evidence/blocks.ts';
import type { Framing, Outcome, ParseSettings, RecordFormat, Sample } from './format.ts';
import { CsvRows, JsonValues, type RecordCutter } from './framing.ts';
import type { RowWriter } from './row-writer.ts';
import type { Tally } from './tally.ts';

export interface RecordLoad {
  readonly format: RecordFormat;
  readonly sample: Sample;
  readonly chunks: AsyncIterable<Buffer>;
  readonly settings: ParseSettings;
  readonly writer: RowWriter;
  readonly tally: Tally;
  readonly maxRecordBytes: number;
}

const blockBytes = 4 * 1024 * 1024;

/** Reads all records. @throws CutShort when the evidence breaks off; what came before is loaded */
export async function loadRecords(load: RecordLoad): Promise<void> {
  const parser = load.format.open(load.sample, load.settings);
  const take = async (text: string, isText: boolean): Promise<void> => {
    load.tally.records += 1;
    if (text.trim() === '') {
      load.tally.headers += 1;
      return;
    }
    if (text.length > load.maxRecordBytes) {
      load.tally.reject(
        load.tally.records,
        'too-long',
        `the record is longer than ${load.maxRecordBytes} bytes`,
      );
      return;
    }
    await keep(parser.record(text), load, isText);
  };
  const cutter = cutterOf(load.format.framing, load.maxRecordBytes);
  try {
    for await (const block of blocksOf(load.chunks, Math.max(blockBytes, load.maxRecordBytes))) {
      if ('tooLong' in block) {
        load.tally.records += 1;
        load.tally.reject(
          load.tally.records,
          'too-long',
          `the record is longer than ${load.maxRecordBytes} bytes`,
        );
        continue;
      }
      if ('cutOff' in block) {
        load.tally.records += 1;
        load.tally.reject(load.tally.records, 'cut-off', 'the evidence breaks off in this record');
        continue;
      }
      const isText = isUtf8(block.bytes);
      if (cutter === null) await takeLines(block.bytes, isText, take);
      else
        for (const record of cutter.push(block.bytes.toString(isText ? 'utf8' : 'latin1')))
          await take(record, isText);
    }
  } finally {
    for (const record of cutter?.end() ?? []) await take(record, true);
    load.tally.assume(parser.assumptions());
    await load.writer.end();
  }
}

async function keep(outcome: Outcome, load: RecordLoad, isText: boolean): Promise<void> {
  if ('event' in outcome) await load.writer.add(outcome.event, load.tally.records, isText);
  else if ('reject' in outcome)
    load.tally.reject(load.tally.records, outcome.reject.code, outcome.reject.reason);
  else load.tally.headers += 1;
}

async function takeLines(
  bytes: Buffer,
  isText: boolean,
  take: (text: string, isText: boolean) => Promise<void>,
): Promise<void> {
  if (isText) {
    const lines = bytes.toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) await take(line.endsWith('\r') ? line.slice(0, -1) : line, true);
    return;
  }
  // One bad byte must not turn the whole block into Latin-1: each line is judged by itself.
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(0x0a, at);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(at, bytes[end - 1] === 0x0d && end > at ? end - 1 : end);
    const isLineText = isUtf8(line);
    await take(line.toString(isLineText ? 'utf8' : 'latin1'), isLineText);
    at = end + 1;
  }
}

function cutterOf(framing: Framing, maxRecordBytes: number): RecordCutter | null {
  if (framing === 'json-values') return new JsonValues(maxRecordBytes);
  return framing === 'csv-rows' ? new CsvRows(maxRecordBytes) : null;
}
