// CSAF documents, held against the validator of the BSI: the strict schema and every test that needs no network.

import * as informative from '@secvisogram/csaf-validator-lib/informativeTests.js';
import * as mandatory from '@secvisogram/csaf-validator-lib/mandatoryTests.js';
import * as optional from '@secvisogram/csaf-validator-lib/optionalTests.js';
import { csaf_2_0_strict } from '@secvisogram/csaf-validator-lib/schemaTests.js';
import validateStrict from '@secvisogram/csaf-validator-lib/validateStrict.js';
import { describe, expect, it } from 'vitest';
import { publisherOf } from '../../exchange/publisher.ts';
import { tlpLabels } from '../../redact/policy.ts';
import { campaign } from '../html/samples/campaign.ts';
import { withFigures } from '../html/samples/figures.ts';
import { hostile } from '../html/samples/hostile.ts';
import { empty, quiet, several } from '../html/samples/others.ts';
import { csafDocument, exporters } from './exporter.ts';

const publisher = publisherOf(
  'name: CERT Example\nnamespace: https://cert.example\ncontact: cert@cert.example\nissuing_authority: Its statute\ncsaf_url: https://cert.example/csaf/\n',
  'publisher.yaml',
);
const settings = { tlp: 'GREEN', publisher } as const;

/** What would ask the network (6.3.6, 6.3.7) or wants a dictionary of the machine (6.3.8). */
const isElsewhere = (name: string) => /_6_3_(?:6|7|8)$/.test(name);
const tests: readonly ((document: unknown) => unknown)[] = [
  csaf_2_0_strict,
  ...Object.values(mandatory),
  ...Object.values(optional),
  ...Object.entries(informative).flatMap(([name, test]) => (isElsewhere(name) ? [] : [test])),
];

async function complaints(content: unknown): Promise<readonly unknown[]> {
  const outcome = await validateStrict(tests, content);
  return outcome.tests.flatMap(({ name, errors, warnings, infos }) =>
    [...errors, ...warnings, ...infos].map((complaint) => ({ name, complaint })),
  );
}

const samples = {
  'a campaign': withFigures(campaign()),
  'several incidents': withFigures(several()),
  'noise only': withFigures(quiet()),
  'no evidence at all': withFigures(empty()),
  'hostile texts everywhere': withFigures(hostile()),
};

describe.each(Object.entries(samples))('%s', (_, investigation) => {
  it.each(['sir', 'advisory'] as const)('passes the validator as %s', async (kind) => {
    const { content } = csafDocument(kind, investigation, settings);
    expect(await complaints(content)).toEqual([]);
  });
});

it('is refused by the validator when a date or the label is spoilt, so passing it means something', async () => {
  const { content } = csafDocument('sir', samples['a campaign'], settings);
  const spoilt = { document: { ...content.document, distribution: { tlp: { label: 'CLEAR' } } } };
  expect(await complaints(spoilt)).not.toEqual([]);
});

it.each(tlpLabels)('TLP:%s passes, and the text says the label that holds', async (tlp) => {
  const { content } = csafDocument('advisory', samples['a campaign'], { ...settings, tlp });
  expect(await complaints(content)).toEqual([]);
  const words = { CLEAR: 'WHITE', GREEN: 'GREEN', AMBER: 'AMBER', 'AMBER+STRICT': 'AMBER', RED: 'RED' };
  expect(content.document['distribution']).toMatchObject({
    text: expect.stringContaining(`TLP:${tlp} (TLP 2.0)`),
    tlp: { label: words[tlp] },
  });
});

it.each([
  ['ACME-2024:7', 'acme-2024_7-sir.json'],
  ['a..b__c', 'a_b_c-sir.json'],
  ['C++', 'c++-sir.json'],
])('names the file of tracking id %s %s', (trackingId, name) => {
  expect(csafDocument('sir', samples['a campaign'], { ...settings, trackingId }).name).toBe(name);
});

it.each(['', ' x', '../x', 'a/b', 'x\n', 'y'.repeat(101)])('refuses the tracking id %j', (trackingId) => {
  expect(() => csafDocument('sir', samples['a campaign'], { ...settings, trackingId })).toThrow(
    'tracking id',
  );
});

it('takes its dates from the evidence and gives the same bytes again', () => {
  const first = exporters.map(({ write }) => write(samples['a campaign'], settings));
  expect(exporters.map(({ write }) => write(withFigures(campaign()), settings))).toEqual(first);
  const { content } = csafDocument('sir', samples['a campaign'], settings);
  expect(content.document['tracking']).toMatchObject({ current_release_date: '2024-03-14T05:41:52Z' });
});

it('names no victim, target or inside address among what to look for', () => {
  const { content } = csafDocument('advisory', samples['a campaign'], settings);
  const notes = content.document['notes'] as readonly { readonly title: string; readonly text: string }[];
  const listed = notes.find(({ title }) => title === 'What to look for')?.text ?? '';
  expect(listed).toContain('198.51.100.7: controller');
  expect(listed).not.toMatch(/\b10\.20\.|203\.0\.113\.1\d\d/);
});

it('lists no pseudonym as something to look for', () => {
  const text = JSON.stringify(samples['a campaign']).replaceAll('198.51.100.7"', 'ip-3f00aa11bb22cc33"');
  const { content } = csafDocument('advisory', JSON.parse(text), settings);
  const notes = content.document['notes'] as readonly { readonly title: string; readonly text: string }[];
  expect(notes.find(({ title }) => title === 'What to look for')?.text).not.toContain('ip-3f');
});

it('writes nothing without a publisher', () => {
  for (const { write } of exporters)
    expect(() => write(samples['a campaign'], { tlp: 'GREEN', publisher: null })).toThrow('publisher');
});
