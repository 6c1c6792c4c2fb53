// The embedded engine: ClickHouse inside a child process of ours. The child can be ended at once, whatever it is
// doing, because chDB cannot interrupt a running query.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TocsinError } from '../../ground/errors.ts';
import {
  type BlockOfLines,
  type BlockOfRows,
  cellSettings,
  cellStructure,
  type EngineSettings,
  type EventsEngine,
  loadSettings,
  type Parameters,
  querySettings,
} from './engine.ts';
import type { EngineReply, EngineRequest, EngineStart } from './protocol.ts';
import { rowsOf, wholeLines } from './text.ts';

const linesOfFile =
  "(SELECT toUInt64(assumeNotNull(_row_number)) AS n, line FROM file({lines_path:String}, 'LineAsString', 'line String'))";
const cellsOfFile = (format: string) =>
  `(SELECT toUInt64(assumeNotNull(_row_number)) AS n, * FROM file({lines_path:String}, '${format}', {cells:String}))`;
/** Lines keep their numbers however many threads take them apart. */
const settingsOfAlone = (threads: number): string =>
  ` SETTINGS max_threads = ${threads}, max_insert_threads = ${threads}, input_format_parallel_parsing = 1`;
const settingsOfCells = Object.entries(cellSettings)
  .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`)
  .join(', ');

interface Waiting {
  readonly onReply: (reply: EngineReply) => void;
  readonly onGone: (error: TocsinError) => void;
}

type Question = EngineRequest extends infer R ? (R extends EngineRequest ? Omit<R, 'id'> : never) : never;

/**
 * Starts the engine on a data directory.
 * @throws TocsinError engine-gone when it does not start
 */
export async function openEmbedded(path: string, settings: EngineSettings): Promise<EventsEngine> {
  const channel = new Channel(startChild(path, settings));
  await channel.ready;
  let nextLane = 0;
  // What is asked while something else runs goes by a lane of its own; there are as many as threads.
  const queryLanes = Array.from({ length: settings.threads }, (_, at) =>
    at === 0 ? 'query' : `query-${at}`,
  );
  const busy = new Set<string>();

  const asked = async (sql: string, parameters: Parameters, format: string): Promise<Uint8Array> => {
    const lane = queryLanes.find((candidate) => !busy.has(candidate)) ?? 'query';
    const isOwn = !busy.has(lane);
    if (isOwn) busy.add(lane);
    try {
      return await channel.ask({ lane, kind: 'query', sql, parameters, format });
    } finally {
      if (isOwn) busy.delete(lane);
    }
  };
  const bytes = (sql: string, parameters: Parameters, format: string) =>
    channel.stream({ lane: 'query', kind: 'stream', sql, parameters, format });

  return {
    async query(sql, parameters = {}) {
      return rowsOf(await asked(sql, parameters, 'JSONEachRow'));
    },
    bytes,
    async *stream(sql, parameters = {}) {
      for await (const lines of wholeLines(bytes(sql, parameters, 'JSONEachRow'))) yield rowsOf(lines);
    },
    async execute(sql, parameters = {}) {
      await asked(sql, parameters, 'Null');
    },
    async loadLines(block: BlockOfLines) {
      const { cells, isAlone = false } = block;
      const sql =
        cells === undefined
          ? `${block.sql.replace('LINES', linesOfFile)}${isAlone ? settingsOfAlone(settings.threads) : ''}`
          : `${block.sql.replace('LINES', cellsOfFile(cells.format))} SETTINGS ${settingsOfCells}`;
      const parameters = {
        ...block.parameters,
        lines_path: block.path,
        ...(cells === undefined ? {} : { cells: cellStructure(cells) }),
      };
      nextLane = (nextLane + 1) % settings.threads;
      await channel.ask({ lane: `load-${nextLane}`, kind: 'query', sql, parameters, format: 'Null' });
    },
    async loadRows(block: BlockOfRows) {
      nextLane = (nextLane + 1) % settings.threads;
      await channel.ask({ lane: `load-${nextLane}`, kind: 'rows', ...block });
    },
    loadLanes: settings.threads,
    close: () => channel.close(),
  };
}

function startChild(path: string, settings: EngineSettings): ChildProcess {
  const start: EngineStart = {
    path,
    serverArguments: [
      `--max_server_memory_usage=${settings.memoryBytes}`,
      '--mark_cache_size=67108864',
      '--index_mark_cache_size=16777216',
      '--uncompressed_cache_size=0',
      '--background_pool_size=2',
    ],
    settings: querySettings(settings),
    loadSettings,
  };
  const isSource = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(`./engine-process.${isSource ? 'ts' : 'js'}`, import.meta.url));
  // Run from source, a Node that does not read TypeScript by itself needs a loader for the child too.
  const needsLoader = isSource && !('typescript' in process.features && process.features.typescript);
  return fork(entry, [JSON.stringify(start)], {
    execArgv: needsLoader ? ['--import', 'tsx'] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

class Channel {
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #gone: TocsinError | null = null;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.ready = new Promise((resolve, reject) => {
      this.#waiting.set(0, { onReply: () => resolve(), onGone: reject });
    });
    child.on('message', (reply: EngineReply) => {
      const waiting = this.#waiting.get(reply.id);
      if (reply.done) this.#waiting.delete(reply.id);
      waiting?.onReply(reply);
    });
    child.on('exit', (code, signal) => this.#end(signal ?? `status ${code ?? 'none'}`));
    child.on('error', (error) => this.#end(error.message));
  }

  #end(detail: string): void {
    this.#gone ??= new TocsinError('engine-gone', { detail });
    for (const waiting of this.#waiting.values()) waiting.onGone(this.#gone);
    this.#waiting.clear();
  }

  #send(question: Question, waiting: Waiting): number {
    if (this.#gone) throw this.#gone;
    this.#lastId += 1;
    const id = this.#lastId;
    this.#waiting.set(id, waiting);
    this.#child.send({ ...question, id });
    return id;
  }

  ask(question: Question): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#send(question, {
        onReply: (reply) =>
          reply.error === undefined
            ? resolve(reply.bytes ?? new Uint8Array(0))
            : reject(engineFailed(reply.error)),
        onGone: reject,
      });
    });
  }

  async *stream(question: Question): AsyncGenerator<Uint8Array> {
    const arrived: EngineReply[] = [];
    let failure: TocsinError | null = null;
    let wake: () => void = () => undefined;
    const id = this.#send(question, {
      onReply: (reply) => {
        arrived.push(reply);
        wake();
      },
      onGone: (error) => {
        failure = error;
        wake();
      },
    });
    let isDone = false;
    try {
      while (!isDone) {
        const reply = arrived.shift();
        if (reply === undefined) {
          if (failure) throw failure;
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (arrived.length > 0 || failure) resolve();
          });
          continue;
        }
        isDone = reply.done;
        if (reply.error !== undefined) throw engineFailed(reply.error);
        if (reply.bytes) yield reply.bytes;
        if (!reply.done) this.#child.send({ id, kind: 'more' });
      }
    } finally {
      if (!isDone && !this.#gone) this.#child.send({ id, kind: 'stop' });
    }
  }

  /** Ends the child. Nothing it holds needs a farewell: what was stored is stored. */
  async close(): Promise<void> {
    if (this.#gone) return;
    const exited = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** The engine's own message may quote evidence; only its code and first words before any value go on. */
function engineFailed(message: string): TocsinError {
  const code = /Code: (\d+)/.exec(message)?.[1] ?? '?';
  const name = /\(([A-Z_]{4,})\)/.exec(message)?.[1] ?? 'UNKNOWN';
  return new TocsinError('engine-failed', { detail: `code ${code}, ${name}` }, new Error(message));
}
