// The figures a report shows: `<data class="figure" data-figure="ID" value="JSON">text</data>`. Takes HTML, gives every
// such element in order; and says whether a text can stand for a number. A scanner for what Tocsin writes, not a browser.

export interface ShownFigure {
  readonly figure: string;
  /** The attribute, decoded; null when there is none. */
  readonly value: string | null;
  /** What a reader sees, spaces at the ends left out. */
  readonly text: string;
}

/** Every figure the HTML shows. Comments, scripts and styles show nothing. */
export function shownFigures(html: string): readonly ShownFigure[] {
  const shown: ShownFigure[] = [];
  let open: { readonly figure: string; readonly value: string | null; text: string } | null = null;
  let at = 0;
  while (at < html.length) {
    const tag = html.indexOf('<', at);
    if (open) open.text += html.slice(at, tag < 0 ? html.length : tag);
    if (tag < 0) break;
    const hidden = hiddenEnd(html, tag);
    if (hidden !== null) {
      at = hidden;
      continue;
    }
    const end = tagEnd(html, tag);
    const source = html.slice(tag, end);
    if (/^<data[\s/>]/i.test(source)) {
      const attributes = attributesOf(source.slice(5));
      const figure = attributes.get('data-figure');
      if (figure !== undefined && (attributes.get('class') ?? '').split(/\s+/).includes('figure')) {
        open = { figure, value: attributes.get('value') ?? null, text: '' };
      }
    } else if (open && /^<\/data[\s>]/i.test(source)) {
      shown.push({ ...open, text: decoded(open.text).replace(/\s+/g, ' ').trim() });
      open = null;
    }
    at = end;
  }
  return shown;
}

/** End of a comment, script or style that begins here; null when none does. */
function hiddenEnd(html: string, at: number): number | null {
  if (html.startsWith('<!--', at)) return after(html, '-->', at + 4);
  const name = /^<(script|style|template)[\s/>]/i.exec(html.slice(at, at + 12))?.[1]?.toLowerCase();
  if (name === undefined) return null;
  for (let end = html.indexOf('</', at + 1); end >= 0; end = html.indexOf('</', end + 2)) {
    if (html.slice(end + 2, end + 2 + name.length).toLowerCase() === name) return end + 2 + name.length;
  }
  return html.length;
}

function after(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from);
  return at < 0 ? html.length : at + mark.length;
}

/** One past the `>` of a tag; a `>` within quotes does not end it. */
function tagEnd(html: string, tag: number): number {
  let quote = '';
  for (let at = tag + 1; at < html.length; at += 1) {
    const character = html.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (character === '>') {
      return at + 1;
    }
  }
  return html.length;
}

function attributesOf(source: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single, bare] of source.matchAll(
    /([a-z][a-z0-9-]*)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/gi,
  )) {
    // As in browsers, the first of two attributes with one name counts.
    const key = name.toLowerCase();
    if (!attributes.has(key)) attributes.set(key, decoded(double ?? single ?? bare ?? ''));
  }
  return attributes;
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  thinsp: '\u2009',
  minus: '\u2212',
  ndash: '\u2013',
};

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const scales: Readonly<Record<string, readonly number[]>> = {
  k: [1e3, 2 ** 10],
  m: [1e6, 2 ** 20],
  g: [1e9, 2 ** 30],
  t: [1e12, 2 ** 40],
};

/**
 * False when the text is a number, alone or in bytes (`2,187,099`, `2.1 MiB`), and no rounding of the value: more than
 * one unit of its last digit away. Every other text (words, durations, dates) is not judged.
 */
export function canStandFor(text: string, value: number): boolean {
  const plain = text.replace(/(?<=\d)[,\s\u00a0\u2009\u202f'’_](?=\d)/g, '').replace('\u2212', '-');
  const match = /^(-?\d{1,18})(?:\.(\d{1,9}))?(?:\s*([kmgt]?)(i?)(?:b|bytes?))?$/i.exec(plain);
  if (!match) return true;
  const [, whole = '', decimals = '', letter = '', binary = ''] = match;
  const shown = Number(`${whole}.${decimals || '0'}`);
  if (letter === '' && decimals === '') return shown === value;
  const both = scales[letter.toLowerCase()] ?? [1];
  const step = 10 ** -decimals.length;
  return (binary === '' ? both : both.slice(1)).some((scale) => Math.abs(shown - value / scale) < step);
}
