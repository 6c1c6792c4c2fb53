// What is read of /proc: whose time and memory counts as the work's own.
import { expect, it } from 'vitest';
import { descendants, type Member, memberOf } from './family.ts';

const stat = (name: string) => `41 (${name}) S 7 41 41 0 -1 4194560 900 0 0 0 250 50 20 5 20 0 11 0 100 0 0`;
const status = 'Name:\tnode\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n';

it.each(['node', 'a b', 'odd) S 1 (name', ''])('reads a process called %j', (name) => {
  expect(memberOf(stat(name), status)).toEqual({
    pid: 41,
    parent: 7,
    residentBytes: 1_048_576,
    highWaterBytes: 2_097_152,
    cpuSeconds: 3.25,
  });
});

it('takes a process that is ending for none', () => {
  expect(memberOf('', '')).toBeNull();
});

it('counts a process, its children and theirs, and nobody else', () => {
  const member = (pid: number, parent: number): Member => ({
    pid,
    parent,
    residentBytes: 0,
    highWaterBytes: 0,
    cpuSeconds: 0,
  });
  const all = [member(1, 0), member(5, 1), member(6, 5), member(7, 6), member(8, 1), member(9, 8)];
  expect(descendants(all, 5).map(({ pid }) => pid)).toEqual([5, 6, 7]);
});
