// The contract of a format that another program reads for us. Such a format gets a file and the means to run that
// program, and gives either events, or log files that other formats read. It never starts a process by itself.
import type { Assumption, Outcome, Sample } from './outcome.ts';

export interface ToolRequest {
  /** The evidence on disk, unpacked; an absolute path. */
  readonly path: string;
  /** An empty directory it may write in; the caller removes it after the outcomes (or logs) were read. */
  readonly scratch: string;
  /** Absolute path of a command, or null when it is not installed. */
  readonly find: (command: string) => string | null;
  /**
   * Runs a program to its end without a shell, standard input closed. `stdoutPath` receives its standard output, else
   * that is dropped; `stderr` is its last 64 KiB. `status` is null when a signal ended it.
   */
  readonly run: (
    command: string,
    args: readonly string[],
    options: { readonly stdoutPath?: string; readonly cwd?: string },
  ) => Promise<{ readonly status: number | null; readonly stderr: string }>;
}

export type Conversion =
  /** Records = outcomes; `assumptions` is complete once they are all read. */
  | {
      readonly kind: 'outcomes';
      readonly tool: string;
      readonly outcomes: AsyncIterable<Outcome>;
      readonly assumptions: () => readonly Assumption[];
    }
  /** Log files in the scratch directory, sorted, to be recognised and read like evidence of their own. */
  | {
      readonly kind: 'logs';
      readonly tool: string;
      readonly logs: readonly string[];
      /** What to add to the logs' own outcomes, such as a reject for a capture that breaks off. */
      readonly outcomes: readonly Outcome[];
      readonly assumptions: () => readonly Assumption[];
    }
  /** No program for it is installed; one sentence that says what to install. */
  | { readonly kind: 'no-tool'; readonly note: string };

export interface ToolFormat {
  /** Folder name, kebab case. */
  readonly id: string;
  readonly title: string;
  readonly definedBy: string;
  /** As of every format: 0 to 1. */
  readonly recognise: (sample: Sample) => number;
  readonly kind: 'tool';
  /** Commands it can use, the preferred one first. */
  readonly tools: readonly string[];
  /** Rejects its promise only when `run` does. */
  readonly convert: (request: ToolRequest) => Promise<Conversion>;
}
