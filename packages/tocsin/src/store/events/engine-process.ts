// The child process that holds chDB. Requests come over the process channel, one lane (a chDB session) each;
// it ends when the channel closes, so a parent that is gone never leaves an engine behind.
import { readFileSync } from 'node:fs';
import { Session } from 'chdb';
import type { Parameters, ParameterValue } from './engine.ts';
import type { EngineReply, EngineRequest, EngineStart, EngineStep } from './protocol.ts';

const [, , startText = '{}'] = process.argv;
const start: EngineStart = JSON.parse(startText);

/** Longest query text, bytes: a value of any length the process channel carries must fit. */
const maxQueryBytes = 1024 * 1024 * 1024;

/** A value as the engine reads one of a parameter: text in its escaped form, lists in brackets. */
function bound(value: ParameterValue): string {
  return typeof value === 'string' ? escaped(value) : element(value);
}

function element(value: ParameterValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  return `[${value.map((item: ParameterValue) => element(item)).join(',')}]`;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
};

function escaped(text: string): string {
  return text.replace(/[\\\t\n\r\0]/g, (character) => escapes[character] ?? character);
}

/** A string literal; only the quote, the backslash and NUL mean anything in one. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}

/** A chDB session answers one query at a time; work for a lane queues behind the work before it. */
class Lane {
  readonly #session: Session;
  readonly #bound = new Set<string>();
  #last: Promise<unknown>;

  constructor(settings: Readonly<Record<string, string | number>>) {
    this.#session = new Session(start.path, { connectionArgs: [...start.serverArguments] });
    this.#last = this.#configure(settings);
  }

  async #configure(settings: Readonly<Record<string, string | number>>): Promise<void> {
    await this.#session.queryAsync(`SET max_query_size = ${maxQueryBytes}`);
    for (const [name, value] of Object.entries(settings)) {
      await this.#session.queryAsync(`SET ${name} = ${typeof value === 'number' ? value : `'${value}'`}`);
    }
  }

  /**
   * Gives the session the values of a query's parameters. chDB's own binding call keeps them in state of the whole
   * process and so lets one such query run at a time, whatever its session; `SET param_...` is the session's own.
   */
  async bind({ sql, parameters }: { readonly sql: string; readonly parameters: Parameters }): Promise<void> {
    // The engine cannot forget a value, and a question must never be answered with the value of one before it.
    const stale = [...this.#bound].find((name) => !(name in parameters) && sql.includes(`{${name}:`));
    if (stale !== undefined) throw new Error(`Code: 456. No value for ${stale} (UNKNOWN_QUERY_PARAMETER)`);
    const values = Object.entries(parameters);
    if (values.length === 0) return;
    for (const [name] of values) this.#bound.add(name);
    const set = values.map(([name, value]) => `param_${name} = ${quoted(bound(value))}`);
    await this.#session.queryAsync(`SET ${set.join(', ')}`);
  }

  do<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const next = this.#last.then(() => work(this.#session));
    this.#last = next.catch(() => undefined);
    return next;
  }
}

const lanes = new Map<string, Lane>();
function laneOf(name: string): Lane {
  let lane = lanes.get(name);
  if (lane === undefined) {
    lane = new Lane(name.startsWith('load') ? { ...start.settings, ...start.loadSettings } : start.settings);
    lanes.set(name, lane);
  }
  return lane;
}

const acknowledged = new Map<number, () => void>();
const cancelled = new Set<number>();

function reply(message: EngineReply): void {
  process.send?.(message);
}

async function answer(request: EngineRequest): Promise<void> {
  const lane = laneOf(request.lane);
  if (request.kind === 'rows') {
    const values = readFileSync(request.path);
    await lane.do((session) =>
      session.insert({ table: request.table, values, format: 'TSV', columns: request.columns }),
    );
    reply({ id: request.id, done: true });
    return;
  }
  if (request.kind === 'query') {
    const result = await lane.do(async (session) => {
      await lane.bind(request);
      return session.queryAsync(request.sql, { format: request.format });
    });
    reply({ id: request.id, done: true, bytes: result.bytes() });
    return;
  }
  await lane.do(async (session) => {
    await lane.bind(request);
    const stream = session.queryStream(request.sql, { format: request.format });
    for await (const chunk of stream) {
      if (cancelled.has(request.id)) break;
      const seen = new Promise<void>((resolve) => acknowledged.set(request.id, resolve));
      reply({ id: request.id, done: false, bytes: chunk.raw() });
      await seen;
    }
  });
  cancelled.delete(request.id);
  reply({ id: request.id, done: true });
}

process.on('message', (message: EngineRequest | EngineStep) => {
  if (!('lane' in message)) {
    if (message.kind === 'stop') cancelled.add(message.id);
    acknowledged.get(message.id)?.();
    acknowledged.delete(message.id);
    return;
  }
  answer(message).catch((error: unknown) => {
    reply({ id: message.id, done: true, error: error instanceof Error ? error.message : String(error) });
  });
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// The parent decides how Ctrl-C ends the work; a terminal sends it to both.
process.on('SIGINT', () => undefined);
laneOf('query');
reply({ id: 0, done: true });
