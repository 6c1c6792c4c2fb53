// What a story is: the organisations it needs, what records there, and what the attackers do.
import type { DocumentDoor } from '../benign/public-servers.ts';
import type { Source } from '../flow.ts';
import type { Random } from '../random.ts';
import type { RecorderPlan } from '../recorder.ts';
import type { Ledger } from '../truth.ts';
import type { OrganisationPlan, World } from '../world.ts';

export interface Story<Variant extends object> {
  readonly name: string;
  /** Draws every choice the story leaves open. */
  readonly draw: (random: Random) => Variant;
  readonly organisations: (hosts: number, variant: Variant) => readonly OrganisationPlan[];
  readonly door: (variant: Variant) => DocumentDoor;
  readonly recording: (world: World, variant: Variant) => Omit<RecorderPlan, 'isCompressed'>;
  /** The attack as sources; `ledger` gives the book of an organisation. */
  readonly attack: (world: World, variant: Variant, ledger: (organisation: string) => Ledger) => Source[];
}
