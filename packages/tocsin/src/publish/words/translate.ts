// The report in another language: the finished page is read back, and every piece of running text is replaced by what the
// catalogue of that language has for it. Figures, addresses, times and names stand in elements of their own, so they are
// places in a sentence and stay what they are: the two reports cannot say different things. Takes the page, gives the page
// and what the catalogue lacks.
import { hasClass, type PageElement, type PageNode, readPage, textOf } from '../exporters/html/page-tree.ts';

export interface Catalogue {
  /** BCP 47. */
  readonly language: string;
  /**
   * By text with `{0}`, `{1}`, … for what stands in elements of its own (a list of such counts as one), nouns after them in
   * the plural, `{+}` for a part that is translated by itself and `{*}` for one that may be a name of others: the same in
   * this language.
   */
  readonly texts: readonly (readonly [source: string, target: string])[];
  /** What stands between parts that are translated one by one, by what stands there in English. */
  readonly between: Readonly<Record<string, string>>;
  /** Dates and times written out (`5 August 2024, 00:00 UTC`, `5 Aug`), wherever they stand in a text. */
  readonly time: (text: string) => string;
}

export interface Translated {
  readonly html: string;
  /** Texts without a translation, as keys, in the order of the page. */
  readonly missing: readonly string[];
}

/** The page in the catalogue's language; texts that it lacks stay as they are. @throws PageFormError */
export function translatePage(page: string, catalogue: Catalogue): Translated {
  const { body } = readPage(page);
  const translator = new Translator(catalogue);
  // Each report leads to the other.
  const translated = `<body>${translator.children(body)}</body>`.replace(
    `href="report.${catalogue.language}.html" hreflang="${catalogue.language}"`,
    'href="report.html" hreflang="en"',
  );
  const at = page.indexOf('<body>');
  const head = page
    .slice(0, at)
    .replace(/<html lang="[^"]*"/, `<html lang="${catalogue.language}"`)
    .replace(/<title>([^<]*)<\/title>/, (_, title) => `<title>${translator.plain(String(title))}</title>`);
  const end = page.slice(page.lastIndexOf('</body>') + '</body>'.length);
  return { html: `${head}${translated}${end}`, missing: translator.missing };
}

const inline = new Set(['a', 'abbr', 'br', 'code', 'data', 'em', 'span', 'strong', 'time', 'tspan']);
/** Attributes whose values readers see or hear. */
const spoken = new Set(['title', 'aria-label', 'data-label', 'alt']);

type Patterns = readonly (readonly [RegExp, string])[];

class Translator {
  readonly missing: string[] = [];
  readonly #catalogue: Catalogue;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #patterns: Patterns;
  /** Those that say hardly anything themselves and fit nearly everything. */
  readonly #loosePatterns: Patterns;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    const texts = catalogue.texts.map(([source, target]) => fromZero(inPlural(source), target));
    this.#texts = new Map(texts);
    // The more a pattern says itself, the better it fits.
    const patterns = texts
      .filter(([source]) => /\{[*+]\}/.test(source))
      .toSorted(([left], [right]) => right.length - left.length);
    const isLoose = ([source]: readonly [string, string]) =>
      source.replaceAll(/\{[^}]*\}|[^\p{L}]/gu, '').length < 3;
    const takesNames = ([source]: readonly [string, string]) => Number(source.includes('{*}'));
    const compiled = (some: readonly (readonly [string, string])[]): Patterns =>
      some.map(([source, target]) => [patternOf(source), target]);
    this.#patterns = compiled(patterns.filter((pattern) => !isLoose(pattern)));
    // One that takes names of others would also take sentences for them: it comes last.
    this.#loosePatterns = compiled(
      patterns.filter(isLoose).toSorted((left, right) => takesNames(left) - takesNames(right)),
    );
  }

  /** Everything inside an element, runs of text and inline elements as one text each. */
  children({ children }: PageElement): string {
    let out = '';
    let run: PageNode[] = [];
    const flush = () => {
      if (run.length > 0) out += this.#run(run);
      run = [];
    };
    for (const child of children) {
      if (typeof child === 'string' || inline.has(child.tag)) run.push(child);
      else {
        flush();
        out += this.#element(child);
      }
    }
    flush();
    return out;
  }

  /** A text without elements, as HTML writes it. */
  plain(text: string): string {
    return escaped(this.#text(unescaped(text)));
  }

  #element(element: PageElement): string {
    if (element.tag === 'style' || element.children.length === 0) {
      const closed = /\/>$/.test(element.source) || !element.source.includes('</');
      const attributes = this.#attributes(element);
      return closed && !/<\//.test(element.source)
        ? `<${element.tag}${attributes}${element.source.endsWith('/>') ? '/>' : '>'}`
        : `<${element.tag}${attributes}></${element.tag}>`;
    }
    if (isSpoken(element))
      return `<${element.tag}${this.#attributes(element)}>${escaped(this.#spoken(textOf(element)))}</${element.tag}>`;
    const inside = isOpaque(element) ? this.#opaque(element) : this.children(element);
    return `<${element.tag}${this.#attributes(element)}>${inside}</${element.tag}>`;
  }

  /** What is not ours to translate; a figure that is a time is written as the language writes times. */
  #opaque(element: PageElement): string {
    return element.children
      .map((child) => {
        if (typeof child === 'string')
          return escaped(element.tag === 'code' ? child : this.#catalogue.time(child));
        if (isSpoken(child)) return this.#element(child);
        return `<${child.tag}${this.#attributes(child)}>${this.#opaque(child)}</${child.tag}>`;
      })
      .join('');
  }

  #attributes({ attributes }: PageElement): string {
    return [...attributes]
      .map(([name, value]) => {
        if (name === 'hidden' || name === 'open') return ` ${name}`;
        return ` ${name}="${escaped(spoken.has(name) ? this.#spoken(value) : value)}"`;
      })
      .join('');
  }

  /** An attribute: numbers and addresses in it are places as well. */
  #spoken(value: string): string {
    const places: string[] = [];
    const key = value.replace(
      /[\p{L}\d_./:-]*\d(?:[\p{L}\d_./:,-]*[\p{L}\d])?|\b[A-Z]{2}\b(?=,|$)/gu,
      (found) => `{${String(places.push(found) - 1)}}`,
    );
    // One word alone is a name.
    const found = key.includes(' ') ? this.#lookup(key.trim()) : this.#find(key, 0);
    return found === null ? this.#catalogue.time(value) : filled(found, places);
  }

  #text(text: string): string {
    return this.#lookup(text.replace(/\s+/g, ' ').trim()) ?? text;
  }

  #run(nodes: readonly PageNode[]): string {
    const { key, places } = this.#keyOf(nodes);
    const [lead = ''] = /^\s*/.exec(key) ?? [];
    const [trail = ''] = /\s*$/.exec(key) ?? [];
    const found = this.#lookup(key.trim());
    if (found !== null) return `${lead}${filled(escaped(found), places)}${trail}`;
    return filled(escaped(key), places);
  }

  /** The text with places, and what stands in them, translated by itself. */
  #keyOf(nodes: readonly PageNode[]): { readonly key: string; readonly places: readonly string[] } {
    let key = '';
    const places: string[] = [];
    for (const node of nodes) {
      if (typeof node === 'string') {
        key += node.replace(/\s+/g, ' ');
        continue;
      }
      const html = this.#element(node);
      const joint = /\{\d+\}(?:,| and|, and) $/.exec(key)?.[0];
      // A list of many is one place.
      if (joint !== undefined && !key.endsWith('}') && isListed(node)) {
        key = key.slice(0, key.length - joint.length + joint.indexOf('}') + 1);
        places[places.length - 1] = `${places.at(-1) ?? ''}${this.#catalogue.between[', '] ?? ', '}${html}`;
      } else key += `{${String(places.push(html) - 1)}}`;
    }
    return { key, places };
  }

  /** The translation of a key; null and noted where there is none and words would need one. */
  #lookup(key: string): string | null {
    const found = this.#find(inPlural(key), 0);
    if (found === null && /\p{L}{2}/u.test(key.replace(/\{\d+\}/g, ''))) this.missing.push(key);
    return found;
  }

  /** As a whole, by a pattern, or part by part; null where a word would stay as it is. */
  #find(full: string, depth: number): string | null {
    const numbers = placesIn(full);
    const [key] = fromZero(full, '');
    const found = this.#findCounted(key, depth);
    return found?.replace(/\{(\d+)\}/g, (_, at) => `{${numbers[Number(at)] ?? ''}}`) ?? null;
  }

  #findCounted(key: string, depth: number): string | null {
    const exact = this.#texts.get(key);
    if (exact !== undefined) return exact;
    if (!/\p{L}/u.test(key.replace(/\{\d+\}/g, ''))) return key;
    const time = this.#catalogue.time(key);
    if (time !== key) return time;
    if (depth > mostParts) return null;
    return (
      this.#byPattern(key, depth, { patterns: this.#patterns, isName: isOneWord }) ??
      this.#byParts(key, depth) ??
      this.#byPattern(key, depth, { patterns: this.#patterns, isName: () => true }) ??
      this.#byPattern(key, depth, { patterns: this.#loosePatterns, isName: () => true })
    );
  }

  #byPattern(
    key: string,
    depth: number,
    { patterns, isName }: { readonly patterns: Patterns; readonly isName: (text: string) => boolean },
  ): string | null {
    for (const [pattern, target] of patterns) {
      const match = pattern.exec(key);
      if (match === null) continue;
      const parts = match.slice(1);
      let isWhole = true;
      const whole = target.replace(/\{[*+]\}/g, (kind) => {
        const part = parts.shift() ?? '';
        const found = this.#find(part, depth + 1);
        if (found === null && (kind === '{+}' || !isName(part))) isWhole = false;
        return found ?? part;
      });
      if (isWhole) return whole;
    }
    return null;
  }

  #byParts(key: string, depth: number): string | null {
    for (const [between, instead] of Object.entries(this.#catalogue.between)) {
      const parts = key.split(between);
      if (parts.length < 2) continue;
      const translated = parts.map((part) => this.#find(part, depth + 1));
      if (translated.every((part) => part !== null)) return translated.join(instead);
    }
    return null;
  }
}

/** Surely a name, where a text of several words may be a sentence. */
const isOneWord = (text: string): boolean => !text.includes(' ');

/** Parts within parts that are looked at: texts of ours have few. */
const mostParts = 6;

const nouns: Readonly<Record<string, string>> = {
  address: 'addresses',
  chain: 'chains',
  controller: 'controllers',
  day: 'days',
  drop: 'drops',
  'entry point': 'entry points',
  event: 'events',
  file: 'files',
  finding: 'findings',
  flow: 'flows',
  foothold: 'footholds',
  holiday: 'holidays',
  hop: 'hops',
  host: 'hosts',
  hypothesis: 'hypotheses',
  incident: 'incidents',
  machine: 'machines',
  'outside address': 'outside addresses',
  path: 'paths',
  pivot: 'pivots',
  record: 'records',
  relay: 'relays',
  sitting: 'sittings',
  target: 'targets',
  'third party': 'third parties',
};
const counted = new RegExp(`(\\{\\d+\\}) (${Object.keys(nouns).join('|')})(?![a-z])`, 'g');

/** One of something is said as many are: other languages do not tell them apart in this way. */
function inPlural(key: string): string {
  return key.replace(counted, (_, place, noun) => `${String(place)} ${nouns[String(noun)] ?? ''}`);
}

/** Numbers of the places of a text, in order. */
function placesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\{(\d+)\}/g)].map(([, number = '']) => number))];
}

/** The texts with the places of the first counted from zero: a part of a sentence is found wherever it stands. */
function fromZero(source: string, target: string): readonly [string, string] {
  const numbers = placesIn(source);
  const counted = (text: string) =>
    text.replace(/\{(\d+)\}/g, (_, number) => `{${String(numbers.indexOf(String(number)))}}`);
  return [counted(source), counted(target)];
}

/** Elements whose text is a value or somebody's name. */
function isOpaque(element: PageElement): boolean {
  return (
    ['code', 'time', 'data'].includes(element.tag) ||
    ['id', 'place', 'setting', 'unbacked', 'technique', 'score', 'mark'].some((name) =>
      hasClass(element, name),
    )
  );
}

/** What a picture says to those who do not see it: values stand in it without elements of their own. */
function isSpoken({ tag }: PageElement): boolean {
  return tag === 'title' || tag === 'desc';
}

/** What stands in lists: values, and the links around them. */
function isListed(element: PageElement): boolean {
  return isOpaque(element) || element.tag === 'a';
}

function patternOf(key: string): RegExp {
  const source = key
    .split(/\{[*+]\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('(.{1,600}?)');
  return new RegExp(`^${source}$`, 'u');
}

function filled(text: string, places: readonly string[]): string {
  return text.replace(/\{(\d+)\}/g, (whole, at) => places[Number(at)] ?? whole);
}

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) =>
    String({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }[String(name)]),
  );
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
