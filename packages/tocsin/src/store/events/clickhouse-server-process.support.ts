// A ClickHouse server for tests: ClickHouse's HTTP interface over chDB, in a process of its own so that it can be ended
// whatever it is doing. Takes the data directory as its argument; sends its port to the parent.
// What it keeps of the real one: settings, `param_` values and limits of the request line (Core/Settings.cpp:
// http_max_uri_size, http_max_field_value_size), query in the URL or the body, data after an INSERT, compression,
// errors with their code in a header, and an answer that breaks off when a query fails after its beginning was sent.
// https://clickhouse.com/docs/interfaces/http
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { createGzip, gunzipSync } from 'node:zlib';
import { Session } from 'chdb';

const [, , directory = ''] = process.argv;
const maxUriBytes = 1_048_576;
const maxFieldBytes = 131_072;
const user = 'Basic dG9jc2luOmEgc2VjcmV0'; // tocsin:a secret

/** Fields of the request line that are no settings. */
const reserved = new Set(['query', 'query_id', 'database', 'wait_end_of_query', 'enable_http_compression']);

class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(`Code: ${code}. DB::Exception: ${message} (version 0.0.0.0)`);
    this.status = status;
    this.code = code;
  }
}

interface Answer {
  readonly query: string;
  /** Data that belongs to an INSERT; null when the body is the query. */
  readonly data: Buffer | null;
  readonly fields: ReadonlyMap<string, string>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function fieldsOf(request: IncomingMessage): ReadonlyMap<string, string> {
  const line = request.url ?? '/';
  if (line.length > maxUriBytes) throw new Refusal(414, 1000, 'URI Too Long');
  const fields = new Map(new URL(line, 'http://server').searchParams);
  for (const value of fields.values()) {
    if (Buffer.byteLength(value) > maxFieldBytes)
      throw new Refusal(400, 1000, 'HTML Form Exception: Field value too long');
  }
  return fields;
}

const literal = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A session with the settings and parameters of one request. */
async function sessionFor(fields: ReadonlyMap<string, string>): Promise<Session> {
  const session = new Session(directory);
  const settings = [...fields].filter(([name]) => !reserved.has(name));
  const database = fields.get('database');
  if (database !== undefined) await session.queryAsync(`USE ${database}`);
  // As on a server, a parameter's value is text in TabSeparated's escapes, read as its type when the query names it.
  settings.push(['log_comment', fields.get('query_id') ?? '']);
  const all = settings.map(([name, value]) => `${name} = ${literal(value)}`);
  await session.queryAsync(`SET ${all.join(', ')}`);
  return session;
}

/** Ends a query whose asker is gone. */
async function endQuery(id: string): Promise<void> {
  const session = new Session(directory);
  await session.queryAsync(
    `KILL QUERY WHERE Settings['log_comment'] = ${literal(id)} AND query_kind = 'Select'`,
  );
  session.close();
}

let uploads = 0;

async function insert(session: Session, { query, data }: Answer): Promise<void> {
  const format = /\bFORMAT\s+(\w+)\s*$/.exec(query);
  const rest = query.slice(0, format?.index);
  const plain = /^INSERT INTO (\w+) \(([^)]*)\)\s*$/.exec(rest);
  if (plain !== null) {
    await session.insert({
      table: plain[1] ?? '',
      columns: (plain[2] ?? '').split(', '),
      format: 'TabSeparated',
      values: data ?? Buffer.alloc(0),
    });
    return;
  }
  uploads += 1;
  const path = join(directory, `upload-${uploads}`);
  writeFileSync(path, data ?? Buffer.alloc(0));
  try {
    const input = /\binput\(('[^']*')\)/;
    await session.queryAsync(rest.replace(input, `file('${path}', '${format?.[1] ?? ''}', $1)`));
  } finally {
    rmSync(path);
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/ping') {
    response.end('Ok.\n');
    return;
  }
  if (request.headers.authorization !== user)
    throw new Refusal(403, 516, 'Authentication failed (AUTHENTICATION_FAILED)');
  const fields = fieldsOf(request);
  const body = await bodyOf(request);
  const inLine = fields.get('query');
  const asked: Answer = {
    query: inLine ?? body.toString('utf8'),
    data: inLine === undefined ? null : body,
    fields,
  };
  const packer = fields.get('enable_http_compression') === '1' ? createGzip() : null;
  const out: Writable = packer ?? response;
  const begin = () => {
    response.writeHead(200, packer === null ? {} : { 'Content-Encoding': 'gzip' });
    packer?.pipe(response);
  };
  const session = await sessionFor(fields);
  response.on('close', () => {
    if (!response.writableEnded && fields.get('cancel_http_readonly_queries_on_client_close') === '1')
      void endQuery(fields.get('query_id') ?? '');
  });
  try {
    if (asked.data !== null) {
      await insert(session, asked);
      begin();
    } else if (fields.get('wait_end_of_query') === '1' || !/\bFORMAT\s+\w+\s*$/.test(asked.query)) {
      const result = await session.queryAsync(asked.query, { format: 'TabSeparated' });
      begin();
      out.write(result.bytes());
    } else {
      for await (const chunk of session.queryStream(asked.query, { format: 'TabSeparated' })) {
        if (!response.headersSent) begin();
        if (!out.write(chunk.raw())) await new Promise((resolve) => out.once('drain', resolve));
      }
      if (!response.headersSent) begin();
    }
    out.end();
  } finally {
    session.close();
  }
}

const server = createServer({ maxHeaderSize: 4 * maxUriBytes, requestTimeout: 0 }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (response.headersSent) {
      response.write(message, () => response.destroy());
      return;
    }
    const code = /Code: (\d+)/.exec(message)?.[1] ?? '1000';
    response.writeHead(error instanceof Refusal ? error.status : 500, {
      'X-ClickHouse-Exception-Code': code,
    });
    response.end(message);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : null);
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
