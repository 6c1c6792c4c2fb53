// The words between embedded.ts and engine-process.ts.
import type { Parameters } from './engine.ts';

export interface EngineStart {
  /** Directory of the engine's data. */
  readonly path: string;
  readonly serverArguments: readonly string[];
  readonly settings: Readonly<Record<string, string | number>>;
  readonly loadSettings: Readonly<Record<string, string | number>>;
}

export type EngineRequest =
  | {
      readonly id: number;
      readonly lane: string;
      readonly kind: 'query' | 'stream';
      readonly sql: string;
      readonly parameters: Parameters;
      readonly format: string;
    }
  | {
      readonly id: number;
      readonly lane: string;
      readonly kind: 'rows';
      readonly path: string;
      readonly table: string;
      readonly columns: readonly string[];
    };

export interface EngineReply {
  /** The request answered; 0 announces that the process is ready. */
  readonly id: number;
  readonly done: boolean;
  readonly bytes?: Uint8Array;
  readonly error?: string;
}

/** What a reader of a stream says after each piece: go on, or leave it. */
export interface EngineStep {
  readonly id: number;
  readonly kind: 'more' | 'stop';
}
