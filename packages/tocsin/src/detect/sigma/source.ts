// What a source of events is to Sigma rules: a table of ours, the rows of it that a log source means, and the SQL of
// the fields rules ask for. The sources themselves are in windows.ts and others.ts.
import { columnsOf, eventTable, type Field, type TableName } from '../../vocabulary/dictionary.ts';

/** The value of a field as SQL over the table's columns. */
export interface FieldSql {
  /**
   * Text, '' when the event has none; an array of texts when `isList`. A function makes it of values of the rest of the
   * event, given as SQL that is NULL when there is none.
   */
  readonly text: string | ((valueAt: (path: readonly string[]) => string) => string);
  readonly isList?: boolean;
  /** Column of type IPv6 behind it. */
  readonly address?: string;
  /** Texts a rule may ask for that the table holds as none, such as the `-` of Windows. */
  readonly noneTexts?: readonly string[];
}

/** Fields that are not columns: JSON in a column, taken apart by name. */
export interface RestOfEvent {
  /** SQL of the JSON text. */
  readonly json: string;
  /** Paths a field of this name may stand at, best first. */
  readonly pathsOf: (field: string) => readonly (readonly string[])[];
  /** Paths at which an object with one element may stand, whose own values are meant: `UserData`. */
  readonly wrapped: readonly (readonly string[])[];
  /** Paths at which a list of `{Name, text}` may stand, as Windows events have it. */
  readonly namedLists: readonly (readonly string[])[];
  readonly noneTexts?: readonly string[];
}

export interface EventSource {
  readonly id: string;
  readonly table: TableName;
  /** Condition for its rows; our own SQL, with `{source_...}` parameters. */
  readonly where: string;
  readonly parameters?: Readonly<Record<string, readonly string[] | string>>;
  /** By the name rules use, in lower case. */
  readonly fields: Readonly<Record<string, FieldSql>>;
  readonly rest: RestOfEvent | null;
  /** Text that keywords are searched in; null when this table has no whole text. */
  readonly keywords: string | null;
  /** Event numbers its rows may have, and numbers they never have; undefined: any. */
  readonly eventIds?: readonly string[];
  readonly neverEventIds?: readonly string[];
}

/** The text of a column, whatever its type. */
export function columnText({ name, type }: Pick<Field, 'name' | 'type'>): FieldSql {
  if (type === 'IPv6') {
    return {
      text: `if(${name} = toIPv6('::'), '', replaceOne(toString(${name}), '::ffff:', ''))`,
      address: name,
    };
  }
  if (type === 'Array(String)') return { text: name, isList: true };
  if (type.startsWith('Nullable')) return { text: `ifNull(toString(${name}), '')` };
  if (type === 'UInt16') return { text: `if(${name} = 0, '', toString(${name}))` };
  return { text: type === 'String' ? name : `toString(${name})` };
}

/** The text of a column by its name. */
export function column(table: TableName, name: string): FieldSql {
  const found = columnsOf(eventTable(table)).find((field) => field.name === name);
  if (found === undefined) throw new Error(`${table} has no column ${name}`);
  return columnText(found);
}

/** A table's columns under their own names and under those of the Elastic Common Schema. */
export function dictionaryFields(table: TableName): Readonly<Record<string, FieldSql>> {
  const fields: Record<string, FieldSql> = {};
  for (const field of columnsOf(eventTable(table))) fields[field.ecs.toLowerCase()] ??= columnText(field);
  for (const field of columnsOf(eventTable(table))) fields[field.name] = columnText(field);
  return fields;
}

/** Fields under several names each: `{ executable: ['Image'] }` makes the column known as Image. */
export function renamed(
  table: TableName,
  names: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, FieldSql>> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, known]) =>
      known.map((alias) => [alias.toLowerCase(), column(table, name)]),
    ),
  );
}

/** All texts of a table one after another, for keywords. */
export function joinedText(table: TableName, names: readonly string[]): string {
  const parts = names.map((name) => {
    const { text, isList } = column(table, name);
    return isList === true ? `arrayStringConcat(${String(text)}, ' ')` : String(text);
  });
  return `concatWithSeparator('\\n', ${parts.join(', ')})`;
}

/** A column of JSON as text in which keywords are found as people write them: one backslash, bare quotes. */
export function unescapedJson(name: string): string {
  return `replaceAll(replaceAll(replaceAll(${name}, '\\\\\\\\', '\\\\'), '\\\\"', '"'), '\\\\/', '/')`;
}
