// The report's own HTML as a tree: our markup is closed (markup.ts writes it), so a small strict reader is enough. Takes
// the page, gives elements and text with references resolved; what is not our markup is an error.

export interface PageElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly PageNode[];
  /** The element as it stands in the page, for pictures. */
  readonly source: string;
}

export type PageNode = PageElement | string;

/** The page is not the markup this program writes. */
export class PageFormError extends Error {}

/** Elements that have no end. */
const empty = new Set(['meta', 'br', 'hr']);
/** A tag, its end, or text. */
const token =
  /<!doctype html>|<\/([a-zA-Z][a-zA-Z0-9]*)>|<([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z][a-zA-Z0-9:-]*="[^"]*"| hidden| open)*)\s*(\/?)>|[^<]+/y;

interface Open {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: PageNode[];
  readonly from: number;
}

/** A page: its body and the language it is in (BCP 47). */
export interface ReportPage {
  readonly body: PageElement;
  readonly language: string;
}

/** Reads a page. @throws PageFormError */
export function readPage(page: string): ReportPage {
  const root: Open = { tag: '', attributes: new Map(), children: [], from: 0 };
  const open: Open[] = [root];
  let at = 0;
  while (at < page.length) {
    token.lastIndex = at;
    const found = token.exec(page);
    if (found === null) throw new PageFormError(`not our markup at ${String(at)}`);
    const [text, end, tag, attributes = '', closes] = found;
    const from = at;
    at += text.length;
    const last = open.at(-1) ?? root;
    if (end !== undefined) {
      if (last.tag !== end)
        throw new PageFormError(`${end} ends where ${last.tag} is open, at ${String(from)}`);
      open.pop();
      (open.at(-1) ?? root).children.push({ ...last, source: page.slice(last.from, at) });
    } else if (tag !== undefined) {
      const element = { tag, attributes: attributesIn(attributes), children: [], from };
      if (tag === 'style') {
        const close = page.indexOf('</style>', at);
        if (close < 0) throw new PageFormError('the style has no end');
        at = close + '</style>'.length;
      } else if (closes === '/' || empty.has(tag)) last.children.push({ ...element, source: text });
      else open.push(element);
    } else if (!text.startsWith('<!')) last.children.push(resolved(text));
  }
  if (open.length > 1) throw new PageFormError(`${open.at(-1)?.tag ?? ''} has no end`);
  const body = elementsOf(root, 'body')[0];
  const language = elementsOf(root, 'html')[0]?.attributes.get('lang');
  if (body === undefined || language === undefined)
    throw new PageFormError('the page has no body or no language');
  return { body, language };
}

/** All elements of a tag under an element, in order. */
export function elementsOf(under: Pick<PageElement, 'children'>, tag: string): readonly PageElement[] {
  return under.children.flatMap((child) =>
    typeof child === 'string' ? [] : [...(child.tag === tag ? [child] : []), ...elementsOf(child, tag)],
  );
}

/** The text under a node. */
export function textOf(node: PageNode): string {
  return typeof node === 'string' ? node : node.children.map(textOf).join('');
}

/** Whether an element has a class. */
export function hasClass({ attributes }: PageElement, name: string): boolean {
  return (attributes.get('class') ?? '').split(' ').includes(name);
}

function attributesIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/ ([a-zA-Z][a-zA-Z0-9:-]*)(?:="([^"]*)")?/g))
    found.set(name, resolved(value));
  return found;
}

const references: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function resolved(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot));/g, (_, decimal, hex, name) => {
    if (name !== undefined) return references[String(name)] ?? '';
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}
