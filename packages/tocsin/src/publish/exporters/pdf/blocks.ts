// The report as blocks that paper knows: headings, paragraphs, lists, tables, pictures. Takes the page's tree, gives plain
// data for the template; text stays text, and what only a screen needs (contents, folded parts, links to itself) goes.
import { elementsOf, hasClass, type PageElement, type PageNode, textOf } from '../html/page-tree.ts';

/** A run of text with its kind: t text, b strong, c code, f figure, q quiet, a link, g bar (a share in percent). */
export interface Run {
  readonly k: 't' | 'b' | 'c' | 'f' | 'q' | 'a' | 'g';
  readonly v: string;
  readonly to?: string;
}

/** A cell with its shade on the heat map of a week: 0 for none, 4 for the strongest. */
export interface Cell {
  readonly shade: number;
  readonly runs: readonly Run[];
}

export type Block =
  | { readonly k: 'h'; readonly level: number; readonly runs: readonly Run[] }
  | { readonly k: 'p'; readonly voice: 'lead' | 'text' | 'quiet'; readonly runs: readonly Run[] }
  | { readonly k: 'ul'; readonly items: readonly (readonly Run[])[] }
  | {
      readonly k: 'dl';
      /** Terms whose first meaning is a number to be seen at once: they stand beside each other. */
      readonly isTiles: boolean;
      readonly items: readonly Item[];
    }
  | {
      readonly k: 'table';
      readonly caption: readonly Run[];
      readonly head: readonly string[];
      /** Share of the width per column; they add up to 1. */
      readonly widths: readonly number[];
      /** Columns of numbers, which stand right. */
      readonly numbers: readonly boolean[];
      readonly isWeek: boolean;
      readonly rows: readonly PaperRow[];
    }
  | { readonly k: 'svg'; readonly source: string };

/** A term, what it means, and what more is said of that. */
export type Item = readonly [term: readonly Run[], meaning: readonly Run[], more: readonly Run[]];

interface PaperRow {
  /** True for a line that says what the rows under it share. */
  readonly group: boolean;
  readonly cells: readonly Cell[];
}

export interface Paper {
  /** Line above the title. */
  readonly brand: string;
  readonly title: string;
  readonly about: readonly Item[];
  readonly blocks: readonly Block[];
}

/** Rows of a table that are printed; the page and the bundle have all of them. */
const mostRows = 400;

/** The blocks of a report. `picture` makes a picture that stands alone of one in the page. */
export function paperOf(body: PageElement, picture: (svg: PageElement) => string): Paper {
  const [masthead] = elementsOf(body, 'header');
  const [heading] = masthead === undefined ? [] : elementsOf(masthead, 'h1');
  const [about] = masthead === undefined ? [] : elementsOf(masthead, 'dl');
  const [main] = elementsOf(body, 'main');
  const brand = masthead === undefined ? [] : elementsOf(masthead, 'p').filter((p) => hasClass(p, 'brand'));
  return {
    brand: clean(
      brand
        .flatMap(({ children }) => children.filter((child) => typeof child === 'string' || child.tag !== 'a'))
        .map(textOf)
        .join(' '),
    ),
    title: heading === undefined ? '' : clean(textOf(heading)),
    about: about === undefined ? [] : pairsOf(about),
    blocks: main === undefined ? [] : withContent(blocksOf(main, picture)),
  };
}

/** Without headings under which nothing is left on paper. */
function withContent(blocks: readonly Block[]): readonly Block[] {
  const kept: Block[] = [];
  for (const block of blocks.toReversed()) {
    const next = kept.at(-1);
    if (block.k === 'h' && (next === undefined || (next.k === 'h' && next.level <= block.level))) continue;
    kept.push(block);
  }
  return kept.toReversed();
}

function blocksOf(element: PageElement, picture: (svg: PageElement) => string): readonly Block[] {
  return element.children.flatMap((child): readonly Block[] => {
    if (typeof child === 'string')
      return clean(child) === '' ? [] : [{ k: 'p', voice: 'text', runs: runsOf([child]) }];
    const { tag } = child;
    if (/^h[1-6]$/.test(tag))
      return [{ k: 'h', level: Number(tag.slice(1)) - 1, runs: runsOf(child.children) }];
    if (tag === 'p') return [{ k: 'p', voice: voiceOf(child, element), runs: runsOf(child.children) }];
    if (hasClass(child, 'legend')) return [{ k: 'p', voice: 'quiet', runs: legendOf(child) }];
    if (tag === 'ul' || tag === 'ol')
      return [{ k: 'ul', items: childrenOf(child, 'li').map((item) => runsOf(item.children)) }];
    if (tag === 'dl') {
      const isTiles = ['keys', 'bounds'].some((name) => hasClass(child, name));
      return [{ k: 'dl', isTiles, items: pairsOf(child) }];
    }
    if (tag === 'table') return [tableOf(child)];
    if (tag === 'svg') return hasClass(child, 'narrow') ? [] : [{ k: 'svg', source: picture(child) }];
    // What is folded is for a screen; `printed` says that paper needs it.
    if (tag === 'details') return hasClass(child, 'printed') ? blocksOf(child, picture) : [];
    if (tag === 'summary') return [{ k: 'p', voice: 'quiet', runs: runsOf(child.children) }];
    // The week by every clock is there to be chosen from, which paper cannot do.
    if (tag === 'nav' || tag === 'style' || hasClass(child, 'clocks')) return [];
    if (child.attributes.get('id') === 'figures') return blocksOf(child, picture).filter(isNoList);
    if (inline.has(tag)) return [{ k: 'p', voice: 'text', runs: runsOf([child]) }];
    return blocksOf(child, picture);
  });
}

/** The list of all figures is many pages of digests, which nobody checks by hand: paper says what it is and where. */
function isNoList({ k }: Block): boolean {
  return k !== 'table';
}

/** The names of a picture's colours in one line. */
function legendOf(list: PageElement): readonly Run[] {
  return childrenOf(list, 'li').flatMap((item, at): readonly Run[] => {
    const kind = /\bkind-([a-z]+)\b/.exec(item.attributes.get('class') ?? '')?.[1];
    return [
      ...(at === 0 ? [] : [{ k: 't', v: '   ' } as const]),
      ...(kind === undefined ? [] : [{ k: 'g', v: '100', to: kind } as const]),
      { k: 't', v: ` ${clean(textOf(item))}` },
    ];
  });
}

const inline = new Set(['span', 'strong', 'code', 'abbr', 'time', 'data', 'a']);

function childrenOf(element: PageElement, tag: string): readonly PageElement[] {
  return element.children.filter(
    (child): child is PageElement => typeof child !== 'string' && child.tag === tag,
  );
}

/** The lines that say what happened are read first. */
function voiceOf(paragraph: PageElement, around: PageElement): 'lead' | 'text' | 'quiet' {
  if (hasClass(paragraph, 'remark')) return 'quiet';
  return hasClass(paragraph, 'lead') || hasClass(around, 'summary') ? 'lead' : 'text';
}

function pairsOf(list: PageElement): readonly Item[] {
  const pairs: [readonly Run[], Run[], Run[]][] = [];
  const parts = list.children.flatMap((child) =>
    typeof child === 'string' ? [] : child.tag === 'div' ? child.children : [child],
  );
  for (const part of parts) {
    if (typeof part === 'string') continue;
    if (part.tag === 'dt') pairs.push([runsOf(part.children), [], []]);
    const [, meaning, more] = pairs.at(-1) ?? [];
    if (part.tag !== 'dd' || meaning === undefined || more === undefined) continue;
    // What comes after the first is said of it.
    if (meaning.length === 0) meaning.push(...runsOf(part.children));
    else
      more.push(...(more.length === 0 ? [] : [{ k: 'q', v: '\n' } as const]), ...runsOf(part.children, 'q'));
  }
  return pairs;
}

function tableOf(table: PageElement): Block {
  const [caption] = childrenOf(table, 'caption');
  const heads = childrenOf(table, 'thead').flatMap((part) =>
    elementsOf(part, 'tr').flatMap(({ children }) =>
      children.filter((cell): cell is PageElement => typeof cell !== 'string'),
    ),
  );
  const all = childrenOf(table, 'tbody').flatMap((part) => childrenOf(part, 'tr'));
  const rows = all.slice(0, mostRows).map((row) => ({
    group: hasClass(row, 'group'),
    cells: row.children
      .filter((cell): cell is PageElement => typeof cell !== 'string')
      .map((cell) => ({ shade: shadeOf(cell), runs: runsOf(cell.children) })),
  }));
  const left = all.length - rows.length;
  const more: readonly Run[] = left > 0 ? [{ k: 'q', v: ' …' }] : [];
  const isWeek = hasClass(table, 'week');
  return {
    k: 'table',
    caption: [...runsOf(caption?.children ?? []), ...more],
    head: heads.map((head) => clean(textOf(head))),
    widths: isWeek ? heads.map((_, at) => (at === 0 ? 1.6 : 1)) : widthsOf(heads.map(textOf), rows),
    numbers: heads.map((head) => hasClass(head, 'number')),
    isWeek,
    rows,
  };
}

function shadeOf(cell: PageElement): number {
  return Number(/\bw([1-4])\b/.exec(cell.attributes.get('class') ?? '')?.[1] ?? '0');
}

/** Characters of a table's text that fit beside each other on the page. */
const lineCharacters = 128;
/** Longer words break (report.typ). */
const longestUnbroken = 24;

/** Widths by what the columns hold: none narrower than its longest word, wide ones share what is left. */
function widthsOf(heads: readonly string[], rows: readonly PaperRow[]): readonly number[] {
  const columns = heads.map((head, at) => {
    const cells = rows.filter(({ group }) => !group).map(({ cells }) => cells[at]?.runs ?? []);
    const lengths = cells
      .map((runs) => runs.reduce((sum, run) => sum + lengthOf(run, wide(run.v)), 0))
      .sort((left, right) => left - right);
    const words = cells.flatMap((runs) =>
      runs.map((run) => (run.k === 'g' ? 12 : lengthOf(run, longestWord(run.v)))),
    );
    const least = Math.max(5, longestWord(head), ...words) + 2;
    const usual = Math.min(70, lengths[Math.floor(lengths.length * 0.9)] ?? 0) + 2;
    return { least, wish: Math.max(0, usual - least) };
  });
  const rest = Math.max(0, lineCharacters - columns.reduce((sum, { least }) => sum + least, 0));
  const wishes = columns.reduce((sum, { wish }) => sum + wish, 0);
  const granted = wishes === 0 ? 0 : Math.min(1, rest / wishes);
  return columns.map(({ least, wish }) => Math.round((least + granted * wish) * 100) / 100);
}

/** Letters of one width are wider. */
function lengthOf({ k }: Run, characters: number): number {
  return k === 'c' ? characters * 1.15 : characters;
}

/** Letters' widths a text takes: an ideograph is as wide as two. */
function wide(text: string): number {
  return text.length + (text.match(/\p{Script=Han}/gu)?.length ?? 0);
}

function longestWord(text: string): number {
  // Ideographs stand two letters wide and break anywhere.
  const longest = text.split(/[\s\p{Script=Han}]+/u).reduce((most, word) => Math.max(most, word.length), 0);
  // Two ideographs a line are hard to read.
  return Math.min(longestUnbroken, Math.max(longest, Math.min(8, wide(text) - text.length)));
}

/** Text with its kinds, neighbours of one kind joined; parts folded away are left out. */
function runsOf(nodes: readonly PageNode[], kind: Run['k'] = 't'): readonly Run[] {
  const runs: Run[] = [];
  for (const node of nodes) {
    if (typeof node === 'string') {
      push(runs, { k: kind, v: node.replace(/\s+/g, ' ') });
      continue;
    }
    if (node.tag === 'details' && !hasClass(node, 'printed')) continue;
    if (node.tag === 'svg' || node.tag === 'title') continue;
    if (hasClass(node, 'bar')) {
      const [share] = elementsOf(node, 'span');
      const percent = /^inline-size:([0-9.]+)%$/.exec(share?.attributes.get('style') ?? '')?.[1];
      if (percent !== undefined) runs.push({ k: 'g', v: percent });
      continue;
    }
    const inner = kindOf(node) ?? kind;
    const isBroken = node.tag === 'br' || node.tag === 'div' || node.tag === 'p' || node.tag === 'li';
    if (isBroken && runs.length > 0) push(runs, { k: 't', v: '\n' });
    const href = node.attributes.get('href') ?? '';
    if (node.tag === 'a' && /^https?:/.test(href)) runs.push({ k: 'a', v: clean(textOf(node)), to: href });
    else for (const run of runsOf(node.children, inner)) push(runs, run);
  }
  return runs;
}

function kindOf(node: PageElement): Run['k'] | null {
  if (node.tag === 'strong') return 'b';
  if (node.tag === 'code') return 'c';
  if (node.tag === 'data') return 'f';
  return ['none', 'remark', 'aside'].some((name) => hasClass(node, name)) ? 'q' : null;
}

function push(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (
    last !== undefined &&
    last.k === run.k &&
    run.k !== 'g' &&
    run.to === undefined &&
    last.to === undefined
  )
    runs[runs.length - 1] = { k: run.k, v: last.v + run.v };
  else runs.push(run);
}

function clean(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
