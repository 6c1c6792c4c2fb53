// What a technique means: its tactic, and the link it makes between two machines.
import { describe, expect, it } from 'vitest';
import { detectors } from '../detect/registry.generated.ts';
import type { Direction } from '../vocabulary/finding.ts';
import { type LinkKind, linkOf, type Tactic, tacticFor, tactics } from './attack.ts';

describe('the tactic', () => {
  it.each<[string, Tactic]>([
    ['T1190', 'initial-access'],
    ['T1505.003', 'persistence'],
    ['T1071', 'command-and-control'],
    ['T1071.004', 'command-and-control'],
    ['T1048.002', 'exfiltration'],
    ['T1595.001', 'reconnaissance'],
    ['T1046', 'discovery'],
    ['T1021.002', 'lateral-movement'],
    ['T1114', 'collection'],
    ['T1547.001', 'persistence'],
    ['T1543.003', 'persistence'],
    ['T1562.001', 'defense-evasion'],
    ['T1112', 'defense-evasion'],
    ['T1564.001', 'defense-evasion'],
    ['T1134', 'privilege-escalation'],
    ['T9999', 'discovery'],
    ['', 'discovery'],
  ])('of %s is %s', (technique, tactic) => {
    expect(tacticFor(technique)).toBe(tactic);
  });

  it('is known for the technique of every detector', () => {
    const unknown = detectors
      .map(({ technique }) => technique)
      .filter((technique) => tacticFor(technique) === 'discovery' && !/^T(1046|1018)/.test(technique));
    expect(unknown).toEqual([]);
  });

  it('is one of the matrix, each once, in its order', () => {
    expect(new Set(tactics).size).toBe(14);
    expect([tactics[0], tactics[2], tactics.at(-2), tactics.at(-1)]).toEqual([
      'reconnaissance',
      'initial-access',
      'exfiltration',
      'impact',
    ]);
  });
});

describe('the link', () => {
  it.each<[string, Direction, string, LinkKind]>([
    ['a call home', 'outbound', 'T1071', 'control'],
    ['an upload', 'outbound', 'T1048', 'theft'],
    ['guessing passwords elsewhere', 'outbound', 'T1110', 'attack'],
    ['scanning elsewhere', 'outbound', 'T1595', 'attack'],
    ['breaking in elsewhere', 'outbound', 'T1190', 'attack'],
    ['a break-in', 'inbound', 'T1190', 'intrusion'],
    ['a web shell', 'inbound', 'T1505.003', 'intrusion'],
    ['guessed passwords', 'inbound', 'T1110', 'intrusion'],
    ['being steered against others', 'inbound', 'T1090', 'steering'],
    ['a mailbox read from outside', 'inbound', 'T1114', 'theft'],
    ['being scanned', 'inbound', 'T1595', 'none'],
    ['moving on', 'internal', 'T1021', 'movement'],
    ['pushing software', 'internal', 'T1072', 'movement'],
    ['looking round', 'internal', 'T1046', 'none'],
    ['a program start', 'local', 'T1059', 'none'],
    ['a dumped password', 'local', 'T1003', 'none'],
  ])('of %s: %s %s is %s', (_, direction, technique, kind) => {
    expect(linkOf({ direction, technique })).toBe(kind);
  });
});
