// Loads an evidence item through a program that reads its format: the program is found, run without a shell in a
// scratch directory, and what it reports is accounted for like any other records.
import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  rmSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Outcome } from './format.ts';
import type { RowWriter } from './row-writer.ts';
import type { Tally } from './tally.ts';
import type { ToolFormat, ToolRequest } from './tool.ts';

export interface ToolLoad {
  readonly format: ToolFormat;
  readonly chunks: AsyncIterable<Buffer>;
  /** Directory for this item alone; removed afterwards. */
  readonly scratch: string;
  readonly writer: RowWriter;
  readonly tally: Tally;
  /** Folders to look for programs in, as in PATH. */
  readonly searchPath: string;
  /** Reads a log the program wrote, with the format that recognises it. */
  readonly readLog: (chunks: AsyncIterable<Buffer>) => Promise<void>;
}

const stderrBytes = 65_536;

/** Reads the item. @returns a note for the item when no program is installed, else null */
export async function loadTool(load: ToolLoad): Promise<string | null> {
  const work = join(load.scratch, 'work');
  mkdirSync(work, { recursive: true });
  const path = join(load.scratch, 'capture');
  try {
    await pipeline(Readable.from(load.chunks), createWriteStream(path));
    const conversion = await load.format.convert({ path, scratch: work, find: finder(load.searchPath), run });
    if (conversion.kind === 'no-tool') return conversion.note;
    const take = async (outcome: Outcome) => {
      load.tally.records += 1;
      if ('event' in outcome) await load.writer.add(outcome.event, load.tally.records, true);
      else if ('reject' in outcome)
        load.tally.reject(load.tally.records, outcome.reject.code, outcome.reject.reason);
      else load.tally.headers += 1;
    };
    if (conversion.kind === 'logs') {
      for (const log of conversion.logs) {
        await load.readLog(createReadStream(log));
      }
    }
    for await (const outcome of conversion.outcomes) await take(outcome);
    await load.writer.end();
    load.tally.assume(conversion.assumptions());
    return null;
  } finally {
    rmSync(load.scratch, { recursive: true, force: true });
  }
}

function finder(searchPath: string): ToolRequest['find'] {
  return (command) => {
    for (const folder of searchPath.split(delimiter)) {
      const path = join(folder, command);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder; the next may have it.
      }
    }
    return null;
  };
}

const run: ToolRequest['run'] = (command, args, options) =>
  new Promise((resolve, reject) => {
    const stdout = options.stdoutPath === undefined ? 'ignore' : openSync(options.stdoutPath, 'w');
    const child = spawn(command, [...args], {
      stdio: ['ignore', stdout, 'pipe'],
      shell: false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-stderrBytes);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stderr }));
  });
