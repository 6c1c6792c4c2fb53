// HTML that cannot be forgotten to escape. `html` takes text and markup, escapes all text, and gives markup. It takes
// no numbers: a number a reader sees is a figure (figure.ts), and anything else is turned into text on purpose.

/** Finished HTML. Only this module makes it, so that text from evidence never passes for it. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

export type Content = string | Markup | null | false | readonly Content[];

/** Template tag: values are escaped text unless they are markup; null and false give nothing; attributes must be in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let out = strings[0] ?? '';
  for (const [at, value] of values.entries()) out += contentHtml(value) + (strings[at + 1] ?? '');
  return new Markup(out);
}

function contentHtml(value: Content): string {
  if (value === null || value === false) return '';
  if (value instanceof Markup) return value.html;
  return typeof value === 'string' ? escaped(visible(value)) : value.map(contentHtml).join('');
}

/** The same without links, for what is a control itself: what a link said on demand stays. */
export function unlinked(content: Content): Markup {
  return new Markup(
    contentHtml(content)
      .replace(/<a(?: href="[^"]*")?((?: title="[^"]*")?)>/g, '<span$1>')
      .replaceAll('</a>', '</span>'),
  );
}

/** For attributes that must hold the very text: nothing is replaced, invisible characters are written as references. */
export function exact(text: string): Markup {
  return new Markup(
    escaped(text).replace(invisible, (character) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`),
  );
}

/** The style sheet of the page, a file of this package; what would end the element is refused. */
export function styleElement(css: string): Markup {
  if (/<\//.test(css)) throw new TypeError('a style sheet must not hold the end of an element');
  return new Markup(`<style>\n${css}</style>`);
}

/** Control, format (bidirectional, zero-width), surrogate and line-separating characters. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

/** The text with every invisible character written out as `\u{202e}`, so that it can neither hide nor reorder others. */
export function visible(text: string): string {
  return text.replace(invisible, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** Markup between others, in order. */
export function joined(parts: readonly Content[], separator: Content): readonly Content[] {
  return parts.flatMap((part, at) => (at === 0 ? [part] : [separator, part]));
}
