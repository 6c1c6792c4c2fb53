// A figure's definition as one ClickHouse query over a table of the bundle's shape. Takes a definition and the name of
// the table, gives SQL with bound parameters. Exact and in byte order; @tocsin/verify computes the same definition in
// plain TypeScript, and a property test holds the two equal. Columns in the engine: text, address and time as String
// (LowCardinality or Nullable too; time as `2024-03-05T01:02:03.000000Z`), integer as any (U)Int up to 64 bits.
import {
  checkDefinition,
  definitionLimits,
  type FigureDefinition,
  type Filter,
  type GroupMeasure,
  type ScalarMeasure,
} from '@tocsin/verify';
import { sha256 } from '../../ground/ids.ts';

export interface CompiledFigure {
  readonly sql: string;
  /** Values of the `{p0:Type}` placeholders by name. */
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Of the SQL text, placeholders and all. */
  readonly sqlSha256: string;
}

/** The one column of time histograms and ranges: text back to a moment. */
const momentOf = (column: string): string => `parseDateTime64BestEffortOrNull(${column}, 6, 'UTC')`;

/**
 * Compiles a definition.
 * @param tableIdentifier name of a table or view, or `database.table`; letters, digits and `_` only.
 * @throws DefinitionError when the definition is not one; RangeError for another kind of table name.
 */
export function compileFigure(definition: FigureDefinition, tableIdentifier: string): CompiledFigure {
  checkDefinition(definition, null);
  const query = new Query();
  const select = selectOf(definition, query);
  const conditions = [...query.conditions(definition.where), ...select.conditions];
  const sql = [
    `SELECT ${select.columns.join(', ')}`,
    `FROM ${quotedTable(tableIdentifier)}`,
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.join(' AND ')}`]),
    ...select.rest,
  ].join('\n');
  return { sql, parameters: query.parameters, sqlSha256: sha256(sql) };
}

interface Select {
  readonly columns: readonly string[];
  readonly conditions: readonly string[];
  readonly rest: readonly string[];
}

function selectOf({ measure }: FigureDefinition, query: Query): Select {
  switch (measure.op) {
    case 'group':
      // One group more than a figure may have shows that there are too many.
      return {
        columns: [`toString(${quoted(measure.by)}) AS KEY`, ...scalarOf(measure.measure, query)],
        conditions: [`isNotNull(${quoted(measure.by)})`],
        rest: [
          'GROUP BY KEY',
          'ORDER BY KEY ASC',
          `LIMIT ${query.bind('UInt64', definitionLimits.groups + 1)}`,
        ],
      };
    case 'top': {
      const key = `toString(${quoted(measure.by)})`;
      const amount = amountOf(measure.measure);
      return {
        columns: [`${key} AS KEY`, `toString(${amount}) AS VALUE`],
        conditions: [`isNotNull(${quoted(measure.by)})`],
        rest: [
          'GROUP BY KEY',
          `ORDER BY ${amount} DESC, KEY ASC`,
          `LIMIT ${query.bind('UInt64', measure.k)}`,
        ],
      };
    }
    case 'histogram': {
      const moment = momentOf(quoted(measure.column));
      const local = `toTimeZone(${moment}, ${query.bind('String', measure.zone)})`;
      const key = {
        hour: `toHour(${local})`,
        weekday: `toDayOfWeek(${local})`,
        'hour-of-week': `concat(toString(toDayOfWeek(${local})), ' ', leftPad(toString(toHour(${local})), 2, '0'))`,
        day: `formatDateTime(${local}, '%Y-%m-%d')`,
      }[measure.per];
      return {
        columns: [`toString(${key}) AS KEY`, 'toString(count()) AS VALUE'],
        conditions: [`isNotNull(${quoted(measure.column)})`],
        rest: ['GROUP BY KEY', 'ORDER BY KEY ASC'],
      };
    }
    default:
      return { columns: scalarOf(measure, query), conditions: [], rest: [] };
  }
}

/**
 * What one value over rows is read from: VALUE, with its TYPE where that tells what it is, or PART and WHOLE. The names are
 * in capitals because a column named `value` would otherwise be taken for the result.
 */
function scalarOf(measure: ScalarMeasure, query: Query): readonly string[] {
  switch (measure.op) {
    case 'share': {
      const part = query.conditions(measure.of).join(' AND ') || '1';
      return [`toString(countIf(${part})) AS PART`, 'toString(count()) AS WHOLE'];
    }
    case 'min':
    case 'max': {
      const extreme = `${measure.op}OrNull(${quoted(measure.column)})`;
      return [`toString(${extreme}) AS VALUE`, `toTypeName(${extreme}) AS TYPE`];
    }
    case 'quantile': {
      // Nearest rank: position ceil(n * perMille / 1000) of the n cells in order. None of the quantile functions is that.
      const column = quoted(measure.column);
      const rank = `greatest(1, intDiv(count(${column}) * ${query.bind('UInt64', measure.perMille)} + 999, 1000))`;
      const ordered = `arraySort(groupArray(toInt128(${column})))`;
      return [`if(count(${column}) = 0, NULL, toString(arrayElement(${ordered}, ${rank}))) AS VALUE`];
    }
    default:
      return [`toString(${amountOf(measure)}) AS VALUE`];
  }
}

function amountOf(measure: GroupMeasure): string {
  switch (measure.op) {
    case 'count':
      return 'count()';
    case 'sum':
      // 128 bits hold the sum of 2^63 of the largest cells; a sum of 64 bits would wrap without a word.
      return `ifNull(sum(toInt128(${quoted(measure.column)})), 0)`;
    case 'distinct':
      return `uniqExact(${quoted(measure.column)})`;
  }
}

class Query {
  readonly parameters: Record<string, string | number> = {};
  #bound = 0;

  bind(type: 'String' | 'Int64' | 'UInt64', value: string | number): string {
    const name = `p${this.#bound}`;
    this.#bound += 1;
    this.parameters[name] = value;
    return `{${name}:${type}}`;
  }

  conditions(filters: readonly Filter[]): readonly string[] {
    return filters.map((filter) => this.#condition(filter));
  }

  #condition(filter: Filter): string {
    const column = quoted(filter.column);
    switch (filter.op) {
      case '=':
        return `${column} = ${this.#literal(filter.value)}`;
      case 'in':
        return `${column} IN (${filter.values.map((value) => this.#literal(value)).join(', ')})`;
      case 'range': {
        const from = filter.from === undefined ? [] : [`${column} >= ${this.#literal(filter.from)}`];
        const to = filter.to === undefined ? [] : [`${column} < ${this.#literal(filter.to)}`];
        return [...from, ...to].join(' AND ');
      }
      case 'cidr': {
        // isIPAddressInRange throws on text that is no address, so such text is swapped for one and then left out.
        const text = `ifNull(${column}, '')`;
        // isIPv6String also takes `1:::2`, which is no address.
        const isAddress = `(isIPv4String(${text}) OR (isIPv6String(${text}) AND position(${text}, ':::') = 0))`;
        const prefix = this.bind('String', filter.prefix);
        return `(${isAddress} AND isIPAddressInRange(if(${isAddress}, ${text}, '::'), ${prefix}))`;
      }
      case 'prefix':
        return `startsWith(${column}, ${this.bind('String', filter.text)})`;
    }
  }

  #literal(value: string | number): string {
    return this.bind(typeof value === 'number' ? 'Int64' : 'String', value);
  }
}

/** Column names were checked to be letters, digits and `_`. */
function quoted(name: string): string {
  return `\`${name}\``;
}

function quotedTable(identifier: string): string {
  const parts = identifier.split('.');
  if (parts.length > 2 || !parts.every((part) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(part))) {
    throw new RangeError(
      'a table is named by letters, digits and _, with its database before a dot or without',
    );
  }
  return parts.map(quoted).join('.');
}
