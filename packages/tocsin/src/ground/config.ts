// The one configuration: every setting with its unit, range, default and meaning. Takes defaults, then a JSON file,
// then TOCSIN_* variables, then the command line, each over the one before; gives the settings and where each value
// came from. The only place that reads the environment.
import { readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { z } from 'zod';
import { TocsinError } from './errors.ts';
import { byText } from './ids.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

/** Strict: a key that is not here is an error. `meta` carries what `tocsin config --explain` and docs/settings.md say. */
const settingsSchema = z.strictObject({
  memory_bytes: z
    .int()
    .min(512 * mebibyte)
    .max(1024 * 1024 * gibibyte)
    .default(2 * gibibyte)
    .meta({ unit: 'bytes', description: 'Memory of the whole process, the events engine included.' }),
  threads: z
    .int()
    .min(1)
    .max(1024)
    .default(() => availableParallelism())
    .meta({ unit: 'threads', description: 'Threads the events engine may use.', usual: 'number of cores' }),
  events_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      unit: '',
      description: 'ClickHouse server to keep events in, instead of the embedded engine.',
      limits: 'http or https URL',
      usual: 'embedded engine',
    }),
  max_record_bytes: z.int().min(kibibyte).max(gibibyte).default(mebibyte).meta({
    unit: 'bytes',
    description: 'Longest record read; a longer one is a reject. At most block_bytes.',
  }),
  max_expansion_ratio: z.int().min(1).max(100_000).default(200).meta({
    unit: 'times',
    description: 'Most a compressed item may expand; reading stops there and says so.',
  }),
  max_expanded_bytes: z
    .int()
    .min(mebibyte)
    .max(1024 * 1024 * gibibyte)
    .default(64 * gibibyte)
    .meta({ unit: 'bytes', description: 'Most one compressed item may give when unpacked.' }),
  max_archive_members: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(10_000)
    .meta({ unit: 'members', description: 'Most members read of one archive.' }),
  max_archive_depth: z
    .int()
    .min(1)
    .max(16)
    .default(3)
    .meta({ unit: 'levels', description: 'How deep archives within archives are opened.' }),
  assumed_zone_minutes: z
    .int()
    .min(-720)
    .max(840)
    .default(0)
    .meta({ unit: 'minutes east of UTC', description: 'Zone of times that name none.' }),
  assumed_year: z.int().min(1970).max(2298).optional().meta({
    unit: 'year',
    description: 'Year of the first record for times that name none.',
    usual: 'derived from the other evidence',
  }),
  block_bytes: z
    .int()
    .min(mebibyte)
    .max(gibibyte)
    .default(64 * mebibyte)
    .meta({ unit: 'bytes', description: 'Size of the blocks in which evidence is loaded.' }),
  program_path: z.string().default('/usr/bin:/bin').meta({
    unit: 'folders',
    limits: 'as PATH',
    usual: 'PATH',
    description: 'Where programs that read packet captures (zeek, tshark) are looked for.',
  }),
  scratch_dir: z
    .string()
    .min(1)
    .default(() => tmpdir())
    .meta({
      unit: '',
      description: 'Folder for temporary files; about twice block_bytes per thread, and unpacked archives.',
      limits: 'an existing folder',
      usual: 'temporary folder of the system',
    }),
  log_level: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('warn')
    .meta({ unit: '', description: 'Least serious log line written to standard error.' }),
});

type Settings = Readonly<z.infer<typeof settingsSchema>>;

export type SettingName = keyof Settings;

/** Where a value came from, the later ones stronger. */
export type Origin = 'default' | 'file' | 'environment' | 'command line';

/** Every setting by name, and where it came from: `origins.assumed_zone_minutes !== 'default'` tells that it was set. */
export type Config = Settings & { readonly origins: Readonly<Record<SettingName, Origin>> };

export interface ConfigSources {
  /** Variables to read; the process's own unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file with settings by name; instead of the one TOCSIN_CONFIG names. */
  readonly file?: string;
  /** Settings from the command line, as text or as numbers. */
  readonly overrides?: Readonly<Record<string, string | number | undefined>>;
}

/** What documents say of one setting. */
export interface SettingDescription {
  readonly name: SettingName;
  readonly variable: string;
  readonly unit: string;
  readonly range: string;
  /** The default as it is on every machine, in words where it depends on the machine. */
  readonly usual: string;
  readonly meaning: string;
}

const prefix = 'TOCSIN_';
const fileVariable = `${prefix}CONFIG`;

const variableOf = (name: string): string => prefix + name.toUpperCase();

const fieldSchema = z.looseObject({
  type: z.enum(['integer', 'string']),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  enum: z.array(z.string()).optional(),
  default: z.union([z.string(), z.number()]).optional(),
  unit: z.string(),
  description: z.string(),
  limits: z.string().optional(),
  usual: z.string().optional(),
});

/** The schema as data, so that the texts cannot differ from what is checked. */
const fields = z
  .record(settingsSchema.keyof(), fieldSchema)
  .parse(z.toJSONSchema(settingsSchema, { io: 'input' }).properties);

const names = settingsSchema.keyof().options;

/** Every setting, in the order of the schema. */
export function describeSettings(): readonly SettingDescription[] {
  return names.map((name) => {
    const field = fields[name];
    const range = field.enum?.join(', ') ?? field.limits ?? `${field.minimum} to ${field.maximum}`;
    const usual = field.usual ?? String(field.default);
    return { name, variable: variableOf(name), unit: field.unit, range, usual, meaning: field.description };
  });
}

/**
 * The configuration. An unknown key or TOCSIN_ variable is an error, and so is a value outside its range; an empty
 * variable counts as not set.
 * @throws TocsinError config, path-missing, path-unreadable
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? process.env;
  const path = sources.file ?? (env[fileVariable] || undefined);
  const layers: readonly (readonly [Origin, Readonly<Record<string, unknown>>])[] = [
    ['file', path === undefined ? {} : readSettingsFile(path)],
    ['environment', fromEnvironment(env)],
    ['command line', fromCommandLine(sources.overrides ?? {})],
  ];
  // The one default that the environment gives: where the shell would look.
  const given: Record<string, unknown> = env.PATH ? { program_path: env.PATH } : {};
  const origins: Record<string, Origin> = Object.fromEntries(names.map((name) => [name, 'default']));
  for (const [origin, values] of layers) {
    for (const [name, value] of Object.entries(values)) {
      given[name] = value;
      origins[name] = origin;
    }
  }
  const checked = settingsSchema.safeParse(given);
  if (!checked.success) throw refusal(checked.error.issues[0], origins);
  const settings = checked.data;
  if (settings.max_record_bytes > settings.block_bytes) {
    throw new TocsinError('config', { key: 'max_record_bytes', detail: 'is larger than block_bytes' });
  }
  return { ...settings, origins: z.record(settingsSchema.keyof(), z.custom<Origin>()).parse(origins) };
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const known = new Map<string, SettingName>(names.map((name) => [variableOf(name), name]));
  const values: Record<string, unknown> = {};
  for (const variable of Object.keys(env).sort(byText)) {
    const text = env[variable];
    if (!variable.startsWith(prefix) || variable === fileVariable || text === undefined || text === '')
      continue;
    const name = known.get(variable);
    if (name === undefined) throw unknownKey(variable, [...known.keys(), fileVariable]);
    values[name] = valueOfText(name, text);
  }
  return values;
}

function fromCommandLine(overrides: NonNullable<ConfigSources['overrides']>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(overrides)) {
    const name = names.find((candidate) => candidate === key);
    if (name === undefined) throw unknownKey(key, names);
    if (value !== undefined) values[name] = typeof value === 'string' ? valueOfText(name, value) : value;
  }
  return values;
}

/** A number where the setting is one and the text says one; anything else is left for the schema to refuse. */
function valueOfText(name: SettingName, text: string): string | number {
  return fields[name].type === 'integer' && /^-?\d{1,16}$/.test(text) ? Number(text) : text;
}

/** As it was read: a copy would lose a `__proto__` key quietly. */
const jsonObject = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

function readSettingsFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT') throw new TocsinError('path-missing', { path }, error);
    throw new TocsinError('path-unreadable', { path, detail: code }, error);
  }
  const values = jsonObject.safeParse(jsonOf(text));
  if (!values.success) {
    throw new TocsinError('config', { key: fileVariable, detail: `${path} does not hold one JSON object` });
  }
  const unknown = Object.keys(values.data).find((key) => !names.some((name) => name === key));
  if (unknown !== undefined) throw unknownKey(unknown, names);
  return values.data;
}

/** The JSON value of a text; undefined when it is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what is wrong, without quoting the file: it may hold a password.
    return undefined;
  }
}

function unknownKey(key: string, known: readonly string[]): TocsinError {
  const near = nearestWords(key, known);
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}`;
  return new TocsinError('config', { key, detail: `there is no such setting${hint}` });
}

/** Names the setting and its range, never the value: a URL may carry a password. */
function refusal(
  issue: z.core.$ZodIssue | undefined,
  origins: Readonly<Record<string, Origin>>,
): TocsinError {
  const name = String(issue?.path[0] ?? '');
  const described = describeSettings().find((setting) => setting.name === name);
  const kind = described !== undefined && fields[described.name].type === 'integer' ? 'a whole number, ' : '';
  const detail = `the value from the ${origins[name] ?? 'configuration'} must be ${kind}${described?.range ?? 'as documented'}`;
  return new TocsinError('config', { key: name, detail });
}

/** A table of every setting for a person: name, value, origin, unit, range, meaning. A password in a URL is masked. */
export function explainConfig(config: Config): string {
  const rows = describeSettings().map(({ name, unit, range, usual, meaning, variable }) => {
    const value = config[name];
    return [
      name,
      value === undefined ? `(${usual})` : withoutCredentials(String(value)),
      config.origins[name],
      unit === '' ? '-' : unit,
      range,
      variable,
      meaning,
    ];
  });
  const table = [['setting', 'value', 'from', 'unit', 'range', 'variable', 'meaning'], ...rows];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? [];
  return `${table
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}

function withoutCredentials(text: string): string {
  return text.replace(/^(https?:\/\/)[^/?#]*@/, '$1***@');
}

/** Up to three of the known words within a third of the word's length in edits, nearest first; case is ignored. */
function nearestWords(word: string, known: readonly string[]): readonly string[] {
  const reach = Math.max(1, Math.floor(Math.min(word.length, 64) / 3));
  return known
    .map((candidate) => ({
      candidate,
      distance: editDistance(word.slice(0, 64).toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ distance }) => distance <= reach)
    .sort((left, right) => left.distance - right.distance || byText(left.candidate, right.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance: insertions, deletions and substitutions. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let down = 1; down <= left.length; down += 1) {
    const next = [down];
    for (let across = 1; across <= right.length; across += 1) {
      const swap = (row[across - 1] ?? 0) + (left[down - 1] === right[across - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[across] ?? 0) + 1, (next[across - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
