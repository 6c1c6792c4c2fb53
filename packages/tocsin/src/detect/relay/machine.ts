// One machine of ours as the question of relaying sees it: who came, what it did, and what is known of the others.
import type { Act, InboundFlow } from './sessions.ts';

export interface Machine {
  readonly host: string;
  readonly flows: readonly InboundFlow[];
  readonly acts: readonly Act[];
  readonly periodS: number;
  /** Third parties the machine called at all, and those of them many of ours call. */
  readonly peersAbroad: number;
  readonly popularAbroad: number;
  /** Relays that this machine is found to steer: what it does to them is done by whoever steers it. */
  readonly steers?: readonly string[];
  /** Machines that their own logs show to be attacked from this one. */
  readonly exploited?: readonly string[];
  /** Callers that are found to steer other machines of ours. */
  readonly suspects?: readonly string[];
}
