// A log file that is written as a stream: lines are gathered and handed on in pieces, compressed if its name says so.
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const pieceLength = 1 << 18;

export interface LogFile {
  readonly path: string;
  /** One line without its end. Header lines do not count as records. */
  readonly line: (text: string, isRecord?: boolean) => void;
  /** Waits until what was gathered is on its way, so that memory stays bounded. */
  readonly flush: () => Promise<void>;
  readonly close: () => Promise<void>;
  /** Records written so far. */
  readonly records: () => number;
}

/** Opens a file below the folder; a name that ends in .gz is compressed. */
export function openLogFile(folder: string, path: string): LogFile {
  const full = `${folder}/${path}`;
  mkdirSync(dirname(full), { recursive: true });
  const file = createWriteStream(full);
  const gzip = path.endsWith('.gz') ? createGzip({ level: 9 }) : null;
  gzip?.pipe(file);
  const target: Writable = gzip ?? file;
  let gathered: string[] = [];
  let length = 0;
  let count = 0;
  const flush = async () => {
    if (gathered.length === 0) return;
    const text = gathered.join('');
    gathered = [];
    length = 0;
    if (!target.write(text)) await new Promise<void>((resolve) => target.once('drain', () => resolve()));
  };
  return {
    path,
    line: (text, isRecord = true) => {
      gathered.push(text, '\n');
      length += text.length;
      if (isRecord) count += 1;
    },
    flush: async () => {
      if (length > pieceLength) await flush();
    },
    close: async () => {
      await flush();
      target.end();
      await finished(file);
    },
    records: () => count,
  };
}
