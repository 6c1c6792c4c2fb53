// Runs a contender in a process of its own and watches the memory of that process and all it starts.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Timing } from './timing.ts';

export interface Measured extends Timing {
  /** Largest sum of resident memory seen over the process and its children, bytes. */
  readonly peakBytes: number;
}

const program = fileURLToPath(new URL('contender.ts', import.meta.url));
const lookEveryMs = 100;

export function measure(work: string, path: string): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, work, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    let peakBytes = 0;
    const timer = setInterval(() => {
      if (child.pid !== undefined) peakBytes = Math.max(peakBytes, familyBytes(child.pid));
    }, lookEveryMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(timer);
      if (status !== 0) reject(new Error(`${work} ended with ${String(status)}`));
      else resolve({ ...(JSON.parse(output) as Timing), peakBytes });
    });
  });
}

/** Resident memory of a process and all its descendants; 0 where /proc is not there. */
export function familyBytes(root: number): number {
  const parents = new Map<number, number>();
  const sizes = new Map<number, number>();
  for (const name of processes()) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0));
      sizes.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // The process has ended in between.
    }
  }
  let total = 0;
  for (const [pid, size] of sizes) {
    let at = pid;
    for (let depth = 0; depth < 12 && at !== root && at > 1; depth += 1) at = parents.get(at) ?? 0;
    if (at === root) total += size;
  }
  return total;
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
