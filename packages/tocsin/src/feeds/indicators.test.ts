// Lists of indicators as people keep them: CSV of several layouts, MISP and STIX, good and bad records; and that a long
// list is read the quick way with the same outcome.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TocsinError } from '../ground/errors.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { openEventsStore } from '../store/events/open.ts';
import { guessedIndicator, indicatorOf } from './indicators/indicator.ts';
import { patternTerms } from './indicators/stix.ts';
import { establishIndicators, readIndicators } from './indicators.ts';

let folder: string;
let engine: EventsEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-indicators-'));
  engine = await openEventsStore({ url: null, directory: join(folder, 'db'), memoryBytes: 1e9, threads: 2 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Reads a text as a file; gives `kind value`, and the types skipped. */
async function read(
  text: string,
): Promise<{ readonly found: readonly string[]; readonly skipped: readonly string[] }> {
  const path = join(folder, 'list');
  writeFileSync(path, text);
  const skipped: string[] = [];
  const found: string[] = [];
  for await (const batch of readIndicators(path, (type) => skipped.push(type))) {
    for (const { kind, value, record } of batch) found.push(`${record} ${kind} ${value}`);
  }
  return { found, skipped };
}

const sha256 = 'A'.repeat(64);

describe('a value', () => {
  it.each<readonly [string, string | null]>([
    ['192.0.2.1', 'address 192.0.2.1 128'],
    ['192.0.2.77/24', 'address 192.0.2.0/24 120'],
    ['192.0.2.1/32', 'address 192.0.2.1 128'],
    ['2001:DB8::1', 'address 2001:db8::1 128'],
    ['2001:db8::/32', 'address 2001:db8::/32 32'],
    ['192[.]0[.]2[.]1', 'address 192.0.2.1 128'],
    ['Evil.Example.', 'domain evil.example 0'],
    ['*.evil.example', 'domain evil.example 0'],
    ['evil[.]example', 'domain evil.example 0'],
    ['evil(.)example', 'domain evil.example 0'],
    ['b\u00fccher.example', 'domain xn--bcher-kva.example 0'],
    ['hxxps://evil[.]example/a?b=1#top', 'url evil.example/a?b=1 0'],
    ['http://Evil.Example:80', 'url evil.example/ 0'],
    ['http://evil.example:8080/A', 'url evil.example:8080/A 0'],
    ['evil.example/x.php', 'url evil.example/x.php 0'],
    ['http://192.0.2.1/x', 'url 192.0.2.1/x 0'],
    ['0123456789abcdef0123456789ABCDEF', 'hash 0123456789abcdef0123456789abcdef 0'],
    [sha256, `hash ${sha256.toLowerCase()} 0`],
    ['Ann@Evil.Example', 'email ann@evil.example 0'],
    ['d41d8cd98f00b204e9800998ecf8427e', null],
    ['localhost', null],
    ['1.2.3', null],
    ['192.0.2.1/99', null],
    ['0.0.0.0/0', null],
    ['-bad-.example', null],
    ['what is this', null],
  ])('%s is read as %s', (text, expected) => {
    const found = guessedIndicator(text);
    expect(found && `${found.kind} ${found.value} ${found.bits}`).toBe(expected);
  });

  it('is held to the type it is given', () => {
    expect(indicatorOf('sha1', sha256)).toBeNull();
    expect(indicatorOf('ip-dst', 'evil.example')).toBeNull();
    expect(indicatorOf('JA3-fingerprint-md5', '0'.repeat(32))?.kind).toBe('ja3');
  });
});

describe('a CSV list', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['of one column', '192.0.2.1\nevil.example\n', ['1 address 192.0.2.1', '2 domain evil.example']],
    [
      'with a header',
      'type,value,note\nip,192.0.2.1,x\ndomain,evil.example,\n',
      ['2 address 192.0.2.1', '3 domain evil.example'],
    ],
    [
      'with other names in another order',
      'comment,IOC_Value,IOC_Type\n"a, b",192.0.2.1,ip-src\n',
      ['2 address 192.0.2.1'],
    ],
    [
      'of type and value without a header',
      'md5,0123456789abcdef0123456789abcdef\n',
      ['1 hash 0123456789abcdef0123456789abcdef'],
    ],
    ['whose column is a type', 'sha256\n'.concat(sha256), [`2 hash ${sha256.toLowerCase()}`]],
    [
      'with comments, blank lines and a mark at its head',
      '\ufeff# list\n\n192.0.2.1\r\n',
      ['3 address 192.0.2.1'],
    ],
    ['that files addresses under domains', 'type,value\ndomain,192.0.2.1\n', ['2 address 192.0.2.1']],
    ['with quoted cells', '"domain","evil.example","said ""bad"""\n', ['1 domain evil.example']],
    ['with semicolons', 'type;value\nip;192.0.2.1\n', ['2 address 192.0.2.1']],
    ['that is empty', '', []],
  ])('%s', async (_, text, expected) => {
    expect((await read(text)).found).toEqual(expected);
  });

  it('skips and counts types that cannot be matched', async () => {
    expect(await read('type,value\nmutex,Global\\x\nip,192.0.2.1\n')).toEqual({
      found: ['3 address 192.0.2.1'],
      skipped: ['mutex'],
    });
  });

  it.each<readonly [string, string, RegExp]>([
    [
      'a value of another type',
      'type,value\nip,192.0.2.1\nip,nothing here\n',
      /list, line 3: the value is no ip/,
    ],
    ['a value of no type', '192.0.2.1\nwhat is this\n', /line 2: the value is no address, domain/],
    ['a line without value', 'type,value\nip,\n', /line 2: the line has no value/],
    ['quotes that do not close', 'type,value\nip,"192.0.2.1\n', /line 2: the line is no CSV/],
  ])('is refused for %s, with the line', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toThrow(TocsinError);
  });
});

const attribute = (type: string, value: string, more: object = {}) => ({
  type,
  value,
  to_ids: true,
  ...more,
});

describe('a MISP event', () => {
  const event = {
    info: 'Campaign',
    Attribute: [
      attribute('ip-dst', '192.0.2.1'),
      attribute('domain|ip', 'evil.example|192.0.2.2'),
      attribute('filename|sha256', `a.exe|${sha256}`),
      attribute('ip-dst|port', '192.0.2.3|443'),
      attribute('ip-dst', '192.0.2.4', { to_ids: false }),
      attribute('ip-dst', '192.0.2.5', { deleted: '1' }),
      attribute('mutex', 'x'),
    ],
    Object: [{ name: 'url', Attribute: [attribute('url', 'http://evil.example/a')] }],
  };
  const expected = {
    found: [
      '1 address 192.0.2.1',
      '2 domain evil.example',
      '2 address 192.0.2.2',
      `3 hash ${sha256.toLowerCase()}`,
      '4 address 192.0.2.3',
      '8 url evil.example/a',
    ],
    skipped: ['not meant for detection', 'deleted', 'mutex'],
  };

  it.each<readonly [string, unknown]>([
    ['exported', { Event: event }],
    ['in a list', [{ Event: event }]],
    ['in an answer', { response: [{ Event: event }] }],
    ['as an answer of attributes', { response: { Attribute: event.Attribute, Object: event.Object } }],
  ])('%s gives what is meant for detection', async (_, value) => {
    expect(await read(JSON.stringify(value))).toEqual(expected);
  });

  it.each<readonly [string, unknown, RegExp]>([
    [
      'a value that is none',
      { Event: { Attribute: [attribute('ip-dst', '192.0.2.1'), attribute('md5', 'x')] } },
      /attribute 2: its value is no md5/,
    ],
    ['an attribute without type', { Event: { Attribute: [{ value: 'x' }] } }, /attribute 1: it has no type/],
    ['attributes that are no list', { Event: { Attribute: 'x' } }, /event 1/],
    ['JSON of another kind', { hello: 1 }, /neither a MISP event nor a STIX bundle/],
  ])('is refused for %s, with the record', async (_, value, message) => {
    await expect(read(JSON.stringify(value))).rejects.toThrow(message);
  });
});

describe('a STIX bundle', () => {
  const indicator = (pattern: string, more: object = {}) => ({
    type: 'indicator',
    pattern,
    pattern_type: 'stix',
    ...more,
  });

  it('gives equalities and observed values, and counts what says more', async () => {
    const objects = [
      indicator("[ipv4-addr:value = '192.0.2.1']"),
      indicator("[domain-name:value = 'evil.example' OR url:value = 'http://evil.example/x']"),
      indicator("[ipv4-addr:value ISSUBSET '198.51.100.0/24']"),
      indicator(`[file:hashes.'SHA-256' = '${sha256}']`),
      indicator("[file:name = 'a.exe' AND file:size = 3]"),
      indicator("[ipv4-addr:value = '192.0.2.9']", { revoked: true }),
      indicator('alert tcp any any', { pattern_type: 'snort' }),
      { type: 'domain-name', value: 'seen.example' },
      { type: 'file', hashes: { MD5: '0'.repeat(32), SSDEEP: '3:x:y' } },
      { type: 'malware', name: 'x' },
    ];
    expect(await read(JSON.stringify({ type: 'bundle', id: 'bundle--1', objects }))).toEqual({
      found: [
        '1 address 192.0.2.1',
        '2 domain evil.example',
        '2 url evil.example/x',
        '3 address 198.51.100.0/24',
        `4 hash ${sha256.toLowerCase()}`,
        '8 domain seen.example',
        `9 hash ${'0'.repeat(32)}`,
      ],
      skipped: ['pattern beyond equality', 'revoked', 'pattern snort'],
    });
  });

  it.each<readonly [string, readonly string[] | null]>([
    ["[ipv4-addr:value = 'a'] OR [ipv4-addr:value = 'b']", ['a', 'b']],
    ["[(ipv4-addr:value = 'a')]", ['a']],
    ["[ipv4-addr:value IN ('a', 'b')]", ['a', 'b']],
    ["[url:value = 'it\\'s']", ["it's"]],
    ["[ipv4-addr:value = 'a' AND domain-name:value = 'b']", null],
    ["[ipv4-addr:value = 'a'] FOLLOWEDBY [ipv4-addr:value = 'b']", null],
    ["[ipv4-addr:value != 'a']", null],
    ["[NOT ipv4-addr:value = 'a']", null],
    ["[url:value LIKE 'a%']", null],
    ["[ipv4-addr:value = 'a'", null],
    ['', null],
  ])('pattern %s has the terms %j', (pattern, expected) => {
    expect(patternTerms(pattern)?.map(({ value }) => value) ?? null).toEqual(expected);
  });

  it.each<readonly [string, unknown, RegExp]>([
    [
      'a value of another type',
      [indicator("[ipv4-addr:value = 'evil.example']")],
      /object 1: its pattern's value is no ipv4-addr/,
    ],
    ['an object without type', [{ value: 'x' }], /object 1: type/],
    ['objects that are no list', 'x', /bundle: its objects/],
  ])('is refused for %s, with the object', async (_, objects, message) => {
    await expect(read(JSON.stringify({ type: 'bundle', objects }))).rejects.toThrow(message);
  });
});

it('refuses what is no JSON though it begins like it', async () => {
  await expect(read('{\n"type": "bundle",\n"objects": [}')).rejects.toThrow(
    /list, (?:line 3|file): it is no JSON/,
  );
});

describe('a long list in the store', () => {
  // Long enough for the quick way.
  const filler = Array.from(
    { length: 40_000 },
    (_, at) => `domain,n${at}.filler-of-the-list.example,note ${at}`,
  );
  const stored = async (lines: readonly string[]): Promise<readonly string[]> => {
    const path = join(folder, 'long.csv');
    writeFileSync(path, `${['type,value,note', ...filler, ...lines].join('\r\n')}\n`);
    const summary = await establishIndicators(engine, path, folder);
    const rows = await engine.query(
      `SELECT kind, value, toString(low) AS low, bits, type, record, note FROM indicator
       WHERE kind != '' AND NOT endsWith(value, 'filler-of-the-list.example') ORDER BY record`,
    );
    const [count] = await engine.query("SELECT count() AS n FROM indicator WHERE kind != ''");
    expect(count?.['n']).toBe(summary.indicators);
    return rows.map((row) => Object.values(row).join(' '));
  };
  const singly = async (lines: readonly string[]): Promise<readonly string[]> => {
    const path = join(folder, 'short.csv');
    writeFileSync(path, `${['type,value,note', ...lines].join('\r\n')}\n`);
    const rows: string[] = [];
    for await (const batch of readIndicators(path, () => undefined)) {
      for (const { kind, value, low, bits, type, record, note } of batch) {
        const text = low.includes(':') ? low : `::ffff:${low}`;
        rows.push([kind, value, text, bits, type, record + filler.length, note].join(' '));
      }
    }
    return rows;
  };

  const part = fc.constantFrom(
    'a',
    'B',
    '1',
    '-',
    '.',
    'evil',
    'example',
    '/',
    '?',
    ':',
    '[.]',
    '_',
    '192.0.2.',
    'http://',
    'a'.repeat(32),
    '0',
    ' ',
    '%',
    '(',
    '\u00e9',
  );
  const cell = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  const type = fc.constantFrom(
    'ip',
    'domain',
    'URL',
    'md5',
    'hash',
    'ip-dst',
    'sha256',
    '',
    'mutex',
    'email',
  );
  const line = fc.tuple(type, cell, cell).map((cells) => cells.join(','));

  it('is what reading it line by line gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 200, maxLength: 200 }), async (lines) => {
        const good: string[] = [];
        for (const given of lines) {
          // A line that is refused would end the reading; both ways refuse the same, which the next test shows.
          if (
            await read(`type,value,note\n${given}\n`).then(
              () => true,
              () => false,
            )
          )
            good.push(given);
        }
        expect(await stored(good)).toEqual(await singly(good));
      }),
      { numRuns: 5, endOnFailure: true },
    );
  }, 120_000);

  it('is refused for the same line', async () => {
    await expect(stored(['ip,192.0.2.1,x', 'md5,nothing,y'])).rejects.toThrow(
      /long\.csv, line 40003: the value is no md5/,
    );
  });
});
