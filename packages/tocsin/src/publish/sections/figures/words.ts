// A figure's definition in words a reader can follow: what is measured, of which table, under which conditions.
// Takes a definition, gives markup in which names of tables, columns and values are marked as such.
import type { FigureDefinition, Filter, GroupMeasure, Measure } from '@tocsin/verify';
import { type Content, html, joined, type Markup } from '../../exporters/html/markup.ts';
import { code } from '../../exporters/html/text.ts';

const valuesShown = 5;

/** One sentence without its full stop. */
export function definitionWords({ table, where, measure }: FigureDefinition): Markup {
  const conditions = where.length === 0 ? null : html` where ${joined(where.map(condition), ' and ')}`;
  return html`${measured(measure)} ${html`<code>${table}</code>`}${conditions}`;
}

const column = (text: string): Markup => html`<code>${text}</code>`;

function measured(measure: Measure): Content {
  switch (measure.op) {
    case 'share':
      return html`Rows where ${joined(measure.of.map(condition), ' and ')}, and all rows, of`;
    case 'min':
      return html`Smallest ${column(measure.column)} in`;
    case 'max':
      return html`Largest ${column(measure.column)} in`;
    case 'quantile':
      return html`Quantile (nearest rank, ${code(String(measure.perMille))} per mille) of ${column(measure.column)} in`;
    case 'group':
      return html`For each value of ${column(measure.by)}: ${measured(measure.measure)}`;
    case 'top':
      return html`The ${code(String(measure.k))} values of ${column(measure.by)} with most of: ${grouped(measure.measure)}`;
    case 'histogram':
      return html`Rows per ${measure.per} of ${column(measure.column)} (zone ${code(measure.zone)}) in`;
    default:
      return grouped(measure);
  }
}

function grouped(measure: GroupMeasure): Content {
  switch (measure.op) {
    case 'count':
      return 'Number of rows in';
    case 'sum':
      return html`Sum of ${column(measure.column)} in`;
    case 'distinct':
      return html`Number of different values of ${column(measure.column)} in`;
  }
}

function condition(filter: Filter): Content {
  const name = column(filter.column);
  switch (filter.op) {
    case '=':
      return filter.value === '' ? html`${name} is empty` : html`${name} is ${value(filter.value)}`;
    case 'in': {
      const shown = filter.values.slice(0, valuesShown).map(value);
      const more = filter.values.length > valuesShown ? ' or others (all in figures.json)' : null;
      return html`${name} is ${joined(shown, ' or ')}${more}`;
    }
    case 'range': {
      const from = filter.from === undefined ? null : html`${name} is at least ${value(filter.from)}`;
      const to = filter.to === undefined ? null : html`${name} is below ${value(filter.to)}`;
      return joined(
        [from, to].filter((part) => part !== null),
        ' and ',
      );
    }
    case 'cidr':
      return html`${name} lies in ${value(filter.prefix)}`;
    case 'prefix':
      return html`${name} begins with ${value(filter.text)}`;
  }
}

const value = (literal: string | number): Markup => code(String(literal));
