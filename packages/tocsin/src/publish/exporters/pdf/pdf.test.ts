// What a reader of the report on paper can rely on: it says what the page says, in the same words and numbers, texts of
// others are no markup to it, and the same page gives the same bytes.
import { extractText, getMeta } from 'unpdf';
import { describe, expect, it } from 'vitest';
import { elementsOf, PageFormError, readPage, textOf } from '../html/page-tree.ts';
import { renderReport } from '../html/report.ts';
import { campaign } from '../html/samples/campaign.ts';
import { detectorTexts } from '../html/samples/detectors.ts';
import { withFigures } from '../html/samples/figures.ts';
import { hostile } from '../html/samples/hostile.ts';
import { empty, quiet, several } from '../html/samples/others.ts';
import { type Block, paperOf, type Run } from './blocks.ts';
import { renderPdf } from './pdf.ts';

const date = '2024-03-14T05:41:52.000000Z';
const samples = Object.entries({ campaign, empty, quiet, several, hostile }).map(([name, make]) => ({
  name,
  html: renderReport({ investigation: withFigures(make()), detectors: detectorTexts }),
}));

/** Text without the spaces and hyphens that lines and columns add. */
const run = (text: string) => text.normalize('NFKC').replace(/[\s\u00ad\u200b-]+/gu, '');

async function textIn(pdf: Uint8Array): Promise<string> {
  const { text } = await extractText(new Uint8Array(pdf), { mergePages: true });
  return run(text);
}

async function paper(html: string): Promise<Uint8Array> {
  const pdf = await renderPdf(html, date);
  if (pdf === null) throw new Error('Typst does not run here');
  return pdf;
}

const runsIn = (block: Block): readonly Run[] => {
  if (block.k === 'h' || block.k === 'p') return block.runs;
  if (block.k === 'ul') return block.items.flat();
  if (block.k === 'dl') return block.items.flat(2);
  if (block.k === 'svg') return [];
  return [...block.caption, ...block.rows.flatMap(({ cells }) => cells.flatMap((cell) => cell.runs))];
};

describe.each(samples)('the report of the sample $name', ({ html }) => {
  it('is a PDF that is the same again, dated by the evidence', async () => {
    const first = await paper(html);
    expect(Buffer.from(first.subarray(0, 5)).toString()).toBe('%PDF-');
    expect(Buffer.from(await paper(html)).equals(Buffer.from(first))).toBe(true);
    const { info } = await getMeta(new Uint8Array(first));
    expect(info['CreationDate']).toMatch(/^D:20240314054152/);
  });

  it('says on paper every word and number of the page that is not folded away', async () => {
    const { body } = readPage(html);
    const said = await textIn(await paper(html));
    const { blocks, title } = paperOf(body, () => '<svg/>');
    expect(said).toContain(run(title));
    for (const { k, v } of blocks.flatMap(runsIn))
      if (k !== 'g' && v.trim().length < 60) expect(said).toContain(run(v));
  });

  it('leaves no paragraph and no figure of a paragraph out', () => {
    const { body } = readPage(html);
    const { blocks } = paperOf(body, () => '<svg/>');
    const printed = blocks
      .flatMap(runsIn)
      .map(({ v }) => v)
      .join('');
    const sections = elementsOf(body, 'section').flatMap((part) => part.children);
    const plainParts = sections.flatMap((part) =>
      typeof part === 'string' || part.attributes.get('class') !== 'part-body' ? [] : part.children,
    );
    const paragraphs = plainParts.filter((part) => typeof part !== 'string' && part.tag === 'p');
    for (const paragraph of paragraphs) expect(run(printed)).toContain(run(textOf(paragraph)));
  });
});

it('keeps addresses whole, so that they can be searched and copied', async () => {
  const html = samples.find(({ name }) => name === 'campaign')?.html ?? '';
  const { text } = await extractText(new Uint8Array(await paper(html)), { mergePages: true });
  expect(text).toContain('198.51.100.7');
  expect(text).not.toContain('\u200b198');
});

it('takes Typst markup, functions and strings in a name for plain text', async () => {
  const name = '#panic("x") *b* $x$ `c` @l <t> \\u{41} [q] // c';
  const html = renderReport({
    investigation: withFigures({ ...campaign(), limits: [name] }),
    detectors: detectorTexts,
  });
  expect(await textIn(await paper(html))).toContain(run('#panic("x")'));
});

it.each([
  ['ends another element', '<html lang="en"><body><p>x</div></body></html>'],
  ['does not end', '<html lang="en"><body><p>x</p>'],
  ['has a tag that is cut', '<html lang="en"><body><p'],
  ['has no language', '<html><body></body></html>'],
])('refuses a page that %s', (_, page) => {
  expect(() => readPage(page)).toThrow(PageFormError);
});

it('leaves a heading out under which paper has nothing', () => {
  const { body } = readPage(
    '<html lang="en"><body><main><h2>One</h2><details><summary>x</summary></details><h2>Two</h2><p>y</p></main></body></html>',
  );
  expect(
    paperOf(body, () => '').blocks.map((block) => (block.k === 'h' ? textOfRuns(block.runs) : block.k)),
  ).toEqual(['Two', 'p']);
});

function textOfRuns(runs: readonly Run[]): string {
  return runs.map(({ v }) => v).join('');
}
