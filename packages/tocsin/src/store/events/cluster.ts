// A ClickHouse server as the events engine, through its own client: the same SQL, the data streamed in both directions.
// A server answers each request by itself: what a session would remember (SET) is sent along with every request.
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { TocsinError } from '../../ground/errors.ts';
import {
  cellSettings,
  cellStructure,
  type EngineSettings,
  type EventsEngine,
  type LineCells,
  loadSettings,
  type Parameters,
  querySettings,
} from './engine.ts';
import { withLongValues } from './long-values.ts';
import { rowsOf, wholeLines } from './text.ts';

const linesOfInput = "(SELECT rowNumberInAllBlocks() AS n, line FROM input('line String'))";

function cellsOfInput(cells: LineCells): string {
  const structure = cellStructure(cells).replaceAll("'", "\\'");
  return `(SELECT rowNumberInAllBlocks() AS n, * FROM input('${structure}'))`;
}

interface Request {
  readonly query: string;
  readonly parameters: Parameters;
  /** File that is sent as the data of an INSERT. */
  readonly path?: string;
  readonly settings?: Readonly<Record<string, string | number>>;
}

/**
 * Connects to a server; `url` may carry user, password and database.
 * @throws TocsinError engine-gone when it does not answer
 */
export async function openCluster(url: string, settings: EngineSettings): Promise<EventsEngine> {
  const client = createClient({
    url,
    request_timeout: 3_600_000,
    // The client's log would carry queries and the server's words, which quote evidence.
    log: { level: ClickHouseLogLevel.OFF },
  });
  const ping = await client.ping();
  if (!ping.success) {
    await client.close();
    throw new TocsinError('engine-gone', { detail: 'the server does not answer' }, ping.error);
  }
  const sent: Record<string, string | number> = {
    ...querySettings(settings),
    // An answer that has begun could not be taken back: a query that fails half way would look like a short result.
    wait_end_of_query: 1,
    cancel_http_readonly_queries_on_client_close: 1,
  };
  const running = new Set<AbortController>();
  let isClosed = false;

  /** The answer to a request, as it comes. */
  const ask = async function* ({
    query,
    parameters,
    path,
    settings: own,
  }: Request): AsyncGenerator<Uint8Array> {
    if (isClosed) throw new TocsinError('engine-gone', { detail: 'it was closed' });
    const ending = new AbortController();
    running.add(ending);
    let data: Readable | null = null;
    let stream: Readable | null = null;
    ending.signal.addEventListener('abort', () => stream?.destroy(new Error('closed')));
    try {
      if (path !== undefined) data = (await open(path)).createReadStream();
      const asked = withLongValues(query, parameters);
      const result = await client.exec({
        query: asked.query,
        query_params: { ...asked.parameters },
        abort_signal: ending.signal,
        clickhouse_settings: { ...sent, ...asked.settings, ...(data === null ? {} : loadSettings), ...own },
        ...(data === null ? {} : { values: data }),
      });
      stream = result.stream;
      for await (const chunk of stream) yield chunk;
    } catch (error) {
      throw failureOf(error);
    } finally {
      stream?.destroy();
      data?.destroy();
      running.delete(ending);
    }
  };
  const done = async (request: Request): Promise<void> => {
    for await (const _ of ask(request));
  };
  const bytes = (sql: string, parameters: Parameters, format: string) =>
    ask({ query: `${sql}\nFORMAT ${format}`, parameters });

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
    async execute(sql, parameters = {}) {
      await done({ query: sql, parameters });
      const [, name, value] = /^\s*SET\s+(\w+)\s*=\s*'?([\w.]+)'?\s*$/i.exec(sql) ?? [];
      if (name !== undefined && value !== undefined) sent[name] = value;
    },
    loadLines: ({ sql, path, parameters, cells }) =>
      cells === undefined
        ? done({ query: `${sql.replace('LINES', linesOfInput)}\nFORMAT LineAsString`, path, parameters })
        : done({
            query: `${sql.replace('LINES', cellsOfInput(cells))}\nFORMAT ${cells.format}`,
            path,
            parameters,
            settings: cellSettings,
          }),
    loadRows: ({ table, columns, path }) =>
      done({
        query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT TabSeparated`,
        path,
        parameters: {},
      }),
    loadLanes: settings.threads,
    async close() {
      isClosed = true;
      for (const ending of running) ending.abort();
      await client.close();
    },
  };
}

/** What the server said of a query, by code and name only; anything else means that there is no answer to be had. */
function failureOf(error: unknown): TocsinError {
  if (error instanceof ClickHouseError)
    return new TocsinError(
      'engine-failed',
      { detail: `code ${error.code}, ${error.type ?? 'UNKNOWN'}` },
      error,
    );
  const { message, code } = Object(error);
  const said = /\bCode: (\d{1,6})\b/.exec(String(message));
  if (said !== null) return new TocsinError('engine-failed', { detail: `code ${said[1]}, UNKNOWN` }, error);
  return new TocsinError(
    'engine-gone',
    { detail: typeof code === 'string' ? code : 'connection lost' },
    error,
  );
}
