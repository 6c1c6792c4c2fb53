// The request behind the small example that ships with the project: rich in kinds of traffic, small in size.
import type { ScenarioRequest } from './generate.ts';

export const exampleRequest: ScenarioRequest = {
  story: 'materials-institute',
  seed: 20240805,
  days: 4,
  hosts: 36,
  attack: true,
  intensity: 0.24,
  isCompressed: true,
  variant: {
    entry: 'exploit',
    door: { port: 80, isTls: false },
    isSearchedBefore: true,
    delivery: 'push',
    pushPort: 5986,
    pivotPort: 22,
    implants: 12,
    pushDays: 3,
    beacon: { protocol: 'tls', port: 443, periodS: 600, jitter: 0.2, hasName: true, isOffAtNight: false },
    controllers: 2,
    gatheredOn: 'update-server',
    theft: {
      protocol: 'tls',
      port: 443,
      pieceBytes: 12_000_000,
      nightBytes: 180_000_000,
      bytesPerSecond: 900_000,
    },
    drops: 1,
    hops: 5,
    lastHops: 2,
    victimZone: 'Asia/Shanghai',
    logsZone: 'UTC',
    sensors: 2,
    style: 'tsv',
  },
};
