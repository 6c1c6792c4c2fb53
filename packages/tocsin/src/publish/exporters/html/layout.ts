// The few shapes the report is made of: sections, tables that a phone shows as cards, folded parts. Takes content,
// gives markup; every table has a caption and keeps its meaning for a screen reader whatever the width.
import { type Content, html, type Markup, unlinked } from './markup.ts';

/** Level of a section's heading. */
export type Level = 2 | 3;

/** A heading `below` levels under that of its section. */
export function heading(level: Level, title: Content, below: 0 | 1 | 2 = 0): Markup {
  const depth = level + below;
  if (depth === 2) return html`<h2>${title}</h2>`;
  if (depth === 3) return html`<h3>${title}</h3>`;
  return depth === 4 ? html`<h4>${title}</h4>` : html`<h5>${title}</h5>`;
}

/** A part of the report under a heading that stands beside it where there is room. */
export function section(part: {
  readonly id: string;
  readonly level: Level;
  readonly title: Content;
  readonly body: Content;
}): Markup {
  return html`
<section id="${part.id}" class="part">
<div class="part-title">${heading(part.level, part.title)}</div>
<div class="part-body">${part.body}</div>
</section>`;
}

export interface TableColumn {
  readonly title: string;
  /** Numbers stand right, under each other. */
  readonly isNumber?: boolean;
  /** True for the column that names the row. */
  readonly isHead?: boolean;
}

/** Rows under a line of their own that says what they share. */
export interface RowGroup {
  readonly title: Content;
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  readonly cells: readonly Content[];
  readonly id?: string;
  readonly className?: string;
}

/** A table, of rows or of groups of rows. */
export function table(part: {
  readonly caption: Content;
  readonly columns: readonly TableColumn[];
  readonly rows?: readonly TableRow[];
  readonly groups?: readonly RowGroup[];
  readonly className?: string;
}): Markup {
  const { columns, rows = [], groups = [] } = part;
  return html`
<table role="table" class="${part.className ?? ''}">
<caption>${part.caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    (column) =>
      html`<th role="columnheader" scope="col" class="${column.isNumber === true ? 'number' : ''}">${column.title}</th>`,
  )}</tr></thead>
${rows.length === 0 ? null : html`<tbody role="rowgroup">${rows.map((row) => tableRow(row, columns))}</tbody>`}
${groups.map(
  (
    group,
  ) => html`<tbody role="rowgroup"><tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="${String(columns.length)}">${group.title}</th></tr>
${group.rows.map((row) => tableRow(row, columns))}</tbody>`,
)}
</table>`;
}

function tableRow(row: TableRow, columns: readonly TableColumn[]): Markup {
  const cells = columns.map((column, at) => {
    const content = row.cells[at] ?? null;
    const className = column.isNumber === true ? 'number' : '';
    if (column.isHead === true)
      return html`<th role="rowheader" scope="row" class="${className}" data-label="${column.title}"><div>${content}</div></th>`;
    return html`<td role="cell" class="${className}" data-label="${column.title}">${content === null ? null : html`<div>${content}</div>`}</td>`;
  });
  const id = row.id === undefined ? null : html` id="${row.id}"`;
  return html`<tr role="row"${id} class="${row.className ?? ''}">${cells}</tr>
`;
}

/** A part that is folded until asked for; on paper it is left out unless `isPrinted`. */
export function folded(summary: Content, body: Content, { isPrinted = false } = {}): Markup {
  return html`<details class="${isPrinted ? 'printed' : ''}"><summary>${unlinked(summary)}</summary><div class="folded">${body}</div></details>`;
}

/** A quiet remark under something. */
export function remark(body: Content): Markup {
  return html`<p class="remark">${body}</p>`;
}
