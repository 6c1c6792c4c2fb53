// What the command line can do: each command with its options, its help and what it runs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reportLines, verifyPath } from '@tocsin/verify';
import { detectors } from '../detect/registry.generated.ts';
import type { Format } from '../formats/format.ts';
import { formats } from '../formats/registry.generated.ts';
import { explainConfig } from '../ground/config.ts';
import { TocsinError } from '../ground/errors.ts';
import { investigate, type Surroundings } from './investigate.ts';
import { query } from './query.ts';
import { summaryLines } from './summary.ts';

export interface CommandInput {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  readonly around: Surroundings;
}

export interface Command {
  readonly usage: string;
  readonly about: string;
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly about: string }>>;
  readonly run: (input: CommandInput) => Promise<number>;
}

const text = (input: CommandInput, name: string): string | null => {
  const value = input.values[name];
  return typeof value === 'string' ? value : null;
};

const out = (lines: string): void => void process.stdout.write(lines.endsWith('\n') ? lines : `${lines}\n`);

const outOption = { type: 'string', about: 'folder for the report (default: tocsin-out)' } as const;

export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'investigate',
    {
      usage:
        'tocsin investigate PATH... [--out DIR] [--constituency FILE] [--networks FILE] [--data DIR [--keep-raw]] [--mapping FILE] [--sigma DIR] [--indicators PATH]',
      about:
        'Reads evidence (files and folders) and writes investigation.json, report.html and bundle.tocsin.zip.',
      options: {
        out: outOption,
        constituency: {
          type: 'string',
          about: 'CSV organisation,sector,cidr,contact: whose network is ours',
        },
        networks: { type: 'string', about: 'CSV cidr,asn,as_name,country: overrides the built-in data' },
        data: { type: 'string', about: 'directory that keeps the events for `tocsin query`' },
        'keep-raw': { type: 'boolean', about: 'also keep the evidence as received in DATA/raw' },
        mapping: {
          type: 'string',
          about: 'JSON that explains CSV or JSON files of no known format (docs/mapping.md)',
        },
        sigma: { type: 'string', about: 'folder of Sigma rules to evaluate over the events' },
        indicators: {
          type: 'string',
          about: 'indicators to look for: a CSV, MISP or STIX 2.1 file, or a folder of them',
        },
        'assume-zone': { type: 'string', about: 'offset for times without one, e.g. +08:00' },
        'assume-year': { type: 'string', about: 'year for times without one' },
      },
      run: async (input) => {
        if (input.positionals.length === 0)
          throw new TocsinError('usage', { detail: 'investigate needs a file or folder' });
        return investigateAndTell(input, {
          paths: input.positionals,
          out: text(input, 'out') ?? 'tocsin-out',
          constituency: text(input, 'constituency'),
          networks: text(input, 'networks'),
        });
      },
    },
  ],
  [
    'example',
    {
      usage: 'tocsin example [--out DIR]',
      about: 'Investigates the synthetic example that ships with Tocsin.',
      options: { out: outOption },
      run: async (input) => {
        const folder = fileURLToPath(new URL('../../../../scenarios/example', import.meta.url));
        if (!existsSync(folder)) throw new TocsinError('path-missing', { path: 'scenarios/example' });
        return investigateAndTell(input, {
          paths: [join(folder, 'evidence')],
          out: text(input, 'out') ?? 'tocsin-out',
          constituency: join(folder, 'constituency.csv'),
          networks: join(folder, 'networks.csv'),
        });
      },
    },
  ],
  [
    'verify',
    {
      usage: 'tocsin verify BUNDLE',
      about:
        'Recomputes every figure of a bundle from its rows; exits 1 and names it when anything does not hold.',
      options: {},
      run: async ({ positionals }) => {
        const [path] = positionals;
        if (path === undefined || positionals.length > 1)
          throw new TocsinError('usage', { detail: 'verify takes one bundle' });
        if (!existsSync(path)) throw new TocsinError('path-missing', { path });
        const result = await verifyPath(path);
        out(reportLines(result).join('\n'));
        return result.isVerified ? 0 : 1;
      },
    },
  ],
  [
    'query',
    {
      usage: 'tocsin query --data DIR "SELECT ..." [--format FORMAT]',
      about: 'Asks the events kept by `investigate --data`; the result is written byte for byte.',
      options: {
        data: { type: 'string', about: 'the data directory' },
        format: { type: 'string', about: 'a ClickHouse output format (default: PrettyCompact)' },
      },
      run: (input) =>
        query(
          {
            sql: input.positionals.join(' '),
            data: text(input, 'data'),
            format: text(input, 'format') ?? 'PrettyCompact',
          },
          input.around,
        ),
    },
  ],
  [
    'evidence',
    {
      usage: 'tocsin evidence list|custody --data DIR',
      about: 'Lists the evidence a data directory has received, or its custody record.',
      options: { data: { type: 'string', about: 'the data directory' } },
      run: async (input) => {
        const data = text(input, 'data');
        const [act] = input.positionals;
        if (data === null || (act !== 'list' && act !== 'custody'))
          throw new TocsinError('usage', { detail: 'evidence takes list or custody, and --data' });
        out(evidenceLines(join(data, 'custody.ndjson'), act));
        return 0;
      },
    },
  ],
  [
    'detectors',
    {
      usage: 'tocsin detectors',
      about: 'Lists the detectors with technique, parameters and caveat.',
      options: {},
      run: async () => {
        for (const detector of detectors) {
          out(
            `${detector.id} (${detector.technique}): ${detector.title}\n  score: ${detector.scoreMeaning}\n  caveat: ${detector.caveat}`,
          );
          for (const [name, parameter] of Object.entries(detector.parameters)) {
            out(`  ${name} = ${String(parameter.value)} ${parameter.unit}: ${parameter.meaning}`);
          }
        }
        return 0;
      },
    },
  ],
  [
    'formats',
    {
      usage: 'tocsin formats',
      about: 'Lists the formats that are read.',
      options: {},
      run: async () => {
        for (const format of formats as readonly Format[])
          out(`${format.id}: ${format.title} (${format.definedBy})`);
        return 0;
      },
    },
  ],
  [
    'config',
    {
      usage: 'tocsin config --explain',
      about: 'Shows every setting, its value, where it came from, its unit and range.',
      options: { explain: { type: 'boolean', about: 'the same' } },
      run: async ({ around }) => {
        out(explainConfig(around.config));
        return 0;
      },
    },
  ],
]);

async function investigateAndTell(
  input: CommandInput,
  request: {
    readonly paths: readonly string[];
    readonly out: string;
    readonly constituency: string | null;
    readonly networks: string | null;
  },
): Promise<number> {
  const keepRaw = input.values['keep-raw'] === true;
  const data = text(input, 'data');
  if (keepRaw && data === null) throw new TocsinError('usage', { detail: '--keep-raw needs --data' });
  const outcome = await investigate(
    {
      ...request,
      data,
      keepRaw,
      mapping: text(input, 'mapping'),
      sigma: text(input, 'sigma'),
      indicators: text(input, 'indicators'),
    },
    input.around,
  );
  input.around.progress.end();
  out(summaryLines(outcome).join('\n'));
  const { evidence } = outcome.investigation;
  if (evidence.every((item) => item.events === 0))
    throw new TocsinError('nothing-understood', { count: evidence.length });
  return 0;
}

function evidenceLines(path: string, act: 'list' | 'custody'): string {
  if (!existsSync(path)) throw new TocsinError('path-missing', { path });
  const record = readFileSync(path, 'utf8');
  if (act === 'custody') return record;
  const items = new Map<string, string>();
  for (const line of record.split('\n').filter((entry) => entry !== '')) {
    const { evidence_id: id, sha256, bytes, path: listed } = JSON.parse(line);
    items.set(
      String(id),
      `${String(id)}  ${String(sha256)}  ${String(bytes)} bytes  ${JSON.stringify(listed)}`,
    );
  }
  return [...items.values()].join('\n');
}

/** The help text, of one command or of all. */
export function help(word?: string): string {
  const shown =
    word === undefined
      ? [...commands.values()]
      : [commands.get(word)].filter((command) => command !== undefined);
  const lines = shown.flatMap((command) => [
    command.usage,
    `    ${command.about}`,
    ...(word === undefined
      ? []
      : Object.entries(command.options).map(([name, option]) => `    --${name}: ${option.about}`)),
  ]);
  return `${['Tocsin: logs in, a checkable account of the attack out.', '', ...lines, '', 'Exit status: 0 done or verified, 1 bad input or a mismatch, 130 interrupted.'].join('\n')}\n`;
}
