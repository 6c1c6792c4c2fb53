// Gives a made-up investigation its figures, computed by @tocsin/verify from the rows the catalogue's tables would hold.
import { evaluate, type Row } from '@tocsin/verify';
import type { Investigation } from '../../../../vocabulary/investigation.ts';
import { catalogueOf } from '../../../catalogue/catalogue.ts';
import {
  type PublishedTable,
  publishedRows,
  publishedTables,
  type Unfigured,
} from '../../../catalogue/tables.ts';
import { compileFigure } from '../../../figures/compile.ts';

/** One flow a ledger row, split evenly would say no more: the sums are what the figures use. */
export function theftRowsOf({ incidents }: Unfigured): readonly Row[] {
  return incidents.flatMap((incident) =>
    (incident.theft?.ledger ?? []).flatMap((entry, at) =>
      Array.from({ length: entry.flows }, (_, flow) => {
        const share = (bytes: number) =>
          flow === 0
            ? bytes - Math.floor(bytes / entry.flows) * (entry.flows - 1)
            : Math.floor(bytes / entry.flows);
        return {
          incident: incident.id,
          event_id: `e-0011223344556677:${at * 100 + flow + 1}`,
          evidence_id: 'e-0011223344556677',
          record: at * 100 + flow + 1,
          time: `${entry.day}T02:00:00.000000Z`,
          day: entry.day,
          src_ip: entry.victim,
          dst_ip: entry.destination,
          victim: entry.victim,
          destination: entry.destination,
          minimum_bytes: share(entry.minimum_bytes),
          best_bytes: share(entry.best_bytes),
          maximum_bytes: share(entry.maximum_bytes),
        };
      }),
    ),
  );
}

/** All rows by table, as a bundle would hold them. */
export function rowsOfSample(sample: Unfigured): Readonly<Record<PublishedTable, readonly Row[]>> {
  return { ...publishedRows(sample), theft_flow: theftRowsOf(sample) };
}

/** The investigation with every figure of the catalogue. */
export function withFigures(sample: Unfigured): Investigation {
  const rows = rowsOfSample(sample);
  const tables: Readonly<
    Record<
      string,
      { readonly columns: (typeof publishedTables)[PublishedTable]; readonly rows: readonly Row[] }
    >
  > = Object.fromEntries(
    Object.entries(publishedTables).map(([name, columns]) => [
      name,
      { columns, rows: rows[name as PublishedTable] },
    ]),
  );
  const figures = catalogueOf(sample).map((entry) => {
    const source = tables[entry.definition.table];
    if (!source) throw new Error(`no table ${entry.definition.table}`);
    return {
      ...entry,
      value: evaluate(entry.definition, source.columns, source.rows),
      table: entry.definition.table,
      sql_sha256: compileFigure(entry.definition, entry.definition.table).sqlSha256,
    };
  });
  return { ...sample, figures };
}
