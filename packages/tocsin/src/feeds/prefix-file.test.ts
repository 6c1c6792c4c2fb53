// The two files that say whose a network is: read whole, or refused with the file, the row and what to do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TocsinError } from '../ground/errors.ts';
import { readConstituency, readNetworks } from './prefix-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-feeds-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'given.csv');
const write = (content: string | Buffer): string => {
  writeFileSync(path, content);
  return path;
};
const constituency = (content: string) =>
  readConstituency(write(content)).map(({ prefix, ...rest }) => ({ ...rest, prefix: prefix.text }));
const networks = (content: string) =>
  readNetworks(write(content)).map(({ prefix, ...rest }) => ({ ...rest, prefix: prefix.text }));

function refusalOf(read: () => unknown): TocsinError {
  try {
    read();
  } catch (error) {
    if (error instanceof TocsinError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a constituency', () => {
  it('is read in order of organisation and prefix', () => {
    expect(
      constituency(
        'organisation,sector,cidr,contact\nB,energy,192.0.2.0/24,b@example.org\nA,,10.1.2.3/16,\nA,,2001:db8::/32,\n',
      ),
    ).toEqual([
      { organisation: 'A', sector: '', prefix: '10.1.0.0/16', contact: '' },
      { organisation: 'A', sector: '', prefix: '2001:db8::/32', contact: '' },
      { organisation: 'B', sector: 'energy', prefix: '192.0.2.0/24', contact: 'b@example.org' },
    ]);
  });

  it.each<[string, string]>([
    ['columns in any order and case', 'CIDR,Organisation\n10.0.0.0/8,A\n'],
    ['a byte order mark', '\ufefforganisation,cidr\nA,10.0.0.0/8\n'],
    ['Windows line ends', 'organisation,cidr\r\nA,10.0.0.0/8\r\n'],
    ['comments and blank lines', '# ours\norganisation,cidr\n\n# main site\nA,10.0.0.0/8\n\n'],
    ['quotes and spaces', 'organisation , cidr\n"A" , 10.0.0.0/8 \n'],
  ])('may have %s', (_, content) => {
    expect(constituency(content)).toEqual([
      { organisation: 'A', sector: '', prefix: '10.0.0.0/8', contact: '' },
    ]);
  });

  it('may hold a comma and a quote in a name', () => {
    expect(constituency('organisation,cidr\n"Water, ""North""",10.0.0.1\n')[0]).toMatchObject({
      organisation: 'Water, "North"',
      prefix: '10.0.0.1/32',
    });
  });

  it('may hold a # in a name', () => {
    expect(constituency('organisation,cidr\nSite #7,10.0.0.0/8\n')[0]).toMatchObject({
      organisation: 'Site #7',
    });
  });

  it('may be empty', () => {
    expect(constituency('organisation,cidr\n')).toEqual([]);
  });
});

describe('networks', () => {
  it('are read with or without AS, in any spelling of its number', () => {
    expect(
      networks(
        'cidr,asn,as_name,country\n192.0.2.0/24,64500,Example,NL\n198.51.100.0/24,AS4294967295,,\n203.0.113.7,,,CN\n',
      ),
    ).toEqual([
      { prefix: '192.0.2.0/24', asn: 64_500, asName: 'Example', country: 'NL' },
      { prefix: '198.51.100.0/24', asn: 4_294_967_295, asName: '', country: '' },
      { prefix: '203.0.113.7/32', asn: 0, asName: '', country: 'CN' },
    ]);
  });
});

describe('a bad file is refused with its name, the row and the remedy', () => {
  it.each<[string, string, number, RegExp]>([
    ['a prefix that is none', 'organisation,cidr\nA,10.0.0.0/8\nB,10.0.0.0/33\n', 3, /no network prefix/],
    ['an address that is none', 'organisation,cidr\nA,ten\n', 2, /no network prefix/],
    ['no prefix', 'organisation,cidr\nA\n', 2, /no network prefix/],
    [
      'a bad row after comments and blank lines',
      '# ours\n\norganisation,cidr\n\n# next\nA,ten\n',
      6,
      /no network prefix/,
    ],
    [
      'a bad row after a cell of several lines',
      'organisation,cidr\n"A\nB",10.0.0.0/8\nC,ten\n',
      4,
      /no network prefix/,
    ],
    ['a header without what is needed', 'organisation,network\n', 1, /header lacks cidr/],
    ['a header with an unknown column', 'organisation,cidr,colour\n', 1, /unknown column colour/],
    ['no header', '10.0.0.0/8,A\n', 1, /header lacks/],
    ['nothing', '', 1, /header lacks/],
    ['a quote that never closes', 'organisation,cidr\n"A,10.0.0.0/8\n', 2, /no CSV/],
    [
      'a row with more cells than the header',
      'organisation,cidr\nA,10.0.0.0/8,energy\n',
      2,
      /more cells than the header/,
    ],
  ])('%s', (_, content, line, detail) => {
    const refusal = refusalOf(() => constituency(content));
    expect([refusal.code, refusal.exitCode]).toEqual(['networks-file', 1]);
    expect(refusal.message).toContain(`${path}, line ${line}: `);
    expect(refusal.message).toMatch(detail);
    expect(refusal.remedy).toContain('organisation,sector,cidr,contact');
  });

  it.each<[string, string, RegExp]>([
    ['an AS number that is none', 'cidr,asn\n10.0.0.0/8,sixty\n', /line 2: the AS number/],
    ['an AS number too large', 'cidr,asn\n10.0.0.0/8,4294967296\n', /line 2: the AS number/],
    ['a constituency in its place', 'organisation,cidr\nA,10.0.0.0/8\n', /unknown column organisation/],
  ])('%s', (_, content, expected) => {
    expect(refusalOf(() => networks(content)).message).toMatch(expected);
  });

  it('that is not there or is a folder', () => {
    expect(refusalOf(() => readNetworks(join(folder, 'none.csv')))).toMatchObject({ code: 'path-missing' });
    expect(refusalOf(() => readNetworks(folder))).toMatchObject({ code: 'path-unreadable' });
  });
});
