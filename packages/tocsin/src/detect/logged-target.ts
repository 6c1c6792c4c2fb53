// The machine a log line is about, when the log gives its address, only its name, or nothing but the log itself.
// The detectors' SQL names it the same way: dst_ip, else host, else sensor.
import { z } from 'zod';
import type { Condition, Direction } from '../vocabulary/finding.ts';
import type { DetectContext } from './detector.ts';

/** The column that names the machine. */
export const targetColumn = z.enum(['dst_ip', 'host', 'sensor']);
export type TargetColumn = z.infer<typeof targetColumn>;

export interface LoggedTarget {
  readonly column: TargetColumn;
  /** An address, or a name where the log gives no address. */
  readonly text: string;
}

/** Conditions that select exactly the rows whose target this is. */
export function targetConditions(target: LoggedTarget): readonly Condition[] {
  const named: Condition = { column: target.column, op: 'in', values: [target.text] };
  const noAddress: Condition = { column: 'dst_ip', op: 'in', values: ['::'] };
  const noName: Condition = { column: 'host', op: 'in', values: [''] };
  if (target.column === 'dst_ip') return [named];
  return target.column === 'host' ? [named, noAddress] : [named, noAddress, noName];
}

/**
 * Which way something ran from source to target; null between strangers. From one organisation of ours to another it
 * is inbound: the one it was done to is told of it. A machine that logged it without its own
 * address is one whose logs we were given: ours. A source that is itself or unknown (`::`) makes it local.
 */
export function directionTo(target: LoggedTarget, source: string, context: DetectContext): Direction | null {
  const targetInside = target.column !== 'dst_ip' || context.isInside(target.text);
  if (source === '::' || source === '::1' || source.startsWith('127.')) return targetInside ? 'local' : null;
  if (context.isInside(source)) {
    if (!targetInside) return 'outbound';
    const isOwn =
      target.column !== 'dst_ip' || context.organisationOf(source) === context.organisationOf(target.text);
    return isOwn ? 'internal' : 'inbound';
  }
  return targetInside ? 'inbound' : null;
}

/** Conditions on `uri`, one of which holds for exactly the requests of a path, with and without query or fragment. */
export function pathConditions(path: string): readonly Condition[] {
  // Text that begins with `path?` lies from `path?` to before `path@`; the same with # and $.
  return [
    { column: 'uri', op: 'in', values: [path] },
    { column: 'uri', op: 'range', from: `${path}?`, to: `${path}@` },
    { column: 'uri', op: 'range', from: `${path}#`, to: `${path}$` },
  ];
}

/** Condition on `time`, both ends included; it also spares the engine reading the rest of the table. */
export function timeCondition(seen: { readonly first_seen: string; readonly last_seen: string }): Condition {
  return { column: 'time', op: 'range', from: seen.first_seen, to: seen.last_seen };
}
