// The encodings rules may ask for: base64 as it stands inside a longer base64 text, and UTF-16. Bytes in, text or
// bytes out.

/** Bytes as base64 with padding. */
export function base64Text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** Characters at either end that depend on the neighbours, by offset and by length. */
const unsureBefore = [0, 2, 3] as const;
const unsureAfter = [0, 3, 2] as const;

/** The three forms bytes take inside a base64 text, without the characters their neighbours share. */
export function base64Forms(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const whole = base64Text(Buffer.concat([Buffer.alloc(offset, 0x20), bytes]));
    const after = unsureAfter[(bytes.length + offset) % 3] ?? 0;
    return whole.slice(unsureBefore[offset] ?? 0, whole.length - after);
  });
}

/** Text as UTF-16, with a byte order mark when asked. */
export function utf16Bytes(text: string, order: 'le' | 'be', mark: boolean): Uint8Array {
  const bytes = Buffer.from(mark ? `\ufeff${text}` : text, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}
