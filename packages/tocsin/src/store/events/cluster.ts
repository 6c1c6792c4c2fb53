// A ClickHouse server as the events engine, through its own client: the same SQL, the data streamed in both directions.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createClient } from '@clickhouse/client';
import { TocsinError } from '../../ground/errors.ts';
import {
  type EngineSettings,
  type EventsEngine,
  loadSettings,
  type Parameters,
  querySettings,
} from './engine.ts';
import { rowsOf, wholeLines } from './text.ts';

const linesOfInput = "(SELECT rowNumberInAllBlocks() AS n, line FROM input('line String'))";

/**
 * Connects to a server; `url` may carry user, password and database.
 * @throws TocsinError engine-gone when it does not answer
 */
export async function openCluster(url: string, settings: EngineSettings): Promise<EventsEngine> {
  const client = createClient({
    url,
    clickhouse_settings: { ...querySettings(settings), wait_end_of_query: 1 },
    request_timeout: 3_600_000,
  });
  const ping = await client.ping();
  if (!ping.success) {
    await client.close();
    throw new TocsinError('engine-gone', { detail: 'the server does not answer' }, ping.error);
  }

  const bytes = async function* (
    sql: string,
    parameters: Parameters,
    format: string,
  ): AsyncGenerator<Uint8Array> {
    const result = await client
      .exec({
        query: `${sql}\nFORMAT ${format}`,
        query_params: { ...parameters },
        clickhouse_settings: { wait_end_of_query: 0 },
      })
      .catch(failed);
    for await (const chunk of result.stream) yield chunk;
  };
  const execute = async (sql: string, parameters: Parameters = {}): Promise<void> => {
    await client.command({ query: sql, query_params: { ...parameters } }).catch(failed);
  };
  const load = async (query: string, path: string, parameters: Parameters): Promise<void> => {
    const values = createReadStream(path);
    const result = await client
      .exec({ query, values, query_params: { ...parameters }, clickhouse_settings: loadSettings })
      .catch(failed);
    await Readable.from(result.stream).resume().toArray();
  };

  return {
    async query(sql, parameters = {}) {
      const parts: Uint8Array[] = [];
      for await (const chunk of bytes(sql, parameters, 'JSONEachRow')) parts.push(chunk);
      return rowsOf(Buffer.concat(parts));
    },
    bytes,
    async *stream(sql, parameters = {}) {
      for await (const lines of wholeLines(bytes(sql, parameters, 'JSONEachRow'))) yield rowsOf(lines);
    },
    execute,
    loadLines: (block) =>
      load(`${block.sql.replace('LINES', linesOfInput)}\nFORMAT LineAsString`, block.path, block.parameters),
    loadRows: (block) =>
      load(`INSERT INTO ${block.table} (${block.columns.join(', ')}) FORMAT TabSeparated`, block.path, {}),
    loadLanes: settings.threads,
    close: () => client.close(),
  };
}

function failed(error: unknown): never {
  const { code, type } = Object(error);
  throw new TocsinError('engine-failed', { detail: `code ${code ?? '?'}, ${type ?? 'UNKNOWN'}` }, error);
}
