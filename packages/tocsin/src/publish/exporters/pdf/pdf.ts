// The report on paper: the very page that readers see on a screen, set by Typst. Takes the page, gives a PDF; the same page
// gives the same bytes. Where Typst has no program for this machine, there is no PDF, and the caller says so.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readPage } from '../html/page-tree.ts';
import { paperOf } from './blocks.ts';
import { paletteOf, pictureAlone } from './picture.ts';

/** Families in order, none of the machine's own: other fonts would make other bytes. */
const families = {
  en: {
    text: ['Libertinus Serif', 'Noto Sans S Chinese'],
    mono: ['DejaVu Sans Mono', 'Noto Sans S Chinese'],
  },
  zh: { text: ['Noto Sans S Chinese'], mono: ['DejaVu Sans Mono', 'Noto Sans S Chinese'] },
} as const;

/**
 * Sets the report as a PDF; null where Typst does not run on this machine. `date` stands as the date of creation, so that
 * it does not depend on the run; null for evidence without times.
 * @throws PageFormError when the page is not the report's own markup
 */
export async function renderPdf(reportHtml: string, date: string | null): Promise<Uint8Array | null> {
  const compiler = await openCompiler();
  if (compiler === null) return null;
  const css = readFileSync(new URL('../html/report.css', import.meta.url), 'utf8');
  const page = readPage(reportHtml);
  const language = page.language.startsWith('zh') ? 'zh' : 'en';
  const paper = paperOf(page.body, (svg) => pictureAlone(svg, css));
  const { kinds } = paletteOf(css);
  return compiler.pdf(
    {
      mainFileContent: readFileSync(new URL('./report.typ', import.meta.url), 'utf8'),
      inputs: {
        paper: JSON.stringify(paper),
        about: JSON.stringify({ language, fonts: families[language], kinds: Object.fromEntries(kinds) }),
      },
    },
    { creationTimestamp: date === null ? 0 : Math.floor(Date.parse(date) / 1000) },
  );
}

/** Typst's compiler; null when its program for this machine is not installed. */
async function openCompiler() {
  const fonts = fileURLToPath(new URL('../fonts', import.meta.resolve('@embedpdf/fonts-sc')));
  try {
    const { NodeCompiler } = await import('@myriaddreamin/typst-ts-node-compiler');
    return NodeCompiler.create({ fontArgs: [{ fontPaths: [fonts] }] });
  } catch {
    // The package chooses a program by machine when it is loaded, and fails where there is none.
    return null;
  }
}
