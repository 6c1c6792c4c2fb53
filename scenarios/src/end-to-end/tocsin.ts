// Tocsin as its users run it: the command, in a process of its own, judged by its exit status, its words and its files.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';

const program = fileURLToPath(new URL('../../../packages/tocsin/bin/tocsin.js', import.meta.url));

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each piece of standard error, and the means to signal the process. */
  readonly onProgress?: (text: string, signal: (name: NodeJS.Signals) => void) => void;
}

/** Runs `tocsin` with these words to its end. */
export function tocsin(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // What is given stands alone, so that nothing of this process leaks into it.
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onProgress?.(text, (name) => child.kill(name));
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

export interface Investigated extends Run {
  readonly out: string;
  readonly investigation: Investigation;
}

export interface InvestigateOptions extends RunOptions {
  readonly constituency?: string;
  readonly networks?: string;
  readonly more?: readonly string[];
}

/** Runs `tocsin investigate` and reads what it wrote. @throws Error with its words when it does not end well */
export async function investigate(
  paths: readonly string[],
  options: InvestigateOptions = {},
): Promise<Investigated> {
  const out = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'));
  const words = ['investigate', ...paths, '--out', out, ...(options.more ?? [])];
  if (options.constituency !== undefined) words.push('--constituency', options.constituency);
  if (options.networks !== undefined) words.push('--networks', options.networks);
  const run = await tocsin(words, options);
  if (run.status !== 0) throw new Error(`investigate ended with ${String(run.status)}: ${run.stderr}`);
  const investigation: Investigation = JSON.parse(readFileSync(join(out, 'investigation.json'), 'utf8'));
  return { ...run, out, investigation };
}

/** True when every file adds up: records in = events + rejects + header lines. */
export function isReconciled({ evidence }: Investigation): boolean {
  return evidence.every((item) => item.records === item.events + item.rejects + item.headers);
}
