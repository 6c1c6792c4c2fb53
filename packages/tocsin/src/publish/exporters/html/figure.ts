// A figure where the reader meets it: a value in human form that links to its definition and carries the exact value.
// Takes figures by id; an id the investigation does not have is shown as missing, never as a number.
import { canonicalJson, type FigureValue } from '@tocsin/verify';
import type { Figure } from '../../../vocabulary/investigation.ts';
import { figureId } from '../../catalogue/define.ts';
import { exact, html, type Markup } from './markup.ts';
import { longDay } from './text.ts';

/** Shows the figure of an id. */
export type ShowFigure = (...id: readonly string[]) => Markup;

/** A way to show the figures of an investigation. */
export function figureShower(figures: readonly Figure[]): {
  readonly show: ShowFigure;
  readonly value: (...id: readonly string[]) => FigureValue | undefined;
} {
  const byId = new Map(figures.map((figure) => [figure.id, figure]));
  // An id written out in a summary is one part and must not be taken for a name to be shortened.
  const find = (parts: readonly string[]) =>
    byId.get(parts.length === 1 ? (parts[0] ?? '') : figureId(...parts)) ?? byId.get(figureId(...parts));
  return {
    show: (...id) => {
      const figure = find(id);
      if (!figure)
        return html`<span class="missing" title="The investigation has no figure ${id.join('.')}">figure missing</span>`;
      return shown(figure, humanText(figure.value, figure.unit));
    },
    value: (...id) => find(id)?.value,
  };
}

/** The figure in full, for the appendix: every digit of it, and no link to itself. */
export function exactFigure(figure: Figure): Markup {
  return html`<data class="figure" data-figure="${figure.id}" value="${exact(canonicalJson(figure.value))}">${fullText(figure.value)}</data>`;
}

function shown({ id, label, value, unit }: Figure, text: string): Markup {
  const title = `${label}: ${fullText(value)}${unit === 'time' || unit === '' ? '' : ` ${unit}`}`;
  return html`<data class="figure" data-figure="${id}" value="${exact(canonicalJson(value))}"><a href="#figure-${id}" title="${title}">${text}</a></data>`;
}

/** `2.19 MB`, `1,234`, `1 May 2020, 03:11 UTC`, `+2.5 s`: how a reader likes it, never more exact than the value. */
export function humanText(value: FigureValue, unit: string): string {
  if (value === null) return 'none';
  if (typeof value === 'object') return fullText(value);
  if (unit === 'time' && typeof value === 'string') return `${longDay(value)}, ${value.slice(11, 16)} UTC`;
  if (unit === 'bytes') return bytesText(Number(value));
  if (unit === 'microseconds') return offsetText(Number(value));
  return grouped(String(value));
}

const scales = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** Decimal units, three digits: `2.19 MB`. */
export function bytesText(bytes: number): string {
  let scaled = bytes;
  let at = 0;
  // 999.5 of a unit would be shown as 1000 of it.
  while (scaled >= (at === 0 ? 1000 : 999.5) && at < scales.length - 1) {
    scaled /= 1000;
    at += 1;
  }
  if (at === 0) return `${bytes} B`;
  return `${scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)} ${scales[at] ?? ''}`;
}

function offsetText(microseconds: number): string {
  const sign = microseconds > 0 ? '+' : microseconds < 0 ? '−' : '';
  const size = Math.abs(microseconds);
  if (size >= 1_000_000) return `${sign}${(size / 1e6).toFixed(3)} s`;
  return size >= 1000 ? `${sign}${(size / 1e3).toFixed(3)} ms` : `${sign}${size} µs`;
}

function fullText(value: FigureValue): string {
  if (value === null) return 'none';
  if (typeof value === 'number') return grouped(String(value));
  if (typeof value === 'string') return /^-?\d+$/.test(value) ? grouped(value) : value;
  if ('part' in value) return `${grouped(String(value.part))} of ${grouped(String(value.whole))}`;
  return value.map(({ key, value: amount }) => `${key}: ${fullText(amount)}`).join('; ');
}

/** Digits in groups of three: `1,234,567`. */
export function grouped(digits: string): string {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ',');
}
