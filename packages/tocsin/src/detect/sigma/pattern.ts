// Sigma's text patterns: reading wildcards and escapes, and the forms a pattern is matched in. Takes rule text, gives
// Patterns; gives for a Pattern the LIKE text, the literal it holds, and how it is anchored.
import { many, one, type Pattern } from './expression.ts';

/**
 * Reads a rule's text: `*` and `?` are wildcards, a backslash makes a following `*`, `?` or backslash plain, and is
 * itself plain before anything else. https://sigmahq.io/sigma-specification (escape character)
 */
export function patternOf(text: string): Pattern {
  const tokens: Pattern[number][] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') tokens.push(literal);
    literal = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    const next = text[at + 1];
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      at += 1;
    } else if (character === '*' || character === '?') {
      flush();
      tokens.push(character === '*' ? many : one);
    } else literal += character;
  }
  flush();
  return normal(tokens);
}

/** The same pattern without neighbours that say the same as one. */
export function normal(tokens: Pattern): Pattern {
  const out: Pattern[number][] = [];
  for (const token of tokens) {
    const last = out.at(-1);
    if (token === '' || (token === many && last === many)) continue;
    if (typeof token === 'string' && typeof last === 'string') out[out.length - 1] = last + token;
    else out.push(token);
  }
  return out;
}

/** The pattern's text when it has no wildcards, else null. */
export function plainText(pattern: Pattern): string | null {
  if (pattern.length === 0) return '';
  const [only] = pattern;
  return pattern.length === 1 && typeof only === 'string' ? only : null;
}

const ascii = /^[\0-\x7f]*$/;

/** Lower case as rules compare: each character by itself, so that a text keeps its number of characters. */
export function lowered(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  let out = '';
  for (const character of text) {
    const lower = character.toLowerCase();
    out += lower.length === character.length ? lower : character;
  }
  return out;
}

export type Anchored =
  | { readonly how: 'equals' | 'contains' | 'startswith' | 'endswith'; readonly text: string }
  | { readonly how: 'anything' }
  | { readonly how: 'like'; readonly like: string };

/** How a pattern is matched most cheaply. */
export function anchoredForm(pattern: Pattern): Anchored {
  const plain = plainText(pattern);
  if (plain !== null) return { how: 'equals', text: plain };
  const opens = pattern[0] === many;
  const closes = pattern.at(-1) === many;
  if (pattern.length === 1 && opens) return { how: 'anything' };
  const inner = pattern.slice(opens ? 1 : 0, closes ? -1 : undefined);
  const text = plainText(inner);
  if (text !== null && (opens || closes)) {
    return { how: opens ? (closes ? 'contains' : 'endswith') : 'startswith', text };
  }
  return { how: 'like', like: pattern.map(likeText).join('') };
}

function likeText(token: Pattern[number]): string {
  if (token === many) return '%';
  if (token === one) return '_';
  return typeof token === 'string' ? token.replace(/[\\%_]/g, '\\$&') : '';
}

/** The literal parts of a pattern, each with whether it stands at the text's beginning or end. */
export function literalsOf(
  pattern: Pattern,
): readonly { readonly text: string; readonly isFirst: boolean; readonly isLast: boolean }[] {
  return pattern.flatMap((token, at) =>
    typeof token === 'string' ? [{ text: token, isFirst: at === 0, isLast: at === pattern.length - 1 }] : [],
  );
}
