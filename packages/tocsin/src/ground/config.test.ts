// The configuration: what wins over what, what is refused, and that no message repeats a value.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeSettings, explainConfig, loadConfig } from './config.ts';
import { TocsinError } from './errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settingsFile = (content: string): string => {
  const path = join(folder, 'settings.json');
  writeFileSync(path, content);
  return path;
};

describe('where a setting comes from', () => {
  it('has a default for every setting that needs one', () => {
    const config = loadConfig({ env: {} });
    expect(config).toMatchObject({
      memory_bytes: 2_147_483_648,
      max_record_bytes: 1_048_576,
      max_expansion_ratio: 200,
      max_expanded_bytes: 68_719_476_736,
      max_archive_members: 10_000,
      max_archive_depth: 3,
      assumed_zone_minutes: 0,
      block_bytes: 67_108_864,
      log_level: 'warn',
    });
    expect(config.threads).toBeGreaterThan(0);
    expect(config.events_url).toBeUndefined();
    expect(new Set(Object.values(config.origins))).toEqual(new Set(['default']));
  });

  it('takes the command line over the environment over the file over the default', () => {
    const file = settingsFile('{"threads": 2, "max_archive_depth": 5, "log_level": "info"}');
    const env = { TOCSIN_CONFIG: file, TOCSIN_THREADS: '3', TOCSIN_MAX_ARCHIVE_DEPTH: '6', PATH: '/bin' };
    const config = loadConfig({ env, overrides: { threads: '4' } });
    expect([config.threads, config.max_archive_depth, config.log_level]).toEqual([4, 6, 'info']);
    expect(config.origins).toMatchObject({
      threads: 'command line',
      max_archive_depth: 'environment',
      log_level: 'file',
      block_bytes: 'default',
    });
  });

  it('reads the file given by option and not the one in the environment', () => {
    const file = settingsFile('{"threads": 7}');
    expect(loadConfig({ env: { TOCSIN_CONFIG: '/nowhere' }, file }).threads).toBe(7);
  });

  it('tells a zone that was set to UTC from one that was not set', () => {
    expect(loadConfig({ env: {} }).origins.assumed_zone_minutes).toBe('default');
    const set = loadConfig({ env: { TOCSIN_ASSUMED_ZONE_MINUTES: '0' } });
    expect([set.assumed_zone_minutes, set.origins.assumed_zone_minutes]).toEqual([0, 'environment']);
  });

  it('looks for programs where the shell does unless told otherwise', () => {
    const usual = loadConfig({ env: { PATH: '/usr/bin:/bin' } });
    expect([usual.program_path, usual.origins.program_path]).toEqual(['/usr/bin:/bin', 'default']);
    expect(loadConfig({ env: { PATH: '/bin', TOCSIN_PROGRAM_PATH: '/opt/zeek/bin' } }).program_path).toBe(
      '/opt/zeek/bin',
    );
  });

  it('counts an empty variable and an absent option as not set', () => {
    const config = loadConfig({ env: { TOCSIN_EVENTS_URL: '' }, overrides: { threads: undefined } });
    expect([config.origins.events_url, config.origins.threads]).toEqual(['default', 'default']);
  });
});

describe('what is refused', () => {
  const refused = (sources: Parameters<typeof loadConfig>[0]): string => {
    try {
      loadConfig(sources);
    } catch (error) {
      if (error instanceof TocsinError) return `${error.code}: ${error.message}`;
      throw error;
    }
    return 'accepted';
  };

  it.each([
    [
      'an unknown variable, naming the near one',
      { env: { TOCSIN_THREAD: '2' } },
      /TOCSIN_THREAD.*TOCSIN_THREADS/,
    ],
    [
      'an unknown variable that is like none',
      { env: { TOCSIN_QQQQQQQQ: '2' } },
      /TOCSIN_QQQQQQQQ: there is no such setting\.$/,
    ],
    ['an unknown option', { env: {}, overrides: { memory: 1 } }, /config: Setting memory: there is no such/],
    [
      'text for a number',
      { env: { TOCSIN_THREADS: 'many' } },
      /threads.*environment.*whole number, 1 to 1024/,
    ],
    ['a fraction', { env: { TOCSIN_THREADS: '1.5' } }, /threads/],
    ['a unit after the number', { env: { TOCSIN_MEMORY_BYTES: '2GiB' } }, /memory_bytes/],
    [
      'a number out of range',
      { env: {}, overrides: { max_archive_depth: 17 } },
      /max_archive_depth.*command line.*1 to 16/,
    ],
    ['a word that is no level', { env: { TOCSIN_LOG_LEVEL: 'loud' } }, /error, warn, info, debug/],
    ['a URL that is not http', { env: { TOCSIN_EVENTS_URL: 'ftp://host/' } }, /events_url.*http or https/],
    [
      'a record longer than a block',
      { env: {}, overrides: { max_record_bytes: 4_194_304, block_bytes: 2_097_152 } },
      /max_record_bytes: is larger than block_bytes/,
    ],
    ['a file that is not there', { env: { TOCSIN_CONFIG: join(folder, 'none.json') } }, /^path-missing: /],
    ['a folder as file', { env: { TOCSIN_CONFIG: folder } }, /^path-unreadable: /],
  ])('%s', (_, sources, expected) => {
    expect(refused(sources)).toMatch(expected);
  });

  it.each([
    ['no JSON', 'threads=2', /does not hold one JSON object/],
    ['a JSON array', '[]', /does not hold one JSON object/],
    ['an unknown key', '{"thread": 2}', /Setting thread: .*did you mean threads/],
    ['a number written as text', '{"threads": "2"}', /threads.*file.*whole number/],
    ['a key of every object', '{"__proto__": {"threads": 2}}', /no such setting/],
  ])('a file with %s', (_, content, expected) => {
    expect(refused({ env: {}, file: settingsFile(content) })).toMatch(expected);
  });

  it('without repeating the value, which may hold a password', () => {
    expect(refused({ env: { TOCSIN_EVENTS_URL: 'ftp://user:secret@host/' } })).not.toContain('secret');
  });
});

describe('the explanation', () => {
  it('shows every setting with value, origin, unit, range and variable', () => {
    const text = explainConfig(loadConfig({ env: { TOCSIN_THREADS: '3' } }));
    for (const { name, variable } of describeSettings()) {
      expect(text).toMatch(new RegExp(`^${name} .*${variable} `, 'm'));
    }
    expect(text).toMatch(/^threads +3 +environment +threads +1 to 1024 /m);
    expect(text).toMatch(/^assumed_year +\(derived from the other evidence\) +default /m);
  });

  it('masks the password of a server', () => {
    const text = explainConfig(
      loadConfig({ env: { TOCSIN_EVENTS_URL: 'https://me:secret@events.example:8443/' } }),
    );
    expect(text).toContain('https://***@events.example:8443/');
    expect(text).not.toContain('secret');
  });
});
