// Text of others becomes markup that is escaped, visible and marked for what it is.
import { describe, expect, it } from 'vitest';
import { bytesText, grouped, humanText } from './figure.ts';
import { exact, html, visible } from './markup.ts';
import { code, kindOfWord, prose, span, technique } from './text.ts';

describe('html', () => {
  it.each([
    ['escapes text in content', html`<p>${'<b>&"\''}</p>`, '<p>&lt;b&gt;&amp;&quot;&#39;</p>'],
    ['keeps markup as it is', html`<p>${html`<b>x</b>`}</p>`, '<p><b>x</b></p>'],
    ['leaves out null and false', html`<p>${null}${false}</p>`, '<p></p>'],
    ['joins lists', html`${['a', html`<i>b</i>`, ['c']]}`, 'a<i>b</i>c'],
    [
      'does not take an object that looks like markup for it',
      html`${JSON.parse('["<x>"]') as string[]}`,
      '&lt;x&gt;',
    ],
  ])('%s', (_, markup, expected) => {
    expect(markup.html).toBe(expected);
  });

  it('writes invisible characters out in text, and as references where the exact text counts', () => {
    expect(visible('a\u202eb\u200bc\u0000')).toBe('a\\u{202e}b\\u{200b}c\\u{0}');
    expect(exact('"\u202e').html).toBe('&quot;&#x202e;');
  });
});

describe('kindOfWord', () => {
  it.each([
    ['10.0.0.1', 'address'],
    ['10.0.0.1:443', 'address'],
    ['10.0.0.0/16', 'address'],
    ['2001:db8::5', 'address'],
    ['2024-03-05', 'time'],
    ['03:11:46', 'time'],
    ['T1190', 'name'],
    ['SHA-256', 'name'],
    ['AS64500', 'name'],
    ['ws-12', 'name'],
    ['17', 'number'],
    ['1,234', 'number'],
    ['0.8', 'number'],
    ['20MB', 'number'],
    ['50%', 'number'],
    ['3rd', 'number'],
    ['~40', 'number'],
    ['١٧', 'number'],
  ])('%s is a %s', (word, kind) => {
    expect(kindOfWord(word)).toBe(kind);
  });
});

describe('prose', () => {
  it.each([
    ['marks an address at the end of a sentence', 'From 10.0.0.1.', 'From <code>10.0.0.1</code>.'],
    ['marks a written date', 'on 3 March 2024, late', 'on <time>3 March 2024</time>, late'],
    ['writes a moment as readers do', 'at 2024-03-05T01:02:03Z.', 'at <time>2024-03-05 01:02:03 UTC</time>.'],
    ['takes a number after port for a name', 'on port 443', 'on port <abbr class="id">443</abbr>'],
    [
      'takes several ports for names',
      'ports 80, 443',
      'ports <abbr class="id">80</abbr>, <abbr class="id">443</abbr>',
    ],
    ['escapes', '<b> & co', '&lt;b&gt; &amp; co'],
  ])('%s', (_, text, expected) => {
    expect(prose(text).html).toBe(expected);
  });

  it('marks any other number as unbacked, or as a setting where settings are talked about', () => {
    expect(prose('after 12 tries').html).toContain('<span class="unbacked"');
    expect(prose('after 12 tries', { isAboutSettings: true }).html).toContain('<span class="setting"');
  });

  it('fills in figures and leaves unknown braces alone', () => {
    expect(prose('{figure:a.b} of {x}', { figure: (id) => html`<i>${id}</i>` }).html).toBe(
      '<i>a.b</i> of {x}',
    );
  });

  it('stays quick and bounded over endless text', () => {
    expect(prose('1,'.repeat(100_000)).html.length).toBeLessThan(200_000);
  });
});

describe('small texts', () => {
  it('cuts long evidence text without halving a character', () => {
    const { html: cut } = code(`${'x'.repeat(199)}😀tail`);
    expect(cut).toContain('…');
    expect(cut).not.toMatch(/\\u\{d83d\}/);
  });

  it.each([
    ['T1505.003', 'Server Software Component: Web Shell'],
    ['T1190', 'Exploit Public-Facing Application'],
    ['T1048.999', 'Exfiltration Over Alternative Protocol'],
  ])('names technique %s', (id, expected) => {
    expect(technique(id).html).toContain(expected);
  });

  it('shows a technique that is not known by its id', () => {
    expect(technique('T9999').html).toBe('<abbr class="id">T9999</abbr>');
  });

  it('does not repeat the day of a span within one day', () => {
    const { html: text } = span('2024-03-05T01:02:03.000000Z', '2024-03-05T04:05:06.000000Z');
    expect(text.match(/>2024-03-05/g)).toHaveLength(1);
  });
});

describe('values of figures for readers', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [2_187_099, '2.19 MB'],
    [999_400, '999 kB'],
    [999_999, '1.00 MB'],
    [99_960_000, '100 MB'],
    [18_100_000_000, '18.1 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it.each([
    [null, 'bytes', 'none'],
    [2_514_031, 'microseconds', '+2.514 s'],
    [-1500, 'microseconds', '−1.500 ms'],
    [0, 'microseconds', '0 µs'],
    ['2024-03-05T01:02:03.000000Z', 'time', '5 March 2024, 01:02 UTC'],
    ['9007199254740993', 'events', '9,007,199,254,740,993'],
    [{ part: 1, whole: 1234 }, 'events', '1 of 1,234'],
  ])('%j %s is shown as %s', (value, unit, text) => {
    expect(humanText(value, unit)).toBe(text);
  });

  it('groups digits from the right', () => {
    expect(grouped('1234567')).toBe('1,234,567');
  });
});
