// What a command line given to an interpreter says it is for. Takes command lines as recorded, gives signs and the
// addresses named; what is packed in Base64 is unpacked twice at most, within bounds.
import { isIPv6 } from 'node:net';
import { canonicalAddress } from '../../vocabulary/address.ts';

/** Signs in the order of their weight. */
export const signWords = ['connects a shell', 'packed', 'hidden', 'interactive', 'downloads'] as const;
export type Sign = (typeof signWords)[number];

const patterns: Readonly<Record<Sign, RegExp>> = {
  'connects a shell':
    /\/dev\/(?:tcp|udp)\/|\bnc(?:at)?(?:\.exe|\.traditional)? [^|;]{0,80}-[a-z]{0,4}[ec] ?(?:\/bin\/|cmd|powershell)|Net\.Sockets\.TCPClient|\bsocat [^|;]{0,120}exec:|SOCK_STREAM|fsockopen\(|\bmkfifo [^|;]{1,80};/i,
  packed:
    /\bbase64[ ,]{1,4}-{1,2}d|FromBase64String|-e(?:nc|ncodedcommand|c)? {1,4}[A-Za-z0-9+/]{40}|gzinflate|GZipStream/i,
  hidden: /-w(?:indowstyle)? {1,4}hidden|-ex(?:ec|ecutionpolicy)? {1,4}bypass|amsiInitFailed/i,
  interactive: /(?:^|[\s|;&{'"/])(?:ba|z|k|da|a|c)?sh['",}\s]{1,4}-[a-z]{0,3}i\b/i,
  downloads:
    /\b(?:curl|wget)\b[^|;]{0,300}(?:https?|ftp):|certutil[^|;]{0,80}-urlcache|\bbitsadmin\b[^|;]{0,200}\/transfer|Invoke-WebRequest|\biwr\b|Download(?:String|File|Data)|Start-BitsTransfer/i,
};

/** Characters that are looked at of one command line with all that is unpacked from it. */
const mostText = 32_768;
const mostTokens = 20;

/** The command line and what is packed in it, each a text of its own. */
export function unpacked(command: string): readonly string[] {
  const texts = [command.slice(0, mostText)];
  let left = mostText;
  let tokens = 0;
  // Two levels: an encoded command often holds its address encoded once more.
  for (let at = 0, level = 0; level < 2; level += 1) {
    const until = texts.length;
    for (; at < until; at += 1) {
      for (const [token] of (texts[at] ?? '').matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)) {
        const text = textIn(token);
        if (text === null || tokens >= mostTokens || left <= 0) continue;
        tokens += 1;
        texts.push(text.slice(0, left));
        left -= text.length;
      }
    }
  }
  return texts;
}

/** Readable text in Base64, as UTF-8 or, as PowerShell packs it, UTF-16; null where there is none. */
function textIn(token: string): string | null {
  const bytes = Buffer.from(token, 'base64');
  for (const encoding of ['utf16le', 'utf8'] as const) {
    const text = bytes.toString(encoding);
    if (/^[\t\n\r\x20-\x7e]{8,}$/.test(text)) return text;
  }
  return null;
}

/** Signs of a command line, by weight. */
export function signsOf(command: string): readonly Sign[] {
  const texts = unpacked(command);
  return signWords.filter((sign) => texts.some((text) => patterns[sign].test(text)));
}

/** Addresses a command line names, packed or not; those that mean the machine itself are none. */
export function addressesIn(command: string): readonly string[] {
  const found = unpacked(command).flatMap((text) => [
    ...[...text.matchAll(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g)].map(([address]) => address),
    ...[...text.matchAll(/\[([0-9a-f:]{3,39})\]/gi)].flatMap(([, address = '']) =>
      isIPv6(address) ? [address] : [],
    ),
  ]);
  return found
    .flatMap((text) => canonicalAddress(text) ?? [])
    .filter((address) => !/^(?:127\.|0\.|255\.|169\.254\.|::1?$)/.test(address));
}
