// DuckDB doing the same load: the file into a stored table with the same columns, typed and numbered, in order of time,
// rejects kept. It hashes nothing, and holds addresses as text: the extension that knows them is not in its package.
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tsvColumns, tsvHeaderLines } from './flows.ts';
import { startWatch } from './stopwatch.ts';
import type { Timing } from './timing.ts';

/** Types of the columns as they are read. */
const types: Readonly<Record<string, string>> = {
  ts: 'DOUBLE',
  'id.orig_p': 'USMALLINT',
  'id.resp_p': 'USMALLINT',
  duration: 'DOUBLE',
  orig_bytes: 'UBIGINT',
  resp_bytes: 'UBIGINT',
  orig_pkts: 'UBIGINT',
  orig_ip_bytes: 'UBIGINT',
  resp_pkts: 'UBIGINT',
  resp_ip_bytes: 'UBIGINT',
};

const flow = `to_timestamp(ts) AS time, uid, "id.orig_h" AS src_ip, "id.orig_p" AS src_port, "id.resp_h" AS dst_ip,
  "id.resp_p" AS dst_port, proto, service, duration AS duration_s, orig_bytes AS bytes_out, resp_bytes AS bytes_in,
  conn_state AS state, history, orig_pkts AS packets_out, resp_pkts AS packets_in, orig_ip_bytes AS wire_bytes_out,
  resp_ip_bytes AS wire_bytes_in`;
// Its type for addresses is an extension that has to be downloaded; a number for each octet of IPv4 is checked as well.
const number = (text: string) =>
  `(${[16_777_216, 65_536, 256, 1].map((place, at) => `split_part(${text}, '.', ${at + 1})::UTINYINT::UINTEGER * ${place}`).join(' + ')})`;
const typedFlow = flow.replaceAll(/("id\.\w+_h")/g, (text) => number(text));
const provenance = `'e-0123456789abcdef' AS evidence_id, row_number() OVER () AS record, 'conn' AS sensor`;

/**
 * typed: what Tocsin stores, in order of time, every address checked and stored as a number, so that a prefix is a range.
 * same: the same with addresses as the text they came in. unnumbered: in order of time, without what leads back to the record and
 * without rejects (numbering rows keeps DuckDB to one thread for a part of its work). quickest: the flows alone, in
 * any order, by all its threads.
 */
export type DuckLoad = 'typed' | 'same' | 'unnumbered' | 'quickest';

/** Loads a conn log into a database file of its own. */
export async function duckLoad(path: string, scratch: string, load: DuckLoad): Promise<Timing> {
  const instance = await DuckDBInstance.create(join(scratch, 'flows.db'), { threads: '2' });
  const connection = await instance.connect();
  const columns = {
    typed: `${provenance}, ${typedFlow}`,
    same: `${provenance}, ${flow}`,
    unnumbered: flow,
    quickest: flow,
  }[load];
  const watch = startWatch();
  if (load === 'quickest') await connection.run('SET preserve_insertion_order = false');
  await connection.run(
    `CREATE TABLE network AS SELECT ${columns} FROM ${source(path, load)} ${load === 'quickest' ? '' : 'ORDER BY time'}`,
  );
  await connection.run('CHECKPOINT');
  const lap = watch();
  const result = await connection.runAndReadAll('SELECT count(*) AS rows FROM network');
  const rows = Number(result.getRows()[0]?.[0] ?? 0);
  connection.closeSync();
  return { rows, ...lap, steps: {} };
}

function source(path: string, load: DuckLoad): string {
  const file = path.replaceAll("'", "''");
  const isJson = path.endsWith('.json');
  const columns = tsvColumns
    .filter((name) => !isJson || name !== 'tunnel_parents')
    .map((name) => `'${name}': '${types[name] ?? 'VARCHAR'}'`)
    .join(', ');
  const rejects = load === 'typed' || load === 'same' ? 'store_rejects = true, ' : '';
  return isJson
    ? `read_json('${file}', format = 'newline_delimited', columns = {${columns}})`
    : `read_csv('${file}', auto_detect = false, delim = '\t', header = false, skip = ${tsvHeaderLines}, quote = '', escape = '', nullstr = '-', ${rejects}columns = {${columns}})`;
}
