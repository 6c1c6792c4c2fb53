// What a process and all its descendants take of the machine, as Linux tells it under /proc; nothing elsewhere.
import { readdirSync, readFileSync } from 'node:fs';

export interface Member {
  readonly pid: number;
  readonly parent: number;
  /** Resident now, and the most it ever was, bytes. */
  readonly residentBytes: number;
  readonly highWaterBytes: number;
  /** Processor time so far, seconds; that of its ended children included. */
  readonly cpuSeconds: number;
}

/** Ticks of the processor clock in /proc: 100 a second on every Linux that Node runs on (proc(5), USER_HZ). */
const ticksPerSecond = 100;
const deepest = 12;

/** A process from the text of its `stat` and `status`; null when they are not whole. */
export function memberOf(stat: string, status: string): Member | null {
  // The name stands in brackets and may hold anything, spaces and brackets too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const pid = Number(/^\d+/.exec(stat)?.[0] ?? Number.NaN);
  const parent = Number(fields[1]);
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  if (Number.isNaN(pid + parent + ticks)) return null;
  const kibibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return {
    pid,
    parent,
    residentBytes: kibibytes('VmRSS'),
    highWaterBytes: kibibytes('VmHWM'),
    cpuSeconds: ticks / ticksPerSecond,
  };
}

/** The processes among `all` that are `root` or descend from it. */
export function descendants(all: readonly Member[], root: number): readonly Member[] {
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  return all.filter(({ pid }) => {
    let at = pid;
    for (let depth = 0; depth < deepest && at !== root && at > 1; depth += 1) at = parents.get(at) ?? 0;
    return at === root;
  });
}

/** The process `root` and all its descendants as they are now. */
export function familyOf(root: number): readonly Member[] {
  return descendants(
    processes().flatMap((pid) => memberNow(pid) ?? []),
    root,
  );
}

function memberNow(pid: string): Member | null {
  try {
    return memberOf(readFileSync(`/proc/${pid}/stat`, 'utf8'), readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // The process has ended in between.
    return null;
  }
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    // No /proc on this system: no process is seen, and every figure is 0.
    return [];
  }
}
