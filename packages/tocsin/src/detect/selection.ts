// The events behind a finding: its selectors as SQL with bound parameters, over columns of the dictionary only.
import type { EventsEngine, Parameters } from '../store/events/engine.ts';
import { columnsOf, eventTable } from '../vocabulary/dictionary.ts';
import type { Condition, EventSelector } from '../vocabulary/finding.ts';

export interface SelectionSql {
  /** Condition for a WHERE clause over the selector's table. */
  readonly where: string;
  readonly parameters: Parameters;
}

/** @throws Error when a selector names a column the dictionary does not have, a defect */
export function selectionSql(selector: EventSelector, prefix = 's'): SelectionSql {
  const parts = selector.where.map((condition, at) =>
    conditionSql(selector.table, condition, `${prefix}${at}`),
  );
  const repeats = selector.table === 'network' ? ['is_repeat = 0'] : [];
  return {
    where: [...repeats, ...parts.map((part) => part.where)].join(' AND ') || '1',
    parameters: Object.assign({}, ...parts.map((part) => part.parameters)),
  };
}

function conditionSql(table: string, condition: Condition, name: string): SelectionSql {
  const column = columnsOf(eventTable(table)).find((field) => field.name === condition.column);
  if (column === undefined) throw new Error(`${table} has no column ${condition.column}`);
  const type = column.type.replace(/^(?:LowCardinality|Nullable)\((.*)\)$/, '$1');
  if (condition.op === 'in') {
    if (type === 'IPv6' || type === 'String') {
      return {
        where: `${column.name} IN ({${name}:Array(${type})})`,
        parameters: { [name]: condition.values.map(String) },
      };
    }
    return {
      where: `${column.name} IN ({${name}:Array(${type})})`,
      parameters: { [name]: condition.values },
    };
  }
  const isTime = type.startsWith('DateTime64');
  const bound = (side: string) =>
    isTime ? `parseDateTime64BestEffort({${name}${side}:String}, 6, 'UTC')` : `{${name}${side}:${type}}`;
  const where: string[] = [];
  const parameters: Record<string, string | number> = {};
  if (condition.from !== undefined) {
    where.push(`${column.name} >= ${bound('f')}`);
    parameters[`${name}f`] = condition.from;
  }
  if (condition.to !== undefined) {
    where.push(`${column.name} <= ${bound('t')}`);
    parameters[`${name}t`] = condition.to;
  }
  return { where: where.join(' AND ') || '1', parameters };
}

/** Where an event is. */
export interface EventPlace {
  readonly time: string;
  readonly evidence: string;
  readonly record: number;
  readonly id: string;
}

/** The first events of the selectors, in order of time and position. */
export async function eventsOf(
  engine: EventsEngine,
  selectors: readonly EventSelector[],
  limit: number,
): Promise<readonly EventPlace[]> {
  const parts = selectors.map((selector, at) => ({ selector, ...selectionSql(selector, `s${at}_`) }));
  if (parts.length === 0) return [];
  const union = parts
    .map(
      ({ selector, where }) =>
        `SELECT time, evidence_id, record FROM ${selector.table} WHERE ${where} ORDER BY time, evidence_id, record LIMIT ${limit}`,
    )
    .map((sql) => `SELECT * FROM (${sql})`)
    .join(' UNION ALL ');
  const rows = await engine.query(
    `SELECT DISTINCT time, evidence_id, record FROM (${union}) ORDER BY time, evidence_id, record LIMIT ${limit}`,
    Object.assign({}, ...parts.map((part) => part.parameters)),
  );
  return rows.map((row) => {
    const [evidence, record] = [String(row['evidence_id']), Number(row['record'])];
    return { time: String(row['time']), evidence, record, id: `${evidence}:${record}` };
  });
}
