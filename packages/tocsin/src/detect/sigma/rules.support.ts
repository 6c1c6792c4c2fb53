// For the tests: Sigma rules as YAML text over rows of the events tables, and a plain evaluation of an expression to hold
// the SQL against. The engine is the store's own, one per test file.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { establishConstituency } from '../../feeds/constituency.ts';
import type { EventsEngine } from '../../store/events/engine.ts';
import { openEventsStore } from '../../store/events/open.ts';
import { addressNumber, parsePrefix } from '../../vocabulary/address.ts';
import { columnsOf, eventTable, eventTables } from '../../vocabulary/dictionary.ts';
import { evaluateRules, type SigmaOutcome } from './evaluate.ts';
import { type Expression, many, one, type Pattern } from './expression.ts';
import { lowered } from './pattern.ts';
import { type Refusal, type RuleSet, refusal } from './read.ts';
import { ruleOf, type SigmaCorrelation, type SigmaRule } from './rule.ts';

export type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

export interface RuleBench {
  /** Empties the tables and fills them; rows without `record` are numbered from 1, without `time` a second apart. */
  readonly load: (tables: Rows) => Promise<void>;
  readonly evaluate: (yaml: string) => Promise<SigmaOutcome>;
  readonly engine: EventsEngine;
  readonly close: () => Promise<void>;
}

export async function openRuleBench(): Promise<RuleBench> {
  const directory = await mkdtemp(join(tmpdir(), 'tocsin-sigma-'));
  const engine = await openEventsStore({ url: null, directory, memoryBytes: 1_500_000_000, threads: 2 });
  const constituency = parsePrefix('10.0.0.0/8');
  await establishConstituency(
    engine,
    constituency === null ? null : [{ organisation: 'Ours', sector: '', prefix: constituency, contact: '' }],
  );
  return {
    engine,
    load: async (tables) => {
      for (const { name } of eventTables) {
        await engine.execute(`TRUNCATE TABLE ${name}`);
        await insert(engine, name, tables[name] ?? []);
      }
    },
    evaluate: (yaml) => evaluateRules(engine, rulesOf(yaml)),
    close: async () => {
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function insert(engine: EventsEngine, table: string, rows: Rows[string]): Promise<void> {
  if (rows.length === 0) return;
  const began = Date.parse('2024-03-05T00:00:00Z') / 1000;
  const filled = rows.map((row, at) => ({
    evidence_id: `e-${table}`,
    record: at + 1,
    sensor: 'sensor-1',
    time: `${began + at}.000000`,
    ...row,
  }));
  const columns = columnsOf(eventTable(table));
  const structure = columns.map(({ name, type }) => `${name} ${type.replaceAll("'", "\\'")}`).join(', ');
  const names = columns.map(({ name }) => name).join(', ');
  await engine.execute(
    `INSERT INTO ${table} (${names}) SELECT ${names} FROM format(JSONEachRow, '${structure}', {rows:String})`,
    { rows: filled.map((row) => JSON.stringify(row)).join('\n') },
  );
}

/** The rules in a text of YAML documents, as read.ts would read them from a file. */
export function rulesOf(yaml: string): RuleSet {
  const rules: SigmaRule[] = [];
  const correlations: SigmaCorrelation[] = [];
  const refused: Refusal[] = [];
  const documents = parseAllDocuments(yaml, { stringKeys: true });
  if (!Array.isArray(documents)) throw new Error('no YAML documents');
  for (const document of documents) {
    const value: unknown = document.toJS();
    try {
      const rule = ruleOf(value, 'rules.yml');
      if (rule.kind === 'rule') rules.push(rule);
      else correlations.push(rule);
    } catch (error) {
      refused.push(refusal(error, 'rules.yml', String(Object(value).title)));
    }
  }
  return { rules, correlations, refused, documents: documents.length };
}

/** Records that a rule's findings point at, by the rule's title, in order. */
export function matchedRecords(outcome: SigmaOutcome): Readonly<Record<string, readonly number[]>> {
  const records: Record<string, number[]> = {};
  for (const { draft } of outcome.findings) {
    const title = String(draft.detail['rule']);
    for (const { where } of draft.selectors) {
      for (const condition of where) {
        if (condition.op === 'in' && condition.column === 'record') {
          records[title] = [...(records[title] ?? []), ...condition.values.map(Number)];
        }
      }
    }
  }
  return Object.fromEntries(
    Object.entries(records).map(([title, found]) => [title, found.sort((left, right) => left - right)]),
  );
}

/** What an expression says of an event, the plain way: the meaning the SQL must have. */
export function holds(expression: Expression, event: Readonly<Record<string, string>>): boolean {
  const valueIn = (field: string | null) =>
    field === null ? Object.values(event).join('\n') : (event[field] ?? '');
  switch (expression.kind) {
    case 'constant':
      return expression.holds;
    case 'any':
      return expression.of.some((child) => holds(child, event));
    case 'all':
      return expression.of.every((child) => holds(child, event));
    case 'not':
      return !holds(expression.of, event);
    case 'text': {
      const fold = (text: string) => (expression.isCased ? text : lowered(text));
      return patternRegExp(expression.pattern, fold).test(fold(valueIn(expression.field)));
    }
    case 'regex':
      return javaScriptRegExp(expression.pattern).test(valueIn(expression.field));
    case 'number': {
      const text = valueIn(expression.field);
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (expression.compare === '<') return value < expression.value;
      if (expression.compare === '<=') return value <= expression.value;
      return expression.compare === '>' ? value > expression.value : value >= expression.value;
    }
    case 'prefix': {
      const address = addressNumber(valueIn(expression.field));
      return address !== null && address >= expression.prefix.first && address <= expression.prefix.last;
    }
    case 'exists':
      return valueIn(expression.field) !== '';
    case 'reference': {
      const fold = (text: string) => (expression.isCased ? text : lowered(text));
      const [left, right] = [fold(valueIn(expression.field)), fold(valueIn(expression.other))];
      if (left === '' || right === '') return false;
      if (expression.how === 'equals') return left === right;
      if (expression.how === 'contains') return left.includes(right);
      return expression.how === 'startswith' ? left.startsWith(right) : left.endsWith(right);
    }
    default:
      return expression satisfies never;
  }
}

function patternRegExp(pattern: Pattern, fold: (text: string) => string): RegExp {
  const parts = pattern.map((token) => {
    if (token === many) return '[^]*';
    if (token === one) return '[^]';
    return typeof token === 'string' ? fold(token).replace(/[\\^$.[\]|()?*+{}/]/g, '\\$&') : '';
  });
  return new RegExp(`^${parts.join('')}$`, 'u');
}

/** Flags stand at the pattern's beginning, as RE2 writes them. */
function javaScriptRegExp(pattern: string): RegExp {
  const [whole = '', on = ''] = /^\(\?([ims]*)(?:-s)?\)/.exec(pattern) ?? [];
  return new RegExp(pattern.slice(whole.length), `${on}u`);
}
