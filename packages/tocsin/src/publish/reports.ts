// The report in every form a reader may want: on screen in English, in other languages, and each on paper. Takes an
// investigation, gives the files by name.
import { byText } from '../ground/ids.ts';
import type { Investigation } from '../vocabulary/investigation.ts';
import { renderReport } from './exporters/html/report.ts';
import { renderPdf } from './exporters/pdf/pdf.ts';
import type { DetectorText } from './sections/context.ts';
import { translatePage } from './words/translate.ts';
import { zhHans } from './words/zh-hans.ts';

/** Languages besides English. */
const catalogues = [zhHans] as const;

export interface Reports {
  /** `report.html`, in English: the one whose texts a bundle lists. */
  readonly html: string;
  /** All the others by file name: `report.pdf`, `report.zh-Hans.html`, …; no PDF where Typst does not run. */
  readonly others: ReadonlyMap<string, Uint8Array>;
}

/** Writes the reports of an investigation. */
export async function reportsOf(
  investigation: Investigation,
  detectors: readonly DetectorText[],
): Promise<Reports> {
  const html = renderReport({ investigation, detectors });
  const others = new Map<string, Uint8Array>();
  const date = lastOf(investigation);
  const add = async (name: string, page: string) => {
    const pdf = await renderPdf(page, date);
    if (pdf !== null) others.set(`${name}.pdf`, pdf);
  };
  await add('report', html);
  for (const catalogue of catalogues) {
    const name = `report.${catalogue.language}`;
    const translated = translatePage(html, catalogue).html;
    others.set(`${name}.html`, Buffer.from(translated));
    await add(name, translated);
  }
  return { html, others };
}

/** Names of all files that may be written besides `report.html`. */
export const otherReportNames: readonly string[] = [
  'report.pdf',
  ...catalogues.flatMap(({ language }) => [`report.${language}.html`, `report.${language}.pdf`]),
];

/** The last moment of the evidence, by which a report is dated; null for evidence without times. */
function lastOf({ evidence }: Pick<Investigation, 'evidence'>): string | null {
  return (
    evidence
      .flatMap(({ last }) => last ?? [])
      .sort(byText)
      .at(-1) ?? null
  );
}
