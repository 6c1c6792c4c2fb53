// Two accounts as one page that somebody who was not there can read: who says what, of which figure, and why. Takes the
// sides as rows, gives a self-contained page without a script; text of either side is escaped as everywhere.
import { readFileSync } from 'node:fs';
import { humanText } from '../exporters/html/figure.ts';
import { section, table } from '../exporters/html/layout.ts';
import { type Content, html, type Markup, styleElement } from '../exporters/html/markup.ts';
import { code } from '../exporters/html/text.ts';
import type { SideGroup, SideRow, SideValue } from './sides.ts';

export interface Side {
  readonly name: string;
  /** What is said of it at the top: who, when, standing. */
  readonly about: readonly string[];
  /** SHA-256 that names it; null where only the other side has one. */
  readonly sha256: string | null;
}

export interface SidesPage {
  readonly title: string;
  readonly first: Side;
  readonly second: Side;
  /** The second side in its own words, paragraphs parted by blank lines; null when it has none. */
  readonly words: string | null;
  readonly groups: readonly SideGroup[];
  /** Sentences on what is the same and what was not compared. */
  readonly remarks: readonly string[];
}

/** The page as text, beginning with the doctype. */
export function sidesPage(page: SidesPage): string {
  const css = readFileSync(new URL('../exporters/html/report.css', import.meta.url), 'utf8');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${page.title.slice(0, 200)}</title>
${styleElement(css)}
</head>
<body>
<a class="skip" href="#sides">Skip to the two sides</a>
<header class="masthead">
<p class="brand"><span class="mark" aria-hidden="true"></span>Tocsin <span>Both sides</span></p>
<h1>${page.title}</h1>
<p>Tocsin takes neither side. It shows what each says, and which values follow from the published rows; whoever doubts a value can compute it anew.</p>
</header>
<main>
${section({
  id: 'sides',
  level: 2,
  title: 'The two sides',
  body: html`<dl class="about">${[page.first, page.second].map(
    (side) =>
      html`<div><dt>${side.name}</dt><dd>${side.about.map((line) => html`<p>${line}</p>`)}${side.sha256 === null ? null : html`<p><code class="long">${side.sha256}</code></p>`}</dd></div>`,
  )}</dl>`,
})}
${page.words === null ? null : section({ id: 'words', level: 2, title: `${page.second.name}, in its own words`, body: html`<blockquote>${paragraphs(page.words)}</blockquote>` })}
${page.groups.map((group, at) => groupSection(group, page, at))}
${section({
  id: 'same',
  level: 2,
  title: 'What else to know',
  body: html`<ul>${page.remarks.map((remark) => html`<li>${remark}</li>`)}</ul>`,
})}
</main>
<footer><p>Written by Tocsin from the two files named above; the same files give the same page.</p></footer>
</body>
</html>
`.html;
}

function groupSection(group: SideGroup, { first, second }: SidesPage, at: number): Markup {
  const isAnswered = group.rows.some(({ reason }) => reason !== null);
  return section({
    id: `group-${String(at + 1)}`,
    level: 2,
    title: group.title,
    body: html`<p>${group.about}</p>${table({
      caption: group.title,
      columns: [
        { title: 'About', isHead: true },
        { title: first.name },
        { title: second.name },
        ...(isAnswered ? [{ title: 'Why' }] : []),
      ],
      rows: group.rows.map((row) => ({
        cells: [
          about(row),
          side(row.first),
          answer(row),
          ...(isAnswered ? [row.reason === null ? null : html`${paragraphs(row.reason)}`] : []),
        ],
      })),
    })}`,
  });
}

function about({ what, id }: SideRow): Content {
  return html`${what}<br>${code(id)}`;
}

/** What the second side says; of what it gives no value of its own, its stance. */
function answer({ second, says }: SideRow): Content {
  if (second !== null || says === null) return side(second);
  return { accepted: 'agrees', disputed: 'disputes it', qualified: 'agrees with reservations' }[says];
}

function side(value: SideValue | null): Content {
  if (value === null) return html`<span class="none">says nothing</span>`;
  if (value.kind === 'text') return value.text;
  const amount = html`<strong>${humanText(value.value, value.unit)}</strong>`;
  return value.counted === null ? amount : html`${amount}<br>${value.counted}`;
}

function paragraphs(words: string): readonly Markup[] {
  return words
    .split(/\n\s*\n/)
    .map((part) => part.trim().replace(/\s+/g, ' '))
    .filter((part) => part !== '')
    .map((part) => html`<p>${part}</p>`);
}
