// What the command line can do: each command with its options, its help and what it runs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { detectors } from '../detect/registry.generated.ts';
import type { Format } from '../formats/format.ts';
import { formats } from '../formats/registry.generated.ts';
import { explainConfig } from '../ground/config.ts';
import { TocsinError } from '../ground/errors.ts';
import { challengeCommand, openCommand } from './challenge.ts';
import { exportCommand, formatWords } from './export.ts';
import { investigate, type Surroundings } from './investigate.ts';
import { keysCommand } from './keys.ts';
import { logCommand } from './log.ts';
import { publishCommand } from './publish.ts';
import { query } from './query.ts';
import { diff, reply, write } from './reply.ts';
import { summaryLines } from './summary.ts';
import { verifyCommand } from './verify.ts';

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
        'Reads evidence (files and folders) and writes investigation.json, report.html, report.pdf and bundle.tocsin.zip.',
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
    'publish',
    {
      usage:
        'tocsin publish BUNDLE --policy FILE|--tlp LABEL --keys DIR [--passphrase-file FILE] [--log DIR] [--corrects N] [--publisher FILE] [--out DIR] [--preview]',
      about: 'Makes the published bundle: redacted as the policy says, signed, logged (docs/publishing.md).',
      options: {
        policy: { type: 'string', about: 'YAML file that says what is withheld' },
        tlp: { type: 'string', about: 'without a policy: TLP 2.0 label; nothing is withheld' },
        keys: { type: 'string', about: 'the keys folder (`tocsin keys init`)' },
        'passphrase-file': { type: 'string', about: 'file with the passphrase of the keys' },
        log: { type: 'string', about: 'folder of the transparency log; made when it is not there' },
        corrects: { type: 'string', about: "number of the log's entry that this publication corrects" },
        publisher: { type: 'string', about: 'YAML file that says who publishes, whom CSAF documents name' },
        out: { type: 'string', about: 'folder for publication.tocsin.zip (default: tocsin-publication)' },
        preview: { type: 'boolean', about: 'only show what a reader will and will not see' },
      },
      run: async (input) => {
        const [bundle, ...more] = input.positionals;
        const keys = text(input, 'keys');
        if (bundle === undefined || more.length > 0 || keys === null)
          throw new TocsinError('usage', { detail: 'publish takes one bundle and --keys' });
        const lines = await publishCommand({
          bundle,
          policy: text(input, 'policy'),
          tlp: text(input, 'tlp'),
          keys,
          passphraseFile: text(input, 'passphrase-file'),
          log: text(input, 'log'),
          corrects: text(input, 'corrects'),
          publisher: text(input, 'publisher'),
          out: text(input, 'out') ?? 'tocsin-publication',
          clock: input.around.clock,
          isPreview: input.values['preview'] === true,
        });
        out(lines.join('\n'));
        return 0;
      },
    },
  ],
  [
    'export',
    {
      usage:
        'tocsin export BUNDLE|INVESTIGATION --format FORMAT [--tlp LABEL] [--publisher FILE] [--out DIR]',
      about: 'Writes a bundle or investigation.json in the formats others exchange (docs/exchange.md).',
      options: {
        format: { type: 'string', about: `one of ${formatWords.join(', ')}` },
        tlp: { type: 'string', about: 'TLP 2.0 label; never wider than that of a publication' },
        publisher: { type: 'string', about: 'YAML file that says who publishes' },
        out: { type: 'string', about: 'folder for the files (default: tocsin-exchange)' },
      },
      run: async (input) => {
        const [source, ...more] = input.positionals;
        const format = text(input, 'format');
        if (source === undefined || more.length > 0 || format === null)
          throw new TocsinError('usage', {
            detail: 'export takes one bundle or investigation, and --format',
          });
        const lines = await exportCommand({
          source,
          format,
          tlp: text(input, 'tlp'),
          publisher: text(input, 'publisher'),
          out: text(input, 'out') ?? 'tocsin-exchange',
        });
        out(lines.join('\n'));
        return 0;
      },
    },
  ],
  [
    'verify',
    {
      usage:
        'tocsin verify BUNDLE [--policy FILE] [--original BUNDLE] [--openings FILE] [--evidence PATH [--constituency FILE] [--networks FILE]] [--json] [--long] [--exit-step]',
      about:
        'Recomputes every figure of a bundle from its rows and checks its attestations; exits 1 and names it when anything does not hold.',
      options: {
        policy: {
          type: 'string',
          about: "whom you trust: a publisher's keys.json, or a file as in docs/keys.md",
        },
        original: { type: 'string', about: 'for an answer: the publication that it answers' },
        openings: { type: 'string', about: 'what the publisher opened for you (docs/challenge.md)' },
        evidence: { type: 'string', about: 'raw evidence: investigates it anew and compares everything' },
        constituency: { type: 'string', about: 'with --evidence: instead of what the bundle says' },
        networks: { type: 'string', about: 'with --evidence: the networks file that was used' },
        mapping: { type: 'string', about: 'with --evidence: the mapping file that was used' },
        sigma: { type: 'string', about: 'with --evidence: the rules that were used' },
        indicators: { type: 'string', about: 'with --evidence: the lists that were used' },
        json: { type: 'boolean', about: 'print everything as JSON' },
        long: { type: 'boolean', about: 'also list the figures and tables that hold' },
        'exit-step': {
          type: 'boolean',
          about:
            'exit with the number of the first step that failed: 2 archive, 3 manifest, 4 schema, 5 commitments, 6 figures, 7 signature, 8 log, 9 witnesses, 10 openings',
        },
      },
      run: async (input) => {
        const [bundle, ...more] = input.positionals;
        if (bundle === undefined || more.length > 0)
          throw new TocsinError('usage', { detail: 'verify takes one bundle' });
        const result = await verifyCommand(
          {
            bundle,
            policy: text(input, 'policy'),
            original: text(input, 'original'),
            openings: text(input, 'openings'),
            evidence: text(input, 'evidence'),
            given: {
              constituency: text(input, 'constituency'),
              networks: text(input, 'networks'),
              mapping: text(input, 'mapping'),
              sigma: text(input, 'sigma'),
              indicators: text(input, 'indicators'),
            },
            isJson: input.values['json'] === true,
            isLong: input.values['long'] === true,
            isByStep: input.values['exit-step'] === true,
          },
          input.around,
        );
        input.around.progress.end();
        out(result.text);
        return result.status;
      },
    },
  ],
  [
    'challenge',
    {
      usage: 'tocsin challenge PUBLICATION --rows K',
      about: 'Says which rows of a publication an auditor asks to see: the checkpoint of its log picks them.',
      options: { rows: { type: 'string', about: 'how many rows' } },
      run: async (input) => {
        const [publication, ...more] = input.positionals;
        if (publication === undefined || more.length > 0)
          throw new TocsinError('usage', { detail: 'challenge takes one publication and --rows' });
        out((await challengeCommand({ publication, rows: text(input, 'rows') })).join('\n'));
        return 0;
      },
    },
  ],
  [
    'open',
    {
      usage:
        'tocsin open PUBLICATION --rows K --original BUNDLE --policy FILE|--tlp LABEL --keys DIR [--passphrase-file FILE] [--out FILE]',
      about:
        'Opens the rows of a challenge for an auditor: their withheld cells, and no others (docs/challenge.md).',
      options: {
        rows: { type: 'string', about: 'how many rows the auditor asks for' },
        original: { type: 'string', about: 'the full bundle that the publication was made of' },
        policy: { type: 'string', about: 'the policy that it was published with' },
        tlp: { type: 'string', about: 'without a policy: the label that it was published with' },
        keys: { type: 'string', about: 'the keys folder' },
        'passphrase-file': { type: 'string', about: 'file with the passphrase of the keys' },
        out: { type: 'string', about: 'file to write (default: openings.json)' },
      },
      run: async (input) => {
        const [publication, ...more] = input.positionals;
        const [original, keys] = [text(input, 'original'), text(input, 'keys')];
        if (publication === undefined || more.length > 0 || original === null || keys === null)
          throw new TocsinError('usage', { detail: 'open takes one publication, --original and --keys' });
        const lines = await openCommand({
          publication,
          rows: text(input, 'rows'),
          original,
          policy: text(input, 'policy'),
          tlp: text(input, 'tlp'),
          keys,
          passphraseFile: text(input, 'passphrase-file'),
          out: text(input, 'out') ?? 'openings.json',
        });
        out(lines.join('\n'));
        return 0;
      },
    },
  ],
  [
    'reply',
    {
      usage:
        'tocsin reply BUNDLE --statement FILE [--evidence PATH [--constituency FILE] [--networks FILE]] [--keys DIR] [--out DIR]',
      about: 'Answers a publication: what is disputed and why, other ways of counting, evidence of your own.',
      options: {
        out: { type: 'string', about: 'folder for reply.tocsin.zip and reply.html (default: tocsin-reply)' },
        statement: { type: 'string', about: 'YAML file with the answer (docs/reply.md)' },
        evidence: {
          type: 'string',
          about: 'file or folder of evidence to add; it is investigated as any other',
        },
        constituency: { type: 'string', about: 'whose network is ours, for the added evidence' },
        networks: { type: 'string', about: 'CSV cidr,asn,as_name,country, for the added evidence' },
        keys: { type: 'string', about: 'keys folder (`tocsin keys`): signs the answer' },
      },
      run: async (input) => {
        const [bundle] = input.positionals;
        const statement = text(input, 'statement');
        if (bundle === undefined || input.positionals.length > 1 || statement === null)
          throw new TocsinError('usage', { detail: 'reply takes one bundle and --statement' });
        const { archive, page, document } = await reply(
          {
            bundle,
            statement,
            evidence: text(input, 'evidence'),
            constituency: text(input, 'constituency'),
            networks: text(input, 'networks'),
            keys: text(input, 'keys'),
            out: text(input, 'out') ?? 'tocsin-reply',
          },
          input.around,
        );
        input.around.progress.end();
        out(
          `The answer speaks of ${String(document.responses.length)} points.\nArchive: ${archive}\nPage:    ${page}`,
        );
        return 0;
      },
    },
  ],
  [
    'diff',
    {
      usage: 'tocsin diff BUNDLE OTHER [--html FILE] [--json]',
      about: 'Shows both sides: a publication and its answer, or two publications. Exits 1 when they differ.',
      options: {
        html: { type: 'string', about: 'write both sides as a page' },
        json: { type: 'boolean', about: 'print the differences as JSON' },
      },
      run: async (input) => {
        const [first, second, ...more] = input.positionals;
        if (first === undefined || second === undefined || more.length > 0)
          throw new TocsinError('usage', { detail: 'diff takes two bundles' });
        const difference = await diff(first, second);
        const page = text(input, 'html');
        if (page !== null) write(page, difference.page);
        if (input.values['json'] === true) out(difference.json);
        else
          out(
            [
              ...difference.lines,
              difference.isSame ? 'SAME: both sides agree.' : 'DIFFERENT: see above.',
            ].join('\n'),
          );
        return difference.isSame ? 0 : 1;
      },
    },
  ],
  [
    'keys',
    {
      usage:
        'tocsin keys init|list|rotate|revoke|export [KEY] --keys DIR [--publisher NAME --origin ORIGIN --mail ADDRESS] [--passphrase-file FILE] [--reason TEXT] [--since TIME] [--out DIR]',
      about: 'Makes and keeps the keys that sign publications (docs/keys.md).',
      options: {
        keys: { type: 'string', about: 'the keys folder' },
        publisher: { type: 'string', about: 'init: the name readers know you by' },
        origin: { type: 'string', about: "init: the log's name, e.g. cert.example/log" },
        mail: { type: 'string', about: 'init: address of the OpenPGP key; without it none is made' },
        'passphrase-file': { type: 'string', about: 'file whose first line encrypts the private keys' },
        reason: { type: 'string', about: 'rotate, revoke: why; it is published' },
        since: {
          type: 'string',
          about: 'revoke: from when the key is not to be believed (UTC; default: always)',
        },
        out: { type: 'string', about: 'export: folder for the public files' },
      },
      run: async (input) => {
        const [act = null, key = null, ...more] = input.positionals;
        if (more.length > 0) throw new TocsinError('usage', { detail: 'keys takes one act and one key' });
        const request = {
          act,
          key,
          dir: text(input, 'keys'),
          publisher: text(input, 'publisher'),
          origin: text(input, 'origin'),
          mail: text(input, 'mail'),
          passphraseFile: text(input, 'passphrase-file'),
          reason: text(input, 'reason'),
          since: text(input, 'since'),
          out: text(input, 'out'),
        };
        out(await keysCommand(request, input.around.clock));
        return 0;
      },
    },
  ],
  [
    'log',
    {
      usage:
        'tocsin log init|append|show|check|prove|cosign|accept|resign --log DIR [--keys DIR] [--statement FILE] [--corrects N] [--index N | --old N] [--since FILE] [--policy FILE] [--log-key KEY] [--out FILE]',
      about: 'Keeps a transparency log of publications as static files, and proves from it (docs/log.md).',
      options: {
        log: { type: 'string', about: "the log's folder, yours or a copy of another's" },
        keys: { type: 'string', about: 'the keys folder' },
        'passphrase-file': { type: 'string', about: 'file with the passphrase of the keys' },
        statement: { type: 'string', about: 'append: the signed statement (DSSE envelope)' },
        corrects: { type: 'string', about: 'append: index of the entry that this one corrects' },
        index: { type: 'string', about: 'prove: that this entry is in the log' },
        old: { type: 'string', about: 'prove: that the log only adds to its first N entries' },
        since: { type: 'string', about: 'check: an earlier checkpoint that the log must continue' },
        policy: { type: 'string', about: 'check, show: trusted log keys and witnesses (C2SP tlog-policy)' },
        'log-key': {
          type: 'string',
          about: "check, show, cosign: the log's verifier key, or a file with it",
        },
        witness: { type: 'string', about: "accept: the witness's verifier key, or a file with it" },
        cosignature: { type: 'string', about: 'accept: file with the line that `log cosign` wrote' },
        out: { type: 'string', about: 'append, prove, cosign: file to write instead of showing it' },
      },
      run: async (input) => {
        const [act = null, ...more] = input.positionals;
        if (more.length > 0) throw new TocsinError('usage', { detail: 'log takes one act' });
        const request = {
          act,
          dir: text(input, 'log'),
          keys: text(input, 'keys'),
          passphraseFile: text(input, 'passphrase-file'),
          statement: text(input, 'statement'),
          corrects: text(input, 'corrects'),
          index: text(input, 'index'),
          old: text(input, 'old'),
          since: text(input, 'since'),
          policy: text(input, 'policy'),
          logKey: text(input, 'log-key'),
          witness: text(input, 'witness'),
          cosignature: text(input, 'cosignature'),
          out: text(input, 'out'),
        };
        const answer = await logCommand(request, input.around.clock);
        out(answer.text);
        return answer.exitCode;
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
