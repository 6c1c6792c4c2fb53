// Reads a folder of Sigma rules. Takes its path; gives the rules and correlations in the order of their files, and for
// every document that is not used its file and the reason. Nothing is followed outside the folder.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { TocsinError } from '../../ground/errors.ts';
import { byText } from '../../ground/ids.ts';
import { RuleProblem } from './expression.ts';
import { ruleOf, type SigmaCorrelation, type SigmaRule } from './rule.ts';

export interface Refusal {
  readonly file: string;
  readonly title: string;
  /** Short name of the reason, for counting. */
  readonly topic: string;
  readonly reason: string;
}

export interface RuleSet {
  readonly rules: readonly SigmaRule[];
  readonly correlations: readonly SigmaCorrelation[];
  readonly refused: readonly Refusal[];
  /** Documents read, used or not. */
  readonly documents: number;
}

const maxFiles = 50_000;
const maxFileBytes = 1024 * 1024;
const maxDepth = 20;

/** @throws TocsinError path-missing, sigma-rules when there is nothing to read or too much */
export function readRules(folder: string): RuleSet {
  const rules: SigmaRule[] = [];
  const correlations: SigmaCorrelation[] = [];
  const refused: Refusal[] = [];
  let documents = 0;
  for (const file of ruleFiles(folder)) {
    const path = file === '' ? folder : join(folder, file);
    for (const read of documentsOf(path, file)) {
      documents += 1;
      try {
        if (read.problem !== null) throw read.problem;
        const rule = ruleOf(read.value, file);
        if (rule.kind === 'rule') rules.push(rule);
        else correlations.push(rule);
      } catch (error) {
        refused.push(refusal(error, file, titleIn(read.value)));
      }
    }
  }
  return { rules, correlations, refused, documents };
}

/** What a caught RuleProblem says of a rule; anything else is a defect and is thrown on. */
export function refusal(error: unknown, file: string, title: string): Refusal {
  if (!(error instanceof RuleProblem)) throw error;
  return { file, title, topic: error.topic, reason: error.message };
}

function titleIn(value: unknown): string {
  const title: unknown = Object(value).title;
  return typeof title === 'string' ? title.slice(0, 300) : '';
}

function ruleFiles(folder: string): readonly string[] {
  const found: string[] = [];
  const walk = (below: string, depth: number): void => {
    const entries = readdirSync(join(folder, below), { withFileTypes: true });
    for (const entry of entries.sort((left, right) => byText(left.name, right.name))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && depth < maxDepth) walk(path, depth + 1);
      else if (entry.isFile() && /\.ya?ml$/i.test(entry.name)) found.push(path);
      if (found.length > maxFiles)
        throw new TocsinError('sigma-rules', { path: folder, detail: `more than ${maxFiles} rule files` });
    }
  };
  try {
    if (statSync(folder).isFile()) return [''];
    walk('', 0);
  } catch (error) {
    if (error instanceof TocsinError) throw error;
    throw new TocsinError('path-missing', { path: folder }, error);
  }
  if (found.length === 0)
    throw new TocsinError('sigma-rules', { path: folder, detail: 'no .yml file in it' });
  return found;
}

interface ReadDocument {
  readonly value: unknown;
  readonly problem: RuleProblem | null;
}

function documentsOf(path: string, file: string): readonly ReadDocument[] {
  const refuse = (reason: string): ReadDocument[] => [
    { value: null, problem: new RuleProblem('not YAML', reason) },
  ];
  let text: string;
  try {
    if (statSync(path).size > maxFileBytes) return refuse('the file is larger than a rule may be');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TocsinError('path-unreadable', { path: file, detail: codeOf(error) }, error);
  }
  const parsed = parseAllDocuments(text, { uniqueKeys: true, logLevel: 'silent', stringKeys: true });
  if (!Array.isArray(parsed)) return [];
  return parsed.map((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) {
      const reason = `not valid YAML at line ${fault.linePos?.[0].line ?? '?'} (${fault.code})`;
      return { value: null, problem: new RuleProblem('not YAML', reason) };
    }
    try {
      return { value: document.toJS({ maxAliasCount: 100 }), problem: null };
    } catch {
      // Only aliases can fail here: too many, or to nothing.
      return { value: null, problem: new RuleProblem('not YAML', 'its aliases cannot be resolved') };
    }
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
