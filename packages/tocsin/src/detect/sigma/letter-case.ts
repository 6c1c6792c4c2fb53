// Letters beyond ASCII whose case a byte-wise lower-casing does not see. Takes text in lower case, gives every way its
// letters may be written, or the parts of it that have one way only.

/** By a letter in lower case, all letters that become it. */
let forms: ReadonlyMap<string, readonly string[]> | null = null;

function formsOf(letter: string): readonly string[] {
  if (forms === null) {
    const found = new Map<string, string[]>();
    for (let code = 0x80; code < 0x1_e944; code += 1) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const written = String.fromCodePoint(code);
      const lower = written.toLowerCase();
      if (lower !== written) found.set(lower, [...(found.get(lower) ?? [lower]), written]);
    }
    forms = found;
  }
  return forms.get(letter) ?? [letter];
}

/** Every way to write the text; null when there are more than `most`. */
export function waysToWrite(text: string, most: number): readonly string[] | null {
  if (/^[\0-\x7f]*$/.test(text)) return [text];
  let ways: readonly string[] = [''];
  for (const letter of text) {
    const written = letter > '\u007f' ? formsOf(letter) : [letter];
    if (ways.length * written.length > most) return null;
    ways =
      written.length === 1
        ? ways.map((way) => way + letter)
        : ways.flatMap((way) => written.map((one) => way + one));
  }
  return ways;
}

/** The parts of a text between letters that can be written in several ways. */
export function partsOfOneCase(text: string): readonly string[] {
  const parts: string[] = [''];
  for (const letter of text) {
    if (letter > '\u007f' && formsOf(letter).length > 1) parts.push('');
    else parts.push((parts.pop() ?? '') + letter);
  }
  return parts;
}
