// What a policy withholds is in no part of the publication, whatever the policy; counts, sums and histograms stay as they
// were. The test decides by itself what is withheld: it does not ask the code that replaces.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBundle, verifyBundle, wholeFile } from '@tocsin/verify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReadBundle, readBundle } from '../bundle/read.ts';
import { writeBundle } from '../bundle/write.ts';
import { publishedTables } from '../catalogue/tables.ts';
import { renderReport } from '../exporters/html/report.ts';
import { campaign } from '../exporters/html/samples/campaign.ts';
import { detectorTexts } from '../exporters/html/samples/detectors.ts';
import { rowsOfSample, withFigures } from '../exporters/html/samples/figures.ts';
import { openPolicy, type Policy, policyOf } from './policy.ts';
import { type Prepared, prepare } from './publication.ts';

let folder: string;
let original: ReadBundle;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-redaction-'));
  const investigation = withFigures(campaign());
  const rows = rowsOfSample(campaign());
  const out = join(folder, 'full.zip');
  await writeBundle({
    out,
    investigationJson: `${JSON.stringify(investigation, null, 1)}\n`,
    reportHtml: renderReport({ investigation, detectors: detectorTexts }),
    figures: investigation.figures,
    tables: Object.entries(publishedTables).map(([name, columns]) => ({
      name,
      columns,
      rows: rows[name as keyof typeof rows],
    })),
    lineage: {},
  });
  original = await readBundle(out);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const prepared = (policy: Policy, fill = 7): Promise<Prepared> =>
  prepare({ original, policy, detectors: detectorTexts, secret: new Uint8Array(32).fill(fill) });

async function partsOf({ investigation, reports, tables }: Prepared): Promise<ReadonlyMap<string, string>> {
  const out = join(folder, 'publication.zip');
  await writeBundle({
    out,
    investigationJson: `${JSON.stringify(investigation, null, 1)}\n`,
    reportHtml: reports.html,
    others: new Map([...reports.others].map(([name, content]) => [`data/${name}`, content])),
    figures: investigation.figures,
    tables: [...tables].map(([name, { columns, rows, standsFor }]) => ({ name, columns, rows, standsFor })),
    lineage: {},
    secret: new Uint8Array(32).fill(7),
  });
  const bytes = readFileSync(out);
  const { isVerified, problems } = await verifyBundle(bytes);
  expect(problems).toEqual([]);
  expect(isVerified).toBe(true);
  const files = await openBundle(bytes);
  const parts = new Map<string, string>();
  for (const name of files.names)
    parts.set(name, Buffer.from(await wholeFile(files, name, 2 ** 28)).toString('utf8'));
  return parts;
}

/** Every address in the texts of a value, found by its shape. */
function addressesIn(text: string): ReadonlySet<string> {
  const words = text.match(/(?<![\w.:-])[0-9A-Fa-f:.]{2,45}(?![\w-])/g) ?? [];
  return new Set(words.map((word) => word.replace(/[.:]+$/, '')).filter((word) => isIP(word) !== 0));
}

const withheldEverything: Policy = {
  ...openPolicy('AMBER'),
  organisations: { default: 'withheld', by_name: {} },
  outside: 'pseudonym',
  evidence_names: 'pseudonym',
  files: 'withheld',
  details: 'withheld',
};

describe('a redacted publication', () => {
  it('holds no address at all when all are withheld', async () => {
    const parts = await partsOf(await prepared(withheldEverything));
    const before = addressesIn(JSON.stringify(original.investigation));
    expect(before.size).toBeGreaterThan(250);
    for (const [name, text] of parts)
      expect(
        [...addressesIn(text)].filter((word) => before.has(word)),
        name,
      ).toEqual([]);
  });

  it('keeps every row, and every figure that all readers can compute has the value it had', async () => {
    const { investigation, tables } = await prepared({ ...withheldEverything, files: 'full' });
    const before = new Map(original.figures.map(({ id, value }) => [id, value]));
    const total = investigation.figures.filter(({ id }) => before.has(id));
    expect(total.length).toBeGreaterThan(20);
    for (const { id, value } of total) expect([id, value]).toEqual([id, before.get(id)]);
    for (const [name, { rows }] of tables)
      expect([name, rows.length]).toEqual([name, (await original.rows(name)).length]);
  });

  it('gives other pseudonyms and ids under another secret, and the same under the same', async () => {
    const [one, again, other] = [
      await prepared(withheldEverything),
      await prepared(withheldEverything),
      await prepared(withheldEverything, 8),
    ];
    expect(again.investigation).toEqual(one.investigation);
    const ids = (from: Prepared) => from.investigation.findings.map(({ id }) => id);
    expect(ids(other).filter((id) => ids(one).includes(id))).toEqual([]);
    expect(
      ids(one).filter((id) => original.investigation.findings.some((finding) => finding.id === id)),
    ).toEqual([]);
  });

  it('holds nothing of what a policy withholds, whatever the policy', async () => {
    const disclosure = fc.constantFrom('full' as const, 'pseudonym' as const, 'withheld' as const);
    const policies = fc.record({
      tlp: fc.constantFrom('CLEAR' as const, 'AMBER' as const, 'RED' as const),
      organisations: disclosure.map((value) => ({ default: value, by_name: {} })),
      outside: fc.constantFrom('full' as const, 'pseudonym' as const),
      evidence_names: fc.constantFrom('full' as const, 'pseudonym' as const),
      files: fc.constantFrom('full' as const, 'withheld' as const),
      details: fc.constantFrom('full' as const, 'withheld' as const),
      smallest_group: fc.constantFrom(1, 3),
    });
    const { investigation } = original;
    const all = [...addressesIn(JSON.stringify(investigation))];
    const isOurs = (address: string) => address.startsWith('10.20.');
    const names = investigation.constituency.organisations.map(({ organisation }) => organisation);
    await fc.assert(
      fc.asyncProperty(policies, async (policy) => {
        const parts = await partsOf(await prepared(policy));
        const hidden = all.filter((address) =>
          isOurs(address) ? policy.organisations.default !== 'full' : policy.outside !== 'full',
        );
        for (const [part, text] of parts) {
          const shown = addressesIn(text);
          expect(
            hidden.filter((address) => shown.has(address)),
            part,
          ).toEqual([]);
          if (policy.organisations.default !== 'full')
            expect(
              names.filter((name) => name !== '' && text.includes(name)),
              part,
            ).toEqual([]);
          if (policy.evidence_names !== 'full')
            expect(investigation.evidence.filter(({ path }) => text.includes(path)).length, part).toBe(0);
        }
      }),
      { numRuns: 6, seed: 20240305 },
    );
  }, 120_000);
});

describe('a policy', () => {
  it.each([
    ['an unknown key', 'tlp: AMBER\nsecret: x'],
    ['an unknown label', 'tlp: PINK'],
    ['no label', 'outside: full'],
    ['an unknown disclosure', 'tlp: RED\noutside: shown'],
    ['what is not YAML', 'tlp: [RED'],
    ['an alias', 'tlp: &a RED\noutside: *a'],
    ['nothing', ''],
  ])('is refused with %s', (_, text) => {
    expect(() => policyOf(text, 'policy.yaml')).toThrow('policy.yaml');
  });

  it('withholds what it does not mention', () => {
    const { organisations, evidence_names, files, details } = policyOf('tlp: GREEN', 'policy.yaml');
    expect([organisations.default, evidence_names, files, details]).toEqual([
      'pseudonym',
      'pseudonym',
      'withheld',
      'withheld',
    ]);
  });
});
