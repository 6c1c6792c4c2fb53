// Changes of what a publication says: reports, figures, rows, commitments. Each with how far the forger goes in making the
// rest fit, the step that refuses it, and the words a reader is told.
import {
  canonicalJson,
  commitmentsPath,
  figuresPath,
  investigationPath,
  leavesPath,
  manifestPath,
  reportPath,
  rowsPath,
  type StepName,
  schemaPath,
  tagManifestPath,
  withheldPath,
} from '@tocsin/verify';
import { sha256 } from '../../../packages/tocsin/src/ground/ids.ts';
import type { Files } from './archive.ts';
import { type Effort, forged, forgeTags, replaced, tablesOf, textOf } from './forgery.ts';
import { jsonFile } from './published.ts';

export interface ContentChange {
  readonly name: string;
  readonly change: (files: Files, other: Files) => Files;
  readonly step: StepName;
  readonly says: RegExp;
}

const flow = 'theft_flow';
/** A figure whose value is a number and that the report shows. */
const figure = 'findings.count';

type Fields = Record<string, unknown>;

function withJson(files: Files, name: string, change: (fields: Fields) => unknown): Files {
  return replaced(files, name, jsonFile(change(JSON.parse(textOf(files, name)) as Fields)));
}

/** The figures with one of them changed. */
function withFigure(files: Files, change: (fields: Fields) => Fields): Files {
  return withJson(files, figuresPath, (fields) => ({
    ...fields,
    figures: (fields['figures'] as Fields[]).map((one) =>
      one['id'] === shownFigure(files) ? change(one) : one,
    ),
  }));
}

/** The id of the first figure with a number above one that the report shows. */
export function shownFigure(files: Files): string {
  const { figures } = JSON.parse(textOf(files, figuresPath)) as { figures: readonly Fields[] };
  const report = textOf(files, reportPath);
  const found = figures.find(
    ({ id, value }) =>
      typeof value === 'number' &&
      value > 1 &&
      report.includes(`data-figure="${String(id)}" value="${value}">${value}<`),
  );
  return typeof found?.['id'] === 'string' ? found['id'] : figure;
}

function element(files: Files): string {
  const pattern = new RegExp(`<data class="figure" data-figure="${shownFigure(files)}"[^>]*>[^<]*</data>`);
  return pattern.exec(textOf(files, reportPath))?.[0] ?? '';
}

function withReport(files: Files, change: (html: string) => string): Files {
  return replaced(files, reportPath, change(textOf(files, reportPath)));
}

function withRows(
  files: Files,
  change: (lines: readonly string[]) => readonly string[],
  table = flow,
): Files {
  const lines = textOf(files, rowsPath(table)).split('\n').slice(0, -1);
  return replaced(
    files,
    rowsPath(table),
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** The rows and, in step, what is withheld of them. */
function withBoth(files: Files, change: (lines: readonly string[]) => readonly string[]): Files {
  const hidden = textOf(files, withheldPath(flow)).split('\n').slice(0, -1);
  const both = withRows(files, change);
  return replaced(
    both,
    withheldPath(flow),
    change(hidden)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

function without(files: Files, isGone: (name: string) => boolean): Files {
  return new Map([...files].filter(([name]) => !isGone(name)));
}

/** One bit of a file turned over, somewhere in its middle. */
function bitTurned(files: Files, name: string): Files {
  const bytes = Buffer.from(files.get(name) ?? Buffer.alloc(0));
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return replaced(files, name, bytes);
}

const parts = [
  reportPath,
  figuresPath,
  'data/figures.sha256',
  'data/report-figures.json',
  investigationPath,
  'data/lineage.json',
  'data/policy.json',
  schemaPath(flow),
  rowsPath(flow),
  leavesPath(flow),
  withheldPath(flow),
  commitmentsPath,
  manifestPath,
  tagManifestPath,
  'bagit.txt',
  'data/attestations/statement.dsse.json',
  'data/attestations/statement.tlog-proof',
  'data/attestations/keys.json',
] as const;

const bits: readonly ContentChange[] = parts.map((name) => ({
  name: `a bit of ${name}`,
  change: (files) => bitTurned(files, name),
  step: 'manifest',
  says: new RegExp(name === tagManifestPath ? 'manifest-sha256' : name.replaceAll('.', '\\.')),
}));

interface Forged extends Omit<ContentChange, 'change'> {
  readonly effort: Effort;
  readonly change: (files: Files, other: Files) => Files;
}

const raised = (value: unknown) => (typeof value === 'number' ? value + 1 : value);
const swapped = (lines: readonly string[]) => [lines[1] ?? '', lines[0] ?? '', ...lines.slice(2)];
const anotherPublication = /about another publication/;

const forgeries: readonly Forged[] = [
  {
    name: 'the text of a figure in the report',
    effort: 'lists',
    change: (files) =>
      withReport(files, (html) => html.replace(element(files), element(files).replace(/>\d+</, '>987654<'))),
    step: 'manifest',
    says: /data\/report\.html was changed: its SHA-256 is not the one in data\/figures\.json/,
  },
  {
    name: 'the text of a figure in the report, with the list of texts',
    effort: 'figures',
    change: (files) =>
      withReport(files, (html) => html.replace(element(files), element(files).replace(/>\d+</, '>987654<'))),
    step: 'figures',
    says: /the report shows 987654 for figure/,
  },
  {
    name: 'the value that the report carries',
    effort: 'figures',
    change: (files) =>
      withReport(files, (html) =>
        html.replace(element(files), element(files).replace(/value="\d+">\d+/, 'value="987654">987654')),
      ),
    step: 'figures',
    says: /the report carries 987654 for figure/,
  },
  {
    name: 'a figure of the report taken out',
    effort: 'commitments',
    change: (files) => withReport(files, (html) => html.replace(element(files), '')),
    step: 'manifest',
    says: /data\/report\.html was changed/,
  },
  {
    name: 'a figure of the report taken out, with the list of texts',
    effort: 'figures',
    change: (files) => withReport(files, (html) => html.replace(element(files), '')),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: 'a figure in the report that there is not',
    effort: 'figures',
    change: (files) =>
      withReport(files, (html) =>
        html.replace('</body>', '<data class="figure" data-figure="x" value="7">7</data></body>'),
      ),
    step: 'figures',
    says: /the report shows figure x, which the bundle does not have/,
  },
  {
    name: 'a word between the figures of the report',
    effort: 'figures',
    change: (files) => withReport(files, (html) => html.replace('</title>', ' (guilty)</title>')),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: "a figure's value",
    effort: 'figures',
    change: (files) => withFigure(files, (one) => ({ ...one, value: raised(one['value']) })),
    step: 'figures',
    says: /is stated as \d+, the rows give \d+/,
  },
  {
    name: "a figure's definition",
    effort: 'figures',
    change: (files) =>
      withFigure(files, (one) => ({
        ...one,
        definition: { table: one['table'], where: [], measure: { op: 'share', of: [] } },
      })),
    step: 'figures',
    says: /is stated as \d+, the rows give \{"part"/,
  },
  {
    name: "a figure's definition, by one that cannot be computed",
    effort: 'figures',
    change: (files) =>
      withFigure(files, (one) => ({
        ...one,
        definition: { table: one['table'], where: [], measure: { op: 'average', column: 'bytes' } },
      })),
    step: 'figures',
    says: /its definition cannot be computed \(unknown-op/,
  },
  {
    name: "a figure's unit",
    effort: 'commitments',
    change: (files) => withFigure(files, (one) => ({ ...one, unit: 'gibibytes' })),
    step: 'figures',
    says: /its label, unit, definition or table was changed/,
  },
  {
    name: "a figure's label",
    effort: 'figures',
    change: (files) => withFigure(files, (one) => ({ ...one, label: 'Innocent machines' })),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: "a figure's label in investigation.json alone",
    effort: 'commitments',
    change: (files) =>
      replaced(
        files,
        investigationPath,
        textOf(files, investigationPath).replace(/"label": "[^"]+"/, '"label": "other"'),
      ),
    step: 'manifest',
    says: /data\/investigation\.json was changed/,
  },
  {
    name: 'a figure taken out of the list',
    effort: 'figures',
    change: (files) =>
      withJson(files, figuresPath, (fields) => ({
        ...fields,
        figures: (fields['figures'] as Fields[]).slice(1),
      })),
    step: 'figures',
    says: /the report shows figure|about another/,
  },
  {
    name: 'a figure twice',
    effort: 'commitments',
    change: (files) =>
      withJson(files, figuresPath, (fields) => {
        const list = fields['figures'] as Fields[];
        return { ...fields, figures: [...list, list[0]] };
      }),
    step: 'figures',
    says: /no id of its own/,
  },
  {
    name: 'figures.json written in another form',
    effort: 'commitments',
    change: (files) =>
      replaced(files, figuresPath, `${JSON.stringify(JSON.parse(textOf(files, figuresPath)), null, 1)}\n`),
    step: 'figures',
    says: /not in canonical form/,
  },
  {
    name: 'figures nested until a reader breaks',
    effort: 'commitments',
    change: (files) => replaced(files, figuresPath, `${'['.repeat(200_000)}${']'.repeat(200_000)}\n`),
    step: 'figures',
    says: /nested too deep/,
  },
  {
    name: 'a field of a figure that every object of the language inherits',
    effort: 'lists',
    change: (files) =>
      replaced(
        files,
        investigationPath,
        textOf(files, investigationPath).replace('"label":', '"constructor": null, "label":'),
      ),
    step: 'manifest',
    says: /data\/investigation\.json was changed/,
  },
  {
    name: 'a text of the report that is an object without a text',
    effort: 'lists',
    change: (files) =>
      replaced(
        files,
        'data/report-figures.json',
        '[{"figure":{"toString":null},"text":{"toString":null}}]\n',
      ),
    step: 'manifest',
    says: /data\/report-figures\.json was changed/,
  },
  {
    name: 'a row dropped',
    effort: 'figures',
    change: (files) => withRows(files, (lines) => lines.slice(1)),
    step: 'commitments',
    says: /withheld cells of table theft_flow|the committed row 1 was left out/,
  },
  {
    name: 'a row dropped, and what is withheld of it',
    effort: 'figures',
    change: (files) => withBoth(files, (lines) => lines.slice(0, -1)),
    step: 'commitments',
    says: /the committed row \d+ was left out/,
  },
  {
    name: 'a row dropped, and every commitment made anew',
    effort: 'tables',
    change: (files) => withBoth(files, (lines) => lines.slice(0, -1)),
    step: 'figures',
    says: /the rows give/,
  },
  {
    name: 'a row added',
    effort: 'figures',
    change: (files) => withBoth(files, (lines) => [...lines, lines[0] ?? '']),
    step: 'commitments',
    says: /row \d+ was added/,
  },
  {
    name: 'rows in another order',
    effort: 'figures',
    change: (files) => withBoth(files, swapped),
    step: 'commitments',
    says: /the withheld cells of table theft_flow are not those/,
  },
  {
    name: 'rows in another order, and every commitment made anew',
    effort: 'tables',
    change: (files) => withBoth(files, swapped),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: 'a row put in the place of another',
    effort: 'figures',
    change: (files) => withRows(files, (lines) => [lines[0] ?? '', lines[0] ?? '', ...lines.slice(2)]),
    step: 'commitments',
    says: /row 2 was changed/,
  },
  {
    name: 'a cell changed',
    effort: 'figures',
    change: (files) =>
      withRows(files, (lines) =>
        lines.map((line, at) =>
          at === 0 ? line.replace(/"best_bytes":\d+/, (cell) => cell.replace(/\d+$/, '4')) : line,
        ),
      ),
    step: 'commitments',
    says: /table theft_flow, row 1 was changed/,
  },
  {
    name: 'a cell changed, and every commitment made anew',
    effort: 'tables',
    change: (files) =>
      withRows(files, (lines) =>
        lines.map((line) => line.replace(/"best_bytes":\d+/, (cell) => cell.replace(/\d+$/, '4'))),
      ),
    step: 'figures',
    says: /is stated as .* the rows give/,
  },
  {
    name: 'a column of a row renamed',
    effort: 'figures',
    change: (files) =>
      withRows(files, (lines) =>
        lines.map((line, at) => (at === 0 ? line.replace('"day":', '"date":') : line)),
      ),
    step: 'schema',
    says: /table theft_flow, row 1: column day does not conform/,
  },
  {
    name: 'a row written in another form',
    effort: 'figures',
    change: (files) =>
      withRows(files, (lines) => lines.map((line, at) => (at === 0 ? line.replace(':', ': ') : line))),
    step: 'schema',
    says: /table theft_flow, row 1: the line is no row/,
  },
  {
    name: 'a leaf of another row',
    effort: 'figures',
    change: (files) =>
      replaced(files, leavesPath(flow), swapped(textOf(files, leavesPath(flow)).split('\n')).join('\n')),
    step: 'commitments',
    says: /the digest listed for row 1 was changed, the row was not/,
  },
  {
    name: 'a withheld cell exchanged for that of another row',
    effort: 'figures',
    change: (files) =>
      replaced(files, withheldPath(flow), swapped(textOf(files, withheldPath(flow)).split('\n')).join('\n')),
    step: 'commitments',
    says: /row 1 was changed|withheld cells of table theft_flow/,
  },
  {
    name: 'a withheld cell exchanged, and every commitment made anew',
    effort: 'tables',
    change: (files) =>
      replaced(files, withheldPath(flow), swapped(textOf(files, withheldPath(flow)).split('\n')).join('\n')),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: "a column's secret in the schema",
    effort: 'figures',
    change: (files) =>
      withJson(files, schemaPath(flow), (fields) => ({
        ...fields,
        secrets: { ...(fields['secrets'] as object), day: '0'.repeat(64) },
      })),
    step: 'commitments',
    says: /do not lead to the root that is committed to/,
  },
  {
    name: "a column's type in the schema",
    effort: 'figures',
    change: (files) =>
      withJson(files, schemaPath(flow), (fields) => ({
        ...fields,
        columns: (fields['columns'] as Fields[]).map((column) =>
          column['name'] === 'day' ? { ...column, type: 'integer' } : column,
        ),
      })),
    step: 'schema',
    says: /column day does not conform/,
  },
  {
    name: "a column's meaning in the schema",
    effort: 'tables',
    change: (files) =>
      withJson(files, schemaPath(flow), (fields) => ({
        ...fields,
        columns: (fields['columns'] as Fields[]).map((column) => ({ ...column, meaning: 'Something else.' })),
      })),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: 'what a column of pseudonyms stands for',
    effort: 'tables',
    change: (files) => withJson(files, schemaPath(flow), (fields) => ({ ...fields, stands_for: {} })),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: 'a table taken out',
    effort: 'lists',
    change: (files) => without(files, (name) => name.includes(`/${flow}.`)),
    step: 'manifest',
    says: /data\/tables\/theft_flow\.[a-z.]+ is missing/,
  },
  {
    name: 'a table taken out, and everything made anew',
    effort: 'figures',
    change: (files) => without(files, (name) => name.includes(`/${flow}.`)),
    step: 'figures',
    says: /its definition cannot be computed \(unknown-table/,
  },
  {
    name: 'a table of another publication',
    effort: 'figures',
    change: (files, other) =>
      new Map([...files, ...[...other].filter(([name]) => name.includes(`/${tablesOf(files)[0] ?? ''}.`))]),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: 'the commitments of another publication',
    effort: 'lists',
    change: (files, other) => replaced(files, commitmentsPath, textOf(other, commitmentsPath)),
    step: 'commitments',
    says: /data\/commitments\.json, line 1: not what the files and tables of the bundle give/,
  },
  {
    name: 'the policy that it was published by',
    effort: 'figures',
    change: (files) => replaced(files, 'data/policy.json', '{"organisations":"full","tlp":"RED"}\n'),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: 'the lineage of its tables',
    effort: 'commitments',
    change: (files) => replaced(files, 'data/lineage.json', '{}\n'),
    step: 'manifest',
    says: /data\/lineage\.json was changed: its SHA-256 is not the one in data\/figures\.json/,
  },
  {
    name: 'a file that nobody speaks for',
    effort: 'figures',
    change: (files) => replaced(files, 'data/press-release.html', 'We apologise.'),
    step: 'signature',
    says: anotherPublication,
  },
  {
    name: 'a file among the attestations',
    effort: 'tables',
    change: (files) => replaced(files, 'data/attestations/apology.html', 'We apologise.'),
    step: 'manifest',
    says: /data\/attestations\/apology\.html is there, and nothing speaks for it/,
  },
  {
    name: 'a file outside data/',
    effort: 'tables',
    change: (files) => replaced(files, 'README.txt', 'Read me.'),
    step: 'manifest',
    says: /README\.txt is there, and nothing speaks for it/,
  },
  {
    name: 'the declaration of the bag',
    effort: 'tables',
    change: (files) =>
      replaced(files, 'bagit.txt', 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n'),
    step: 'manifest',
    says: /bagit\.txt, line 1: not the declaration of a BagIt 1\.0 bag/,
  },
  {
    name: 'version 1 of the format, by what it says',
    effort: 'lists',
    change: (files) =>
      replaced(
        files,
        commitmentsPath,
        textOf(files, commitmentsPath).replace('tocsin-commitments-2', 'tocsin-commitments-1'),
      ),
    step: 'archive',
    says: /a bundle of format version 1, which is not read any more/,
  },
  {
    name: 'version 1 of the format, by its schemas',
    effort: 'lists',
    change: (files) => {
      const made = new Map(without(files, (name) => name === commitmentsPath));
      for (const table of tablesOf(files)) {
        const { root: _, secrets: __, ...old } = JSON.parse(textOf(files, schemaPath(table))) as Fields;
        made.set(schemaPath(table), jsonFile(old));
      }
      return made;
    },
    step: 'archive',
    says: /a bundle of format version 1, which is not read any more/,
  },
  {
    name: 'version 99 of the format',
    effort: 'lists',
    change: (files) =>
      replaced(
        files,
        commitmentsPath,
        textOf(files, commitmentsPath).replace('tocsin-commitments-2', 'tocsin-commitments-99'),
      ),
    step: 'archive',
    says: /a bundle of another format version than 2/,
  },
];

const lists: readonly ContentChange[] = [
  {
    name: 'a file that the manifest does not list',
    change: (files) => {
      const manifest = textOf(files, manifestPath)
        .split('\n')
        .filter((line) => !line.endsWith(reportPath));
      return forgeTags(new Map(replaced(files, manifestPath, manifest.join('\n'))));
    },
    step: 'manifest',
    says: /data\/report\.html is not listed in manifest-sha256\.txt/,
  },
  {
    name: 'a file that the manifest lists and that is not there',
    change: (files) =>
      forgeTags(
        new Map(replaced(files, manifestPath, `${textOf(files, manifestPath)}${'0'.repeat(64)}  data/zz\n`)),
      ),
    step: 'manifest',
    says: /data\/zz is missing/,
  },
  {
    name: 'a manifest in another order',
    change: (files) => {
      const lines = textOf(files, manifestPath).split('\n').slice(0, -1).reverse();
      return forgeTags(new Map(replaced(files, manifestPath, `${lines.join('\n')}\n`)));
    },
    step: 'manifest',
    says: /manifest-sha256\.txt: not in byte order/,
  },
  {
    name: 'a manifest that lists one file twice',
    change: (files) => {
      const manifest = textOf(files, manifestPath);
      return forgeTags(new Map(replaced(files, manifestPath, `${manifest}${manifest.split('\n')[0]}\n`)));
    },
    step: 'manifest',
    says: /manifest-sha256\.txt, line \d+: not a digest, two spaces and a name of its own/,
  },
  {
    name: 'a second list that lists more than it should',
    change: (files) => {
      const line = textOf(files, manifestPath)
        .split('\n')
        .find((one) => one.endsWith(reportPath));
      return replaced(files, tagManifestPath, `${textOf(files, tagManifestPath)}${line}\n`);
    },
    step: 'manifest',
    says: /tagmanifest-sha256\.txt: lists more files than it should/,
  },
  {
    name: 'a manifest of a million empty lines',
    change: (files) => forgeTags(new Map(replaced(files, manifestPath, '\n'.repeat(1_000_000)))),
    step: 'manifest',
    says: /manifest-sha256\.txt, line 1: not a digest/,
  },
  {
    name: 'a million figures in investigation.json',
    change: (files) =>
      forged(replaced(files, investigationPath, `{"figures":[${'{},'.repeat(1_000_000)}{}]}`), 'commitments'),
    step: 'manifest',
    says: /data\/investigation\.json was changed/,
  },
  {
    name: 'a million figures in the report',
    change: (files) =>
      forged(
        replaced(
          files,
          reportPath,
          '<data class="figure" data-figure="x" value="1">1</data>'.repeat(1_000_000),
        ),
        'commitments',
      ),
    step: 'manifest',
    says: /data\/report\.html was changed/,
  },
  {
    name: 'no manifest',
    change: (files) => without(files, (name) => name === manifestPath),
    step: 'manifest',
    says: /manifest-sha256\.txt is missing/,
  },
  {
    name: 'no second list',
    change: (files) => without(files, (name) => name === tagManifestPath),
    step: 'manifest',
    says: /tagmanifest-sha256\.txt is missing/,
  },
  {
    name: 'no declaration of the bag',
    change: (files) => without(files, (name) => name === 'bagit.txt'),
    step: 'archive',
    says: /not a bundle/,
  },
  {
    name: 'no report',
    change: (files) =>
      forged(
        without(files, (name) => name === reportPath),
        'lists',
      ),
    step: 'manifest',
    says: /data\/report\.html is missing/,
  },
  {
    name: 'no commitments',
    change: (files) =>
      forged(
        without(files, (name) => name === commitmentsPath),
        'lists',
      ),
    step: 'manifest',
    says: /data\/commitments\.json is missing/,
  },
  {
    name: 'no leaves of a table',
    change: (files) =>
      forged(
        without(files, (name) => name === leavesPath(flow)),
        'commitments',
      ),
    step: 'manifest',
    says: /theft_flow\.leaves is missing/,
  },
];

/** Every change of content, with what a forger makes anew already done. */
export const contentChanges: readonly ContentChange[] = [
  ...bits,
  ...lists,
  ...forgeries.map(({ effort, change, ...rest }) => ({
    ...rest,
    change: (files: Files, other: Files) => forged(change(files, other), effort),
  })),
];

/** One digest of the content of all files: two publications that differ in a byte have two. */
export function digestOfAll(files: Files): string {
  return sha256(canonicalJson(Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)]))));
}
