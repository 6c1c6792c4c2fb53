// The documents say what is so: their links lead somewhere, the npm scripts and commands they name exist, and what README.md
// tells a newcomer to run is what .ci/run runs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commands } from '../packages/tocsin/src/cli/commands.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => (folder === '.' ? name : `${folder}/${name}`));

const documents: readonly string[] = [
  'NOTICE',
  ...filesIn('.', '.md'),
  ...filesIn('docs', '.md'),
  ...filesIn('docs/decisions', '.md'),
  'scenarios/example/README.md',
];

/** Targets of Markdown links and pictures that are no URLs. */
function relativeLinks(text: string): readonly { readonly file: string; readonly anchor: string | null }[] {
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
    .map((target) => {
      const [file = '', anchor] = target.split('#');
      return { file, anchor: anchor ?? null };
    });
}

/** Anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The commands of a document: indented lines, without what `#` explains. */
function commandLines(text: string): readonly string[] {
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line.replace(/\s+#.*$/, ''));
}

const scripts: Readonly<Record<string, unknown>> = JSON.parse(read('package.json')).scripts;

describe.each(documents)('%s', (path) => {
  const text = read(path);

  it('links only to files that exist, and to headings they have', () => {
    const broken = relativeLinks(text).filter(({ file, anchor }) => {
      const target = file === '' ? path : normalize(join(dirname(path), file));
      if (target.startsWith('..') || !existsSync(join(root, target))) return true;
      return anchor !== null && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only npm scripts that package.json has', () => {
    const named = [
      ...[...text.matchAll(/\bnpm run (?:--\S+ )*([a-z][\w:-]*)/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/\bnpm (start|test)\b/g)].map(([, name = '']) => name),
    ];
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('names only commands that tocsin has', () => {
    const named = [...text.matchAll(/(?:npx |`)tocsin\s+([a-z]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => name !== 'help' && !commands.has(name))).toEqual([]);
  });

  it('gives commands only options they have', () => {
    const unknown = [...text.matchAll(/npx tocsin ([a-z]+)([^\n`]*)/g)].flatMap(
      ([, word = '', rest = '']) => {
        const known = ['help', 'config', ...Object.keys(commands.get(word)?.options ?? {})];
        return [...rest.replace(/"[^"]*"/g, '').matchAll(/(?<=\s)--([a-z-]+)/g)]
          .map(([, option = '']) => option)
          .filter((option) => !known.includes(option))
          .map((option) => `${word} --${option}`);
      },
    );
    expect(unknown).toEqual([]);
  });

  it('holds no path of the machine it was written on', () => {
    expect(text).not.toMatch(/(?:^|[\s"'`(=])\/(?:work|tmp|root|home|Users)\//m);
  });
});

describe('README.md', () => {
  const start = 'npm install && npm start';
  const test = 'npm install && npm test';
  const text = read('README.md');

  it('tells in its first lines how to see it run and how to test it', () => {
    const top = commandLines(text.split('\n').slice(0, 20).join('\n'));
    expect(top).toEqual([start, test]);
  });

  it('tells the same test command as .ci/run runs, step by step in that order', () => {
    const steps = [...read('.ci/run').matchAll(/^step '[^']+' \d+ (.+)$/gm)].map(
      ([, command = '']) => command,
    );
    const told = test.split(' && ');
    expect(steps.slice(0, told.length)).toEqual(told);
    expect(steps).toContain(start.split(' && ').at(-1));
  });

  it('shows a picture small enough to load at once', () => {
    const [picture = ''] = /docs\/pictures\/[\w-]+\.png/.exec(text) ?? [];
    const bytes = readFileSync(join(root, picture));
    expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(bytes.length).toBeLessThan(400_000);
  });
});

it('decisions are numbered without a gap, and each begins with its number', () => {
  const pages = filesIn('docs/decisions', '.md').toSorted();
  expect(pages.length).toBeGreaterThan(0);
  for (const [at, page] of pages.entries()) {
    const number = at + 1;
    expect(page).toMatch(new RegExp(`/${String(number).padStart(4, '0')}-[a-z-]+\\.md$`));
    expect(read(page)).toMatch(new RegExp(`^# ${number}\\. `));
  }
});
