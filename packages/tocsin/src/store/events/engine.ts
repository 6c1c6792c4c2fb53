// The one tiny interface to the events engine. Two drivers stand behind it: embedded.ts (ClickHouse in a child
// process, through chDB) and cluster.ts (a ClickHouse server). The SQL is the same on both.

export type ParameterValue =
  | string
  | number
  | bigint
  | boolean
  | readonly (string | number)[]
  | readonly (readonly (string | number)[])[];

/** Values for the `{name:Type}` parameters of a query; values never enter the SQL text. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** A row as JSON gives it: numbers, text, null and arrays. Times are Instants, addresses are what the SQL makes of them. */
export type Row = Readonly<Record<string, unknown>>;

/** How the engine itself takes lines apart. */
export interface LineCells {
  /** Tab-separated, where `-` is null if the type has one; or JSON objects, where further fields are passed over. */
  readonly format: 'TSV' | 'JSONEachRow';
  /** In order, if the format goes by it. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface BlockOfLines {
  /** A file of whole lines in the scratch directory. */
  readonly path: string;
  /** INSERT ... SELECT over the pseudo-table `LINES`: n UInt64 from 0, then line String, or with `cells` those. */
  readonly sql: string;
  /** Absent: lines are not taken apart. */
  readonly cells?: LineCells;
  readonly parameters: Parameters;
  /** Whether all threads may work on this block, for one that is loaded alone; absent: one, as for blocks side by side. */
  readonly isAlone?: boolean;
}

export interface BlockOfRows {
  /** A file of rows in ClickHouse's TabSeparated format. */
  readonly path: string;
  readonly table: string;
  readonly columns: readonly string[];
}

export interface EventsEngine {
  /** All rows of a query. @throws TocsinError engine-failed, engine-gone */
  readonly query: (sql: string, parameters?: Parameters) => Promise<readonly Row[]>;
  /** The rows of a query as they come, in batches; memory does not grow with the result. */
  readonly stream: (sql: string, parameters?: Parameters) => AsyncIterable<readonly Row[]>;
  /** The result as the engine writes it in one of its formats, byte for byte. */
  readonly bytes: (sql: string, parameters: Parameters, format: string) => AsyncIterable<Uint8Array>;
  /** A statement without result. */
  readonly execute: (sql: string, parameters?: Parameters) => Promise<void>;
  /** Loads a block of raw lines. All of it is stored, or the promise fails and none is. */
  readonly loadLines: (block: BlockOfLines) => Promise<void>;
  /** Loads a block of rows, all or none. */
  readonly loadRows: (block: BlockOfRows) => Promise<void>;
  /** Blocks worth loading side by side. */
  readonly loadLanes: number;
  readonly close: () => Promise<void>;
}

export interface EngineSettings {
  /** Bound for the engine's own memory, bytes. */
  readonly memoryBytes: number;
  readonly threads: number;
}

/** Settings given with every query, on both drivers: nothing is left to a server's defaults. */
export function querySettings(settings: EngineSettings): Readonly<Record<string, string | number>> {
  // Two queries at once may spill; together they stay below the bound.
  const spill = Math.floor(settings.memoryBytes / 4);
  return {
    max_threads: settings.threads,
    // The engine would leave threads idle that have less than a gibibyte each.
    max_threads_min_free_memory_per_thread: 0,
    max_memory_usage: settings.memoryBytes,
    max_bytes_before_external_group_by: spill,
    max_bytes_before_external_sort: spill,
    join_algorithm: 'grace_hash,hash',
    max_block_size: 65409,
    // A question is asked once: compiling its expressions costs more than it saves.
    compile_expressions: 0,
    compile_aggregate_expressions: 0,
    compile_sort_description: 0,
    date_time_output_format: 'iso',
    output_format_json_quote_64bit_integers: 0,
    // Detectors group before they bind names; without it an alias of a column would shadow the column.
    prefer_column_name_to_alias: 1,
    joined_subquery_requires_alias: 0,
  };
}

/** Structure of lines read by their cells, as the engine declares it. */
export function cellStructure({ columns }: LineCells): string {
  return columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ');
}

/** Settings under which lines are read by their cells: a cell that is not of its type fails, nothing is made up for it. */
export const cellSettings: Readonly<Record<string, string | number>> = {
  format_tsv_null_representation: '-',
  input_format_null_as_default: 0,
  input_format_defaults_for_omitted_fields: 0,
  input_format_tsv_allow_variable_number_of_columns: 0,
  input_format_tsv_empty_as_default: 0,
  input_format_skip_unknown_fields: 1,
  input_format_json_ignore_unnecessary_fields: 0,
  input_format_json_read_numbers_as_strings: 0,
  input_format_json_read_bools_as_strings: 1,
  input_format_json_read_bools_as_numbers: 0,
  input_format_json_read_arrays_as_strings: 0,
  input_format_json_read_objects_as_strings: 0,
};

/** Settings of a load: one thread a lane, since lanes run side by side and a part is written whole. */
export const loadSettings: Readonly<Record<string, string | number>> = {
  max_threads: 1,
  max_insert_threads: 1,
  min_insert_block_size_rows: 2_000_000,
  min_insert_block_size_bytes: 1_000_000_000,
  optimize_on_insert: 0,
  input_format_parallel_parsing: 0,
};
