// Everything the story of the materials institute leaves open, and how it is drawn.
import type { DocumentDoor } from '../benign/public-servers.ts';
import type { Random } from '../random.ts';
import { type BeaconVariant, drawBeacon } from './implants.ts';
import { operatorZones } from './operator.ts';
import { drawTheft, type TheftVariant } from './theft.ts';

export interface MaterialsVariant {
  /** How they come in, which also decides the order of the first stages. */
  readonly entry: 'exploit' | 'guessed-login' | 'ssh-login';
  readonly door: DocumentDoor;
  readonly isSearchedBefore: boolean;
  readonly pivotPort: number;
  /** `push`: the update server reaches out; `pull`: desks fetch the implant as an update. */
  readonly delivery: 'push' | 'pull';
  readonly pushPort: number;
  readonly implants: number;
  readonly implantBytes: number;
  readonly pushDays: number;
  readonly beacon: BeaconVariant;
  readonly controllers: number;
  readonly gatheredOn: 'update-server' | 'document';
  readonly theft: TheftVariant;
  readonly drops: number;
  readonly hops: number;
  readonly lastHops: number;
  readonly operatorZone: string;
  readonly victimZone: string;
  readonly logsZone: string;
  readonly sensors: 1 | 2;
  readonly style: 'tsv' | 'json';
}

/** Draws every choice from the seed. */
export function drawMaterials(random: Random): MaterialsVariant {
  const victimZone = random.pick([
    'Asia/Shanghai',
    'Europe/Warsaw',
    'America/Sao_Paulo',
    'Asia/Kolkata',
    'Africa/Lagos',
  ]);
  return {
    entry: random.weighted(['exploit', 'guessed-login', 'ssh-login'] as const, [5, 3, 2]),
    door: random.weighted(
      [
        { port: 80, isTls: false },
        { port: 8080, isTls: false },
        { port: 443, isTls: true },
      ],
      [5, 2, 3],
    ),
    isSearchedBefore: random.chance(0.7),
    pivotPort: random.pick([22, 445, 3389, 5985]),
    delivery: random.chance(0.8) ? 'push' : 'pull',
    pushPort: random.pick([5986, 445, 8443, 7070]),
    implants: 270,
    implantBytes: random.integer(300_000, 2_500_000),
    pushDays: random.integer(2, 4),
    beacon: drawBeacon(random),
    controllers: random.integer(2, 4),
    gatheredOn: random.chance(0.6) ? 'update-server' : 'document',
    theft: drawTheft(random),
    drops: random.integer(1, 2),
    hops: random.integer(2, 5),
    lastHops: random.integer(1, 3),
    operatorZone: random.pick(operatorZones),
    victimZone,
    logsZone: random.chance(0.75) ? 'UTC' : victimZone,
    sensors: 2,
    style: random.chance(0.8) ? 'tsv' : 'json',
  };
}
