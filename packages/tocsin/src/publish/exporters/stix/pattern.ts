// Patterns of STIX 2.1 (section 9) that compare one property with one text. The text is quoted so that it can never end
// its quotes: a pattern made here always is one comparison.

/** A text as a string literal of the pattern language: in single quotes, `\` and `'` escaped, all else as it is. */
export function stringLiteral(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** `[ipv4-addr:value = '198.51.100.7']`. The path is our own word, never text of others. */
export function equals(objectPath: string, text: string): string {
  return `[${objectPath} = ${stringLiteral(text)}]`;
}
