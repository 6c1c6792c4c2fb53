// `tocsin query`: one read-only query over the events a data directory keeps, its result byte for byte.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TocsinError } from '../ground/errors.ts';
import { openEventsStore } from '../store/events/open.ts';
import { lockData } from './data-lock.ts';
import type { Surroundings } from './investigate.ts';

const formatName = /^[A-Za-z][A-Za-z0-9]{1,60}$/;

/** @throws TocsinError query-refused, path-missing, engine-failed */
export async function query(
  request: { readonly sql: string; readonly data: string | null; readonly format: string },
  around: Surroundings,
): Promise<number> {
  const { config } = around;
  const url = config.events_url ?? null;
  const sql = request.sql.trim().replace(/;$/, '');
  if (!/^(select|with|show|describe|explain)\b/i.test(sql))
    throw new TocsinError('query-refused', { detail: 'it does not begin with SELECT or WITH' });
  if (!formatName.test(request.format))
    throw new TocsinError('query-refused', { detail: 'the format is no name' });
  if (request.data === null && url === null) throw new TocsinError('usage', { detail: 'query needs --data' });
  const directory = join(request.data ?? '', 'events');
  if (url === null && !existsSync(directory)) throw new TocsinError('path-missing', { path: directory });
  const lock = request.data === null ? null : lockData(request.data);
  try {
    const engine = await openEventsStore({
      url,
      directory,
      memoryBytes: config.memory_bytes,
      threads: config.threads,
    });
    around.onInterrupt(() => {
      void engine.close();
      lock?.release();
    });
    try {
      // The engine itself refuses whatever would write.
      await engine.execute('SET readonly = 2');
      for await (const chunk of engine.bytes(sql, {}, request.format)) {
        if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
      }
    } catch (error) {
      throw refusalOf(error);
    } finally {
      await engine.close();
    }
  } finally {
    lock?.release();
  }
  return 0;
}

/** What the engine says of the reader's own SQL, in its words; any other failure as it is. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof TocsinError) || error.code !== 'engine-failed') return error;
  const said = error.cause instanceof Error ? error.cause.message : '';
  const words = /DB::Exception: ([^\n]{1,400})/.exec(said)?.[1] ?? error.message;
  return new TocsinError(
    'query-refused',
    { detail: words.replace(/[\p{Cc}]/gu, ' ').replace(/[.:\s]+$/, '') },
    error,
  );
}
