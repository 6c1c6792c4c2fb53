// A picture of the report as one that stands alone: the light colours written out, labels that HTML set as plain text.
import { elementsOf, type PageElement, textOf } from '../html/page-tree.ts';

const namespace = 'xmlns="http://www.w3.org/2000/svg"';

/** The picture as SVG, for a renderer that knows no page around it. `css` is the report's style sheet. */
export function pictureAlone(svg: PageElement, css: string): string {
  let source = svg.source;
  for (const label of elementsOf(svg, 'foreignObject'))
    source = source.replace(label.source, labelText(label));
  const [first = ''] = /^<svg [^>]*>/.exec(source) ?? [];
  const [, , width = '900', height = '400'] = (svg.attributes.get('viewBox') ?? '').split(' ');
  // Lines may run a little beyond the frame, which a page shows and a picture cuts.
  const wide = String(Number(width) + 20);
  const head = `<svg ${namespace} viewBox="0 0 ${wide} ${height}" width="${wide}" height="${height}"><style>${pictureStyle(css)}</style>`;
  return `${head}${source.slice(first.length)}`
    .replace(/<(title|desc)\b[^>]*>[^<]*<\/\1>/g, '')
    .replace(/<\/?a\b[^>]*>/g, '');
}

/** HTML inside a picture as one line of text at the same place. */
function labelText(label: PageElement): string {
  const x = label.attributes.get('x') ?? '0';
  const y = Number(label.attributes.get('y') ?? '0') + 14;
  const text = textOf(label).replace(/\s+/g, ' ').trim();
  return `<text class="label" x="${escaped(x)}" y="${String(y)}">${escaped(text)}</text>`;
}

/** Colour of each variable of the light theme, and of each kind of act. */
export interface Palette {
  readonly colours: ReadonlyMap<string, string>;
  /** By the kind's word. */
  readonly kinds: ReadonlyMap<string, string>;
}

/** The colours of a style sheet. */
export function paletteOf(css: string): Palette {
  const [light = ''] = /:root \{[^}]*\}/.exec(css) ?? [];
  const colours = new Map(
    [...light.matchAll(/(--[a-z]+):\s*(#[0-9a-f]{3,8});/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const kinds = new Map(
    [...css.matchAll(/\.kind-([a-z]+) \{\s*--kind: var\((--[a-z]+)\);/g)].map(([, kind = '', name = '']) => [
      kind,
      colours.get(name) ?? '#000000',
    ]),
  );
  return { colours, kinds };
}

/** The rules of the style sheet that are about pictures, with the colours of the light theme in the place of variables. */
function pictureStyle(css: string): string {
  const { colours, kinds } = paletteOf(css);
  const withoutMedia = css.replace(/@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '');
  const rules = [...withoutMedia.matchAll(/(?:^|\n)\.picture ([^{]+)\{([^}]*)\}/g)].flatMap(
    ([, selector = '', body = '']) => {
      const names = selector.replaceAll('.picture ', '').trim();
      if (names.includes(':')) return [];
      const coloured = (kind: string) =>
        body
          .replaceAll('var(--kind)', kind)
          .replace(
            /var\((--[a-z]+)\)/g,
            (_, name) => colours.get(String(name)) ?? fonts.get(String(name)) ?? '#000',
          )
          .replace(/\s+/g, ' ');
      if (!body.includes('var(--kind)')) return [`${names}{${coloured('')}}`];
      return [...kinds].map(([kind, colour]) => `.kind-${kind} ${names}{${coloured(colour)}}`);
    },
  );
  const base = `text{font-family:${fonts.get('--sans') ?? ''}}.label{font-size:12px;fill:${colours.get('--soft') ?? ''}}`;
  return [base, ...rules].join('');
}

/** Families that the renderer has (pdf.ts). */
const fonts: ReadonlyMap<string, string> = new Map([
  ['--sans', "'Noto Sans S Chinese'"],
  ['--mono', "'DejaVu Sans Mono'"],
]);

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
