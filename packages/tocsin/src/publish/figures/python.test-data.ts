// The Python script of packages/verify as a third computation of figures: one process that is asked case by case.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Column, Row } from '@tocsin/verify';

/** The script that readers run. */
export const pythonScript = fileURLToPath(
  new URL('../../../../verify/python/tocsin_verify.py', import.meta.url),
);

/** False where there is no Python 3.9 with the tz database: tests that need it are then shown as skipped. */
export const hasPython =
  spawnSync('python3', [
    '-c',
    'import sys, zoneinfo; zoneinfo.ZoneInfo("Asia/Tehran"); sys.exit(sys.version_info < (3, 9))',
  ]).status === 0;

export interface PythonCase {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly definitions: readonly unknown[];
}

/** Per definition its value, or the code and place of what is wrong with it. */
export type PythonAnswer = { readonly value: unknown } | { readonly refused: readonly [string, string] };

/** A running `tocsin_verify.py --evaluate`. */
export class PythonFigures {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor() {
    this.#process = spawn('python3', [pythonScript, '--evaluate']);
    this.#process.stderr.pipe(process.stderr);
    this.#reader = createInterface({ input: this.#process.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** @throws Error when the process has ended. */
  async ask(question: PythonCase): Promise<readonly PythonAnswer[]> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the Python process has ended');
    return JSON.parse(value);
  }

  close(): void {
    this.#reader.close();
    this.#process.kill();
  }
}
