// Runs a contender in a process of its own and watches the memory of that process and all it starts.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { familyOf } from './family.ts';
import type { Timing } from './timing.ts';

export interface Measured extends Timing {
  /** Largest sum of resident memory seen over the process and its children, bytes. */
  readonly peakBytes: number;
  /** Sum of the most each of them ever held, which need not have been at once: never below the true peak. */
  readonly highWaterBytes: number;
}

const program = fileURLToPath(new URL('contender.ts', import.meta.url));
const lookEveryMs = 100;

/** Measures one run of a contender. @throws Error when it fails */
export function measure(work: string, path: string, counts: readonly number[] = []): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, work, path, ...counts.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    let peakBytes = 0;
    const highWater = new Map<number, number>();
    const timer = setInterval(() => {
      if (child.pid === undefined) return;
      const family = familyOf(child.pid);
      peakBytes = Math.max(
        peakBytes,
        family.reduce((sum, member) => sum + member.residentBytes, 0),
      );
      for (const member of family) highWater.set(member.pid, member.highWaterBytes);
    }, lookEveryMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(timer);
      const highWaterBytes = [...highWater.values()].reduce((sum, bytes) => sum + bytes, 0);
      if (status !== 0) reject(new Error(`${work} ended with ${String(status)}`));
      else resolve({ ...(JSON.parse(output) as Timing), peakBytes, highWaterBytes });
    });
  });
}
