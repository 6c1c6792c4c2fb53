// The child process that holds chDB. Requests come over the process channel, one lane (a chDB session) each;
// it ends when the channel closes, so a parent that is gone never leaves an engine behind.
import { readFileSync } from 'node:fs';
import { Session } from 'chdb';
import type { EngineReply, EngineRequest, EngineStart, EngineStep } from './protocol.ts';

const [, , startText = '{}'] = process.argv;
const start: EngineStart = JSON.parse(startText);

/** A chDB session answers one query at a time; work for a lane queues behind the work before it. */
class Lane {
  readonly #session: Session;
  #last: Promise<unknown>;

  constructor(settings: Readonly<Record<string, string | number>>) {
    this.#session = new Session(start.path, { connectionArgs: [...start.serverArguments] });
    this.#last = this.#configure(settings);
  }

  async #configure(settings: Readonly<Record<string, string | number>>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) {
      await this.#session.queryAsync(`SET ${name} = ${typeof value === 'number' ? value : `'${value}'`}`);
    }
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
    const result = await lane.do((session) =>
      session.queryBindAsync(request.sql, request.parameters, { format: request.format }),
    );
    reply({ id: request.id, done: true, bytes: result.bytes() });
    return;
  }
  await lane.do(async (session) => {
    const stream = session.queryStreamBind(request.sql, request.parameters, { format: request.format });
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
