// Addresses and prefixes: every spelling of one address is one address, text and number say the same, and what is none
// is refused.
import { isIP, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressNumber, addressText, canonicalAddress, isWithin, parsePrefix } from './address.ts';

const number = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
  fc.bigInt({ min: 0xffff_0000_0000n, max: 0xffff_ffff_ffffn }),
  // Many zero words, so that runs of them are shortened.
  fc
    .array(fc.constantFrom(0n, 0n, 1n, 0xffffn), { minLength: 8, maxLength: 8 })
    .map((words) => words.reduce<bigint>((sum, word) => (sum << 16n) + word, 0n)),
);
const mappedBase = 0xffff_0000_0000n;

describe('an address', () => {
  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(number, (value) => {
        const text = addressText(value);
        expect(isIP(text)).not.toBe(0);
        expect(addressNumber(text)).toBe(value);
        expect(canonicalAddress(text)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('is one however it is spelt', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = canonicalAddress(text);
        expect(canonical).toBe(canonicalAddress(text.toUpperCase()));
        expect(canonical).toBe(canonicalAddress(`[${text}]`));
        expect(canonicalAddress(canonical ?? '')).toBe(canonical);
      }),
      { numRuns: 500 },
    );
  });

  it('of IPv4 is its four numbers', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const value = text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
        expect(addressNumber(text)).toBe(mappedBase + BigInt(value));
        expect(addressText(mappedBase + BigInt(value))).toBe(text);
      }),
    );
  });

  it.each<[string, string]>([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['192.0.2.1', '192.0.2.1'],
  ])('%s is written %s', (text, expected) => {
    expect(canonicalAddress(text)).toBe(expected);
  });

  it.each([
    '',
    '-',
    '256.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '010.0.0.1',
    '1.2.3.4 ',
    ':::',
    '1:2:3',
    '12345::',
    'localhost',
    '[',
    '[]',
    '10.0.0.1/8',
  ])('%j is none', (text) => {
    expect(canonicalAddress(text)).toBe(null);
  });

  it('is never found in any text that the system does not take for one', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '.', '%', '[', ']'), maxLength: 20 }),
        (text) => {
          const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
          expect(canonicalAddress(text) !== null).toBe(isIP(bare.split('%', 1)[0] ?? '') !== 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a prefix', () => {
  it('holds the addresses that begin with its bits and no others', () => {
    fc.assert(
      fc.property(number, fc.integer({ min: 0, max: 128 }), number, (base, bits, other) => {
        const text = addressText(base);
        const length = isIPv4(text) ? Math.max(0, bits - 96) : bits;
        const full = isIPv4(text) ? length + 96 : length;
        const prefix = parsePrefix(`${text}/${length}`);
        if (prefix === null) throw new Error('a prefix was refused');
        expect(prefix.bits).toBe(full);
        const shift = BigInt(128 - full);
        for (const address of [other, prefix.first, prefix.last, prefix.first - 1n, prefix.last + 1n]) {
          if (address < 0n || address >= 2n ** 128n) continue;
          expect(isWithin(addressText(address), [prefix])).toBe(address >> shift === base >> shift);
        }
        expect(parsePrefix(prefix.text)).toEqual(prefix);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, string, number]>([
    ['10.1.2.3/16', '10.1.0.0/16', 112],
    ['10.1.2.3', '10.1.2.3/32', 128],
    [' 192.0.2.0/24 ', '192.0.2.0/24', 120],
    ['0.0.0.0/0', '0.0.0.0/0', 96],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8', 104],
    ['::ffff:0:0/96', '0.0.0.0/0', 96],
    ['2001:DB8::1/32', '2001:db8::/32', 32],
    ['2001:db8::1', '2001:db8::1/128', 128],
    ['::/0', '::/0', 0],
  ])('%s is %s', (text, expected, bits) => {
    expect(parsePrefix(text)).toMatchObject({ text: expected, bits });
  });

  it.each([
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/a',
    '2001:db8::/129',
    '10/8',
    'ten',
  ])('%j is none', (text) => {
    expect(parsePrefix(text)).toBe(null);
  });

  it('holds no text that is no address', () => {
    const prefix = parsePrefix('0.0.0.0/0');
    expect(isWithin('example.org', prefix === null ? [] : [prefix])).toBe(false);
    expect(isWithin('10.0.0.1', [])).toBe(false);
  });
});
