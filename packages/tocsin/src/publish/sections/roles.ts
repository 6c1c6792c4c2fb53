// The parts machines play in an incident, in words. Data.
import type { HostRole, OutsideRole } from '../../vocabulary/investigation.ts';
import { type Noun, noun } from './context.ts';

export const roleNouns: Readonly<Record<HostRole | OutsideRole, Noun>> = {
  controller: noun('controller'),
  hop: noun('hop'),
  drop: noun('drop'),
  target: noun('target'),
  entry: noun('entry point'),
  foothold: noun('foothold'),
  pivot: noun('pivot'),
  relay: noun('relay'),
  implant: noun('machine with an implant', 'machines with an implant'),
};

export const hostRoles: readonly HostRole[] = ['entry', 'pivot', 'foothold', 'relay', 'implant'];
export const outsideRoles: readonly OutsideRole[] = ['controller', 'hop', 'drop', 'target'];

/** A role as the heading of those who have it: `Controllers`. */
export function roleTitle(role: HostRole | OutsideRole): string {
  if (role === 'implant') return 'Implants';
  const { many } = roleNouns[role];
  return many.charAt(0).toUpperCase() + many.slice(1);
}
