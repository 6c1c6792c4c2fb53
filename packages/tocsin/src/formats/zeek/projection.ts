// From a Zeek stream's mapping to the projection the engine runs. What a record is written in differs only in how the
// text of a field is reached; this is told by its spelling.
import type { Projection } from '../format.ts';
import { quickReading } from './cells.ts';
import { columnSql, rejectOf, sqlText } from './columns.ts';
import { type Spelling, timeField } from './spelling.ts';
import { fieldsOf, mappingOf, otherStream } from './streams.ts';

/** The projection of one stream; `where` tells its lines from those of other streams in the file. */
export function projectionOf(stream: string, spelling: Spelling, where: string | null): Projection {
  const mapping = mappingOf(stream);
  const sources = mapping?.columns ?? otherStream;
  const columns: Record<string, string> = { sensor: spelling.sensor, time: timeSql(spelling) };
  const rejects: { when: string; code: string; reason: string }[] = [
    { when: `NOT (${spelling.isWhole})`, ...spelling.notWhole },
    { when: `isNull(${timeOrNullSql(spelling)})`, code: 'bad-time', reason: 'field ts is no time' },
  ];
  for (const [column, source] of Object.entries(sources)) {
    const sql = columnSql(source, spelling);
    if (sql !== null) columns[column] = sql;
    const bad = rejectOf(source, spelling);
    if (bad !== null) rejects.push(bad);
  }
  if (mapping === undefined) {
    columns['stream'] = sqlText(stream);
    columns['raw'] = 'line';
  }
  return {
    table: mapping?.table ?? 'base_event',
    columns,
    with: spelling.with,
    where,
    shape: spelling.shape,
    rejects,
    // What is kept whole needs the line.
    quick: mapping === undefined || spelling.cells === null ? null : quickReading(sources, spelling),
  };
}

/** Fields a stream of this name reads; for the accessors that must declare them beforehand. */
export function fieldsOfStream(stream: string): readonly string[] {
  return [...fieldsOf(mappingOf(stream)?.columns ?? otherStream), timeField];
}

const epoch = '^-?\\\\d{1,11}(\\\\.\\\\d+)?$';

/** Milliseconds since 1970 have thirteen digits and no point until 2286; a decimal of seconds would not hold them. */
const isMillis = (ts: string): string => `length(${ts}) = 13 AND match(${ts}, '^\\\\d{13}$')`;

function timeSql(spelling: Spelling): string {
  const ts = spelling.text(timeField) ?? "''";
  const millis = isMillis(ts);
  return (
    `if(position(${ts}, 'T') > 0, parseDateTime64BestEffort(${ts}, 6, 'UTC'), ` +
    `if(${millis}, fromUnixTimestamp64Milli(toInt64(if(${millis}, ${ts}, '0')), 'UTC'), ` +
    `toDateTime64(toDecimal64(if(${millis}, '0', ${ts}), 6), 6, 'UTC')))`
  );
}

function timeOrNullSql(spelling: Spelling): string {
  const ts = spelling.text(timeField) ?? "''";
  return (
    `if(position(${ts}, 'T') > 0, parseDateTime64BestEffortOrNull(${ts}, 6, 'UTC'), ` +
    `if(match(${ts}, '${epoch}') OR match(${ts}, '^\\\\d{13}$'), toDateTime64(0, 6, 'UTC'), NULL))`
  );
}
