// The command line: which words are understood, what is said of the others, and the exit status.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { detectors } from '../detect/registry.generated.ts';
import { formats } from '../formats/registry.generated.ts';
import { describeSettings } from '../ground/config.ts';
import { commands, help } from './commands.ts';
import { run } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

let out = '';
let errors = '';
beforeEach(() => {
  out = '';
  errors = '';
  // Each run listens for Ctrl-C once; a process has one run, this one has many.
  process.setMaxListeners(200);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('is given for %j and is no failure', async (words) => {
    expect(await run(words)).toBe(0);
    for (const { usage } of commands.values()) expect(out).toContain(usage);
    expect(errors).toBe('');
  });

  it.each([...commands.keys()])('of %s names all its options, and runs nothing', async (word) => {
    expect(await run([word, '--help'])).toBe(0);
    expect(out).toBe(help(word));
    for (const [name, { about }] of Object.entries(commands.get(word)?.options ?? {}))
      expect(out).toContain(`--${name}: ${about}`);
  });

  it('says what the exit status means', () => {
    expect(help()).toMatch(/Exit status: 0 .*, 1 .*, 130 /);
  });
});

describe('words that are not understood end with status 1 and a remedy', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['an unknown command', ['investigat'], /there is no command investigat/],
    ['an unknown option', ['investigate', 'x', '--speed', '9'], /Unknown option '--speed'/],
    ['an option without its value', ['investigate', 'x', '--out'], /--out/],
    ['a value for a switch', ['investigate', 'x', '--keep-raw=yes'], /--keep-raw/],
    ['nothing to investigate', ['investigate'], /investigate needs a file or folder/],
    ['evidence that is not there', ['investigate', join(folder, 'none')], /No such file or folder: none/],
    [
      'a constituency that is not there',
      ['investigate', folder, '--constituency', join(folder, 'none.csv')],
      /none\.csv/,
    ],
    ['raw evidence to keep nowhere', ['investigate', folder, '--keep-raw'], /--keep-raw needs --data/],
    ['a zone that is none', ['investigate', folder, '--assume-zone', 'Berlin'], /offset such as \+08:00/],
    ['a zone beyond the last', ['investigate', folder, '--assume-zone', '+20:00'], /assumed_zone_minutes/],
    ['a year that is none', ['investigate', folder, '--assume-year', '24'], /year such as 2024/],
    ['a year out of range', ['investigate', folder, '--assume-year', '1900'], /assumed_year/],
    ['no bundle', ['verify'], /verify takes one bundle/],
    ['two bundles', ['verify', 'a', 'b'], /verify takes one bundle/],
    ['a bundle that is not there', ['verify', join(folder, 'none.zip')], /No such file or folder/],
    [
      'a query that writes',
      ['query', '--data', folder, 'DROP TABLE network'],
      /The query is refused: it does not begin/,
    ],
    [
      'a query that hides what it is',
      ['query', '--data', folder, '/* SELECT */ INSERT INTO x VALUES (1)'],
      /does not begin with SELECT/,
    ],
    [
      'a query in a format that is none',
      ['query', '--data', folder, '--format', "CSV INTO OUTFILE 'x'", 'SELECT 1'],
      /format is no name/,
    ],
    ['a query of nothing', ['query', 'SELECT 1'], /query needs --data/],
    [
      'a query of a directory without events',
      ['query', '--data', folder, 'SELECT 1'],
      /No such file or folder/,
    ],
    ['evidence without an act', ['evidence', '--data', folder], /list or custody/],
    ['evidence of nothing', ['evidence', 'list'], /--data/],
    ['a configuration that is not there', ['config', '--config', join(folder, 'none.json')], /none\.json/],
  ])('%s', async (_, words, expected) => {
    expect(await run(words)).toBe(1);
    const [said = '', remedy = ''] = errors.trimEnd().split('\n').slice(-2);
    expect(said).toMatch(/^tocsin: /);
    expect(said).toMatch(expected);
    expect(remedy.length).toBeGreaterThan(10);
    expect(existsSync(join(process.cwd(), 'tocsin-out', 'x'))).toBe(false);
  });
});

describe('what can be listed', () => {
  it('are the detectors, with their caveats', async () => {
    expect(await run(['detectors'])).toBe(0);
    for (const { id, technique, caveat } of detectors) {
      expect(out).toContain(`${id} (${technique}): `);
      expect(out).toContain(caveat);
    }
  });

  it('are the formats', async () => {
    expect(await run(['formats'])).toBe(0);
    for (const { id, title } of formats) expect(out).toContain(`${id}: ${title}`);
  });

  it('are the settings', async () => {
    expect(await run(['config', '--explain'])).toBe(0);
    for (const { name, variable } of describeSettings())
      expect(out).toMatch(new RegExp(`^${name} .*${variable}`, 'm'));
  });
});
