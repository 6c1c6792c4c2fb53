// Findings for tests of the trace: what matters is said, the rest is filled in.
import { contentId } from '../ground/ids.ts';
import type { Direction, Finding, Weight } from '../vocabulary/finding.ts';
import { instantOfMicros } from '../vocabulary/instant.ts';

export interface Sketch {
  readonly id?: string;
  readonly host: string;
  readonly peer?: string | null;
  readonly peers?: readonly string[];
  readonly technique: string;
  readonly direction: Direction;
  readonly weight?: Weight;
  readonly score?: number;
  /** Hours after the beginning. */
  readonly at?: number;
  readonly hours?: number;
  readonly organisation?: string | null;
  readonly detail?: Finding['detail'];
}

/** A time so many hours after the beginning of the tests' story. */
export function hour(at: number): string {
  return instantOfMicros(1_709_596_800_000_000n + BigInt(Math.round(at * 3_600_000_000)));
}

/** A finding; certain enough to open an incident unless said otherwise. */
export function findingOf(sketch: Sketch): Finding {
  const { host, technique, direction, at = 0, hours = 1 } = sketch;
  const peer = sketch.peer === undefined ? (sketch.peers?.[0] ?? null) : sketch.peer;
  return {
    id: sketch.id ?? contentId('f', [JSON.stringify(sketch)]),
    detector: 'test',
    technique,
    weight: sketch.weight ?? 'incident',
    direction,
    host,
    peer,
    peers: sketch.peers ?? (peer === null ? [] : [peer]),
    score: sketch.score ?? 0.9,
    first_seen: hour(at),
    last_seen: hour(at + hours),
    event_count: 1,
    detail: sketch.detail ?? {},
    selectors: [],
    caveat: '',
    organisation: sketch.organisation === undefined ? 'Ours' : sketch.organisation,
    events: [],
    sql_sha256: '',
  };
}

/** The kinds of finding, by what they say. */
export const beacon = (host: string, peer: string, more: Partial<Sketch> = {}): Finding =>
  findingOf({ host, peer, technique: 'T1071.001', direction: 'outbound', ...more });
export const breakIn = (host: string, peer: string, more: Partial<Sketch> = {}): Finding =>
  findingOf({ host, peer, technique: 'T1190', direction: 'inbound', ...more });
export const upload = (host: string, peer: string, more: Partial<Sketch> = {}): Finding =>
  findingOf({ host, peer, technique: 'T1048', direction: 'outbound', ...more });
export const move = (host: string, peer: string, more: Partial<Sketch> = {}): Finding =>
  findingOf({ host, peer, technique: 'T1021', direction: 'internal', ...more });
export const innerScan = (host: string, more: Partial<Sketch> = {}): Finding =>
  findingOf({ host, technique: 'T1046', direction: 'internal', ...more });
export const attack = (host: string, peer: string, more: Partial<Sketch> = {}): Finding =>
  findingOf({ host, peer, technique: 'T1110', direction: 'outbound', ...more });
