// Who holds an address: what was given wins over the built-in data.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTemporaryStore, type TemporaryStore } from '../store/events/temporary-store.support.ts';
import { parsePrefix } from '../vocabulary/address.ts';
import { ownersOf } from './networks.ts';
import type { NetworkPrefix } from './prefix-file.ts';

let store: TemporaryStore;
beforeAll(async () => {
  store = await openTemporaryStore();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

function given(text: string, asn: number, asName: string, country: string): NetworkPrefix {
  const prefix = parsePrefix(text);
  if (prefix === null) throw new Error(`${text} is no prefix`);
  return { prefix, asn, asName, country };
}
const ask = (addresses: readonly string[], networks: readonly NetworkPrefix[] = []) =>
  ownersOf(store.engine, addresses, { given: networks, scratch: store.scratch });

describe('the owner of an address', () => {
  it('is what was given, by the longest prefix', async () => {
    const owners = await ask(
      ['192.0.2.1', '192.0.2.129', '2001:db8::1', '10.0.0.1'],
      [
        given('192.0.2.0/24', 64_500, "Exam'ple, \\ Inc.\t", 'NL'),
        given('192.0.2.128/25', 64_501, 'Inner', 'DE'),
        given('2001:db8::/32', 0, '', 'SE'),
      ],
    );
    expect(owners.get('192.0.2.1')).toMatchObject({ asn: 64_500, country: 'NL' });
    expect(owners.get('192.0.2.129')).toEqual({ asn: 64_501, as_name: 'Inner', country: 'DE' });
    expect(owners.get('2001:db8::1')).toEqual({ asn: null, as_name: null, country: 'SE' });
    expect(owners.get('10.0.0.1')).toBe(undefined);
  });

  it('comes from the built-in data when nothing was given for it', async () => {
    const owners = await ask(
      ['8.8.8.8', '2001:4860:4860::8888', '10.0.0.1'],
      [given('192.0.2.0/24', 1, 'x', 'NL')],
    );
    expect(owners.get('8.8.8.8')?.asn).toBe(15_169);
    expect(owners.get('8.8.8.8')?.country).toMatch(/^[A-Z]{2}$/);
    expect(owners.get('2001:4860:4860::8888')?.asn).toBe(15_169);
    // Special addresses have no owner, even when the built-in data is looked at.
    expect(owners.get('10.0.0.1')).toBe(undefined);
  });

  it('that was given wins over the built-in data', async () => {
    const owners = await ask(['8.8.8.8', '8.8.4.4'], [given('8.8.8.0/24', 64_500, 'Ours', 'ZZ')]);
    expect(owners.get('8.8.8.8')).toEqual({ asn: 64_500, as_name: 'Ours', country: 'ZZ' });
    expect(owners.get('8.8.4.4')?.asn).toBe(15_169);
  });

  it('is what the row of the built-in data says whose range holds it, at its ends too', async () => {
    const folder = dirname(createRequire(import.meta.url).resolve('@ip-location-db/asn/package.json'));
    for (const file of ['asn-ipv4.csv', 'asn-ipv6.csv']) {
      // A row out of hundreds, so that ranges of all sizes and places are among them.
      const rows = readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((_, at) => at % 997 === 500);
      const expected = new Map(
        rows.flatMap((row) => {
          const [first = '', last = '', asn] = row.split(',');
          return [first, last].map((address) => [address, Number(asn)] as const);
        }),
      );
      const owners = await ask([...expected.keys()]);
      const wrong = [...expected].filter(([address, asn]) => owners.get(address)?.asn !== asn);
      expect([expected.size > 100, wrong]).toEqual([true, []]);
    }
  });

  it.each([
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '172.31.0.1',
    '192.168.0.1',
    '198.51.100.1',
    '224.0.0.1',
    '239.1.1.1',
    '255.255.255.255',
    'fd00::1',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '::1',
  ])('of a special address is nobody: %s', async (address) => {
    expect((await ask([address])).size).toBe(0);
  });

  it.each([
    ['100.128.0.1', 'US'],
    ['172.32.0.1', 'US'],
    ['220.181.38.148', 'CN'],
    ['223.5.5.5', 'CN'],
  ])('of an address beside the special ones is known: %s', async (address, country) => {
    expect((await ask([address])).get(address)?.country).toBe(country);
  });

  it('has its name as the data has it', async () => {
    const owners = await ask(['1.0.0.1', '1.0.16.1']);
    expect([...owners.values()].map((owner) => owner.as_name)).toEqual([
      'Cloudflare, Inc.',
      'ARTERIA Networks Corporation',
    ]);
  });

  it('is passed over when it is a name', async () => {
    const owners = await ask(['files.example', '192.0.2.1'], [given('192.0.2.0/24', 1, 'x', 'NL')]);
    expect([...owners.keys()]).toEqual(['192.0.2.1']);
  });

  it('is asked of nobody', async () => {
    expect((await ask([])).size).toBe(0);
  });
});
