// Reads the HTML the report writes, for its tests: elements and text in order. Strict, where a browser forgives: an
// element that is not closed where it should be, or a stray `<`, is an error.

export interface ElementNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly parent: ElementNode | null;
  /** Text directly and indirectly inside. */
  text: string;
  readonly children: ElementNode[];
}

export interface TextNode {
  readonly text: string;
  readonly parent: ElementNode;
}

export interface ParsedPage {
  readonly elements: readonly ElementNode[];
  readonly texts: readonly TextNode[];
}

const voidElements = new Set(['meta', 'link', 'br', 'img', 'hr', 'input']);
const tagPattern = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*(?:="[^"]*")?)*)\s*(\/?)>/y;

/** Parses a page. @throws Error where the markup is not well-formed. */
export function parsePage(page: string): ParsedPage {
  const root: ElementNode = { name: '#root', attributes: new Map(), parent: null, text: '', children: [] };
  const elements: ElementNode[] = [];
  const texts: TextNode[] = [];
  let open = root;
  let at = page.startsWith('<!doctype html>') ? '<!doctype html>'.length : 0;
  while (at < page.length) {
    const next = page.indexOf('<', at);
    const end = next < 0 ? page.length : next;
    if (end > at) {
      const text = decoded(page.slice(at, end));
      texts.push({ text, parent: open });
      for (let node: ElementNode | null = open; node; node = node.parent) node.text += text;
    }
    if (next < 0) break;
    tagPattern.lastIndex = next;
    const tag = tagPattern.exec(page);
    if (!tag) throw new Error(`no tag at ${next}: ${page.slice(next, next + 80)}`);
    const [whole, slash, name = '', attributes = '', selfClosed] = tag;
    at = next + whole.length;
    if (slash === '/') {
      if (open.name !== name) throw new Error(`</${name}> closes <${open.name}> at ${next}`);
      open = open.parent ?? root;
      continue;
    }
    const element = { name, attributes: attributesOf(attributes), parent: open, text: '', children: [] };
    open.children.push(element);
    elements.push(element);
    if (name === 'style') {
      const close = page.indexOf('</style>', at);
      element.text = page.slice(at, close);
      at = close + '</style>'.length;
    } else if (selfClosed !== '/' && !voidElements.has(name)) {
      open = element;
    }
  }
  if (open !== root) throw new Error(`<${open.name}> is not closed`);
  return { elements, texts };
}

/** The element itself and all around it. */
export function ancestry(element: ElementNode): readonly ElementNode[] {
  return element.parent ? [element, ...ancestry(element.parent)] : [element];
}

/** True when the element has the class. */
export function hasClass(element: ElementNode, name: string): boolean {
  return (element.attributes.get('class') ?? '').split(' ').includes(name);
}

function attributesOf(source: string): ReadonlyMap<string, string> {
  const pairs = source.matchAll(/\s([a-zA-Z][a-zA-Z0-9:-]*)(?:="([^"]*)")?/g);
  return new Map([...pairs].map(([, name = '', value = '']) => [name, decoded(value)]));
}

function decoded(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
