// Whose an address is: here and in the store the same, by the longest prefix; private addresses are ours when nobody
// says whose network it is.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import { addressText, parsePrefix } from '../vocabulary/address.ts';
import { type Constituency, establishConstituency } from './constituency.ts';
import type { ConstituencyPrefix } from './prefix-file.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
});
afterAll(() => store.close());

function entry(text: string, organisation: string, sector = ''): ConstituencyPrefix {
  const prefix = parsePrefix(text);
  if (prefix === null) throw new Error(`${text} is no prefix`);
  return { organisation, sector, prefix, contact: '' };
}

/** Whether the store takes the addresses for ours, and whose they are. */
async function inStore(addresses: readonly string[]) {
  const rows = await store.engine.query(
    `SELECT dictHas('constituency', toIPv6(a)) AS ours, dictGetString('constituency', 'organisation', toIPv6(a)) AS who
     FROM (SELECT arrayJoin({addresses:Array(String)}) AS a, rowNumberInAllBlocks() AS n)`,
    { addresses },
  );
  return rows.map((row) => (row['ours'] === 1 ? String(row['who']) : null));
}
const here = (constituency: Constituency, addresses: readonly string[]) =>
  addresses.map((ip) =>
    constituency.isInside(ip) ? (constituency.organisationOf(ip)?.organisation ?? '') : null,
  );

describe('a given constituency', () => {
  const addresses = [
    '10.0.0.1',
    '10.1.0.1',
    '10.1.2.3',
    '10.1.2.4',
    '11.0.0.1',
    '2001:db8::1',
    '2001:db8:1::1',
    '::1',
    '192.168.0.1',
  ];

  it('is asked by the longest prefix, for IPv4 and IPv6', async () => {
    const constituency = await establishConstituency(store.engine, [
      entry('10.0.0.0/8', 'Ministry', 'government'),
      entry('10.1.0.0/16', 'Agency'),
      entry('10.1.2.3/32', 'Host'),
      entry('2001:db8::/32', 'Six'),
      entry('2001:db8:1::/48', 'Inner'),
    ]);
    const expected = ['Ministry', 'Agency', 'Host', 'Agency', null, 'Six', 'Inner', null, null];
    expect(here(constituency, addresses)).toEqual(expected);
    expect(await inStore(addresses)).toEqual(expected);
    expect(constituency.organisationOf('10.0.0.1')).toEqual({
      organisation: 'Ministry',
      sector: 'government',
    });
    expect(constituency.organisationOf('11.0.0.1')).toBe(null);
  });

  it('knows an IPv4 address in its IPv6 form', async () => {
    const constituency = await establishConstituency(store.engine, [entry('::ffff:10.0.0.0/104', 'A')]);
    expect(here(constituency, ['10.0.0.1', '::ffff:10.0.0.1', '::ffff:b00:1'])).toEqual(['A', 'A', null]);
    expect(await inStore(['10.0.0.1', '::ffff:10.0.0.1', '11.0.0.1'])).toEqual(['A', 'A', null]);
  });

  it('replaces the one before', async () => {
    await establishConstituency(store.engine, [entry('10.0.0.0/8', 'Before')]);
    await establishConstituency(store.engine, [entry('192.0.2.0/24', 'After')]);
    expect(await inStore(['10.0.0.1', '192.0.2.1'])).toEqual([null, 'After']);
  });

  it('that is empty has nobody inside', async () => {
    const constituency = await establishConstituency(store.engine, []);
    expect(here(constituency, addresses)).toEqual(addresses.map(() => null));
    expect(await inStore(addresses)).toEqual(addresses.map(() => null));
  });

  it('of thousands of prefixes and hostile names is taken whole', async () => {
    const many = Array.from({ length: 9000 }, (_, at) =>
      entry(`10.${at >> 8}.${at & 255}.0/24`, `O'x \\ "${at}"`),
    );
    const constituency = await establishConstituency(store.engine, many);
    expect(await inStore(['10.0.0.1', '10.35.39.255', '10.36.0.1'])).toEqual([
      `O'x \\ "0"`,
      `O'x \\ "8999"`,
      null,
    ]);
    expect(constituency.organisationOf('10.35.39.255')?.organisation).toBe(`O'x \\ "8999"`);
  });

  it('is summed up by organisation', async () => {
    const { summary } = await establishConstituency(store.engine, [
      entry('10.0.0.0/8', 'A', 'energy'),
      entry('192.0.2.0/24', 'A', 'energy'),
      entry('2001:db8::/32', 'B'),
    ]);
    expect(summary).toEqual({
      source: 'file',
      organisations: [
        { organisation: 'A', sector: 'energy', prefixes: ['10.0.0.0/8', '192.0.2.0/24'] },
        { organisation: 'B', sector: '', prefixes: ['2001:db8::/32'] },
      ],
    });
  });

  it('says here what the store says, whatever the prefixes', async () => {
    const prefix = fc
      .tuple(
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 32 }),
      )
      .map(([second, third, length]) => parsePrefix(`10.${second}.${third}.0/${length}`)?.text ?? '');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(prefix, { maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 40 }),
        async (prefixes, numbers) => {
          const constituency = await establishConstituency(
            store.engine,
            prefixes.map((text) => entry(text, text)),
          );
          const asked = [
            ...numbers.map((number) => addressText(0xffff_0000_0000n + BigInt(number))),
            ...prefixes.map((text) => addressText(parsePrefix(text)?.last ?? 0n)),
          ];
          expect(here(constituency, asked)).toEqual(await inStore(asked));
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('without one', () => {
  it.each<[string, boolean]>([
    ['10.255.255.255', true],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['192.169.0.1', false],
    ['169.254.1.1', true],
    ['fd00::1', true],
    ['fe80::1', true],
    ['2001:db8::1', false],
    ['8.8.8.8', false],
    ['no address', false],
  ])('%s is ours: %s', async (ip, expected) => {
    const constituency = await establishConstituency(store.engine, null);
    expect(constituency.isInside(ip)).toBe(expected);
    expect(constituency.organisationOf(ip)).toBe(null);
    expect(constituency.summary.source).toBe('assumed');
  });
});
