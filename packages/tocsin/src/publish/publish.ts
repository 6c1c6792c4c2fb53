// From an investigation without figures to what is published: the tables in the store, the figures asked of them, the
// report, investigation.json and the bundle. The same investigation gives the same bytes.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cell, type Column, canonicalJson, type Row } from '@tocsin/verify';
import { TocsinError } from '../ground/errors.ts';
import { byText } from '../ground/ids.ts';
import type { EventsEngine, ParameterValue } from '../store/events/engine.ts';
import type { Figure, Investigation } from '../vocabulary/investigation.ts';
import { writeBundle } from './bundle/write.ts';
import { catalogueOf } from './catalogue/catalogue.ts';
import {
  type PublishedTable,
  publishedRows,
  publishedRowTables,
  publishedTables,
  type Unfigured,
} from './catalogue/tables.ts';
import { askFigure, type FigureEngine } from './figures/ask.ts';
import { compileFigure } from './figures/compile.ts';
import { otherReportNames, reportsOf } from './reports.ts';
import type { DetectorText } from './sections/context.ts';

export interface PublishRequest {
  readonly investigation: Unfigured;
  readonly theftFlows: readonly object[];
  readonly detectors: readonly DetectorText[];
  /** Folder the files are written to. */
  readonly out: string;
  readonly scratch: string;
}

export interface Published {
  readonly investigation: Investigation;
  readonly report: string;
  /** The report on paper; null where Typst does not run on this machine. */
  readonly pdf: string | null;
  readonly bundle: string;
  readonly json: string;
}

/** Writes investigation.json, the reports and bundle.tocsin.zip. @throws TocsinError output-unwritable */
export async function publish(engine: EventsEngine, request: PublishRequest): Promise<Published> {
  const rows = { ...publishedRows(request.investigation), theft_flow: request.theftFlows.map(asRow) };
  const names = tableNames();
  for (const name of names) await storeTable(engine, name, rows[name], request.scratch);
  const figures = await figuresOf(engine, request.investigation);
  const investigation: Investigation = { ...request.investigation, figures };
  const reports = await reportsOf(investigation, request.detectors);
  const investigationJson = `${JSON.stringify(investigation, null, 1)}\n`;
  const paths = {
    json: join(request.out, 'investigation.json'),
    report: join(request.out, 'report.html'),
    pdf: join(request.out, 'report.pdf'),
    bundle: join(request.out, 'bundle.tocsin.zip'),
  };
  try {
    mkdirSync(request.out, { recursive: true });
    writeFileSync(paths.json, investigationJson);
    writeFileSync(paths.report, reports.html);
    for (const name of otherReportNames) rmSync(join(request.out, name), { force: true });
    for (const [name, bytes] of reports.others) writeFileSync(join(request.out, name), bytes);
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new TocsinError('output-unwritable', { path: request.out, detail }, error);
  }
  await writeBundle({
    out: paths.bundle,
    investigationJson,
    reportHtml: reports.html,
    figures,
    tables: names.map((name) => ({ name, columns: publishedTables[name], rows: rows[name] })),
    lineage: lineageOf(investigation),
    others: new Map([...reports.others].map(([name, bytes]) => [`data/${name}`, bytes])),
  });
  return { investigation, ...paths, pdf: reports.others.has('report.pdf') ? paths.pdf : null };
}

/** Tables of the bundle, in order of their names. */
function tableNames(): readonly PublishedTable[] {
  return [...publishedRowTables, 'theft_flow' as const].sort(byText);
}

/** Where the tables come from: evidence by digest, parser by format, detector by the SHA-256 of its SQL. */
function lineageOf(investigation: Investigation): unknown {
  const detectors = new Map(investigation.findings.map((finding) => [finding.detector, finding.sql_sha256]));
  return {
    evidence: investigation.evidence.map(({ id, sha256, format }) => ({ id, sha256, format })),
    detectors: [...detectors]
      .sort(([left], [right]) => byText(left, right))
      .map(([id, sql_sha256]) => ({ id, sql_sha256 })),
  };
}

async function figuresOf(engine: EventsEngine, investigation: Unfigured): Promise<readonly Figure[]> {
  const asking: FigureEngine = {
    query: (sql, parameters) => engine.query(sql, parameters as Record<string, ParameterValue>),
  };
  const figures: Figure[] = [];
  for (const { id, label, unit, definition } of catalogueOf(investigation)) {
    const table = `bundle_${definition.table}`;
    const value = await askFigure(asking, definition, table);
    const sql_sha256 = compileFigure(definition, table).sqlSha256;
    figures.push({ id, label, value, unit, definition, table: definition.table, sql_sha256 });
  }
  return figures;
}

function asRow(value: object): Row {
  return Object.fromEntries(
    Object.entries(value).map(([name, cell]): [string, Cell] => [
      name,
      typeof cell === 'number' || cell === null ? cell : String(cell),
    ]),
  );
}

/** Puts a table of the bundle into the store, in exactly the form the bundle has. */
async function storeTable(
  engine: EventsEngine,
  name: PublishedTable,
  rows: readonly Row[],
  scratch: string,
): Promise<void> {
  const table = `bundle_${name}`;
  const columns: readonly Column[] = publishedTables[name];
  // Integers of a bundle reach from -2^63 to 2^64 - 1; in 64 bits the engine would wrap the ends without a word.
  const types = columns.map(
    (column) => `${column.name} ${column.type === 'integer' ? 'Nullable(Int128)' : 'Nullable(String)'}`,
  );
  await engine.execute(`DROP TABLE IF EXISTS ${table}`);
  await engine.execute(`CREATE TABLE ${table} (${types.join(', ')}) ENGINE = MergeTree ORDER BY tuple()`);
  const path = join(scratch, table);
  for (let at = 0; at < rows.length; at += 50_000) {
    const lines = rows
      .slice(at, at + 50_000)
      .map((row) => columns.map((column) => tabbed(row[column.name] ?? null)).join('\t'));
    writeFileSync(path, `${lines.join('\n')}\n`);
    await engine.loadRows({ path, table, columns: columns.map((column) => column.name) });
  }
  rmSync(path, { force: true });
}

function tabbed(cell: Cell): string {
  if (cell === null) return '\\N';
  const text = typeof cell === 'string' || typeof cell === 'number' ? String(cell) : canonicalJson(cell);
  return text.replace(
    /[\\\t\n\r]/g,
    (found) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[found] ?? found,
  );
}
