// Every registered detector keeps the contract of detector.ts: SQL that runs as it is with the parameters declared,
// findings that say what they must, a planted case it finds and a benign twin it leaves alone, whatever the order of
// the evidence. A new detector is held to it by being there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byText } from '../ground/ids.ts';
import { columnsOf, eventTable, eventTables } from '../vocabulary/dictionary.ts';
import {
  type CaseEvidence,
  type CaseRunner,
  casesBeside,
  openCaseRunner,
  sortedFindings,
} from './case-runner.ts';
import type { Detector, EventSelector, FindingDraft } from './detector.ts';
import { sqlFilesOf, tablesOf } from './questions.ts';
import { detectors } from './registry.generated.ts';

const techniquePattern = /^T\d{4}(\.\d{3})?$/;
const urlOf = (id: string): string => new URL(`./${id}/detector.ts`, import.meta.url).href;
const textOf = (id: string, file: string): string =>
  readFileSync(new URL(`./${id}/${file}`, import.meta.url), 'utf8');

it('is registered under the name of its folder', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(urlOf(entry.name))))
    .map((entry) => entry.name)
    .sort(byText);
  expect(detectors.map((detector) => detector.id)).toEqual(folders);
});

/** SQL without comments and without the text of literals, so that words in them are not taken for SQL. */
function bareSql(sql: string): string {
  return sql.replace(/--[^\n]*/g, '').replace(/'(?:[^'\\]|\\.|'')*'/g, "''");
}

const productFiles = (id: string): readonly string[] =>
  readdirSync(new URL('.', urlOf(id))).filter((file) => /\.ts$/.test(file) && !/\.test\.ts$/.test(file));

describe.each(detectors.map((detector) => [detector.id, detector] as const))('%s', (id, detector) => {
  const files = sqlFilesOf(detector);
  const sqls = files.map((file) => [file, textOf(id, file)] as const);

  it('asks all of the SQL that lies in its folder', () => {
    const lying = readdirSync(new URL('.', urlOf(id))).filter((file) => file.endsWith('.sql'));
    expect([...files].sort(byText)).toEqual(lying.sort(byText));
  });

  it('says what it looks for, what its score means and what not to conclude', () => {
    expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(detector.technique).toMatch(techniquePattern);
    for (const text of [detector.title, detector.scoreMeaning, detector.caveat])
      expect(text).toMatch(/\S.{9,}/);
  });

  it('reads tables of the dictionary, each named once', () => {
    const known = eventTables.map((table): string => table.name);
    expect(known).toEqual(expect.arrayContaining([...tablesOf(detector)]));
    for (const { tables } of [detector, ...(detector.also ?? [])]) {
      expect(tables.length).toBeGreaterThan(0);
      expect(new Set(tables).size).toBe(tables.length);
    }
  });

  it('describes each parameter with its unit and meaning', () => {
    for (const [name, parameter] of Object.entries(detector.parameters)) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(parameter.unit).toMatch(/\S/);
      expect(parameter.meaning).toMatch(/\S.*\.$/);
    }
  });

  it.each(sqls)('has %s open with its purpose, its rows and its cost', (_, sql) => {
    const header = /^(?:--[^\n]*\n)+/.exec(sql)?.[0] ?? '';
    expect(header.split('\n').length).toBeGreaterThan(2);
    expect(header).toMatch(/^-- Cost: /m);
  });

  it.each(sqls)('binds in %s only parameters it declares, with the types declared', (_, sql) => {
    const bound = [...bareSql(sql).matchAll(/\{(\w+)\s*:\s*([^{}]+?)\s*\}/g)];
    const used = new Set(bound.map(([, name = '', type = '']) => `${name}:${type}`));
    const declared = Object.entries(detector.parameters).map(([name, { type }]) => `${name}:${type}`);
    expect([...used].filter((parameter) => !declared.includes(parameter))).toEqual([]);
  });

  it('uses every parameter it declares, in its SQL or when it judges', () => {
    const code = productFiles(id)
      .map((file) => textOf(id, file))
      .join('\n');
    const unused = Object.keys(detector.parameters).filter((name) => {
      const isBound = sqls.some(([, sql]) => new RegExp(`\\{${name}\\s*:`).test(bareSql(sql)));
      // Once where it is declared, again where it is read.
      return !isBound && (code.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length < 2;
    });
    expect(unused).toEqual([]);
  });

  it.each(sqls)('has one SELECT in %s that changes nothing and asks neither time nor chance', (_, sql) => {
    const bare = bareSql(sql);
    expect(bare.trim()).toMatch(/^(WITH|SELECT)\b/);
    expect(bare).not.toContain(';');
    expect(bare).not.toContain('${');
    expect(bare).not.toMatch(/\b(INSERT|ALTER|DROP|CREATE|TRUNCATE|SYSTEM|OUTFILE)\b/);
    expect(bare).not.toMatch(
      /\b(now|now64|today|yesterday|rand|rand32|rand64|randCanonical|generateUUIDv[47])\s*\(/i,
    );
  });

  it.each(sqls.filter(([file]) => file !== 'pairs.sql'))('has %s put all of its rows in order', (_, sql) => {
    let outermost = bareSql(sql);
    for (let inner = ''; inner !== outermost; ) {
      inner = outermost;
      outermost = inner.replace(/\([^()]*\)/g, '');
    }
    expect(outermost).toMatch(/\bORDER BY\b/);
    // It would order the rows of the last SELECT only.
    expect(outermost).not.toMatch(/\bUNION\b/);
  });

  it('builds no SQL out of text', () => {
    for (const file of productFiles(id))
      expect(textOf(id, file)).not.toMatch(/[`'"]\s*(?:WITH|SELECT)\b[^`'"]*\bFROM\b/);
  });

  it('finds nothing in no rows', () => {
    const parameters = Object.fromEntries(
      Object.entries(detector.parameters).map(([name, parameter]) => [name, parameter.value]),
    );
    expect(detector.judge([], { isInside: () => true, organisationOf: () => null, parameters })).toEqual([]);
  });

  it('has a planted case and its benign twin, with their origin', () => {
    for (const path of ['cases/README.md', 'cases/planted/expected.json', 'cases/benign/expected.json']) {
      expect(existsSync(new URL(path, urlOf(id))), path).toBe(true);
    }
  });

  const cases = existsSync(new URL('cases/', urlOf(id))) ? casesBeside(urlOf(id)) : [];
  for (const given of cases.filter(({ name }) => name === 'planted' || name === 'benign')) {
    it(`${given.name}: finds what it must, whichever way round the evidence came`, async () => {
      const findings = sortedFindings(await run(detector, given));
      expect(findings).toMatchObject(given.expected.findings);
      expect(findings).toHaveLength(given.expected.findings.length);
      expect(findings.flatMap((finding) => faultsOf(finding, detector))).toEqual([]);
      const incidents = findings.filter((finding) => finding.weight === 'incident');
      if (given.name === 'benign') expect(incidents).toEqual([]);
      else expect(findings.length).toBeGreaterThan(0);
      const turned = Object.entries(given.tables).map(
        ([table, rows]) => [table, [...rows].reverse()] as const,
      );
      expect(sortedFindings(await run(detector, { ...given, tables: Object.fromEntries(turned) }))).toEqual(
        findings,
      );
    });
  }
});

let runner: CaseRunner;
beforeAll(async () => {
  runner = await openCaseRunner();
});
afterAll(() => runner.close());

const run = (detector: Detector, evidence: CaseEvidence): Promise<readonly FindingDraft[]> =>
  runner.run(detector, evidence);

/** What a finding says that none may say; empty when it conforms. */
function faultsOf(finding: FindingDraft, detector: Detector): readonly string[] {
  const faults: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) faults.push(`${finding.detector} ${finding.host}: ${what}`);
  };
  must(finding.detector === detector.id, `names itself ${finding.detector}`);
  must(techniquePattern.test(finding.technique), `technique ${finding.technique}`);
  must(finding.host !== '', 'no host');
  must(finding.score >= 0 && finding.score <= 1, `score ${finding.score}`);
  must(finding.first_seen <= finding.last_seen, 'ends before it begins');
  must(Number.isInteger(finding.event_count) && finding.event_count > 0, `${finding.event_count} events`);
  must(finding.peers.length <= 1000, `${finding.peers.length} peers`);
  must(String([...finding.peers].sort(byText)) === String(finding.peers), 'peers out of order');
  must(finding.caveat.trim() !== '', 'no caveat');
  for (const name of Object.keys(finding.detail)) must(/^[a-z][a-z0-9_]*$/.test(name), `detail ${name}`);
  must(finding.selectors.length > 0, 'points at no events');
  return [...faults, ...finding.selectors.flatMap(faultsOfSelector)];
}

function faultsOfSelector({ table, where }: EventSelector): readonly string[] {
  // event_id is computed from two of them and may be asked for as well.
  const known = new Set([...columnsOf(eventTable(table)).map((column) => column.name), 'event_id']);
  const unknown = where.filter((condition) => !known.has(condition.column));
  return unknown.map((condition) => `selects by ${table}.${condition.column}, which is none`);
}
