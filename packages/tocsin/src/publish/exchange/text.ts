// Text of others for exchange files: figures filled in, what cannot be seen written out, length bounded. Values that
// machines compare are never passed through here.
import type { Figure, Investigation } from '../../vocabulary/investigation.ts';
import { humanText } from '../exporters/html/figure.ts';
import { visible } from '../exporters/html/markup.ts';

/** Characters of a sentence, and of a name. */
const longestSentence = 2000;
const longestName = 200;

export type Fill = (text: string) => string;

/** Fills `{figure:ID}` in with the figure's value, and writes out what is invisible; cut at 2000 characters. */
export function filler({ figures }: Pick<Investigation, 'figures'>): Fill {
  const byId = new Map<string, Figure>(figures.map((figure) => [figure.id, figure]));
  return (text) => {
    const filled = cut(text, longestSentence * 4).replace(
      /\{figure:([A-Za-z0-9._:/@-]{1,200})\}/g,
      (_, id: string) => {
        const figure = byId.get(id);
        return figure === undefined ? '(figure missing)' : humanText(figure.value, figure.unit);
      },
    );
    return cut(visible(filled), longestSentence);
  };
}

/** A name on one line, at most 200 characters, never empty. */
export function nameText(text: string, fallback: string): string {
  const shown = cut(visible(cut(text, longestName * 4)), longestName).trim();
  return shown === '' ? fallback : shown;
}

/** Text inside Markdown, without any markup of its own. */
export function markdownText(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~@!]/g, '\\$&');
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/\p{Surrogate}$/u, '')}…`;
}
