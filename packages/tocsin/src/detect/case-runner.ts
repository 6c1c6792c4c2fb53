// Runs a detector on a case folder, for its tests: <table>.ndjson files of rows by dictionary column in, findings out.
// The tables are the store's own (openEventsStore, same engine settings as in an investigation), one engine per test
// process in a folder of its own; every case starts from empty tables.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { byText } from '../ground/ids.ts';
import type { EventsEngine } from '../store/events/engine.ts';
import { openEventsStore } from '../store/events/open.ts';
import { isWithin, parsePrefix } from '../vocabulary/address.ts';
import { columnsOf, eventTable, eventTables } from '../vocabulary/dictionary.ts';
import { instantOfIso, instantOfMicros, microsOf } from '../vocabulary/instant.ts';
import { rebuildConversations } from './conversations.ts';
import type { Detector, FindingDraft, Parameter } from './detector.ts';
import { rowsFor, watchFlows } from './questions.ts';
import { selectionSql } from './selection.ts';

/** What a case expects: expected.json. */
const expectation = z.strictObject({
  /** One sentence: the story of the case and why the answer is the answer. */
  story: z.string().min(20),
  /** Prefixes that are ours, each with its organisation after a blank where there are several; 10.0.0.0/8 unless said. */
  constituency: z.array(z.string()).default(['10.0.0.0/8']),
  /** Every finding expected, each as the part of a FindingDraft that matters, most important first. */
  findings: z.array(z.record(z.string(), z.unknown())),
});
export type Expectation = z.infer<typeof expectation>;

const lineShape = z.looseObject({
  time: z.string(),
  /** The row stands for this many rows. */
  repeat: z.int().positive().default(1),
  /** Seconds from one of them to the next. */
  every_s: z.number().nonnegative().default(0),
  /** Column to the values it takes in turn over the repeats. */
  cycle: z.record(z.string(), z.array(z.unknown()).min(1)).default({}),
});

/** A row of an events table by column name; `time` is an Instant. */
export type CaseRow = Readonly<Record<string, unknown>> & { readonly time: string };

/**
 * Rows of one NDJSON text. A line is a row by dictionary column; `repeat`, `every_s` and `cycle` write many alike.
 * `evidence_id` and `record` are filled in where a line has none.
 */
export function rowsOfCase(table: string, ndjson: string): readonly CaseRow[] {
  const known = new Set(columnsOf(eventTable(table)).map((column) => column.name));
  const rows: CaseRow[] = [];
  for (const line of ndjson.split('\n')) {
    if (line.trim() === '') continue;
    const { repeat, every_s, cycle, time, ...columns } = lineShape.parse(JSON.parse(line));
    const unknown = [...Object.keys(columns), ...Object.keys(cycle)].find((name) => !known.has(name));
    if (unknown !== undefined) throw new Error(`a case row of ${table} names the column ${unknown}`);
    const began = instantOfIso(time, 0);
    if (began === null) throw new Error(`a case row of ${table} has no readable time`);
    for (let at = 0; at < repeat; at += 1) {
      const turn = Object.entries(cycle).map(([name, values]) => [name, values[at % values.length]] as const);
      rows.push({
        evidence_id: `e-case-${table}`,
        record: rows.length + 1,
        ...columns,
        ...Object.fromEntries(turn),
        time: instantOfMicros(microsOf(began) + BigInt(Math.round(at * every_s * 1e6))),
      });
    }
  }
  return rows;
}

/** What to detect in: rows by table and the prefixes that are ours. */
export interface CaseEvidence {
  readonly tables: Readonly<Record<string, readonly CaseRow[]>>;
  readonly constituency: readonly string[];
}

export interface Case extends CaseEvidence {
  /** Folder name. */
  readonly name: string;
  readonly expected: Expectation;
}

/** The case folders beside a detector, in byte order of their names. @param detectorUrl any file of the detector's folder */
export function casesBeside(detectorUrl: string): readonly Case[] {
  const folder = new URL('./cases/', detectorUrl);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort(byText)
    .map((name) => readCase(name, fileURLToPath(new URL(`${name}/`, folder))));
}

function readCase(name: string, folder: string): Case {
  const expected = expectation.parse(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')));
  const tables: Record<string, readonly CaseRow[]> = {};
  for (const file of readdirSync(folder).sort(byText)) {
    if (!file.endsWith('.ndjson')) continue;
    const table = file.slice(0, -'.ndjson'.length);
    tables[table] = rowsOfCase(table, readFileSync(join(folder, file), 'utf8'));
  }
  return { name, tables, constituency: expected.constituency, expected };
}

/** The engine of a test process, opened once; end it in `afterAll`. */
export interface CaseRunner {
  /** Loads the evidence into empty tables, runs the detector and judges its rows. */
  readonly run: <Row>(
    detector: Detector<Row>,
    evidence: CaseEvidence,
    changed?: Readonly<Record<string, Parameter['value']>>,
  ) => Promise<readonly FindingDraft[]>;
  /** How many events of the last evidence a finding's selectors select; to be held against its `event_count`. */
  readonly countSelected: (finding: FindingDraft) => Promise<number>;
  /** For measurements and checks of one's own. */
  readonly engine: EventsEngine;
  readonly close: () => Promise<void>;
}

/** Opens the engine in a new temporary folder. */
export async function openCaseRunner(): Promise<CaseRunner> {
  const directory = await mkdtemp(join(tmpdir(), 'tocsin-case-'));
  const engine = await openEventsStore({ url: null, directory, memoryBytes: 1_500_000_000, threads: 2 });
  await engine.execute(
    `CREATE DICTIONARY IF NOT EXISTS constituency (prefix String, organisation String, sector String, contact String)
     PRIMARY KEY prefix SOURCE(CLICKHOUSE(TABLE 'constituency_prefix')) LAYOUT(IP_TRIE) LIFETIME(0)`,
  );
  return {
    engine,
    async run(detector, evidence, changed = {}) {
      await load(engine, evidence);
      const parameters = Object.fromEntries(
        Object.entries(detector.parameters).map(([name, parameter]) => [
          name,
          changed[name] ?? parameter.value,
        ]),
      );
      const asked = { detector, values: parameters };
      await watchFlows(engine, [asked]);
      const rows = await rowsFor(engine, asked, new Set(eventTables.map(({ name }) => name)));
      const owned = evidence.constituency.flatMap((text) => {
        const { prefix, organisation } = ownedPrefix(text);
        const parsed = parsePrefix(prefix);
        return parsed === null ? [] : [{ parsed, organisation }];
      });
      const ownerOf = (ip: string) =>
        owned.find(({ parsed }) => isWithin(ip, [parsed]))?.organisation ?? null;
      return detector.judge(
        rows.map((row) => detector.row.parse(row)),
        { isInside: (ip) => ownerOf(ip) !== null, organisationOf: ownerOf, parameters },
      );
    },
    async countSelected(finding) {
      const seen = new Set<string>();
      for (const selector of finding.selectors) {
        const { where, parameters } = selectionSql(selector);
        const rows = await engine.query(`SELECT event_id FROM ${selector.table} WHERE ${where}`, parameters);
        for (const row of rows) seen.add(String(row.event_id));
      }
      return seen.size;
    },
    async close() {
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function ownedPrefix(text: string): { readonly prefix: string; readonly organisation: string } {
  const [prefix = '', ...rest] = text.split(' ');
  return { prefix, organisation: rest.join(' ') || 'Test organisation' };
}

async function load(engine: EventsEngine, evidence: CaseEvidence): Promise<void> {
  for (const table of eventTables) {
    await engine.execute(`TRUNCATE TABLE ${table.name}`);
    const rows = evidence.tables[table.name] ?? [];
    if (rows.length === 0) continue;
    const columns = columnsOf(table);
    const names = columns.map((column) => column.name).join(', ');
    const structure = columns
      .map((column) => `${column.name} ${column.name === 'time' ? 'String' : column.type}`)
      .join(', ');
    const values = columns
      .map((column) => (column.name === 'time' ? "parseDateTime64BestEffort(time, 6, 'UTC')" : column.name))
      .join(', ');
    await engine.execute(
      `INSERT INTO ${table.name} (${names}) SELECT ${values} FROM format(JSONEachRow, '${structure.replaceAll("'", "\\'")}', {rows:String})`,
      { rows: rows.map((row) => JSON.stringify(row)).join('\n') },
    );
  }
  await engine.execute('TRUNCATE TABLE constituency_prefix');
  for (const text of evidence.constituency) {
    await engine.execute(
      "INSERT INTO constituency_prefix SELECT {prefix:String}, {organisation:String}, 'test', ''",
      { ...ownedPrefix(text) },
    );
  }
  await engine.execute('SYSTEM RELOAD DICTIONARY constituency');
  await rebuildConversations(engine);
}

/** Findings in the order expected.json lists them: weight, then host, direction, first peer, family of facts, time. */
export function sortedFindings(findings: readonly FindingDraft[]): readonly FindingDraft[] {
  const weights: readonly string[] = ['incident', 'supporting', 'background'];
  const rest = (finding: FindingDraft) =>
    [finding.direction, finding.peer ?? '', finding.first_seen, JSON.stringify(finding.detail)].join('|');
  return [...findings].sort(
    (left, right) =>
      weights.indexOf(left.weight) - weights.indexOf(right.weight) ||
      byText(left.host, right.host) ||
      byText(rest(left), rest(right)),
  );
}
