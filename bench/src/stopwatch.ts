// Time by the clock and of the processor over a piece of work, this process and its children together.
import { familyOf } from './family.ts';

export interface Lap {
  readonly seconds: number;
  /** Seconds of processor time: what other work on the machine disturbs least. */
  readonly cpuSeconds: number;
}

/** Starts now; the function gives what has passed since. */
export function startWatch(): () => Lap {
  const [began, cpuBefore] = [performance.now(), cpuNow()];
  return () => ({ seconds: (performance.now() - began) / 1000, cpuSeconds: cpuNow() - cpuBefore });
}

function cpuNow(): number {
  return familyOf(process.pid).reduce((sum, member) => sum + member.cpuSeconds, 0);
}
