// Text of others as markup: names, addresses, times and sentences. Whatever holds digits is marked for what it is
// (address, time, identifier, setting); a plain number in a sentence that is no figure is marked as unbacked.
import { canonicalAddress, parsePrefix } from '../../../vocabulary/address.ts';
import type { Instant } from '../../../vocabulary/instant.ts';
import { techniqueName } from './attack-names.ts';
import { type Content, html, type Markup, visible } from './markup.ts';

const longestShown = 200;
/** The longest text that a table makes room for rather than break it: an IPv6 address. */
const longestWhole = 39;
const longestSentence = 1200;

/** Evidence text (address, path, URI, user agent) as it is: invisible characters written out, cut at 200 characters. */
export function code(text: string): Markup {
  if (text.length <= longestWhole) return html`<code>${text}</code>`;
  if (text.length <= longestShown) return html`<code class="long">${text}</code>`;
  const head = text.slice(0, longestShown).replace(/\p{Surrogate}$/u, '');
  return html`<code class="long">${head}<abbr title="Cut here; the whole text is in investigation.json">…</abbr></code>`;
}

/** The first digits of a digest or id, the whole in the title. */
export function digest(text: string, length = 12): Markup {
  return html`<code title="${text}">${text.slice(0, length)}…</code>`;
}

/** A name that may hold digits and is no number: an id, an AS number, an organisation; cut at 200 characters. */
export function name(text: string): Markup {
  const shown =
    text.length <= longestShown ? text : `${text.slice(0, longestShown).replace(/\p{Surrogate}$/u, '')}…`;
  return html`<abbr class="${shown.length > longestWhole ? 'id long' : 'id'}">${shown}</abbr>`;
}

/** `T1190 Exploit Public-Facing Application`; the id alone when the name is not known. */
export function technique(id: string): Markup {
  const known = techniqueName(id);
  return known === null ? name(id) : html`<span class="technique">${name(id)} ${prose(known)}</span>`;
}

/** A score of 0 to 1, with what it means. */
export function score(value: number, meaning: string): Markup {
  const shown = Math.max(0, Math.min(1, Number.isFinite(value) ? value : 0));
  return html`<span class="score" title="${meaning}" style="--score:${shown.toFixed(3)}">${shown.toFixed(2)}</span>`;
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** `1 May 2020`, in UTC. */
export function longDay(instant: Instant): string {
  const month = months[Number(instant.slice(5, 7)) - 1] ?? '';
  return `${Number(instant.slice(8, 10))} ${month} ${instant.slice(0, 4)}`;
}

/** A moment in a table: `2020-05-01 03:11:46`, UTC, the microseconds in the attribute. */
export function moment(instant: Instant | null): Markup {
  if (instant === null) return html`<span class="none">not known</span>`;
  const text = `${instant.slice(0, 10)} ${instant.slice(11, 19)}`;
  return html`<time datetime="${instant}" title="${instant}">${text}</time>`;
}

/** Two moments as one span of time: the day is not repeated. */
export function span(from: Instant, until: Instant): Markup {
  if (from.slice(0, 19) === until.slice(0, 19)) return moment(from);
  const isSameDay = from.slice(0, 10) === until.slice(0, 10);
  const end = isSameDay
    ? html`<time datetime="${until}" title="${until}">${until.slice(11, 19)}</time>`
    : moment(until);
  return html`<span class="span">${moment(from)} – ${end}</span>`;
}

/** A moment in running text: `1 May 2020, 03:11 UTC`. */
export function longMoment(instant: Instant): Markup {
  return html`<time datetime="${instant}">${longDay(instant)}, ${instant.slice(11, 16)} UTC</time>`;
}

export interface ProseSettings {
  /** What stands for `{figure:ID}`; without it the braces stay as they are. */
  readonly figure?: (id: string) => Markup;
  /** True for texts about a program's settings, whose numbers are quoted and measure nothing here. */
  readonly isAboutSettings?: boolean;
}

/** A sentence, cut at 1200 characters: addresses, times and identifiers are marked, `{figure:ID}` is filled in, other numbers are marked as unbacked. */
export function prose(text: string, settings: ProseSettings = {}): Markup {
  const cut =
    text.length > longestSentence
      ? `${text.slice(0, longestSentence).replace(/\p{Surrogate}$/u, '')}…`
      : text;
  const parts = cut.split(/(\{figure:[A-Za-z0-9._:/@-]{1,200}\})/);
  const filled = parts.map((part, at) => {
    if (at % 2 === 0) return dates(part, settings);
    return settings.figure ? settings.figure(part.slice(8, -1)) : html`<code>${part}</code>`;
  });
  const isLong = cut.split(/\s/).some((run) => run.length > longestWhole && !run.includes('{figure:'));
  return isLong ? html`<span class="long">${filled}</span>` : html`${filled}`;
}

const writtenDate = new RegExp(`\\b(\\d{1,2} (?:${months.join('|')})(?: \\d{4})?)\\b`);

/** Dates written out (`3 March 2024`), and the words between them. */
function dates(text: string, settings: ProseSettings): Content {
  return text
    .split(writtenDate)
    .map((part, at): Content => (at % 2 === 1 ? html`<time>${part}</time>` : words(part, settings)));
}

const namedBefore = /^(?:ports?|tcp|udp|icmp|RFC|ISO|AS|record|event|type|logon|version)$/i;

function words(text: string, settings: ProseSettings): Content {
  let before = '';
  return text.split(/(\s+|[,;()"“”‘’]|\/(?=\D))/).map((word): Content => {
    if (!/\p{Nd}/u.test(word)) {
      if (/^--[a-z]/.test(word)) return option(word);
      if (/\p{L}/u.test(word)) before = word;
      return word;
    }
    const end = /[.:!?]+$/.exec(word)?.[0] ?? '';
    const core = end === '' ? word : word.slice(0, -end.length);
    const isNamed = namedBefore.test(before);
    // In `ports 80, 443` the second number is named by the same word.
    if (!isNamed) before = core;
    return [marked(core, isNamed, settings), end];
  });
}

/** An option of the command line, which must not be broken after its dashes. */
function option(word: string): Content {
  const end = /[.:]$/.exec(word)?.[0] ?? '';
  return [html`<code class="option">${end === '' ? word : word.slice(0, -1)}</code>`, end];
}

/** One word that holds a digit. */
function marked(word: string, isNamed: boolean, { isAboutSettings = false }: ProseSettings): Markup {
  switch (kindOfWord(word)) {
    case 'time':
      return html`<time>${/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/.test(word) ? `${word.slice(0, 10)} ${word.slice(11, 19)} UTC` : word}</time>`;
    case 'address':
      return html`<code>${word}</code>`;
    case 'name':
      return name(word);
    case 'number':
      if (isNamed) return name(word);
      return isAboutSettings
        ? html`<span class="setting" title="A setting or a scale of the method, not a measurement">${word}</span>`
        : html`<span class="unbacked" title="Quoted; not a figure, so it cannot be recomputed">${word}</span>`;
  }
}

/** What a word with digits is. A number with a unit stuck to it (`20MB`, `3rd`) is a number still. */
export function kindOfWord(word: string): 'time' | 'address' | 'name' | 'number' {
  if (
    /^\d{4}-\d\d-\d\d(?:T[\d:.]{4,15}Z?)?$/.test(word) ||
    /^\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?Z?$/.test(word)
  ) {
    return 'time';
  }
  const [host = '', port = ''] = word.split(/:(?=\d{1,5}$)/);
  if (canonicalAddress(word) !== null || (/[.:]/.test(word) && parsePrefix(word) !== null)) return 'address';
  if (canonicalAddress(host) !== null && port !== '') return 'address';
  if (/^[-−+~<>=≥≤]*\p{Nd}[\p{Nd}.,_'’]*(?:\p{L}{1,3}|%|‰|°)?$/u.test(word)) return 'number';
  return 'name';
}

/** Plain text for a picture's title or the page's, where nothing can be marked. */
export function plain(text: string): string {
  return visible(text).slice(0, longestShown);
}
