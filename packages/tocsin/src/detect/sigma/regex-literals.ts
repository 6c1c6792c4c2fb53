// Texts that every match of a regular expression holds. Takes RE2 syntax, gives literals; none when in doubt. Only what
// stands outside groups, classes and optional parts is taken.

/** Length of the group or class that opens at `at`, its closing included. */
function enclosed(pattern: string, at: number): number {
  let depth = 0;
  let isInClass = false;
  for (let end = at; end < pattern.length; end += 1) {
    const character = pattern[end];
    if (character === '\\') end += 1;
    else if (isInClass) isInClass = character !== ']' || end === at + 1 || pattern[end - 1] === '[';
    else if (character === '[') isInClass = true;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    if (depth === 0 && !isInClass) return end - at + 1;
  }
  return pattern.length - at;
}

const quantifier = /^(?:[*+?]|\{\d{1,6}(?:,\d{0,6})?\})\??/;

/** Literals of at least one character, as written. */
export function requiredLiterals(pattern: string): readonly string[] {
  const found: string[] = [];
  let run = '';
  const flush = () => {
    if (run !== '') found.push(run);
    run = '';
  };
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] ?? '';
    let literal: string | null = null;
    let length = 1;
    if (character === '|') return [];
    if (character === '(' || character === '[') length = enclosed(pattern, at);
    else if (character === '\\') {
      const escaped = pattern[at + 1] ?? '';
      // Quoting (\Q) and code points (\x, \p) are left to the engine: what follows them is no plain text.
      if (/[QxpP0-9]/.test(escaped)) return found;
      length = 2;
      if (/[^A-Za-z0-9]/.test(escaped)) literal = escaped;
    } else if (!/[.^$]/.test(character)) literal = character;
    const [quantified = ''] = quantifier.exec(pattern.slice(at + length, at + length + 20)) ?? [];
    if (quantified !== '') {
      flush();
      if (literal !== null && quantified.startsWith('+')) found.push(literal);
    } else if (literal === null) flush();
    else run += literal;
    at += length + quantified.length;
  }
  flush();
  return found;
}
