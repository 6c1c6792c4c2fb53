// What a reader of the report can rely on: nothing in it comes alive, every number is a figure, every link leads
// somewhere, it says plainly when nothing was found, and the bundle it is published in verifies.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, verifyPath } from '@tocsin/verify';
import { describe, expect, it } from 'vitest';
import { byText } from '../../../ground/ids.ts';
import type { Investigation } from '../../../vocabulary/investigation.ts';
import { writeBundle } from '../../bundle/write.ts';
import { type PublishedTable, publishedTables, type Unfigured } from '../../catalogue/tables.ts';
import { renderReport, titleOf } from './report.ts';
import { campaign } from './samples/campaign.ts';
import { detectorTexts } from './samples/detectors.ts';
import { ancestry, type ElementNode, hasClass, type ParsedPage, parsePage } from './samples/elements.ts';
import { rowsOfSample, withFigures } from './samples/figures.ts';
import { hostile } from './samples/hostile.ts';
import { empty, quiet, several } from './samples/others.ts';
import { kindOfWord } from './text.ts';

interface Sample {
  readonly name: string;
  readonly sample: Unfigured;
  readonly investigation: Investigation;
  readonly html: string;
  readonly page: ParsedPage;
}

const samples: readonly Sample[] = Object.entries({ campaign, empty, quiet, several, hostile }).map(
  ([name, make]) => {
    const sample = make();
    const investigation = withFigures(sample);
    const html = renderReport({ investigation, detectors: detectorTexts });
    return { name, sample, investigation, html, page: parsePage(html) };
  },
);
const found = (name: string): Sample => {
  const sample = samples.find((entry) => entry.name === name);
  if (!sample) throw new Error(`no sample ${name}`);
  return sample;
};
const named = (page: ParsedPage, ...names: readonly string[]) =>
  page.elements.filter((element) => names.includes(element.name));

const allowedElements = new Set(
  `html head meta title style body a header p span h1 h2 h3 h4 h5 dl div dt dd code nav ul li main section article footer figure figcaption
  table caption thead tbody tr th td details summary abbr time data strong svg desc g line text rect path foreignObject`.split(
    /\s+/,
  ),
);

describe.each(samples)('the report of the sample $name', ({ html, page, investigation }) => {
  it('holds no script, no address of the network and only known elements', () => {
    const policy = named(page, 'meta')
      .map((meta) => meta.attributes.get('content'))
      .find((content) => content?.startsWith('default-src'));
    expect(policy).toContain("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expect(
      [...new Set(page.elements.map(({ name }) => name))].filter((name) => !allowedElements.has(name)),
    ).toEqual([]);
    for (const element of page.elements) {
      for (const [attribute, value] of element.attributes) {
        expect(attribute).not.toMatch(/^on|^src|^xlink/i);
        // The report in the other language lies beside it.
        if (attribute === 'href') expect(value).toMatch(/^(?:#[^\s]|report\.zh-Hans\.html$)/);
        if (attribute === 'style') expect(value).toMatch(/^(--score:[\d.]+|inline-size:[\d.]+%)$/);
      }
    }
    expect(named(page, 'style')[0]?.text).not.toMatch(/url\(|@import/);
  });

  it('shows every number in the text as a figure', () => {
    const isMarked = (element: ElementNode): boolean =>
      (element.name === 'data' && hasClass(element, 'figure')) ||
      ['time', 'code'].includes(element.name) ||
      (element.name === 'abbr' && hasClass(element, 'id')) ||
      (element.name === 'text' && (hasClass(element, 'id') || hasClass(element, 'time'))) ||
      hasClass(element, 'score') ||
      hasClass(element, 'week') ||
      hasClass(element, 'setting');
    const loose = page.texts
      .filter(({ text, parent }) => {
        if (!/\p{Nd}/u.test(text) || ancestry(parent).some(isMarked)) return false;
        // What is written out to the reader as quoted, and not a figure, is for texts that other parts get wrong.
        if (ancestry(parent).some((element) => hasClass(element, 'unbacked')))
          return investigation.incidents[0]?.id !== 'i-00000000000000ff';
        // The name of a picture's part and of the page cannot hold marks: no word there may be a plain number, but for
        // what the hostile sample calls its machines.
        if (parent.name === 'title' || parent.name === 'desc') {
          const words = text.replaceAll('alert(1)', '').split(/[\s,;()<>/]+/);
          return words.some(
            (word) => /\p{Nd}/u.test(word) && kindOfWord(word.replace(/[.:!?]+$/, '')) === 'number',
          );
        }
        // Invisible characters written out (`\u{202e}`) are no numbers.
        return /\p{Nd}/u.test(text.replace(/\\u\{[0-9a-f]+\}/g, ''));
      })
      .map(({ text }) => text);
    expect(loose).toEqual([]);
  });

  it('carries the exact value with every figure, and a definition for each in the appendix', () => {
    const byId = new Map(investigation.figures.map((figure) => [figure.id, figure]));
    const shown = named(page, 'data');
    expect(shown.length).toBeGreaterThan(0);
    for (const element of shown) {
      const id = element.attributes.get('data-figure') ?? '';
      expect(byId.has(id), id).toBe(true);
      expect(element.attributes.get('value')).toBe(canonicalJson(byId.get(id)?.value));
    }
    const ids = new Set(page.elements.map((element) => element.attributes.get('id')));
    for (const { id } of investigation.figures) expect(ids.has(`figure-${id}`), id).toBe(true);
    expect(html).not.toContain('class="missing"');
  });

  it('shows in every cell of a week a count of its figure, and leaves none of them out', () => {
    const byId = new Map(investigation.figures.map((figure) => [figure.id, figure.value]));
    for (const week of named(page, 'table').filter((table) => hasClass(table, 'week'))) {
      const cells = page.elements.filter(
        (element) => element.name === 'td' && element.text !== '' && ancestry(element).includes(week),
      );
      const shown = cells.map((cell) => ({ key: cell.attributes.get('data-key'), value: Number(cell.text) }));
      const value = byId.get(week.attributes.get('data-figure') ?? '');
      const sorted = [...shown].sort((left, right) => byText(left.key ?? '', right.key ?? ''));
      expect(sorted).toEqual(value);
    }
  });

  it('has unique ids, and every link and label leads to one', () => {
    const ids = page.elements.map((element) => element.attributes.get('id')).filter((id) => id !== undefined);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    const known = new Set(ids);
    for (const element of page.elements) {
      const target = /^#(.*)/.exec(element.attributes.get('href') ?? '')?.[1];
      // Evidence of other items than the listed ones is only in the bundle.
      if (target !== undefined && !target.startsWith('evidence-e-'))
        expect(known.has(target), target).toBe(true);
      for (const label of (element.attributes.get('aria-labelledby') ?? '')
        .split(' ')
        .filter((id) => id !== '')) {
        expect(known.has(label), label).toBe(true);
      }
    }
  });

  it('can be found through by a screen reader: landmarks, headings in steps, captions, names of pictures', () => {
    for (const landmark of ['header', 'main', 'footer', 'nav', 'h1'])
      expect(named(page, landmark)).toHaveLength(1);
    const levels = named(page, 'h1', 'h2', 'h3', 'h4', 'h5').map(({ name }) => Number(name.slice(1)));
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
    for (const table of named(page, 'table')) {
      expect(table.children[0]?.name).toBe('caption');
      expect(table.children[0]?.text.trim()).not.toBe('');
    }
    for (const picture of named(page, 'svg'))
      expect(picture.children.slice(0, 2).map(({ name }) => name)).toEqual(['title', 'desc']);
  });

  it('lets no invisible or reordering character through', () => {
    expect(html.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
  });

  it('is the same for the same investigation', () => {
    expect(renderReport({ investigation: structuredClone(investigation), detectors: detectorTexts })).toBe(
      html,
    );
  });
});

describe('the report', () => {
  it('shows hostile text as text', () => {
    const { page, html } = found('hostile');
    expect(page.texts.some(({ text }) => text.includes('<script>'))).toBe(true);
    expect(html).toContain('safe\\u{202e}gnp.exe');
    expect(html).not.toContain('\u202e');
  });

  it('cuts endless text and says so', () => {
    const { page } = found('hostile');
    expect(Math.max(...page.texts.map(({ text }) => text.length))).toBeLessThanOrEqual(1300);
    expect(page.texts.some(({ text }) => text === '…')).toBe(true);
  });

  it('says that nothing rose to an incident, what was looked at, and what the background was', () => {
    const { page, investigation } = found('quiet');
    const summary = page.elements.find((element) => element.attributes.get('id') === 'summary')?.text ?? '';
    expect(titleOf(investigation)).toBe('Nothing rose to an incident');
    expect(summary).toContain('Nothing in this evidence rose to an incident.');
    expect(summary).toContain('Looked at were 2,492,848 records from 8 files');
    expect(page.elements.find((element) => element.attributes.get('id') === 'findings')?.text).toContain(
      'Background: 82 findings on 6 machines',
    );
  });

  it('says that there was no evidence', () => {
    expect(found('empty').page.elements.find(({ name }) => name === 'h1')?.text).toBe(
      'No evidence was given',
    );
  });

  it('gives several incidents an overview and a part each, in the order given', () => {
    const { page, sample } = found('several');
    const parts = named(page, 'article').map((element) => element.attributes.get('id'));
    expect(parts).toEqual(sample.incidents.map(({ id }) => `incident-${id}`));
    expect(page.elements.find((element) => element.attributes.get('id') === 'summary')?.text).toContain(
      'The evidence shows 3 incidents',
    );
  });

  it('fills the figures into the sentences of the summary', () => {
    const { page } = found('campaign');
    const summary = page.elements.find((element) => element.attributes.get('id') === 'summary')?.text ?? '';
    expect(summary).toContain('240 machines were given an implant that reports to 3 controllers.');
    expect(summary).toContain('Over 9 days 32.2 GB left for 2 outside addresses');
  });

  it('marks a number of a summary that is no figure, so that it is seen', () => {
    const base = campaign();
    const [incident] = base.incidents;
    if (!incident) throw new Error('the sample has no incident');
    const investigation = withFigures({
      ...base,
      incidents: [{ ...incident, summary: ['It took 17 machines and {figure:no.such}.'] }],
    });
    const html = renderReport({ investigation, detectors: detectorTexts });
    expect(html).toMatch(/<span class="unbacked"[^>]*>17<\/span>/);
    expect(html).toContain('class="missing"');
  });

  it('draws hundreds of implants as one node with their number as a figure', () => {
    const { page } = found('campaign');
    const map = page.elements.find(
      (element) => element.name === 'svg' && element.text.startsWith('\nWho talked to whom'),
    );
    const drawn = named(page, 'foreignObject').map(({ text }) => text.trim());
    expect(map).toBeDefined();
    expect(drawn).toContain('225 hosts');
    expect(drawn).toContain('received 18.1 GB');
  });

  it('names a file whose records do not add up', () => {
    const base = campaign();
    const [first, ...rest] = base.evidence;
    if (!first) throw new Error('the sample has no evidence');
    const investigation = withFigures({
      ...base,
      evidence: [{ ...first, events: first.events - 1 }, ...rest],
    });
    expect(renderReport({ investigation, detectors: detectorTexts })).toContain('do not add up');
    expect(found('campaign').html).not.toContain('do not add up');
  });

  it('links each finding to the events behind it', () => {
    const { page, investigation } = found('campaign');
    const [strongest] = investigation.findings.filter((finding) => finding.detector === 'webshell');
    const row = page.elements.find((element) => element.attributes.get('id') === `finding-${strongest?.id}`);
    expect(row?.text).toContain('e-0011223344556677');
    expect(row?.text).toMatch(/records \d+/);
  });
});

describe.each(samples)('the bundle of the sample $name', ({ sample, investigation, html }) => {
  it('verifies with this report in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-report-'));
    try {
      const rows = rowsOfSample(sample);
      const out = join(folder, 'bundle.tocsin.zip');
      await writeBundle({
        out,
        investigationJson: JSON.stringify(investigation).replaceAll(/\\ud800(?!\\u)/g, '\\ufffd'),
        reportHtml: html,
        figures: investigation.figures,
        tables: Object.entries(publishedTables).map(([name, columns]) => ({
          name,
          columns,
          rows: rows[name as PublishedTable],
        })),
        lineage: [],
      });
      expect((await verifyPath(out)).problems).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
