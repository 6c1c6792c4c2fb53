// The one registry of errors: what went wrong, how the process exits, what HTTP says, what to do about it.
// Messages carry names of files, ids and counts; never the content of evidence.

export interface ErrorEntry {
  readonly message: string;
  readonly exitCode: number;
  readonly httpStatus: number;
  readonly remedy: string;
}

export const errorRegistry = {
  usage: {
    message: 'The command line was not understood: {detail}.',
    exitCode: 1,
    httpStatus: 400,
    remedy: 'Run `tocsin help` for the commands and their options.',
  },
  'path-missing': {
    message: 'No such file or folder: {path}.',
    exitCode: 1,
    httpStatus: 404,
    remedy: 'Check the spelling, or give the folder that holds the logs.',
  },
  'path-unreadable': {
    message: 'Cannot be read: {path} ({detail}).',
    exitCode: 1,
    httpStatus: 403,
    remedy: 'Give the account that runs Tocsin the right to read it.',
  },
  'nothing-understood': {
    message: 'None of the {count} files given was understood.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'See `tocsin formats` for what is read, or describe the file with --mapping.',
  },
  'networks-file': {
    message: '{path}, line {line}: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy:
      'The header is cidr,asn,as_name,country for networks and organisation,sector,cidr,contact for a constituency.',
  },
  'mapping-file': {
    message: '{path}: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'See docs/mapping.md for the keys of a mapping file.',
  },
  'bundle-unreadable': {
    message: '{path} is no bundle that can be read: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'Run `tocsin verify` on it, which says what is wrong.',
  },
  'publication-policy': {
    message: '{path}: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'See docs/publishing.md for the keys of a policy.',
  },
  'publication-refused': {
    message: 'The bundle is not published: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'Publish the bundle that `tocsin investigate` wrote, unchanged, under a policy that fits it.',
  },
  'publisher-file': {
    message: '{path}: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'See docs/exchange.md for the keys of a publisher file.',
  },
  'export-refused': {
    message: 'Nothing is exported: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy:
      'Give a label that fits what is exported, and a publisher where a format needs one (docs/exchange.md).',
  },
  'trust-unusable': {
    message: '{path} does not say whom to trust: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: "Give the publisher's keys.json from a source you trust, or a file as docs/keys.md describes.",
  },
  'reply-other': {
    message: '{path} answers another publication, whose digest begins with {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'Give the bundle that it answers as the first one.',
  },
  'reply-statement': {
    message: '{path}: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'See docs/reply.md for the keys of a statement.',
  },
  'sigma-rules': {
    message: 'The Sigma rules in {path} cannot be used: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy: 'Give a folder of rules as SigmaHQ publishes them, one or more YAML documents a file.',
  },
  'indicators-file': {
    message: '{path}, {record}: {detail}.',
    exitCode: 1,
    httpStatus: 422,
    remedy:
      'Indicators are read from CSV (type,value or one column), a MISP event, or a STIX 2.1 bundle; correct or remove that record.',
  },
  config: {
    message: 'Setting {key}: {detail}.',
    exitCode: 1,
    httpStatus: 500,
    remedy: 'Run `tocsin config --explain` for every setting, its unit and its range.',
  },
  'output-unwritable': {
    message: 'The report cannot be written to {path} ({detail}).',
    exitCode: 1,
    httpStatus: 500,
    remedy: 'Choose another folder with --out.',
  },
  'engine-failed': {
    message: 'The events engine refused a query ({detail}).',
    exitCode: 1,
    httpStatus: 500,
    remedy: 'This is a defect of Tocsin or a shortage of memory; raise TOCSIN_MEMORY_BYTES or report it.',
  },
  'engine-gone': {
    message: 'The events engine stopped ({detail}).',
    exitCode: 1,
    httpStatus: 503,
    remedy: 'Run the command again; if it stops again, raise TOCSIN_MEMORY_BYTES.',
  },
  'migration-changed': {
    message: 'Migration {name} was applied with another content than it has now.',
    exitCode: 1,
    httpStatus: 500,
    remedy: 'Use the version of Tocsin that made this data directory, or rebuild it from the evidence.',
  },
  'data-locked': {
    message: 'The data directory {path} is in use by process {pid}.',
    exitCode: 1,
    httpStatus: 409,
    remedy: 'Wait for it to end, or choose another --data directory.',
  },
  'query-refused': {
    message: 'The query is refused: {detail}.',
    exitCode: 1,
    httpStatus: 400,
    remedy:
      'Give one statement that begins with SELECT or WITH; docs/fields.md lists tables and fields. Data cannot be changed here.',
  },
  'keys-unusable': {
    message: 'The keys in {path} cannot be used: {detail}.',
    exitCode: 1,
    httpStatus: 500,
    remedy: 'See docs/keys.md; `tocsin keys init` makes a folder of keys, `tocsin keys list` shows one.',
  },
  'log-unusable': {
    message: 'The transparency log {path} cannot be used: {detail}.',
    exitCode: 1,
    httpStatus: 500,
    remedy: 'See docs/log.md; `tocsin log init` makes a log, `tocsin log check` examines one.',
  },
  'log-refused': {
    message: 'The transparency log refuses: {detail} ({reason}).',
    exitCode: 1,
    httpStatus: 409,
    remedy:
      'Nothing was signed or changed. docs/log.md says what each reason means; a fork or a roll-back is never signed over.',
  },
  interrupted: {
    message: 'Interrupted.',
    exitCode: 130,
    httpStatus: 499,
    remedy: 'Run the command again; nothing outside the output folder was changed.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorRegistry;

export class TocsinError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly httpStatus: number;
  readonly remedy: string;

  constructor(code: ErrorCode, values: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    const entry: ErrorEntry = errorRegistry[code];
    const message = entry.message.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '?'));
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TocsinError';
    this.code = code;
    this.exitCode = entry.exitCode;
    this.httpStatus = entry.httpStatus;
    this.remedy = entry.remedy;
  }
}
