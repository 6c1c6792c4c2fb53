// DDL from the field dictionary.
import { columnsOf, type EventTable, eventTables } from '../../vocabulary/dictionary.ts';

/**
 * CREATE TABLE of an events table. Ordered by time: evidence arrives nearly so, which makes the load cheap; the
 * `conversation` roll-up is what is ordered by endpoints (docs/decisions).
 */
export function tableDdl(table: EventTable): string {
  const columns = columnsOf(table).map((column) => `    ${column.name} ${column.type}`);
  columns.splice(2, 0, "    event_id String ALIAS concat(evidence_id, ':', toString(record))");
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name}`,
    '(',
    columns.join(',\n'),
    ')',
    'ENGINE = MergeTree',
    'ORDER BY time',
  ].join('\n');
}

/** The first migration: all events tables. Kept as a file; a test holds the two against each other. */
export function eventsDdl(): string {
  return `${eventTables.map(tableDdl).join(';\n\n')};\n`;
}
