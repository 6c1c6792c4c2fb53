// What a reader of the report in another language can rely on: it shows the same figures, says everything that can be said
// in that language, leaves names and values as they are, and lets nothing of others come alive.
import { shownFigures } from '@tocsin/verify';
import { describe, expect, it } from 'vitest';
import { detectors } from '../../detect/registry.generated.ts';
import { rejectCodes } from '../../vocabulary/event.ts';
import { readPage, textOf } from '../exporters/html/page-tree.ts';
import { renderReport } from '../exporters/html/report.ts';
import { campaign } from '../exporters/html/samples/campaign.ts';
import { withFigures } from '../exporters/html/samples/figures.ts';
import { hostile } from '../exporters/html/samples/hostile.ts';
import { empty, quiet, several } from '../exporters/html/samples/others.ts';
import { type Catalogue, translatePage } from './translate.ts';
import { zhHans } from './zh-hans.ts';

const samples = Object.entries({ campaign, empty, quiet, several, hostile }).map(([name, make]) => ({
  name,
  html: renderReport({ investigation: withFigures(make()), detectors }),
}));

describe.each(samples)('the report of the sample $name in Chinese', ({ html }) => {
  const { html: chinese } = translatePage(html, zhHans);

  it('shows the figures of the English one, in its order, with its values', () => {
    const bare = (page: string) => shownFigures(page).map(({ figure, value }) => ({ figure, value }));
    // The words around figures may stand in another order; each figure stands as often.
    const key = ({ figure, value }: { figure: string; value: string | null }) => `${figure} ${String(value)}`;
    expect(bare(chinese).map(key).sort(order)).toEqual(bare(html).map(key).sort(order));
  });

  it('has the same elements and is said to be in Chinese', () => {
    const count = (page: string) => {
      const tags = new Map<string, number>();
      for (const [, tag = ''] of page.matchAll(/<([a-zA-Z][a-zA-Z0-9]*)/g))
        tags.set(tag, (tags.get(tag) ?? 0) + 1);
      return tags;
    };
    expect(count(chinese)).toEqual(count(html));
    expect(readPage(chinese).language).toBe('zh-Hans');
  });

  it('keeps every attribute that is no text, and every address, code and name', () => {
    const kept = (page: string) =>
      [...page.matchAll(/ (?:id|class|d|x|y|style|datetime|data-figure)="[^"]*"/g)]
        .map(([text]) => text)
        .sort(order);
    expect(kept(chinese)).toEqual(kept(html));
    const codes = (page: string) =>
      [...page.matchAll(/<code[^>]*>([^<]*)<\/code>/g)].map(([, text = '']) => unescaped(text)).sort(order);
    expect(codes(chinese)).toEqual(codes(html));
  });
});

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|(amp|lt|gt|quot));/g, (_, code, name) =>
    name === undefined
      ? String.fromCharCode(Number(code))
      : ({ amp: '&', lt: '<', gt: '>', quot: '"' }[String(name)] ?? ''),
  );
}

it('leaves nothing in English that a report without the words of others says', () => {
  const html = renderReport({ investigation: withFigures({ ...quiet(), limits: [] }), detectors });
  expect(
    translatePage(html, zhHans).missing.filter((key) => !/^Records rejected|^Why$|UTC was taken/.test(key)),
  ).toEqual([]);
});

it('speaks for every detector: title, score and caveat', () => {
  const page = renderReport({ investigation: withFigures(empty()), detectors });
  const text = textOf(readPage(translatePage(page, zhHans).html).body);
  for (const { title, caveat, scoreMeaning } of detectors) {
    expect(text).not.toContain(title);
    expect(text).not.toContain(caveat);
    expect(text).not.toContain(scoreMeaning.slice(0, 40));
  }
});

it('leaves no sentence of a detector half in English, wherever it stands', () => {
  const made = campaign();
  const said = new Map(detectors.map(({ id, caveat }) => [id, caveat]));
  const findings = made.findings.map((finding) => ({
    ...finding,
    caveat: said.get(finding.detector) ?? finding.caveat,
  }));
  const page = renderReport({ investigation: withFigures({ ...made, findings }), detectors });
  const text = textOf(readPage(translatePage(page, zhHans).html).body);
  const ofFour = (sentence: string) =>
    sentence.split(' ').flatMap(
      (_, at, words) =>
        words
          .slice(at, at + 4)
          .join(' ')
          .match(/^.+ .+ .+ .+$/) ?? [],
    );
  const left = detectors.flatMap(({ caveat, scoreMeaning }) => [...ofFour(caveat), ...ofFour(scoreMeaning)]);
  expect(left.filter((words) => text.includes(words))).toEqual([]);
});

it('gives the reason for every kind of reject', () => {
  const said = zhHans.texts.map(([source]) => source);
  for (const reason of Object.values(rejectCodes)) expect(said).toContain(reason);
});

it('has the places of each text in its translation, none lost and none made up', () => {
  for (const [source, target] of zhHans.texts) {
    const places = (text: string) =>
      [...text.matchAll(/\{(?:\d+|[*+])\}/g)].map(([place]) => place).sort(order);
    expect({ source, places: places(target) }).toEqual({ source, places: places(source) });
  }
});

it('has one translation for each text', () => {
  const sources = zhHans.texts.map(([source]) => source);
  expect(sources.filter((source, at) => sources.indexOf(source) !== at)).toEqual([]);
});

const little: Catalogue = {
  language: 'de',
  texts: [
    ['{0} machines left for {1}', 'nach {1} gingen {0} Maschinen'],
    ['by {*}', 'durch {*}'],
    ['the {+} way', 'der {+} Weg'],
    ['short', 'kurze'],
    ['one', 'eins'],
  ],
  between: { ', ': '; ' },
  time: (text) => text.replace('May', 'Mai'),
};
const body = (inside: string) =>
  `<html lang="en"><head><title>one</title></head><body>${inside}</body></html>`;
const german = (inside: string) => translatePage(body(inside), little);

it.each([
  [
    'puts what stands in elements where it belongs',
    '<p><data>1</data> machine left for <code>a</code></p>',
    '<p>nach <code>a</code> gingen <data>1</data> Maschinen</p>',
  ],
  [
    'takes a list for one place',
    '<p><data>2</data> machines left for <code>a</code>, <code>b</code> and <code>c</code></p>',
    '<p>nach <code>a</code>; <code>b</code>; <code>c</code> gingen <data>2</data> Maschinen</p>',
  ],
  ['leaves a name of others alone', '<p>by the one &amp; only</p>', '<p>durch the one &amp; only</p>'],
  ['translates a part by itself', '<p>the short way</p>', '<p>der kurze Weg</p>'],
  ['translates part by part', '<p>one, the short way</p>', '<p>eins; der kurze Weg</p>'],
  ['writes times as the language does', '<p><time>1 May</time></p>', '<p><time>1 Mai</time></p>'],
  [
    'keeps a text it does not know, escaped',
    '<p>nobody &lt;b&gt; knows</p>',
    '<p>nobody &lt;b&gt; knows</p>',
  ],
  ['translates what is spoken', '<p title="one">1</p>', '<p title="eins">1</p>'],
])('%s', (_, inside, expected) => {
  expect(german(inside).html).toBe(
    `<html lang="de"><head><title>eins</title></head><body>${expected}</body></html>`,
  );
});

it('names what it has no words for, and a part without words spoils the whole', () => {
  expect(german('<p>the long way</p><p>one</p>').missing).toEqual(['the long way']);
});

it('lets no place of its own be named by a text of others', () => {
  const { html } = german('<p>by {0} and {1}</p>');
  expect(html).toContain('durch {0} and {1}');
});
