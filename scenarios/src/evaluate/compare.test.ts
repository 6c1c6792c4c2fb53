// How chains are counted: true ones found as parts of longer ones, and invented only when a link of theirs never happened.
import { describe, expect, it } from 'vitest';
import type { Incident, Investigation } from '../../../packages/tocsin/src/vocabulary/investigation.ts';
import type { TrueIncident, Truth } from '../truth.ts';
import { compare } from './compare.ts';

const hidden = '198.19.0.9';
const hop = '198.19.0.1';
const server = '10.0.0.1';
const desk = '10.0.0.2';
const innocent = '10.0.0.3';

const incident: TrueIncident = {
  organisation: 'Ours',
  first_seen: '2024-08-05T01:00:00Z',
  last_seen: '2024-08-06T01:00:00Z',
  entry: { host: server, from: hop, time: '2024-08-05T01:00:00Z', technique: 'T1190' },
  hosts: [
    { ip: server, role: 'entry', first_seen: '2024-08-05T01:00:00Z' },
    { ip: desk, role: 'foothold', first_seen: '2024-08-05T05:00:00Z' },
  ],
  outside: [],
  stages: [],
  theft: null,
  relays: [],
  chains: [
    {
      hops: [
        { ip: hidden, role: 'hop', is_in_evidence: false },
        { ip: hop, role: 'hop', is_in_evidence: true },
        { ip: server, role: 'entry', is_in_evidence: true },
      ],
    },
  ],
  beacons: [],
  rhythm: null,
};

function hitsOf(paths: readonly (readonly string[])[]) {
  const truth: Pick<Truth, 'incidents'> = { incidents: [incident] };
  const said: Pick<Incident, 'entry' | 'hosts' | 'outside' | 'relays' | 'chains' | 'theft'> = {
    entry: null,
    hosts: [],
    outside: [],
    relays: [],
    theft: null,
    chains: paths.map((path) => ({
      score: 1,
      hops: path.map((ip) => ({ ip, role: '', from: '', to: '', score: 1, reasons: [] })),
    })),
  };
  // Only what the comparison reads is given.
  return compare(truth as Truth, { incidents: [said] } as unknown as Investigation).hits;
}

describe('chains', () => {
  it.each<[string, readonly (readonly string[])[], number, number, number]>([
    ['are missed when nothing is said', [], 0, 0, 0],
    ['are found by their visible part', [[hop, server]], 1, 1, 0],
    ['are found within a longer one whose further links happened', [[hop, server, desk]], 1, 1, 0],
    ['are invented where a link never happened', [[hop, server, innocent]], 1, 0, 1],
    ['are invented where the order is wrong', [[hop, desk, server]], 0, 0, 1],
  ])('%s', (_, paths, found, right, invented) => {
    const { chain } = hitsOf(paths);
    expect([chain.found.length, chain.right, chain.invented.length]).toEqual([found, right, invented]);
  });
});
