// A statement is read strictly: what is wrong is named by its key, and nothing is passed over.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStatement } from './statement.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-statement-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  const path = join(folder, 'answer.yaml');
  writeFileSync(path, text);
  return readStatement(path);
}

const by = 'by: {name: Us}\nsummary: It was not so.\n';

describe('a statement', () => {
  test('needs no responses', () => {
    expect(read(by).responses).toEqual([]);
  });

  test('speaks of figures, findings and incidents', () => {
    const { responses } = read(`${by}responses:
  - {figure: a.b, says: disputed, reason: no, where: [{op: '=', column: day, value: '2024-08-08'}]}
  - {finding: f-1, says: qualified, reason: maybe, weight: none}
  - {incident: i-1, says: accepted, reason: yes indeed}
`);
    expect(responses.map((response) => Object.keys(response)[0])).toEqual(['figure', 'finding', 'incident']);
  });

  test.each([
    ['no author', 'summary: x\n', /by: /],
    ['an empty summary', 'by: {name: Us}\nsummary: "  "\n', /summary: /],
    ['an unknown key', `${by}colour: red\n`, /colour/],
    [
      'a response about nothing',
      `${by}responses: [{says: disputed, reason: no}]\n`,
      /responses\.0: names no figure/,
    ],
    ['an unknown stance', `${by}responses: [{figure: a, says: maybe, reason: no}]\n`, /responses\.0\.says/],
    ['no reason', `${by}responses: [{figure: a, says: disputed}]\n`, /responses\.0\.reason/],
    [
      'an unknown filter',
      `${by}responses: [{figure: a, says: disputed, reason: no, where: [{op: like, column: b}]}]\n`,
      /responses\.0\.where\.0/,
    ],
    [
      'a fraction in a filter',
      `${by}responses: [{figure: a, says: disputed, reason: no, where: [{op: '=', column: b, value: 1.5}]}]\n`,
      /responses\.0\.where\.0/,
    ],
    ['a key twice', `${by}summary: again\n`, /unique/i],
    ['no YAML', 'by: [', /./],
    ['a date that is none', `${by}date: 2024-13-01\n`, /date/],
    ['a text longer than a statement', `by: {name: Us}\nsummary: ${'x'.repeat(1_100_000)}\n`, /1 MiB/],
  ])('with %s is refused by name', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test('that unfolds without end is refused', () => {
    const bomb = `${by}a: &a [x, x]\n${'bcdefghij'
      .split('')
      .map((name, at) => `${name}: &${name} [*${'abcdefghij'[at]}, *${'abcdefghij'[at]}]`)
      .join('\n')}\n`;
    expect(() => read(bomb)).toThrow(/aliases/);
  });
});
