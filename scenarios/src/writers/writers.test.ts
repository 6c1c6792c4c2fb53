// The written forms: Zeek's escaping, access log and syslog lines, and which addresses may be written.
import { describe, expect, it } from 'vitest';
import { request, ssh } from '../conversation.ts';
import { createRandom } from '../random.ts';
import { accessLine, sshdLines } from './host-logs.ts';
import { isAllowedAddress } from './tables.ts';
import { escapeTsv, secondsText } from './zeek.ts';

const at = Date.parse('2024-08-05T02:03:04Z') * 1000;

describe('what is written', () => {
  it('escapes what would break a tab-separated log', () => {
    expect(escapeTsv('a\tb\\c')).toBe('a\\x09b\\x5cc');
  });

  it('writes seconds with six decimals, exactly', () => {
    expect(secondsText(1_722_823_384_000_001)).toBe('1722823384.000001');
  });

  it('writes an access log line on the server clock, quotes escaped', () => {
    const asked = request({ at, host: 'x', uri: '/a', userAgent: 'b"c', responseBytes: 9 });
    expect(accessLine('192.0.2.1', asked, 'Asia/Kolkata')).toBe(
      '192.0.2.1 - - [05/Aug/2024:07:33:04 +0530] "GET /a HTTP/1.1" 200 9 "-" "b\\"c"',
    );
  });

  it('writes one failed line per attempt and names an accepted user', () => {
    const ends = { at, src: '192.0.2.1', dst: '198.18.0.1', port: 22, user: 'admin', attempts: 3 };
    const texts = (isAccepted: boolean) =>
      sshdLines(ssh(createRandom('t'), { ...ends, isAccepted }), 'jump', 'UTC').map(({ text }) => text);
    expect(
      texts(false).filter((text) => text.includes('Failed password for admin from 192.0.2.1')),
    ).toHaveLength(3);
    expect(texts(true).filter((text) => text.includes('Failed password'))).toHaveLength(2);
    expect(
      texts(true).filter((text) => text.includes('Accepted password for admin from 192.0.2.1')),
    ).toHaveLength(1);
    expect(texts(true)[0]).toMatch(/^Aug {2}5 02:03:0\d jump sshd\[\d+\]: /);
  });

  it.each([
    ['10.1.2.3', true],
    ['198.19.255.1', true],
    ['203.0.113.9', true],
    ['2001:db8:1::1', true],
    ['198.20.0.1', false],
    ['8.8.8.8', false],
    ['2001:db9::1', false],
    ['not-an-address', false],
  ])('allows the address %s: %s', (address, expected) => {
    expect(isAllowedAddress(address)).toBe(expected);
  });
});
